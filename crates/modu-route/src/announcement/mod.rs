//! What is announced: the different (prefix, origin) pairs of a table dump.
//!
//! A collector's dump holds each route as many peers see it; origin validation
//! asks only which network originates which prefix. So routes are folded into
//! announcements, each with the number of peers that see it: the more, the
//! more of the internet its loss would touch. The paths by which they are seen
//! are kept where they are asked for, each different one once.

mod fold;
mod read;

use std::collections::BTreeMap;

use rpki::resources::{Asn, addr::Prefix};

pub use self::fold::SeenPaths;
use self::fold::{Fold, Keep};
use crate::aspa::AsPath;
use crate::vrp::order_of;

pub(crate) use self::read::unpacked;

/// One network originating one prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// The prefix.
    pub prefix: Prefix,
    /// The network; none where the path ends in an AS_SET.
    pub origin: Option<Asn>,
    /// How many peers of the collector see it; more than 128 count as 128.
    pub peers: u32,
}

/// Different announcements in the order of a routing table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteTable {
    announcements: Vec<Announcement>,
    paths: Option<SeenPaths>,
    skipped: BTreeMap<String, u64>,
}

impl RouteTable {
    /// The announcements, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Announcement] {
        &self.announcements
    }

    /// By which paths they are seen; `None` where paths were not kept.
    #[must_use]
    pub const fn paths(&self) -> Option<&SeenPaths> {
        self.paths.as_ref()
    }

    /// What could not be read, by fault, and how often; at most 100 faults are
    /// told apart.
    #[must_use]
    pub const fn skipped(&self) -> &BTreeMap<String, u64> {
        &self.skipped
    }

    /// The announcements of a prefix and its more-specifics, in order.
    #[must_use]
    pub fn within(&self, prefix: Prefix) -> &[Announcement] {
        let all = &self.announcements;
        let from = all.partition_point(|it| order_of(it.prefix) < order_of(prefix));
        let inside = all[from..].partition_point(|it| prefix.covers(it.prefix));
        &all[from..from + inside]
    }
}

impl FromIterator<(Prefix, Option<Asn>)> for RouteTable {
    fn from_iter<I: IntoIterator<Item = (Prefix, Option<Asn>)>>(routes: I) -> Self {
        let mut fold = Fold::new(Keep::Origins);
        for (prefix, origin) in routes {
            fold.see(prefix, origin, 1);
        }
        fold.finish(BTreeMap::new())
    }
}

impl FromIterator<(Prefix, AsPath)> for RouteTable {
    /// Keeps the paths.
    fn from_iter<I: IntoIterator<Item = (Prefix, AsPath)>>(routes: I) -> Self {
        let mut fold = Fold::new(Keep::Paths);
        for (prefix, path) in routes {
            let number = fold.see(prefix, path.as_path().origin(), 1);
            fold.by(number, path);
        }
        fold.finish(BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::text;

    #[test]
    fn a_csv_is_folded_sorted_and_looked_up_by_covering_prefix() {
        let csv = "prefix,origin\n192.0.2.128/25,AS2\n2001:db8::/32,3\n192.0.2.0/24,1\n192.0.2.0/24,AS1\n192.0.3.0/24,4\n";
        let table = RouteTable::read(csv.as_bytes()).unwrap();
        let shown: Vec<_> = table
            .as_slice()
            .iter()
            .map(|it| format!("{} {}", it.prefix, it.origin.unwrap()))
            .collect();
        assert_eq!(
            shown,
            [
                "192.0.2.0/24 AS1",
                "192.0.2.128/25 AS2",
                "192.0.3.0/24 AS4",
                "2001:db8::/32 AS3"
            ]
        );
        let within = |prefix| table.within(text::prefix(prefix).unwrap()).len();
        assert_eq!(within("192.0.2.0/24"), 2);
        assert_eq!(within("192.0.2.0/23"), 3);
        assert_eq!(within("192.0.2.128/26"), 0);
        assert_eq!(within("0.0.0.0/0"), 3);
    }

    #[test]
    fn a_file_without_announcements_and_a_bad_line_are_refused() {
        for bytes in [&b""[..], b"hello", &[0; 64], b"\x1f\x8bnot gzip"] {
            assert!(RouteTable::read(bytes).is_err(), "{bytes:?}");
        }
        let error = RouteTable::read(&b"prefix,origin\n192.0.2.0/24\n"[..]).unwrap_err();
        assert!(error.to_string().starts_with("line 2: "), "{error}");
    }

    #[test]
    fn paths_are_kept_once_where_they_are_asked_for() {
        let csv = "prefix,origin,path\n192.0.2.0/24,3,1 2 2 3\n198.51.100.0/24,3,1 2 3\n\
                   192.0.2.0/24,AS3,4 3\n203.0.113.0/24,,1 {3}\n2001:db8::/32,5,\n";
        let table = RouteTable::read_with_paths(csv.as_bytes()).unwrap();
        let paths = table.paths().unwrap();
        assert_eq!(paths.table().len(), 3);
        let shown: Vec<Vec<String>> = (0..table.as_slice().len())
            .map(|it| {
                let numbers = paths.of(it).iter();
                numbers
                    .map(|it| paths.table().get(*it).to_string())
                    .collect()
            })
            .collect();
        assert_eq!(
            shown,
            [vec!["1 2 3", "4 3"], vec!["1 2 3"], vec!["1 {}"], vec![]]
        );
        let origins = RouteTable::read(csv.as_bytes()).unwrap();
        assert_eq!(origins.as_slice(), table.as_slice());
        assert_eq!(origins.paths(), None);
        let wrong = "prefix,origin,path\n192.0.2.0/24,4,1 2 3\n";
        let error = RouteTable::read(wrong.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}
