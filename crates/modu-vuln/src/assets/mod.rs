//! `vuln.assets`: which assets of a plant are affected by what.
//!
//! Inputs: `assets` (the plant's list, CSV), `advisories` (a bundle; of its
//! records those in CSAF speak of such products, and CVE records of assets
//! whose CPE name the list has). Outputs: `assets.csv`, every
//! asset with its answer; `findings.csv`, every advisory that affects one;
//! `remedies.csv`, what to do about each. Each asset ends as affected, not
//! affected or undecidable, and the three add up to all.
//!
//! Advisories name products in their vendors' words and plants in their
//! engineers'. So names are compared by few stated rules (see `names`), and
//! where two may or may not mean one product, the asset is undecidable and the
//! nearest names are shown: a person looks once and corrects the list.

mod catalogue;
mod names;
mod report;
mod weigh;

use std::collections::HashMap;

use jiff::Timestamp;
use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::scan::Answer;
pub use report::{
    AssetCounts, AssetsReport, Cleared, ListedAdvisory, ListedAsset, Undecided, UndecidedAsset,
};

use self::catalogue::{Catalogue, Found};
use self::weigh::{Weighed, weigh};
use crate::advisory::csaf::Advisory;
use crate::advisory::{Bundle, Freshness, Record, cve};
use crate::cpe;
use crate::inventory::assets::{self, Asset};
use crate::scan::ScannedBundle;
use crate::{VulnError, limits};

/// The engine as plain data.
pub const ASSETS: Engine = Engine::of::<Assets>();

/// The engine's type.
pub struct Assets;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetsRequest {
    /// The time of the answer, RFC 3339: a bundle that is past its age then
    /// calls nothing clean.
    pub at: String,
}

impl TypedEngine for Assets {
    type Request = AssetsRequest;
    type Report = AssetsReport;
    const NAME: &'static str = "vuln.assets";
    const VERSION: &'static str = "2";

    fn run(
        request: AssetsRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(AssetsReport, Vec<Finding>, Vec<Output>), EngineError> {
        progress.report("read", 0, 2);
        let at =
            (request.at.parse()).map_err(|error| EngineError::Request(format!("at: {error}")))?;
        let bundle = read_input(inputs, "advisories", limits::BUNDLE_BYTES)?;
        let (advisories, records, bundle) =
            advisories(bundle, at).map_err(|error| error.of_input("advisories"))?;
        progress.report("read", 1, 2);
        let assets = read_input(inputs, "assets", limits::INVENTORY_BYTES)?;
        let assets = assets::parse(&assets).map_err(|error| error.of_input("assets"))?;
        progress.report("read", 2, 2);
        let known = Known {
            products: Catalogue::of(&advisories),
            names: cpe::Catalogue::of(&records),
            freshness: bundle.freshness,
        };
        let weighed = weigh_all(&assets, &known, progress);
        let report = report::of(&weighed, advisories.len() as u64, bundle);
        let findings = findings(&report);
        Ok((report, findings, report::outputs(&weighed)))
    }
}

/// The advisories in CSAF of a bundle, its CVE records, and what it says of
/// itself.
fn advisories(
    bytes: Vec<u8>,
    at: Timestamp,
) -> Result<(Vec<Advisory>, Vec<cve::Record>, ScannedBundle), VulnError> {
    let bundle = Bundle::new(bytes)?;
    let (mut advisories, mut records) = (Vec::new(), Vec::new());
    for record in bundle.records() {
        match record? {
            Record::Csaf(advisory) => advisories.push(advisory),
            Record::Cve(record) => records.push(record),
            _ => {}
        }
    }
    Ok((advisories, records, ScannedBundle::of(&bundle, at)?))
}

/// What is known: products by their vendors' names and by CPE names.
struct Known<'a> {
    products: Catalogue<'a>,
    names: cpe::Catalogue<'a>,
    freshness: Freshness,
}

/// Weighs every asset. A plant has many of one kind: what it may be is sought
/// once for each.
fn weigh_all<'a>(
    assets: &'a [Asset],
    known: &'a Known<'a>,
    progress: &dyn Progress,
) -> Vec<Weighed<'a>> {
    const STEP: usize = 1_000;
    let mut kinds: HashMap<(&str, &str, Option<&str>), Found> = HashMap::new();
    let mut weighed = Vec::with_capacity(assets.len());
    for (done, asset) in assets.iter().enumerate() {
        if done % STEP == 0 {
            progress.report("match", done as u64, assets.len() as u64);
        }
        let kind = (
            asset.vendor.as_str(),
            asset.product.as_str(),
            asset.model.as_deref(),
        );
        let found = kinds
            .entry(kind)
            .or_insert_with(|| known.products.find(asset));
        weighed.push(weigh(asset, found, known));
    }
    progress.report("match", assets.len() as u64, assets.len() as u64);
    weighed
}

fn findings(report: &AssetsReport) -> Vec<Finding> {
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
            code: "assets.undecidable".to_owned(),
            place: "assets".to_owned(),
            message: Label::new(
                format!("자산 {undecidable}개는 영향을 받는지 판단할 수 없습니다. 안전하다는 뜻이 아닙니다."),
                format!("Of {undecidable} assets it cannot be told whether they are affected; that does not make them clean."),
            ),
        });
    }
    findings
}
