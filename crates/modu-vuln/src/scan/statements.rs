//! What makers of products say of faults that a scan finds (VEX).
//!
//! Of several statements on one fault and component the latest counts. One
//! that clears a finding changes the answer and is listed beside it, with
//! whoever made it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::by_name::sought_by;
use super::matcher::{Matcher, Scanned, Verdict};
use crate::VulnError;
use crate::advisory::vex::{Named, Statement, of_csaf};
use crate::advisory::{Bundle, Record};
use crate::cpe::{Attribute, Cpe};
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

/// Statements by the name of the package or the product.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    /// All spellings of a package's name share one key.
    by_name: HashMap<String, Vec<Statement>>,
    /// Those on CPE names whose vendor or product is left open.
    open: Vec<Statement>,
}

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
            let key = match (PackageUrl::parse(product), Cpe::parse(product)) {
                (Ok(purl), _) => Some(key(&purl)),
                (Err(_), Ok(cpe)) => key_of_product(&cpe),
                (Err(_), Err(_)) => continue,
            };
            let all = match key {
                Some(key) => self.by_name.entry(key).or_default(),
                None => &mut self.open,
            };
            if all.last() != Some(&statement) {
                all.push(statement.clone());
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.open.is_empty()
    }

    /// Those that speak of a component.
    fn on(&self, component: &Named<'_>, asset: &str) -> Vec<&Statement> {
        let of_package = component.purl.as_ref().map(key);
        let of_product = component.cpe.as_ref().and_then(key_of_product);
        let keys = of_package.into_iter().chain(of_product);
        let by_name = keys.filter_map(|key| self.by_name.get(&key)).flatten();
        let all = by_name.chain(&self.open);
        all.filter(|it| it.speaks_of(component, asset)).collect()
    }

    /// The statement that clears a fault of a component, called as findings
    /// call it, in all of these versions.
    pub(crate) fn clearing<'s>(
        &'s self,
        asset: &str,
        component: &str,
        versions: &[String],
        names: &[&str],
    ) -> Option<&'s Statement> {
        let of_version = |version: &String| {
            let named = Named {
                purl: PackageUrl::parse(component).ok(),
                cpe: Cpe::of_product_part(component).map(|it| of_version(it, version)),
                version: Some(version),
            };
            clearing(&self.on(&named, asset), names)
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
        if self.is_empty() {
            return cleared;
        }
        for (component, one) in components.iter().zip(scanned) {
            let Verdict::Affected(..) = one.verdict else {
                continue;
            };
            let named = Named {
                purl: component
                    .purl
                    .as_deref()
                    .map(PackageUrl::parse)
                    .and_then(Result::ok),
                cpe: sought_by(component)
                    .and_then(|name| Cpe::parse(name).ok())
                    .map(|it| of_version(it, &one.version)),
                version: Some(&one.version),
            };
            let spoken = self.on(&named, asset);
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

/// A name with the version that was found, where it has none itself.
fn of_version(name: Cpe, version: &str) -> Cpe {
    match name.version() {
        Attribute::Value(_) => name,
        _ if version.is_empty() => name,
        _ => name.with_version(version),
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

/// No kind of package has a colon in its name.
fn key_of_product(name: &Cpe) -> Option<String> {
    let (vendor, product) = name.product_stated()?;
    Some(format!("cpe:{vendor}:{product}"))
}
