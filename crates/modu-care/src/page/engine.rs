//! `care.page`: the two pages of one person.

use jiff::Timestamp;
use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frequency::Frequency;
use super::{clinician, patient};
use crate::plan::CarePlan;
use crate::risk;

/// The engine as plain data.
pub const PAGE: Engine = Engine::of::<Page>();

const SCHEMA: &str = "modu.care.page/1";

/// The engine's type.
pub struct Page;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// Whose pages, by pseudonym.
    pub person: String,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PageReport {
    /// The schema's name.
    pub schema: String,
    /// When what the latest risk looks at was observed.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Within so many days.
    pub horizon_days: Finite,
    /// The risk as the patient reads it.
    pub frequency: Frequency,
    /// The band of the plan.
    pub band: Label,
    /// Risks of this person over time.
    pub risks: u64,
}

impl TypedEngine for Page {
    type Request = PageRequest;
    type Report = PageReport;
    const NAME: &'static str = "care.page";
    const VERSION: &'static str = "1";

    fn run(
        request: PageRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(PageReport, Vec<Finding>, Vec<Output>), EngineError> {
        let plan = CarePlan::read(inputs)?;
        let mut history = risk::read(inputs)?;
        history.retain(|risk| risk.person == request.person);
        history.sort_by(|one, other| {
            (one.at.cmp(&other.at)).then(one.risk.get().total_cmp(&other.risk.get()))
        });
        let Some(latest) = history.last() else {
            return Err(EngineError::Request(
                "`person` has no risk among `risks`: give a pseudonym that is there".to_owned(),
            ));
        };
        let (_, band) = plan.band_of(latest.risk.get());
        let page = |name: &str, html: String| Output {
            name: name.to_owned(),
            media_type: "text/html".to_owned(),
            bytes: html.into_bytes(),
        };
        // Earlier risks for another horizon are no part of the same line.
        let same: Vec<_> = (history.iter())
            .filter(|risk| risk.horizon_days == latest.horizon_days)
            .cloned()
            .collect();
        let outputs = vec![
            page("patient.html", patient::html(latest, &plan, band)),
            page(
                "clinician.html",
                clinician::html(&same, latest, &plan, band),
            ),
        ];
        let report = PageReport {
            schema: SCHEMA.to_owned(),
            at: latest.at,
            horizon_days: latest.horizon_days,
            frequency: Frequency::of(latest),
            band: band.name.clone(),
            risks: history.len() as u64,
        };
        let findings = findings(&plan, latest.interval.is_none());
        Ok((report, findings, outputs))
    }
}

fn findings(plan: &CarePlan, no_interval: bool) -> Vec<Finding> {
    let found = [
        (
            plan.contact.is_empty(),
            "page.no_contact",
            "전화할 곳이 없습니다: 계획에 `contact`를 적으십시오.",
            "There is nobody to call: write a `contact` in the plan.",
        ),
        (
            no_interval,
            "page.no_interval",
            "위험에 구간이 없어 얼마나 확실한지 말하지 못합니다.",
            "The risk has no interval, so the page cannot say how sure it is.",
        ),
    ];
    let found = found.into_iter().filter(|(is, ..)| *is);
    found
        .map(|(_, code, ko, en)| Finding {
            severity: Severity::Warning,
            code: code.to_owned(),
            place: "the page".to_owned(),
            message: Label::new(ko, en),
        })
        .collect()
}
