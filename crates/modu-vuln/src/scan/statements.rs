//! What makers of products say of faults that a scan finds (VEX).
//!
//! Of several statements on one fault and component the latest counts. One
//! that clears a finding changes the answer and is listed beside it, with
//! whoever made it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::matcher::{Matcher, Scanned, Verdict};
use crate::VulnError;
use crate::advisory::vex::{Statement, of_csaf};
use crate::advisory::{Bundle, Record};
use crate::index::{AdvisoryNumber, Index};
use crate::inventory::{Component, PackageUrl};

/// A finding that a statement cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearedFinding {
    /// The component, as findings name it.
    pub component: String,
    /// Its version.
    pub version: String,
    /// The advisory that affects it.
    pub advisory: String,
    /// The statement.
    pub statement: String,
    /// Who made it.
    pub author: String,
    /// Why; a fault that was mended may have no further reason.
    pub why: String,
}

/// Statements by the name of the package, which all spellings share.
#[derive(Debug, Default)]
pub(crate) struct Statements(HashMap<String, Vec<Statement>>);

impl Statements {
    /// The statements of a bundle, OpenVEX, CycloneDX and CSAF; other lines are
    /// not read.
    pub(crate) fn of(bundle: &Bundle) -> Result<Self, VulnError> {
        let mut statements = Self::default();
        bundle.each_line(|number, line| {
            let of_kind = [&b"{\"kind\":\"vex\""[..], b"{\"kind\":\"csaf\""];
            if !of_kind.iter().any(|start| line.starts_with(start)) {
                return Ok(());
            }
            let record = serde_json::from_slice(line)
                .map_err(|error| VulnError::at(format!("line {number}"), error.to_string()))?;
            match record {
                Record::Vex(statement) => statements.add(statement),
                Record::Csaf(advisory) => of_csaf(&advisory)
                    .into_iter()
                    .for_each(|it| statements.add(it)),
                _ => {}
            }
            Ok(())
        })?;
        Ok(statements)
    }

    fn add(&mut self, statement: Statement) {
        for product in &statement.products {
            if let Ok(purl) = PackageUrl::parse(product) {
                let all = self.0.entry(key(&purl)).or_default();
                if all.last() != Some(&statement) {
                    all.push(statement.clone());
                }
            }
        }
    }

    /// The statement that clears a fault of a package in all of these versions.
    pub(crate) fn clearing<'s>(
        &'s self,
        asset: &str,
        package: &str,
        versions: &[String],
        names: &[&str],
    ) -> Option<&'s Statement> {
        let purl = PackageUrl::parse(package).ok()?;
        let all = self.0.get(&key(&purl))?;
        let of_version = |version: &String| {
            let spoken = all
                .iter()
                .filter(|it| it.speaks_of(&purl, Some(version), asset));
            clearing(&spoken.collect::<Vec<_>>(), names)
        };
        let mut statements = versions.iter().map(of_version);
        let first = statements.next()??;
        statements.all(|it| it.is_some()).then_some(first)
    }

    /// Applies them to what was found, component by component.
    pub(super) fn apply(
        &self,
        asset: &str,
        components: &[Component<'_>],
        scanned: &mut [Scanned<'_>],
        matcher: &mut Matcher<'_>,
        index: &Index,
    ) -> Vec<ClearedFinding> {
        let mut cleared = Vec::new();
        if self.0.is_empty() {
            return cleared;
        }
        for (component, one) in components.iter().zip(scanned) {
            let Verdict::Affected(..) = one.verdict else {
                continue;
            };
            let Some(Ok(purl)) = component.purl.as_deref().map(PackageUrl::parse) else {
                continue;
            };
            let all = self.0.get(&key(&purl)).map_or(&[][..], Vec::as_slice);
            let spoken = all
                .iter()
                .filter(|it| it.speaks_of(&purl, Some(&one.version), asset));
            let spoken: Vec<&Statement> = spoken.collect();
            let before = cleared.len();
            let mut kept: Vec<AdvisoryNumber> = Vec::new();
            for number in matcher.hits(one.verdict) {
                let names: Vec<&str> = index.names(*number).split(' ').collect();
                match clearing(&spoken, &names) {
                    None => kept.push(*number),
                    Some(statement) => cleared.push(ClearedFinding {
                        component: one.component.to_owned(),
                        version: one.version.to_string(),
                        advisory: index.id(*number).to_owned(),
                        statement: statement.id.clone(),
                        author: statement.author.clone(),
                        why: statement.why.clone().unwrap_or_default(),
                    }),
                }
            }
            if cleared.len() > before {
                one.verdict = matcher.without(one.verdict, &kept);
            }
        }
        cleared
    }
}

/// The statement that clears a finding: the latest that speaks of the fault,
/// if it does. A statement without a day is older than any with one.
fn clearing<'s>(spoken: &[&'s Statement], names: &[&str]) -> Option<&'s Statement> {
    let of_fault = spoken.iter().filter(|it| {
        names
            .iter()
            .any(|name| it.names.iter().any(|its| its == name))
    });
    // Of two of the same time the one that does not clear counts.
    let clears = |it: &Statement| it.clears(names.iter().copied());
    let latest = of_fault.max_by_key(|it| (it.made.as_deref(), !clears(it)))?;
    clears(latest).then_some(*latest)
}

/// Kind and name in one spelling.
fn key(purl: &PackageUrl<'_>) -> String {
    let name = purl.name.to_lowercase().replace(['_', '.'], "-");
    format!("{}/{name}", purl.kind)
}
