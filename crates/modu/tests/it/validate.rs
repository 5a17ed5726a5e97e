//! A validation run as evidence: recorded, exported, verified, done again.

use std::fs;

use modu_route_world::{Keys, Shape, World};

use crate::program::{Office, text};

#[test]
fn a_recorded_validation_gives_the_same_bytes_when_it_is_replayed_from_its_bundle() {
    let office = Office::with_kit();
    let mut world = World::new(&Shape::default(), Keys::shared()).unwrap();
    world.write_rsync(&office.path("copies")).unwrap();
    world.write_locators(&office.path("tals")).unwrap();
    let validate = |out: &str, more: &[&str]| {
        let run = [
            "route",
            "validate",
            "--tal",
            "tals/anchor0.tal",
            "--repository",
            "copies",
            "--memory",
            "memory",
            "--time",
            "2026-01-01T00:10:00Z",
            "--out",
            out,
        ];
        office.ask(&[run.as_slice(), more].concat())
    };
    let (code, first) = validate("first", &["--record"]);
    assert_eq!((code, &first["log_index"]), (0, &"0".into()), "{first}");
    assert_eq!(first["report"]["vrps"], world.vrps().len());
    // A second run has the first one's memory, and another world.
    world.time += 60;
    world.churn(50.0, 1).unwrap();
    world.write_rsync(&office.path("copies")).unwrap();
    let (code, second) = validate("second", &["--record"]);
    assert_eq!((code, &second["log_index"]), (0, &"1".into()), "{second}");

    // The same run that is not recorded gives the same bytes.
    fs::copy(office.path("first/validated"), office.path("memory")).unwrap();
    let (_, again) = validate("again", &[]);
    assert_eq!(again["result_digest"], second["result_digest"]);
    for name in ["validated", "vrps.csv", "aspas.json", "report.json"] {
        let read = |folder: &str| fs::read(office.path(folder).join(name)).unwrap();
        assert_eq!(read("again"), read("second"), "{name}");
    }

    // Nothing but store and log is needed to do it again.
    for folder in ["copies", "tals", "first", "memory"] {
        let path = office.path(folder);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        };
        removed.unwrap();
    }
    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    assert_eq!(replays["replays"].as_array().unwrap().len(), 2);

    let export = ["evidence", "export", "1", "--into", "bundle"];
    office.modu(&export).expect_code(0);
    let verify = |artifact: &str| {
        let artifact = office.path(artifact);
        office.modu(&[
            "evidence",
            "verify",
            "bundle/1.sigstore.json",
            "--trusted-root",
            "bundle/trusted_root.json",
            "--artifact",
            text(&artifact),
        ])
    };
    for name in ["second/validated", "second/vrps.csv", "second/aspas.json"] {
        verify(name).expect_code(0);
    }
    let forged = [
        fs::read(office.path("second/vrps.csv")).unwrap(),
        b"\n".to_vec(),
    ]
    .concat();
    fs::write(office.path("forged.csv"), forged).unwrap();
    verify("forged.csv").expect_code(1);
}
