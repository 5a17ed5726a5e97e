//! What is measured at the bedside, each in its unit and within the range that
//! a person or a device can show. The published tables have whole numbers
//! (temperatures tenths), so a measurement in between is rounded to the
//! nearest, halves upwards, before it is looked up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CareError;

macro_rules! vital {
    ($(#[$document:meta])* $name:ident, $what:literal, $unit:literal, $steps:literal, $least:literal..=$most:literal) => {
        $(#[$document])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u16);

        impl $name {
            /// The smallest value that is taken, in the steps of [`Self::steps`].
            pub const LEAST: u16 = $least;
            /// The largest value that is taken, in the steps of [`Self::steps`].
            pub const MOST: u16 = $most;

            /// A value in steps; none where it is out of range.
            #[must_use]
            pub const fn from_steps(steps: u16) -> Option<Self> {
                match steps {
                    $least..=$most => Some(Self(steps)),
                    _ => None,
                }
            }

            /// The value in steps: tenths for temperatures, else units.
            #[must_use]
            pub const fn steps(self) -> u16 {
                self.0
            }

            /// A measurement in its unit.
            ///
            /// # Errors
            /// Out of range, or no number.
            pub fn measured(value: f64) -> Result<Self, CareError> {
                let steps = libm::floor(value * f64::from($steps) + 0.5);
                let within = steps >= f64::from(Self::LEAST) && steps <= f64::from(Self::MOST);
                match within {
                    // Within the range of a u16, and whole.
                    true => Ok(Self(steps as u16)),
                    false => Err(CareError::Measurement {
                        what: $what,
                        range: format!(
                            "from {} to {} {}",
                            f64::from(Self::LEAST) / f64::from($steps),
                            f64::from(Self::MOST) / f64::from($steps),
                            $unit
                        ),
                    }),
                }
            }
        }
    };
}

vital! {
    /// Breaths a minute (LOINC 9279-1), 0 to 120.
    RespiratoryRate, "the respiratory rate", "/min", 1.0, 0..=120
}
vital! {
    /// Saturation of the blood with oxygen by pulse oximetry in percent
    /// (LOINC 59408-5), 20 to 100.
    OxygenSaturation, "the oxygen saturation", "%", 1.0, 20..=100
}
vital! {
    /// Systolic blood pressure in mmHg (LOINC 8480-6), 20 to 320.
    SystolicPressure, "the systolic pressure", "mmHg", 1.0, 20..=320
}
vital! {
    /// Heart beats a minute (LOINC 8867-4), 0 to 350.
    Pulse, "the pulse", "/min", 1.0, 0..=350
}
vital! {
    /// Body temperature in tenths of a degree Celsius (LOINC 8310-5), 20.0 to
    /// 45.0.
    Temperature, "the temperature", "°C", 10.0, 200..=450
}
vital! {
    /// Glasgow coma score (LOINC 9269-2), 3 to 15.
    Glasgow, "the Glasgow coma score", "points", 1.0, 3..=15
}

/// How awake a person is (ACVPU).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Consciousness {
    /// Awake and as ever.
    Alert,
    /// Newly confused.
    Confusion,
    /// Answers to a voice.
    Voice,
    /// Answers to pain only.
    Pain,
    /// Answers to nothing.
    Unresponsive,
}

impl Consciousness {
    /// All, from the most awake.
    pub const ALL: [Self; 5] = [
        Self::Alert,
        Self::Confusion,
        Self::Voice,
        Self::Pain,
        Self::Unresponsive,
    ];

    /// Read from the letter or the word of the chart.
    ///
    /// # Errors
    /// Another word.
    pub fn read(text: &str) -> Result<Self, CareError> {
        match text.to_ascii_lowercase().as_str() {
            "a" | "alert" => Ok(Self::Alert),
            "c" | "confusion" => Ok(Self::Confusion),
            "v" | "voice" => Ok(Self::Voice),
            "p" | "pain" => Ok(Self::Pain),
            "u" | "unresponsive" => Ok(Self::Unresponsive),
            _ => Err(CareError::Measurement {
                what: "the consciousness",
                range: "A, C, V, P or U".to_owned(),
            }),
        }
    }
}

/// What a person breathes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Breathing {
    /// Room air.
    Air,
    /// Supplemental oxygen.
    Oxygen,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_is_rounded_to_the_tables_steps() {
        assert_eq!(RespiratoryRate::measured(20.49).unwrap().steps(), 20);
        assert_eq!(RespiratoryRate::measured(20.5).unwrap().steps(), 21);
        assert_eq!(Temperature::measured(38.04).unwrap().steps(), 380);
        assert_eq!(Temperature::measured(38.1).unwrap().steps(), 381);
    }

    #[test]
    fn what_no_person_shows_is_refused_with_its_range() {
        for wrong in [-1.0, 120.6, f64::NAN, f64::INFINITY] {
            assert!(RespiratoryRate::measured(wrong).is_err(), "{wrong}");
        }
        let error = Temperature::measured(98.6).unwrap_err().to_string();
        assert!(error.contains("from 20 to 45 °C"), "{error}");
        assert!(
            OxygenSaturation::measured(0.97).is_err(),
            "a share, not percent"
        );
        assert!(Glasgow::from_steps(2).is_none() && Glasgow::from_steps(16).is_none());
    }
}
