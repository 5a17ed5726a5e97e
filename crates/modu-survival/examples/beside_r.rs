//! Our estimates beside R's, of tables that R wrote.
//!
//! `beside_r FOLDER` reads the cases that `interop/care/reference.R` wrote
//! there and prints a line for each answer: case, kind, quantity, how many
//! numbers, and their largest difference, with tabs between. A difference is
//! relative to the number, or to a hundredth of the largest of its answer where
//! that is more. `cargo xtask interop care` makes the table of it.
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::collections::BTreeMap;
use std::path::Path;

use modu_statistics::Share;
use modu_survival::cox::{self, CoxOptions, Ties, TimeScale};
use modu_survival::estimator::{
    IntervalScale, KaplanMeier, NelsonAalen, aalen_johansen, occupation, risk_tables,
};
use modu_survival::fine_gray::{self, FineGrayOptions};
use modu_survival::{Covariates, EventCode, Outcomes};

type Failure = Box<dyn std::error::Error>;
type Numbers = BTreeMap<String, Vec<f64>>;

fn main() -> Result<(), Failure> {
    let argument = std::env::args().nth(1).ok_or("name a folder")?;
    let folder = Path::new(&argument);
    for line in std::fs::read_to_string(folder.join("cases.txt"))?.lines() {
        let mut fields = line.trim_end().split('\t');
        let mut next = || fields.next().unwrap_or_default().trim();
        let (name, kind, options) = (next(), next(), next());
        let case = Case::read(folder, name, options).map_err(|error| format!("{name}: {error}"))?;
        let found = case
            .answer(kind)
            .map_err(|error| format!("{name}: {error}"))?;
        for (quantity, expected) in &case.expected {
            if quantity == "times" {
                continue;
            }
            let found = found
                .get(quantity)
                .ok_or_else(|| format!("{name}: no {quantity}"))?;
            let apart = difference(found, expected)
                .map_err(|error| format!("{name}, {quantity}: {error}"))?;
            println!("{name}\t{kind}\t{quantity}\t{}\t{apart:e}", expected.len());
        }
    }
    Ok(())
}

/// The largest difference.
fn difference(found: &[f64], expected: &[f64]) -> Result<f64, String> {
    if found.len() != expected.len() {
        return Err(format!("{} numbers, not {}", found.len(), expected.len()));
    }
    let largest = expected
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let apart = found.iter().zip(expected).map(|(found, expected)| {
        let unit = expected.abs().max(1e-2 * largest).max(f64::MIN_POSITIVE);
        (found - expected).abs() / unit
    });
    let worst = apart.fold(0.0, |worst: f64, apart| {
        if apart.is_nan() {
            f64::INFINITY
        } else {
            worst.max(apart)
        }
    });
    Ok(worst)
}

/// A table, what is asked of it, and what R answers.
struct Case {
    outcomes: Outcomes,
    from: Vec<EventCode>,
    covariates: Covariates,
    options: BTreeMap<String, String>,
    expected: Numbers,
}

impl Case {
    fn read(folder: &Path, name: &str, options: &str) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(folder.join(format!("{name}.csv")))?;
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().ok_or("no header")?.split(',').collect();
        let mut columns = vec![Vec::new(); names.len()];
        for line in lines {
            for (column, value) in columns.iter_mut().zip(line.split(',')) {
                column.push(value.parse::<f64>()?);
            }
        }
        let mut table: BTreeMap<&str, Vec<f64>> =
            names.iter().copied().zip(columns.clone()).collect();
        let whole = |column: Vec<f64>| {
            column
                .into_iter()
                .map(|value| value as u32)
                .collect::<Vec<_>>()
        };
        let time = table.remove("time").ok_or("no time")?;
        let event = table.remove("event").ok_or("no event")?;
        let event = event
            .into_iter()
            .map(|code| EventCode(code as u16))
            .collect();
        let rows = time.len();
        let mut outcomes = Outcomes::new(time, event)?;
        if let Some(entry) = table.remove("entry") {
            outcomes = outcomes.with_entry(entry)?;
        }
        if let Some(weight) = table.remove("weight") {
            outcomes = outcomes.with_weights(weight)?;
        }
        if let Some(stratum) = table.remove("stratum") {
            outcomes = outcomes.with_strata(whole(stratum))?;
        }
        if let Some(cluster) = table.remove("cluster") {
            outcomes = outcomes.with_clusters(whole(cluster))?;
        }
        let from = whole(table.remove("from").unwrap_or_default());
        let covariates = names.iter().zip(columns);
        let covariates = covariates
            .filter_map(|(name, column)| Some((name.strip_prefix("x.")?.to_owned(), column)))
            .collect();
        let answers = std::fs::read_to_string(folder.join(format!("{name}.txt")))?;
        let mut expected = Numbers::new();
        for line in answers.lines() {
            let (quantity, values) = line.split_once('\t').ok_or("an answer without numbers")?;
            let values = values
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<_, _>>()?;
            expected.insert(quantity.to_owned(), values);
        }
        let options = options
            .split(';')
            .filter_map(|option| option.split_once('='));
        Ok(Self {
            covariates: Covariates::new(rows, covariates)?,
            outcomes,
            from: from
                .into_iter()
                .map(|state| EventCode(state as u16))
                .collect(),
            options: options
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            expected,
        })
    }

    fn answer(&self, kind: &str) -> Result<Numbers, Failure> {
        match kind {
            "cox" => self.cox(),
            "fine_gray" => self.fine_gray(),
            "aalen_johansen" => self.aalen_johansen(),
            "occupation" => self.occupation(),
            "kaplan_meier" => self.kaplan_meier(),
            _ => Err(format!("no kind `{kind}`").into()),
        }
    }

    fn times(&self) -> Vec<f64> {
        self.expected.get("times").cloned().unwrap_or_default()
    }

    fn ties(&self) -> Ties {
        match self.options.get("ties").map(String::as_str) {
            Some("breslow") => Ties::Breslow,
            _ => Ties::Efron,
        }
    }

    fn cox(&self) -> Result<Numbers, Failure> {
        let options = CoxOptions {
            ties: self.ties(),
            ridge: self
                .options
                .get("ridge")
                .map_or(Ok(0.0), |ridge| ridge.parse())?,
            robust: self.outcomes.cluster().is_some(),
            ..CoxOptions::default()
        };
        let model = cox::fit(&self.outcomes, &self.covariates, &options)?;
        if let Some(finding) = model.findings.first() {
            return Err(finding.to_string().into());
        }
        let mut found = Numbers::new();
        let mut keep = |quantity: &str, values: Vec<f64>| found.insert(quantity.to_owned(), values);
        keep("coefficients", model.coefficients.clone());
        keep(
            "log_likelihood",
            vec![model.null_log_likelihood, model.log_likelihood],
        );
        keep("variance", model.variance.concat());
        if let Some(variance) = &model.robust_variance {
            keep("robust_variance", variance.concat());
        }
        if self.expected.contains_key("survival_at_means") {
            let names = model.names.iter().cloned();
            let centres = model.centres.iter().map(|centre| vec![*centre]);
            let means = Covariates::new(1, names.zip(centres).collect())?;
            keep(
                "survival_at_means",
                model.survival(&means, 0, &self.times())?.concat(),
            );
        }
        if self.expected.contains_key("martingale") {
            let residuals = cox::residuals(&model, &self.outcomes, &self.covariates)?;
            keep("martingale", residuals.martingale);
            keep("deviance", residuals.deviance);
            keep("score", residuals.score.concat());
            keep("schoenfeld", residuals.schoenfeld.residual.concat());
            keep("scaled_schoenfeld", residuals.schoenfeld.scaled.concat());
        }
        for (scale, name) in [
            (TimeScale::KaplanMeier, "proportional_km"),
            (TimeScale::Identity, "proportional_identity"),
            (TimeScale::Log, "proportional_log"),
        ] {
            if self.expected.contains_key(name) {
                let tests =
                    cox::proportional_hazards(&model, &self.outcomes, &self.covariates, scale)?;
                let tests: Vec<_> = tests.columns.iter().chain([&tests.all]).collect();
                let chi_square = tests.iter().map(|test| test.chi_square.get());
                let p_value = tests.iter().map(|test| test.p_value.get());
                keep(name, chi_square.chain(p_value).collect());
            }
        }
        Ok(found)
    }

    fn fine_gray(&self) -> Result<Numbers, Failure> {
        let options = match self.options.get("as").map(String::as_str) {
            Some("crr") => FineGrayOptions::crr(),
            _ => FineGrayOptions {
                ties: self.ties(),
                ..FineGrayOptions::finegray()
            },
        };
        let model = fine_gray::fit(&self.outcomes, &self.covariates, &options)?;
        let centres = model
            .hazard
            .names
            .iter()
            .cloned()
            .zip(model.hazard.centres.iter().map(|centre| vec![*centre]));
        let means = Covariates::new(1, centres.collect())?;
        let hazard = model.hazard;
        let robust = hazard.robust_variance.clone().unwrap_or_default();
        let mut found = Numbers::from(
            [
                ("coefficients", hazard.coefficients.clone()),
                ("log_likelihood", vec![hazard.log_likelihood]),
                ("model_variance", hazard.variance.concat()),
                ("robust_variance", robust.concat()),
                ("fine_gray_variance", model.variance.concat()),
            ]
            .map(|(quantity, values)| (quantity.to_owned(), values)),
        );
        let survival = hazard.survival(&means, 0, &self.times())?;
        found.insert("survival_at_means".to_owned(), survival.concat());
        Ok(found)
    }

    fn aalen_johansen(&self) -> Result<Numbers, Failure> {
        let curves = aalen_johansen(&self.outcomes)?.remove(0);
        let times = self.times();
        let place = |time: &f64| curves.time.partition_point(|step| step <= time) - 1;
        let mut found = Numbers::new();
        for cause in &curves.causes {
            for time in &times {
                let share = cause.share[place(time)];
                found.entry("share".to_owned()).or_default().push(share);
                let error = cause.variance[place(time)].sqrt();
                found.entry("error".to_owned()).or_default().push(error);
            }
        }
        let free = times.iter().map(|time| curves.event_free[place(time)]);
        found.insert("event_free".to_owned(), free.collect());
        Ok(found)
    }

    fn occupation(&self) -> Result<Numbers, Failure> {
        let states = self.from.iter().chain(self.outcomes.event());
        let states = states.map(|state| usize::from(state.0)).max().unwrap_or(0);
        let mut start = vec![0.0; states];
        start[0] = 1.0;
        let occupation = occupation(&self.outcomes, &self.from, &start)?;
        let times = self.times();
        let shares = occupation.share.iter().flat_map(|share| {
            let steps = &occupation.time;
            let place = |time: &f64| steps.partition_point(|step| step <= time) - 1;
            times.iter().map(move |time| share[place(time)])
        });
        Ok(Numbers::from([("share".to_owned(), shares.collect())]))
    }

    fn kaplan_meier(&self) -> Result<Numbers, Failure> {
        let table = risk_tables(&self.outcomes, EventCode::EVENT)?.remove(0);
        let hazard = NelsonAalen::of(table.clone());
        let curve = KaplanMeier::of(table);
        let confidence = Share::new(0.95).ok_or("no share")?;
        let mut found = Numbers::new();
        for time in self.times() {
            let place = curve.table.time.partition_point(|step| *step <= time) - 1;
            let interval = curve.interval(time, confidence, IntervalScale::Log);
            let left = if curve.survival[place] > 0.0 {
                1.0
            } else {
                0.0
            };
            for (quantity, value) in [
                ("at_risk", curve.table.at_risk[place]),
                ("survival", curve.at(time)),
                ("log_error", left * curve.log_variance[place].sqrt()),
                ("lower", left * interval.lower.get()),
                ("upper", left * interval.upper.get()),
                ("cumulative_hazard", hazard.at(time)),
                ("hazard_error", hazard.variance[place].sqrt()),
            ] {
                found.entry(quantity.to_owned()).or_default().push(value);
            }
        }
        Ok(found)
    }
}
