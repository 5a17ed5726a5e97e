//! Routes and their authorisations: read, written, and judged as RFC 6811 says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use modu_route::{Change, OriginIndex, Proposal, RouteTable, Validity, VrpTable};

use crate::Target;

/// Tables of VRPs, proposals, and tables of routes.
pub const TARGET: Target = Target {
    name: "route_text",
    law,
    seeds,
    mutate: None,
};

/// - Refusals tell a reason.
/// - A table of VRPs is the same when it is written as CSV, as JSON or as a
///   proposal that adds it; a proposal is the same when its lines are written
///   again.
/// - Announcements are in order and each there once; origin validation of them
///   is RFC 6811's, by the definition.
pub fn law(bytes: &[u8]) {
    let vrps = told(VrpTable::parse(bytes));
    if let Some(table) = &vrps {
        assert_eq!(
            VrpTable::parse(csv(table).as_bytes()).as_ref().ok(),
            Some(table)
        );
        assert_eq!(
            VrpTable::parse(json(table).as_bytes()).as_ref().ok(),
            Some(table)
        );
        let added: BTreeSet<_> = table.as_slice().iter().copied().collect();
        let proposal = Proposal {
            added,
            removed: BTreeSet::new(),
        };
        rewritten(&proposal);
    }
    if let Some(proposal) = told(Proposal::parse(bytes)) {
        rewritten(&proposal);
    }
    if let Some(routes) = told(RouteTable::read(bytes)) {
        announced(&routes, vrps.as_ref());
    }
}

fn told<T>(result: Result<T, modu_route::RouteError>) -> Option<T> {
    result
        .map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

fn csv(table: &VrpTable) -> String {
    let mut text = "ASN,IP Prefix,Max Length\n".to_owned();
    for vrp in table.as_slice() {
        let _ = writeln!(text, "{},{},{}", vrp.origin, vrp.prefix, vrp.max_length);
    }
    text
}

fn json(table: &VrpTable) -> String {
    let roas = table.as_slice().iter().map(|vrp| {
        let (origin, prefix) = (vrp.origin.into_u32(), vrp.prefix);
        format!(
            r#"{{"asn":{origin},"prefix":"{prefix}","maxLength":{}}}"#,
            vrp.max_length
        )
    });
    format!(r#"{{"roas":[{}]}}"#, roas.collect::<Vec<_>>().join(","))
}

/// Writes a proposal's lines and reads them again.
fn rewritten(proposal: &Proposal) {
    let added = proposal.added.iter().map(|vrp| Change::Add(*vrp));
    let removed = proposal.removed.iter().map(|vrp| Change::Remove(*vrp));
    let lines: Vec<String> = added
        .chain(removed)
        .map(|change| change.to_string())
        .collect();
    let again = Proposal::parse(lines.join("\n").as_bytes());
    assert_eq!(again.as_ref().ok(), Some(proposal));
}

fn announced(routes: &RouteTable, vrps: Option<&VrpTable>) {
    let list = routes.as_slice();
    let keys: BTreeSet<_> = list.iter().map(|it| (it.prefix, it.origin)).collect();
    assert_eq!(keys.len(), list.len(), "each once");
    assert!(list.iter().all(|it| (1..=128).contains(&it.peers)));
    for it in list.iter().take(100) {
        let within = routes.within(it.prefix);
        let inside = list.iter().filter(|other| it.prefix.covers(other.prefix));
        assert!(within.iter().eq(inside), "within {}", it.prefix);
    }
    // A file is seldom both, so the routes also judge each other.
    let own: VrpTable = list
        .iter()
        .filter_map(|it| {
            Some(modu_route::Vrp {
                prefix: it.prefix,
                max_length: it.prefix.len(),
                origin: it.origin?,
            })
        })
        .collect();
    for table in vrps
        .into_iter()
        .chain([&own])
        .filter(|table| table.len() <= 200)
    {
        let index = OriginIndex::new(table);
        for it in list.iter().take(200) {
            let covering = table
                .as_slice()
                .iter()
                .filter(|vrp| vrp.prefix.covers(it.prefix));
            let covering: Vec<_> = covering.collect();
            let matched = covering.iter().any(|vrp| {
                let named = Some(vrp.origin) == it.origin && vrp.origin.into_u32() != 0;
                named && it.prefix.len() <= vrp.max_length
            });
            let expected = match (covering.is_empty(), matched) {
                (true, _) => Validity::NotFound,
                (false, true) => Validity::Valid,
                (false, false) => Validity::Invalid,
            };
            assert_eq!(
                index.validity(it.prefix, it.origin),
                expected,
                "{}",
                it.prefix
            );
        }
    }
}

/// VRPs as CSV and JSON, a proposal, routes as CSV, and two MRT records: an
/// update (RFC 6396, section 4.4) and a table dump (4.3).
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "ASN,IP Prefix,Max Length,Trust Anchor\nAS64496,192.0.2.0/24,26,a\n64497,2001:db8::/32,,b\n",
        "{\"metadata\":{},\"roas\":[{\"asn\":\"AS64497\",\"prefix\":\"2001:db8::/32\",\"ta\":\"a\"},{\"asn\":64496,\"prefix\":\"192.0.2.0/24\",\"maxLength\":26}]}",
        "# one\nA: 192.0.2.0/24-26 => 64496\nR: 2001:db8::/32 => 64497 # two\n",
        "prefix,origin\n192.0.2.128/25,AS2\n2001:db8::/32,3\n192.0.2.0/24,1\n192.0.2.0/25,0\n",
    ];
    let texts = texts.map(|text| text.as_bytes().to_vec());
    texts.into_iter().chain([update(), table_dump()]).collect()
}

/// An MRT record: time, type, subtype, length, message.
fn record(kind: u16, subtype: u16, message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u32).to_be_bytes();
    let head = [
        &[0; 4][..],
        &kind.to_be_bytes(),
        &subtype.to_be_bytes(),
        &length,
    ]
    .concat();
    [head.as_slice(), message].concat()
}

/// ORIGIN IGP, AS_PATH of one four-byte AS number, NEXT_HOP.
const ATTRIBUTES: [u8; 20] = [
    0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf0, 0x40, 3, 4, 192, 0, 2, 1,
];

/// BGP4MP_MESSAGE_AS4 with an update that announces 192.0.2.0/24.
fn update() -> Vec<u8> {
    let body = [&[0, 0, 0, 20][..], &ATTRIBUTES, &[24, 192, 0, 2]].concat();
    let length = (19 + body.len() as u16).to_be_bytes();
    let message = [&[0xff; 16][..], &length, &[2], &body].concat();
    let peers = [
        0, 0, 0xfb, 0xf0, 0, 0, 0xfb, 0xf1, 0, 0, 0, 1, 192, 0, 2, 2, 192, 0, 2, 3,
    ];
    record(16, 4, &[&peers[..], &message].concat())
}

/// A peer index table, and a RIB entry of 198.51.100.0/24.
fn table_dump() -> Vec<u8> {
    let index = [
        &[192, 0, 2, 9, 0, 0, 0, 1][..],
        &[2],
        &[0; 4],
        &[192, 0, 2, 2],
        &[0, 0, 0xfb, 0xf0],
    ]
    .concat();
    let entry = [
        &[0; 4][..],
        &[24, 198, 51, 100],
        &[0, 1],
        &[0, 0],
        &[0; 4],
        &[0, 20],
        &ATTRIBUTES,
    ]
    .concat();
    [record(13, 1, &index), record(13, 2, &entry)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_read_by_one_of_the_readers() {
        for seed in seeds() {
            let read = [
                VrpTable::parse(&seed).is_ok(),
                Proposal::parse(&seed).is_ok(),
                RouteTable::read(seed.as_slice()).is_ok(),
            ];
            assert!(read.contains(&true), "{}", String::from_utf8_lossy(&seed));
        }
    }
}
