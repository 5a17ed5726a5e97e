//! Cox's model and the curves. `cox` answers the coefficients and the
//! logarithm of the likelihood; `curves` the survival of the first hundred rows
//! at a hundred times, of a model that is fitted before the clock starts;
//! `fine_gray` the coefficients under the convention of `crr`; `path` the first
//! [`POINTS`] penalties, each with its coefficients; `kaplan_meier` and `aalen_johansen` the curve's last
//! values.

use modu_survival::cox::{self, CoxOptions, PathOptions, Ties};
use modu_survival::estimator::{aalen_johansen, kaplan_meier};
use modu_survival::fine_gray::{self, FineGrayOptions};
use modu_survival::{Covariates, EventCode};

use crate::{Answer, Outcome, Table, timed};

/// Penalties of a path that are compared.
const POINTS: usize = 40;

pub(crate) fn run(scene: &str, table: &Table) -> Outcome<Answer> {
    let (outcomes, covariates) = (&table.outcomes, &table.covariates);
    let (values, seconds) = match scene {
        "cox" => {
            let (model, seconds) = timed(|| cox::fit(outcomes, covariates, &CoxOptions::default()));
            let model = model?;
            let found = [model.coefficients, vec![model.log_likelihood]].concat();
            (found, seconds)
        }
        "curves" => {
            let model = cox::fit(outcomes, covariates, &CoxOptions::default())?;
            let columns = covariates.names().iter().zip(covariates.columns());
            let columns = columns.map(|(name, column)| (name.clone(), column[..100].to_vec()));
            let hundred = Covariates::new(100, columns.collect())?;
            let baseline = model.baseline(0)?;
            let place = |part: usize| part * (baseline.time.len() - 1) / 100;
            let times: Vec<f64> = (1..=100).map(|part| baseline.time[place(part)]).collect();
            let (curves, seconds) = timed(|| model.survival(&hundred, 0, &times));
            (curves?.concat(), seconds)
        }
        "fine_gray" => {
            let options = FineGrayOptions::crr();
            let (model, seconds) = timed(|| fine_gray::fit(outcomes, covariates, &options));
            (model?.hazard.coefficients, seconds)
        }
        "path" => {
            // glmnet knows Breslow's ties only.
            let options = PathOptions {
                ties: Ties::Breslow,
                ..PathOptions::default()
            };
            let (points, seconds) = timed(|| cox::path(outcomes, covariates, &options));
            let points = points?.into_iter().take(POINTS);
            let found = points.flat_map(|point| [vec![point.penalty], point.coefficients].concat());
            (found.collect(), seconds)
        }
        "kaplan_meier" => {
            let (curves, seconds) = timed(|| kaplan_meier(outcomes, EventCode::EVENT));
            let last = curves?
                .pop()
                .and_then(|curve| curve.survival.last().copied());
            (last.into_iter().collect(), seconds)
        }
        "aalen_johansen" => {
            let (curves, seconds) = timed(|| aalen_johansen(outcomes));
            let causes = curves?
                .pop()
                .map(|curves| curves.causes)
                .unwrap_or_default();
            let last = causes
                .iter()
                .filter_map(|cause| cause.share.last().copied());
            (last.collect(), seconds)
        }
        _ => return Err(format!("there is no scene `{scene}`").into()),
    };
    Ok(Answer { values, seconds })
}
