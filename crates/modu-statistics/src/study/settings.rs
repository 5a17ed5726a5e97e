//! What a study fixes beforehand.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Binning, Finite, Share};

/// What a study fixes beforehand. Each task reads its own part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Binary: a score at or above it decides positive.
    pub threshold: Finite,
    /// Binary: share of all rows that can be reviewed, rounded down to whole
    /// rows by [`Share::of`]; none leaves the `*_at_budget` metrics undefined.
    pub review_budget: Option<Share>,
    /// Binary: bins of the expected calibration error.
    pub binning: Binning,
    /// Regression: the quantile of the pinball loss.
    pub quantile: Share,
    /// Ranking: how many places a metric with a cutoff looks at.
    pub cutoff: NonZeroU32,
}

impl Default for Settings {
    /// Threshold 0.5, no review budget, the default bins, the median, ten
    /// places.
    fn default() -> Self {
        Self {
            threshold: Finite::HALF,
            review_budget: None,
            binning: Binning::default(),
            quantile: Share::HALF,
            cutoff: NonZeroU32::MIN.saturating_add(9),
        }
    }
}
