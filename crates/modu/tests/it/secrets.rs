//! What lets somebody in is in no log, and kept nowhere as it is.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Office, text};
use crate::serving::{SERVE, Serving};

const PASSWORD: &str = "planted password of the operator";
const WRONG: &str = "planted password that is wrong";
const MISTYPED: &str = "planted-password-as-a-name";
const OF_DATABASE: &str = "planted-password-of-the-database";
const PRIVATE: &str = "PRIVATE KEY";

/// The files under a folder that hold a text.
fn holders(folder: &Path, wanted: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holders(&path, wanted, found);
        } else if holds(&path, wanted) {
            found.push(path);
        }
    }
}

fn holds(path: &Path, wanted: &str) -> bool {
    let bytes = fs::read(path).unwrap();
    bytes
        .windows(wanted.len())
        .any(|window| window == wanted.as_bytes())
}

/// What stands between two texts of a page.
fn between(page: &str, before: &str, length: usize) -> String {
    let (_, rest) = page.split_once(before).expect(before);
    rest[..length].to_owned()
}

#[test]
fn passwords_keys_links_and_sessions_are_in_no_log_and_not_kept_as_they_are() {
    let office = Office::empty();
    let mut command = office.command(&[&SERVE[..], &["--log", "json"]].concat());
    command.env("RUST_BACKTRACE", "1");
    let url = modu_cluster::fresh_database();
    if let Some(url) = &url {
        // The server of the tests asks for no password, and gets one.
        let with = url.replace("modu@", &format!("modu:{OF_DATABASE}@"));
        command.env("MODU_DATABASE", with);
    }
    let mut server = Serving::start(&office, command);
    let operator = server.operator(PASSWORD);
    let form_key = operator.form_key();
    let stranger = server.browser();
    // Wrong ones, and one that was typed where the name belongs.
    for (login, password) in [("operator", WRONG), (MISTYPED, PASSWORD)] {
        let fields = [("login", login), ("password", password), ("to", "/")];
        assert_eq!(stranger.send("/sign-in", &fields).status, 422);
    }
    // A link for somebody new, tried out and used up.
    let page = operator.get("/people").body;
    let organisation = between(&page, "name=\"organisation\" value=\"", 1);
    let enrolment = [
        ("organisation", organisation.as_str()),
        ("name", "이름이 있는 사람"),
        ("role", "Evaluator"),
    ];
    let page = operator.fill("/people/enrol", &enrolment).body;
    let link = between(&page, "/welcome/", 64);
    assert_eq!(stranger.get(&format!("/welcome/{link}")).status, 200);
    let chosen = [("login", "second"), ("password", PASSWORD)];
    assert_eq!(
        stranger.send(&format!("/welcome/{link}"), &chosen).status,
        303
    );
    assert_eq!(
        stranger
            .get(&format!("/welcome/{link}?{WRONG}").replace(' ', "+"))
            .status,
        422
    );
    // A key for a program, used as it should be and as it should not.
    let page = operator.fill("/keys", &[("name", "열쇠")]).body;
    let key = format!("modu_{}", between(&page, "modu_", 64));
    let bearer = |key: &str| format!("Authorization: Bearer {key}\r\n");
    let me = stranger.ask("GET", "/api/v1/me", &bearer(&key), "");
    assert_eq!(me.status, 200, "{}", me.body);
    assert!(
        me.head
            .to_lowercase()
            .contains("x-content-type-options: nosniff")
    );
    let forged = format!("modu_{}", "5ec2e7".repeat(11));
    let refused = stranger.ask("GET", "/api/v1/me", &bearer(&forged[..69]), "");
    assert_eq!(refused.status, 401);
    for path in [
        format!("/api/v1/keys/{key}"),
        format!("/api/v1/me?key={key}"),
        format!("/{key}/{form_key}"),
        format!("/projects/{link}"),
    ] {
        assert!(stranger.get(&path).status < 500, "{path}");
        assert!(stranger.ask("POST", &path, &bearer(&key), &key).status < 500);
    }
    let metrics = stranger.get("/metrics").body;
    // A page's own forms carry its session's key.
    let history = operator.get("/history").body.replace(&form_key, "");
    assert_eq!(office.modu(&["backup", "all.tar"]).code, 0);
    assert_eq!(server.end(), Some(0));

    let session = operator.cookie.trim_start_matches("modu_session=");
    let token = server.link.trim_start_matches("/welcome/");
    let home = office.path("home");
    let bare_key = key.trim_start_matches("modu_");
    for secret in [
        PASSWORD,
        WRONG,
        MISTYPED,
        session,
        &form_key,
        &link,
        bare_key,
        &forged[5..69],
    ] {
        for log in [&server.out, &server.err] {
            assert!(!holds(log, secret), "{secret} is in {}", log.display());
        }
        assert!(!metrics.contains(secret) && !history.contains(secret));
        let mut found = Vec::new();
        holders(&home, secret, &mut found);
        assert!(found.is_empty(), "{secret} is in {found:?}");
        assert!(!holds(&office.path("all.tar"), secret), "{secret}");
    }
    // The first link is told where it is asked for, and nowhere else.
    assert!(holds(&server.out, token) && !holds(&server.err, token));
    let mut found = Vec::new();
    holders(&home, token, &mut found);
    assert!(found.is_empty(), "{found:?}");
    // Signing keys lie in their folder, the database's password in its file.
    let mut found = Vec::new();
    holders(&home, PRIVATE, &mut found);
    let keys = home.join("evidence/keys");
    assert!(!found.is_empty() && found.iter().all(|path| path.starts_with(&keys)));
    assert!(!holds(&office.path("all.tar"), PRIVATE));
    let mut found = Vec::new();
    holders(&home, OF_DATABASE, &mut found);
    match url {
        Some(_) => assert_eq!(found, [home.join("database.url")]),
        None => assert!(found.is_empty()),
    }
    assert!(!holds(&office.path("all.tar"), OF_DATABASE));
    // The search finds what is there: a request's line, and a name.
    assert!(holds(&server.err, "/welcome/{}"));
    assert!(holds(&office.path("all.tar"), "이름이 있는 사람"));
}

#[test]
fn a_database_that_does_not_answer_is_told_without_its_password() {
    let office = Office::empty();
    let url = format!("postgres://modu:{OF_DATABASE}@127.0.0.1:1/nothing");
    let mut command = office.command(&SERVE);
    command.env("MODU_DATABASE", url);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    for said in [output.stdout, output.stderr] {
        let said = String::from_utf8(said).unwrap();
        assert!(!said.contains(OF_DATABASE), "{said}");
    }
    let help = office.modu(&["serve", "--help"]);
    assert!(!text(Path::new(&help.out)).contains(OF_DATABASE));
}
