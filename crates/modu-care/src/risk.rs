//! What a model says of one person at one time, as a line of JSON
//! (`modu.care.risk/1`): alerts, follow-up plans and pages start from here,
//! whatever model said it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use modu_kernel::{EngineError, Inputs, Label, Language, read_input};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::page::draw::number;
use crate::privacy::{Pseudonym, identifier_in, refuse_identifiers};
use crate::{CareError, limits};

/// The input's name in the engines that take it.
pub const INPUT: &str = "risks";

/// The risk of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskEstimate {
    /// Pseudonym.
    pub person: String,
    /// When what the model looked at was observed.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The outcome within so many days, above 0.
    pub horizon_days: Finite,
    /// The probability of it, 0 to 1.
    pub risk: Finite,
    /// Where the probability may lie.
    pub interval: Option<RiskInterval>,
    /// What an alarm rule is held against; without it the risk is.
    #[serde(default)]
    pub score: Option<Finite>,
    /// What moved the risk.
    #[serde(default)]
    pub contributions: Vec<Contribution>,
}

/// An interval of a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskInterval {
    /// At most the risk.
    pub lower: Finite,
    /// At least the risk.
    pub upper: Finite,
}

/// What one predictor does to the risk of this person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// The predictor's name in the model.
    pub predictor: String,
    /// Its name for people; without it the name in the model.
    #[serde(default)]
    pub label: Option<Label>,
    /// What it was.
    #[serde(default)]
    pub value: Option<Finite>,
    /// In what unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// What it adds to the linear predictor: coefficient times (value minus the
    /// reference). Its exponential is a ratio of hazards.
    pub change: Finite,
}

impl Contribution {
    /// Its name for people.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        let label = self.label.as_ref();
        label.map_or(&self.predictor, |label| label.get(language))
    }

    /// What it was, with its unit.
    #[must_use]
    pub fn reading(&self) -> Option<String> {
        let value = number(self.value?.get(), 2);
        Some(match self.unit.as_deref().unwrap_or_default() {
            "" => value,
            unit => format!("{value} {unit}"),
        })
    }

    /// In words: which predictor, what it was, how it moved the risk.
    #[must_use]
    pub fn words(&self) -> Label {
        let ratio = libm::exp(self.change.get());
        let ratio = number(ratio, if ratio < 1.0 { 2 } else { 1 });
        let reading = self.reading().map_or(String::new(), |it| format!(" {it}"));
        let (ko, en) = (self.name(Language::Ko), self.name(Language::En));
        match self.change.get() {
            change if change > 0.0 => Label::new(
                format!("{ko}{reading}: 위험을 기준의 {ratio}배로 높입니다."),
                format!("{en}{reading}: raises the hazard to {ratio} times the reference."),
            ),
            change if change < 0.0 => Label::new(
                format!("{ko}{reading}: 위험을 기준의 {ratio}배로 낮춥니다."),
                format!("{en}{reading}: lowers the hazard to {ratio} of the reference."),
            ),
            _ => Label::new(
                format!("{ko}{reading}: 기준과 같습니다."),
                format!("{en}{reading}: as the reference."),
            ),
        }
    }
}

impl RiskEstimate {
    /// The contributions that moved the risk most, at most so many.
    pub fn movers(&self, most: usize) -> Vec<&Contribution> {
        let mut movers: Vec<_> = (self.contributions.iter())
            .filter(|it| it.change.get() != 0.0)
            .collect();
        movers.sort_by(|one, other| {
            let by_size = other.change.get().abs().total_cmp(&one.change.get().abs());
            by_size.then_with(|| one.predictor.cmp(&other.predictor))
        });
        movers.truncate(most);
        movers
    }

    fn check(&self) -> Result<(), CareError> {
        let share = |what: &str, value: Finite| match (0.0..=1.0).contains(&value.get()) {
            true => Ok(()),
            false => Err(CareError::at(what, "it is no probability from 0 to 1")),
        };
        share("`risk`", self.risk)?;
        if let Some(interval) = self.interval {
            share("`interval.lower`", interval.lower)?;
            share("`interval.upper`", interval.upper)?;
            if interval.lower > self.risk || interval.upper < self.risk {
                return Err(CareError::at("`interval`", "the risk lies outside of it"));
            }
        }
        if self.horizon_days.get() <= 0.0 {
            return Err(CareError::at("`horizon_days`", "it must be above 0"));
        }
        if self.person.is_empty() || self.person.len() > MAX_NAME {
            return Err(CareError::at("`person`", "a pseudonym has 1 to 128 bytes"));
        }
        if identifier_of_person(&self.person).is_some() {
            return Err(CareError::at(
                "`person`",
                "it tells who it is: use a pseudonym",
            ));
        }
        for it in &self.contributions {
            refuse_identifiers("`contributions.predictor`", &it.predictor)?;
            refuse_identifiers(
                "`contributions.unit`",
                it.unit.as_deref().unwrap_or_default(),
            )?;
            if let Some(label) = &it.label {
                refuse_identifiers("`contributions.label`", &label.ko)?;
                refuse_identifiers("`contributions.label`", &label.en)?;
            }
        }
        Ok(())
    }
}

/// What in the name that a table gives a person tells who it is. Digits of a
/// pseudonym of our own are random, whatever they look like.
pub(crate) fn identifier_of_person(name: &str) -> Option<&'static str> {
    match Pseudonym::parse(name) {
        Some(_) => None,
        None => identifier_in(name),
    }
}

const MAX_NAME: usize = 128;
const MAX_BYTES: u64 = 1 << 30;
const MAX_LINES: usize = 5_000_000;

/// Reads the risks of an input, a line of JSON each.
///
/// # Errors
/// The line that is no risk, and why.
pub(crate) fn read(inputs: &dyn Inputs) -> Result<Vec<RiskEstimate>, EngineError> {
    let bytes = read_input(inputs, INPUT, MAX_BYTES)?;
    let mut risks = Vec::new();
    for (line, text) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |error: CareError| EngineError::input(INPUT, format!("line {line}"), error);
        if text.len() as u64 > limits::DOCUMENT_BYTES || risks.len() == MAX_LINES {
            return Err(wrong(CareError::TooMany {
                what: "lines, or bytes in one",
                limit: MAX_LINES as u64,
            }));
        }
        let risk: RiskEstimate =
            serde_json::from_slice(text).map_err(|error| wrong(CareError::json(&error)))?;
        risk.check().map_err(wrong)?;
        risks.push(risk);
    }
    match risks.is_empty() {
        true => Err(EngineError::input(INPUT, "line 1", "there are no risks")),
        false => Ok(risks),
    }
}

/// The latest of each person; of several at one time the highest.
pub(crate) fn latest(risks: Vec<RiskEstimate>) -> BTreeMap<String, RiskEstimate> {
    let mut latest: BTreeMap<String, RiskEstimate> = BTreeMap::new();
    for risk in risks {
        let newer = |kept: &RiskEstimate| {
            (kept.at.cmp(&risk.at))
                .then(kept.risk.get().total_cmp(&risk.risk.get()))
                .is_lt()
        };
        if latest.get(&risk.person).is_none_or(newer) {
            latest.insert(risk.person.clone(), risk);
        }
    }
    latest
}
