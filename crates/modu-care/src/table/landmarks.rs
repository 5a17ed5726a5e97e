//! From rows that follow people as time runs to a row for each visit.

use modu_kernel::Label;
use modu_survival::landmark::{LandmarkBaseline, LandmarkPlan, stack};
use modu_survival::{Covariates, EventCode};

use super::{AnalysisTable, Categories, Predictor, TableParts, Values};
use crate::CareError;

impl AnalysisTable {
    /// A row for everyone who is watched without an event at each landmark, with
    /// what was known then: the values of the row that spans it. Days count
    /// from the landmark, which is the column `clock`, and end at the horizon.
    ///
    /// # Errors
    /// Landmarks that do not ascend, nobody who is watched at any, and a
    /// column that is called as the clock is.
    pub fn at_landmarks(
        &self,
        clock: &str,
        landmarks: &[f64],
        horizon: f64,
    ) -> Result<Self, CareError> {
        let outcomes = self.outcomes()?.with_clusters(self.parts.person.clone())?;
        let plan = LandmarkPlan {
            landmarks: landmarks.to_vec(),
            horizon,
            baseline: LandmarkBaseline::Smooth,
            degree: 0,
            ridge: 0.0,
        };
        let stacked = stack(&outcomes, &Covariates::new(self.len(), Vec::new())?, &plan)?;
        let since = |time: &[f64]| -> Vec<f64> {
            let from = time.iter().zip(&stacked.landmark);
            from.map(|(time, landmark)| time - landmark).collect()
        };
        let rows = &stacked.row;
        let predictors = self.parts.predictors.iter().map(|it| of_rows(it, rows));
        let mut predictors: Vec<Predictor> = predictors.collect::<Result<_, _>>()?;
        predictors.push(Predictor {
            name: clock.to_owned(),
            label: Label::new(clock, clock),
            unit: None,
            values: Values::numeric(stacked.landmark.iter().copied().map(Some).collect())?,
        });
        let event: Vec<EventCode> = stacked.outcomes.event().to_vec();
        Self::new(TableParts {
            events: self.parts.events.clone(),
            pseudonyms: self.parts.pseudonyms.clone(),
            person: rows
                .iter()
                .map(|row| self.parts.person[*row as usize])
                .collect(),
            cluster: match &self.parts.cluster {
                None => None,
                Some(cluster) => Some(categories(cluster, rows)?),
            },
            entry: None,
            time: since(stacked.outcomes.time()),
            event,
            predictors,
        })
    }
}

fn of_rows(predictor: &Predictor, rows: &[u32]) -> Result<Predictor, CareError> {
    Ok(Predictor {
        values: match &predictor.values {
            Values::Numeric(values) => {
                Values::numeric(rows.iter().map(|row| values[*row as usize]).collect())?
            }
            Values::Categorical(it) => Values::Categorical(categories(it, rows)?),
        },
        ..predictor.clone()
    })
}

fn categories(them: &Categories, rows: &[u32]) -> Result<Categories, CareError> {
    let codes = rows.iter().map(|row| them.codes()[*row as usize]);
    Categories::new(them.levels().to_vec(), codes.collect())
}
