//! EPSS estimates as FIRST publishes them every day: CSV, plain or in gzip,
//! with a first line that names the model and the day
//! (<https://www.first.org/epss/data_stats>).

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use super::facts::Likelihood;
use super::names::{cve_id, day};
use crate::VulnError;

/// Bytes of a day's estimates when unpacked; those of 2026 have about 15 MB.
const BYTES: u64 = 256 << 20;

/// One estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The CVE.
    pub cve: String,
    /// The estimate.
    #[serde(flatten)]
    pub likelihood: Likelihood,
}

/// Whether bytes look like estimates, packed or not.
pub(super) fn recognised(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(b"#model_version:")
}

/// Reads a day's estimates.
///
/// # Errors
/// [`VulnError::Malformed`] with the line that is none, and where the last
/// line has no end, for then the file was cut; [`VulnError::TooMany`] past
/// 256 MiB unpacked.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, VulnError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return lines_of(&unpacked(bytes)?);
    }
    lines_of(bytes)
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, VulnError> {
    let mut text = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(BYTES + 1);
    reader.read_to_end(&mut text).map_err(|error| {
        VulnError::at("the gzip", format!("{error}: fetch the file again, whole"))
    })?;
    match text.len() as u64 > BYTES {
        true => Err(VulnError::TooMany {
            what: "bytes of estimates",
            limit: BYTES,
        }),
        false => Ok(text),
    }
}

fn lines_of(bytes: &[u8]) -> Result<Vec<Entry>, VulnError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| VulnError::at("the text", format!("{error}: expected UTF-8")))?;
    if !text.ends_with('\n') {
        return Err(VulnError::at(
            "the last line",
            "it has no end: fetch the file again, whole",
        ));
    }
    let mut lines = (1..).zip(text.lines());
    let date = lines.next().and_then(|(_, line)| date_of(line));
    let date = date.ok_or_else(|| {
        let problem = "expected `#model_version:...,score_date:YYYY-MM-DD...`, as FIRST writes it";
        VulnError::at("line 1", problem)
    })?;
    match lines.next() {
        Some((_, "cve,epss,percentile")) => {}
        _ => return Err(VulnError::at("line 2", "expected `cve,epss,percentile`")),
    }
    let read = |(number, line): (usize, &str)| {
        entry(line, &date).map_err(|problem| VulnError::at(format!("line {number}"), problem))
    };
    lines.map(read).collect()
}

fn date_of(line: &str) -> Option<String> {
    let rest = line.strip_prefix("#model_version:")?;
    let (_, date) = rest.split_once("score_date:")?;
    day(date).ok()
}

fn entry(line: &str, date: &str) -> Result<Entry, String> {
    let mut cells = line.split(',');
    let (Some(cve), Some(score), Some(percentile), None) =
        (cells.next(), cells.next(), cells.next(), cells.next())
    else {
        return Err("expected a CVE and two numbers".to_owned());
    };
    Ok(Entry {
        cve: cve_id(cve)?,
        likelihood: Likelihood {
            score: share(score)?,
            percentile: share(percentile)?,
            date: date.to_owned(),
        },
    })
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    let number = number.filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| {
        format!(
            "`{}` is no number from 0 to 1",
            super::names::shortened(text)
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::io::Write as _;

    use super::*;

    const TEXT: &str = "#model_version:v2025.03.14,score_date:2026-01-02T12:55:00Z\n\
        cve,epss,percentile\nCVE-2026-0001,0.94321,0.99871\nCVE-2026-0002,0.00043,0.1\n";

    #[test]
    fn estimates_are_read_plain_and_packed() {
        let plain = read(TEXT.as_bytes()).unwrap();
        assert_eq!(plain.len(), 2);
        assert_eq!(plain[0].likelihood.date, "2026-01-02");
        assert!((plain[0].likelihood.score - 0.94321).abs() < 1e-12);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(TEXT.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(read(&packed).unwrap(), plain);
        assert!(read(&packed[..packed.len() - 9]).is_err());
    }

    #[test]
    fn a_file_that_was_cut_or_bent_is_refused_with_the_line() {
        for (text, place) in [
            (&TEXT[..TEXT.len() - 1], "the last line"),
            (&TEXT.replace("0.1\n", "1.1\n"), "line 4"),
            (&TEXT.replace(",0.1\n", "\n"), "line 4"),
            (&TEXT.replace("0.94321", "NaN"), "line 3"),
            (&TEXT.replace("cve,epss", "epss,cve"), "line 2"),
            (&TEXT.replace("score_date:2026", "score_date:26"), "line 1"),
            ("", "the last line"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
