//! From rows of a table to a model.

use modu_kernel::{Finding, Label, Severity};
use modu_survival::boosting::{Boosting, BoostingPlan, Ended};
use modu_survival::cox::{self, CoxFinding, CoxModel, CoxOptions, PathOptions};
use modu_survival::fine_gray::{self, FineGrayOptions};
use modu_survival::forest::{Forest, ForestPlan};
use modu_survival::measure::{Censoring, Evaluated};
use modu_survival::{Covariates, EventCode, Outcomes};

use super::columns::filled;
use super::document::{MODEL_FORMAT, MadeOf, Model, ModelDocument, Term};
use super::hazards::{Cause, HazardModel};
use super::landmark::{LandmarkModel, Visits};
use super::learn::{bins, learn};
use super::method::Method;
use super::request::FitRequest;
use super::tell::Told;
use super::trees::{BoostedModel, ForestModel, on_grid};
use crate::CareError;
use crate::privacy::SMALLEST_CELL;
use crate::table::{AnalysisTable, Values};

/// Steps of a baseline beside competing events, at most.
const STEPS: u32 = 60;
/// Terms of a model that keeps how sure its coefficients are.
const MAX_COVARIANCE: usize = 200;

/// A model, what it says of the rows, and what the fit said of it.
pub(super) struct Made {
    pub(super) model: ModelDocument,
    pub(super) told: Told,
    pub(super) findings: Vec<Finding>,
    pub(super) log_likelihood: Option<[f64; 2]>,
}

/// What a method made of the columns.
struct Fitted {
    model: Model,
    findings: Vec<Finding>,
    /// Of the partial likelihood, and without predictors.
    log_likelihood: Option<[f64; 2]>,
}

/// Makes a model of some rows, each as often as it is named; `outcomes` are
/// theirs.
pub(super) fn make(
    table: &AnalysisTable,
    outcomes: &Outcomes,
    rows: &[u32],
    request: &FitRequest,
) -> Result<Made, CareError> {
    let competing = outcomes.event().iter().any(|event| event.0 > 1);
    let method = request.method;
    method.check_table(competing, outcomes.entry().is_some())?;
    check_horizons(outcomes, &request.horizons)?;
    let coded = learn(table, rows, &request.chosen())?;
    let filled = filled(&coded.predictors, &coded.terms, table, rows)?;
    let names = coded.terms.iter().map(|term| match &term.level {
        None => term.predictor.clone(),
        Some(level) => format!("{}: {level}", term.predictor),
    });
    let columns = names.zip(filled.columns.iter().cloned()).collect();
    let study = Study {
        outcomes,
        covariates: Covariates::new(rows.len(), columns)?,
        horizons: &request.horizons,
        people: rows
            .iter()
            .map(|row| table.person()[*row as usize])
            .collect(),
        clock: clock(table, rows, &coded.terms, request)?,
        landmarks: &request.landmarks,
    };
    let fitted = study.fit(method, request.seed)?;
    let mut findings = coded.findings;
    findings.extend(fitted.findings);
    let mut model = ModelDocument {
        format: MODEL_FORMAT.to_owned(),
        method,
        outcome: table.events()[0].clone(),
        competing: table.events()[1..].to_vec(),
        predictors: coded.predictors,
        terms: coded.terms,
        horizons: request.horizons.clone(),
        model: fitted.model,
        spread: Vec::new(),
        risk_groups: [0.0; 2],
        made_of: made_of(table, outcomes, rows),
        recalibrated: Vec::new(),
    };
    let told = model.tell(&filled.columns, rows.len());
    let mut sorted = told.score.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    model.spread = bins(&sorted);
    model.risk_groups = [1, 2].map(|part| sorted[part * sorted.len() / 3]);
    Ok(Made {
        model,
        told,
        findings,
        log_likelihood: fitted.log_likelihood,
    })
}

fn check_horizons(outcomes: &Outcomes, horizons: &[f64]) -> Result<(), CareError> {
    let longest = outcomes.time().iter().copied().fold(0.0, f64::max);
    let rows = outcomes.time().iter().zip(outcomes.event());
    let first = rows.filter(|(_, event)| **event == EventCode::EVENT);
    let first = first.map(|(time, _)| *time).fold(f64::INFINITY, f64::min);
    // Without any event the estimators say so.
    for horizon in horizons.iter().filter(|_| first.is_finite()) {
        let problem = match horizon {
            late if *late > longest => "nobody was watched so long: ask for an earlier one",
            early if *early < first => "nobody had the event by then: ask for a later one",
            _ => continue,
        };
        let place = format!("the horizon of {horizon} days");
        return Err(CareError::at(place, problem));
    }
    Ok(())
}

/// The rows of a fit.
struct Study<'a> {
    outcomes: &'a Outcomes,
    covariates: Covariates,
    horizons: &'a [f64],
    /// Whose each row is.
    people: Vec<u32>,
    /// The place of the column that tells the day of each row's visit.
    clock: Option<usize>,
    /// The days of visits, where they are the same for all.
    landmarks: &'a [f64],
}

/// The place of the term that tells the day of each row's visit.
fn clock(
    table: &AnalysisTable,
    rows: &[u32],
    terms: &[Term],
    request: &FitRequest,
) -> Result<Option<usize>, CareError> {
    let Some(clock) = request.clock.as_deref() else {
        return Ok(None);
    };
    let known = |row: &u32| match table.predictor(clock).map(|it| &it.values) {
        Some(Values::Numeric(days)) => days[*row as usize].is_some_and(|day| day >= 0.0),
        _ => false,
    };
    if !rows.iter().all(known) {
        let problem = "it tells the day of each visit: every row needs a number of at least 0";
        return Err(CareError::at(format!("the column `{clock}`"), problem));
    }
    Ok(terms.iter().position(|term| term.predictor == clock))
}

impl Study<'_> {
    fn fit(&self, method: Method, seed: u64) -> Result<Fitted, CareError> {
        match method {
            Method::Cox { ridge } => self.cox(ridge),
            Method::CauseSpecific { ridge } => self.cause_specific(ridge),
            Method::FineGray {} => self.fine_gray(),
            Method::ElasticNet { mix, folds } => self.elastic_net(mix, folds, seed),
            Method::Boosting {
                rounds,
                learning_rate,
                depth,
            } => self.boosting(&BoostingPlan {
                rounds,
                learning_rate,
                depth,
                ..BoostingPlan::default()
            }),
            Method::Landmark { ridge, degree } => self.landmark(ridge, degree),
            Method::Forest { trees, least_rows } => {
                let usual = ForestPlan::usual(self.covariates.columns().len(), seed);
                self.forest(&ForestPlan {
                    trees,
                    least_rows,
                    ..usual
                })
            }
        }
    }

    fn cox(&self, ridge: f64) -> Result<Fitted, CareError> {
        let (cause, fitted) = self.cause(EventCode::EVENT, ridge, self.horizons)?;
        let log_likelihood = [fitted.log_likelihood, fitted.null_log_likelihood];
        Ok(Fitted {
            model: hazards(self.horizons.to_vec(), vec![cause]),
            findings: fitted.findings.iter().map(finding).collect(),
            log_likelihood: Some(log_likelihood),
        })
    }

    fn cause_specific(&self, ridge: f64) -> Result<Fitted, CareError> {
        let until = self.steps();
        let mut codes: Vec<EventCode> = self.outcomes.event().to_vec();
        codes.sort_unstable();
        codes.dedup();
        codes.retain(|code| code.0 > 1);
        codes.insert(0, EventCode::EVENT);
        let (mut causes, mut findings) = (Vec::new(), Vec::new());
        let mut log_likelihood = [0.0; 2];
        for code in codes {
            let (cause, fitted) = self.cause(code, ridge, &until)?;
            causes.push(cause);
            findings.extend(fitted.findings.iter().map(finding));
            log_likelihood[0] += fitted.log_likelihood;
            log_likelihood[1] += fitted.null_log_likelihood;
        }
        Ok(Fitted {
            model: hazards(until, causes),
            findings,
            log_likelihood: Some(log_likelihood),
        })
    }

    fn cause(
        &self,
        event: EventCode,
        ridge: f64,
        until: &[f64],
    ) -> Result<(Cause, CoxModel), CareError> {
        let robust = self.has_several_rows_of_a_person();
        cause(
            self.outcomes,
            &self.covariates,
            (event, ridge, robust),
            until,
        )
    }

    /// The days of visits that five rows reach, and the model by them.
    fn landmark(&self, ridge: f64, degree: u32) -> Result<Fitted, CareError> {
        let unknown = || {
            let problem = "it tells the day of the visits, and too few rows have it: fill it in";
            CareError::at("the column of the visits' days", problem)
        };
        let clock = self.clock.ok_or_else(unknown)?;
        let mut day = self.covariates.columns()[clock].clone();
        day.sort_unstable_by(f64::total_cmp);
        let few = SMALLEST_CELL as usize;
        let days = [day[few - 1], day[day.len() - few]];
        let horizon = self.horizons.last().copied().unwrap_or(0.0);
        let visits = Visits::new(self.outcomes, &self.covariates, (clock, degree), horizon)?;
        // Between landmarks and what they look ahead to, the baseline is exact.
        let offsets: Vec<f64> = [0.0].iter().chain(self.horizons).copied().collect();
        let ahead = |day: &f64| offsets.iter().map(|it| day + it).collect::<Vec<_>>();
        let exact: Vec<f64> = self.landmarks.iter().flat_map(ahead).collect();
        let until = visits.ends(days, horizon, &exact);
        let robust = self.has_several_rows_of_a_person();
        let event = (EventCode::EVENT, ridge, robust);
        let (mut cause, fitted) = cause(&visits.outcomes, &visits.covariates, event, &until)?;
        cause.forget_first_step();
        Ok(Fitted {
            model: Model::Landmark(LandmarkModel {
                clock,
                degree,
                days,
                until,
                cause,
            }),
            findings: fitted.findings.iter().map(finding).collect(),
            log_likelihood: Some([fitted.log_likelihood, fitted.null_log_likelihood]),
        })
    }

    fn has_several_rows_of_a_person(&self) -> bool {
        let mut people = self.outcomes.cluster().unwrap_or(&[]).to_vec();
        people.sort_unstable();
        people.windows(2).any(|pair| pair[0] == pair[1])
    }

    fn fine_gray(&self) -> Result<Fitted, CareError> {
        let options = FineGrayOptions::finegray();
        let fitted = fine_gray::fit(self.outcomes, &self.covariates, &options)?;
        let coefficients = &fitted.hazard.coefficients;
        let baseline = fine_gray::baseline_steps(
            self.outcomes,
            &self.covariates,
            &options,
            coefficients,
            self.horizons,
        )?;
        let known = (coefficients.len() <= MAX_COVARIANCE).then(|| fitted.variance.clone());
        let cause = Cause::new(EventCode::EVENT.0, coefficients, known, baseline);
        Ok(Fitted {
            model: hazards(self.horizons.to_vec(), vec![cause]),
            findings: fitted.hazard.findings.iter().map(finding).collect(),
            log_likelihood: None,
        })
    }

    fn elastic_net(&self, mix: f64, folds: u32, seed: u64) -> Result<Fitted, CareError> {
        let options = PathOptions {
            mix,
            ..PathOptions::default()
        };
        let inside = |coefficients: &[f64]| coefficients.iter().filter(|it| **it != 0.0).count();
        let criterion = |point: &cox::PathPoint| {
            2.0 * inside(&point.coefficients) as f64 - 2.0 * point.log_likelihood
        };
        let (points, best) = match folds {
            0 => {
                let points = cox::path(self.outcomes, &self.covariates, &options)?;
                let numbered = points.iter().enumerate();
                let best = numbered.min_by(|a, b| criterion(a.1).total_cmp(&criterion(b.1)));
                let best = best.map_or(0, |(place, _)| place);
                (points, best)
            }
            _ => {
                let fold = cox::folds(&self.people, folds, seed)?;
                let tried = cox::cross_validate(self.outcomes, &self.covariates, &options, &fold)?;
                (tried.points, tried.best)
            }
        };
        let null = points.first().map_or(0.0, |point| point.log_likelihood);
        let best = points.get(best);
        let best = best.ok_or_else(|| CareError::at("the path", "it has no points"))?;
        let (all, kept) = (best.coefficients.len(), inside(&best.coefficients));
        let baseline = cox::baseline_steps(
            self.outcomes,
            &self.covariates,
            &CoxOptions::default(),
            &best.coefficients,
            self.horizons,
        )?;
        let cause = Cause::new(EventCode::EVENT.0, &best.coefficients, None, baseline);
        let penalty = best.penalty;
        let chosen = match folds {
            0 => Label::new("아카이케 기준", "by Akaike's criterion"),
            _ => Label::new(
                format!("사람을 {folds}겹으로 나눈 교차검증"),
                format!("by cross-validation over {folds} folds of people"),
            ),
        };
        Ok(Fitted {
            model: hazards(self.horizons.to_vec(), vec![cause]),
            findings: vec![Finding {
                severity: Severity::Note,
                code: "fit.penalty".to_owned(),
                place: String::new(),
                message: Label::new(
                    format!(
                        "벌점 {penalty:.3e}({})에서 항 {all}개 가운데 {kept}개가 남았습니다.",
                        chosen.ko
                    ),
                    format!(
                        "{kept} of {all} terms stay at the penalty {penalty:.3e} ({}).",
                        chosen.en
                    ),
                ),
            }],
            log_likelihood: Some([best.log_likelihood, null]),
        })
    }

    fn boosting(&self, plan: &BoostingPlan) -> Result<Fitted, CareError> {
        let (covariates, grids) = self.on_grids()?;
        let trees = Boosting::fit(self.outcomes, &covariates, plan)?;
        let (ko, en) = match trees.ended() {
            Ended::AllRounds => ("", ""),
            Ended::NothingToGain => (
                "더 얻을 것이 없어 나무가 정한 수보다 적습니다.",
                "there are fewer trees than asked for: nothing more was to gain.",
            ),
            Ended::Separated => (
                "예측 변수가 사건이 난 환자를 완전히 가르므로 일찍 멈췄습니다.",
                "it ended early: the predictors separate those with the event.",
            ),
        };
        let said = Finding {
            severity: Severity::Warning,
            code: "fit.ended_early".to_owned(),
            place: String::new(),
            message: Label::new(ko, en),
        };
        let hazard = |horizon: &f64| trees.baseline().at(*horizon);
        Ok(Fitted {
            model: Model::Boosting(BoostedModel {
                cumulative_hazard: self.horizons.iter().map(hazard).collect(),
                trees: trees.published(&grids),
            }),
            findings: (!en.is_empty()).then_some(said).into_iter().collect(),
            log_likelihood: None,
        })
    }

    fn forest(&self, plan: &ForestPlan) -> Result<Fitted, CareError> {
        let (covariates, grids) = self.on_grids()?;
        let forest = Forest::fit(self.outcomes, &covariates, plan)?;
        Ok(Fitted {
            model: Model::Forest(ForestModel {
                trees: forest.published(self.horizons, &grids),
            }),
            findings: Vec::new(),
            log_likelihood: None,
        })
    }

    /// The columns at values that at least five rows share, and those values.
    fn on_grids(&self) -> Result<(Covariates, Vec<Vec<f64>>), CareError> {
        let columns = self.covariates.columns().iter();
        let (columns, grids): (Vec<_>, Vec<_>) = columns.map(|column| on_grid(column)).unzip();
        let named = self.covariates.names().iter().cloned().zip(columns);
        let covariates = Covariates::new(self.covariates.rows(), named.collect())?;
        Ok((covariates, grids))
    }

    /// Where steps of baselines end: at the horizons, and at even parts of the
    /// last one where at least five events came since the last end.
    fn steps(&self) -> Vec<f64> {
        let last = self.horizons.last().copied().unwrap_or(0.0);
        let times = times_of_events(self.outcomes);
        let until = |end: f64| times.partition_point(|time| *time <= end) as u64;
        let even = (1..STEPS).map(|part| last * f64::from(part) / f64::from(STEPS));
        let mut ends: Vec<f64> = even.chain(self.horizons.iter().copied()).collect();
        ends.sort_unstable_by(f64::total_cmp);
        ends.dedup();
        let mut counted = 0;
        ends.retain(|end| {
            let keeps = self.horizons.contains(end) || until(*end) - counted >= SMALLEST_CELL;
            if keeps {
                counted = until(*end);
            }
            keeps
        });
        ends
    }
}

/// Times of events, ascending.
pub(super) fn times_of_events(outcomes: &Outcomes) -> Vec<f64> {
    let rows = outcomes.time().iter().zip(outcomes.event());
    let events = rows.filter(|(_, event)| !event.is_censored());
    let mut times: Vec<f64> = events.map(|(time, _)| *time).collect();
    times.sort_unstable_by(f64::total_cmp);
    times
}

fn hazards(until: Vec<f64>, causes: Vec<Cause>) -> Model {
    Model::Hazards(HazardModel { until, causes })
}

/// A cause fitted to rows, with its baseline in steps.
fn cause(
    outcomes: &Outcomes,
    covariates: &Covariates,
    (event, ridge, robust): (EventCode, f64, bool),
    until: &[f64],
) -> Result<(Cause, CoxModel), CareError> {
    let options = CoxOptions {
        event,
        ridge,
        robust,
        ..CoxOptions::default()
    };
    let fitted = cox::fit(outcomes, covariates, &options)?;
    let coefficients = &fitted.coefficients;
    let baseline = cox::baseline_steps(outcomes, covariates, &options, coefficients, until)?;
    let variance = fitted.robust_variance.as_ref().unwrap_or(&fitted.variance);
    let known = (coefficients.len() <= MAX_COVARIANCE).then(|| variance.clone());
    Ok((Cause::new(event.0, coefficients, known, baseline), fitted))
}

fn made_of(table: &AnalysisTable, outcomes: &Outcomes, rows: &[u32]) -> MadeOf {
    let mut people: Vec<u32> = rows
        .iter()
        .map(|row| table.person()[*row as usize])
        .collect();
    people.sort_unstable();
    people.dedup();
    let events = outcomes
        .event()
        .iter()
        .filter(|event| **event == EventCode::EVENT);
    MadeOf {
        rows: rows.len() as u64,
        people: people.len() as u64,
        events: events.count() as u64,
        follow_up: follow_up(outcomes),
    }
}

/// The median of the curve of being lost from sight (Schemper & Smith 1996).
fn follow_up(outcomes: &Outcomes) -> Option<f64> {
    let censoring = Censoring::of(outcomes, Evaluated::At).ok()?;
    let mut times = outcomes.time().to_vec();
    times.sort_unstable_by(f64::total_cmp);
    let place = times.partition_point(|time| censoring.seen(*time) > 0.5);
    times.get(place).copied()
}

pub(crate) fn finding(finding: &CoxFinding) -> Finding {
    let (code, place, ko) = match finding {
        CoxFinding::Constant { column } => (
            "term.constant",
            column,
            "견주는 모든 환자에게서 값이 같아 뺐습니다.",
        ),
        CoxFinding::Collinear { column } => {
            ("term.collinear", column, "앞의 항들로 정해지므로 뺐습니다.")
        }
        CoxFinding::Separated { column } => (
            "term.separated",
            column,
            "사건이 난 환자를 완전히 가르므로 계수에 유한한 추정값이 없습니다.",
        ),
        CoxFinding::NotConverged { .. } => (
            "fit.not_converged",
            &String::new(),
            "적합이 정한 횟수 안에 수렴하지 않았습니다.",
        ),
    };
    Finding {
        severity: Severity::Warning,
        code: code.to_owned(),
        place: place.clone(),
        message: Label::new(format!("{place} {ko}").trim_start(), finding.to_string()),
    }
}
