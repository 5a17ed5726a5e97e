//! What a decision says.

use std::collections::BTreeMap;

use jiff::civil::Date;
use modu_kernel::{Digest, Finding, Inputs, Label, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DecideRequest;
use super::events::{Rules, Tally};
use crate::due::Due;
use crate::ledger::{Item, ItemId, Standing, State, went_back};
use crate::limits;

const SCHEMA: &str = "modu.vuln.decide/2";

/// The report of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecideReport {
    /// The schema's name.
    pub schema: String,
    /// The day that counts.
    #[schemars(with = "String")]
    pub day: Date,
    /// Pages of the ledger afterwards.
    pub pages: u64,
    /// The last page's digest; none of an empty ledger.
    pub head: Option<Digest>,
    /// Whether a page was added.
    pub changed: bool,
    /// Items by where they stand; the three add up to all.
    pub counts: Counts,
    /// Open items whose last day is over.
    pub overdue: u64,
    /// Items that were opened.
    pub opened: u64,
    /// Items that came back.
    pub reopened: u64,
    /// Deadlines that became earlier.
    pub shortened: u64,
    /// Items that are excepted from now on as their makers state that the fault
    /// does not matter there (VEX).
    pub excepted_by_statement: u64,
    /// Exceptions that ended.
    pub exceptions_ended: u64,
    /// Open items that these findings do not name. That does not close them.
    pub unseen: u64,
    /// Open and excepted items by the table's outcome.
    pub outcomes: Vec<(String, u64)>,
    /// What is due first, at most [`limits::LISTED`].
    pub listed: Vec<Due>,
}

/// Items by where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// All of them.
    pub items: u64,
    /// To be fixed.
    pub open: u64,
    /// Under an exception that holds.
    pub excepted: u64,
    /// Shown to be fixed.
    pub fixed: u64,
}

impl Counts {
    /// Counts the items of a ledger on a day.
    #[must_use]
    pub fn of(state: &State, day: Date) -> Self {
        let mut counts = Self::default();
        for item in state.items.values() {
            counts.items += 1;
            match item.standing(day) {
                Standing::Open => counts.open += 1,
                Standing::Excepted => counts.excepted += 1,
                Standing::Fixed => counts.fixed += 1,
            }
        }
        counts
    }
}

pub(super) fn of(before: &State, after: &State, day: Date, unseen: u64) -> DecideReport {
    let mut report = DecideReport {
        schema: SCHEMA.into(),
        day,
        pages: after.pages,
        head: after.head,
        changed: after.pages > before.pages,
        counts: Counts::of(after, day),
        overdue: 0,
        opened: (after.items.len() - before.items.len()) as u64,
        reopened: 0,
        shortened: 0,
        excepted_by_statement: 0,
        exceptions_ended: 0,
        unseen,
        outcomes: Vec::new(),
        listed: Vec::new(),
    };
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut open: Vec<(&ItemId, &Item)> = Vec::new();
    for (id, item) in &after.items {
        if let Some(was) = before.items.get(id) {
            report.reopened += u64::from(item.reopened > was.reopened);
            let earlier = is_before(item.due(), was.due()) && was.fixed.is_none();
            report.shortened += u64::from(earlier);
            let ended = was.exception.is_some() && item.exception.is_none();
            let stated = |it: &Item| it.exception.clone().filter(|it| it.statement.is_some());
            report.excepted_by_statement +=
                u64::from(stated(item).is_some() && stated(item) != stated(was));
            report.exceptions_ended += u64::from(ended && was.fixed.is_none());
        }
        report.overdue += u64::from(item.overdue(day));
        if item.standing(day) != Standing::Fixed {
            let outcome = item.deadline.as_ref().map(|it| it.outcome.as_str());
            *outcomes.entry(outcome.unwrap_or_default()).or_default() += 1;
        }
        if item.standing(day) == Standing::Open {
            open.push((id, item));
        }
    }
    report.outcomes = (outcomes.into_iter())
        .map(|(outcome, count)| (outcome.to_owned(), count))
        .collect();
    // No day comes after all days.
    open.sort_by_key(|(id, item)| (item.due().is_none(), item.due(), *id));
    report.listed = (open.iter().take(limits::LISTED))
        .map(|(id, item)| Due::of(id, item, day))
        .collect();
    report
}

fn is_before(one: Option<Date>, other: Option<Date>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one < other,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

pub(super) fn findings(
    before: &State,
    request: &DecideRequest,
    inputs: &dyn Inputs,
    rules: &Rules<'_>,
    tally: &Tally,
) -> Vec<Finding> {
    let back = before.latest.filter(|latest| request.at < *latest);
    let mut findings: Vec<Finding> = back.map(went_back).into_iter().collect();
    let mut say = |severity, code: &str, place: &str, ko: String, en: String| {
        findings.push(Finding {
            severity,
            code: code.to_owned(),
            place: place.to_owned(),
            message: Label::new(ko, en),
        });
    };
    let findings_input = inputs.list().iter().find(|input| input.name == "findings");
    let imported = findings_input.and_then(|input| before.imports.get(&input.artifact.digest));
    if let Some(page) = imported {
        say(
            Severity::Warning,
            "import.again",
            "findings",
            format!("이 결과 파일은 장부의 {page}쪽에서 이미 들어왔습니다."),
            format!("These findings were imported before, on page {page} of the ledger."),
        );
    }
    if !rules.known.has_kev() && rules.table.points().iter().any(|it| it.key == "KEV") {
        say(
            Severity::Warning,
            "facts.no_kev",
            "advisories",
            "악용이 알려진 취약점 목록(KEV)이 없어, 모두 악용되는 것으로 봅니다.".to_owned(),
            "There is no catalogue of exploited vulnerabilities: each counts as exploited."
                .to_owned(),
        );
    }
    if tally.unlisted > 0 {
        let count = tally.unlisted;
        say(
            Severity::Warning,
            "asset.unlisted",
            "assets",
            format!(
                "자산 목록에 없는 자산의 항목 {count}개는 가장 위험한 곳에 있는 것으로 봅니다."
            ),
            format!(
                "{count} items are on assets that the list does not name: they count as most exposed."
            ),
        );
    }
    if tally.kept > 0 {
        let count = tally.kept;
        say(
            Severity::Note,
            "deadline.kept",
            "ledger",
            format!(
                "지금이라면 더 늦은 기한이 될 항목이 {count}개 있습니다. 기한은 늦추지 않습니다."
            ),
            format!("{count} items would be given more days now: their deadlines stand."),
        );
    }
    findings
}
