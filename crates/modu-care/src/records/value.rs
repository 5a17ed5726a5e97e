//! What was observed, in the concept's unit or as one of its levels.

use std::collections::HashMap;

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::FactValue;
use super::resource::{Observed, Quantity};
use crate::cohort::concept::{ConceptNumber, Measured};
use crate::unit::{Conversion, Unit, UnitError};

/// The system of UCUM (R4, section 4.3.14).
const UCUM: &str = "http://unitsofmeasure.org";
/// Units whose conversion is remembered.
const REMEMBERED: usize = 4_096;

/// Why a value cannot be used.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ValueProblem {
    /// Its unit is not one of UCUM that is known.
    UnitUnknown,
    /// Its unit measures something else, or the molar mass is needed.
    UnitOther,
    /// It has no unit where one is needed, or the other way round.
    UnitMissing,
    /// It is "less than" or "more than" something.
    Bound,
    /// It is outside the range that the definition gives.
    OutOfRange,
    /// It is none of the levels that the definition gives.
    OtherLevel,
    /// It is text, or nothing, or a level where a number is wanted.
    NoValue,
}

impl ValueProblem {
    /// For people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::UnitUnknown => (
                "알려진 UCUM 단위가 아님",
                "the unit is none of UCUM that is known",
            ),
            Self::UnitOther => (
                "다른 것을 재는 단위이거나 몰 질량이 필요함",
                "the unit measures something else, or needs the molar mass",
            ),
            Self::UnitMissing => ("단위가 없음", "the unit is missing"),
            Self::Bound => (
                "미만·초과로만 적힌 값",
                "told as less or more than something",
            ),
            Self::OutOfRange => (
                "정의한 범위를 벗어남",
                "outside the range of the definition",
            ),
            Self::OtherLevel => ("정의에 없는 범주", "none of the definition's levels"),
            Self::NoValue => ("쓸 수 있는 값이 없음", "no value that can be used"),
        };
        Label::new(ko, en)
    }
}

/// Reads values; remembers how units convert.
#[derive(Default)]
pub(super) struct ValueReader {
    conversions: HashMap<(ConceptNumber, String), Result<Conversion, ValueProblem>>,
}

impl ValueReader {
    pub(super) fn read(
        &mut self,
        number: ConceptNumber,
        concept: &Measured,
        observed: Observed<'_>,
    ) -> Result<FactValue, ValueProblem> {
        if !concept.levels.is_empty() {
            return level(concept, observed);
        }
        let plain = match (observed.integer, observed.boolean) {
            #[expect(clippy::cast_precision_loss, reason = "scores and counts are small")]
            (Some(value), _) => Some(value as f64),
            (None, Some(value)) => Some(f64::from(u8::from(value))),
            (None, None) => None,
        };
        let value = match (observed.quantity, plain) {
            (Some(quantity), _) => self.quantity(number, concept, quantity)?,
            (None, Some(_)) if concept.has_unit => return Err(ValueProblem::UnitMissing),
            (None, Some(value)) => value,
            (None, None) => return Err(ValueProblem::NoValue),
        };
        let inside = |[least, most]: [f64; 2]| (least..=most).contains(&value);
        match value.is_finite() && concept.range.is_none_or(inside) {
            true => Ok(FactValue::Number(value + 0.0)),
            false => Err(ValueProblem::OutOfRange),
        }
    }

    fn quantity(
        &mut self,
        number: ConceptNumber,
        concept: &Measured,
        quantity: &Quantity,
    ) -> Result<f64, ValueProblem> {
        let value = quantity.value.ok_or(ValueProblem::NoValue)?;
        if quantity.comparator.is_some() {
            return Err(ValueProblem::Bound);
        }
        // A code of another system than UCUM is not guessed at.
        let unit = match (quantity.system.as_deref(), &quantity.code) {
            (Some(UCUM), Some(code)) => Some(code.as_str()),
            (None, None) => quantity.unit.as_deref(),
            (Some(UCUM), None) => None,
            _ => return Err(ValueProblem::UnitUnknown),
        };
        let Some(unit) = unit else {
            return match concept.has_unit {
                true => Err(ValueProblem::UnitMissing),
                false => Ok(value),
            };
        };
        let conversion = self.conversion(number, concept, unit)?;
        Ok(conversion.apply(value))
    }

    fn conversion(
        &mut self,
        number: ConceptNumber,
        concept: &Measured,
        unit: &str,
    ) -> Result<Conversion, ValueProblem> {
        let place = (number, unit.to_owned());
        if let Some(known) = self.conversions.get(&place) {
            return *known;
        }
        let converted = Unit::parse(unit)
            .and_then(|unit| Conversion::between(&unit, &concept.unit, concept.substance))
            .map_err(|error| match error {
                UnitError::Unknown => ValueProblem::UnitUnknown,
                _ => ValueProblem::UnitOther,
            });
        if self.conversions.len() < REMEMBERED {
            self.conversions.insert(place, converted);
        }
        converted
    }
}

fn level(concept: &Measured, observed: Observed<'_>) -> Result<FactValue, ValueProblem> {
    let codings = &observed.concept.ok_or(ValueProblem::NoValue)?.coding;
    let codings = codings.iter().filter_map(|coding| {
        let (system, code) = (coding.system.as_deref()?, coding.code.as_deref()?);
        let mut levels = concept.levels.iter();
        levels.find(|(_, codes)| codes.holds(system, code))
    });
    // The first by name, whatever order the codings stand in.
    let level = codings.map(|(name, _)| name).min();
    level.map_or(Err(ValueProblem::OtherLevel), |name| {
        Ok(FactValue::Level(name.clone()))
    })
}
