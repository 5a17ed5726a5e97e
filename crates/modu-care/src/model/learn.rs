//! From a table to how its predictors are coded.

use std::collections::BTreeMap;

use modu_kernel::{Finding, Label, Severity};

use super::document::{Bin, CodedLevel, Coding, ModelPredictor, Term, Transform};
use crate::CareError;
use crate::privacy::{Count, SMALLEST_CELL};
use crate::table::{AnalysisTable, Categories, Predictor, Values};

/// The most levels of one predictor in a model.
const MAX_LEVELS: usize = 200;
/// Bins of a spread, where there are rows enough.
const BINS: usize = 10;

/// How predictors are coded, and the terms they make.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    pub(crate) predictors: Vec<ModelPredictor>,
    pub(crate) terms: Vec<Term>,
    pub(crate) findings: Vec<Finding>,
}

/// Which predictors are taken, and how their numbers enter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen<'a> {
    /// By name; none: all that the table has.
    pub(crate) names: &'a [String],
    /// By the predictor's name.
    pub(crate) transforms: &'a BTreeMap<String, Transform>,
    /// The column that tells the day of a row: `true` takes it at any rate,
    /// `false` leaves it out.
    pub(crate) clock: Option<(&'a str, bool)>,
}

impl Chosen<'_> {
    fn of<'t>(&self, table: &'t AnalysisTable) -> Result<Vec<&'t Predictor>, CareError> {
        let mut all: Vec<&Predictor> = match self.names {
            [] => table.predictors().iter().collect(),
            names => {
                let names = names.iter();
                names
                    .map(|name| chosen(table, name))
                    .collect::<Result<_, _>>()?
            }
        };
        match self.clock {
            Some((clock, true)) if all.iter().all(|it| it.name != clock) => {
                all.push(chosen(table, clock)?);
            }
            Some((clock, false)) => all.retain(|it| it.name != clock),
            _ => {}
        }
        Ok(all)
    }
}

/// Learns the coding from some rows of a table, each as often as it is named.
pub(crate) fn learn(
    table: &AnalysisTable,
    rows: &[u32],
    request: &Chosen<'_>,
) -> Result<Coded, CareError> {
    let mut coded = Coded {
        predictors: Vec::new(),
        terms: Vec::new(),
        findings: Vec::new(),
    };
    for name in request.transforms.keys() {
        chosen(table, name)?;
    }
    for predictor in request.of(table)? {
        let transform = request
            .transforms
            .get(&predictor.name)
            .copied()
            .unwrap_or_default();
        match &predictor.values {
            Values::Numeric(values) => numeric(&mut coded, predictor, values, rows, transform)?,
            Values::Categorical(them) => categorical(&mut coded, predictor, them, rows)?,
        }
    }
    Ok(coded)
}

fn chosen<'a>(table: &'a AnalysisTable, name: &str) -> Result<&'a Predictor, CareError> {
    let missing = || {
        CareError::at(
            format!("the predictor `{name}`"),
            "the table has no such column",
        )
    };
    table.predictor(name).ok_or_else(missing)
}

/// The finding that a predictor was left out.
fn left_out(coded: &mut Coded, predictor: &Predictor, ko: &str, en: &str) {
    coded.findings.push(Finding {
        severity: Severity::Warning,
        code: "predictor.left_out".to_owned(),
        place: predictor.name.clone(),
        message: Label::new(
            format!("예측 변수 {}을(를) 뺐습니다: {ko}", predictor.label.ko),
            format!("Predictor {} was left out: {en}", predictor.label.en),
        ),
    });
}

fn keep(coded: &mut Coded, predictor: &Predictor, missing: usize, coding: Coding) {
    let missing = Count::new(missing as u64);
    if missing != Count::Of(0) {
        let [ko, en] = [modu_kernel::Language::Ko, modu_kernel::Language::En]
            .map(|language| missing.text(language));
        coded.findings.push(Finding {
            severity: Severity::Warning,
            code: "predictor.filled".to_owned(),
            place: predictor.name.clone(),
            message: Label::new(
                format!("{}: 값이 없는 행({ko})을 중앙값·최빈값으로 채웠습니다.", predictor.label.ko),
                format!(
                    "{}: rows without a value ({en}) were filled in by the median or the most frequent level.",
                    predictor.label.en
                ),
            ),
        });
    }
    coded.predictors.push(ModelPredictor {
        name: predictor.name.clone(),
        label: predictor.label.clone(),
        unit: predictor.unit.clone(),
        coding,
        missing,
    });
}

fn numeric(
    coded: &mut Coded,
    predictor: &Predictor,
    values: &[Option<f64>],
    rows: &[u32],
    transform: Transform,
) -> Result<(), CareError> {
    let chosen = rows.iter().map(|row| values[*row as usize]);
    let mut known: Vec<f64> = chosen.flatten().collect();
    if let Some(row) = known
        .iter()
        .position(|value| transform.of(*value).is_none())
    {
        let _ = row;
        let problem = "it has numbers below 0, which have no logarithm or root: take it as it is";
        return Err(CareError::at(
            format!("the predictor `{}`", predictor.name),
            problem,
        ));
    }
    known.sort_unstable_by(f64::total_cmp);
    let few = SMALLEST_CELL as usize;
    if known.len() < 2 * few {
        left_out(
            coded,
            predictor,
            "값이 있는 행이 10개 미만입니다.",
            "fewer than 10 rows have a value.",
        );
        return Ok(());
    }
    let median = known[known.len() / 2];
    let coding = Coding::Numeric {
        range: [known[few - 1], known[known.len() - few]],
        fill: median,
        bins: bins(&known),
    };
    keep(coded, predictor, rows.len() - known.len(), coding);
    coded.terms.push(Term {
        predictor: predictor.name.clone(),
        level: None,
        transform,
    });
    Ok(())
}

/// Sorted numbers in bins of about equal size and at least five rows; equal
/// numbers are not parted.
pub(super) fn bins(sorted: &[f64]) -> Vec<Bin> {
    let mut bins: Vec<Bin> = Vec::new();
    let least = (sorted.len() / BINS).max(SMALLEST_CELL as usize) as u64;
    let mut rows = 0;
    for same in sorted.chunk_by(|a, b| a == b) {
        rows += same.len() as u64;
        if rows >= least {
            bins.push(Bin {
                to: Some(same[0]),
                rows,
            });
            rows = 0;
        }
    }
    // What is left belongs to the last bin, which is open.
    match bins.last_mut() {
        Some(last) => {
            last.rows += rows;
            last.to = None;
        }
        None => bins.push(Bin { to: None, rows }),
    }
    bins
}

fn categorical(
    coded: &mut Coded,
    predictor: &Predictor,
    categories: &Categories,
    rows: &[u32],
) -> Result<(), CareError> {
    let mut counts = vec![0_u64; categories.levels().len()];
    let mut missing = 0;
    for row in rows {
        match categories.codes()[*row as usize] {
            Some(code) => counts[code as usize] += 1,
            None => missing += 1,
        }
    }
    let levels = categories.levels().iter().zip(&counts);
    let told: Vec<CodedLevel> = levels
        .filter(|(_, rows)| **rows >= SMALLEST_CELL)
        .map(|(name, rows)| CodedLevel {
            name: name.clone(),
            rows: *rows,
        })
        .collect();
    if told.len() > MAX_LEVELS {
        let problem = format!(
            "it has {} levels, more than the limit of {MAX_LEVELS}: group them, or leave it out",
            told.len()
        );
        return Err(CareError::at(
            format!("the predictor `{}`", predictor.name),
            problem,
        ));
    }
    let most = told.iter().map(|level| level.rows).max();
    let Some(reference) = told.iter().find(|level| Some(level.rows) == most) else {
        left_out(
            coded,
            predictor,
            "5명 이상인 범주가 없습니다.",
            "no level has five rows.",
        );
        return Ok(());
    };
    if counts
        .iter()
        .any(|count| (1..SMALLEST_CELL).contains(count))
    {
        coded.findings.push(Finding {
            severity: Severity::Warning,
            code: "predictor.rare_levels".to_owned(),
            place: predictor.name.clone(),
            message: Label::new(
                format!("{}: 5행 미만인 범주는 기준 범주로 다루고 이름을 남기지 않았습니다.", predictor.label.ko),
                format!(
                    "{}: levels of fewer than five rows count as the reference level, and their names are not kept.",
                    predictor.label.en
                ),
            ),
        });
    }
    let reference = reference.name.clone();
    let others = told.iter().filter(|level| level.name != reference);
    let terms = others.map(|level| Term {
        predictor: predictor.name.clone(),
        level: Some(level.name.clone()),
        transform: Transform::Linear,
    });
    coded.terms.extend(terms);
    let coding = Coding::Categorical {
        levels: told,
        reference,
    };
    keep(coded, predictor, missing, coding);
    Ok(())
}
