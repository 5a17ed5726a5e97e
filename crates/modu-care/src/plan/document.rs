//! The plan as a hospital writes it.

use std::collections::BTreeSet;

use modu_kernel::{EngineError, Inputs, Label, read_input};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input;
use crate::unit::Unit;
use crate::{CareError, limits};

const SCHEMA: &str = "modu.care.plan/1";
/// Bands, tasks of one, contacts, warnings.
const MOST: usize = 64;
const MOST_DAYS: u16 = 3_660;

/// A hospital's plan for one outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CarePlan {
    /// `modu.care.plan/1`.
    pub schema: String,
    /// What may happen, in plain words, as what somebody may go through:
    /// "다시 입원하는 일", "going back to hospital".
    pub outcome: Label,
    /// Signs on which the patient calls at once.
    #[serde(default)]
    pub warning: Vec<Label>,
    /// Whom to call.
    #[serde(default)]
    pub contact: Vec<Contact>,
    /// Bands of risk, from the lowest.
    pub band: Vec<Band>,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Which place.
    pub name: Label,
    /// Digits, hyphens, spaces and a leading plus.
    pub telephone: String,
    /// When it answers.
    pub when: Label,
}

/// What is done for people of a range of risks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Its name.
    pub name: Label,
    /// For risks below this; the last band has none.
    #[serde(default)]
    pub below: Option<Finite>,
    /// What the patient is told to do.
    #[serde(default)]
    pub advice: Vec<Label>,
    /// What comes back again and again.
    #[serde(default)]
    pub task: Vec<Task>,
}

/// Something that comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What kind of thing.
    pub kind: Kind,
    /// Its name for the patient.
    pub name: Label,
    /// Every so many days, 1 to 3,660.
    pub every_days: u16,
    /// Overdue so many days after it was due.
    #[serde(default)]
    pub grace_days: u16,
    /// The code of the Observation that answers it, `system|code` such as
    /// `http://loinc.org|8867-4`.
    pub code: String,
    /// Within what its value lies.
    #[serde(default)]
    pub limits: Option<Limits>,
}

/// A range of values outside of which somebody looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// UCUM.
    pub unit: String,
    /// Not below.
    #[serde(default)]
    pub least: Option<Finite>,
    /// Not above.
    #[serde(default)]
    pub most: Option<Finite>,
}

/// A kind of task.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody calls.
    Call,
    /// The patient comes.
    Visit,
    /// The patient answers questions.
    Questionnaire,
    /// A device at home or on the body measures.
    Wearable,
}

impl Kind {
    /// Its name for people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::Call => ("전화", "call"),
            Self::Visit => ("방문", "visit"),
            Self::Questionnaire => ("설문", "questionnaire"),
            Self::Wearable => ("기기 측정", "device reading"),
        };
        Label::new(ko, en)
    }
}

impl CarePlan {
    /// Reads a plan.
    ///
    /// # Errors
    /// The member that is wrong, and what to write.
    pub fn parse(text: &str) -> Result<Self, CareError> {
        let plan: Self = toml::from_str(text)
            .map_err(|error| CareError::at("the plan", error.message().to_owned()))?;
        if plan.schema != SCHEMA {
            return Err(CareError::at("`schema`", format!("write \"{SCHEMA}\"")));
        }
        let many = [plan.band.len(), plan.warning.len(), plan.contact.len()];
        if plan.band.is_empty() || many.iter().any(|count| *count > MOST) {
            let problem = "there are 1 to 64 bands, and at most 64 warnings and contacts";
            return Err(CareError::at("`band`", problem));
        }
        plan.check_bands()?;
        for contact in &plan.contact {
            let digit = |letter: char| letter.is_ascii_digit() || "+- ".contains(letter);
            if contact.telephone.is_empty() || !contact.telephone.chars().all(digit) {
                return Err(CareError::at(
                    "`telephone`",
                    "write digits, hyphens and spaces",
                ));
            }
        }
        plan.band
            .iter()
            .flat_map(|band| &band.task)
            .try_for_each(Task::check)?;
        Ok(plan)
    }

    /// Reads the plan of a run.
    pub(crate) fn read(inputs: &dyn Inputs) -> Result<Self, EngineError> {
        let bytes = read_input(inputs, input::PLAN, limits::DOCUMENT_BYTES)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| EngineError::input(input::PLAN, "the text", "it is not UTF-8"))?;
        Self::parse(&text).map_err(|error| error.of_input(input::PLAN))
    }

    fn check_bands(&self) -> Result<(), CareError> {
        let mut before = 0.0;
        for (place, band) in self.band.iter().enumerate() {
            let last = place + 1 == self.band.len();
            match band.below.map(Finite::get) {
                None if last => {}
                Some(below) if !last && below > before && below < 1.0 => before = below,
                _ => {
                    let problem = "bands rise from above 0 to below 1, and the last one has none";
                    return Err(CareError::at("`below`", problem));
                }
            }
            let mut codes = BTreeSet::new();
            if band.task.len() > MOST || !band.task.iter().all(|it| codes.insert(&it.code)) {
                let problem = "a band has at most 64 tasks, each with a code of its own";
                return Err(CareError::at("`task`", problem));
            }
        }
        Ok(())
    }

    /// The place and the band of a risk.
    #[must_use]
    pub fn band_of(&self, risk: f64) -> (usize, &Band) {
        let within = |band: &Band| band.below.is_none_or(|below| risk < below.get());
        let place = self
            .band
            .iter()
            .position(within)
            .unwrap_or(self.band.len() - 1);
        (place, &self.band[place])
    }
}

impl Task {
    fn check(&self) -> Result<(), CareError> {
        if !(1..=MOST_DAYS).contains(&self.every_days) || self.grace_days > MOST_DAYS {
            return Err(CareError::at("`every_days`", "write 1 to 3660 days"));
        }
        if self
            .code
            .split_once('|')
            .is_none_or(|(system, code)| system.is_empty() || code.is_empty())
        {
            return Err(CareError::at("`code`", "write `system|code`"));
        }
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        if Unit::parse(&limits.unit).is_err() {
            return Err(CareError::at(
                "`limits.unit`",
                "it is no UCUM unit that is known here",
            ));
        }
        match (limits.least, limits.most) {
            (None, None) => Err(CareError::at("`limits`", "write `least`, `most` or both")),
            (Some(least), Some(most)) if least > most => {
                Err(CareError::at("`limits`", "`least` is above `most`"))
            }
            _ => Ok(()),
        }
    }
}
