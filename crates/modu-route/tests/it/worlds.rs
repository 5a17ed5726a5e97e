//! What-if against brute force on random small worlds.

use std::fmt::Write as _;

use modu_kernel::{InputsInMemory, NoProgress, TypedEngine as _};
use modu_route::whatif::{WhatIf, WhatIfReport, WhatIfRequest};
use proptest::prelude::*;

/// `10.<octet>.0.0` cut to a length, a maxLength and an origin.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Roa {
    bits: u32,
    length: u32,
    max_length: u32,
    origin: u32,
}

impl Roa {
    fn covers(self, other: Self) -> bool {
        self.length <= other.length && (self.bits ^ other.bits) >> (32 - self.length) == 0
    }

    fn prefix(self) -> String {
        format!("{}/{}", std::net::Ipv4Addr::from(self.bits), self.length)
    }
}

prop_compose! {
    fn any_roa()(octet in 0_u32..64, length in 8_u32..=14, more in 0_u32..4, origin in 0_u32..4) -> Roa {
        let bits = (10 << 24 | octet << 18) & (u32::MAX << (32 - length));
        Roa { bits, length, max_length: length + more, origin }
    }
}

/// 0 valid, 1 invalid, 2 not found: RFC 6811, word by word.
fn validity(roas: &[Roa], route: Roa) -> usize {
    let covering: Vec<_> = roas.iter().filter(|roa| roa.covers(route)).collect();
    let matches = |roa: &&&Roa| {
        roa.origin == route.origin && roa.origin != 0 && route.length <= roa.max_length
    };
    match (covering.iter().find(matches), covering.is_empty()) {
        (Some(_), _) => 0,
        (None, false) => 1,
        (None, true) => 2,
    }
}

fn ask(before: &[Roa], added: &[Roa], removed: &[Roa], routes: &[Roa]) -> WhatIfReport {
    let mut vrps = String::from("ASN,IP Prefix,Max Length\n");
    for roa in before {
        writeln!(vrps, "AS{},{},{}", roa.origin, roa.prefix(), roa.max_length).unwrap();
    }
    let mut delta = String::new();
    for (sign, roas) in [("A", added), ("R", removed)] {
        for roa in roas {
            let (prefix, max_length) = (roa.prefix(), roa.max_length);
            writeln!(delta, "{sign}: {prefix}-{max_length} => {}", roa.origin).unwrap();
        }
    }
    let mut announced = String::from("prefix,origin\n");
    for route in routes {
        writeln!(announced, "{},{}", route.prefix(), route.origin).unwrap();
    }
    let inputs = InputsInMemory::new()
        .with("vrps", vrps)
        .with("proposal", delta)
        .with("routes", announced);
    WhatIf::run(WhatIfRequest { allowed: 0 }, &inputs, &NoProgress)
        .unwrap()
        .0
}

fn distinct(roas: Vec<Roa>, same: impl Fn(Roa, Roa) -> bool) -> Vec<Roa> {
    let mut kept: Vec<Roa> = Vec::new();
    for roa in roas {
        if !kept.iter().any(|other| same(*other, roa)) {
            kept.push(roa);
        }
    }
    kept
}

proptest! {
    #[test]
    fn what_if_counts_as_brute_force_does(
        roas in prop::collection::vec(any_roa(), 0..40),
        added in 0_usize..20,
        removed in 0_usize..10,
        routes in prop::collection::vec(any_roa(), 0..40),
    ) {
        let roas = distinct(roas, |a, b| a == b);
        let routes = distinct(routes, |a, b| {
            (a.bits, a.length, a.origin) == (b.bits, b.length, b.origin)
        });
        let (added, before) = roas.split_at(added.min(roas.len()));
        let removed = &before[..removed.min(before.len())];
        let after: Vec<Roa> = [&before[removed.len()..], added].concat();
        let report = ask(before, added, removed, &routes);
        let mut counts = [[0_u64; 3]; 3];
        for route in &routes {
            counts[validity(before, *route)][validity(&after, *route)] += 1;
        }
        let row = |from: usize| counts[from].iter().sum::<u64>();
        let column = |to: usize| counts.iter().map(|row| row[to]).sum::<u64>();
        prop_assert_eq!(report.announcements, routes.len() as u64);
        prop_assert_eq!(
            [report.before.valid, report.before.invalid, report.before.not_found],
            [row(0), row(1), row(2)]
        );
        prop_assert_eq!(
            [report.after.valid, report.after.invalid, report.after.not_found],
            [column(0), column(1), column(2)]
        );
        // Turning invalid, and losing the last valid ROA.
        prop_assert_eq!(report.broken, counts[0][1] + counts[2][1] + counts[0][2]);
        let impacts: u64 = report.origins.iter().map(|it| it.turn_invalid + it.lose_last_valid).sum();
        prop_assert_eq!(impacts, report.broken);
    }
}

/// A table of providers as JSON, AS 0 where there is none.
fn aspas(lines: &[(u32, Vec<u32>)]) -> String {
    let aspas: Vec<_> = (lines.iter())
        .map(|(customer, providers)| serde_json::json!({ "customer": customer, "providers": providers }))
        .collect();
    serde_json::json!({ "aspas": aspas }).to_string()
}

/// Whether the climb from the origin is contradicted at some step, and the
/// descent at a later one: between the two the route crossed twice.
fn contradicted(lines: &[(u32, Vec<u32>)], path: &[u32]) -> bool {
    let not_provider = |customer: u32, next: u32| {
        let named: Vec<_> = lines.iter().filter(|it| it.0 == customer).collect();
        !named.is_empty() && !named.iter().any(|it| it.1.contains(&next))
    };
    let mut networks: Vec<u32> = path.to_vec();
    networks.dedup();
    networks.reverse();
    let steps = networks.len() - 1;
    (0..steps).any(|up| {
        not_provider(networks[up], networks[up + 1])
            && (up + 1..steps).any(|down| not_provider(networks[down + 1], networks[down]))
    })
}

proptest! {
    #[test]
    fn what_if_of_aspas_counts_as_brute_force_does(
        before in prop::collection::vec((1_u32..7, prop::collection::vec(1_u32..7, 1..4)), 0..6),
        changed in prop::collection::vec((1_u32..7, prop::collection::vec(1_u32..7, 1..4)), 1..4),
        routes in prop::collection::vec(prop::collection::vec(1_u32..7, 1..6), 1..20),
    ) {
        let customers: Vec<u32> = changed.iter().map(|it| it.0).collect();
        let mut after = before.clone();
        after.retain(|it| !customers.contains(&it.0));
        after.extend(changed.clone());
        let mut announced = String::from("prefix,origin,path\n");
        for (octet, path) in routes.iter().enumerate() {
            let words: Vec<_> = path.iter().map(ToString::to_string).collect();
            let origin = path.last().unwrap();
            writeln!(announced, "10.{octet}.0.0/16,{origin},{}", words.join(" ")).unwrap();
        }
        let inputs = InputsInMemory::new()
            .with("aspas", aspas(&before))
            .with("aspa_proposal", aspas(&changed))
            .with("routes", announced);
        let report = WhatIf::run(WhatIfRequest { allowed: 0 }, &inputs, &NoProgress).unwrap().0;
        let paths = report.paths.unwrap();
        let invalid = |lines: &[(u32, Vec<u32>)]| {
            routes.iter().filter(|path| contradicted(lines, path)).count() as u64
        };
        let turned = routes.iter().filter(|path| {
            !contradicted(&before, path) && contradicted(&after, path)
        });
        prop_assert_eq!(paths.routes, routes.len() as u64);
        prop_assert_eq!([paths.before.invalid, paths.after.invalid], [invalid(&before), invalid(&after)]);
        prop_assert_eq!(report.broken, turned.clone().count() as u64);
        prop_assert_eq!(paths.announcements_cut, turned.count() as u64);
    }
}
