//! NEWS2: seven things that a nurse measures, 0 to 20 points.
//!
//! Source of the figures: Royal College of Physicians, "National Early Warning
//! Score (NEWS) 2", London 2017, chart 1 (the scoring table) and chart 2 (the
//! triggers).

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::vital::{
    Breathing, Consciousness, OxygenSaturation, Pulse, RespiratoryRate, SystolicPressure,
    Temperature,
};
use super::{Item, Scored, Total};

/// Which saturation a person should have.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SaturationScale {
    /// Scale 1, for almost everybody.
    #[default]
    Usual,
    /// Scale 2: a target of 88 to 92 %, set by a clinician for a person with
    /// hypercapnic respiratory failure.
    Hypercapnic,
}

/// What NEWS2 looks at; what was not measured is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News2 {
    /// Breaths a minute.
    pub respiratory_rate: Option<RespiratoryRate>,
    /// Saturation in percent.
    pub oxygen_saturation: Option<OxygenSaturation>,
    /// By which scale the saturation counts.
    pub scale: SaturationScale,
    /// Air or oxygen.
    pub breathing: Option<Breathing>,
    /// Systolic pressure in mmHg.
    pub systolic_pressure: Option<SystolicPressure>,
    /// Beats a minute.
    pub pulse: Option<Pulse>,
    /// ACVPU.
    pub consciousness: Option<Consciousness>,
    /// Degrees Celsius.
    pub temperature: Option<Temperature>,
}

/// How urgently a score asks for somebody (chart 2).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 0 to 4 in all, no item with 3.
    Low,
    /// 0 to 4 in all, with 3 in one item.
    LowMedium,
    /// 5 or 6.
    Medium,
    /// 7 or more.
    High,
}

impl Urgency {
    /// Its name for people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::Low => ("낮음", "low"),
            Self::LowMedium => ("낮음~중간", "low to medium"),
            Self::Medium => ("중간", "medium"),
            Self::High => ("높음", "high"),
        };
        Label::new(ko, en)
    }
}

impl News2 {
    /// The points of each item. On scale 2 a saturation of 93 % or more has
    /// points only where it is known what the person breathes.
    #[must_use]
    pub fn score(&self) -> Scored {
        let saturation = self.oxygen_saturation.and_then(|value| match self.scale {
            SaturationScale::Usual => Some(usual(value)),
            SaturationScale::Hypercapnic => hypercapnic(value, self.breathing),
        });
        Scored {
            items: vec![
                (
                    Item::RespiratoryRate,
                    self.respiratory_rate.map(respiratory_rate),
                ),
                (Item::OxygenSaturation, saturation),
                (Item::Breathing, self.breathing.map(breathing)),
                (
                    Item::SystolicPressure,
                    self.systolic_pressure.map(systolic_pressure),
                ),
                (Item::Pulse, self.pulse.map(pulse)),
                (Item::Consciousness, self.consciousness.map(consciousness)),
                (Item::Temperature, self.temperature.map(temperature)),
            ],
        }
    }
}

/// How urgent a score is; for a score with missing items, how urgent it is at
/// least.
#[must_use]
pub fn urgency(scored: &Scored) -> Urgency {
    let three = scored.items().iter().any(|(_, points)| *points == Some(3));
    match (scored.total(), three) {
        (Total::Complete(7..) | Total::AtLeast(7..), _) => Urgency::High,
        (Total::Complete(5..) | Total::AtLeast(5..), _) => Urgency::Medium,
        (_, true) => Urgency::LowMedium,
        (_, false) => Urgency::Low,
    }
}

const fn respiratory_rate(value: RespiratoryRate) -> u8 {
    match value.steps() {
        0..=8 => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
        25.. => 3,
    }
}

const fn usual(value: OxygenSaturation) -> u8 {
    match value.steps() {
        0..=91 => 3,
        92..=93 => 2,
        94..=95 => 1,
        96.. => 0,
    }
}

const fn hypercapnic(value: OxygenSaturation, breathing: Option<Breathing>) -> Option<u8> {
    let on_oxygen = match value.steps() {
        0..=83 => return Some(3),
        84..=85 => return Some(2),
        86..=87 => return Some(1),
        88..=92 => return Some(0),
        93..=94 => 1,
        95..=96 => 2,
        97.. => 3,
    };
    match breathing {
        Some(Breathing::Oxygen) => Some(on_oxygen),
        Some(Breathing::Air) => Some(0),
        None => None,
    }
}

const fn breathing(value: Breathing) -> u8 {
    match value {
        Breathing::Air => 0,
        Breathing::Oxygen => 2,
    }
}

const fn systolic_pressure(value: SystolicPressure) -> u8 {
    match value.steps() {
        0..=90 => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
        220.. => 3,
    }
}

const fn pulse(value: Pulse) -> u8 {
    match value.steps() {
        0..=40 => 3,
        41..=50 => 1,
        51..=90 => 0,
        91..=110 => 1,
        111..=130 => 2,
        131.. => 3,
    }
}

const fn consciousness(value: Consciousness) -> u8 {
    match value {
        Consciousness::Alert => 0,
        _ => 3,
    }
}

const fn temperature(value: Temperature) -> u8 {
    match value.steps() {
        0..=350 => 3,
        351..=360 => 1,
        361..=380 => 0,
        381..=390 => 1,
        391.. => 2,
    }
}
