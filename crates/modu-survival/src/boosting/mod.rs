//! Gradient boosting with Cox's partial likelihood: many small trees, each
//! mending what those before it got wrong.
//!
//! The model is a sum of trees that stands in the place of `x b` in a Cox
//! model, so it finds curved effects and effects of columns on each other by
//! itself. Each round looks at how the partial likelihood changes with the
//! log hazard ratio of each row (first and second derivative), grows a tree
//! whose leaves gather rows that want to move alike, and moves them a part of
//! the way (Friedman 2001; the second-order form of Chen & Guestrin,
//! "XGBoost", KDD 2016, equations 5 to 7). Columns are sorted into at most 256
//! bins beforehand, so that a cut is found from sums over bins.
//!
//! Ties are Breslow's. A row that counts `w` times (a whole number) is the same
//! as `w` rows, but that columns of more than 256 values are put into bins by
//! rows whatever they count. A row that enters late is at risk after its entry
//! only, so that a row that is cut in two at any time changes nothing. Strata are
//! refused: a model tells one baseline. Event 1 is what is forecast; rows of any other code are
//! censored when that happens. Nothing is drawn at random: the same study and
//! plan give the same model bit for bit on any number of threads.

mod bins;
mod gradient;
mod grow;
mod histogram;
#[cfg(test)]
mod repeated_tests;
mod spans;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::branch::{self, Branch};
use crate::cox::Baseline;
use crate::timeline::Timeline;
use crate::{Covariates, EventCode, Outcomes, SurvivalError};
use bins::Bins;
use gradient::Gradients;
use grow::Grower;

/// Largest number of rounds.
pub const MAX_ROUNDS: u32 = 100_000;

/// A log hazard ratio beyond which no row is taken: whatever moves it there
/// separates those with the event from the others.
const FARTHEST: f64 = 100.0;

/// How a model is boosted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoostingPlan {
    /// Number of trees, 1 to [`MAX_ROUNDS`].
    pub rounds: u32,
    /// The part of the way that rows move in a round, above 0, at most 1.
    pub learning_rate: f64,
    /// Largest number of cuts from the root of a tree to a leaf, 1 to 16.
    pub depth: u32,
    /// Added to the sum of second derivatives of a leaf, which keeps its value
    /// small; at least 0.
    pub ridge: f64,
    /// Least sum of second derivatives on either side of a cut, above 0.
    pub least_curvature: f64,
    /// Least gain of a cut: twice what the penalised likelihood would grow by;
    /// at least 0.
    pub least_gain: f64,
}

impl Default for BoostingPlan {
    /// A hundred rounds of trees of three cuts at a rate of 0.1, ridge and
    /// least curvature 1.
    fn default() -> Self {
        Self {
            rounds: 100,
            learning_rate: 0.1,
            depth: 3,
            ridge: 1.0,
            least_curvature: 1.0,
            least_gain: 0.0,
        }
    }
}

impl BoostingPlan {
    fn check(&self) -> Result<(), SurvivalError> {
        let finite = |value: f64, least: f64| value.is_finite() && value >= least;
        for (holds, what, found, range) in [
            (
                (1..=MAX_ROUNDS).contains(&self.rounds),
                "the number of rounds",
                self.rounds.to_string(),
                "1 to 100000",
            ),
            (
                self.learning_rate > 0.0 && self.learning_rate <= 1.0,
                "the learning rate",
                self.learning_rate.to_string(),
                "above 0 and at most 1",
            ),
            (
                (1..=16).contains(&self.depth),
                "the depth",
                self.depth.to_string(),
                "1 to 16",
            ),
            (
                finite(self.ridge, 0.0),
                "the ridge",
                self.ridge.to_string(),
                "a finite number of at least 0",
            ),
            (
                finite(self.least_curvature, f64::MIN_POSITIVE),
                "the least curvature",
                self.least_curvature.to_string(),
                "finite and above 0",
            ),
            (
                finite(self.least_gain, 0.0),
                "the least gain",
                self.least_gain.to_string(),
                "a finite number of at least 0",
            ),
        ] {
            if !holds {
                return Err(SurvivalError::Setting { what, found, range });
            }
        }
        Ok(())
    }
}

/// Why there are fewer trees than rounds were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// There are as many.
    AllRounds,
    /// No cut gained anything any more.
    NothingToGain,
    /// Rows would have been moved to hazard ratios beyond e^100: the columns
    /// separate those with the event from the others.
    Separated,
}

/// A boosted model.
///
/// It is read back only if it is sound: no tree leads in a circle or out of
/// its arrays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Boosting {
    plan: BoostingPlan,
    ended: Ended,
    columns: Vec<String>,
    trees: Vec<Tree>,
    baseline: Baseline,
}

/// A model as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    plan: BoostingPlan,
    ended: Ended,
    columns: Vec<String>,
    trees: Vec<Tree>,
    baseline: Baseline,
}

/// A tree, whose leaves hold what it adds to the log hazard ratio.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    branches: Vec<Branch>,
    values: Vec<f64>,
}

impl TryFrom<Parts> for Boosting {
    type Error = SurvivalError;

    fn try_from(parts: Parts) -> Result<Self, SurvivalError> {
        parts.plan.check()?;
        let tree_is_sound = |tree: &Tree| {
            branch::are_sound(&tree.branches, parts.columns.len(), tree.values.len())
                && tree.values.iter().all(|value| value.is_finite())
        };
        let baseline = &parts.baseline;
        let rises = |values: &[f64]| {
            values
                .iter()
                .all(|value| value.is_finite() && *value >= 0.0)
                && values.is_sorted_by(|before, after| before < after)
        };
        let is_sound = parts.trees.iter().all(tree_is_sound)
            && baseline.time.len() == baseline.cumulative_hazard.len()
            && rises(&baseline.time)
            && rises(&baseline.cumulative_hazard);
        if !is_sound {
            return Err(SurvivalError::Model("boosted model"));
        }
        Ok(Self {
            plan: parts.plan,
            ended: parts.ended,
            columns: parts.columns,
            trees: parts.trees,
            baseline: parts.baseline,
        })
    }
}

impl Boosting {
    /// Boosts a model. Time: for each round, a pass over the rows, and for
    /// each column and depth one over half of them; where rows enter late, the
    /// pass takes the logarithm of the number of event times for each row.
    ///
    /// # Errors
    /// A setting out of its range, tables of different length, nobody with
    /// event 1, and outcomes with strata, which a boosted model does not know.
    pub fn fit(
        outcomes: &Outcomes,
        covariates: &Covariates,
        plan: &BoostingPlan,
    ) -> Result<Self, SurvivalError> {
        plan.check()?;
        crate::outcome::check_length("the covariates", covariates.rows(), outcomes.len())?;
        let timeline = Timeline::new(outcomes, EventCode::EVENT)?;
        let bins = Bins::new(covariates, &timeline.row);
        let mut gradients = Gradients::new(&timeline);
        let mut grower = Grower::new(&bins, plan);
        let mut trees = Vec::new();
        let mut ended = Ended::AllRounds;
        for _ in 0..plan.rounds {
            gradients.update();
            let Some(tree) = grower.grow(gradients.pairs()) else {
                ended = Ended::NothingToGain;
                break;
            };
            if !gradients.moved(grower.leaves(), &tree.values, FARTHEST) {
                ended = Ended::Separated;
                break;
            }
            trees.push(tree);
        }
        gradients.update();
        let baseline = Baseline {
            stratum: 0,
            cumulative_hazard: gradients.cumulative_hazard(),
            time: timeline.event_times,
        };
        Ok(Self {
            plan: plan.clone(),
            ended,
            columns: covariates.names().to_vec(),
            trees,
            baseline,
        })
    }

    /// The same model to hand on: no baseline, whose times are those of single
    /// events, and each threshold at a value of its column's grid (ascending;
    /// one for each column). The baseline at chosen times is kept beside it
    /// ([`Baseline::at_times`]).
    #[must_use]
    pub fn published(&self, grids: &[Vec<f64>]) -> Self {
        let tree = |tree: &Tree| Tree {
            branches: branch::on_grid(&tree.branches, grids),
            values: tree.values.clone(),
        };
        Self {
            trees: self.trees.iter().map(tree).collect(),
            baseline: Baseline {
                stratum: 0,
                time: Vec::new(),
                cumulative_hazard: Vec::new(),
            },
            ..self.clone()
        }
    }

    /// The log hazard ratio of a row, its values in the order of the columns.
    ///
    /// # Errors
    /// Another number of values.
    pub fn log_hazard_ratio(&self, row: &[f64]) -> Result<f64, SurvivalError> {
        crate::outcome::check_length("the row", row.len(), self.columns.len())?;
        let value = |column: u32| row[column as usize];
        let leaf = |tree: &Tree| tree.values[branch::leaf(&tree.branches, value) as usize];
        Ok(self.trees.iter().map(leaf).sum())
    }

    /// How it was boosted.
    #[must_use]
    pub fn plan(&self) -> &BoostingPlan {
        &self.plan
    }

    /// Why it has no more trees.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.ended
    }

    /// Number of trees.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// Names of the columns that it reads.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Breslow's estimate of the hazard of a row whose log hazard ratio is 0.
    #[must_use]
    pub fn baseline(&self) -> &Baseline {
        &self.baseline
    }

    /// The log hazard ratio of each row.
    ///
    /// # Errors
    /// Covariates of other columns.
    pub fn log_hazard_ratios(&self, covariates: &Covariates) -> Result<Vec<f64>, SurvivalError> {
        covariates.must_have(&self.columns)?;
        let mut sums = vec![0.0; covariates.rows()];
        for tree in &self.trees {
            for (row, sum) in sums.iter_mut().enumerate() {
                let value = |column: u32| covariates.columns()[column as usize][row];
                *sum += tree.values[branch::leaf(&tree.branches, value) as usize];
            }
        }
        Ok(sums)
    }

    /// The probability of being without the event at each of `times`, for each
    /// row.
    ///
    /// # Errors
    /// Covariates of other columns.
    pub fn survival(
        &self,
        covariates: &Covariates,
        times: &[f64],
    ) -> Result<Vec<Vec<f64>>, SurvivalError> {
        let hazards: Vec<f64> = times.iter().map(|time| self.baseline.at(*time)).collect();
        let ratios = self.log_hazard_ratios(covariates)?;
        let curve = |ratio: &f64| {
            let ratio = libm::exp(*ratio);
            let survival = hazards.iter().map(|hazard| libm::exp(-hazard * ratio));
            survival.collect()
        };
        Ok(ratios.iter().map(curve).collect())
    }
}
