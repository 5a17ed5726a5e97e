//! What the route engine keeps from run to run, and what it reads of other
//! validators: one encoding each.

use std::collections::BTreeMap;

use bytes::Bytes;
use modu_route::aspa::AspaProposal;
use modu_route::repository::{PointPack, RepositoryIndex};
use modu_route::validate::{Locator, ValidatedTree};
use modu_route::{AspaTable, RouteError, RouterTable, VrpTable};

use crate::Target;

/// Packs, indexes, validated trees, routers' tables, locators, ASPAs. The first
/// byte says which.
pub const TARGET: Target = Target {
    name: "route_state",
    law,
    seeds,
    mutate: None,
};

/// - Refusals tell a reason.
/// - A pack and a validated tree that are read are written again as the same
///   bytes; a routers' table and an index as the same thing.
/// - ASPAs are one a customer, in order, and a proposal of them publishes all.
pub fn law(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    match which {
        0 => {
            if let Some(pack) = told(PointPack::parse(&Bytes::copy_from_slice(rest))) {
                assert_eq!(pack.to_bytes(), rest);
                assert!(
                    pack.iter()
                        .all(|(name, content)| pack.get(name) == Some(content))
                );
            }
        }
        1 => {
            if let Some(tree) = told(ValidatedTree::parse(rest)) {
                assert_eq!(tree.to_bytes(), rest);
            }
        }
        2 => {
            if let Some(table) = told(RouterTable::parse(rest)) {
                let again = told(RouterTable::parse(&table.to_bytes()));
                assert_eq!(again, Some(table));
            }
        }
        3 => {
            if let Some(index) = told(RepositoryIndex::parse(rest)) {
                let written = index.to_bytes().expect("an index that was read");
                assert_eq!(told(RepositoryIndex::parse(&written)), Some(index));
            }
        }
        4 => {
            if let Some(locator) = told(Locator::parse("anchor", rest)) {
                assert!(!locator.uris().is_empty());
            }
        }
        _ => aspas(rest),
    }
}

fn aspas(bytes: &[u8]) {
    let proposal = told(AspaProposal::parse(bytes));
    let Some(table) = told(AspaTable::parse(bytes)) else {
        return;
    };
    let list = table.as_slice();
    assert!(list.windows(2).all(|two| two[0].customer < two[1].customer));
    assert!(
        list.iter()
            .all(|aspa| table.of(aspa.customer) == Some(aspa))
    );
    let Some(proposal) = proposal else {
        // A table may be a list of its members, too; a proposal is read as lines then.
        return assert!(bytes.trim_ascii_start().starts_with(b"["));
    };
    assert!(proposal.removed.is_empty());
    assert_eq!(AspaTable::default().changed(&proposal), table);
}

fn told<T>(result: Result<T, RouteError>) -> Option<T> {
    result
        .map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

/// Small ones of each kind, by our own writers where there are any.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let objects = ["a.cer", "b.mft"].map(|name| (name.to_owned(), Bytes::from_static(b"\x30\x00")));
    let pack = PointPack::new(BTreeMap::from(objects)).expect("a small pack");
    let vrps = VrpTable::parse(b"ASN,IP Prefix,Max Length\n1,192.0.2.0/24,26\n2,2001:db8::/32,\n");
    let table = RouterTable::of_vrps("a", &vrps.expect("a small table"));
    let index = RepositoryIndex::default()
        .to_bytes()
        .expect("an empty index");
    let aspas = r#"{"aspas":[{"customer":"AS64496","providers":["AS64497",64498]},{"customer_asid":1,"providers":[2]}]}"#;
    let locator = "# a\nrsync://rpki.example/ta/ta.cer\nhttps://rpki.example/ta.cer\n\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n";
    [
        (0, pack.to_bytes()),
        (1, ValidatedTree::default().to_bytes()),
        (2, table.to_bytes()),
        (3, index),
        (4, locator.into()),
        (5, aspas.into()),
        (5, "A: AS64496 => AS64497, AS64498\nR: AS1 # gone\n".into()),
    ]
    .map(|(which, content)| [&[which], content.as_slice()].concat())
    .to_vec()
}
