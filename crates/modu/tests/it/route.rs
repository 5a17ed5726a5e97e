//! Routes from the command line: what a change would break, and what is safe.

use std::fs;

use crate::program::{Office, text};

const VRPS: &str = "ASN,IP Prefix,Max Length,Trust Anchor\n\
                    AS64496,192.0.2.0/24,24,test\n";
const ROUTES: &str = "prefix,origin\n\
                      192.0.2.0/24,64496\n\
                      203.0.113.0/24,64500\n\
                      203.0.113.128/25,64501\n";

fn office() -> Office {
    let office = Office::with_kit();
    fs::write(office.path("vrps.csv"), VRPS).unwrap();
    fs::write(office.path("routes.csv"), ROUTES).unwrap();
    office
}

fn whatif<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let files = [
        "route",
        "whatif",
        "--vrps",
        "vrps.csv",
        "--proposed",
        "roas.delta",
        "--routes",
        "routes.csv",
    ];
    [&files, more].concat()
}

#[test]
fn a_change_that_breaks_a_route_is_a_no_and_one_within_the_allowance_a_yes() {
    let office = office();
    fs::write(office.path("roas.delta"), "A: 203.0.113.0/24 => 64500\n").unwrap();
    let said = office.modu(&whatif(&[])).expect_code(1);
    assert!(said.out.contains("203.0.113.128/25"), "{}", said.out);
    let (code, answer) = office.ask(&whatif(&["--allow", "1", "--out", "out"]));
    assert_eq!(code, 0, "{answer}");
    assert_eq!(answer["report"]["broken"], 1);
    let changed = fs::read_to_string(office.path("out/changed.csv")).unwrap();
    assert!(changed.contains("203.0.113.128/25,AS64501,1,not_found,invalid"));
    fs::write(office.path("roas.delta"), "A: 203.0.113.0/24\n").unwrap();
    let said = office.modu(&whatif(&[])).expect_code(2);
    assert!(said.err.contains("proposal"), "{}", said.err);
}

#[test]
fn what_a_plan_calls_safe_breaks_nothing_and_its_evidence_replays() {
    let office = office();
    let plan = |origin: &str| {
        let plan = ["route", "plan", "--routes", "routes.csv", "--out", "plan"];
        let rest = ["--vrps", "vrps.csv", "--origin", origin, "--record"];
        office.ask(&[plan.as_slice(), &rest].concat())
    };
    let (code, waiting) = plan("AS64500");
    assert_eq!(code, 1, "it would cut off AS64501: {waiting}");
    assert_eq!(waiting["report"]["steps"].as_array().unwrap().len(), 0);
    let (code, safe) = plan("64501");
    assert_eq!(code, 0, "{safe}");
    assert_eq!(safe["log_index"], "1");
    let delta = office.path("plan/roas.delta");
    fs::copy(delta, office.path("roas.delta")).unwrap();
    let (code, checked) = office.ask(&whatif(&["--record"]));
    assert_eq!((code, &checked["report"]["broken"]), (0, &0.into()));
    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    assert_eq!(replays["replays"].as_array().unwrap().len(), 3);
    let export = ["evidence", "export", "2", "--into", "bundle"];
    office.modu(&export).expect_code(0);
    office
        .modu(&[
            "evidence",
            "verify",
            "bundle/2.sigstore.json",
            "--trusted-root",
            "bundle/trusted_root.json",
            "--artifact",
            text(&office.path("roas.delta")),
        ])
        .expect_code(1);
}

#[test]
fn a_network_that_announces_nothing_has_no_plan() {
    let office = office();
    let plan = [
        "route",
        "plan",
        "--routes",
        "routes.csv",
        "--origin",
        "AS65551",
    ];
    let said = office.modu(&plan).expect_code(1);
    assert!(said.out.contains("check the AS numbers"), "{}", said.out);
    let said = office
        .modu(&["route", "plan", "--routes", "routes.csv", "--origin", "x"])
        .expect_code(2);
    assert!(said.err.contains("write it as AS64496"), "{}", said.err);
}
