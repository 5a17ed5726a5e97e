//! The history of routes from the command line: what was, why it went, and
//! the proof of it.

use std::fs;

use modu_kernel::Digest;
use modu_route::repository::Source;
use modu_route::validate::{
    Anchor, Authority, Decision, Manifest, Object, ObjectOutcome, Reason, ValidatedTree, Validity,
};
use modu_route::{Asn, Vrp};

use crate::program::{Office, text};

const ALWAYS: Validity = Validity {
    not_before: 0,
    not_after: 4_000_000_000,
};

/// A trust anchor whose only ROA says `192.0.2.0/24 => 64496`, or an expired
/// one beside another.
fn tree(time: i64, expired: bool) -> ValidatedTree {
    let vrp = |prefix: &str, origin| Vrp {
        prefix: prefix.parse().unwrap(),
        max_length: 24,
        origin: Asn::from_u32(origin),
    };
    let roa = |vrp| ObjectOutcome::Roa(ALWAYS, vec![vrp]);
    let first = match expired {
        false => roa(vrp("192.0.2.0/24", 64_496)),
        true => ObjectOutcome::Rejected(Reason {
            code: "certificate.expired".into(),
            detail: "it ended on 2026-11-21".into(),
        }),
    };
    let object = |name: &str, outcome| Object {
        name: name.into(),
        digest: Digest::of(name.as_bytes()),
        trailing: false,
        outcome,
    };
    let digest = Digest::of(&[u8::from(expired)]);
    let folder = "rsync://host.example/repository/";
    ValidatedTree {
        time,
        anchors: vec![Anchor {
            name: "test".into(),
            authority: Ok(0),
            kept: None,
        }],
        authorities: vec![Authority {
            parent: None,
            anchor: 0,
            certificate: "rsync://host.example/ta.cer".into(),
            certificate_digest: Digest::of(b"ta"),
            validity: ALWAYS,
            subject_key: [0; 20],
            notify: None,
            folder: folder.into(),
            manifest_uri: format!("{folder}manifest.mft").into(),
            key: Digest::of(b"key"),
            stable: ALWAYS,
            decision: Decision::Current(Manifest {
                source: Source::Rsync("rsync://host.example/repository/".into()),
                pack: digest,
                digest,
                number: vec![1],
                this_update: 0,
                next_update: 4_000_000_000,
            }),
            objects: [
                object("first.roa", first),
                object("second.roa", roa(vrp("198.51.100.0/24", 64_497))),
            ]
            .into(),
        }],
    }
}

/// An office that has kept two runs; in the second a ROA has expired.
fn office() -> Office {
    let office = Office::with_kit();
    for (time, expired) in [(1_795_305_600, false), (1_795_309_200, true)] {
        fs::write(office.path("validated"), tree(time, expired).to_bytes()).unwrap();
        let keep = ["route", "keep", "--tree", "validated", "--record"];
        let (code, kept) = office.ask(&keep);
        assert_eq!((code, &kept["vanished"]), (0, &u64::from(expired).into()));
    }
    office
}

#[test]
fn a_table_of_any_time_comes_back_and_a_vanished_vrp_is_explained() {
    let office = office();
    let at = |time: &str| office.modu(&["route", "at", time]).expect_code(0).out;
    let (before, after) = (at("2026-11-22T00:30:00Z"), at("last"));
    assert_eq!(
        before,
        "ASN,IP Prefix,Max Length,Trust Anchor\nAS64496,192.0.2.0/24,24,test\nAS64497,198.51.100.0/24,24,test\n"
    );
    assert_eq!(
        after,
        "ASN,IP Prefix,Max Length,Trust Anchor\nAS64497,198.51.100.0/24,24,test\n"
    );
    let early = office.modu(&["route", "at", "2026-11-21T00:00:00Z"]);
    assert!(early.expect_code(2).err.contains("no run of that time"));

    let why = ["route", "why", "192.0.2.0/24", "AS64496"];
    let said = office.modu(&why).expect_code(1).out;
    for words in [
        "not found",
        "vanished at 2026-11-22T01:00:00Z: the object is not believed (certificate.expired)",
        "rsync://host.example/repository/first.roa",
        "it ended on 2026-11-21",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let then = [why.as_slice(), &["--at", "2026-11-22T00:00:00Z"]].concat();
    let (code, then) = office.ask(&then);
    assert_eq!(
        (code, &then["explanation"]["validity"]),
        (0, &"valid".into())
    );
    let chain = &then["explanation"]["covering"][0]["said_by"][0]["chain"][0];
    assert_eq!(chain["certificate"], "rsync://host.example/ta.cer");
    let never = office.modu(&["route", "why", "203.0.113.0/24", "64500"]);
    assert!(
        never
            .expect_code(1)
            .out
            .contains("Nothing that is kept ever")
    );

    let history = [
        "route",
        "history",
        "--asn",
        "AS64496",
        "--check",
        "--picture",
        "vrps.svg",
    ];
    let (code, history) = office.ask(&history);
    assert_eq!(code, 0, "{history}");
    let effects: Vec<_> = (history["changes"].as_array().unwrap().iter())
        .map(|change| change["effect"].as_str().unwrap())
        .collect();
    assert_eq!(effects, ["appeared", "vanished"]);
    let picture = fs::read_to_string(office.path("vrps.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("신뢰 앵커별"));
}

#[test]
fn one_vrp_is_proved_without_the_table_and_no_other_line_is() {
    let office = office();
    let prove = ["route", "prove", "192.0.2.0/24", "64496", "--into", "proof"];
    office.modu(&prove).expect_code(1);
    let then = [prove.as_slice(), &["--at", "2026-11-22T00:00:00Z"]].concat();
    let (code, proof) = office.ask(&then);
    assert_eq!(code, 0, "{proof}");
    let bundle = proof["bundle"].as_str().unwrap().to_owned();
    let verify = || {
        office.modu(&[
            "evidence",
            "verify",
            &bundle,
            "--trusted-root",
            "proof/trusted_root.json",
            "--artifact",
            "proof/result.json",
            "--inclusion",
            "proof/vrp-1.inclusion.json",
        ])
    };
    let said = verify().expect_code(0).out;
    assert!(said.contains("included  AS64496,192.0.2.0/24,24"), "{said}");
    let path = office.path("proof/vrp-1.inclusion.json");
    let forged = fs::read_to_string(&path)
        .unwrap()
        .replace("AS64496", "AS64499");
    fs::write(&path, forged).unwrap();
    assert!(verify().expect_code(1).out.contains("another root"));
    // The trees lie in the state folder, not in the store; the runs replay.
    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    assert_eq!(replays["replays"].as_array().unwrap().len(), 2);
}

#[test]
fn a_damaged_run_is_named() {
    let office = office();
    let path = office.path("home/route/runs/0000000001-1795309200.run");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    // The tree is at the end; the table before it can still be read.
    office.modu(&["route", "at", "last"]).expect_code(0);
    let tree = ["route", "at", "last", "--what", "tree", "--out", "tree"];
    let said = office.modu(&tree).expect_code(3);
    assert!(said.err.contains(text(&path)), "{}", said.err);
    let said = office.modu(&["route", "history", "--check"]).expect_code(1);
    assert!(said.out.contains("altered"), "{}", said.out);
}
