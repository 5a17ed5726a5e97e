//! `care.plan` itself: each person's band, and each of their tasks as it
//! stands.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::{CarePlan, Limits, Task};
use super::input;
use super::observation::{Answer, Answers};
use crate::privacy::Count;
use crate::risk::{self, RiskEstimate};
use crate::unit::{Conversion, Substance, Unit};

/// The engine as plain data.
pub const PLAN: Engine = Engine::of::<Plan>();

const SCHEMA: &str = "modu.care.schedule/1";
const HEADER: [&str; 9] = [
    "person",
    "band",
    "kind",
    "task",
    "code",
    "last",
    "due",
    "state",
    "outside_limits",
];

/// The engine's type.
pub struct Plan;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The moment.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// Where a task stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Not yet due again.
    Waiting,
    /// Due, within its grace.
    Due,
    /// Past its grace.
    Overdue,
}

impl TaskState {
    const fn text(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Overdue => "overdue",
        }
    }
}

/// How many people a band holds, and how their tasks stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BandCounts {
    /// The band's name.
    pub band: Label,
    /// People.
    pub people: Count,
    /// People with something overdue.
    pub overdue: Count,
    /// People with a value outside of its limits.
    pub outside_limits: Count,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanReport {
    /// The schema's name.
    pub schema: String,
    /// The moment.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The bands, from the lowest.
    pub bands: Vec<BandCounts>,
    /// Tasks by where they stand.
    pub tasks: BTreeMap<TaskState, u64>,
    /// Observations that were not final.
    pub not_final: u64,
    /// Observations without subject, code or time.
    pub incomplete: u64,
    /// Observations from after the moment.
    pub future: u64,
    /// Values whose unit does not lead to the limits' unit.
    pub other_unit: u64,
}

/// Sums over the people of a band.
#[derive(Clone, Default)]
struct Sums {
    people: u64,
    overdue: u64,
    outside: u64,
}

impl TypedEngine for Plan {
    type Request = PlanRequest;
    type Report = PlanReport;
    const NAME: &'static str = "care.plan";
    const VERSION: &'static str = "1";

    fn run(
        request: PlanRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(PlanReport, Vec<Finding>, Vec<Output>), EngineError> {
        let plan = CarePlan::read(inputs)?;
        let mut risks = risk::read(inputs)?;
        risks.retain(|risk| risk.at <= request.at);
        let answers = Answers::read(inputs, request.at)?;
        let mut report = PlanReport {
            schema: SCHEMA.to_owned(),
            at: request.at,
            bands: Vec::new(),
            tasks: BTreeMap::new(),
            not_final: answers.not_final,
            incomplete: answers.incomplete,
            future: answers.future,
            other_unit: 0,
        };
        let mut sums = vec![Sums::default(); plan.band.len()];
        let mut schedule = csv::Writer::from_writer(Vec::new());
        let unwritten = |error: csv::Error| EngineError::Internal(error.to_string());
        schedule.write_record(HEADER).map_err(unwritten)?;
        for risk in risk::latest(risks).into_values() {
            let (place, band) = plan.band_of(risk.risk.get());
            let (mut overdue, mut outside) = (false, false);
            for task in &band.task {
                let stands = stands(task, &risk, &answers, request.at, &mut report)?;
                overdue |= stands.state == TaskState::Overdue;
                outside |= stands.outside == Some(true);
                *report.tasks.entry(stands.state).or_default() += 1;
                let row = stands.row(&risk.person, &band.name, task);
                schedule.write_record(row).map_err(unwritten)?;
            }
            sums[place].people += 1;
            sums[place].overdue += u64::from(overdue);
            sums[place].outside += u64::from(outside);
        }
        report.bands = (plan.band.iter().zip(sums))
            .map(|(band, sums)| BandCounts {
                band: band.name.clone(),
                people: Count::new(sums.people),
                overdue: Count::new(sums.overdue),
                outside_limits: Count::new(sums.outside),
            })
            .collect();
        let bytes =
            (schedule.into_inner()).map_err(|error| EngineError::Internal(error.to_string()))?;
        let output = Output {
            name: "schedule.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            bytes,
        };
        let findings = findings(&report);
        Ok((report, findings, vec![output]))
    }
}

/// A task of a person.
struct Stands {
    last: Option<Timestamp>,
    due: Timestamp,
    state: TaskState,
    outside: Option<bool>,
}

impl Stands {
    fn row(&self, person: &str, band: &Label, task: &Task) -> [String; 9] {
        [
            person.to_owned(),
            band.en.clone(),
            task.kind.label().en,
            task.name.en.clone(),
            task.code.clone(),
            self.last.map(|last| last.to_string()).unwrap_or_default(),
            self.due.to_string(),
            self.state.text().to_owned(),
            self.outside
                .map(|outside| outside.to_string())
                .unwrap_or_default(),
        ]
    }
}

fn stands(
    task: &Task,
    risk: &RiskEstimate,
    answers: &Answers,
    now: Timestamp,
    report: &mut PlanReport,
) -> Result<Stands, EngineError> {
    let answer = answers.last(&risk.person, &task.code);
    let last = answer.map(|answer| answer.at);
    let later = |from: Timestamp, days: u16| {
        from.checked_add(SignedDuration::from_hours(24 * i64::from(days)))
            .map_err(|_| EngineError::Request("a day of the plan lies beyond year 9999".to_owned()))
    };
    // An answer from before the plan began still counts as the last one.
    let due = later(last.unwrap_or(risk.at), task.every_days)?;
    let state = match (now < due, now <= later(due, task.grace_days)?) {
        (true, _) => TaskState::Waiting,
        (false, true) => TaskState::Due,
        (false, false) => TaskState::Overdue,
    };
    let outside = match (answer, &task.limits) {
        (Some(answer), Some(limits)) => {
            let outside = outside(answer, limits);
            report.other_unit += u64::from(outside.is_none() && answer.value.is_some());
            outside
        }
        _ => None,
    };
    Ok(Stands {
        last,
        due,
        state,
        outside,
    })
}

/// Whether a value lies outside of its limits; none where it cannot be said.
fn outside(answer: &Answer, limits: &Limits) -> Option<bool> {
    let (value, unit) = answer.value.as_ref()?;
    let (from, to) = (Unit::parse(unit).ok()?, Unit::parse(&limits.unit).ok()?);
    let value = Conversion::between(&from, &to, Substance::default())
        .ok()?
        .apply(*value);
    let below = limits.least.is_some_and(|least| value < least.get());
    let above = limits.most.is_some_and(|most| value > most.get());
    Some(below || above)
}

fn findings(report: &PlanReport) -> Vec<Finding> {
    let told = [
        (
            report.not_final,
            "plan.not_final",
            "확정되지 않은(취소, 오기, 예비) 관찰",
            "observations that are not final",
        ),
        (
            report.incomplete,
            "plan.incomplete",
            "대상, 코드, 시각이 없는 관찰",
            "observations without a subject, a code or a time",
        ),
        (
            report.future,
            "plan.future",
            "지금보다 뒤의 관찰",
            "observations from after this moment",
        ),
        (
            report.other_unit,
            "plan.other_unit",
            "한계와 단위가 맞지 않는 값",
            "values in a unit that does not lead to the limits'",
        ),
    ];
    let told = told.into_iter().filter(|(count, ..)| *count > 0);
    told.map(|(count, code, ko, en)| Finding {
        severity: Severity::Warning,
        code: code.to_owned(),
        place: input::OBSERVATIONS.to_owned(),
        message: Label::new(
            format!("{ko} {count}개는 쓰지 않았습니다."),
            format!("{count} {en} were not used."),
        ),
    })
    .collect()
}
