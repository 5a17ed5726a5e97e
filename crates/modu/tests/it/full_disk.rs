//! `modu serve` on a disk that becomes full, and has room again.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{Office, text};
use crate::serving::{SERVE, Serving};

const PASSWORD: &str = "correct horse battery staple";

fn succeeds(command: &mut Command) -> bool {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Whether a file system may be mounted for one's own eyes.
fn may_mount(folder: &Path) -> bool {
    let mount = "mount -t tmpfs -o size=1m none \"$0\"";
    succeeds(Command::new("unshare").args(["--mount", "sh", "-c", mount, text(folder)]))
        && succeeds(Command::new("nsenter").arg("--version"))
}

/// A command where the server sees its files.
fn within(server: &Serving, command: &Command) -> Command {
    let mut inside = Command::new("nsenter");
    inside
        .args(["--mount", "--target", &server.child.id().to_string(), "--"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    inside
}

#[test]
fn a_full_disk_is_told_of_keeps_nothing_by_half_and_passes() {
    let office = Office::empty();
    let home = office.path("home");
    fs::create_dir(&home).unwrap();
    if !may_mount(&home) {
        eprintln!("skipped: no file system may be mounted here");
        return;
    }
    let serve = office.command(&SERVE);
    let mut mounted = Command::new("unshare");
    let mount = "mount -t tmpfs -o size=24m none \"$MODU_HOME\" && exec \"$@\"";
    mounted
        .args(["--mount", "sh", "-c", mount, "serve"])
        .arg(serve.get_program())
        .args(serve.get_args())
        .env("MODU_HOME", &home)
        .env("TMPDIR", office.path("tmp"));
    let mut server = Serving::start(&office, mounted);
    let operator = server.operator(PASSWORD);
    let register = |name: &str| {
        let fields = [("name", name), ("kind", "Supplier")];
        operator.fill("/people/organisation", &fields)
    };
    assert_eq!(register("먼저 온 기업").status, 303);
    let need = crate::program::demo("need.toml");
    let record = office.command(&["proof", "register", text(&need)]);
    let audit = office.command(&["evidence", "audit"]);

    let page = operator.fill("/keys", &[("name", "기록")]).body;
    let (_, key) = page.split_once("<code class=\"block\">").unwrap();
    let key = key.split('<').next().unwrap().to_owned();
    let put_on_record = || {
        let more = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
        let run = "{\"name\":\"run\",\"metrics\":[{\"name\":\"auc\",\"value\":0.9}]}";
        server.browser().ask("POST", "/api/v1/runs", &more, run)
    };
    let recorded = put_on_record();
    assert_eq!(recorded.status, 201, "{}", recorded.body);

    let ballast = home.join("ballast");
    let mut fill = Command::new("dd");
    fill.args(["if=/dev/zero", "bs=4k"])
        .arg(format!("of={}", text(&ballast)));
    assert!(!succeeds(&mut within(&server, &fill)), "the disk is larger");
    // The last room is for the programme, and not for runs of its members.
    let mut less = Command::new("truncate");
    less.args(["--size=-1M"]).arg(&ballast);
    assert!(succeeds(&mut within(&server, &less)));
    let refused = put_on_record();
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.body.contains("problems/room"), "{}", refused.body);
    assert_eq!(register("자리가 적을 때 온 기업").status, 303);
    assert!(!succeeds(&mut within(&server, &fill)), "the disk is larger");

    let long = "가".repeat(190);
    let refused = register(&long);
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.head.to_lowercase().contains("retry-after"));
    assert!(refused.body.contains("자리가 없습니다"), "{}", refused.body);
    // Who reads is served.
    let people = operator.get("/people");
    assert_eq!(people.status, 200);
    assert!(people.body.contains("먼저 온 기업") && !people.body.contains("가가가"));
    // Nothing is recorded by half, and it is said that there is no room.
    let said = within(&server, &record).output().unwrap();
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    let told = String::from_utf8_lossy(&said.stderr).to_lowercase();
    assert!(told.contains("full") || told.contains("space"), "{told}");
    let mut copy = office.command(&["backup"]);
    copy.arg(home.join("copy.tar"));
    let said = within(&server, &copy).output().unwrap();
    assert_eq!(said.status.code(), Some(3), "{said:?}");

    let mut free = Command::new("rm");
    free.arg(&ballast);
    assert!(succeeds(&mut within(&server, &free)));
    assert_eq!(register("나중에 온 기업").status, 303);
    assert_eq!(put_on_record().status, 201);
    for command in [&record, &audit, &copy] {
        let said = within(&server, command).output().unwrap();
        assert!(said.status.success(), "{said:?}");
    }
    assert_eq!(server.end(), Some(0));
}
