//! Making a bundle of sources.

use std::collections::BTreeMap;
use std::io::Write as _;

use jiff::Timestamp;
use modu_kernel::Digest;

use super::{Header, Source, record};
use crate::advisory::Record;
use crate::advisory::osv::{Advisory, Match, scheme_of};
use crate::version::Version;
use crate::{VulnError, limits};

/// Strong enough that a bundle is a tenth of its text, at tens of megabytes a
/// second.
const LEVEL: i32 = 10;

/// Why records no longer stand or are gone: by source, by identifier.
pub type Explanations = BTreeMap<String, BTreeMap<String, String>>;

/// Makes a bundle of sources, each a name and lines of records in any order.
/// The same records give the same bytes. What an advisory lists by name and
/// its range says anyway is left out.
///
/// # Errors
/// [`VulnError`] where a line is no record, where two lines say different
/// things of one, or past [`limits::ADVISORIES`].
pub fn pack<'a>(
    sequence: u64,
    made: Timestamp,
    valid_days: u32,
    sources: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    explained: &Explanations,
) -> Result<(Header, Vec<u8>), VulnError> {
    let mut header = Header::new(sequence, made, valid_days);
    let mut text = Vec::new();
    for (name, lines) in sources {
        let (block, records, withdrawn) = block(name, lines)?;
        header.sources.push(Source {
            name: name.to_owned(),
            records,
            withdrawn,
            digest: Digest::of(&block),
            explained: explained.get(name).cloned().unwrap_or_default(),
        });
        text.extend_from_slice(&block);
    }
    if header.records() > limits::ADVISORIES as u64 {
        return Err(VulnError::TooMany {
            what: "records",
            limit: limits::ADVISORIES as u64,
        });
    }
    let packed = compressed(&header, &text).map_err(|error| super::broken(0, &error))?;
    Ok((header, packed))
}

fn compressed(header: &Header, text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    encoder.include_checksum(true)?;
    serde_json::to_writer(&mut encoder, header)?;
    encoder.write_all(b"\n")?;
    encoder.write_all(text)?;
    encoder.finish()
}

/// A source's lines by kind and identifier, and how many stand and do not.
fn block(name: &str, lines: &[u8]) -> Result<(Vec<u8>, u64, u64), VulnError> {
    let mut kept: BTreeMap<(&'static str, String), Vec<u8>> = BTreeMap::new();
    let mut withdrawn = 0;
    let lines = (1..).zip(lines.split(|byte| *byte == b'\n'));
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let mut record = record(number, line)?;
        if let Record::Osv(advisory) = &mut record {
            leave_out_what_ranges_say(advisory);
        }
        let mut line = serde_json::to_vec(&record).map_err(|error| VulnError::json(&error))?;
        line.push(b'\n');
        match kept.insert((record.kind(), record.id().to_owned()), line.clone()) {
            None => withdrawn += u64::from(record.is_withdrawn()),
            Some(other) if other == line => {}
            Some(_) => {
                return Err(VulnError::Malformed {
                    place: format!("{name}, line {number}"),
                    problem: format!(
                        "another line says otherwise of {}: keep one of them",
                        record.id()
                    ),
                });
            }
        }
    }
    let records = kept.len() as u64;
    Ok((kept.into_values().flatten().collect(), records, withdrawn))
}

/// Databases list each version that a range holds. Those that cannot be
/// ordered or that the ranges leave out stay.
fn leave_out_what_ranges_say(advisory: &mut Advisory) {
    for affected in &mut advisory.affected {
        let package = affected.package.as_ref();
        let Some(scheme) = package.and_then(|package| scheme_of(&package.ecosystem)) else {
            continue;
        };
        let ranges = &affected.ranges;
        affected.versions.retain(|text| {
            let version = Version::parse(scheme, text);
            let held = version.is_ok_and(|version| {
                let mut ranges = ranges.iter().filter(|range| range.kind != "GIT");
                ranges.any(|range| range.contains(&version) == Match::Affected)
            });
            !held
        });
    }
}
