//! `vuln.except`: somebody answers for something not being fixed by its
//! deadline, until a day; or takes that back.
//!
//! Input: `ledger`. Output: `page.json`, the ledger's next page. An exception
//! has an owner, a reason, a control that protects the asset meanwhile, and a
//! last day. It moves no deadline: when it ends, the deadline that stood
//! holds again, and is over if its day is over.

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use modu_kernel::{Digest, Engine, EngineError, Finding, Inputs, Output, Progress, TypedEngine};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decide::Counts;
use crate::due::Due;
use crate::ledger::{self, Ending, Event, Item, ItemId, State, Writing};
use crate::limits;

/// The engine as plain data.
pub const EXCEPT: Engine = Engine::of::<Except>();

const SCHEMA: &str = "modu.vuln.except/1";

/// The engine's type.
pub struct Except;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptRequest {
    /// The moment.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What is meant: items by their names or first digits, at least eight.
    pub items: Vec<String>,
    /// The exception; none takes back the one that stands.
    pub exception: Option<Given>,
}

/// An exception as it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Who answers for it.
    pub owner: String,
    /// Why it is not fixed.
    pub reason: String,
    /// What protects the asset meanwhile.
    pub control: String,
    /// The last day.
    #[schemars(with = "String")]
    pub until: Date,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptReport {
    /// The schema's name.
    pub schema: String,
    /// The day that counts.
    #[schemars(with = "String")]
    pub day: Date,
    /// The last page's digest.
    pub head: Option<Digest>,
    /// Items by where they stand.
    pub counts: Counts,
    /// What was meant, as it stands now.
    pub items: Vec<Due>,
}

impl TypedEngine for Except {
    type Request = ExceptRequest;
    type Report = ExceptReport;
    const NAME: &'static str = "vuln.except";
    const VERSION: &'static str = "1";

    fn run(
        request: ExceptRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(ExceptReport, Vec<Finding>, Vec<Output>), EngineError> {
        let mut state = ledger::read(inputs)?;
        let clock = ledger::clock(&state, request.at)?;
        let mut events = Vec::new();
        let mut ids = Vec::new();
        for digits in &request.items {
            let (id, item) = find(&state, digits)?;
            if !ids.contains(id) {
                events.push(event(id, item, clock.day, request.exception.as_ref())?);
                ids.push(id.clone());
            }
        }
        if events.is_empty() {
            return Err(EngineError::Request("it names no item".to_owned()));
        }
        events.sort_by(|one, other| one.item().cmp(other.item()));
        let writing = Writing {
            run: Self::NAME,
            at: request.at,
            offset: clock.offset,
        };
        let page = ledger::write(&mut state, writing, inputs, events)?;
        let items = ids.iter().filter_map(|id| Some((id, state.items.get(id)?)));
        let report = ExceptReport {
            schema: SCHEMA.into(),
            day: clock.day,
            head: state.head,
            counts: Counts::of(&state, clock.day),
            items: items
                .map(|(id, item)| Due::of(id, item, clock.day))
                .collect(),
        };
        let findings = clock.finding().into_iter().collect();
        Ok((report, findings, ledger::page_output(page)))
    }
}

/// The one item that these digits name.
pub(crate) fn find<'a>(
    state: &'a State,
    digits: &str,
) -> Result<(&'a ItemId, &'a Item), EngineError> {
    let mut meant = state.items.iter().filter(|(id, _)| id.begins_with(digits));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(EngineError::Request(format!(
            "`{digits}` names no item: give its name, or at least its first eight digits"
        ))),
        (Some(_), Some(_)) => Err(EngineError::Request(format!(
            "`{digits}` names several items: give more digits"
        ))),
    }
}

fn event(id: &ItemId, item: &Item, day: Date, given: Option<&Given>) -> Result<Event, EngineError> {
    let wrong = |problem: &str| Err(EngineError::Request(format!("item {id}: {problem}")));
    if item.fixed.is_some() {
        return wrong("it was fixed, there is nothing to except");
    }
    let Some(given) = given else {
        return match item.exception {
            None => wrong("it has no exception to take back"),
            Some(_) => Ok(Event::ExceptionEnded {
                item: id.clone(),
                why: Ending::TakenBack,
            }),
        };
    };
    let longest = day.saturating_add(i64::from(limits::EXCEPTION_DAYS).days());
    if given.until < day || given.until > longest {
        let problem = format!("an exception ends from {day} to {longest}");
        return wrong(&problem);
    }
    let texts = [&given.owner, &given.reason, &given.control];
    if texts
        .iter()
        .any(|it| it.trim().is_empty() || it.len() > limits::CELL_BYTES)
    {
        return wrong("an exception has an owner, a reason and a compensating control");
    }
    Ok(Event::Excepted {
        item: id.clone(),
        owner: given.owner.clone(),
        reason: given.reason.clone(),
        control: given.control.clone(),
        until: given.until,
        statement: None,
    })
}
