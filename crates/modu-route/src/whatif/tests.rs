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
