//! `vuln.due`: what falls due, for people, calendars and spreadsheets.
//!
//! Inputs: `ledger`, and `assets` (CSV) where zones are to be shown. Outputs:
//! `due.csv` (opens in a spreadsheet), `due.ics` (RFC 5545), and a report with
//! pictures in Korean and in English.

mod calendar;
mod picture;
mod spreadsheet;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Language, Output, Progress, TypedEngine,
    read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decide::Counts;
use crate::inventory::assets;
use crate::ledger::{self, Item, ItemId, Standing};
use crate::limits;

/// The engine as plain data.
pub const DUE: Engine = Engine::of::<WhatIsDue>();

const SCHEMA: &str = "modu.vuln.due/1";

/// The engine's type.
pub struct WhatIsDue;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DueRequest {
    /// The moment.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Only what is overdue or falls due within so many days; none: all.
    #[serde(default)]
    pub within: Option<u16>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DueReport {
    /// The schema's name.
    pub schema: String,
    /// The day that counts.
    #[schemars(with = "String")]
    pub day: Date,
    /// The last page's digest.
    pub head: Option<Digest>,
    /// Items by where they stand.
    pub counts: Counts,
    /// Open items whose last day is over.
    pub overdue: u64,
    /// Items that were fixed in time, and late.
    pub fixed: Fixed,
    /// How many are listed in the files.
    pub listed: u64,
    /// The first of them, at most [`limits::LISTED`].
    pub items: Vec<Due>,
}

/// What was fixed, by whether it was in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fixed {
    /// By the deadline, or under an exception.
    pub in_time: u64,
    /// After it.
    pub late: u64,
}

/// Something in the ledger, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Due {
    /// Its name in the ledger.
    pub item: ItemId,
    /// The asset.
    pub asset: String,
    /// The component.
    pub component: String,
    /// The versions last found.
    pub versions: Vec<String>,
    /// The vulnerability.
    pub fault: String,
    /// Where it stands.
    pub standing: Standing,
    /// The day it was first found.
    #[schemars(with = "String")]
    pub opened: Date,
    /// The last day in time; none: at the next upgrade.
    #[schemars(with = "Option<String>")]
    pub due: Option<Date>,
    /// Days over the last one; 0 where it is not over, or nobody waits for it.
    pub days_over: i32,
    /// What the table came to.
    pub outcome: String,
    /// The last day of the exception that holds.
    #[schemars(with = "Option<String>")]
    pub excepted_until: Option<Date>,
    /// Who answers for that.
    pub owner: Option<String>,
    /// How often it came back.
    pub reopened: u32,
}

impl Due {
    /// An item on a day.
    #[must_use]
    pub fn of(id: &ItemId, item: &Item, day: Date) -> Self {
        let standing = item.standing(day);
        let excepted = item.exception.as_ref();
        let excepted = excepted.filter(|_| standing == Standing::Excepted);
        let over = item.due().filter(|_| item.overdue(day));
        let over = over.and_then(|due| due.until(day).ok());
        Self {
            item: id.clone(),
            asset: item.asset.clone(),
            component: item.component.clone(),
            versions: item.versions.clone(),
            fault: item.fault.clone(),
            standing,
            opened: item.opened,
            due: item.due(),
            days_over: over.map_or(0, |span| span.get_days()),
            outcome: (item.deadline.as_ref())
                .map(|deadline| deadline.outcome.clone())
                .unwrap_or_default(),
            excepted_until: excepted.map(|exception| exception.until),
            owner: excepted.map(|exception| exception.owner.clone()),
            reopened: item.reopened,
        }
    }

    /// The day that a calendar shows it on: the last one in time, or that of
    /// its exception where that is later.
    fn shown_on(&self) -> Option<Date> {
        match (self.due, self.excepted_until) {
            (Some(due), Some(until)) => Some(due.max(until)),
            (due, until) => due.or(until),
        }
    }
}

impl TypedEngine for WhatIsDue {
    type Request = DueRequest;
    type Report = DueReport;
    const NAME: &'static str = "vuln.due";
    const VERSION: &'static str = "1";

    fn run(
        request: DueRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(DueReport, Vec<Finding>, Vec<Output>), EngineError> {
        let state = ledger::read(inputs)?;
        let clock = ledger::clock(&state, request.at)?;
        let day = clock.day;
        let mut report = DueReport {
            schema: SCHEMA.into(),
            day,
            head: state.head,
            counts: Counts::of(&state, day),
            overdue: 0,
            fixed: Fixed::default(),
            listed: 0,
            items: Vec::new(),
        };
        let mut list = Vec::new();
        for (id, item) in &state.items {
            report.overdue += u64::from(item.overdue(day));
            match item.fixed.as_ref().map(|fixed| fixed.in_time) {
                Some(true) => report.fixed.in_time += 1,
                Some(false) => report.fixed.late += 1,
                None if is_listed(item, day, request.within) => list.push(Due::of(id, item, day)),
                None => {}
            }
        }
        list.sort_by(|one, other| {
            // No day comes after all days.
            let key = |due: &Due| (due.shown_on().is_none(), due.shown_on());
            (key(one), &one.item).cmp(&(key(other), &other.item))
        });
        report.listed = list.len() as u64;
        report.items = list.iter().take(limits::LISTED).cloned().collect();
        let zones = zones(inputs)?;
        let drawn = picture::Drawn {
            report: &report,
            state: &state,
            zones: zones.as_ref(),
        };
        let outputs = vec![
            spreadsheet::output(&list),
            calendar::output(&list, &state, request.at),
            picture::output(&drawn, Language::Ko),
            picture::output(&drawn, Language::En),
        ];
        Ok((report, clock.finding().into_iter().collect(), outputs))
    }
}

/// The zones of assets, where a list of them is given.
fn zones(inputs: &dyn Inputs) -> Result<Option<BTreeMap<String, String>>, EngineError> {
    const NAME: &str = "assets";
    if !inputs.list().iter().any(|input| input.name == NAME) {
        return Ok(None);
    }
    let bytes = read_input(inputs, NAME, limits::INVENTORY_BYTES)?;
    let assets = assets::parse(&bytes).map_err(|error| error.of_input(NAME))?;
    let zones = assets
        .into_iter()
        .map(|asset| (asset.asset, asset.zone.unwrap_or_default()));
    Ok(Some(zones.collect()))
}

fn is_listed(item: &Item, day: Date, within: Option<u16>) -> bool {
    let Some(within) = within else { return true };
    let days = |due: Date| day.until(due).map_or(0, |span| span.get_days());
    let until = item.exception.as_ref().map(|exception| exception.until);
    let shown = item
        .due()
        .map(|due| until.map_or(due, |until| due.max(until)));
    shown.is_some_and(|due| days(due) <= i32::from(within))
}
