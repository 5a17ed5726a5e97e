//! A proposed change of authorisations.

use std::collections::BTreeSet;

use crate::vrp::Vrp;
use crate::{RouteError, VrpTable, limits, text};

/// One line of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Publish it.
    Add(Vrp),
    /// Take it back.
    Remove(Vrp),
}

/// A set of changes that are published together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// What is published.
    pub added: BTreeSet<Vrp>,
    /// What is taken back.
    pub removed: BTreeSet<Vrp>,
}

impl Proposal {
    /// Reads a delta as Krill takes it (`A: 192.0.2.0/24-26 => 64496` to add,
    /// `R:` to remove, `#` begins a comment), or a table as
    /// [`VrpTable::parse`], all of which is added.
    ///
    /// # Errors
    /// [`RouteError`] with the line and what to write.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| RouteError::line(1, "it is not UTF-8 text"))?;
        let lines = (1..).zip(text.lines().map(without_comment));
        let first = lines.clone().find(|(_, line)| !line.is_empty());
        let proposal = match first {
            Some((_, line)) if !is_change(line) => Self {
                added: VrpTable::parse(bytes)?.as_slice().iter().copied().collect(),
                removed: BTreeSet::new(),
            },
            _ => Self::parse_delta(lines)?,
        };
        let changes = proposal.added.len() + proposal.removed.len();
        if changes > limits::CHANGES {
            return Err(RouteError::TooMany {
                what: "changes",
                limit: limits::CHANGES as u64,
            });
        }
        Ok(proposal)
    }

    fn parse_delta<'t>(lines: impl Iterator<Item = (usize, &'t str)>) -> Result<Self, RouteError> {
        let mut proposal = Self::default();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let wrong = |problem| RouteError::line(number, problem);
            let fresh = match parse_change(line).map_err(wrong)? {
                Change::Add(vrp) => !proposal.removed.contains(&vrp) && proposal.added.insert(vrp),
                Change::Remove(vrp) => {
                    !proposal.added.contains(&vrp) && proposal.removed.insert(vrp)
                }
            };
            if !fresh {
                return Err(wrong(format!(
                    "`{}` stands in the proposal already: name each authorisation once",
                    text::shown(line)
                )));
            }
        }
        Ok(proposal)
    }
}

impl std::fmt::Display for Change {
    /// A line of Krill's delta.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Add(vrp) => write!(f, "A: {vrp}"),
            Self::Remove(vrp) => write!(f, "R: {vrp}"),
        }
    }
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

fn is_change(line: &str) -> bool {
    line.starts_with("A:") || line.starts_with("R:")
}

fn parse_change(line: &str) -> Result<Change, String> {
    let expected = || {
        format!(
            "`{}` is no change: write it as A: 192.0.2.0/24-26 => 64496",
            text::shown(line)
        )
    };
    let (kind, vrp) = line.split_once(':').ok_or_else(expected)?;
    let (prefix, origin) = vrp.split_once("=>").ok_or_else(expected)?;
    let (prefix, max_length) = match prefix.rsplit_once('-') {
        Some((prefix, max_length)) => (prefix, max_length),
        None => (prefix, ""),
    };
    let prefix = text::prefix(prefix)?;
    let vrp = Vrp {
        prefix,
        max_length: text::max_length(max_length, prefix)?,
        origin: text::asn(origin)?,
    };
    match kind.trim() {
        "A" => Ok(Change::Add(vrp)),
        "R" => Ok(Change::Remove(vrp)),
        _ => Err(expected()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_delta_reads_back_as_it_was_written() {
        let text = "# first step\nA: 192.0.2.0/24-26 => 64496\nR: 2001:db8::/32 => 64497 # old\n\n";
        let proposal = Proposal::parse(text.as_bytes()).unwrap();
        let lines: Vec<_> = proposal
            .added
            .iter()
            .map(|vrp| Change::Add(*vrp).to_string())
            .chain(
                proposal
                    .removed
                    .iter()
                    .map(|vrp| Change::Remove(*vrp).to_string()),
            )
            .collect();
        assert_eq!(
            lines,
            ["A: 192.0.2.0/24-26 => 64496", "R: 2001:db8::/32 => 64497"]
        );
    }

    #[test]
    fn a_table_is_all_additions() {
        let csv = "ASN,IP Prefix,Max Length\nAS64496,192.0.2.0/24,26\n";
        let proposal = Proposal::parse(csv.as_bytes()).unwrap();
        assert_eq!((proposal.added.len(), proposal.removed.len()), (1, 0));
    }

    #[test]
    fn a_change_that_contradicts_another_is_refused() {
        let twice = "A: 192.0.2.0/24 => 1\nR: 192.0.2.0/24 => 1\n";
        let error = Proposal::parse(twice.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("line 2: "), "{error}");
        for line in [
            "A: 192.0.2.0/24",
            "A: x => 1",
            "A: 192.0.2.0/24-33 => 1",
            "A:",
        ] {
            assert!(Proposal::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert_eq!(Proposal::parse(b"").unwrap(), Proposal::default());
    }
}
