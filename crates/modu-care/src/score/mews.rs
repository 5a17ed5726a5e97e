//! MEWS: five things, 0 to 14 points; 5 or more was the paper's critical
//! score.
//!
//! Source of the figures: Subbe CP, Kruger M, Rutherford P, Gemmel L.
//! "Validation of a modified Early Warning Score in medical admissions", QJM
//! 2001; 94: 521-526, table 1. The printed table leaves out a systolic
//! pressure of exactly 70 ("<70", "71-80") and a pulse of exactly 40 ("<40",
//! "41-50"); here they count with the lower row. New confusion is not in its
//! AVPU, and counts as alert.

use super::vital::{Consciousness, Pulse, RespiratoryRate, SystolicPressure, Temperature};
use super::{Item, Scored};

/// What MEWS looks at; what was not measured is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mews {
    /// Systolic pressure in mmHg.
    pub systolic_pressure: Option<SystolicPressure>,
    /// Beats a minute.
    pub pulse: Option<Pulse>,
    /// Breaths a minute.
    pub respiratory_rate: Option<RespiratoryRate>,
    /// Degrees Celsius.
    pub temperature: Option<Temperature>,
    /// AVPU.
    pub consciousness: Option<Consciousness>,
}

/// From so many points on the paper calls a score critical.
pub const CRITICAL: u8 = 5;

impl Mews {
    /// The points of each item.
    #[must_use]
    pub fn score(&self) -> Scored {
        Scored {
            items: vec![
                (
                    Item::SystolicPressure,
                    self.systolic_pressure.map(systolic_pressure),
                ),
                (Item::Pulse, self.pulse.map(pulse)),
                (
                    Item::RespiratoryRate,
                    self.respiratory_rate.map(respiratory_rate),
                ),
                (Item::Temperature, self.temperature.map(temperature)),
                (Item::Consciousness, self.consciousness.map(consciousness)),
            ],
        }
    }
}

const fn systolic_pressure(value: SystolicPressure) -> u8 {
    match value.steps() {
        0..=70 => 3,
        71..=80 => 2,
        81..=100 => 1,
        101..=199 => 0,
        200.. => 2,
    }
}

const fn pulse(value: Pulse) -> u8 {
    match value.steps() {
        0..=40 => 2,
        41..=50 => 1,
        51..=100 => 0,
        101..=110 => 1,
        111..=129 => 2,
        130.. => 3,
    }
}

const fn respiratory_rate(value: RespiratoryRate) -> u8 {
    match value.steps() {
        0..=8 => 2,
        9..=14 => 0,
        15..=20 => 1,
        21..=29 => 2,
        30.. => 3,
    }
}

const fn temperature(value: Temperature) -> u8 {
    match value.steps() {
        0..=349 => 2,
        350..=384 => 0,
        385.. => 2,
    }
}

const fn consciousness(value: Consciousness) -> u8 {
    match value {
        Consciousness::Alert | Consciousness::Confusion => 0,
        Consciousness::Voice => 1,
        Consciousness::Pain => 2,
        Consciousness::Unresponsive => 3,
    }
}
