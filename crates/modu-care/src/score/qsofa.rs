//! qSOFA: three signs of organ failure in an infection, 0 to 3 points; 2 or
//! more ask for a closer look.
//!
//! Source of the figures: Singer M and others, "The Third International
//! Consensus Definitions for Sepsis and Septic Shock (Sepsis-3)", JAMA 2016;
//! 315: 801-810, box 4.

use super::vital::{Consciousness, Glasgow, RespiratoryRate, SystolicPressure};
use super::{Item, Scored};

/// What is known of a person's mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mentation {
    /// By the Glasgow coma score: altered below 15.
    Glasgow(Glasgow),
    /// By ACVPU: altered unless alert.
    Consciousness(Consciousness),
}

/// What qSOFA looks at; what was not measured is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Qsofa {
    /// Breaths a minute.
    pub respiratory_rate: Option<RespiratoryRate>,
    /// Systolic pressure in mmHg.
    pub systolic_pressure: Option<SystolicPressure>,
    /// The mind.
    pub mentation: Option<Mentation>,
}

/// From so many points on a score is positive.
pub const POSITIVE: u8 = 2;

impl Qsofa {
    /// The points of each item.
    #[must_use]
    pub fn score(&self) -> Scored {
        let altered = |mentation| match mentation {
            Mentation::Glasgow(glasgow) => glasgow.steps() < Glasgow::MOST,
            Mentation::Consciousness(it) => it != Consciousness::Alert,
        };
        Scored {
            items: vec![
                (
                    Item::RespiratoryRate,
                    self.respiratory_rate.map(|it| u8::from(it.steps() >= 22)),
                ),
                (
                    Item::SystolicPressure,
                    self.systolic_pressure.map(|it| u8::from(it.steps() <= 100)),
                ),
                (
                    Item::Consciousness,
                    self.mentation.map(|it| u8::from(altered(it))),
                ),
            ],
        }
    }
}
