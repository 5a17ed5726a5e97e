//! Validated ROA payloads, and the tables of them that validators print.

use std::collections::BTreeSet;

use rpki::resources::{Asn, addr::Prefix};
use serde::Deserialize;

use crate::{RouteError, limits, text};

/// One authorisation: this network may originate this prefix and its
/// more-specifics up to a length (RFC 6811, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vrp {
    /// The prefix.
    pub prefix: Prefix,
    /// The longest more-specific that is authorised; at least the prefix's
    /// own length.
    pub max_length: u8,
    /// The network; AS 0 authorises nobody (RFC 7607).
    pub origin: Asn,
}

/// Prefixes in the order of a routing table: by family, address, length.
pub(crate) fn order_of(prefix: Prefix) -> (bool, u128, u8) {
    (prefix.is_v6(), bits_of(prefix), prefix.len())
}

/// The address left-aligned in 128 bits, in both families.
pub(crate) fn bits_of(prefix: Prefix) -> u128 {
    match prefix.addr() {
        std::net::IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        std::net::IpAddr::V6(address) => u128::from(address),
    }
}

/// A prefix from its left-aligned bits.
pub(crate) fn prefix_of(v4: bool, bits: u128, length: u8) -> Option<Prefix> {
    let address = match v4 {
        true => std::net::Ipv4Addr::from((bits >> 96) as u32).into(),
        false => std::net::Ipv6Addr::from(bits).into(),
    };
    Prefix::new(address, length).ok()
}

impl Vrp {
    fn order(&self) -> ((bool, u128, u8), u8, Asn) {
        (order_of(self.prefix), self.max_length, self.origin)
    }
}

impl PartialOrd for Vrp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Vrp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl std::fmt::Display for Vrp {
    /// Krill's notation: `192.0.2.0/24-26 => 64496`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (prefix, origin) = (self.prefix, self.origin.into_u32());
        match self.max_length == prefix.len() {
            true => write!(f, "{prefix} => {origin}"),
            false => write!(f, "{prefix}-{} => {origin}", self.max_length),
        }
    }
}

/// A set of VRPs, each once, in the order of a routing table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VrpTable(Vec<Vrp>);

impl VrpTable {
    /// Reads what validators print: CSV with a heading (`ASN,IP Prefix,Max
    /// Length,...`, as Routinator, rpki-client and FORT write it), or JSON
    /// with a member `roas` of objects `asn`, `prefix`, `maxLength`.
    ///
    /// # Errors
    /// [`RouteError`] with the line or record and what to write.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            Some(b'{') => Self::parse_json(bytes),
            _ => Self::parse_csv(bytes),
        }
    }

    fn parse_csv(bytes: &[u8]) -> Result<Self, RouteError> {
        let table = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            RouteError::line(line, "it is not UTF-8 text")
        })?;
        let mut lines = (1..).zip(table.lines());
        let columns = lines
            .by_ref()
            .find(|(_, line)| !line.trim().is_empty())
            .map_or(Ok(Columns::PLAIN), |(number, line)| {
                Columns::of_heading(line).map_err(|problem| RouteError::line(number, problem))
            })?;
        let rows = lines.filter(|(_, line)| !line.trim().is_empty());
        Self::collect(rows.map(|(number, line)| {
            columns
                .read(line)
                .map_err(|problem| RouteError::line(number, problem))
        }))
    }

    fn parse_json(bytes: &[u8]) -> Result<Self, RouteError> {
        let document: Document =
            serde_json::from_slice(bytes).map_err(|error| RouteError::Malformed {
                place: format!("line {}, column {}", error.line(), error.column()),
                problem: format!(
                    "{error}: expected {{\"roas\": [{{\"asn\", \"prefix\", \"maxLength\"}}]}}"
                ),
            })?;
        Self::collect((1..).zip(document.roas).map(|(number, roa)| {
            let read = || {
                let prefix = text::prefix(&roa.prefix)?;
                let max_length = match roa.max_length {
                    None => prefix.len(),
                    Some(length) => text::max_length(&length.to_string(), prefix)?,
                };
                Ok(Vrp {
                    prefix,
                    max_length,
                    origin: match &roa.asn {
                        AsnForm::Number(number) => Asn::from_u32(*number),
                        AsnForm::Text(text) => text::asn(text)?,
                    },
                })
            };
            read().map_err(|problem| RouteError::Malformed {
                place: format!("roas, item {number}"),
                problem,
            })
        }))
    }

    fn collect(vrps: impl Iterator<Item = Result<Vrp, RouteError>>) -> Result<Self, RouteError> {
        let mut table = Vec::new();
        for vrp in vrps {
            if table.len() == limits::VRPS {
                return Err(RouteError::TooMany {
                    what: "VRPs",
                    limit: limits::VRPS as u64,
                });
            }
            table.push(vrp?);
        }
        Ok(table.into_iter().collect())
    }

    /// The VRPs in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Vrp] {
        &self.0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds a VRP.
    #[must_use]
    pub fn contains(&self, vrp: &Vrp) -> bool {
        self.0.binary_search(vrp).is_ok()
    }

    /// The table without some VRPs and with others.
    #[must_use]
    pub fn changed(&self, removed: &BTreeSet<Vrp>, added: &BTreeSet<Vrp>) -> Self {
        let kept = self.0.iter().filter(|vrp| !removed.contains(vrp));
        kept.chain(added).copied().collect()
    }
}

impl FromIterator<Vrp> for VrpTable {
    fn from_iter<I: IntoIterator<Item = Vrp>>(vrps: I) -> Self {
        let mut table: Vec<_> = vrps.into_iter().collect();
        table.sort_unstable();
        table.dedup();
        Self(table)
    }
}

#[derive(Deserialize)]
struct Document {
    roas: Vec<Roa>,
}

#[derive(Deserialize)]
struct Roa {
    asn: AsnForm,
    prefix: String,
    #[serde(rename = "maxLength", alias = "maxlen")]
    max_length: Option<u8>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AsnForm {
    Number(u32),
    Text(String),
}

/// Where a CSV keeps what is needed.
struct Columns {
    asn: usize,
    prefix: usize,
    max_length: Option<usize>,
}

impl Columns {
    const PLAIN: Self = Self {
        asn: 0,
        prefix: 1,
        max_length: Some(2),
    };

    fn of_heading(line: &str) -> Result<Self, String> {
        let names: Vec<_> = line
            .split(',')
            .map(|name| name.trim().trim_matches('"').to_ascii_lowercase())
            .collect();
        let place = |wanted: &[&str]| {
            names
                .iter()
                .position(|name| wanted.contains(&name.as_str()))
        };
        match (
            place(&["asn", "as", "origin"]),
            place(&["ip prefix", "prefix"]),
        ) {
            (Some(asn), Some(prefix)) => Ok(Self {
                asn,
                prefix,
                max_length: place(&["max length", "maxlength", "max_length", "maxlen"]),
            }),
            _ => Err(format!(
                "`{}` is no heading: the first line names the columns `ASN,IP Prefix,Max Length`",
                text::shown(line)
            )),
        }
    }

    fn read(&self, line: &str) -> Result<Vrp, String> {
        let at = |place: usize| {
            let cell = line.split(',').nth(place)?;
            Some(cell.trim().trim_matches('"'))
        };
        let cell = |place: usize| {
            at(place).ok_or_else(|| format!("`{}` has too few columns", text::shown(line)))
        };
        let prefix = text::prefix(cell(self.prefix)?)?;
        let max_length = match self.max_length {
            Some(place) => text::max_length(at(place).unwrap_or(""), prefix)?,
            None => prefix.len(),
        };
        Ok(Vrp {
            prefix,
            max_length,
            origin: text::asn(cell(self.asn)?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn csv_and_json_of_the_validators_give_the_same_table() {
        let csv = "ASN,IP Prefix,Max Length,Trust Anchor\n\
                   AS64496,192.0.2.0/24,26,apnic\n\
                   64497,2001:db8::/32,,apnic\n\
                   AS64496,192.0.2.0/24,26,ripe\n";
        let json = br#"{"metadata": {}, "roas": [
            {"asn": "AS64497", "prefix": "2001:db8::/32", "ta": "apnic"},
            {"asn": 64496, "prefix": "192.0.2.0/24", "maxLength": 26}]}"#;
        let table = VrpTable::parse(csv.as_bytes()).unwrap();
        assert_eq!(table, VrpTable::parse(json).unwrap());
        let shown: Vec<_> = table.as_slice().iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["192.0.2.0/24-26 => 64496", "2001:db8::/32 => 64497"]
        );
    }

    #[test]
    fn a_bad_line_is_named_with_its_remedy() {
        let heading = "ASN,IP Prefix,Max Length\n";
        for (row, expected) in [
            ("AS1,192.0.2.1/24,24", "is no prefix"),
            ("AS1,192.0.2.0/24,23", "is no maxLength"),
            ("AS1,192.0.2.0/24,33", "is no maxLength"),
            ("ASx,192.0.2.0/24,24", "is no AS number"),
            ("4294967296,192.0.2.0/24,24", "is no AS number"),
            ("+1,192.0.2.0/24,24", "is no AS number"),
            ("AS1", "too few columns"),
        ] {
            let error = VrpTable::parse(format!("{heading}{row}\n").as_bytes()).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with("line 2: "), "{error}");
            assert!(error.contains(expected), "{error}");
        }
        let no_heading = VrpTable::parse(b"AS1,192.0.2.0/24,24\n").unwrap_err();
        assert!(no_heading.to_string().contains("is no heading"));
        assert!(VrpTable::parse(b"{\"roas\": 1}").is_err());
        assert!(VrpTable::parse(b"\xff").is_err());
    }
}
