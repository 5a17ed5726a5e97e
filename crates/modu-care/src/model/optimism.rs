//! What a model owes to having been made of the rows it is measured on.
//!
//! A model fits the chance of its own rows too, so it looks better on them
//! than it is. Harrell's bootstrap (1996) makes it anew from resamples of
//! people, the whole way from the coding on, and takes how much better each is
//! on its resample than on all rows: the mean of that is the optimism.

use modu_statistics::Finite;
use modu_survival::Outcomes;
use modu_survival::measure::{Estimated, Resamples};

use super::columns;
use super::engine::Watched;
use super::make::make;
use super::performance::{Asked, Performance, performance};
use super::request::FitRequest;
use crate::CareError;
use crate::table::AnalysisTable;

/// The measures that are corrected, as one list: concordance, then at each
/// horizon area, Brier score and slope.
fn listed(performance: &Performance) -> Vec<Option<f64>> {
    let value = |estimate: &Estimated| estimate.value();
    let mut list = vec![value(&performance.harrell)];
    for at in &performance.horizons {
        list.extend([value(&at.auc), value(&at.brier), value(&at.slope)]);
    }
    list
}

/// The optimism of each measure of [`listed`], and in how many resamples a
/// model could be made.
pub(super) struct Optimism {
    measures: Vec<Option<f64>>,
    pub(super) made: u32,
}

impl Optimism {
    /// The apparent value of a measure, corrected.
    pub(super) fn corrected(&self, performance: &Performance) -> Vec<Option<Finite>> {
        let apparent = listed(performance).into_iter().zip(&self.measures);
        let corrected = apparent.map(|(apparent, optimism)| Finite::new(apparent? - (*optimism)?));
        corrected.collect()
    }
}

/// The bootstrap. `outcomes` has the people as its clusters.
pub(super) fn optimism(
    table: &AnalysisTable,
    outcomes: &Outcomes,
    watched: &Watched,
    request: &FitRequest,
) -> Optimism {
    let plan = Resamples {
        count: request.resamples,
        seed: request.seed,
    };
    let each = plan.map(outcomes, |rows| {
        again(table, outcomes, watched, request, rows).ok()
    });
    let made: Vec<Vec<Option<f64>>> = each.into_iter().flatten().collect();
    let measures = made.first().map_or(0, Vec::len);
    let mean = |measure: usize| {
        let values: Vec<f64> = made.iter().filter_map(|one| one[measure]).collect();
        // A mean of a lucky few would be no correction.
        let enough = !values.is_empty() && 2 * values.len() >= request.resamples as usize;
        enough.then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    Optimism {
        measures: (0..measures).map(mean).collect(),
        made: made.len() as u32,
    }
}

/// How much better a model made of a resample is on it than on all rows.
fn again(
    table: &AnalysisTable,
    outcomes: &Outcomes,
    watched: &Watched,
    request: &FitRequest,
    rows: &[u32],
) -> Result<Vec<Option<f64>>, CareError> {
    let made = make(table, &some(outcomes, rows)?, rows, request)?;
    let measure = |outcomes: &Outcomes, rows: &[u32]| -> Result<_, CareError> {
        let filled = columns::filled(&made.model.predictors, &made.model.terms, table, rows)?;
        let told = made.model.tell(&filled.columns, rows.len());
        let asked = Asked {
            outcomes,
            horizons: &request.horizons,
            linear: &told.score,
            risks: &told.risks,
            resamples: Resamples { count: 0, seed: 0 },
            confidence: request.confidence,
        };
        Ok(listed(&performance(&asked)?.0))
    };
    let from_the_start = |row: &&u32| table.entry().is_none_or(|it| it[**row as usize] <= 0.0);
    let own: Vec<u32> = rows.iter().filter(from_the_start).copied().collect();
    let own = measure(&from_start(outcomes, &own)?, &own)?;
    let all = measure(&watched.outcomes, &watched.rows)?;
    let pairs = own.into_iter().zip(all);
    Ok(pairs.map(|(own, all)| Some(own? - all?)).collect())
}

/// The outcomes of rows, each as often as it is named.
pub(crate) fn some(outcomes: &Outcomes, rows: &[u32]) -> Result<Outcomes, CareError> {
    let some = from_start(outcomes, rows)?;
    Ok(match outcomes.entry() {
        None => some,
        Some(entry) => some.with_entry(rows.iter().map(|row| entry[*row as usize]).collect())?,
    })
}

/// The same of rows that are all watched from the start.
fn from_start(outcomes: &Outcomes, rows: &[u32]) -> Result<Outcomes, CareError> {
    let time = rows.iter().map(|row| outcomes.time()[*row as usize]);
    let event = rows.iter().map(|row| outcomes.event()[*row as usize]);
    Ok(Outcomes::new(time.collect(), event.collect())?)
}
