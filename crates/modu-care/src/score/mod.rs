//! Fixed scores: tables that somebody published, which need no model and which
//! every ward knows. A new model has to be better than these at the same
//! number of alarms, or it is not worth its trouble.
//!
//! - [`news2`]: National Early Warning Score 2 (Royal College of Physicians
//!   2017), with both scales of oxygen saturation;
//! - [`mews`]: Modified Early Warning Score (Subbe and others 2001);
//! - [`qsofa`]: quick Sequential Organ Failure Assessment (Singer and others
//!   2016);
//! - [`charlson`]: comorbidity index (Charlson and others 1987), its conditions
//!   read off ICD-10 codes as Quan and others (2005) do;
//! - [`table`] (`care.score`): the first three for every row of a table.
//!
//! A value that was not measured is missing, never normal: a score with a
//! missing item has no total, only a number that it is at least.

pub mod charlson;
mod comorbidity;
mod icd10;
pub mod mews;
pub mod news2;
pub mod qsofa;
pub mod table;
pub mod vital;

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a score looks at.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Breaths a minute.
    RespiratoryRate,
    /// Saturation with oxygen.
    OxygenSaturation,
    /// Air or oxygen.
    Breathing,
    /// Systolic blood pressure.
    SystolicPressure,
    /// Heart beats a minute.
    Pulse,
    /// How awake.
    Consciousness,
    /// Body temperature.
    Temperature,
}

impl Item {
    /// Its name for people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::RespiratoryRate => ("호흡수", "respiratory rate"),
            Self::OxygenSaturation => ("산소포화도", "oxygen saturation"),
            Self::Breathing => ("산소 투여", "supplemental oxygen"),
            Self::SystolicPressure => ("수축기혈압", "systolic blood pressure"),
            Self::Pulse => ("맥박", "pulse"),
            Self::Consciousness => ("의식", "consciousness"),
            Self::Temperature => ("체온", "temperature"),
        };
        Label::new(ko, en)
    }
}

/// The points of each item of a score; none where the item is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    items: Vec<(Item, Option<u8>)>,
}

/// The sum of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Every item was there.
    Complete(u8),
    /// Items are missing: those that are there come to so many points.
    AtLeast(u8),
}

impl Total {
    /// The sum, where every item was there.
    #[must_use]
    pub const fn complete(self) -> Option<u8> {
        match self {
            Self::Complete(points) => Some(points),
            Self::AtLeast(_) => None,
        }
    }

    /// The points that are there.
    #[must_use]
    pub const fn least(self) -> u8 {
        match self {
            Self::Complete(points) | Self::AtLeast(points) => points,
        }
    }
}

impl Scored {
    /// Each item with its points.
    #[must_use]
    pub fn items(&self) -> &[(Item, Option<u8>)] {
        &self.items
    }

    /// The items without a value.
    pub fn missing(&self) -> impl Iterator<Item = Item> {
        let missing = self.items.iter().filter(|(_, points)| points.is_none());
        missing.map(|(item, _)| *item)
    }

    /// The sum.
    #[must_use]
    pub fn total(&self) -> Total {
        let points = self.items.iter().filter_map(|(_, points)| *points).sum();
        match self.missing().next() {
            None => Total::Complete(points),
            Some(_) => Total::AtLeast(points),
        }
    }
}
