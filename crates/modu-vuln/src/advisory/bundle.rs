//! Many advisories as one artifact: a line of JSON for each record. So a scan
//! is named by one digest, and needs no network.

use std::collections::{BTreeSet, HashMap};

use super::Record;
use super::osv::{Advisory, Affected};
use crate::inventory::python_name;
use crate::{VulnError, limits};

/// The records of a bundle, and its advisories by the packages that they name.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The lines of the canonical text.
    text: Vec<u8>,
    advisories: Vec<Advisory>,
    /// Ecosystem and name, to places of advisories and of what is affected.
    by_package: HashMap<(String, String), Vec<(usize, usize)>>,
    ecosystems: BTreeSet<String>,
}

impl Bundle {
    /// Reads a bundle; withdrawn advisories are held against nothing.
    ///
    /// # Errors
    /// [`VulnError`] with the line that is no record.
    pub fn parse(bytes: &[u8]) -> Result<Self, VulnError> {
        let mut bundle = Self {
            text: bytes.to_vec(),
            ..Self::default()
        };
        for (count, record) in records(bytes).enumerate() {
            if count == limits::ADVISORIES {
                return Err(VulnError::TooMany {
                    what: "advisories",
                    limit: limits::ADVISORIES as u64,
                });
            }
            match record? {
                Record::Osv(advisory) if advisory.withdrawn.is_none() => bundle.add(advisory),
                _ => {}
            }
        }
        Ok(bundle)
    }

    /// Every record in the order of the bundle, withdrawn ones among them.
    /// Each is read anew: costs time by the length of the bundle.
    ///
    /// # Errors
    /// [`VulnError`] with the line that is no record.
    pub fn records(&self) -> impl Iterator<Item = Result<Record, VulnError>> + '_ {
        records(&self.text)
    }

    fn add(&mut self, advisory: Advisory) {
        let place = self.advisories.len();
        for (part, affected) in advisory.affected.iter().enumerate() {
            let Some(package) = &affected.package else {
                continue;
            };
            let name = match package.ecosystem.as_str() {
                "PyPI" => python_name(&package.name),
                _ => package.name.clone(),
            };
            self.ecosystems.insert(package.ecosystem.clone());
            let key = (package.ecosystem.clone(), name);
            self.by_package.entry(key).or_default().push((place, part));
        }
        self.advisories.push(advisory);
    }

    /// How many advisories stand in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.advisories.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.advisories.is_empty()
    }

    /// Whether it says anything of an ecosystem. Of one that it never names,
    /// it cannot be said that a component is not affected.
    #[must_use]
    pub fn covers(&self, ecosystem: &str) -> bool {
        self.ecosystems.contains(ecosystem)
    }

    /// What is said of a package.
    pub fn of_package(
        &self,
        package: &(String, String),
    ) -> impl Iterator<Item = (&Advisory, &Affected)> {
        let places = self.by_package.get(package).into_iter().flatten();
        places.filter_map(|(place, part)| {
            let advisory = self.advisories.get(*place)?;
            Some((advisory, advisory.affected.get(*part)?))
        })
    }
}

fn records(text: &[u8]) -> impl Iterator<Item = Result<Record, VulnError>> + '_ {
    let lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    let lines = lines.filter(|(_, line)| !line.is_empty());
    lines.map(|(number, line)| {
        serde_json::from_slice(line).map_err(|error| VulnError::Malformed {
            place: format!("line {number}"),
            problem: format!("{error}: expected one record of a bundle"),
        })
    })
}
