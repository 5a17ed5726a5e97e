//! Units of measurement as laboratories write them: UCUM, and what one unit is
//! in another.
//!
//! Creatinine of 1.2 is harmless in mg/dL and a catastrophe in mmol/L, so no
//! number is used before its unit is understood. Units are expressions of the
//! Unified Code for Units of Measure (UCUM, case-sensitive codes): `mg/dL`,
//! `10*3/uL`, `mm[Hg]`, `mL/min/{1.73_m2}`. What cannot be read, or has another
//! dimension, is refused, never guessed.
//!
//! Amounts of substance, equivalents and masses are dimensions of their own
//! here, other than in UCUM, where a mole is a number: so mg/dL becomes mmol/L
//! only with the molar mass of what was measured, and meq/L becomes mmol/L
//! only with its valence.

mod atom;
mod conversion;
mod parse;

pub use conversion::{Conversion, Substance};

use self::atom::Dimension;

/// Bytes of the longest unit.
pub const MAX_UNIT_BYTES: usize = 64;

/// Why a unit cannot be used. The unit itself is not repeated: it is text from
/// a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum UnitError {
    /// It is not an expression of UCUM, or names a unit that is not known.
    #[error("it is not a unit of UCUM that is known here")]
    Unknown,
    /// It measures something else.
    #[error("it measures something else")]
    Dimension,
    /// Between mass and amount stands the molar mass.
    #[error("mass and amount of substance differ by the molar mass: give `molar_mass` in g/mol")]
    MolarMass,
    /// Between equivalents and amount stands the valence.
    #[error("equivalents and amount of substance differ by the valence: give `valence`")]
    Valence,
}

/// A unit: a multiple of a product of base units, or a point on a scale with
/// an offset (degrees Celsius and Fahrenheit).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    scale: Scale,
    /// What is added to a value before it is scaled.
    offset: f64,
    dimension: Dimension,
}

/// mantissa x 10^exponent: powers of ten are kept apart, so that a change of
/// prefix is one exact multiplication or division.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    mantissa: f64,
    exponent: i32,
}

impl Scale {
    const ONE: Self = Self {
        mantissa: 1.0,
        exponent: 0,
    };

    fn times(self, other: Self) -> Self {
        Self {
            mantissa: self.mantissa * other.mantissa,
            exponent: self.exponent + other.exponent,
        }
    }

    fn over(self, other: Self) -> Self {
        Self {
            mantissa: self.mantissa / other.mantissa,
            exponent: self.exponent - other.exponent,
        }
    }

    /// To a whole power of at most two digits.
    fn power(self, power: i32) -> Self {
        let mut result = Self::ONE;
        for _ in 0..power.unsigned_abs() {
            result = match power > 0 {
                true => result.times(self),
                false => result.over(self),
            };
        }
        result
    }

    fn apply(self, value: f64) -> f64 {
        let value = value * self.mantissa;
        let mut ten = 1.0;
        // Exact up to 10^22.
        for _ in 0..self.exponent.unsigned_abs() {
            ten *= 10.0;
        }
        match self.exponent >= 0 {
            true => value * ten,
            false => value / ten,
        }
    }
}

impl Unit {
    /// No unit: plain numbers.
    pub const ONE: Self = Self {
        scale: Scale::ONE,
        offset: 0.0,
        dimension: Dimension::NONE,
    };

    /// Reads a UCUM expression.
    ///
    /// # Errors
    /// [`UnitError::Unknown`].
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        parse::unit(text).ok_or(UnitError::Unknown)
    }
}

#[cfg(test)]
mod tests;
