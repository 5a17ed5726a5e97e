//! The model as a document: `modu.care.model/2`.

use modu_kernel::Label;
use modu_survival::recalibrate::Recalibration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hazards::HazardModel;
use super::landmark::LandmarkModel;
use super::trees::{BoostedModel, ForestModel};
use super::{MAX_HORIZONS, Method};
use crate::CareError;
use crate::privacy::{self, Count};
use crate::table::EventMeaning;

/// The name of the format.
pub const MODEL_FORMAT: &str = "modu.care.model/2";

/// A model, without any person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelDocument {
    /// [`MODEL_FORMAT`].
    pub format: String,
    /// How it was made.
    pub method: Method,
    /// What it foretells.
    pub outcome: EventMeaning,
    /// What may come first and make it impossible.
    pub competing: Vec<EventMeaning>,
    /// What must be known of a patient.
    pub predictors: Vec<ModelPredictor>,
    /// The columns that they make, in the order of the predictors.
    pub terms: Vec<Term>,
    /// By when it tells risks, in days, ascending.
    pub horizons: Vec<f64>,
    /// What it makes of the columns.
    pub model: Model,
    /// How the score that orders patients was spread where the model was made,
    /// in tenths or wider bins.
    pub spread: Vec<Bin>,
    /// Limits of the score between low, middle and high risk: its thirds.
    pub risk_groups: [f64; 2],
    /// Of whom it was made.
    pub made_of: MadeOf,
    /// What is done to its risks at other hospitals, in order.
    #[serde(default)]
    pub recalibrated: Vec<Recalibration>,
}

/// What a model makes of a patient's columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Model {
    /// Hazards that the columns multiply.
    Hazards(HazardModel),
    /// Hazards by the day of the visit.
    Landmark(LandmarkModel),
    /// Boosted trees on a baseline.
    Boosting(BoostedModel),
    /// A random survival forest.
    Forest(ForestModel),
}

/// What must be known of a patient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelPredictor {
    /// The column's name.
    pub name: String,
    /// For people.
    pub label: Label,
    /// The unit of its numbers in UCUM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Numbers or levels.
    pub coding: Coding,
    /// In how many rows it was missing, and filled in.
    pub missing: Count,
}

/// How a predictor is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Coding {
    /// Numbers.
    Numeric {
        /// The smallest and largest that at least five rows reach: where the
        /// model has seen patients.
        range: [f64; 2],
        /// What stands in for a missing one: the median.
        fill: f64,
        /// How they were spread, in tenths or wider bins.
        bins: Vec<Bin>,
    },
    /// Levels.
    Categorical {
        /// Those of at least five rows.
        levels: Vec<CodedLevel>,
        /// The one that the others are compared with, which also stands in for
        /// a missing or unknown one: the most frequent.
        reference: String,
    },
}

/// A part of the numbers' range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// The largest number in it; none: all above.
    pub to: Option<f64>,
    /// Rows in it, at least five.
    pub rows: u64,
}

/// A level, and how many rows had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodedLevel {
    /// Its name.
    pub name: String,
    /// Rows, at least five.
    pub rows: u64,
}

/// How a number enters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// As it is.
    #[default]
    Linear,
    /// `log(1 + x)`, of numbers of at least 0.
    Log1p,
    /// The square root, of numbers of at least 0.
    SquareRoot,
}

/// A column of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The predictor's name.
    pub predictor: String,
    /// The level that it is 1 for; none for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// How a number enters.
    #[serde(default)]
    pub transform: Transform,
}

/// Of whom a model was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MadeOf {
    /// Rows.
    pub rows: u64,
    /// People.
    pub people: u64,
    /// Rows with the outcome.
    pub events: u64,
    /// The median days that rows were watched, were nobody to have an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<f64>,
}

impl Transform {
    /// The number as it enters; none where it cannot.
    #[must_use]
    pub fn of(self, value: f64) -> Option<f64> {
        match self {
            Self::Linear => Some(value),
            Self::Log1p => (value >= 0.0).then(|| libm::log1p(value)),
            Self::SquareRoot => (value >= 0.0).then(|| libm::sqrt(value)),
        }
    }
}

impl ModelDocument {
    /// Reads a model.
    ///
    /// # Errors
    /// What is no such document, another format, and one whose parts do not
    /// fit one another.
    pub fn parse(bytes: &[u8]) -> Result<Self, CareError> {
        let model: Self = serde_json::from_slice(bytes).map_err(|error| CareError::json(&error))?;
        if model.format != MODEL_FORMAT {
            let problem = format!("it is not `{MODEL_FORMAT}`: give a model of this engine");
            return Err(CareError::at("format", problem));
        }
        model.check()?;
        Ok(model)
    }

    fn check(&self) -> Result<(), CareError> {
        let horizons = &self.horizons;
        let ascend = horizons.is_sorted_by(|before, after| before < after)
            && horizons.iter().all(|it| it.is_finite() && *it > 0.0);
        if !ascend || !(1..=MAX_HORIZONS).contains(&horizons.len()) {
            let problem = "they must ascend from above 0: make the model again";
            return Err(CareError::at("horizons", problem));
        }
        self.model.check(self.terms.len(), horizons)?;
        for predictor in &self.predictors {
            privacy::refuse_identifiers("predictors", &predictor.name)?;
            if let Coding::Categorical { levels, reference } = &predictor.coding {
                for level in levels {
                    privacy::refuse_identifiers("levels", &level.name)?;
                }
                if !levels.iter().any(|level| level.name == *reference) {
                    let problem = "its reference is none of its levels: make it again";
                    return Err(CareError::at(
                        format!("predictor `{}`", predictor.name),
                        problem,
                    ));
                }
            }
        }
        self.terms.iter().try_for_each(|term| self.check_term(term))
    }

    fn check_term(&self, term: &Term) -> Result<(), CareError> {
        let place = || format!("the term of `{}`", term.predictor);
        let wrong = |problem: &str| Err(CareError::at(place(), problem));
        let Some(predictor) = self.predictor(&term.predictor) else {
            return wrong("there is no such predictor: make the model again");
        };
        let fits = match (&predictor.coding, &term.level) {
            (Coding::Numeric { .. }, None) => true,
            (Coding::Categorical { levels, .. }, Some(name)) => {
                levels.iter().any(|level| level.name == *name)
            }
            _ => false,
        };
        match fits {
            true => Ok(()),
            false => wrong("it does not fit its predictor: make the model again"),
        }
    }

    /// The predictor of a name.
    #[must_use]
    pub fn predictor(&self, name: &str) -> Option<&ModelPredictor> {
        self.predictors
            .iter()
            .find(|predictor| predictor.name == name)
    }

    /// The same model with its risks moved.
    #[must_use]
    pub fn moved(&self, by: &Recalibration) -> Self {
        let mut model = self.clone();
        model.recalibrated.push(by.clone());
        model
    }
}
