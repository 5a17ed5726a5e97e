//! Routes from the command line: what is heard of them, how much is covered,
//! and what a change of ASPAs would break.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use modu_route::watch::mrt::{AsnWidth, message};
use modu_route::watch::{Moment, Peer};
use serde_json::Value;

use crate::program::{Office, Said};

const VRPS: &str = "ASN,IP Prefix,Max Length,Trust Anchor\nAS64500,203.0.113.0/24,24,test\n";
const OWN: &str = "[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = [64500]\n";

fn office() -> Office {
    let office = Office::with_kit();
    fs::write(office.path("vrps.csv"), VRPS).unwrap();
    fs::write(office.path("own.toml"), OWN).unwrap();
    office
}

/// The same program, asked in Korean.
fn korean(office: &Office, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_modu"));
    command.args(["--lang", "ko"]).args(arguments);
    command.env("MODU_HOME", office.path("home"));
    let output = command.current_dir(office.path(".")).output();
    Said::from(output.unwrap())
}

/// A BGP UPDATE (RFC 4271, section 4.3) that announces 203.0.113.0/24 by a
/// path, or withdraws it.
fn bgp_update(path: Option<&[u32]>) -> Vec<u8> {
    let prefix = [24, 203, 0, 113];
    let body = match path {
        None => [&[0, 4][..], &prefix, &[0, 0]].concat(),
        Some(path) => {
            let mut attributes = vec![0x40, 1, 1, 0, 0x40, 2];
            attributes.extend([2 + 4 * path.len() as u8, 2, path.len() as u8]);
            attributes.extend(path.iter().flat_map(|it| it.to_be_bytes()));
            attributes.extend([0x40, 3, 4, 192, 0, 2, 1]);
            let length = (attributes.len() as u16).to_be_bytes();
            [&[0, 0][..], &length, &attributes, &prefix].concat()
        }
    };
    let length = (19 + body.len() as u16).to_be_bytes();
    [&[0xff; 16][..], &length, &[2], &body].concat()
}

/// An MRT file of one peer's updates, one a second.
fn mrt(paths: &[Option<&[u32]>]) -> Vec<u8> {
    let peer = Peer {
        address: [192, 0, 2, 1].into(),
        asn: 64_501,
    };
    let records = (1_700_000_000..).zip(paths).flat_map(|(second, path)| {
        let time = Moment(second * 1_000_000);
        message(time, peer, AsnWidth::Four, &bgp_update(*path))
    });
    records.collect()
}

#[test]
fn a_hijack_in_a_file_is_a_no_and_a_state_that_is_handed_over_closes_it() {
    let office = office();
    let announced = mrt(&[Some(&[64_501, 64_500]), Some(&[64_501, 666])]);
    fs::write(office.path("first.mrt"), announced).unwrap();
    fs::write(
        office.path("second.mrt"),
        mrt(&[None, Some(&[64_501, 64_500])]),
    )
    .unwrap();
    let watch = [
        "route", "watch", "--config", "own.toml", "--vrps", "vrps.csv",
    ];
    let first = [&watch[..], &["--updates", "first.mrt", "--out", "out"]].concat();
    let said = office.modu(&first).expect_code(1);
    assert!(said.out.contains("1 alerts are open"), "{}", said.out);
    assert!(
        said.out.contains("hijack (RPKI invalid) AS666"),
        "{}",
        said.out
    );
    let said = korean(&office, &first).expect_code(1);
    assert!(said.out.contains("열린 경보 1개"), "{}", said.out);
    assert!(
        said.out.contains("하이재킹(RPKI 무효) AS666"),
        "{}",
        said.out
    );
    let (code, said) = office.ask(&first);
    let alert = &said["report"]["alerts"][0];
    assert_eq!(
        (code, &alert["cause"]["origin"]),
        (1, &666.into()),
        "{said}"
    );
    assert_eq!(alert["raised"], "2023-11-14T22:13:21Z");

    let second = ["--updates", "second.mrt", "--state", "out/state.json"];
    let (code, said) = office.ask(&[&watch[..], &second].concat());
    assert_eq!((code, &said["report"]["closed"]), (0, &1.into()), "{said}");
    let wrong = [&watch[..], &["--state", "vrps.csv"]].concat();
    let said = office.modu(&wrong).expect_code(2);
    assert!(said.err.contains("state.json"), "{}", said.err);
    let none = ["--bmp", "127.0.0.1:0"];
    let said = office.modu(&[&watch[..], &none].concat()).expect_code(2);
    assert!(said.err.contains("--out"), "{}", said.err);
}

#[test]
fn coverage_is_told_by_organisation_and_drawn_in_both_languages() {
    let office = office();
    let routes = "prefix,origin\n203.0.113.0/24,64500\n198.51.100.0/24,64501\n";
    fs::write(office.path("routes.csv"), routes).unwrap();
    fs::write(office.path("before.csv"), "ASN,IP Prefix,Max Length\n").unwrap();
    let list = "organisation,asn\n행정안전부,64500\n기상청,64501\n";
    fs::write(office.path("list.csv"), list).unwrap();
    let coverage = [
        "route",
        "coverage",
        "--routes",
        "routes.csv",
        "--out",
        "out",
    ];
    let tables = [
        "--vrps",
        "2026-01-01=before.csv",
        "--vrps",
        "2026-02-01=vrps.csv",
    ];
    let asked = [&coverage[..], &tables, &["--organisations", "list.csv"]].concat();
    let said = office.modu(&asked).expect_code(0);
    assert!(
        said.out.contains("valid share") && said.out.contains("행정안전부"),
        "{}",
        said.out
    );
    let said = korean(&office, &asked).expect_code(0);
    assert!(
        said.out.contains("유효 비율") && said.out.contains("50.0 %"),
        "{}",
        said.out
    );
    let (_, said) = office.ask(&asked);
    let valid = |at: usize| said["report"]["all"][at]["valid"].as_u64();
    assert_eq!((valid(0), valid(1)), (Some(0), Some(1)), "{said}");
    for (picture, word) in [("coverage.ko.svg", "유효"), ("coverage.en.svg", "valid")] {
        let picture = fs::read_to_string(office.path("out").join(picture)).unwrap();
        assert!(picture.contains(word) && picture.contains("행정안전부"));
    }
    let wrong = [&coverage[..], &["--vrps", "vrps.csv"]].concat();
    let said = office.modu(&wrong).expect_code(2);
    assert!(said.err.contains("write the time first"), "{}", said.err);
}

#[test]
fn a_change_of_aspas_that_makes_a_path_invalid_is_a_no() {
    let office = office();
    let routes = "prefix,origin,path\n\
                  192.0.2.0/24,64500,64510 64520 64511 64501 64500\n\
                  198.51.100.0/24,64500,64510 64501 64500\n";
    let aspas = r#"{"aspas": [{"customer": 64500, "providers": [64501]},
                              {"customer": 64520, "providers": [0]}]}"#;
    fs::write(office.path("routes.csv"), routes).unwrap();
    fs::write(office.path("aspas.json"), aspas).unwrap();
    fs::write(office.path("aspas.delta"), "A: AS64501 => AS64502\n").unwrap();
    let whatif = [
        "route",
        "whatif",
        "--aspas",
        "aspas.json",
        "--proposed-aspas",
        "aspas.delta",
        "--routes",
        "routes.csv",
    ];
    let said = office.modu(&whatif).expect_code(1);
    assert!(
        said.out.contains("1 of 2 different AS paths turn invalid"),
        "{}",
        said.out
    );
    assert!(said.out.contains("AS64501 ↛ AS64511"), "{}", said.out);
    let said = korean(&office, &whatif).expect_code(1);
    assert!(said.out.contains("1개가 무효가 됩니다"), "{}", said.out);
    let (code, said) = office.ask(&[&whatif[..], &["--allow", "1", "--out", "out"]].concat());
    assert_eq!(code, 0, "{said}");
    let paths = &said["report"]["paths"];
    assert_eq!(
        (&paths["paths_turn_invalid"], &paths["announcements_cut"]),
        (&1.into(), &1.into())
    );
    let changed = fs::read_to_string(office.path("out/changed_paths.csv")).unwrap();
    assert!(
        changed.contains("64510 64520 64511 64501 64500"),
        "{changed}"
    );

    fs::write(
        office.path("aspas.delta"),
        "A: AS64501 => AS64502, AS64511\n",
    )
    .unwrap();
    office.modu(&whatif).expect_code(0);
    fs::write(office.path("aspas.delta"), "A: AS64501\n").unwrap();
    let said = office.modu(&whatif).expect_code(2);
    assert!(said.err.contains("line 1"), "{}", said.err);
}

/// A watch that listens to routers.
struct Listening {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    router: TcpStream,
}

impl Listening {
    /// Starts one, and connects to it as a router.
    fn start(office: &Office) -> Self {
        let watch = "--json route watch --config own.toml --vrps vrps.csv --out live --record";
        let mut child = (office.command(&[]))
            .args(watch.split(' '))
            .args(["--bmp", "127.0.0.1:0", "--router", "127.0.0.0/8"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let mut router = TcpStream::connect(ready["bmp"].as_str().unwrap()).unwrap();
        router.write_all(&[3, 0, 0, 0, 6, 4]).unwrap();
        Self {
            child,
            lines,
            router,
        }
    }

    /// Tells a BGP message of a peer (RFC 7854, section 4.6).
    fn tell(&mut self, update: &[u8]) {
        let mut message = vec![3];
        message.extend((48 + update.len() as u32).to_be_bytes());
        message.extend([0; 2 + 1 + 8 + 12]);
        message.extend([192, 0, 2, 1]);
        message.extend(64_501_u32.to_be_bytes());
        message.extend([192, 0, 2, 1]);
        message.extend([0; 8]);
        message.extend(update);
        self.router.write_all(&message).unwrap();
    }

    /// The next event that has a member.
    fn next(&mut self, member: &str) -> Value {
        loop {
            let line = self.lines.next().expect("the watch goes on").unwrap();
            let event: Value = serde_json::from_str(&line).unwrap();
            if !event[member].is_null() {
                return event;
            }
        }
    }

    /// Ends it by a signal: how many alerts are open, and the exit code.
    fn end(mut self) -> (u64, Option<i32>) {
        let process = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .arg(process)
                .status()
                .unwrap()
                .success()
        );
        let open = self.next("ended")["open"].as_u64().unwrap();
        (open, self.child.wait().unwrap().code())
    }
}

#[test]
fn a_router_that_tells_of_a_hijack_alarms_at_once_and_a_restart_changes_nothing() {
    let office = office();
    let mut watch = Listening::start(&office);
    watch.tell(&bgp_update(Some(&[64_501, 64_500])));
    watch.tell(&bgp_update(Some(&[64_501, 666])));
    let told = watch.next("id");
    assert_eq!(told["id"], "origin_invalid/AS666");
    assert!(told["microseconds"]["from_arrival"].is_u64(), "{told}");
    assert_eq!(watch.next("recorded")["says_the_same"], true);
    assert_eq!(watch.end(), (1, Some(1)));

    let mut watch = Listening::start(&office);
    watch.tell(&bgp_update(Some(&[64_501, 666])));
    watch.tell(&[0xff; 40]);
    watch.tell(&bgp_update(None));
    let told = watch.next("id");
    let alert = &told["alert"];
    assert_eq!(
        (&alert["state"], &alert["times_opened"]),
        (&"closed".into(), &1.into())
    );
    assert_eq!(watch.end(), (0, Some(0)));
    let journal = fs::read_to_string(office.path("live/alerts.jsonl")).unwrap();
    assert_eq!(journal.lines().count(), 2);
    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    assert_eq!(replays["replays"].as_array().unwrap().len(), 2);
}
