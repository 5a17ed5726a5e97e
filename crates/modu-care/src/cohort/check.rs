//! Whether a definition means something: what it names exists, what may be
//! known is known in time, and nothing in it tells who somebody is.

use std::collections::BTreeSet;

use super::concept::ConceptIndex;
use super::definition::{
    Aggregate, Criterion, DEFINITION_SCHEMA, Definition, Event, EventTable, Kind, PredictorRule,
    Selector, Tables, Window,
};
use crate::records::{Moment, Offset};
use crate::{CareError, limits, privacy};

/// A definition that has been checked, with what is computed from it once.
pub struct Plan {
    pub(crate) definition: Definition,
    pub(crate) offset: Offset,
    pub(crate) until: i64,
    /// Index events must lie in this span.
    pub(crate) index_from: Option<i64>,
    pub(crate) index_before: Option<i64>,
    pub(crate) concepts: ConceptIndex,
    /// Classes of encounters that are asked for by name.
    pub(crate) classes: BTreeSet<String>,
}

const MAX_DAYS: i64 = 36_525;
const MAX_NAME_BYTES: usize = 64;

impl Plan {
    /// The plain tables that the definition names.
    #[must_use]
    pub const fn tables(&self) -> Option<&Tables> {
        self.definition.tables.as_ref()
    }

    /// Reads a definition.
    ///
    /// # Errors
    /// What is not such a document, with the line or member that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, CareError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| CareError::at("the document", "it is not UTF-8: save it as UTF-8"))?;
        for (number, line) in (1..).zip(text.lines()) {
            privacy::refuse_identifiers(&format!("line {number}"), line)?;
        }
        let definition: Definition =
            toml::from_str(text).map_err(|error| CareError::toml(bytes, &error))?;
        Self::of(definition)
    }

    /// Checks a definition.
    ///
    /// # Errors
    /// The member that is wrong.
    pub fn of(definition: Definition) -> Result<Self, CareError> {
        if definition.schema != DEFINITION_SCHEMA {
            let problem = format!("it is not `{DEFINITION_SCHEMA}`");
            return Err(CareError::at("schema", problem));
        }
        let offset = Offset::parse(&definition.offset).ok_or_else(|| {
            CareError::at("offset", "it is not an offset from UTC such as `+09:00`")
        })?;
        let date = |place: &str, text: &str| {
            Moment::parse(text, offset)
                .ok_or_else(|| CareError::at(place, "it is not a date such as `2026-11-22`"))
        };
        let until = date("follow_up.until", &definition.follow_up.until)?.latest;
        let from = definition.index.from.as_deref();
        let from = from.map(|text| date("index.from", text)).transpose()?;
        let before = definition.index.before.as_deref();
        let before = before.map(|text| date("index.before", text)).transpose()?;
        let concepts = ConceptIndex::of(&definition)?;
        check_days(&definition)?;
        check_names(&definition)?;
        check_index(&definition)?;
        check_tables(&definition)?;
        check_rules(&definition)?;
        let selectors = definition.selectors();
        let mut classes: BTreeSet<String> = selectors.flat_map(|it| it.class.clone()).collect();
        classes.extend(definition.index.class.clone());
        Ok(Self {
            offset,
            until,
            index_from: from.map(|it| it.earliest),
            index_before: before.map(|it| it.earliest),
            concepts,
            classes,
            definition,
        })
    }

    /// The definition.
    #[must_use]
    pub const fn definition(&self) -> &Definition {
        &self.definition
    }
}

impl Definition {
    /// Every selector but the index event's own.
    pub(crate) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let criteria = self.include.iter().chain(&self.exclude);
        let events = std::iter::once(&self.outcome).chain(&self.competing);
        let predictors = self.predictor.iter();
        (criteria.flat_map(|it| &it.any))
            .chain(events.flat_map(|it| &it.any))
            .chain(predictors.filter_map(|it| it.facts.as_ref()))
    }
}

fn check_days(definition: &Definition) -> Result<(), CareError> {
    let days = i64::from(definition.follow_up.days);
    if !(1..=MAX_DAYS).contains(&days) {
        let problem = format!("follow people for 1 to {MAX_DAYS} days");
        return Err(CareError::at("follow_up.days", problem));
    }
    match i64::from(definition.prediction.days_after_index) <= MAX_DAYS {
        true => Ok(()),
        false => Err(CareError::at(
            "prediction.days_after_index",
            format!("it is more than {MAX_DAYS} days"),
        )),
    }
}

/// Names are unique among what they stand beside, and fit for columns.
fn check_names(definition: &Definition) -> Result<(), CareError> {
    let events = std::iter::once(&definition.outcome).chain(&definition.competing);
    let criteria = definition.include.iter().chain(&definition.exclude);
    let lists: [(&str, Vec<&str>); 4] = [
        (
            "concepts",
            definition.concepts.keys().map(String::as_str).collect(),
        ),
        (
            "outcome and competing",
            events.map(|it| it.name.as_str()).collect(),
        ),
        (
            "include and exclude",
            criteria.map(|it| it.name.as_str()).collect(),
        ),
        (
            "predictor",
            definition
                .predictor
                .iter()
                .map(|it| it.name.as_str())
                .collect(),
        ),
    ];
    for (place, names) in lists {
        if names.len() > limits::TABLE_COLUMNS {
            return Err(CareError::TooMany {
                what: "rules of one kind",
                limit: limits::TABLE_COLUMNS as u64,
            });
        }
        let mut seen = BTreeSet::new();
        for name in names {
            let allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
            let fits = name.starts_with(|it: char| it.is_ascii_lowercase())
                && name.len() <= MAX_NAME_BYTES
                && name.chars().all(allowed);
            if !fits {
                let problem = format!(
                    "the name `{name}` is not of lowercase letters, digits and `_`, beginning \
                     with a letter, at most {MAX_NAME_BYTES}"
                );
                return Err(CareError::at(place, problem));
            }
            if !seen.insert(name) {
                let problem = format!("the name `{name}` stands there twice");
                return Err(CareError::at(place, problem));
            }
        }
    }
    Ok(())
}

fn check_tables(definition: &Definition) -> Result<(), CareError> {
    let Some(tables) = &definition.tables else {
        return Ok(());
    };
    let files = tables.events.iter().map(|table| &table.file);
    for file in files.chain([&tables.patients.file]) {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        if file.is_empty() || file.len() > MAX_NAME_BYTES || !file.chars().all(plain) {
            let problem = "a file's name is of letters, digits, `_` and `-`, without its ending";
            return Err(CareError::at("tables.file", problem));
        }
    }
    let wrong =
        |table: &EventTable| matches!(table.kind, Kind::Death | Kind::QuestionnaireResponse);
    match tables.events.iter().any(wrong) {
        false => Ok(()),
        true => Err(CareError::at(
            "tables.events.kind",
            "deaths stand in the table of patients, and answers come as observations",
        )),
    }
}

fn check_index(definition: &Definition) -> Result<(), CareError> {
    let index = &definition.index;
    if index.kind == Kind::Death {
        return Err(CareError::at(
            "index.kind",
            "nobody is followed after death",
        ));
    }
    if definition.hospitals && index.kind != Kind::Encounter {
        let problem = "only encounters are in a hospital: follow people from one, or leave it out";
        return Err(CareError::at("hospitals", problem));
    }
    check_kind("index", Some(index.kind), index.concept.is_some())?;
    check_concept(definition, "index", index.concept.as_deref())?;
    check_class("index", Some(index.kind), &index.class)
}

fn check_rules(definition: &Definition) -> Result<(), CareError> {
    for (list, criteria) in [
        ("include", &definition.include),
        ("exclude", &definition.exclude),
    ] {
        for criterion in criteria {
            check_criterion(definition, list, criterion)?;
        }
    }
    check_event(definition, "outcome", &definition.outcome)?;
    for event in &definition.competing {
        check_event(definition, "competing", event)?;
    }
    for rule in &definition.predictor {
        check_predictor(definition, rule)?;
    }
    Ok(())
}

fn check_criterion(
    definition: &Definition,
    list: &str,
    criterion: &Criterion,
) -> Result<(), CareError> {
    let place = format!("{list} `{}`", criterion.name);
    if criterion.age.is_none() && criterion.sex.is_empty() && criterion.any.is_empty() {
        let problem = "it asks for nothing: give `age`, `sex` or `any`";
        return Err(CareError::at(place, problem));
    }
    if let Some([youngest, oldest]) = criterion.age
        && youngest > oldest
    {
        return Err(CareError::at(place, "its ages are in the wrong order"));
    }
    if list == "exclude" && criterion.window.to > 0 {
        let problem = "its window ends after the prediction: nobody can be left out for what is \
                       not known yet; make it a competing event";
        return Err(CareError::at(place, problem));
    }
    check_window(&place, criterion.window)?;
    for selector in &criterion.any {
        check_selector(definition, &place, selector)?;
    }
    Ok(())
}

fn check_event(definition: &Definition, list: &str, event: &Event) -> Result<(), CareError> {
    let place = format!("{list} `{}`", event.name);
    if event.any.is_empty() {
        return Err(CareError::at(place, "it is no event: give `any`"));
    }
    for selector in &event.any {
        check_selector(definition, &place, selector)?;
    }
    Ok(())
}

fn check_predictor(definition: &Definition, rule: &PredictorRule) -> Result<(), CareError> {
    let place = format!("predictor `{}`", rule.name);
    if super::FIXED_COLUMNS.contains(&rule.name.as_str()) {
        return Err(CareError::at(
            place,
            "every table has a column of that name",
        ));
    }
    let (facts, aggregate) = match (rule.person, &rule.facts, rule.aggregate) {
        (Some(_), None, None) => return Ok(()),
        (None, Some(facts), Some(aggregate)) => (facts, aggregate),
        _ => {
            let problem = "give either `person`, or `facts` with `aggregate`";
            return Err(CareError::at(place, problem));
        }
    };
    if rule.window.to > 0 {
        let problem = "its window ends after the prediction: that is not known by then";
        return Err(CareError::at(place, problem));
    }
    check_window(&place, rule.window)?;
    check_selector(definition, &place, facts)?;
    if facts.kind == Some(Kind::Death) {
        return Err(CareError::at(place, "nobody is dead at the prediction"));
    }
    check_aggregate(definition, &place, facts, aggregate)
}

/// Numbers are counted, averaged and ordered; levels only picked.
fn check_aggregate(
    definition: &Definition,
    place: &str,
    facts: &Selector,
    aggregate: Aggregate,
) -> Result<(), CareError> {
    let needs_value = match aggregate {
        Aggregate::Count | Aggregate::Ever | Aggregate::DaysSince => return Ok(()),
        Aggregate::Last | Aggregate::First => false,
        Aggregate::Mean | Aggregate::Min | Aggregate::Max => true,
    };
    let concept = facts.concept.as_ref();
    match concept.and_then(|name| definition.concepts.get(name)) {
        None => Err(CareError::at(
            place,
            "values are of one concept: give `facts.concept`",
        )),
        Some(concept) if needs_value && !concept.levels.is_empty() => Err(CareError::at(
            place,
            "its concept has levels, which cannot be averaged or ordered: use `last` or `first`",
        )),
        Some(_) => Ok(()),
    }
}

fn check_window(place: &str, window: Window) -> Result<(), CareError> {
    let far = |days: i32| i64::from(days).abs() > MAX_DAYS;
    if far(window.to) || window.from.is_some_and(far) {
        let problem = format!("its window reaches further than {MAX_DAYS} days");
        return Err(CareError::at(place, problem));
    }
    match window.from.is_some_and(|from| from > window.to) {
        true => Err(CareError::at(place, "its window ends before it begins")),
        false => Ok(()),
    }
}

fn check_selector(
    definition: &Definition,
    place: &str,
    selector: &Selector,
) -> Result<(), CareError> {
    check_kind(place, selector.kind, selector.concept.is_some())?;
    let bounds = [selector.at_least, selector.at_most];
    let bounded = bounds.iter().any(Option::is_some);
    if bounded && selector.concept.is_none() {
        return Err(CareError::at(
            place,
            "values are of one concept: give `concept`",
        ));
    }
    if bounds.iter().flatten().any(|bound| !bound.is_finite()) {
        return Err(CareError::at(place, "its bounds must be finite numbers"));
    }
    check_concept(definition, place, selector.concept.as_deref())?;
    check_class(place, selector.kind, &selector.class)
}

/// Only what has codes that are asked for is kept of records.
fn check_kind(place: &str, kind: Option<Kind>, has_concept: bool) -> Result<(), CareError> {
    match (kind, has_concept) {
        (Some(Kind::Death), true) => Err(CareError::at(place, "a death has no concept")),
        (Some(Kind::Encounter | Kind::Death), _) | (_, true) => Ok(()),
        (_, false) => Err(CareError::at(
            place,
            "it selects everything: give `concept`, which only encounters and deaths do without",
        )),
    }
}

fn check_concept(
    definition: &Definition,
    place: &str,
    concept: Option<&str>,
) -> Result<(), CareError> {
    match concept {
        Some(name) if !definition.concepts.contains_key(name) => {
            let problem = format!("there is no concept `{name}`: define it under `concepts`");
            Err(CareError::at(place, problem))
        }
        _ => Ok(()),
    }
}

fn check_class(place: &str, kind: Option<Kind>, class: &[String]) -> Result<(), CareError> {
    match class.is_empty() || kind == Some(Kind::Encounter) {
        true => Ok(()),
        false => Err(CareError::at(
            place,
            "only encounters have a class: give `kind = \"encounter\"`",
        )),
    }
}
