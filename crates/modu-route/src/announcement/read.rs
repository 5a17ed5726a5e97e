//! Reading table dumps, updates and lists of routes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::IpAddr;

use bgpkit_parser::BgpkitParser;
use bgpkit_parser::models::ElemType;
use flate2::bufread::MultiGzDecoder;
use rayon::prelude::*;
use rpki::resources::{Asn, addr::Prefix};

use super::fold::{Fold, Keep};
use super::{Announcement, RouteTable};
use crate::aspa::{AsPath, of_message};
use crate::vrp::order_of;
use crate::{RouteError, limits, text};

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
        Self::read_keeping(reader, Keep::Origins)
    }

    /// The same, and keeps the paths ([`Self::paths`]); a CSV may hold them in
    /// a third column `path`, such as `64500 64496`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_with_paths(reader: impl Read) -> Result<Self, RouteError> {
        Self::read_keeping(reader, Keep::Paths)
    }

    fn read_keeping(reader: impl Read, keep: Keep) -> Result<Self, RouteError> {
        let mut reader = unpacked(reader)?;
        let first = reader.fill_buf().map_err(RouteError::Read)?;
        let heading = b"prefix,";
        match first.len() >= heading.len() && first[..heading.len()].eq_ignore_ascii_case(heading) {
            true => Self::read_csv(reader, keep),
            false => Self::read_mrt(reader, keep),
        }
    }

    fn read_mrt(reader: impl Read, keep: Keep) -> Result<Self, RouteError> {
        let mut fold = Fold::new(keep);
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
                    let kept = path.filter(|_| fold.keeps_paths()).map(of_message);
                    fold.add(prefix, origin, route.peer_ip, kept)?;
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

    fn read_csv(reader: impl BufRead, keep: Keep) -> Result<Self, RouteError> {
        if keep == Keep::Origins {
            return Self::read_list(reader);
        }
        let mut fold = Fold::new(keep);
        for route in csv_routes(reader) {
            let (prefix, origin, path) = route?;
            fold.add(prefix, origin, IpAddr::from([0, 0, 0, 0]), path)?;
        }
        Ok(fold.finish(BTreeMap::new()))
    }

    /// A list without paths: sorted at once, which is quicker than looking for
    /// each route among those before it.
    fn read_list(reader: impl BufRead) -> Result<Self, RouteError> {
        let mut routes = Vec::new();
        for route in csv_routes(reader) {
            let (prefix, origin, _) = route?;
            routes.push((prefix, origin));
            if routes.len() > 2 * limits::ANNOUNCEMENTS {
                each_once(&mut routes)?;
            }
        }
        each_once(&mut routes)?;
        let announcement = |(prefix, origin)| Announcement {
            prefix,
            origin,
            peers: 1,
        };
        Ok(Self {
            announcements: routes.into_iter().map(announcement).collect(),
            paths: None,
            skipped: BTreeMap::new(),
        })
    }
}

/// Prefix, origin and perhaps the path of a line.
type CsvRoute = (Prefix, Option<Asn>, Option<AsPath>);

/// The routes of a CSV behind its heading.
fn csv_routes(reader: impl BufRead) -> impl Iterator<Item = Result<CsvRoute, RouteError>> {
    (1..).zip(reader.lines()).filter_map(|(number, line)| {
        let line = line.map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => RouteError::line(number, "it is not UTF-8 text"),
            _ => RouteError::Read(error),
        });
        match line {
            Err(error) => Some(Err(error)),
            Ok(line) if number == 1 || line.trim().is_empty() => None,
            Ok(line) => Some(csv_route(&line).map_err(|problem| RouteError::line(number, problem))),
        }
    })
}

/// Sorts routes as a table does, and leaves each once.
fn each_once(routes: &mut Vec<(Prefix, Option<Asn>)>) -> Result<(), RouteError> {
    routes.par_sort_unstable_by_key(|(prefix, origin)| (order_of(*prefix), *origin));
    routes.dedup();
    match routes.len() > limits::ANNOUNCEMENTS {
        true => Err(RouteError::TooMany {
            what: "announcements",
            limit: limits::ANNOUNCEMENTS as u64,
        }),
        false => Ok(()),
    }
}

/// `prefix,origin` and perhaps a path, which ends in the origin.
fn csv_route(line: &str) -> Result<CsvRoute, String> {
    let mut cells = line.splitn(3, ',');
    let (Some(prefix), Some(origin)) = (cells.next(), cells.next()) else {
        return Err(format!("`{}` is not prefix,origin", text::shown(line)));
    };
    let path = cells.next().map(str::trim).filter(|path| !path.is_empty());
    let path = path.map(AsPath::parse).transpose()?;
    let ends = path.as_ref().map(|path| path.as_path().origin());
    let origin = match (origin.trim().is_empty(), ends) {
        (true, Some(None)) => None,
        _ => Some(text::asn(origin)?),
    };
    match ends.is_none_or(|ends| ends == origin) {
        true => Ok((text::prefix(prefix)?, origin, path)),
        false => Err(format!(
            "`{}`: the path does not end in the origin",
            text::shown(line)
        )),
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

/// A file's bytes, decompressed where it is gzip, up to
/// [`limits::DUMP_BYTES`].
pub(crate) fn unpacked<'r>(reader: impl Read + 'r) -> Result<Box<dyn BufRead + 'r>, RouteError> {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let packed = matches!(
        reader.fill_buf().map_err(RouteError::Read)?,
        [0x1f, 0x8b, ..]
    );
    fn limited<'r>(reader: impl Read + 'r) -> Box<dyn BufRead + 'r> {
        let left = limits::DUMP_BYTES;
        Box::new(BufReader::with_capacity(1 << 18, Limited { reader, left }))
    }
    Ok(match packed {
        true => limited(MultiGzDecoder::new(reader)),
        false => limited(reader),
    })
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
