//! After adoption, `proof.watch`: does the solution still do what the evidence
//! said?
//!
//! A solution was adopted on the rows of one time. Years later it meets other
//! rows. This engine holds both times side by side. On new rows *with* labels
//! it runs the same gate again, and tests each criterion's measure against
//! that of the adoption: two independent samples, one-sided, all parts of all
//! criteria together by Holm's adjustment ([`report::WatchAnswer`]). *Without*
//! labels it compares every input column and the score
//! ([`modu_statistics::drift`]), all together at one false-alarm rate. Both
//! rates are stated: an alarm that rings every week is switched off.
//!
//! Inputs: `need`, `dataset`, `solution/<id>` and `predictions/<id>` as in a
//! scoring, of the new rows; `reference/dataset` and
//! `reference/predictions/<id>`, of the adoption; and for data that is not
//! public `blind`. Outputs: `released.json` without one number of the data,
//! and the owner's page in Korean and English.

mod decay;
mod drift;
mod independent;
mod inputs;
pub mod report;

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Language, Output, Progress, TypedEngine,
    canonical,
};
use modu_statistics::{Finite, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dataset::{self, Dataset, DatasetProfile};
use crate::html::watch_html;
use crate::need::{Incumbent, Need};
use crate::predict::{digest_of, parse, read_dataset};
use crate::report::{InputName, PublishedData, Registration};
use crate::score::PublishData;
use crate::score::again::{Again, Moment, measure_again};
use crate::solution::Solution;
use inputs::AtAdoption;
use report::{WATCH_SCHEMA, WatchAnswer, WatchReport, WatchedData, WatchedSolution};

/// The engine as plain data.
pub const WATCH: Engine = Engine::of::<Watch>();

/// The engine's type.
pub struct Watch;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchRequest {
    /// Digest of the need; must be that of the input.
    pub need: Digest,
    /// The adopted solution's id.
    pub solution: String,
    /// The entry of the run on whose evidence it was adopted. Only recorded:
    /// that it is so is checked by the evidence.
    pub adopted: Registration,
    /// By how much a measure may be worse before that counts, in its unit;
    /// from 0 up.
    #[serde(default)]
    pub tolerance: f64,
    /// If nothing has changed, the chance of any drift alarm: between 0 and 1.
    pub false_alarm_rate: f64,
    /// How the new data set is named in public.
    pub publish: PublishData,
    /// When the watch was asked for (RFC 3339 UTC).
    #[serde(default)]
    pub time: Option<String>,
}

impl TypedEngine for Watch {
    type Request = WatchRequest;
    type Report = WatchReport;
    const NAME: &'static str = "proof.watch";
    const VERSION: &'static str = "2";

    fn run(
        request: WatchRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(WatchReport, Vec<Finding>, Vec<Output>), EngineError> {
        let rate = check_request(&request)?;
        let need = parse(inputs, "need", Need::parse)?;
        if digest_of(inputs, "need")? != request.need {
            let problem =
                "the input `need` is not the one that the request names (its digest differs)";
            return Err(EngineError::Request(problem.to_owned()));
        }
        let earlier = AtAdoption::of(inputs);
        let then = read_dataset(&earlier, &need)?;
        let now = read_dataset(inputs, &need)?;
        let again = measure_again(
            &need,
            &Moment {
                inputs: &earlier,
                dataset: &then,
            },
            &Moment {
                inputs,
                dataset: &now,
            },
            &solutions(&request.solution, &need),
            request.tolerance,
            progress,
        )?;
        let findings = dataset::findings(&DatasetProfile::of(&now, &need), &need);
        let report = assemble(&request, &need, inputs, [&then, &now], again, rate)?;
        let outputs = outputs(&report)?;
        Ok((report, findings, outputs))
    }
}

/// The solution that is watched, and the one that it was compared with.
#[must_use]
pub fn solutions(watched: &str, need: &Need) -> Vec<String> {
    let mut ids = vec![watched.to_owned()];
    match &need.incumbent {
        Some(Incumbent::Solution(id)) if id != watched => ids.push(id.clone()),
        _ => {}
    }
    ids
}

fn check_request(request: &WatchRequest) -> Result<Share, EngineError> {
    let wrong = |problem: &str| Err(EngineError::Request(problem.to_owned()));
    let printable = |text: &String| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
    if !request.time.iter().all(printable) || !printable(&request.adopted.log_index) {
        return wrong("the time or the log index is not a short ASCII text");
    }
    if !request.tolerance.is_finite() || request.tolerance < 0.0 {
        return wrong("the tolerance is not a number from 0 up");
    }
    match Share::new(request.false_alarm_rate) {
        Some(rate) if rate.get() > 0.0 && rate.get() < 1.0 => Ok(rate),
        _ => wrong("the false-alarm rate is not between 0 and 1; try 0.01"),
    }
}

fn assemble(
    request: &WatchRequest,
    need: &Need,
    inputs: &dyn Inputs,
    [then, now]: [&Dataset; 2],
    again: Again,
    rate: Share,
) -> Result<WatchReport, EngineError> {
    let finite = |value| Finite::new(value).unwrap_or(Finite::ZERO);
    let name = format!("solution/{}", request.solution);
    let solution = parse(inputs, &name, Solution::parse)?;
    // Without what the subtraction leaves in the last digits.
    let alpha = ((1.0 - need.statistics.confidence) * 1e12).round() / 1e12;
    let drift = drift::section(need, then, now, again.scores, rate)?;
    let criteria = decay::criteria(need, again.criteria, alpha);
    let answer = decay::worst(criteria.iter().map(|criterion| criterion.answer));
    let current = digest_of(inputs, "dataset")?;
    Ok(WatchReport {
        schema: WATCH_SCHEMA.to_owned(),
        need: need.id.clone(),
        need_digest: request.need,
        question: need.question.clone(),
        solution: WatchedSolution {
            id: solution.id,
            name: solution.name,
            supplier: solution.supplier,
            version: solution.version,
            solution_digest: digest_of(inputs, &name)?,
            model_digest: again.model,
        },
        adopted: request.adopted.clone(),
        time: request.time.clone(),
        data: WatchedData {
            reference: digest_of(inputs, "reference/dataset")?,
            reference_rows: then.rows() as u64,
            current,
            current_rows: now.rows() as u64,
            published: match request.publish {
                PublishData::Commitment(commitment) => PublishedData::Commitment(commitment),
                PublishData::Digest => PublishedData::Digest(current),
            },
        },
        answer,
        reason: reason(answer, drift.alarm),
        tolerance: finite(request.tolerance),
        false_alarm_rate: finite(alpha),
        criteria,
        drift,
        inputs: inputs
            .list()
            .iter()
            .map(|input| InputName {
                name: input.name.clone(),
                digest: input.artifact.digest,
            })
            .collect(),
    })
}

fn reason(answer: WatchAnswer, drift: bool) -> Label {
    let (ko, en) = match answer {
        WatchAnswer::Keep => (
            "새 자료에서도 모든 기준을 충족하고, 채택 때보다 나빠졌다는 증거가 없습니다.",
            "It meets every criterion on the new rows too, and nothing shows that it is worse than at adoption.",
        ),
        WatchAnswer::Decayed => (
            "채택할 때의 증거에 더는 미치지 못합니다. 계속 쓸지 다시 판단하십시오.",
            "It no longer lives up to the evidence on which it was adopted: decide again whether to use it.",
        ),
        WatchAnswer::CannotTell => (
            "새 자료로는 기준을 충족하는지 가릴 수 없습니다. 행을 더 모으십시오.",
            "The new rows cannot tell whether it meets its criteria: collect more of them.",
        ),
        WatchAnswer::NotEnoughData => (
            "새 자료가 판정하기에 모자랍니다. 행을 더 모으십시오.",
            "There are too few new rows to judge: collect more of them.",
        ),
    };
    match drift {
        false => Label::new(ko, en),
        true => Label::new(
            format!("{ko} 입력이나 점수의 분포가 채택 때와 다릅니다."),
            format!("{en} Inputs or scores are distributed otherwise than at adoption."),
        ),
    }
}

fn outputs(report: &WatchReport) -> Result<Vec<Output>, EngineError> {
    let html = |name: &str, language: Language| Output {
        name: name.to_owned(),
        media_type: "text/html".to_owned(),
        bytes: watch_html(report, language).into_bytes(),
    };
    Ok(vec![
        Output {
            name: "released.json".to_owned(),
            media_type: "application/json".to_owned(),
            bytes: canonical::to_vec(&report.released())?,
        },
        html("owner.ko.html", Language::Ko),
        html("owner.en.html", Language::En),
    ])
}
