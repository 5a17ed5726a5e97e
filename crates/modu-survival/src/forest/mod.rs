//! Random survival forests (Ishwaran et al., "Random survival forests", Annals
//! of Applied Statistics 2008): curves of survival without a formula.
//!
//! A tree cuts the rows in two again and again, each time by the column and
//! value whose sides differ most in their survival, until few rows are left:
//! what became of those is the forecast for whoever comes to the same leaf. A
//! single tree follows chance; a forest grows many, each on a sample of the
//! rows and with few columns to choose from at each cut, and takes the mean.
//!
//! Cuts are judged by the exact log-rank statistic at every possible value:
//! nothing is sampled or approximated (`node` says how that is fast). Event 1
//! is what is forecast; rows of any other code count as censored when that
//! happens, so that hazards are cause-specific. A row that counts `w` times is
//! drawn and counted as `w` rows. A row that enters late is at risk after its
//! entry only; the curves of small leaves then begin with few at risk, as any
//! Kaplan-Meier curve of late entries does. Strata are refused: a leaf has one
//! curve. The same study, plan and seed
//! give the same forest bit for bit on any number of threads.

mod curves;
mod cut;
mod grow;
mod importance;
mod node;
mod out_of_bag;
mod pairs;
mod published;
#[cfg(test)]
mod repeated_tests;
mod study;
mod sums;
#[cfg(test)]
mod tests;
mod tree;

pub use curves::ForestCurves;
pub use importance::Importance;
pub use published::{Forecast, PublishedForest};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::Stream;
use crate::{Covariates, EventCode, Outcomes, SurvivalError};
use grow::{Grower, draw};
use out_of_bag::Units;
use study::Study;
use tree::Tree;

/// Largest number of trees.
pub const MAX_TREES: u32 = 100_000;

/// Rows of a chunk that goes through the trees together.
const CHUNK: usize = 256;

/// Which rows a tree grows on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// As many as there are, drawn with replacement; where outcomes have
    /// clusters, whole clusters.
    Bootstrap,
    /// Everyone, once.
    Everyone,
}

/// How a forest is grown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForestPlan {
    /// Number of trees, 1 to [`MAX_TREES`].
    pub trees: u32,
    /// How many columns are looked at for each cut, at least 1; those that do
    /// not vary among the rows at hand are not counted.
    pub columns_per_split: usize,
    /// Least number of drawn rows on either side of a cut, at least 1.
    pub least_rows: u32,
    /// Largest number of cuts from the root to a leaf.
    pub depth: Option<u32>,
    /// Which rows each tree grows on.
    pub drawing: Drawing,
    /// What all draws derive from.
    pub seed: u64,
}

impl ForestPlan {
    /// A hundred trees on bootstrap samples, leaves of at least 15 rows, and
    /// the square root of the number of columns at each cut, rounded up: what
    /// Ishwaran et al. use.
    #[must_use]
    pub fn usual(columns: usize, seed: u64) -> Self {
        Self {
            trees: 100,
            columns_per_split: libm::ceil(libm::sqrt(columns as f64)).max(1.0) as usize,
            least_rows: 15,
            depth: None,
            drawing: Drawing::Bootstrap,
            seed,
        }
    }

    fn check(&self) -> Result<(), SurvivalError> {
        let trees = (1..=MAX_TREES).contains(&self.trees);
        for (holds, what, found, range) in [
            (
                trees,
                "the number of trees",
                self.trees as usize,
                "1 to 100000",
            ),
            (
                self.columns_per_split > 0,
                "the columns of a cut",
                self.columns_per_split,
                "at least 1",
            ),
            (
                self.least_rows > 0,
                "the least rows of a leaf",
                self.least_rows as usize,
                "at least 1",
            ),
        ] {
            if !holds {
                let found = found.to_string();
                return Err(SurvivalError::Setting { what, found, range });
            }
        }
        Ok(())
    }
}

/// A grown forest.
///
/// It is read back only if it is sound: no tree leads in a circle or out of
/// its arrays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Forest {
    plan: ForestPlan,
    /// Rows that it was grown on.
    rows: usize,
    columns: Vec<String>,
    /// The distinct times at which somebody had the event.
    event_times: Vec<f64>,
    trees: Vec<Tree>,
}

/// A forest as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    plan: ForestPlan,
    rows: usize,
    columns: Vec<String>,
    event_times: Vec<f64>,
    trees: Vec<Tree>,
}

impl TryFrom<Parts> for Forest {
    type Error = SurvivalError;

    fn try_from(parts: Parts) -> Result<Self, SurvivalError> {
        parts.plan.check()?;
        let times = &parts.event_times;
        let times_rise = times.iter().all(|time| time.is_finite())
            && times.is_sorted_by(|before, after| before < after);
        let trees_are_sound = !parts.trees.is_empty()
            && parts
                .trees
                .iter()
                .all(|tree| tree.is_sound(parts.columns.len(), times.len()));
        if !times_rise || !trees_are_sound {
            return Err(SurvivalError::Model("forest"));
        }
        Ok(Self {
            plan: parts.plan,
            rows: parts.rows,
            columns: parts.columns,
            event_times: parts.event_times,
            trees: parts.trees,
        })
    }
}

impl Forest {
    /// Grows a forest. The cost of a tree is that of sorting the rows by some
    /// columns at every depth: a few hundredths of a second for 10,000 rows
    /// and 20 columns.
    ///
    /// # Errors
    /// A setting out of its range, tables of different length, nobody with
    /// event 1, weights that are no whole numbers, and outcomes with strata,
    /// which a forest does not know.
    pub fn fit(
        outcomes: &Outcomes,
        covariates: &Covariates,
        plan: &ForestPlan,
    ) -> Result<Self, SurvivalError> {
        plan.check()?;
        crate::outcome::check_length("the covariates", covariates.rows(), outcomes.len())?;
        let study = Study::new(outcomes, covariates, EventCode::EVENT)?;
        let units = Units::new(outcomes)?;
        let grow = |grower: &mut Grower, number: u32| {
            let mut stream = Stream::new(plan.seed, u64::from(number));
            let drawn = draw(plan, units.number(), &mut stream);
            let drawn = units.of_rows(&drawn, &study.timeline.row);
            grower.grow(&study, plan, &drawn, &mut stream)
        };
        let trees = (0..plan.trees).into_par_iter();
        Ok(Self {
            plan: plan.clone(),
            rows: outcomes.len(),
            columns: covariates.names().to_vec(),
            trees: trees.map_init(Grower::default, grow).collect(),
            event_times: study.timeline.event_times,
        })
    }

    /// How it was grown.
    #[must_use]
    pub fn plan(&self) -> &ForestPlan {
        &self.plan
    }

    /// Names of the columns that it reads.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The distinct times at which somebody had the event, rising: where
    /// curves step.
    #[must_use]
    pub fn event_times(&self) -> &[f64] {
        &self.event_times
    }

    /// Number of leaves of all trees together.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.trees.iter().map(Tree::leaves).sum()
    }

    /// The risk of each row: the expected number of events if everyone that
    /// the forest was grown on were like that row (the mean over trees of the
    /// cumulative hazard summed over the event times). It orders rows; curves
    /// are from [`Self::curves`].
    ///
    /// # Errors
    /// Covariates of other columns.
    pub fn risk(&self, covariates: &Covariates) -> Result<Vec<f64>, SurvivalError> {
        covariates.must_have(&self.columns)?;
        let risks = self.risks();
        let mut sums = vec![0.0; covariates.rows()];
        let chunks = sums.par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(chunk, sums)| {
            for (tree, risks) in self.trees.iter().zip(&risks) {
                for (sum, row) in sums.iter_mut().zip(chunk * CHUNK..) {
                    let leaf = tree.leaf(|column| covariates.columns()[column as usize][row]);
                    *sum += risks[leaf as usize];
                }
            }
            for sum in sums {
                *sum /= self.trees.len() as f64;
            }
        });
        Ok(sums)
    }

    /// The risk of each leaf of each tree.
    fn risks(&self) -> Vec<Vec<f64>> {
        let trees = self.trees.iter();
        trees
            .map(|tree| tree.risks(self.event_times.len()))
            .collect()
    }
}
