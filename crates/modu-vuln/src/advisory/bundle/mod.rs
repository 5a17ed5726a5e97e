//! Many advisories as one artifact, so that a scan is named by one digest and
//! needs no network.
//!
//! A bundle is lines of JSON, compressed with Zstandard or as they are. The
//! first line is its [`Header`]: which of a row it is, when it was made, how
//! long it may be relied on, and what it is made of. Then the records follow,
//! source by source, as many as the header says: a half-written bundle is seen.
//! Lines without a header are read too, but nothing says how old they are.

mod accept;
mod header;
mod narrowed;
mod pack;

use std::io::{BufRead, BufReader, Read};

pub use accept::{Accepted, Policy, Refusal, accept};
pub use header::{Freshness, Header, Source};
pub use pack::{Explanations, pack};

use super::Record;
use crate::{VulnError, limits};

/// How Zstandard's frames begin (RFC 8878, section 3.1.1).
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A bundle; its records are read when they are asked for.
#[derive(Debug)]
pub struct Bundle {
    header: Option<Header>,
    bytes: Vec<u8>,
}

impl Bundle {
    /// Takes a bundle and reads its header.
    ///
    /// # Errors
    /// [`VulnError`] where the first line is neither a header nor a record.
    pub fn parse(bytes: &[u8]) -> Result<Self, VulnError> {
        Self::new(bytes.to_vec())
    }

    /// The same, without a copy.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, VulnError> {
        let mut bundle = Self {
            header: None,
            bytes,
        };
        let first = bundle.lines()?.next().transpose()?;
        bundle.header = match first {
            Some((_, line)) if line.starts_with(b"{\"kind\":\"bundle\"") => {
                Some(Header::parse(&line)?)
            }
            _ => None,
        };
        Ok(bundle)
    }

    /// What it says of itself; none where lines are all there is.
    #[must_use]
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Every record in the order of the bundle, withdrawn ones among them.
    /// Each is read anew: costs time by the length of the bundle.
    ///
    /// # Errors
    /// [`VulnError`] with the line that is no record.
    pub fn records(&self) -> impl Iterator<Item = Result<Record, VulnError>> + '_ {
        let (lines, error) = match self.lines() {
            Ok(lines) => (Some(lines), None),
            Err(error) => (None, Some(Err(error))),
        };
        let skipped = usize::from(self.header.is_some());
        let lines = lines.into_iter().flatten().skip(skipped);
        let records = lines.map(|line| {
            let (number, line) = line?;
            record(number, &line)
        });
        error.into_iter().chain(records)
    }

    /// Takes each record's line with its number, and holds their count against
    /// the header.
    pub(crate) fn each_line(
        &self,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), VulnError>,
    ) -> Result<(), VulnError> {
        let mut lines = self.lines()?;
        let mut records = 0_u64;
        let mut first = self.header.is_some();
        while let Some(number) = lines.advance()? {
            if std::mem::take(&mut first) {
                continue;
            }
            records += 1;
            take(number, &lines.line)?;
        }
        match &self.header {
            Some(header) if header.records() != records => Err(VulnError::Malformed {
                place: "its end".into(),
                problem: format!(
                    "it holds {records} records and its header says {}: it is not whole, fetch it again",
                    header.records()
                ),
            }),
            _ => Ok(()),
        }
    }

    fn lines(&self) -> Result<Lines<'_>, VulnError> {
        let reader: Box<dyn BufRead + '_> = match self.bytes.starts_with(&FRAME) {
            false => Box::new(self.bytes.as_slice()),
            true => {
                let decoder = zstd::Decoder::with_buffer(self.bytes.as_slice());
                let decoder = decoder.map_err(|error| broken(0, &error))?;
                Box::new(BufReader::with_capacity(1 << 18, decoder))
            }
        };
        Ok(Lines {
            reader,
            line: Vec::new(),
            number: 0,
            left: text_bytes(self.bytes.len() as u64),
        })
    }
}

/// Bytes that a bundle of a length may unpack to.
fn text_bytes(length: u64) -> u64 {
    let expanded = length.saturating_mul(limits::EXPANSION);
    expanded.clamp(limits::LINE_BYTES, limits::BUNDLE_TEXT_BYTES)
}

fn record(number: u64, line: &[u8]) -> Result<Record, VulnError> {
    serde_json::from_slice(line).map_err(|error| VulnError::Malformed {
        place: format!("line {number}"),
        problem: format!("{error}: expected one record of a bundle"),
    })
}

fn broken(number: u64, error: &std::io::Error) -> VulnError {
    VulnError::Malformed {
        place: format!("after line {number}"),
        problem: format!("{error}: it is no whole bundle, fetch it again"),
    }
}

/// The lines of a bundle that are not empty, within the limits.
struct Lines<'a> {
    reader: Box<dyn BufRead + 'a>,
    line: Vec<u8>,
    number: u64,
    /// Bytes that may still come.
    left: u64,
}

impl Lines<'_> {
    /// Reads the next line into `line` and gives its number.
    fn advance(&mut self) -> Result<Option<u64>, VulnError> {
        loop {
            self.line.clear();
            let limit = self.left.min(limits::LINE_BYTES);
            let read = (&mut self.reader)
                .take(limit + 1)
                .read_until(b'\n', &mut self.line)
                .map_err(|error| broken(self.number, &error))?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 > limit {
                let what = "bytes of text for its size, or of one line";
                return Err(VulnError::TooMany { what, limit });
            }
            self.left -= read as u64;
            self.number += 1;
            if self.line.last() == Some(&b'\n') {
                self.line.pop();
            }
            if !self.line.is_empty() {
                return Ok(Some(self.number));
            }
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<(u64, Vec<u8>), VulnError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.advance() {
            Ok(number) => Some(Ok((number?, self.line.clone()))),
            Err(error) => {
                // Nothing follows an error.
                self.reader = Box::new(&[][..]);
                Some(Err(error))
            }
        }
    }
}
