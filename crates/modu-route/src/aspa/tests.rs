#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;
use rpki::resources::Asn;

use super::*;
use crate::payload::Aspa;

fn table(lines: &[(u32, &[u32])]) -> AspaTable {
    let aspa = |(customer, providers): &(u32, &[u32])| Aspa {
        customer: Asn::from_u32(*customer),
        providers: providers.iter().copied().map(Asn::from_u32).collect(),
    };
    lines.iter().map(aspa).collect()
}

fn verify(table: &AspaTable, path: &[u32]) -> [PathValidity; 2] {
    let path = AsPath::of(path.iter().copied());
    [Direction::Upstream, Direction::Downstream].map(|it| table.verify(path.as_path(), it))
}

use PathValidity::{Invalid, Unknown, Valid};

/// Two tier-1 networks 10 and 20; 11 buys from 10, 21 from 20, 30 from both 11
/// and 21; 40 buys from 30. All but 40 attest.
fn small_internet() -> AspaTable {
    table(&[
        (10, &[0]),
        (20, &[0]),
        (11, &[10]),
        (21, &[20]),
        (30, &[11, 21]),
    ])
}

#[test]
fn a_path_that_only_climbs_is_valid_both_ways() {
    let table = small_internet();
    assert_eq!(verify(&table, &[10, 11, 30]), [Valid, Valid]);
    assert_eq!(verify(&table, &[30]), [Valid, Valid]);
    // Nobody knows of 40's providers.
    assert_eq!(verify(&table, &[11, 30, 40]), [Unknown, Unknown]);
}

#[test]
fn a_path_over_the_top_is_for_customers_only() {
    let table = small_internet();
    // 30 climbs by 11 to 10, crosses to 20, descends to 21.
    assert_eq!(verify(&table, &[21, 20, 10, 11, 30]), [Invalid, Valid]);
    // 40 attests nothing: it may have climbed.
    assert_eq!(
        verify(&table, &[21, 20, 10, 11, 30, 40]),
        [Invalid, Unknown]
    );
}

#[test]
fn the_leaks_of_rfc_7908_are_invalid_downstream() {
    let table = small_internet();
    // Type 1: 30 carries between its providers 11 and 21.
    assert_eq!(verify(&table, &[20, 21, 30, 11]), [Invalid, Invalid]);
    // Type 4: 21 hands what it has from its provider to another that is not
    // its provider, where 11 is no customer of 21.
    assert_eq!(verify(&table, &[11, 21, 20, 10]), [Invalid, Invalid]);
    let path = AsPath::of([20, 21, 30, 11]);
    let why = table.why_invalid(path.as_path(), Direction::Downstream);
    let (customer, next) = (11, 30);
    assert_eq!(why, Some(PathFault::Hop { customer, next }));
    assert_eq!(
        table.why_invalid(AsPath::of([10, 11, 30]).as_path(), Direction::Downstream),
        None
    );
}

/// "ASPA-based AS Path Verification Examples" (Sriram, Borchert and Matejka,
/// August 2025), to which draft-ietf-sidrops-aspa-verification points: the
/// paths and outcomes of its three tables, as two implementations agree on
/// them. A to G are 1 to 7, H to S 11 to 18; E, F and J have no ASPA.
#[test]
fn the_examples_beside_the_draft_come_out_as_they_say() {
    let simple = table(&[(1, &[3, 4]), (2, &[5]), (3, &[6]), (4, &[6, 7]), (7, &[0])]);
    let upstream: [(&[u32], _); 9] = [
        (&[6, 3, 1], Valid),
        (&[4, 3, 1], Invalid),
        (&[4, 6, 3, 1], Unknown),
        (&[4, 5, 2], Unknown),
        (&[1, 4, 5, 2], Invalid),
        (&[1, 4, 7, 5, 2], Invalid),
        (&[1, 3, 6], Invalid),
        (&[1, 3, 6, 7], Invalid),
        (&[5, 2], Valid),
    ];
    for (path, expected) in upstream {
        assert_eq!(verify(&simple, path)[0], expected, "upstream {path:?}");
    }
    let downstream: [(&[u32], _); 10] = [
        (&[5, 7, 6, 3, 1], Unknown),
        (&[5, 7, 4, 1], Valid),
        (&[5, 4, 3, 1], Unknown),
        (&[5, 7, 4, 3, 1], Invalid),
        (&[3, 6, 4, 7], Unknown),
        (&[4, 7, 5, 2], Valid),
        (&[3, 4, 7, 5, 2], Invalid),
        (&[6, 3, 1], Valid),
        (&[5, 1], Valid),
        (&[5, 3, 1], Valid),
    ];
    for (path, expected) in downstream {
        assert_eq!(verify(&simple, path)[1], expected, "downstream {path:?}");
    }
    let (h, j, k, p, q, r) = (11, 12, 13, 15, 16, 17);
    let complex = table(&[
        (h, &[0]),
        (k, &[0]),
        (14, &[k]),
        (p, &[0]),
        (q, &[0]),
        (r, &[q]),
        (18, &[r]),
    ]);
    assert_eq!(verify(&complex, &[j, h])[0], Invalid);
    assert_eq!(verify(&complex, &[k, j, h])[1], Invalid);
    assert_eq!(verify(&complex, &[q, p]), [Invalid, Valid]);
    assert_eq!(verify(&complex, &[r, q, p])[1], Valid);
}

#[test]
fn a_forged_origin_is_told_by_the_owners_aspa() {
    let table = small_internet();
    // 66 pretends to be a provider of 30.
    assert_eq!(verify(&table, &[66, 30])[0], Invalid);
    // Downstream a step between equals is allowed; further on the forger is
    // found where the next network attests too.
    assert_eq!(verify(&table, &[66, 30])[1], Valid);
    assert_eq!(verify(&table, &[50, 66, 30])[1], Unknown);
    assert_eq!(verify(&table, &[10, 66, 30])[1], Invalid);
}

#[test]
fn repetitions_fold_and_sets_zeros_and_nothing_are_invalid() {
    let table = small_internet();
    assert_eq!(verify(&table, &[10, 10, 11, 30, 30, 30]), [Valid, Valid]);
    assert_eq!(verify(&table, &[]), [Invalid, Invalid]);
    assert_eq!(verify(&table, &[10, 0, 30]), [Invalid, Invalid]);
    let set = AsPath::parse("10 11 {30}").unwrap();
    let down = Direction::Downstream;
    assert_eq!(table.verify(set.as_path(), down), Invalid);
    let flaw = PathFlaw::Set;
    let why = table.why_invalid(set.as_path(), down);
    assert_eq!(why, Some(PathFault::Flaw { flaw }));
    assert_eq!(set.as_path().origin(), None);
}

#[test]
fn as_0_as_the_only_provider_attests_that_there_is_none() {
    let table = table(&[(1, &[0]), (2, &[0, 3])]);
    let hop = |customer, next| table.hop(Asn::from_u32(customer), Asn::from_u32(next));
    assert_eq!(hop(1, 0), Hop::NotProvider);
    assert_eq!(hop(1, 2), Hop::NotProvider);
    assert_eq!(hop(2, 3), Hop::Provider);
    assert_eq!(hop(3, 2), Hop::NoAttestation);
}

#[test]
fn the_validators_print_the_same_table() {
    let routinator = br#"{"metadata": {}, "roas": [], "routerKeys": [], "aspas": [
        {"customer": "AS64496", "providers": ["AS64498", "AS64497"], "source": []}]}"#;
    let rpki_client = br#"{"aspas": [
        {"customer_asid": 64496, "expires": 1, "providers": [64497]},
        {"customer_asid": 64496, "expires": 1, "providers": [64498]}]}"#;
    let expected = table(&[(64496, &[64497, 64498])]);
    assert_eq!(AspaTable::parse(routinator).unwrap(), expected);
    assert_eq!(AspaTable::parse(rpki_client).unwrap(), expected);
    for wrong in [
        &b"{}"[..],
        b"[]",
        br#"{"aspas": [{"customer": "x", "providers": []}]}"#,
        br#"{"aspas": [{"customer": 1}]}"#,
    ] {
        assert!(AspaTable::parse(wrong).is_err());
    }
}

#[test]
fn a_proposal_replaces_what_a_customer_has() {
    let before = small_internet();
    let text = "# the new provider\nA: AS30 => AS11, AS99\nR: AS21 # gone\n";
    let after = before.changed(&AspaProposal::parse(text.as_bytes()).unwrap());
    let hop = |customer, next| after.hop(Asn::from_u32(customer), Asn::from_u32(next));
    assert_eq!(hop(30, 21), Hop::NotProvider);
    assert_eq!(hop(30, 99), Hop::Provider);
    assert_eq!(hop(21, 20), Hop::NoAttestation);
    for wrong in [
        "A: AS1",
        "A: AS1 =>",
        "R: AS1 => AS2",
        "X: AS1",
        "A: AS1 => AS1",
        "A: AS1 => AS2\nR: AS1",
    ] {
        let error = AspaProposal::parse(wrong.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("line "), "{error}");
    }
}

#[test]
fn a_path_table_gives_back_what_was_put_in_once() {
    let mut interner = path::Interner::default();
    let paths = ["1 2 3", "2 3", "", "1 {2}", "1 2 3"];
    let numbers: Vec<u32> = paths
        .iter()
        .map(|path| interner.number_of(AsPath::parse(path).unwrap()))
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 0]);
    let table = interner.finish();
    assert_eq!(table.len(), 4);
    for (number, path) in numbers.iter().zip(paths) {
        let expected = AsPath::parse(path).unwrap();
        assert_eq!(table.get(*number), expected.as_path());
    }
    assert_eq!(table.get(4).flaw, Some(PathFlaw::Empty));
}

/// The draft's definition, read word by word: some network K from the origin
/// climbs to it, some L from the nearest network descends to it, and between
/// them is at most one step.
fn brute_force(table: &AspaTable, path: &[u32], direction: Direction) -> PathValidity {
    let mut networks: Vec<u32> = path.to_vec();
    networks.dedup();
    if networks.is_empty() || networks.contains(&0) {
        return Invalid;
    }
    networks.reverse();
    let last = networks.len() - 1;
    let possible = |good: &dyn Fn(Hop) -> bool| {
        let hop = |customer: usize, next: usize| {
            let [customer, next] = [customer, next].map(|at| Asn::from_u32(networks[at]));
            good(table.hop(customer, next))
        };
        let climbs = |to: usize| (0..to).all(|at| hop(at, at + 1));
        let descends = |from: usize| (from..last).all(|at| hop(at + 1, at));
        match direction {
            Direction::Upstream => climbs(last),
            Direction::Downstream => (0..=last).any(|top| {
                climbs(top) && [top, top + 1].iter().any(|it| *it <= last && descends(*it))
            }),
        }
    };
    if possible(&|hop| hop == Hop::Provider) {
        Valid
    } else if possible(&|hop| hop != Hop::NotProvider) {
        Unknown
    } else {
        Invalid
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn verification_is_the_drafts_definition(
        aspas in prop::collection::vec(
            (1_u32..7, prop::collection::vec(0_u32..7, 1..4)), 0..6),
        path in prop::collection::vec((0_u32..40).prop_map(|it| it.min(38) % 6 + u32::from(it < 39)), 0..8),
    ) {
        let lines: Vec<(u32, &[u32])> = aspas.iter().map(|(it, of)| (*it, of.as_slice())).collect();
        let table = table(&lines);
        let shown = AsPath::of(path.iter().copied());
        for direction in [Direction::Upstream, Direction::Downstream] {
            let validity = table.verify(shown.as_path(), direction);
            prop_assert_eq!(validity, brute_force(&table, &path, direction));
            let why = table.why_invalid(shown.as_path(), direction);
            prop_assert_eq!(why.is_some(), validity == Invalid);
        }
    }
}
