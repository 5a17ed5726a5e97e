//! How a model is made, and of what tables it can be.

use modu_survival::forest::MAX_TREES;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CareError;
use crate::privacy::SMALLEST_CELL;

/// How a model is made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// Proportional hazards (Cox 1972, Efron's ties), for an outcome without
    /// competing events. Rows may enter late.
    Cox {
        /// The ridge penalty; 0 is none.
        #[serde(default)]
        ridge: f64,
    },
    /// Proportional hazards of the outcome and of each competing event, put
    /// together to the share who have the outcome by a time. Rows may enter
    /// late.
    CauseSpecific {
        /// The ridge penalty of each; 0 is none.
        #[serde(default)]
        ridge: f64,
    },
    /// Proportional hazards of the subdistribution (Fine and Gray 1999).
    FineGray {},
    /// Proportional hazards with an elastic net, at the penalty of the path
    /// that Akaike's criterion (columns that are in, counted) or
    /// cross-validation likes best, for an outcome without competing events.
    /// Rows may enter late.
    ElasticNet {
        /// Share of the penalty on absolute values, above 0 and up to 1: 1 is
        /// the lasso.
        mix: f64,
        /// Folds of people for the cross-validated partial likelihood, from 2;
        /// 0 is Akaike's criterion.
        #[serde(default)]
        folds: u32,
    },
    /// Trees on Cox's partial likelihood, for an outcome without competing
    /// events. Rows may enter late.
    Boosting {
        /// Trees at most.
        rounds: u32,
        /// How far each tree moves the risks, above 0 and at most 1.
        learning_rate: f64,
        /// Cuts from a tree's root to a leaf.
        depth: u32,
    },
    /// Proportional hazards whose ratios change smoothly with the day of a
    /// visit, and a baseline by the time since the start (a landmark super
    /// model), for an outcome without competing events: the risk from any
    /// visit on. Rows may enter late.
    Landmark {
        /// The ridge penalty; 0 is none.
        #[serde(default)]
        ridge: f64,
        /// The degree of the polynomial in the visit's day that each
        /// coefficient is: 0 (the same at all visits), 1 or 2.
        degree: u32,
    },
    /// A random survival forest, for an outcome without competing events. Rows
    /// may enter late.
    Forest {
        /// Trees.
        trees: u32,
        /// Least rows of a leaf, at least five.
        least_rows: u32,
    },
}

impl Method {
    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cox { .. } => "cox",
            Self::CauseSpecific { .. } => "cause_specific",
            Self::FineGray {} => "fine_gray",
            Self::ElasticNet { .. } => "elastic_net",
            Self::Boosting { .. } => "boosting",
            Self::Landmark { .. } => "landmark",
            Self::Forest { .. } => "forest",
        }
    }

    /// The word as it is typed on the command line.
    #[must_use]
    pub const fn typed(self) -> &'static str {
        match self {
            Self::CauseSpecific { .. } => "cause-specific",
            Self::FineGray {} => "fine-gray",
            Self::ElasticNet { .. } => "elastic-net",
            Self::Cox { .. }
            | Self::Boosting { .. }
            | Self::Landmark { .. }
            | Self::Forest { .. } => self.name(),
        }
    }

    /// Whether it tells risks where another event may come first.
    #[must_use]
    pub const fn knows_competing_events(self) -> bool {
        matches!(self, Self::CauseSpecific { .. } | Self::FineGray {})
    }

    /// Whether it takes rows that were not watched from the start.
    #[must_use]
    pub const fn knows_late_entry(self) -> bool {
        !matches!(self, Self::FineGray {})
    }

    /// Whether it can be made of a table.
    ///
    /// # Errors
    /// What stands in the table that it does not know, and which method does.
    pub(super) fn check_table(self, competing: bool, late: bool) -> Result<(), CareError> {
        if competing && !self.knows_competing_events() {
            return Err(CareError::at(
                "the column `event`",
                format!(
                    "there are competing events, of which `{}` tells no risk, for it would count \
                     those who had one as still waiting: take `cause-specific` or `fine-gray`",
                    self.typed()
                ),
            ));
        }
        if late && !self.knows_late_entry() {
            return Err(CareError::at(
                "the column `entry`",
                format!(
                    "rows enter late, and `{}` weighs those with a competing event by the chance \
                     of still being watched, which it does not estimate with late entries: take \
                     `cause-specific`, or leave the column and those rows out",
                    self.typed()
                ),
            ));
        }
        Ok(())
    }

    /// What is wrong with its settings, as far as the estimators do not say.
    pub(super) fn check(self) -> Result<(), String> {
        let (trees, least_rows) = match self {
            Self::Forest { trees, least_rows } => (trees, least_rows),
            Self::Landmark { degree: 3.., .. } => {
                return Err("method.degree: give 0, 1 or 2".to_owned());
            }
            _ => return Ok(()),
        };
        if !(1..=MAX_TREES).contains(&trees) {
            return Err(format!("method.trees: give 1 to {MAX_TREES}"));
        }
        match u64::from(least_rows) >= SMALLEST_CELL {
            true => Ok(()),
            false => Err(format!(
                "method.least_rows: a leaf of fewer than {SMALLEST_CELL} people would tell of them"
            )),
        }
    }
}
