//! Watching files of updates, generated and real.

use std::fs::File;
use std::path::PathBuf;

use modu_kernel::{InputsInMemory, NoProgress, TypedEngine as _};
use modu_route::RouteTable;
use modu_route::watch::mrt::{AsnWidth, Coding, PathIds, message, session};
use modu_route::watch::{
    Family, Moment, News, PathId, Peer, Update, Watch, WatchReport, WatchRequest, read_table,
    read_updates,
};

/// A BGP UPDATE (RFC 4271, section 4.3) that announces 203.0.113.0/24 by a
/// path, or withdraws it.
fn bgp_update(path: Option<&[u32]>) -> Vec<u8> {
    let prefix = [24, 203, 0, 113];
    let mut body = Vec::new();
    match path {
        None => {
            body.extend([0, 4]);
            body.extend(prefix);
            body.extend([0, 0]);
        }
        Some(path) => {
            let mut attributes = vec![0x40, 1, 1, 0];
            attributes.extend([0x40, 2, 2 + 4 * path.len() as u8, 2, path.len() as u8]);
            attributes.extend(path.iter().flat_map(|it| it.to_be_bytes()));
            attributes.extend([0x40, 3, 4, 192, 0, 2, 1]);
            body.extend([0, 0]);
            body.extend((attributes.len() as u16).to_be_bytes());
            body.extend(attributes);
            body.extend(prefix);
        }
    }
    framed(&body)
}

/// A BGP UPDATE with a body.
fn framed(body: &[u8]) -> Vec<u8> {
    let mut update = vec![0xff; 16];
    update.extend((19 + body.len() as u16).to_be_bytes());
    update.push(2);
    update.extend(body);
    update
}

const OWN: &str = "[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = [64500]\n";

fn peer(number: u8) -> Peer {
    Peer {
        address: [192, 0, 2, number].into(),
        asn: 65_536 + u32::from(number),
    }
}

fn watch(updates: Vec<u8>) -> WatchReport {
    let inputs = InputsInMemory::new()
        .with("config", OWN)
        .with("updates/1", updates);
    Watch::run(WatchRequest::default(), &inputs, &NoProgress)
        .unwrap()
        .0
}

#[test]
fn a_hijack_in_a_file_of_updates_is_told_with_its_latency() {
    let at = |second: i64| Moment(1_700_000_000_000_000 + second * 1_000_000);
    let four = AsnWidth::Four;
    let mut file = session(at(0), peer(1), true);
    file.extend(message(
        at(1),
        peer(1),
        four,
        &bgp_update(Some(&[65_537, 64_500])),
    ));
    file.extend(message(
        at(2),
        peer(1),
        four,
        &bgp_update(Some(&[65_537, 666])),
    ));
    let report = watch(file.clone());
    assert_eq!(
        (report.open, report.counts.announced, report.peers),
        (1, 2, 1)
    );
    assert_eq!(report.alerts[0].cause.id(), "origin_new/AS666");
    assert_eq!(report.alerts[0].raised, Some(at(2)));
    assert_eq!(report.alerts[0].path, "65537 666");
    file.extend(message(at(3), peer(1), four, &bgp_update(None)));
    let report = watch(file.clone());
    assert_eq!((report.open, report.counts.withdrawn), (0, 1));
    file.extend(message(
        at(4),
        peer(1),
        four,
        &bgp_update(Some(&[65_537, 666])),
    ));
    file.extend(session(at(5), peer(1), false));
    let report = watch(file);
    assert_eq!((report.open, report.counts.sessions_lost), (0, 1));
    assert_eq!(report.alerts[0].times_opened, 2);
}

#[test]
fn the_begin_of_a_session_and_the_end_of_its_table_are_heard() {
    // RFC 4724, section 2: an empty update; no withdrawn IPv6 unicast prefix;
    // and of multicast, which is not watched.
    let multicast = framed(&[0, 0, 0, 6, 0x80, 15, 3, 0, 2, 2]);
    let ends = [
        framed(&[0, 0, 0, 0]),
        framed(&[0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1]),
        multicast,
    ];
    let at = Moment(1_700_000_000_000_000);
    let mut file = session(at, peer(1), true);
    for end in ends {
        file.extend(message(at, peer(1), AsnWidth::Four, &end));
    }
    let mut heard = Vec::new();
    read_updates(file.as_slice(), &mut |update| {
        heard.push(update.news.clone())
    })
    .unwrap();
    let told = [Family::V4, Family::V6].map(News::TableTold);
    let expected: Vec<_> = [News::SessionBegan].into_iter().chain(told).collect();
    assert_eq!(heard, expected);
}

#[test]
fn a_file_cut_anywhere_is_read_as_far_as_it_goes() {
    let at = Moment(1_700_000_000_000_000);
    let file = message(at, peer(1), AsnWidth::Four, &bgp_update(Some(&[1, 2])));
    for length in 0..=file.len() {
        let mut heard = 0;
        read_updates(&file[..length], &mut |_| heard += 1).unwrap();
        assert_eq!(heard, usize::from(length == file.len()), "{length}");
    }
}

/// An MRT record of a table dump (RFC 6396, section 4.3).
fn dumped(subtype: u16, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    let head = [
        &[0x65, 0x53, 0xf1, 0, 0, 13][..],
        &subtype.to_be_bytes(),
        &length,
    ];
    [head.concat().as_slice(), body].concat()
}

/// A peer index table of one peer, and what it tells of 203.0.113.0/24: two
/// routes with numbers (RFC 8050, section 4.1).
fn dump_with_several_paths() -> Vec<u8> {
    let peer = [2, 0, 0, 0, 0, 192, 0, 2, 1, 0, 1, 0, 1];
    let index = [&[192, 0, 2, 9, 0, 0, 0, 1][..], &peer].concat();
    let entry = |number: u8, path: [u8; 4]| {
        let attributes = [
            &[0x40, 1, 1, 0, 0x40, 2, 6, 2, 1][..],
            &path,
            &[0x40, 3, 4, 192, 0, 2, 1],
        ];
        let entry = [&[0; 6][..], &[0, 0, 0, number, 0, 20], &attributes.concat()];
        entry.concat()
    };
    let head = [0, 0, 0, 0, 24, 203, 0, 113, 0, 2];
    let rib = [
        &head[..],
        &entry(1, [0, 0, 0xfb, 0xf4]),
        &entry(2, [0, 0, 2, 0x9a]),
    ]
    .concat();
    [dumped(1, &index), dumped(8, &rib)].concat()
}

#[test]
fn all_paths_that_a_peer_tells_are_read_from_dumps_and_updates() {
    let mut heard = Vec::new();
    let mut take = |update: &Update| {
        let News::Announced(prefix, PathId(number), path) = &update.news else {
            return;
        };
        heard.push(format!("{prefix} {number} {}", path.as_path()));
    };
    read_table(dump_with_several_paths().as_slice(), &mut take).unwrap();
    let numbered = Coding {
        width: AsnWidth::Four,
        path_ids: PathIds::Present,
    };
    let mut update = bgp_update(Some(&[666]));
    let prefixes = [&[0, 0, 0, 1][..], &[24, 203, 0, 113], &[0, 0, 0, 2]].concat();
    update.splice(update.len() - 4..update.len() - 4, prefixes);
    update[17] += 12;
    let record = message(Moment(1), peer(1), numbered, &update);
    read_updates(record.as_slice(), &mut take).unwrap();
    let prefix = "203.0.113.0/24";
    let expected = [(1, 64_500), (2, 666), (1, 666), (2, 666)];
    let expected = expected.map(|(number, path)| format!("{prefix} {number} {path}"));
    assert_eq!(heard, expected);
}

#[test]
fn all_paths_of_a_peer_count_as_announcements() {
    let routes = RouteTable::read(dump_with_several_paths().as_slice()).unwrap();
    let seen: Vec<_> = (routes.as_slice().iter())
        .map(|it| (it.origin.unwrap().into_u32(), it.peers))
        .collect();
    assert_eq!(seen, [(666, 1), (64_500, 1)]);
}

/// Announced and withdrawn prefixes, and ends of sessions, that `bgpdump` 1.6.2
/// of Debian 12 prints of each file (`bgpdump -m`: lines `A`, `W`, and `STATE`
/// to another state than 6).
const UPDATES: [(&str, [u64; 3]); 3] = [
    ("updates.20100722.2015.gz", [5_067, 547, 40]),
    ("updates.20160811.1600.gz", [39_256, 1_956, 22]),
    ("updates.long_withdrawal.gz", [0, 4_096, 0]),
];

#[test]
fn real_updates_are_counted_as_bgpdump_counts_them() {
    let Some(data) = std::env::var_os("MODU_DATA") else {
        eprintln!("skipped: no MODU_DATA");
        return;
    };
    let folder = PathBuf::from(data).join("bgp");
    for (name, expected) in UPDATES {
        let mut counts = [0; 3];
        let file = File::open(folder.join(name)).unwrap();
        read_updates(file, &mut |update| {
            let kind = match update.news {
                News::Announced(..) => 0,
                News::Withdrawn(..) => 1,
                News::SessionLost => 2,
                News::SessionBegan | News::TableTold(_) => return,
            };
            counts[kind] += 1;
        })
        .unwrap();
        assert_eq!(counts, expected, "{name}");
    }
}
