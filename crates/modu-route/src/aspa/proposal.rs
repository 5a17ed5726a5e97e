//! A proposed change of provider authorisations.

use std::collections::{BTreeMap, BTreeSet};

use rpki::resources::Asn;

use super::AspaTable;
use crate::{RouteError, limits, text};

/// ASPAs that are published or taken back together. An ASPA speaks of all
/// providers of its customer, so publishing one replaces what was there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AspaProposal {
    /// The providers that a customer will name.
    pub published: BTreeMap<Asn, BTreeSet<Asn>>,
    /// Customers that will have no ASPA.
    pub removed: BTreeSet<Asn>,
}

impl AspaProposal {
    /// Reads lines `A: AS64496 => AS64497, AS64498` (publish this ASPA in
    /// Krill's notation, in place of what the customer has) and `R: AS64496`
    /// (take it back); `#` begins a comment. Or the JSON of
    /// [`AspaTable::parse`], all of which is published.
    ///
    /// # Errors
    /// [`RouteError`] with the line and what to write.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        let proposal = match first {
            Some(b'{') => Self::of_table(&AspaTable::parse(bytes)?),
            _ => Self::parse_delta(bytes)?,
        };
        match proposal.published.len() + proposal.removed.len() > limits::CHANGES {
            true => Err(RouteError::TooMany {
                what: "changes",
                limit: limits::CHANGES as u64,
            }),
            false => Ok(proposal),
        }
    }

    fn of_table(table: &AspaTable) -> Self {
        let published = table.as_slice().iter().map(|aspa| {
            let providers = aspa.providers.iter().copied().collect();
            (aspa.customer, providers)
        });
        Self {
            published: published.collect(),
            removed: BTreeSet::new(),
        }
    }

    fn parse_delta(bytes: &[u8]) -> Result<Self, RouteError> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| RouteError::line(1, "it is not UTF-8 text"))?;
        let mut proposal = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or("").trim();
            if !line.is_empty() {
                let taken = proposal.take(line);
                taken.map_err(|problem| RouteError::line(number, problem))?;
            }
        }
        Ok(proposal)
    }

    fn take(&mut self, line: &str) -> Result<(), String> {
        let expected = || {
            format!(
                "`{}` is no change: write `A: AS64496 => AS64497, AS64498` or `R: AS64496`",
                text::shown(line)
            )
        };
        let (kind, rest) = line.split_once(':').ok_or_else(expected)?;
        let (customer, providers) = match (kind.trim(), rest.split_once("=>")) {
            ("A", Some((customer, providers))) => (text::asn(customer)?, Some(providers)),
            ("R", None) => (text::asn(rest)?, None),
            _ => return Err(expected()),
        };
        if self.published.contains_key(&customer) || self.removed.contains(&customer) {
            return Err(format!(
                "{customer} stands in the proposal already: name each customer once"
            ));
        }
        match providers {
            None => {
                self.removed.insert(customer);
            }
            Some(providers) => {
                let providers: BTreeSet<Asn> = providers
                    .split(',')
                    .map(text::asn)
                    .collect::<Result<_, _>>()?;
                if providers.contains(&customer) {
                    return Err(format!("{customer} cannot be its own provider"));
                }
                self.published.insert(customer, providers);
            }
        }
        Ok(())
    }
}
