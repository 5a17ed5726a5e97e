//! Many advisories as one artifact: a line of JSON for each record. So a scan
//! is named by one digest, and needs no network.

use super::Record;
use crate::VulnError;

/// The records of a bundle.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The lines of the canonical text.
    text: Vec<u8>,
}

impl Bundle {
    /// Takes a bundle; its records are read when they are asked for.
    ///
    /// # Errors
    /// None yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, VulnError> {
        Ok(Self {
            text: bytes.to_vec(),
        })
    }

    /// Every record in the order of the bundle, withdrawn ones among them.
    /// Each is read anew: costs time by the length of the bundle.
    ///
    /// # Errors
    /// [`VulnError`] with the line that is no record.
    pub fn records(&self) -> impl Iterator<Item = Result<Record, VulnError>> + '_ {
        self.lines().map(|(number, line)| {
            serde_json::from_slice(line).map_err(|error| VulnError::Malformed {
                place: format!("line {number}"),
                problem: format!("{error}: expected one record of a bundle"),
            })
        })
    }

    /// Takes each line with its number.
    pub(crate) fn each_line(
        &self,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), VulnError>,
    ) -> Result<(), VulnError> {
        self.lines()
            .try_for_each(|(number, line)| take(number, line))
    }

    fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> + '_ {
        let lines = (1..).zip(self.text.split(|byte| *byte == b'\n'));
        lines.filter(|(_, line)| !line.is_empty())
    }
}
