//! Real collectors' dumps.

use std::fs::File;
use std::path::PathBuf;

use modu_route::RouteTable;

/// Different (prefix, origin) pairs that `bgpdump` 1.6.2 of Debian 12 prints of
/// each file (`bgpdump -m`, columns 6 and the last of 7, sorted, unique).
const ANNOUNCEMENTS: [(&str, usize); 7] = [
    ("bview.20020722.2337.gz", 112_992),
    ("bview.64k_stream_overflow.gz", 1),
    ("bview.ipv4_unicast_add_path.gz", 62),
    ("bview.ipv6_unicast_add_path.gz", 62),
    ("updates.20100722.2015.gz", 714),
    ("updates.20160811.1600.gz", 1_732),
    ("updates.et-header.2015.gz", 577_706),
];

fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("MODU_DATA");
    if data.is_none() {
        eprintln!("skipped: no MODU_DATA");
    }
    data.map(|data| PathBuf::from(data).join("bgp"))
}

#[test]
fn real_dumps_hold_as_many_announcements_as_bgpdump_finds() {
    let Some(folder) = folder() else { return };
    for (name, expected) in ANNOUNCEMENTS {
        let file = File::open(folder.join(name)).unwrap();
        let table = RouteTable::read(file).unwrap();
        assert_eq!(table.as_slice().len(), expected, "{name}");
    }
}

#[test]
fn a_real_dump_cut_anywhere_gives_a_part_or_an_error() {
    let Some(folder) = folder() else { return };
    let whole = std::fs::read(folder.join("updates.20100722.2015.gz")).unwrap();
    for percent in 0..100 {
        let cut = &whole[..whole.len() * percent / 100];
        if let Ok(table) = RouteTable::read(cut) {
            assert!(table.as_slice().len() <= 714);
        }
    }
}
