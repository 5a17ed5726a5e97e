//! `vuln.scan`: which components of an inventory are affected by what.
//!
//! Inputs: `inventory` (CycloneDX or SPDX), `advisories` (a bundle). Outputs:
//! `components.csv`, every component with its answer, and `findings.csv`, every
//! advisory that affects one. Each component ends as affected, not affected or
//! undecidable, and the three add up to all.

mod report;

use std::collections::BTreeMap;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use report::{Answer, Counts, Listed, ScanReport, Undecided};

use crate::advisory::Bundle;
use crate::advisory::osv::{Match, Package};
use crate::inventory::{self, Component};
use crate::limits;

/// The engine as plain data.
pub const SCAN: Engine = Engine::of::<Scan>();

/// The engine's type.
pub struct Scan;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanRequest {}

impl TypedEngine for Scan {
    type Request = ScanRequest;
    type Report = ScanReport;
    const NAME: &'static str = "vuln.scan";
    const VERSION: &'static str = "1";

    fn run(
        _request: ScanRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(ScanReport, Vec<Finding>, Vec<Output>), EngineError> {
        progress.report("read", 0, 2);
        let bundle = read_input(inputs, "advisories", limits::BUNDLE_BYTES)?;
        let bundle = Bundle::parse(&bundle).map_err(|error| error.of_input("advisories"))?;
        progress.report("read", 1, 2);
        let components = read_input(inputs, "inventory", limits::INVENTORY_BYTES)?;
        let components =
            inventory::parse(&components).map_err(|error| error.of_input("inventory"))?;
        progress.report("read", 2, 2);
        let scanned: Vec<Scanned<'_>> = (components.iter())
            .map(|component| Scanned::of(component, &bundle))
            .collect();
        let report = report::of(&scanned, bundle.len() as u64);
        let findings = findings(&report);
        Ok((report, findings, report::outputs(&scanned)))
    }
}

/// A component and what is said of it.
struct Scanned<'a> {
    component: &'a Component,
    version: Option<&'a str>,
    verdict: Verdict,
}

enum Verdict {
    /// Identifiers of the advisories, ascending, with other names.
    Affected(BTreeMap<String, Vec<String>>),
    NotAffected,
    Undecidable(Undecided),
}

impl<'a> Scanned<'a> {
    fn of(component: &'a Component, bundle: &Bundle) -> Self {
        let in_url = component.package.as_ref().ok();
        let version = in_url
            .and_then(|package| package.version.as_deref())
            .or(component.version.as_deref());
        Self {
            component,
            version,
            verdict: verdict(component, version, bundle),
        }
    }
}

fn verdict(component: &Component, version: Option<&str>, bundle: &Bundle) -> Verdict {
    let Ok(package) = &component.package else {
        return Verdict::Undecidable(Undecided::NoPackageUrl);
    };
    let Some(name) = package.osv_name() else {
        return Verdict::Undecidable(Undecided::UnknownEcosystem);
    };
    if !bundle.covers(&name.0) {
        return Verdict::Undecidable(Undecided::NotCovered);
    }
    let Some(version) = version else {
        return Verdict::Undecidable(Undecided::NoVersion);
    };
    let mut affected = BTreeMap::new();
    let mut unread = false;
    for (advisory, part) in bundle.of_package(&name) {
        let scheme = part.package.as_ref().and_then(Package::scheme);
        match scheme.map_or(Match::Undecidable, |it| part.contains(it, version)) {
            Match::Affected => {
                affected.insert(advisory.id.clone(), advisory.aliases.clone());
            }
            Match::Undecidable => unread = true,
            Match::NotAffected => {}
        }
    }
    match (affected.is_empty(), unread) {
        (false, _) => Verdict::Affected(affected),
        (true, true) => Verdict::Undecidable(Undecided::NotOrdered),
        (true, false) => Verdict::NotAffected,
    }
}

fn findings(report: &ScanReport) -> Vec<Finding> {
    let undecidable = report.counts.undecidable;
    let mut findings = Vec::new();
    if undecidable > 0 {
        findings.push(Finding {
            severity: Severity::Warning,
            code: "components.undecidable".to_owned(),
            place: "inventory".to_owned(),
            message: Label::new(
                format!("구성요소 {undecidable}개는 영향을 받는지 판단할 수 없습니다. 안전하다는 뜻이 아닙니다."),
                format!("Of {undecidable} components it cannot be told whether they are affected; that does not make them clean."),
            ),
        });
    }
    findings
}
