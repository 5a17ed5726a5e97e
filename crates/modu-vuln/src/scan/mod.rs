//! `vuln.scan`: which components of an inventory are affected by what.
//!
//! Inputs: `inventory` (a list of components), `advisories` (a bundle: its
//! advisories on packages, and its CVE records where a component has a CPE name
//! and no package URL).
//! Outputs: `components.csv`, every component with its answer, and
//! `findings.csv`, every advisory that affects one. Each component ends as
//! affected, not affected or undecidable, and the three add up to all.

pub(crate) mod by_name;
pub(crate) mod matcher;
mod report;
pub(crate) mod statements;

use jiff::Timestamp;
use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use by_name::{ByName, Wanted};
use matcher::Matcher;
pub use report::{Answer, Counts, Listed, ScanReport, ScannedBundle, Undecided};

use self::statements::Statements;
use crate::advisory::{Bundle, Freshness, cve};
use crate::index::{Builder, Index, Numbers};
use crate::{VulnError, inventory, limits};
pub use statements::ClearedFinding;

/// The engine as plain data.
pub const SCAN: Engine = Engine::of::<Scan>();

/// The engine's type.
pub struct Scan;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanRequest {
    /// The time of the scan, RFC 3339: a bundle that is past its age then
    /// calls nothing clean.
    pub at: String,
}

impl TypedEngine for Scan {
    type Request = ScanRequest;
    type Report = ScanReport;
    const NAME: &'static str = "vuln.scan";
    const VERSION: &'static str = "5";

    fn run(
        request: ScanRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(ScanReport, Vec<Finding>, Vec<Output>), EngineError> {
        progress.report("read", 0, 2);
        let at =
            (request.at.parse()).map_err(|error| EngineError::Request(format!("at: {error}")))?;
        let inventory = read_input(inputs, "inventory", limits::INVENTORY_BYTES)?;
        let inventory =
            inventory::parse(&inventory).map_err(|error| error.of_input("inventory"))?;
        progress.report("read", 1, 2);
        let wanted = Wanted::of(&inventory.components);
        let Advisories {
            index,
            records,
            numbers,
            statements,
            bundle,
        } = advisories(inputs, at, &wanted)?;
        progress.report("read", 2, 2);
        let by_name = ByName::of(&records, &numbers);
        let mut matcher = Matcher::new(&index, by_name, bundle.freshness);
        let components = &inventory.components;
        let mut scanned: Vec<_> = components.iter().map(|it| matcher.scan(it)).collect();
        let (asset, matcher_mut) = (&inventory.asset, &mut matcher);
        let cleared = statements.apply(asset, components, &mut scanned, matcher_mut, &index);
        let mut report = report::of(asset, &scanned, &matcher, &index, bundle);
        report.cleared = cleared.len() as u64;
        report.listed_cleared = cleared.iter().take(limits::LISTED).cloned().collect();
        let findings = findings(&report);
        let mut outputs = report::outputs(asset, &scanned, &matcher, &index);
        outputs.push(report::statements(asset, &cleared));
        Ok((report, findings, outputs))
    }
}

/// What a bundle holds for a scan.
struct Advisories {
    index: Index,
    /// CVE records on the products that the list names by CPE.
    records: Vec<cve::Record>,
    numbers: Numbers,
    statements: Statements,
    bundle: ScannedBundle,
}

/// The advisories and what their bundle says of itself.
fn advisories(
    inputs: &dyn Inputs,
    at: Timestamp,
    wanted: &Wanted,
) -> Result<Advisories, EngineError> {
    let wrong = |error: VulnError| error.of_input("advisories");
    let bytes = read_input(inputs, "advisories", limits::BUNDLE_BYTES)?;
    let bundle = Bundle::new(bytes).map_err(wrong)?;
    let (mut builder, mut records) = (Builder::default(), Vec::new());
    bundle
        .each_line(|number, line| {
            let read = wanted.read(line).map_err(|error| {
                let problem = format!("{error}: expected one record of a bundle");
                VulnError::at(format!("line {number}"), problem)
            });
            records.extend(read?);
            builder.add(number, line)
        })
        .map_err(wrong)?;
    Ok(Advisories {
        numbers: builder.number(&records).map_err(wrong)?,
        index: builder.finish().map_err(wrong)?,
        records,
        statements: Statements::of(&bundle).map_err(wrong)?,
        bundle: ScannedBundle::of(&bundle, at).map_err(wrong)?,
    })
}

fn findings(report: &ScanReport) -> Vec<Finding> {
    let undecidable = report.counts.undecidable;
    let mut findings = Vec::new();
    if report.bundle.freshness != Freshness::Fresh {
        findings.push(Finding {
            severity: Severity::Problem,
            code: "advisories.stale".to_owned(),
            place: "advisories".to_owned(),
            message: report.bundle.label(),
        });
    }
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
