//! How much hazard has been met, by time.
//!
//! `H(t)` is the sum of `d/n` over the times of events up to `t` (Nelson 1969,
//! Aalen 1978); its variance the sum of `d/n^2`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimator::{RiskTable, risk_tables};
use crate::{EventCode, Outcomes, SurvivalError};

/// The cumulative hazard of one stratum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NelsonAalen {
    /// Who was at risk and who had the event.
    pub table: RiskTable,
    /// The hazard added up to each time of the table.
    pub cumulative_hazard: Vec<f64>,
    /// Its variance.
    pub variance: Vec<f64>,
}

/// The cumulative hazard of each stratum, by its number. Time: a sort.
///
/// # Errors
/// No row with the event.
pub fn nelson_aalen(
    outcomes: &Outcomes,
    event: EventCode,
) -> Result<Vec<NelsonAalen>, SurvivalError> {
    let tables = risk_tables(outcomes, event)?;
    Ok(tables.into_iter().map(NelsonAalen::of).collect())
}

impl NelsonAalen {
    /// The cumulative hazard of a table.
    #[must_use]
    pub fn of(table: RiskTable) -> Self {
        let (mut hazard, mut sum) = (0.0, 0.0);
        let steps = table.at_risk.iter().zip(&table.events);
        let steps = steps.map(|(at_risk, events)| {
            hazard += events / at_risk;
            sum += events / (at_risk * at_risk);
            (hazard, sum)
        });
        let (cumulative_hazard, variance) = steps.unzip();
        Self {
            table,
            cumulative_hazard,
            variance,
        }
    }

    /// The cumulative hazard at a time.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        match self.table.time.partition_point(|step| *step <= time) {
            0 => 0.0,
            steps => self.cumulative_hazard[steps - 1],
        }
    }
}
