//! From one unit to another.

use super::atom::{AMOUNT, EQUIVALENTS, MASS};
use super::{Scale, Unit, UnitError};

/// What is measured, as far as its units depend on it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Substance {
    /// Grams per mole.
    pub molar_mass: Option<f64>,
    /// Equivalents per mole.
    pub valence: Option<f64>,
}

/// How a value in one unit is written in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conversion {
    before: f64,
    scale: Scale,
    after: f64,
}

impl Conversion {
    /// From a unit to another.
    ///
    /// # Errors
    /// Units of different dimensions, where neither molar mass nor valence
    /// leads from one to the other.
    pub fn between(from: &Unit, to: &Unit, of: Substance) -> Result<Self, UnitError> {
        if from == to {
            return Ok(Self {
                before: 0.0,
                scale: Scale::ONE,
                after: 0.0,
            });
        }
        let bridge = bridge(from, to, of)?;
        let mut scale = from.scale.over(to.scale);
        scale.mantissa *= bridge;
        Ok(Self {
            before: from.offset,
            scale,
            after: to.offset,
        })
    }

    /// The value in the other unit.
    #[must_use]
    pub fn apply(&self, value: f64) -> f64 {
        self.scale.apply(value + self.before) - self.after
    }
}

/// What leads from grams, moles and equivalents to one another.
fn bridge(from: &Unit, to: &Unit, of: Substance) -> Result<f64, UnitError> {
    let difference = (from.dimension)
        .plus(to.dimension, -1)
        .ok_or(UnitError::Dimension)?
        .0;
    let bridged = [MASS, AMOUNT, EQUIVALENTS];
    let others = difference.iter().enumerate();
    let mut others = others.filter(|(place, _)| !bridged.contains(place));
    let sum: i8 = bridged.iter().map(|place| difference[*place]).sum();
    let near = bridged.iter().all(|place| difference[*place].abs() <= 1);
    if others.any(|(_, exponent)| *exponent != 0) || sum != 0 || !near {
        return Err(UnitError::Dimension);
    }
    let mut factor = 1.0;
    let needed = [
        (difference[MASS], of.molar_mass, UnitError::MolarMass),
        (difference[EQUIVALENTS], of.valence, UnitError::Valence),
    ];
    for (exponent, per_mole, missing) in needed {
        match exponent {
            0 => {}
            1 => factor /= per_mole.ok_or(missing)?,
            _ => factor *= per_mole.ok_or(missing)?,
        }
    }
    Ok(factor)
}
