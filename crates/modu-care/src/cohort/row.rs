//! From a person's facts to rows of the table, or why there are none.
//!
//! The prediction is made at a point in time. A moment that is told to the day
//! only may lie anywhere in it: a predictor counts if all of its span is by
//! then, an event if all of its span is after.

use modu_survival::EventCode;

use super::Plan;
use super::aggregate::{Cell, cell};
use super::definition::{Criterion, End, Event, Kind, Seen, Sex, Which};
use super::reason::Reason;
use super::select::{is_about, is_of_class};
use crate::records::{DAY, Fact, Moment, Person};

/// A row of the table.
pub(super) struct Row {
    pub(super) entry: f64,
    pub(super) time: f64,
    pub(super) event: EventCode,
    pub(super) cells: Vec<Cell>,
    /// The hospital of the index encounter, where it is asked for and told.
    pub(super) hospital: Option<String>,
    /// Predictors, by place, that would have been there had they been known.
    pub(super) known_later: Vec<usize>,
}

/// What became of a person's index events.
pub(super) enum Judged {
    /// The person has none, or cannot be used.
    LeftOut(Reason),
    /// One answer for each index event.
    IndexEvents(Vec<Result<Row, Reason>>),
}

/// A time at which a prediction is made.
pub(super) struct Occasion<'a> {
    pub(super) person: &'a Person,
    pub(super) index: &'a Fact,
    /// The second of the index event.
    at: i64,
    /// The second of the prediction.
    pub(super) prediction: i64,
    /// That of the person's first index event.
    pub(super) first: i64,
    /// The person's completed years then.
    pub(super) years: Option<u32>,
}

/// Judges a person.
pub(super) fn judge(plan: &Plan, person: &Person) -> Judged {
    if let Some(reason) = fault(plan, person) {
        return Judged::LeftOut(reason);
    }
    let occasions = occasions(plan, person);
    match occasions.is_empty() {
        true => Judged::LeftOut(Reason::NoIndexEvent),
        false => {
            let rows = occasions.iter().map(|occasion| row(plan, occasion));
            Judged::IndexEvents(rows.collect())
        }
    }
}

fn fault(plan: &Plan, person: &Person) -> Option<Reason> {
    let before_birth = |death: Moment| person.birth.is_some_and(|it| death.latest <= it.earliest);
    let definition = &plan.definition;
    let events = std::iter::once(&definition.outcome).chain(&definition.competing);
    let mut selectors = events.flat_map(|event| &event.any);
    let waits_for_death = selectors.any(|it| it.kind == Some(Kind::Death));
    match () {
        () if person.death.is_some_and(before_birth) => Some(Reason::DeathBeforeBirth),
        () if person.duplicate => Some(Reason::Duplicate),
        () if person.death_undated && waits_for_death => Some(Reason::DeathUndated),
        () => None,
    }
}

fn occasions<'a>(plan: &Plan, person: &'a Person) -> Vec<Occasion<'a>> {
    let index = &plan.definition.index;
    let is_meant = |fact: &&Fact| {
        fact.kind == index.kind
            && is_about(index.concept.as_deref(), fact)
            && is_of_class(&index.class, fact)
    };
    let within = |moment: &Moment| {
        plan.index_from.is_none_or(|from| moment.earliest >= from)
            && plan.index_before.is_none_or(|before| moment.is_by(before))
    };
    let later = i64::from(plan.definition.prediction.days_after_index) * DAY;
    let facts = person.facts.iter().filter(is_meant);
    let mut found: Vec<Occasion<'a>> = facts
        .filter_map(|fact| {
            let moment = match index.at {
                End::Start => Some(fact.start),
                End::End => fact.end,
            };
            let moment = moment.filter(within)?;
            let prediction = moment.latest + later;
            Some(Occasion {
                person,
                index: fact,
                at: moment.latest,
                prediction,
                first: prediction,
                years: age(plan, person, prediction),
            })
        })
        .collect();
    // Facts are in order of their beginning; their ends need not be.
    found.sort_by_key(|occasion| occasion.at);
    if let Some(first) = found.first().map(|occasion| occasion.prediction) {
        found.iter_mut().for_each(|occasion| occasion.first = first);
    }
    match index.which {
        Which::Every => {}
        Which::First => found.truncate(1),
        Which::Last => drop(found.drain(..found.len().saturating_sub(1))),
    }
    found
}

fn row(plan: &Plan, occasion: &Occasion<'_>) -> Result<Row, Reason> {
    let definition = &plan.definition;
    let end = end_of_follow_up(plan, occasion);
    if end <= occasion.prediction {
        return Err(Reason::NoFollowUp);
    }
    let death = occasion.person.death;
    if death.is_some_and(|death| !is_after(death, occasion.prediction)) {
        return Err(Reason::DeadAtPrediction);
    }
    let mut entry = occasion.prediction;
    for (place, criterion) in definition.include.iter().enumerate() {
        let met = met_at(criterion, occasion).ok_or(Reason::NotIncluded(place))?;
        entry = entry.max(met);
    }
    let excluded = |criterion: &Criterion| met_at(criterion, occasion).is_some();
    if let Some(place) = definition.exclude.iter().position(excluded) {
        return Err(Reason::Excluded(place));
    }
    let (time, event) = first_event(plan, occasion, end)?;
    if time <= entry && entry > occasion.prediction {
        return Err(Reason::BeforeEntry);
    }
    let mut known_later = Vec::new();
    let mut cells = Vec::with_capacity(definition.predictor.len());
    for (place, rule) in definition.predictor.iter().enumerate() {
        let found = cell(rule, occasion);
        if found.known_later {
            known_later.push(place);
        }
        cells.push(found.cell);
    }
    Ok(Row {
        entry: days(entry - occasion.prediction),
        time: days(time - occasion.prediction),
        event,
        cells,
        hospital: occasion.index.hospital.clone(),
        known_later,
    })
}

/// The last second that is seen of a person.
fn end_of_follow_up(plan: &Plan, occasion: &Occasion<'_>) -> i64 {
    let longest = occasion.prediction + i64::from(plan.definition.follow_up.days) * DAY;
    let end = plan.until.min(longest);
    match plan.definition.follow_up.seen {
        Seen::UntilEnd => end,
        Seen::UntilLastRecord => {
            let death = occasion.person.death.map(|death| death.latest);
            let last = occasion.person.last.max(death);
            end.min(last.unwrap_or(i64::MIN))
        }
    }
}

/// The first event within the follow-up, else its end. Of events at one
/// second the outcome counts before competing ones, in their order.
fn first_event(plan: &Plan, occasion: &Occasion<'_>, end: i64) -> Result<(i64, EventCode), Reason> {
    let definition = &plan.definition;
    let events = std::iter::once(&definition.outcome).chain(&definition.competing);
    let mut first = (end, EventCode::CENSORED);
    for (code, event) in (1..).zip(events) {
        if let Some(time) = first_after(event, occasion)?
            && (time < first.0 || (time == first.0 && first.1.is_censored()))
        {
            first = (time, EventCode(code));
        }
    }
    Ok(first)
}

/// When an event first happened after the prediction.
fn first_after(event: &Event, occasion: &Occasion<'_>) -> Result<Option<i64>, Reason> {
    let mut first: Option<i64> = None;
    for selector in &event.any {
        let death = occasion
            .person
            .death
            .filter(|_| selector.kind == Some(Kind::Death));
        let facts = occasion.other_facts().filter(|fact| selector.means(fact));
        for moment in death.into_iter().chain(facts.map(|fact| fact.start)) {
            if is_after(moment, occasion.prediction) {
                first = Some(first.map_or(moment.latest, |first| first.min(moment.latest)));
            } else if moment.latest >= occasion.at {
                return Err(Reason::EventAtPrediction);
            }
        }
    }
    Ok(first)
}

impl<'a> Occasion<'a> {
    /// The person's facts but the index event itself.
    pub(super) fn other_facts(&self) -> impl Iterator<Item = &'a Fact> + use<'a> {
        let index = self.index;
        let facts = self.person.facts.iter();
        facts.filter(move |fact| !std::ptr::eq(*fact, index))
    }
}

/// Completed years at a second, counted from the first day that the birth may
/// have been.
fn age(plan: &Plan, person: &Person, second: i64) -> Option<u32> {
    let birth = plan.offset.date(person.birth?.earliest)?;
    let today = plan.offset.date(second)?;
    let before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    let years = i32::from(today.year()) - i32::from(birth.year()) - i32::from(before_birthday);
    u32::try_from(years).ok()
}

/// Whether all of a moment's span is after a second. A date counts at its end.
fn is_after(moment: Moment, second: i64) -> bool {
    moment.earliest >= second && moment.latest > second
}

/// The second from which a criterion is met, at the earliest the prediction.
fn met_at(criterion: &Criterion, occasion: &Occasion<'_>) -> Option<i64> {
    let sexes: &[Sex] = &criterion.sex;
    let is_of_sex = sexes.is_empty() || occasion.person.sex.is_some_and(|it| sexes.contains(&it));
    let is_of_age = criterion.age.is_none_or(|[youngest, oldest]| {
        (occasion.years).is_some_and(|age| (youngest..=oldest).contains(&age))
    });
    if !is_of_sex || !is_of_age {
        return None;
    }
    if criterion.any.is_empty() {
        return Some(occasion.prediction);
    }
    let known = |fact: &Fact| fact.known.unwrap_or(fact.start.latest);
    let meant = |fact: &&Fact| criterion.any.iter().any(|selector| selector.means(fact));
    let within = |fact: &&Fact| criterion.window.holds(fact.start, occasion.prediction);
    let met = occasion
        .other_facts()
        .filter(meant)
        .filter(within)
        .map(known);
    let late = i64::from(criterion.window.to.max(0)) * DAY;
    let met = met
        .filter(|second| *second <= occasion.prediction + late)
        .min();
    met.map(|second| second.max(occasion.prediction))
}

#[expect(clippy::cast_precision_loss, reason = "a century has 3e9 seconds")]
fn days(seconds: i64) -> f64 {
    seconds as f64 / DAY as f64
}
