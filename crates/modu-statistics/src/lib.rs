//! Numbers that can carry a decision: metrics of models, their uncertainty,
//! and paired tests between models.
//!
//! Someone must decide whether a model goes into use. A single number such as
//! "94.4 % accuracy" does not suffice: other people's data would have given
//! another number, a rival's model may differ by chance only, and a small
//! group may fare worse than the average. This crate takes the truth and the
//! scores (or hard decisions) of models as slices, and gives metrics with the
//! uncertainty that belongs to them:
//!
//! - [`Study`]: many metrics of many models in many subsets at once, of
//!   classes, numbers or rankings, with one bootstrap for them all, within
//!   classes or by cluster, so that differences between models and gaps
//!   between groups are paired ([`Replicates`]; [`IntervalMethod`] says how
//!   limits are read off them);
//! - [`wilson`], [`clopper_pearson`]: intervals of a share;
//! - [`delong`], [`mcnemar`]: paired tests of two models; [`fisher_p_value`]: a
//!   share in two sets of rows;
//! - [`holm`], [`benjamini_hochberg`]: several tests read together;
//! - [`power`]: how many rows a proof needs, before anything is measured;
//! - [`letters`]: which of many cannot be told apart;
//! - [`drift`]: whether new rows look different, at a stated false-alarm rate;
//! - [`roc_curve`], [`precision_recall_curve`], [`reliability`],
//!   [`recalibrate`]: what a report draws.
//!
//! Nothing here is ever NaN: a number is [`Finite`], and where there is none,
//! [`Undefined`] says why. Every result is the same bit for bit on any number
//! of threads and any machine (fixed summation order, `libm` in place of the
//! platform's mathematics, random streams derived from a seed), and does not
//! depend on the order of the rows. The crate knows nothing of files, needs
//! or criteria.
//!
//! ```
//! use modu_statistics::{BootstrapPlan, Finite, IntervalMethod, Metric, Quantity, Settings};
//! use modu_statistics::{Share, Side, Strata, Study};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let labels = [true, false, true, false, false, true, false, false];
//! let settings = Settings { threshold: Finite::HALF, ..Settings::default() };
//! let mut study = Study::binary(&labels, settings)?;
//! let ours = study.add_scores(&[0.9, 0.2, 0.8, 0.6, 0.1, 0.4, 0.3, 0.2])?;
//! let today = study.add_decisions(&[1, 1, 0, 0, 0, 1, 0, 0])?;
//! let accuracy = |model| Quantity::new(model, Metric::Accuracy);
//! let plan = BootstrapPlan {
//!     replicates: 500,
//!     seed: 7,
//!     strata: Strata::Whole,
//!     interval: IntervalMethod::Percentile,
//! };
//! let watch = |_done| std::ops::ControlFlow::Continue(());
//! let replicates = study.bootstrap(&plan, &[accuracy(ours), accuracy(today)], &watch)?;
//! let better = replicates[0].difference(&replicates[1]);
//! let confidence = Share::new(0.95).ok_or("not a share")?;
//! assert_eq!(better.estimate().value(), Some(0.0));
//! assert!(better.limit(Side::Lower, confidence).value() < Some(0.0));
//! # Ok(())
//! # }
//! ```

mod bca;
mod calibration;
mod confusion;
mod curve;
mod delong;
mod error;
mod expansion;
mod fisher;
mod interval;
mod mcnemar;
mod measure;
mod metric;
mod multiple;
mod reliability;
mod replicates;
mod special;
mod study;
mod ties;

pub mod drift;
pub mod letters;
pub mod power;

pub use bca::IntervalMethod;
pub use calibration::{CALIBRATION_CLIP, Recalibration, recalibrate};
pub use confusion::{ClassMeasures, Confusion, ConfusionMatrix, MAX_CLASSES};
pub use curve::{CurvePoint, precision_recall_curve, roc_curve};
pub use delong::{AreaVariance, DeLong, area_variance, delong};
pub use error::StatisticsError;
pub use fisher::fisher_p_value;
pub use interval::{
    Interval, ShareInterval, binomial_p_value, clopper_pearson, clopper_pearson_limit, wilson,
};
pub use mcnemar::{FEW_DISCORDANT, McNemar, McNemarForm, mcnemar};
pub use measure::{Finite, Measure, Share, Undefined};
pub use metric::{Metric, Task};
pub use multiple::{benjamini_hochberg, holm};
pub use reliability::{Binning, Reliability, ReliabilityBin, reliability};
pub use replicates::{Replicates, Side};
pub use study::{
    BootstrapPlan, MAX_CLUSTERED_ROWS, MAX_MODELS, MAX_REPLICATES, MAX_ROWS, MAX_SUBSETS, ModelId,
    Quantity, Settings, Strata, Study, SubsetId,
};
