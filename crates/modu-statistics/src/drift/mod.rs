//! Has the world changed? Drift of inputs and scores, without any label.
//!
//! A solution was proven on the data of one time. In use it meets new rows,
//! and the truth about them is known late or never. What can be seen at once
//! is whether the rows *look* different: another age structure, another
//! distribution of scores. [`compare`] holds every column of the current rows
//! against the rows of the proof and raises an alarm where they differ by
//! more than chance.
//!
//! An alarm that rings every week is switched off. So every alarm here comes
//! with a stated false-alarm rate: if nothing has changed, the chance that
//! *any* of the columns rings is at most [`DriftPlan::false_alarm_rate`]. Each
//! column has two tests:
//!
//! - the *population stability index* ([`stability`]), in bins fixed by the
//!   reference. The folk thresholds 0.1 and 0.25 say nothing about chance: of
//!   two samples of 100 rows, ten bins exceed 0.1 in most comparisons without
//!   any drift. Its null distribution is `(1/n + 1/m) χ²` of bins - 1 degrees
//!   of freedom, and the alarm stands where that says;
//! - a *two-sample test*: Smirnov's for numbers ([`smirnov`]), the chi-square
//!   test of homogeneity for codes ([`homogeneity`]).
//!
//! Small samples, for which those distributions are only approximations, are
//! judged by the exact distribution or by seeded permutations. All tests of
//! all columns are read together by Holm's adjustment, which holds whatever
//! the dependence between columns.

mod codes;
mod index;
mod permutation;
mod two_samples;

pub use codes::{Homogeneity, homogeneity};
pub use index::{Stability, StabilityBin, stability, stability_of_codes};
pub use two_samples::{EXACT_CELLS, Smirnov, smirnov};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Finite, Share, StatisticsError, holm};

/// The most bins of a population stability index.
pub const MAX_BINS: u16 = 1000;

/// The most permutations of a test.
pub const MAX_PERMUTATIONS: u32 = 100_000;

/// How columns are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftPlan {
    /// Bins of the stability index of numbers, cut at the quantiles of the
    /// reference: `2..=`[`MAX_BINS`]. Tied quantiles make fewer.
    pub bins: u16,
    /// The chance of any alarm where nothing has changed.
    pub false_alarm_rate: Share,
    /// Permutations of a small sample, `1..=`[`MAX_PERMUTATIONS`]. The
    /// smallest p-value is `1 / (1 + permutations)`, so there must be clearly
    /// more of them than tests divided by the false-alarm rate.
    pub permutations: u32,
    /// Seed of the permutations.
    pub seed: u64,
}

/// One column of the reference and of the current rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    /// Numbers with an order: an age, a score.
    Numbers {
        /// The rows of the proof.
        reference: &'a [f64],
        /// The rows of today.
        current: &'a [f64],
    },
    /// Codes without one: a region.
    Codes {
        /// The rows of the proof.
        reference: &'a [i64],
        /// The rows of today.
        current: &'a [i64],
    },
}

/// What a test of a column asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftTest {
    /// The population stability index.
    PopulationStability,
    /// Smirnov's two-sample test.
    Smirnov,
    /// The chi-square test of homogeneity.
    ChiSquare,
}

/// Where a p-value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NullDistribution {
    /// The exact distribution, given the ties.
    Exact,
    /// The limiting distribution of large samples.
    LargeSample,
    /// Seeded permutations of the rows.
    Permutations,
}

/// The answer of one test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftResult {
    /// Which test.
    pub test: DriftTest,
    /// Its statistic: the index, Smirnov's distance, the chi-square.
    pub statistic: Finite,
    /// The chance of a statistic at least as large where nothing has changed.
    pub p_value: Finite,
    /// Where that comes from.
    pub distribution: NullDistribution,
    /// The p-value adjusted for all tests of all columns (Holm 1979).
    pub adjusted_p_value: Finite,
    /// The statistic at which this test rings by itself, whatever the others
    /// say: its p-value is the false-alarm rate over the number of tests.
    /// `None` where the distribution has no simple inverse.
    pub threshold: Option<Finite>,
    /// Whether the adjusted p-value is at most the false-alarm rate.
    pub alarm: bool,
}

/// How a column fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnDrift {
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Rows of today.
    pub current_rows: u64,
    /// The stability index with its bins.
    pub stability: Stability,
    /// The tests.
    pub results: Vec<DriftResult>,
    /// Whether any of them rings.
    pub alarm: bool,
}

/// Compares columns, all together at one false-alarm rate.
///
/// The order of rows plays no part. Cost: two sorts a column; for small
/// samples up to [`EXACT_CELLS`] steps, or the permutations.
///
/// # Errors
/// A column without rows in reference or current, a number that is not
/// finite, more than 2^31 - 1 rows, or a plan outside its ranges.
pub fn compare(
    columns: &[Column<'_>],
    plan: &DriftPlan,
) -> Result<Vec<ColumnDrift>, StatisticsError> {
    plan.check()?;
    let found: Vec<Found> = columns
        .iter()
        .map(|column| Found::of(column, plan))
        .collect::<Result<_, _>>()?;
    let p_values: Vec<f64> = found
        .iter()
        .flat_map(|column| column.results.map(|result| result.p_value.get()))
        .collect();
    let level = plan.false_alarm_rate.get() / p_values.len().max(1) as f64;
    let mut adjusted = holm(&p_values)?.into_iter();
    Ok(found
        .into_iter()
        .map(|column| {
            let results: Vec<DriftResult> = column
                .results
                .iter()
                .zip(&mut adjusted)
                .map(|(result, adjusted)| result.read_together(adjusted, level, plan))
                .collect();
            ColumnDrift {
                reference_rows: column.rows.0,
                current_rows: column.rows.1,
                stability: column.stability,
                alarm: results.iter().any(|result| result.alarm),
                results,
            }
        })
        .collect())
}

impl DriftPlan {
    fn check(&self) -> Result<(), StatisticsError> {
        if !(2..=MAX_BINS).contains(&self.bins) {
            let range = "within 2..=1000";
            return Err(StatisticsError::range(
                "the number of bins",
                self.bins,
                range,
            ));
        }
        if !(1..=MAX_PERMUTATIONS).contains(&self.permutations) {
            return Err(StatisticsError::range(
                "the number of permutations",
                self.permutations,
                "within 1..=100000",
            ));
        }
        Ok(())
    }
}

/// A column's tests before they are read together.
struct Found {
    rows: (u64, u64),
    stability: Stability,
    results: [Lone; 2],
}

/// A test by itself.
#[derive(Clone, Copy)]
struct Lone {
    test: DriftTest,
    statistic: Finite,
    p_value: Finite,
    distribution: NullDistribution,
    inverse: Inverse,
}

/// From a p-value back to the statistic.
#[derive(Clone, Copy)]
enum Inverse {
    /// A chi-square of so many degrees of freedom times a factor.
    ChiSquare { degrees: u64, factor: f64 },
    /// Kolmogorov's distribution of the distance times the root of the
    /// effective number of rows.
    Kolmogorov { rows: f64 },
}

impl Found {
    fn of(column: &Column<'_>, plan: &DriftPlan) -> Result<Self, StatisticsError> {
        let (rows, stability, other) = match *column {
            Column::Numbers { reference, current } => {
                let stability = stability(reference, current, plan)?;
                let test = smirnov(reference, current)?;
                let rows = (reference.len() as u64, current.len() as u64);
                (rows, stability, test.lone(rows))
            }
            Column::Codes { reference, current } => {
                let stability = stability_of_codes(reference, current, plan)?;
                let test = homogeneity(reference, current, plan)?;
                let rows = (reference.len() as u64, current.len() as u64);
                (rows, stability, test.lone())
            }
        };
        Ok(Self {
            rows,
            results: [stability.lone(rows), other],
            stability,
        })
    }
}

impl Lone {
    fn read_together(&self, adjusted: f64, level: f64, plan: &DriftPlan) -> DriftResult {
        let threshold = match (self.distribution, self.inverse) {
            (NullDistribution::LargeSample, Inverse::ChiSquare { degrees, factor })
                if degrees > 0 =>
            {
                Some(factor * crate::special::chi_square_upper_quantile(degrees, level))
            }
            (NullDistribution::LargeSample, Inverse::Kolmogorov { rows }) => {
                Some(two_samples::kolmogorov_quantile(level) / rows.sqrt())
            }
            _ => None,
        };
        DriftResult {
            test: self.test,
            statistic: self.statistic,
            p_value: self.p_value,
            distribution: self.distribution,
            adjusted_p_value: Finite::new(adjusted).unwrap_or(self.p_value),
            threshold: threshold.and_then(Finite::new),
            alarm: adjusted <= plan.false_alarm_rate.get(),
        }
    }
}

/// Refuses samples that cannot be compared.
fn check_rows(reference: usize, current: usize) -> Result<(), StatisticsError> {
    if reference == 0 || current == 0 {
        return Err(crate::Undefined::Empty.into());
    }
    let limit = crate::MAX_ROWS;
    match reference.checked_add(current) {
        Some(found) if found <= limit => Ok(()),
        found => Err(StatisticsError::TooMany {
            what: "rows",
            found: found.unwrap_or(usize::MAX),
            limit,
        }),
    }
}
