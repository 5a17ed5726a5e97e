//! `care.card` itself: which items the runs fill, which people did, and which
//! are open.

use std::collections::BTreeMap;

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Language, Output, Progress, Severity,
    TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::{ALARM, ANSWERS, COHORT, FIT, VALIDATE};
use super::item::{ITEMS, Item, Section};
use super::page;
use super::told::told;
use crate::privacy::refuse_identifiers;
use crate::{CareError, limits};

/// The engine as plain data.
pub const CARD: Engine = Engine::of::<Card>();

const SCHEMA: &str = "modu.care.card/1";
/// Bytes of one answer.
const ANSWER_BYTES: usize = 20_000;

/// The engine's type.
pub struct Card;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardRequest {
    /// The model's name.
    pub name: Label,
}

/// Who filled an item.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Filled {
    /// The runs.
    Run,
    /// A person.
    Person,
    /// The runs know something, and a person must add the rest.
    Partly,
    /// Nobody yet.
    Open,
}

/// An item as it is filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CardItem {
    /// The statement's number.
    pub number: String,
    /// The part of the card.
    pub section: Section,
    /// What it asks.
    pub asks: Label,
    /// Who filled it.
    pub filled: Filled,
    /// What the runs say: where it stands, and in words.
    pub said: Vec<(String, Label)>,
    /// What a person says.
    pub answer: Option<Label>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CardReport {
    /// The schema's name.
    pub schema: String,
    /// The model's name.
    pub name: Label,
    /// The reports that it was made from.
    pub made_from: BTreeMap<String, Digest>,
    /// Items by who filled them.
    pub counts: BTreeMap<Filled, u64>,
    /// The items in order.
    pub items: Vec<CardItem>,
}

impl TypedEngine for Card {
    type Request = CardRequest;
    type Report = CardReport;
    const NAME: &'static str = "care.card";
    const VERSION: &'static str = "1";

    fn run(
        request: CardRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(CardReport, Vec<Finding>, Vec<Output>), EngineError> {
        for text in [&request.name.ko, &request.name.en] {
            refuse_identifiers("`name`", text)
                .map_err(|error| EngineError::Request(error.to_string()))?;
        }
        let mut made_from = BTreeMap::new();
        let mut reports = BTreeMap::new();
        for name in [COHORT, FIT, VALIDATE, ALARM] {
            if let Some((digest, report)) = report(inputs, name)? {
                made_from.insert(name.to_owned(), digest);
                reports.insert(name, report);
            }
        }
        let answers = answers(inputs)?;
        let items: Vec<_> = (ITEMS.iter())
            .map(|item| filled(item, &reports, answers.get(item.number)))
            .collect();
        let mut counts = BTreeMap::new();
        for item in &items {
            *counts.entry(item.filled).or_insert(0) += 1;
        }
        let report = CardReport {
            schema: SCHEMA.to_owned(),
            name: request.name,
            made_from,
            counts,
            items,
        };
        let findings = findings(&report);
        let outputs = page::pages(&report).to_vec();
        Ok((report, findings, outputs))
    }
}

/// Whether the run has an input of a name.
fn given(inputs: &dyn Inputs, name: &str) -> bool {
    inputs.list().iter().any(|input| input.name == name)
}

fn report(inputs: &dyn Inputs, name: &str) -> Result<Option<(Digest, Value)>, EngineError> {
    if !given(inputs, name) {
        return Ok(None);
    }
    let bytes = read_input(inputs, name, limits::DOCUMENT_BYTES)?;
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| CareError::json(&error).of_input(name))?;
    match value.is_object() {
        true => Ok(Some((Digest::of(&bytes), value))),
        false => Err(EngineError::input(
            name,
            "the document",
            "it is no report: give report.json",
        )),
    }
}

fn answers(inputs: &dyn Inputs) -> Result<BTreeMap<String, Label>, EngineError> {
    if !given(inputs, ANSWERS) {
        return Ok(BTreeMap::new());
    }
    let wrong = |place: &str, problem: &str| EngineError::input(ANSWERS, place, problem);
    let bytes = read_input(inputs, ANSWERS, limits::DOCUMENT_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("the text", "it is not UTF-8"))?;
    let answers: BTreeMap<String, Label> =
        toml::from_str(&text).map_err(|error| wrong("the answers", error.message()))?;
    for (number, answer) in &answers {
        if !ITEMS.iter().any(|item| item.number == number) {
            return Err(wrong(
                "the answers",
                "there is an item that the card does not have",
            ));
        }
        for text in [&answer.ko, &answer.en] {
            refuse_identifiers(&format!("item {number}"), text)
                .map_err(|error| error.of_input(ANSWERS))?;
            if text.trim().is_empty() || text.len() > ANSWER_BYTES {
                let problem = "an answer has 1 to 20000 bytes in each language";
                return Err(wrong(&format!("item {number}"), problem));
            }
        }
    }
    Ok(answers)
}

fn filled(item: &Item, reports: &BTreeMap<&str, Value>, answer: Option<&Label>) -> CardItem {
    let said: Vec<_> = (item.places.iter())
        .filter_map(|place| {
            let value = reports.get(place.input)?.pointer(place.pointer)?;
            let words = Label::new(told(value, Language::Ko)?, told(value, Language::En)?);
            Some((format!("{}{}", place.input, place.pointer), words))
        })
        .collect();
    let filled = match (said.is_empty(), item.needs_person, answer) {
        (_, _, Some(_)) => Filled::Person,
        (false, false, None) => Filled::Run,
        (false, true, None) => Filled::Partly,
        (true, _, None) => Filled::Open,
    };
    CardItem {
        number: item.number.to_owned(),
        section: item.section,
        asks: Label::new(item.ko, item.en),
        filled,
        said,
        answer: answer.cloned(),
    }
}

fn findings(report: &CardReport) -> Vec<Finding> {
    let of = |filled| report.counts.get(&filled).copied().unwrap_or_default();
    let waiting = of(Filled::Open) + of(Filled::Partly);
    if waiting == 0 {
        return Vec::new();
    }
    vec![Finding {
        severity: Severity::Warning,
        code: "card.open".to_owned(),
        place: ANSWERS.to_owned(),
        message: Label::new(
            format!("{waiting}개 항목은 사람이 채워야 합니다."),
            format!("A person must fill {waiting} items."),
        ),
    }]
}
