//! The people of a cohort as they are counted, and its table.

use std::collections::BTreeMap;

use modu_kernel::Label;
use modu_survival::EventCode;

use super::Plan;
use super::aggregate::{Cell, SEXES, sex_level};
use super::definition::{Aggregate, Event, PersonValue, PredictorRule};
use super::reason::Reason;
use super::row::{Judged, Row};
use crate::CareError;
use crate::privacy::Pseudonym;
use crate::records::{Moment, Person};
use crate::table::{AnalysisTable, Categories, EventMeaning, Predictor, TableParts, Values};

/// Counts and rows.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) people: u64,
    pub(super) index_events: u64,
    pub(super) reasons: BTreeMap<Reason, u64>,
    /// By the person's place among those in the cohort.
    rows: Vec<(usize, Row)>,
    in_cohort: Vec<Pseudonym>,
    /// People of whom something is told after their death.
    pub(super) facts_after_death: u64,
    /// People of whom something is told before their birth.
    pub(super) facts_before_birth: u64,
}

impl Tally {
    /// Counts a person.
    pub(super) fn take(&mut self, person: &Person, judged: Judged) {
        self.people += 1;
        let any = |holds: &dyn Fn(Moment) -> bool| person.facts.iter().any(|it| holds(it.start));
        let after = |death: Moment| any(&|start| start.earliest > death.latest);
        let before = |birth: Moment| any(&|start| start.latest < birth.earliest);
        self.facts_after_death += u64::from(person.death.is_some_and(after));
        self.facts_before_birth += u64::from(person.birth.is_some_and(before));
        match judged {
            Judged::LeftOut(reason) => *self.reasons.entry(reason).or_default() += 1,
            Judged::IndexEvents(answers) => {
                let place = self.in_cohort.len();
                for answer in answers {
                    self.index_events += 1;
                    match answer {
                        Ok(row) => self.rows.push((place, row)),
                        Err(reason) => *self.reasons.entry(reason).or_default() += 1,
                    }
                }
                if self.rows.last().is_some_and(|(last, _)| *last == place) {
                    self.in_cohort.push(person.person);
                }
            }
        }
    }

    /// Rows of the table.
    pub(super) fn rows(&self) -> u64 {
        self.rows.len() as u64
    }

    /// People with rows.
    pub(super) fn people_in(&self) -> u64 {
        self.in_cohort.len() as u64
    }

    /// How many of whom something was left out, because it was not known yet,
    /// by place of the predictor.
    pub(super) fn known_later(&self) -> BTreeMap<usize, u64> {
        let mut people: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (person, row) in &self.rows {
            for place in &row.known_later {
                people.entry(*place).or_default().push(*person);
            }
        }
        let counted = people.into_iter().map(|(place, mut people)| {
            people.dedup();
            (place, people.len() as u64)
        });
        counted.collect()
    }

    /// How many rows are at risk only later than from the prediction on.
    pub(super) fn late_entries(&self) -> u64 {
        let late = self.rows.iter().filter(|(_, row)| row.entry > 0.0);
        late.count() as u64
    }

    /// How many rows ended with an event.
    pub(super) fn with(&self, event: EventCode) -> u64 {
        let with = self.rows.iter().filter(|(_, row)| row.event == event);
        with.count() as u64
    }

    /// The table; none where nobody is in it.
    pub(super) fn table(&self, plan: &Plan) -> Result<Option<AnalysisTable>, CareError> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let definition = &plan.definition;
        let events = std::iter::once(&definition.outcome).chain(&definition.competing);
        let rules = definition.predictor.iter().enumerate();
        let predictors = rules.map(|(place, rule)| self.column(plan, place, rule));
        let late = self.late_entries() > 0;
        let person = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let rows = || self.rows.iter().map(|(_, row)| row);
        AnalysisTable::new(TableParts {
            events: events.map(meaning).collect(),
            pseudonyms: self.in_cohort.clone(),
            person: self.rows.iter().map(|(place, _)| person(*place)).collect(),
            cluster: (definition.hospitals.then(|| self.hospitals())).transpose()?,
            entry: late.then(|| rows().map(|row| row.entry).collect()),
            time: rows().map(|row| row.time).collect(),
            event: rows().map(|row| row.event).collect(),
            predictors: predictors.collect::<Result<_, _>>()?,
        })
        .map(Some)
    }

    /// The hospitals by name, and each row's among them.
    fn hospitals(&self) -> Result<Categories, CareError> {
        let named = |(_, row): &(usize, Row)| row.hospital.clone();
        let mut levels: Vec<String> = self.rows.iter().filter_map(named).collect();
        levels.sort_unstable();
        levels.dedup();
        let place = |row| levels.binary_search(&named(row)?).ok();
        let codes = self.rows.iter().map(|row| u32::try_from(place(row)?).ok());
        let codes = codes.collect();
        Categories::new(levels, codes)
    }

    fn column(
        &self,
        plan: &Plan,
        place: usize,
        rule: &PredictorRule,
    ) -> Result<Predictor, CareError> {
        let cells = self.rows.iter().map(|(_, row)| &row.cells[place]);
        let values = match levels(plan, rule) {
            None => Values::numeric(cells.map(number).collect())?,
            Some(levels) => {
                let code = |cell: &Cell| match cell {
                    Cell::Level(level) => {
                        let place = levels.iter().position(|it| it == level)?;
                        u32::try_from(place).ok()
                    }
                    _ => None,
                };
                let codes = cells.map(code).collect();
                Values::Categorical(Categories::new(levels, codes)?)
            }
        };
        Ok(Predictor {
            name: rule.name.clone(),
            label: rule.label.clone(),
            unit: unit(plan, rule),
            values,
        })
    }
}

const fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Number(value) => Some(*value),
        _ => None,
    }
}

fn meaning(event: &Event) -> EventMeaning {
    EventMeaning {
        name: event.name.clone(),
        label: Label::new(event.label.ko.clone(), event.label.en.clone()),
    }
}

/// The levels of a rule's cells; none where they are numbers.
fn levels(plan: &Plan, rule: &PredictorRule) -> Option<Vec<String>> {
    if rule.person == Some(PersonValue::Sex) {
        return Some(SEXES.map(|sex| sex_level(sex).to_owned()).to_vec());
    }
    let picked = matches!(rule.aggregate, Some(Aggregate::Last | Aggregate::First));
    let concept = rule.facts.as_ref()?.concept.as_ref()?;
    let levels = &plan.definition.concepts.get(concept)?.levels;
    (picked && !levels.is_empty()).then(|| levels.keys().cloned().collect())
}

fn unit(plan: &Plan, rule: &PredictorRule) -> Option<String> {
    match (rule.person, rule.aggregate) {
        (Some(PersonValue::Age), _) => return Some("a".to_owned()),
        (Some(PersonValue::IndexDays | PersonValue::DaysSinceFirst), _)
        | (_, Some(Aggregate::DaysSince)) => {
            return Some("d".to_owned());
        }
        (_, Some(Aggregate::Count | Aggregate::Ever)) => return None,
        _ => {}
    }
    let concept = rule.facts.as_ref()?.concept.as_ref()?;
    plan.definition.concepts.get(concept)?.unit.clone()
}
