#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use modu_kernel::{InputsInMemory, NoProgress};

use super::*;
use crate::text;

const VRPS: &str = "ASN,IP Prefix,Max Length,Trust Anchor\n\
                    AS64496,192.0.2.0/24,24,test\n\
                    AS64497,198.51.100.0/24,24,test\n";

const ROUTES: &str = "prefix,origin\n\
                      192.0.2.0/24,64496\n\
                      198.51.100.0/24,64497\n\
                      203.0.113.0/24,64500\n\
                      203.0.113.128/25,64501\n\
                      2001:db8::/32,64500\n";

fn run(proposal: &str, allowed: u32) -> (WhatIfReport, String) {
    let inputs = InputsInMemory::new()
        .with("vrps", VRPS)
        .with("proposal", proposal)
        .with("routes", ROUTES);
    let (report, _, outputs) =
        WhatIf::run(WhatIfRequest { allowed }, &inputs, &NoProgress).unwrap();
    let csv = String::from_utf8(outputs[0].bytes.clone()).unwrap();
    (report, csv)
}

#[test]
fn a_roa_for_a_covering_prefix_breaks_a_customers_more_specific() {
    let (report, csv) = run("A: 203.0.113.0/24 => 64500\n", 0);
    assert_eq!(report.answer, Answer::BreaksTooMuch);
    assert_eq!(report.broken, 1);
    let broken = &report.broken_listed[0];
    assert_eq!(broken.prefix, "203.0.113.128/25");
    assert_eq!(broken.origin, Some(64501));
    let why = crate::Invalid::WrongOrigin;
    assert_eq!(broken.harm, Harm::TurnsInvalid { why });
    assert_eq!(report.origins[0].ipv4_addresses, 128);
    assert!(report.exposures.is_empty(), "exactly what is announced");
    assert_eq!(
        csv,
        "prefix,origin,peers,before,after\n\
         203.0.113.0/24,AS64500,1,not_found,valid\n\
         203.0.113.128/25,AS64501,1,not_found,invalid\n"
    );
    assert_eq!(
        run("A: 203.0.113.0/24 => 64500\n", 1).0.answer,
        Answer::WithinAllowance
    );
}

#[test]
fn an_authorisation_that_is_taken_back_leaves_its_route_unprotected() {
    let (report, _) = run("R: 198.51.100.0/24 => 64497\n", 0);
    assert_eq!(report.broken_listed[0].harm, Harm::LosesLastValid);
    assert_eq!((report.vrps_before, report.vrps_after), (2, 1));
    let (report, _) = run("R: 198.51.100.0/24-25 => 64497\n", 0);
    assert_eq!(report.broken, 0);
    assert_eq!(report.changes.removed_not_there, 1);
}

#[test]
fn a_loose_max_length_is_counted_with_an_example() {
    let (report, _) = run(
        "A: 203.0.113.0/24-26 => 64500\nA: 2001:db8::/32-64 => 64500\n",
        9,
    );
    let [wide, narrow] = report.exposures.as_slice() else {
        panic!("{:?}", report.exposures);
    };
    // 2^33 - 1 authorised, one announced.
    assert_eq!((wide.open.as_str(), wide.announced), ("8589934590", 1));
    assert_eq!(wide.example, "2001:db8::/33");
    // One /24, two /25, four /26 authorised; the /24 announced.
    assert_eq!((narrow.open.as_str(), narrow.announced), ("6", 1));
    assert_eq!(narrow.example, "203.0.113.0/25");
}

#[test]
fn everything_of_the_whole_address_space_can_be_counted() {
    let (report, _) = run("A: ::/0-128 => 64500\nA: 0.0.0.0/0-32 => 64500\n", 9);
    assert_eq!(report.exposures[0].open, u128::MAX.to_string());
    assert_eq!(report.exposures[0].example, "::/0");
}

#[test]
fn the_tallies_and_movements_agree() {
    let (report, csv) = run("A: 0.0.0.0/0 => 0\nR: 192.0.2.0/24 => 64496\n", 9);
    let sum = |tally: Tally| tally.valid + tally.invalid + tally.not_found;
    assert_eq!(sum(report.before), report.announcements);
    assert_eq!(sum(report.after), report.announcements);
    let moved: u64 = report.movements.iter().map(|it| it.announcements).sum();
    assert_eq!(moved as usize, csv.lines().count() - 1);
    assert_eq!(report.after.invalid, 3);
    let origin = text::asn("64496").unwrap();
    assert!(
        report
            .origins
            .iter()
            .any(|it| it.origin == Some(origin.into_u32()))
    );
}

const WITH_PATHS: &str = "prefix,origin,path\n\
                          192.0.2.0/24,30,20 10 11 30\n\
                          192.0.2.0/24,30,20 21 30\n\
                          198.51.100.0/24,40,20 10 11 30 40\n\
                          203.0.113.0/24,21,20 21\n";

fn run_aspas(aspas: &str, change: &str) -> (WhatIfReport, String) {
    let inputs = InputsInMemory::new()
        .with("aspas", aspas)
        .with("aspa_proposal", change)
        .with("routes", WITH_PATHS);
    let (report, _, outputs) =
        WhatIf::run(WhatIfRequest { allowed: 0 }, &inputs, &NoProgress).unwrap();
    let csv = String::from_utf8(outputs[1].bytes.clone()).unwrap();
    (report, csv)
}

#[test]
fn a_forgotten_provider_is_shown_before_the_aspa_is_published() {
    let aspas = r#"{"aspas": [{"customer": "AS10", "providers": ["AS0"]},
                             {"customer": "AS20", "providers": ["AS0"]},
                             {"customer": "AS11", "providers": ["AS10"]}]}"#;
    let (report, csv) = run_aspas(aspas, "A: AS30 => AS21\n");
    let paths = report.paths.unwrap();
    // By 11 the route now climbs where 30 does not say it may.
    assert_eq!(report.answer, Answer::BreaksTooMuch);
    assert_eq!(report.broken, 2);
    assert_eq!((paths.paths, paths.routes), (4, 4));
    assert_eq!((paths.aspas_before, paths.aspas_after), (3, 4));
    assert_eq!(paths.paths_turn_invalid, 2);
    // 192.0.2.0/24 still arrives by 21; 198.51.100.0/24 does not.
    assert_eq!((paths.announcements_hit, paths.announcements_cut), (2, 1));
    let (customer, next) = (30, 11);
    let fault = crate::aspa::PathFault::Hop { customer, next };
    assert!(paths.listed.iter().all(|it| it.why == fault), "{paths:?}");
    let whose: Vec<_> = paths.origins.iter().map(|it| (it.origin, it.cut)).collect();
    assert_eq!(whose, [(Some(30), 0), (Some(40), 1)]);
    assert!(csv.contains("20 10 11 30,1,unknown,invalid\n"), "{csv}");
    let (report, _) = run_aspas(aspas, "A: AS30 => AS11, AS21\n");
    assert_eq!((report.broken, report.answer), (0, Answer::WithinAllowance));
}

#[test]
fn routes_without_paths_and_no_proposal_are_refused() {
    let inputs = |routes: &str| {
        InputsInMemory::new()
            .with("routes", routes)
            .with("aspa_proposal", "R: AS1\n")
    };
    let ask = |inputs| WhatIf::run(WhatIfRequest { allowed: 0 }, &inputs, &NoProgress);
    let error = ask(inputs(ROUTES)).unwrap_err().to_string();
    assert!(error.contains("it carries no path"), "{error}");
    assert!(ask(inputs(WITH_PATHS)).is_ok());
    let none = InputsInMemory::new().with("routes", ROUTES);
    assert!(ask(none).is_err());
}
