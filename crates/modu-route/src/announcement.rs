//! What is announced: the different (prefix, origin) pairs of a table dump.
//!
//! A collector's dump holds each route as many peers see it; origin validation
//! asks only which network originates which prefix. So routes are folded into
//! announcements, each with the number of peers that see it: the more, the
//! more of the internet its loss would touch.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::net::IpAddr;

use bgpkit_parser::BgpkitParser;
use bgpkit_parser::models::ElemType;
use flate2::bufread::MultiGzDecoder;
use rpki::resources::{Asn, addr::Prefix};

use crate::vrp::order_of;
use crate::{RouteError, limits, text};

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
    skipped: BTreeMap<String, u64>,
}

impl RouteTable {
    /// Reads an MRT file (RFC 6396: a table dump, or updates, of which what is
    /// announced counts), plain or gzip, or a CSV with the heading
    /// `prefix,origin`. Records that cannot be read are skipped and counted by
    /// their fault ([`Self::skipped`]).
    ///
    /// # Errors
    /// [`RouteError`] where it is none of these, holds no announcement, or is
    /// past [`limits`].
    pub fn read(reader: impl Read) -> Result<Self, RouteError> {
        let mut reader = BufReader::with_capacity(1 << 16, reader);
        match reader.fill_buf().map_err(RouteError::Read)? {
            [0x1f, 0x8b, ..] => Self::read_plain(MultiGzDecoder::new(reader)),
            _ => Self::read_plain(reader),
        }
    }

    fn read_plain(reader: impl Read) -> Result<Self, RouteError> {
        let limited = Limited {
            reader,
            left: limits::DUMP_BYTES,
        };
        let mut reader = BufReader::with_capacity(1 << 18, limited);
        let first = reader.fill_buf().map_err(RouteError::Read)?;
        let heading = b"prefix,";
        match first.len() >= heading.len() && first[..heading.len()].eq_ignore_ascii_case(heading) {
            true => Self::read_csv(reader),
            false => Self::read_mrt(reader),
        }
    }

    fn read_mrt(reader: impl Read) -> Result<Self, RouteError> {
        let mut fold = Fold::default();
        let mut skipped = BTreeMap::new();
        let parser = BgpkitParser::from_reader(reader).disable_warnings();
        for route in parser.into_fallible_route_iter() {
            match route {
                Ok(route) if route.elem_type == ElemType::ANNOUNCE => {
                    let net = route.prefix.prefix;
                    let Ok(prefix) = Prefix::new(net.network(), net.prefix_len()) else {
                        continue;
                    };
                    let path = route.as_path.as_deref();
                    let origin = path.and_then(origin_of);
                    fold.add(prefix, origin, route.peer_ip)?;
                }
                Ok(_) => {}
                Err(error) => {
                    // The reader's words may hold bytes of the file.
                    let fault: String = text::shown(&error.error.to_string());
                    if skipped.len() < 100 || skipped.contains_key(&fault) {
                        *skipped.entry(fault).or_insert(0) += 1;
                    }
                }
            }
        }
        let table = fold.finish(skipped);
        match table.announcements.is_empty() {
            true => Err(RouteError::Malformed {
                place: "the whole file".into(),
                problem: format!(
                    "no announcement was found{}: give an MRT table dump (bview, rib), plain or gzip, or a CSV with the heading `prefix,origin`",
                    table
                        .skipped
                        .keys()
                        .next()
                        .map(|fault| format!(" ({fault})"))
                        .unwrap_or_default()
                ),
            }),
            false => Ok(table),
        }
    }

    fn read_csv(reader: impl BufRead) -> Result<Self, RouteError> {
        let mut fold = Fold::default();
        for (number, line) in (1..).zip(reader.lines()) {
            let line = line.map_err(|error| match error.kind() {
                std::io::ErrorKind::InvalidData => RouteError::line(number, "it is not UTF-8 text"),
                _ => RouteError::Read(error),
            })?;
            if number == 1 || line.trim().is_empty() {
                continue;
            }
            let wrong = |problem: String| RouteError::line(number, problem);
            let (prefix, origin) = line
                .split_once(',')
                .ok_or_else(|| wrong(format!("`{}` is not prefix,origin", text::shown(&line))))?;
            let prefix = text::prefix(prefix).map_err(wrong)?;
            let origin = text::asn(origin).map_err(wrong)?;
            fold.add(prefix, Some(origin), IpAddr::from([0, 0, 0, 0]))?;
        }
        Ok(fold.finish(BTreeMap::new()))
    }

    /// The announcements, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Announcement] {
        &self.announcements
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
        let mut fold = Fold::default();
        for (prefix, origin) in routes {
            fold.see(prefix, origin, 1);
        }
        fold.finish(BTreeMap::new())
    }
}

/// The network that originates a route: the last of its path, unless that is
/// a set (RFC 6811, section 2).
fn origin_of(path: &bgpkit_parser::models::AsPath) -> Option<Asn> {
    use bgpkit_parser::models::AsPathSegment;
    match path.segments.last() {
        Some(AsPathSegment::AsSequence(sequence)) => {
            sequence.last().map(|asn| Asn::from_u32(asn.to_u32()))
        }
        _ => None,
    }
}

/// Announcements while they are gathered.
#[derive(Default)]
struct Fold {
    seen: HashMap<(Prefix, Option<Asn>), u128>,
    peers: HashMap<IpAddr, u32>,
}

impl Fold {
    fn add(&mut self, prefix: Prefix, origin: Option<Asn>, peer: IpAddr) -> Result<(), RouteError> {
        let next = self.peers.len().min(127) as u32;
        let peer = *self.peers.entry(peer).or_insert(next);
        self.see(prefix, origin, 1 << peer);
        match self.seen.len() > limits::ANNOUNCEMENTS {
            true => Err(RouteError::TooMany {
                what: "announcements",
                limit: limits::ANNOUNCEMENTS as u64,
            }),
            false => Ok(()),
        }
    }

    fn see(&mut self, prefix: Prefix, origin: Option<Asn>, peers: u128) {
        *self.seen.entry((prefix, origin)).or_insert(0) |= peers;
    }

    fn finish(self, skipped: BTreeMap<String, u64>) -> RouteTable {
        let mut announcements: Vec<_> = self
            .seen
            .into_iter()
            .map(|((prefix, origin), peers)| Announcement {
                prefix,
                origin,
                peers: peers.count_ones(),
            })
            .collect();
        announcements.sort_unstable_by_key(|it| (order_of(it.prefix), it.origin));
        RouteTable {
            announcements,
            skipped,
        }
    }
}

/// A reader that fails past a limit instead of going on for ever.
struct Limited<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            std::io::Error::other(format!(
                "it is larger than {} bytes when decompressed",
                limits::DUMP_BYTES
            ))
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

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
}
