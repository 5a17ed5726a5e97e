//! What the route engine keeps from run to run, and what it reads of other
//! validators: one encoding each.

use std::collections::BTreeMap;

use bytes::Bytes;
use modu_kernel::canonical;
use modu_route::aspa::AspaProposal;
use modu_route::repository::{PointPack, RepositoryIndex};
use modu_route::validate::{Locator, ValidatedTree};
use modu_route::watch::config::Config;
use modu_route::watch::mrt::{AsnWidth, message, session};
use modu_route::watch::{Moment, Peer, Update, WatchState, Watcher, read_updates};
use modu_route::{AspaTable, OriginIndex, RouteError, RouterTable, VrpTable};

use crate::Target;

/// Packs, indexes, validated trees, routers' tables, locators, ASPAs, and what
/// a watch keeps and hears. The first byte says which.
pub const TARGET: Target = Target {
    name: "route_state",
    law,
    seeds,
    mutate: None,
};

/// - Refusals tell a reason.
/// - A pack and a validated tree that are read are written again as the same
///   bytes; a routers' table and an index as the same thing.
/// - A watch of a file is a watch of its halves, one after the other.
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
        6 => watched(rest),
        _ => aspas(rest),
    }
}

/// A watch's state, an operator's configuration, or what was heard. Two runs
/// that hand over their state are one run, wherever the file is cut.
fn watched(bytes: &[u8]) {
    if let Some(state) = told(WatchState::parse(bytes)) {
        let written = canonical::to_vec(&state).expect("a state that was read");
        assert_eq!(told(WatchState::parse(&written)), Some(state));
    }
    let _ = told(Config::parse(bytes));
    let mut updates = Vec::new();
    let read = read_updates(bytes, &mut |update| updates.push(update.clone()));
    if told(read).is_none() {
        return;
    }
    let own = b"[[prefix]]\nprefix = \"192.0.2.0/24\"\norigins = [64496]\n";
    let config = Config::parse(own).expect("a small configuration");
    let run = |state, updates: &[Update]| {
        let origins = OriginIndex::new(&VrpTable::default());
        let mut watcher = Watcher::new(&config, origins, AspaTable::default(), state);
        updates.iter().for_each(|update| watcher.take(update));
        watcher.finish(None);
        watcher.state()
    };
    let (first, rest) = updates.split_at(updates.len() / 2);
    let halves = run(run(WatchState::default(), first), rest);
    assert_eq!(run(WatchState::default(), &updates), halves);
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
        (6, heard()),
        (6, r#"{"alerts":[],"carried":{},"routes":[],"schema":"modu.route.watch-state/1","time":"1970-01-01T00:00:00Z"}"#.into()),
        (6, "[[prefix]]\nprefix = \"192.0.2.0/24\"\norigins = [64496]\nlongest = 25\n".into()),
    ]
    .map(|(which, content)| [&[which], content.as_slice()].concat())
    .to_vec()
}

/// MRT records: a session begins, its peer announces 192.0.2.0/24 and ends its
/// table, and the session is lost.
fn heard() -> Vec<u8> {
    let peer = Peer {
        address: [192, 0, 2, 1].into(),
        asn: 64_500,
    };
    let attributes = [
        0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1,
    ];
    let announced = [&[0, 0, 0, 20][..], &attributes, &[24, 192, 0, 2]].concat();
    let bgp = |body: &[u8]| {
        let length = (19 + body.len() as u16).to_be_bytes();
        [&[0xff; 16][..], &length, &[2], body].concat()
    };
    let at = Moment(1_700_000_000_000_000);
    [
        session(at, peer, true),
        message(at, peer, AsnWidth::Four, &bgp(&announced)),
        message(at, peer, AsnWidth::Four, &bgp(&[0; 4])),
        session(at, peer, false),
    ]
    .concat()
}
