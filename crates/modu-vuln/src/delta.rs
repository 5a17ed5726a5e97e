//! What one new advisory affects, without a scan of everything.
//!
//! A scan asks of each component which advisories speak of it. When one
//! advisory comes in, the question is the other way round: which components
//! does it speak of? Each component has a *key*, the ecosystem's family and
//! the package's name; an advisory has the keys of the packages that it names.
//! Whoever keeps components by key looks at those few and asks of each what a
//! scan would ask, so both give the same answer.

use std::collections::BTreeSet;

use crate::advisory::{Freshness, Record, read};
use crate::index::{Builder, Index};
use crate::inventory::{Component, OsvEcosystem, PackageUrl, normal_name};
use crate::scan::matcher::{Matcher, Verdict};
use crate::{VulnError, scan::Undecided};

/// An advisory that has just come in.
#[derive(Debug)]
pub struct NewAdvisory {
    index: Index,
    keys: BTreeSet<Vec<u8>>,
    ids: Vec<String>,
}

/// What an advisory says of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It affects it: the advisories of the file that do, ascending.
    Affected(Vec<String>),
    /// It does not.
    NotAffected,
    /// It cannot be told.
    Undecidable(Undecided),
}

impl NewAdvisory {
    /// Reads a file of advisories in the OSV format; most hold one.
    ///
    /// # Errors
    /// [`VulnError`] where it is none, or of another format.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, VulnError> {
        let (mut builder, mut keys, mut ids) = (Builder::default(), BTreeSet::new(), Vec::new());
        for (number, record) in (1..).zip(read(name, bytes)?) {
            let Record::Osv(advisory) = &record else {
                return Err(VulnError::Malformed {
                    place: "the document".into(),
                    problem: "expected an advisory in the OSV format: other kinds name no packages"
                        .into(),
                });
            };
            let packages = advisory
                .affected
                .iter()
                .filter_map(|it| it.package.as_ref());
            keys.extend(packages.map(|it| key(&it.ecosystem, &it.name)));
            ids.push(advisory.id.clone());
            let line = serde_json::to_vec(&record).map_err(|error| VulnError::json(&error))?;
            builder.add(number, &line)?;
        }
        Ok(Self {
            index: builder.finish()?,
            keys,
            ids,
        })
    }

    /// Their identifiers.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The keys of the components to look at; no other is affected.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(Vec::as_slice)
    }

    /// What it says of a component, as a scan would answer.
    #[must_use]
    pub fn judge(&self, component: &Component<'_>) -> Judged {
        let mut matcher = Matcher::new(&self.index, Freshness::Fresh);
        let verdict = matcher.scan(component).verdict;
        match verdict {
            Verdict::NotAffected => Judged::NotAffected,
            Verdict::Undecidable(reason) => Judged::Undecidable(reason),
            Verdict::Affected(..) => {
                let hits = matcher.hits(verdict).iter();
                Judged::Affected(hits.map(|it| self.index.id(*it).to_owned()).collect())
            }
        }
    }
}

/// The key of a component; none where no advisory can speak of it.
#[must_use]
pub fn key_of(component: &Component<'_>) -> Option<Vec<u8>> {
    let purl = PackageUrl::parse(component.purl.as_deref()?).ok()?;
    let package = purl.osv().ok()?;
    let family = match &package.ecosystem {
        OsvEcosystem::Whole(name) => *name,
        OsvEcosystem::Release { family, .. } => *family,
    };
    Some(key(family, &package.name))
}

fn key(ecosystem: &str, name: &str) -> Vec<u8> {
    let family = ecosystem.split(':').next().unwrap_or_default();
    let name = normal_name(ecosystem, name);
    [family.as_bytes(), &[0], name.as_bytes()].concat()
}
