#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use modu_kernel::{InputsInMemory, NoProgress};
use proptest::prelude::*;

use super::*;
use crate::text;
use crate::vrp::prefix_of;

fn run(origins: &[u32], vrps: Option<&str>, routes: &str) -> (PlanReport, String) {
    let mut inputs = InputsInMemory::new().with("routes", format!("prefix,origin\n{routes}"));
    if let Some(vrps) = vrps {
        inputs = inputs.with("vrps", format!("ASN,IP Prefix,Max Length\n{vrps}"));
    }
    let request = PlanRequest {
        origins: origins.to_vec(),
    };
    let (report, _, outputs) = Plan::run(request, &inputs, &NoProgress).unwrap();
    let delta = String::from_utf8(outputs[0].bytes.clone()).unwrap();
    (report, delta)
}

#[test]
fn a_max_length_is_used_only_where_everything_below_is_announced() {
    let whole = "192.0.2.0/24,1\n192.0.2.0/25,1\n192.0.2.128/25,1\n";
    let (report, delta) = run(&[1], None, whole);
    assert_eq!(report.steps.len(), 1);
    assert_eq!(report.steps[0].roa, "192.0.2.0/24-25 => 1");
    assert_eq!((report.valid_now, report.valid_then), (0, 3));
    assert!(delta.contains("\nA: 192.0.2.0/24-25 => 1\n"), "{delta}");
    let half = "192.0.2.0/24,1\n192.0.2.0/25,1\n";
    let (report, _) = run(&[1], None, half);
    let roas: Vec<_> = report.steps.iter().map(|step| step.roa.as_str()).collect();
    assert_eq!(roas, ["192.0.2.0/25 => 1", "192.0.2.0/24 => 1"]);
}

#[test]
fn a_roa_that_would_cut_off_a_customer_waits_for_the_customers_own() {
    let routes = "203.0.113.0/24,64500\n203.0.113.128/25,64501\n198.51.100.0/24,64500\n";
    let (report, delta) = run(&[64500], None, routes);
    assert_eq!(report.steps.len(), 1);
    assert_eq!(report.steps[0].roa, "198.51.100.0/24 => 64500");
    assert_eq!(report.waiting[0].roa, "203.0.113.0/24 => 64500");
    let first = &report.waiting[0].publish_first;
    assert_eq!(first, &["203.0.113.128/25 => 64501"]);
    assert!(delta.contains("# waits for 1 "), "{delta}");
    // Once the customer has published, it is safe.
    let vrps = "64501,203.0.113.128/25,25\n";
    let (report, _) = run(&[64500], Some(vrps), routes);
    assert!(report.waiting.is_empty());
    assert_eq!(report.valid_then, 2);
    // Where both are one's own, one plan serves both.
    let (report, _) = run(&[64500, 64501], None, routes);
    assert!(report.waiting.is_empty());
    assert_eq!(report.steps[0].roa, "203.0.113.128/25 => 64501");
}

#[test]
fn what_is_present_is_not_proposed_and_what_is_loose_is_named() {
    let vrps = "1,192.0.2.0/24,24\n1,198.51.100.0/24,32\n2,10.0.0.0/8,32\n";
    let (report, _) = run(&[1], Some(vrps), "192.0.2.0/24,1\n198.51.100.0/24,1\n");
    assert_eq!(report.present, ["192.0.2.0/24 => 1"]);
    assert_eq!(report.loose, ["198.51.100.0/24-32 => 1"]);
    assert_eq!(report.steps[0].roa, "198.51.100.0/24 => 1");
}

#[test]
fn no_network_or_as_0_is_refused() {
    for origins in [vec![], vec![0]] {
        let inputs = InputsInMemory::new().with("routes", "prefix,origin\n192.0.2.0/24,1\n");
        let refused = Plan::run(PlanRequest { origins }, &inputs, &NoProgress);
        assert!(matches!(refused, Err(EngineError::Request(_))));
    }
}

/// The prefixes of a small tree: 4 bits below 192.0.2.0/28.
fn tree(chosen: &[bool]) -> Vec<Prefix> {
    let root = text::prefix("192.0.2.0/28").unwrap();
    let all = (0..=4_u8).flat_map(|deep| {
        (0..1_u128 << deep).map(move |index| {
            let bits = crate::vrp::bits_of(root) + (index << (100 - u32::from(deep)));
            prefix_of(true, bits, 28 + deep).unwrap()
        })
    });
    let chosen = all.zip(chosen).filter(|(_, chosen)| **chosen);
    chosen.map(|(prefix, _)| prefix).collect()
}

/// Everything that pairs authorise in that tree.
fn authorised(pairs: &[(Prefix, u8)]) -> HashSet<Prefix> {
    let everything = tree(&[true; 31]);
    everything
        .into_iter()
        .filter(|it| {
            pairs
                .iter()
                .any(|(prefix, max_length)| prefix.covers(*it) && it.len() <= *max_length)
        })
        .collect()
}

/// The fewest pairs by trying all subsets of the pairs that authorise nothing
/// else.
fn fewest(announced: &HashSet<Prefix>) -> usize {
    let candidates: Vec<(Prefix, u8)> = announced
        .iter()
        .flat_map(|prefix| (prefix.len()..=32).map(|max_length| (*prefix, max_length)))
        .filter(|pair| authorised(&[*pair]).is_subset(announced))
        .collect();
    (0..=announced.len())
        .find(|count| covers_with(&candidates, announced, *count))
        .unwrap()
}

fn covers_with(candidates: &[(Prefix, u8)], left: &HashSet<Prefix>, count: usize) -> bool {
    let Some(next) = left.iter().min_by_key(|prefix| order_of(**prefix)) else {
        return true;
    };
    count > 0
        && candidates.iter().any(|pair| {
            let reached = authorised(&[*pair]);
            let left = left.difference(&reached).copied().collect();
            reached.contains(next) && covers_with(candidates, &left, count - 1)
        })
}

#[test]
fn a_wider_pair_that_is_there_already_may_be_joined_by_a_deeper_one_below_it() {
    let prefix = |text: &str| -> Prefix { text.parse().unwrap() };
    let announced = [
        "10.0.0.0/8",
        "10.0.0.0/9",
        "10.128.0.0/9",
        "10.0.0.0/10",
        "10.64.0.0/10",
    ];
    let pairs = smallest(&announced.map(prefix));
    let expected = [(prefix("10.0.0.0/8"), 9), (prefix("10.0.0.0/9"), 10)];
    assert_eq!(pairs, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn the_plan_authorises_exactly_what_is_announced_with_the_fewest_roas(
        chosen in prop::collection::vec(prop::bool::weighted(0.6), 31),
    ) {
        let announced = tree(&chosen);
        let pairs = smallest(&announced);
        let announced: HashSet<_> = announced.into_iter().collect();
        prop_assert_eq!(authorised(&pairs), announced.clone());
        if announced.len() <= 12 {
            prop_assert_eq!(pairs.len(), fewest(&announced));
        }
    }
}
