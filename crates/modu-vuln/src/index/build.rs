//! Laying out an index, line by line.

use super::line::{Advisory, Affected, Event, Kind, Range};
use super::rows::{Row, Steps};
use super::{AdvisoryNumber, Ecosystem, EcosystemNumber, Index, Numbers, Span, Step, package_key};
use crate::advisory::cve;
use crate::advisory::osv::{self, Change, scheme_of, steps};
use crate::inventory::{Text, normal_name};
use crate::version::{Scheme, Version};
use crate::{VulnError, limits};

/// How the lines begin that hold advisories of the OSV format.
const OSV: &[u8] = b"{\"kind\":\"osv\",";

/// An index that is being laid out.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    index: Index,
    key: Vec<u8>,
}

impl Builder {
    /// Takes one line of a bundle; of other kinds only the number is kept.
    pub(crate) fn add(&mut self, number: u64, line: &[u8]) -> Result<(), VulnError> {
        let wrong = |error: serde_json::Error| VulnError::Malformed {
            place: format!("line {number}"),
            problem: format!("{error}: expected one record of a bundle"),
        };
        self.index.records += 1;
        if !line.starts_with(OSV) {
            let kind: Kind<'_> = serde_json::from_slice(line).map_err(wrong)?;
            if kind.kind.0 != "osv" {
                return Ok(());
            }
        }
        let advisory: Advisory<'_> = serde_json::from_slice(line).map_err(wrong)?;
        match advisory.withdrawn {
            None => self.advisory(&advisory),
            Some(_) => Ok(()),
        }
    }

    /// Gives CVE records numbers among the advisories, by identifier: rows of
    /// packages have none of them.
    pub(crate) fn number(&mut self, records: &[cve::Record]) -> Result<Numbers, VulnError> {
        let mut numbers = Numbers::new();
        for record in records {
            let place = AdvisoryNumber(number(self.index.advisories.len())?);
            let id = self.lay(record.id.as_bytes())?;
            self.index.advisories.push((id, id));
            numbers.insert(record.id.clone(), place);
        }
        Ok(numbers)
    }

    /// The index, its rows by package.
    pub(crate) fn finish(mut self) -> Result<Index, VulnError> {
        self.index.rows.sort_by_key(|row| row.package);
        let rows = &self.index.rows;
        let packages = self.index.packages.len();
        let mut starts = Vec::with_capacity(packages + 1);
        let mut place = 0;
        for package in 0..=packages {
            while rows
                .get(place)
                .is_some_and(|row| (row.package as usize) < package)
            {
                place += 1;
            }
            starts.push(number(place)?);
        }
        self.index.starts = starts;
        Ok(self.index)
    }

    fn advisory(&mut self, advisory: &Advisory<'_>) -> Result<(), VulnError> {
        if self.index.advisories.len() >= limits::ADVISORIES {
            return Err(VulnError::TooMany {
                what: "advisories",
                limit: limits::ADVISORIES as u64,
            });
        }
        let advisory_number = AdvisoryNumber(number(self.index.advisories.len())?);
        let names = self.names(advisory)?;
        self.index.advisories.push(names);
        for affected in &advisory.affected {
            self.affected(advisory_number, affected)?;
        }
        Ok(())
    }

    /// The identifier begins its own list of names.
    fn names(&mut self, advisory: &Advisory<'_>) -> Result<(Span, Span), VulnError> {
        let mut id = self.lay(advisory.id.0.as_bytes())?;
        let start = id.start;
        for alias in &advisory.aliases {
            self.index.bytes.push(b' ');
            self.lay(alias.0.as_bytes())?;
        }
        let length = number(self.index.bytes.len())? - start;
        id.length = id.length.min(length);
        Ok((id, Span { start, length }))
    }

    fn affected(
        &mut self,
        advisory: AdvisoryNumber,
        affected: &Affected<'_>,
    ) -> Result<(), VulnError> {
        let Some(package) = &affected.package else {
            return Ok(());
        };
        let ecosystem = self.ecosystem(&package.ecosystem.0)?;
        let scheme = scheme_of(&package.ecosystem.0);
        let name = normal_name(&package.ecosystem.0, &package.name.0);
        package_key(ecosystem, &name, &mut self.key);
        let package = match self.index.packages.get(self.key.as_slice()) {
            Some(package) => *package,
            None => {
                let fresh = number(self.index.packages.len())?;
                self.index
                    .packages
                    .insert(self.key.as_slice().into(), fresh);
                fresh
            }
        };
        let mut row = Row {
            package,
            advisory,
            ranges: self.ranges(scheme, &affected.ranges)?,
            named: self.named(&affected.versions)?,
            places: (0, 0),
            unplaced: false,
        };
        if let (true, Some(scheme)) = (row.ranges.0 == row.ranges.1, scheme) {
            (row.places, row.unplaced) = self.places(scheme, &affected.versions)?;
        }
        self.index.rows.push(row);
        Ok(())
    }

    fn ecosystem(&mut self, name: &str) -> Result<EcosystemNumber, VulnError> {
        let known = &mut self.index.ecosystems;
        let place = known.iter().position(|ecosystem| ecosystem.name == name);
        if place.is_none() && known.len() >= limits::ECOSYSTEMS {
            return Err(VulnError::TooMany {
                what: "ecosystems",
                limit: limits::ECOSYSTEMS as u64,
            });
        }
        let place = place.unwrap_or_else(|| {
            known.push(Ecosystem {
                name: name.to_owned(),
                scheme: scheme_of(name),
            });
            known.len() - 1
        });
        number(place).map(EcosystemNumber)
    }

    fn ranges(
        &mut self,
        scheme: Option<Scheme>,
        ranges: &[Range<'_>],
    ) -> Result<(u32, u32), VulnError> {
        let start = number(self.index.ranges.len())?;
        for range in ranges.iter().filter(|range| range.kind.0 != "GIT") {
            let steps = match scheme
                .and_then(|scheme| steps(scheme, range.events.iter().map(Event::parts)))
            {
                None => Steps::Undecidable,
                Some((from_first, steps)) => Steps::Ordered {
                    from_first,
                    steps: self.steps(&steps)?,
                },
            };
            self.index.ranges.push(steps);
        }
        Ok((start, number(self.index.ranges.len())?))
    }

    fn steps(&mut self, read: &[osv::Step<'_>]) -> Result<(u32, u32), VulnError> {
        let start = number(self.index.steps.len())?;
        for step in read {
            let place = self.lay(step.at.stored(step.text))?;
            self.index.steps.push(Step {
                place,
                after: step.change == Change::ClosesAfter,
                opens: step.change == Change::Opens,
            });
        }
        Ok((start, number(self.index.steps.len())?))
    }

    fn named(&mut self, versions: &[Text<'_>]) -> Result<(u32, u32), VulnError> {
        let mut names: Vec<&str> = versions.iter().map(|version| version.0.as_ref()).collect();
        names.sort_unstable();
        self.spans(names.iter().map(|name| name.as_bytes()))
    }

    /// The places of versions, and whether one has none.
    fn places(
        &mut self,
        scheme: Scheme,
        versions: &[Text<'_>],
    ) -> Result<((u32, u32), bool), VulnError> {
        let read = versions.iter().filter_map(|text| {
            let version = Version::parse(scheme, &text.0).ok()?;
            Some((version, text.0.as_ref()))
        });
        let mut places: Vec<(Version, &str)> = read.collect();
        let unplaced = places.len() < versions.len();
        places.sort_by(|one, other| one.0.order(&other.0));
        let stored = places.iter().map(|(version, text)| version.stored(text));
        Ok((self.spans(stored)?, unplaced))
    }

    fn spans<'b>(&mut self, all: impl Iterator<Item = &'b [u8]>) -> Result<(u32, u32), VulnError> {
        let start = number(self.index.versions.len())?;
        for bytes in all {
            let span = self.lay(bytes)?;
            self.index.versions.push(span);
        }
        Ok((start, number(self.index.versions.len())?))
    }

    fn lay(&mut self, bytes: &[u8]) -> Result<Span, VulnError> {
        let span = Span {
            start: number(self.index.bytes.len())?,
            length: number(bytes.len())?,
        };
        self.index.bytes.extend_from_slice(bytes);
        number(self.index.bytes.len())?;
        Ok(span)
    }
}

/// A place in the index; it has at most 2^32.
fn number(place: usize) -> Result<u32, VulnError> {
    u32::try_from(place).map_err(|_| VulnError::TooMany {
        what: "bytes of names and versions",
        limit: u64::from(u32::MAX),
    })
}
