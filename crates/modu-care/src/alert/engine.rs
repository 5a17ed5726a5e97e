//! `care.alert` itself: one thing is done, and what is over by then goes on to
//! the next step.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical, read_input,
};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{LEDGER, POLICY, RULE};
use super::ledger::{AlertId, Ending, Event, Mover, PAGE_OUTPUT, Page, SCHEMA as PAGE_SCHEMA};
use super::policy::AlertPolicy;
use super::queue;
use super::state::{Standing, State, Tracked, replay};
use crate::alarm::AlarmRule;
use crate::limits;
use crate::privacy::identifier_in;
use crate::risk::{self, RiskEstimate};

/// The engine as plain data.
pub const ALERT: Engine = Engine::of::<Alert>();

const SCHEMA: &str = "modu.care.alert/1";
const LEDGER_BYTES: u64 = 1 << 30;
/// Movers that an alert tells.
const MOVERS: usize = 5;
/// Bytes of a duty's name.
const DUTY_BYTES: usize = 64;
const DAY_SECONDS: f64 = 86_400.0;

/// The engine's type.
pub struct Alert;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertRequest {
    /// The moment; not before the ledger's last page.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What is done.
    pub action: Action,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Nothing but looking, and escalating what is over its time.
    Look,
    /// Risks are held against the rule.
    Raise,
    /// Somebody takes an alert on.
    Acknowledge {
        /// Its name or the first digits, at least six.
        alert: String,
        /// The duty of who does.
        by: String,
    },
    /// An alert is over.
    Close {
        /// Its name or the first digits, at least six.
        alert: String,
        /// The duty of who closes it.
        by: String,
        /// How it ended.
        how: Ending,
    },
}

/// Alerts by where they stand, and what this run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Nobody has taken on.
    pub open: u64,
    /// Of these past the first step.
    pub escalated: u64,
    /// Somebody has taken on.
    pub acknowledged: u64,
    /// Over.
    pub closed: u64,
    /// Raised by this run.
    pub raised_now: u64,
    /// Sent on by this run.
    pub escalated_now: u64,
    /// Above the threshold, within the refractory time of an alert.
    pub held_back: u64,
}

/// An alert that is not over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Queued {
    /// Its name.
    pub alert: AlertId,
    /// Whose, by pseudonym.
    pub person: String,
    /// When it was observed.
    #[schemars(with = "String")]
    pub observed: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// Who has it.
    pub with: Label,
    /// By when it must be acknowledged; none once it is, or after the last step.
    #[schemars(with = "Option<String>")]
    pub answer_by: Option<Timestamp>,
    /// Whole minutes since it was raised.
    pub minutes: i64,
    /// The score.
    pub score: Finite,
    /// The threshold.
    pub threshold: Finite,
    /// What moved the score, in words.
    pub why: Vec<Label>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertReport {
    /// The schema's name.
    pub schema: String,
    /// The moment.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Pages of the ledger with what this run added.
    pub pages: u64,
    /// The last page.
    pub head: Option<Digest>,
    /// How many stand where.
    pub counts: Counts,
    /// Minutes from raising to acknowledging: the median, once five were.
    pub minutes_to_answer: Option<Finite>,
    /// What is to be done, the most urgent first.
    pub queue: Vec<Queued>,
}

impl TypedEngine for Alert {
    type Request = AlertRequest;
    type Report = AlertReport;
    const NAME: &'static str = "care.alert";
    const VERSION: &'static str = "1";

    fn run(
        request: AlertRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(AlertReport, Vec<Finding>, Vec<Output>), EngineError> {
        let text = read_input(inputs, LEDGER, LEDGER_BYTES)?;
        let state = replay(&text).map_err(|error| error.of_input(LEDGER))?;
        let policy = policy(inputs)?;
        if let Some(last) = state.at.filter(|last| request.at < *last) {
            let problem = format!("`at` is before the ledger's last page, {last}");
            return Err(EngineError::Request(problem));
        }
        let mut writing = Writing {
            at: request.at,
            state,
            policy,
            events: Vec::new(),
            counts: Counts::default(),
            findings: Vec::new(),
        };
        // What was over before this moment went on before anything is done now.
        writing.escalate()?;
        match &request.action {
            Action::Look => {}
            Action::Raise => writing.raise(inputs)?,
            Action::Acknowledge { alert, by } => {
                let (alert, by) = (writing.find(alert)?, duty(by)?);
                writing.add(Event::Acknowledged { alert, by })?;
            }
            Action::Close { alert, by, how } => {
                let (alert, by, how) = (writing.find(alert)?, duty(by)?, *how);
                writing.add(Event::Closed { alert, by, how })?;
            }
        }
        writing.finish()
    }
}

fn policy(inputs: &dyn Inputs) -> Result<AlertPolicy, EngineError> {
    let bytes = read_input(inputs, POLICY, limits::DOCUMENT_BYTES)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| EngineError::input(POLICY, "the text", "it is not UTF-8"))?;
    AlertPolicy::parse(&text).map_err(|error| error.of_input(POLICY))
}

/// A duty's name as it may be kept.
fn duty(by: &str) -> Result<String, EngineError> {
    let by = by.trim();
    if by.is_empty() || by.len() > DUTY_BYTES || by.chars().any(char::is_control) {
        let problem = "`by` is a duty of 1 to 64 bytes, such as `ward-3-nurse`";
        return Err(EngineError::Request(problem.to_owned()));
    }
    match identifier_in(by) {
        Some(what) => Err(EngineError::Request(format!(
            "`by` holds {what}: name the duty"
        ))),
        None => Ok(by.to_owned()),
    }
}

/// The next page as it comes to be.
struct Writing {
    at: Timestamp,
    state: State,
    policy: AlertPolicy,
    events: Vec<Event>,
    counts: Counts,
    findings: Vec<Finding>,
}

impl Writing {
    fn add(&mut self, event: Event) -> Result<(), EngineError> {
        self.state
            .add(self.at, &event)
            .map_err(|problem| EngineError::Request(problem.to_owned()))?;
        self.events.push(event);
        Ok(())
    }

    /// The one alert that these digits name.
    fn find(&self, digits: &str) -> Result<AlertId, EngineError> {
        let mut meant = self.state.alerts.keys().filter(|id| id.begins_with(digits));
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(one.clone()),
            (None, _) => Err(EngineError::Request(
                "`alert` names no alert: give its name, or at least its first six digits"
                    .to_owned(),
            )),
            _ => Err(EngineError::Request(
                "`alert` names several alerts: give more digits".to_owned(),
            )),
        }
    }

    /// By when the step that has an open alert must answer; none at the last.
    fn answer_by(&self, tracked: &Tracked) -> Option<Timestamp> {
        let step = self.policy.step.get(usize::from(tracked.step))?;
        self.policy.step.get(usize::from(tracked.step) + 1)?;
        let within = SignedDuration::from_mins(step.within_minutes.into());
        tracked.since.checked_add(within).ok()
    }

    /// Sends on what nobody answered in time, step by step.
    fn escalate(&mut self) -> Result<(), EngineError> {
        let open: Vec<AlertId> = (self.state.alerts.iter())
            .filter(|(_, tracked)| tracked.standing == Standing::Open)
            .map(|(alert, _)| alert.clone())
            .collect();
        for alert in open {
            while let Some((step, due)) = self.over(&alert) {
                let to = self
                    .policy
                    .step
                    .get(usize::from(step))
                    .map(|it| it.to.clone());
                let to = to.ok_or_else(|| EngineError::Internal("no such step".to_owned()))?;
                let alert = alert.clone();
                self.add(Event::Escalated {
                    alert,
                    step,
                    to,
                    due,
                })?;
                self.counts.escalated_now += 1;
            }
        }
        Ok(())
    }

    /// The next step of an alert whose time is over, and when that was.
    fn over(&self, alert: &AlertId) -> Option<(u8, Timestamp)> {
        let tracked = self.state.alerts.get(alert)?;
        let due = self.answer_by(tracked).filter(|due| *due <= self.at)?;
        Some((tracked.step + 1, due))
    }

    fn raise(&mut self, inputs: &dyn Inputs) -> Result<(), EngineError> {
        let bytes = read_input(inputs, RULE, limits::DOCUMENT_BYTES)?;
        let rule = AlarmRule::parse(&bytes).map_err(|error| error.of_input(RULE))?;
        let digest = Digest::of(&bytes);
        let mut risks = risk::read(inputs)?;
        risks.sort_by(|one, other| (one.at, &one.person).cmp(&(other.at, &other.person)));
        let before = risks.len();
        let other = |risk: &RiskEstimate| {
            risk.score.is_none()
                && rule
                    .risk_horizon_days
                    .is_some_and(|it| it != risk.horizon_days)
        };
        if risks.iter().any(other) {
            return Err(EngineError::input(
                risk::INPUT,
                "`horizon_days`",
                "the rule is for risks within another number of days: predict with the horizon \
                 that it names",
            ));
        }
        risks.retain(|risk| risk.at <= self.at);
        self.say_future(before - risks.len());
        let mut observed: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
        for tracked in self.state.alerts.values() {
            let times = observed.entry(tracked.person.clone()).or_default();
            times.push(tracked.observed);
        }
        let ringing = |risk: &RiskEstimate| risk.score.unwrap_or(risk.risk) >= rule.threshold;
        for risk in risks.into_iter().filter(ringing) {
            let alert = AlertId::of(&digest, &risk.person, risk.at);
            let times = observed.entry(risk.person.clone()).or_default();
            let days = rule.refractory_days.get();
            let silent = times.iter().any(|time| near(risk.at, *time, days));
            if silent || self.state.alerts.contains_key(&alert) {
                self.counts.held_back += 1;
                continue;
            }
            times.push(risk.at);
            let movers = risk.movers(MOVERS).into_iter().map(|it| Mover {
                predictor: it.predictor.clone(),
                change: it.change,
                words: it.words(),
            });
            let raised = Event::Raised {
                alert,
                observed: risk.at,
                score: risk.score.unwrap_or(risk.risk),
                threshold: rule.threshold,
                rule: digest,
                movers: movers.collect(),
                person: risk.person,
            };
            self.add(raised)?;
            self.counts.raised_now += 1;
        }
        Ok(())
    }

    fn say_future(&mut self, count: usize) {
        if count > 0 {
            self.findings.push(Finding {
                severity: Severity::Warning,
                code: "alert.future".to_owned(),
                place: risk::INPUT.to_owned(),
                message: Label::new(
                    format!("지금보다 뒤의 관찰 {count}개는 보지 않았습니다: 시계를 확인하십시오."),
                    format!("{count} observations are from after this moment and were left out: check the clocks."),
                ),
            });
        }
    }

    fn finish(mut self) -> Result<(AlertReport, Vec<Finding>, Vec<Output>), EngineError> {
        let mut outputs = Vec::new();
        if !self.events.is_empty() {
            let page = Page {
                schema: PAGE_SCHEMA.to_owned(),
                number: self.state.pages + 1,
                previous: self.state.head,
                at: self.at,
                events: std::mem::take(&mut self.events),
            };
            let bytes = canonical::to_vec(&page)?;
            self.state.pages = page.number;
            self.state.head = Some(Digest::of(&bytes));
            outputs.push(Output {
                name: PAGE_OUTPUT.to_owned(),
                media_type: "application/json".to_owned(),
                bytes,
            });
        }
        let report = self.report();
        outputs.extend(queue::pages(&report));
        Ok((report, self.findings, outputs))
    }

    fn report(&self) -> AlertReport {
        let mut counts = self.counts;
        let mut answered = Vec::new();
        let mut queue = Vec::new();
        for (alert, tracked) in &self.state.alerts {
            answered.extend(
                (tracked.acknowledged.as_ref()).map(|(at, _)| minutes(tracked.raised, *at)),
            );
            match tracked.standing {
                Standing::Open => {
                    counts.open += 1;
                    counts.escalated += u64::from(tracked.step > 0);
                }
                Standing::Acknowledged => counts.acknowledged += 1,
                Standing::Closed(_) => {
                    counts.closed += 1;
                    continue;
                }
            }
            queue.push(self.queued(alert, tracked));
        }
        let urgency = |it: &Queued| (it.standing != Standing::Open, it.answer_by, it.observed);
        queue.sort_by_key(urgency);
        answered.sort_unstable();
        let median = answered
            .get(answered.len() / 2)
            .filter(|_| answered.len() >= 5);
        AlertReport {
            schema: SCHEMA.to_owned(),
            at: self.at,
            pages: self.state.pages,
            head: self.state.head,
            counts,
            minutes_to_answer: median.and_then(|minutes| Finite::new(*minutes as f64)),
            queue,
        }
    }

    fn queued(&self, alert: &AlertId, tracked: &Tracked) -> Queued {
        let open = tracked.standing == Standing::Open;
        let step = self.policy.step.get(usize::from(tracked.step));
        let with = match &tracked.acknowledged {
            Some((_, by)) => Label::new(by, by),
            None => step.map_or_else(|| Label::new("–", "–"), |step| step.to.clone()),
        };
        Queued {
            alert: alert.clone(),
            person: tracked.person.clone(),
            observed: tracked.observed,
            standing: tracked.standing.clone(),
            with,
            answer_by: self.answer_by(tracked).filter(|_| open),
            minutes: minutes(tracked.raised, self.at),
            score: tracked.score,
            threshold: tracked.threshold,
            why: tracked.movers.iter().map(|it| it.words.clone()).collect(),
        }
    }
}

/// Whether two moments lie less than so many days apart.
fn near(one: Timestamp, other: Timestamp, days: f64) -> bool {
    one.duration_since(other).as_secs_f64().abs() < days * DAY_SECONDS
}

fn minutes(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_mins()
}
