//! An operator's own list of who runs which network.

use std::collections::{BTreeMap, BTreeSet};

use rpki::resources::Asn;

use crate::{RouteError, limits, text};

/// Organisations by network. A network may belong to more than one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Organisations {
    names: BTreeSet<String>,
    owners: BTreeMap<Asn, Vec<String>>,
}

/// Characters of a name.
const NAME_LENGTH: usize = 100;

impl Organisations {
    /// Reads a CSV with the heading `organisation,asn`. A name may be quoted.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let table = std::str::from_utf8(bytes)
            .map_err(|_| RouteError::line(1, "it is not UTF-8 text: save it as UTF-8"))?;
        let table = table.strip_prefix('\u{feff}').unwrap_or(table);
        let mut organisations = Self::default();
        for (number, line) in (1..).zip(table.lines()) {
            if number == 1 && line.trim() != "organisation,asn" {
                return Err(RouteError::line(1, "the first line is `organisation,asn`"));
            }
            if number == 1 || line.trim().is_empty() {
                continue;
            }
            let (name, asn) = row(line).map_err(|problem| RouteError::line(number, problem))?;
            organisations.names.insert(name.clone());
            let owners = organisations.owners.entry(asn).or_default();
            if !owners.contains(&name) {
                owners.push(name);
            }
        }
        match organisations.names.len() > limits::ORGANISATIONS {
            true => Err(RouteError::TooMany {
                what: "organisations",
                limit: limits::ORGANISATIONS as u64,
            }),
            false => Ok(organisations),
        }
    }

    /// All names, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Who runs a network.
    pub(super) fn of(&self, asn: Asn) -> &[String] {
        self.owners.get(&asn).map_or(&[], Vec::as_slice)
    }
}

fn row(line: &str) -> Result<(String, Asn), String> {
    let (name, asn) = line
        .rsplit_once(',')
        .ok_or_else(|| format!("`{}` is not organisation,asn", text::shown(line)))?;
    let name = name.trim();
    let name = match name.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_owned(),
    };
    let plain = !name.is_empty() && !name.chars().any(char::is_control);
    match plain && name.chars().count() <= NAME_LENGTH {
        true => Ok((name, text::asn(asn)?)),
        false => Err(format!(
            "`{}` is no name: write between 1 and {NAME_LENGTH} characters",
            text::shown(&name)
        )),
    }
}
