//! What a cohort came to, in numbers that may be told.

use std::collections::BTreeMap;

use modu_kernel::{Digest, Label};
use modu_statistics::Finite;
use modu_survival::EventCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::reason::Reason;
use super::tally::Tally;
use crate::privacy::anonymity::Anonymity;
use crate::privacy::{Count, KeyIdentity, SMALLEST_CELL, told_beside_their_sum};
use crate::records::{Fate, Records};
use crate::table::AnalysisTable;

/// The schema's name.
pub(super) const REPORT_SCHEMA: &str = "modu.care.cohort-report/1";

/// The report. Numbers of people or records below five are not told, nor what
/// they could be computed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CohortReport {
    /// The schema's name.
    pub schema: String,
    /// What the cohort is called.
    pub title: Label,
    /// The cohort digest.
    pub cohort: Digest,
    /// The definition's digest.
    pub definition: Digest,
    /// What tells the key of the pseudonyms from others.
    pub key: KeyIdentity,
    /// Records that were read.
    pub records_read: u64,
    /// What became of them; they add up.
    pub records: Vec<RecordCount>,
    /// People among the records.
    pub people: Count,
    /// People who were left out before any index event was looked at.
    pub people_left_out: Vec<LeftOut>,
    /// Index events of the others that were looked at.
    pub index_events: Count,
    /// Index events that gave no row.
    pub index_events_left_out: Vec<LeftOut>,
    /// People in the cohort.
    pub people_in: Count,
    /// Rows of the table.
    pub rows: Count,
    /// What ended the follow-up of the rows; censoring first.
    pub events: Vec<EventCount>,
    /// Days of follow-up of all rows together.
    pub follow_up_days: Finite,
    /// The predictors.
    pub predictors: Vec<PredictorSummary>,
    /// Whether a table for others was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportCheck>,
}

/// Records of one fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordCount {
    /// What became of them.
    pub fate: Fate,
    /// How many.
    pub records: Count,
}

/// People, or index events, that were left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// The reason's name.
    pub reason: String,
    /// For people.
    pub label: Label,
    /// How many.
    pub count: Count,
}

/// Rows that ended with one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventCount {
    /// The event's code; 0 is censored.
    pub code: u16,
    /// Its name.
    pub name: String,
    /// For people.
    pub label: Label,
    /// How many rows.
    pub count: Count,
}

/// What a column holds, as far as that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PredictorSummary {
    /// The column's name.
    pub name: String,
    /// For people.
    pub label: Label,
    /// The unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Rows without a value.
    pub missing: Count,
}

/// Whether a table may leave the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportCheck {
    /// The columns that outsiders may know.
    pub quasi_identifiers: Vec<String>,
    /// People that every combination must have.
    pub k: u64,
    /// Combinations.
    pub classes: u64,
    /// Rows of combinations that have fewer people.
    pub rows_below: Count,
    /// Whether the table was made.
    pub made: bool,
}

impl ExportCheck {
    pub(super) fn of(check: &Anonymity) -> Self {
        Self {
            quasi_identifiers: check.quasi_identifiers.clone(),
            k: check.k,
            classes: check.classes,
            rows_below: Count::new(check.rows_below),
            made: check.holds(),
        }
    }
}

pub(super) fn of(
    plan: &Plan,
    records: &Records,
    tally: &Tally,
    table: Option<&AnalysisTable>,
    cohort: Digest,
    export: Option<ExportCheck>,
) -> CohortReport {
    let header = &records.header;
    let flow = Flow::of(plan, tally);
    CohortReport {
        schema: REPORT_SCHEMA.to_owned(),
        title: plan.definition.title.clone(),
        cohort,
        definition: header.definition,
        key: header.key.clone(),
        records_read: header.read(),
        records: record_counts(&header.fates),
        people: flow.people,
        people_left_out: flow.people_left_out,
        index_events: flow.index_events,
        index_events_left_out: flow.index_events_left_out,
        people_in: Count::new(tally.people_in()),
        rows: flow.rows,
        events: events(plan, tally),
        follow_up_days: table
            .and_then(|table| Finite::new(table.time().iter().sum()))
            .unwrap_or(Finite::ZERO),
        predictors: table.map(predictors).unwrap_or_default(),
        export,
    }
}

fn record_counts(fates: &BTreeMap<Fate, u64>) -> Vec<RecordCount> {
    let known = Fate::ALL.into_iter();
    let known: Vec<_> = known
        .filter_map(|fate| Some((fate, *fates.get(&fate)?)))
        .collect();
    let counts: Vec<u64> = known.iter().map(|(_, count)| *count).collect();
    let told = told_beside_their_sum(&counts);
    let told = known.into_iter().zip(told);
    told.map(|((fate, _), records)| RecordCount { fate, records })
        .collect()
}

/// Who came, and who was left out.
struct Flow {
    people: Count,
    people_left_out: Vec<LeftOut>,
    index_events: Count,
    index_events_left_out: Vec<LeftOut>,
    rows: Count,
}

impl Flow {
    /// All numbers of the flow add up, so they are looked at together: where
    /// a small one would follow from the others, the first is not told.
    fn of(plan: &Plan, tally: &Tally) -> Self {
        let reasons: Vec<(Reason, u64)> = tally.reasons.iter().map(|it| (*it.0, *it.1)).collect();
        let mut counts: Vec<u64> = reasons.iter().map(|(_, count)| *count).collect();
        let rows = tally.rows();
        let few = (1..SMALLEST_CELL).contains(&rows);
        counts.extend(few.then_some(rows));
        let told = told_beside_their_sum(&counts);
        let hidden = counts.iter().zip(&told);
        let hidden = hidden.filter(|(_, told)| told.told().is_none());
        let hidden: Vec<u64> = hidden.map(|(count, _)| *count).collect();
        let sum: u64 = hidden.iter().sum();
        let follows = hidden.len() == 1 || (1..SMALLEST_CELL).contains(&sum);
        let definition = &plan.definition;
        let left_out = |of_people: bool| {
            let pairs = reasons.iter().zip(&told);
            let pairs = pairs.filter(|((reason, _), _)| reason.is_of_people() == of_people);
            let pairs = pairs.map(|((reason, _), count)| LeftOut {
                reason: reason.code(definition),
                label: reason.label(definition),
                count: *count,
            });
            pairs.collect::<Vec<_>>()
        };
        let people_left_out = left_out(true);
        let open = people_left_out.iter().all(|it| it.count.told().is_some());
        let unless = |withheld: bool, count: u64| match withheld {
            true => Count::Withheld,
            false => Count::new(count),
        };
        Self {
            people: unless(follows, tally.people),
            index_events: unless(follows || !open, tally.index_events),
            index_events_left_out: left_out(false),
            people_left_out,
            rows: match few {
                true => told.last().copied().unwrap_or(Count::Few),
                false => Count::new(rows),
            },
        }
    }
}

fn events(plan: &Plan, tally: &Tally) -> Vec<EventCount> {
    let definition = &plan.definition;
    let censored = Label::new("중도절단(사건 없음)", "censored (no event)");
    let named = std::iter::once(&definition.outcome).chain(&definition.competing);
    let named = named.map(|event| (event.name.clone(), event.label.clone()));
    let all: Vec<_> = std::iter::once(("censored".to_owned(), censored))
        .chain(named)
        .collect();
    let counts: Vec<u64> = (0..)
        .zip(&all)
        .map(|(code, _)| tally.with(EventCode(code)))
        .collect();
    let told = told_beside_their_sum(&counts);
    (0..)
        .zip(all.into_iter().zip(told))
        .map(|(code, ((name, label), count))| EventCount {
            code,
            name,
            label,
            count,
        })
        .collect()
}

fn predictors(table: &AnalysisTable) -> Vec<PredictorSummary> {
    let summary = |predictor: &crate::table::Predictor| PredictorSummary {
        name: predictor.name.clone(),
        label: predictor.label.clone(),
        unit: predictor.unit.clone(),
        missing: Count::new(predictor.values.missing() as u64),
    };
    table.predictors().iter().map(summary).collect()
}
