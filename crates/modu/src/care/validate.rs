//! `modu care validate`: a model at another hospital.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use modu_care::VALIDATE;
use modu_care::model::Performance;
use modu_care::validate::{
    Criteria, UpdateRequest, ValidateReport, ValidateRequest, Verdict, WhatMoved,
};
use modu_statistics::Share;

use super::measures::{estimate, of_horizons};
use super::table::TableArguments;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal, table};

/// `modu care validate`
#[derive(Debug, Args)]
pub(crate) struct CareValidate {
    /// 모형(model.json) | The model (model.json)
    #[arg(long, value_name = "JSON")]
    model: PathBuf,
    #[command(flatten)]
    table: TableArguments,
    /// 모형을 얼마나 옮기나 | How much of the model may be moved
    #[arg(long, value_enum, default_value_t = UpdateArgument::Slope)]
    update: UpdateArgument,
    /// 일치도가 적어도 이만큼 | Concordance must be at least this
    #[arg(long, default_value_t = Criteria::default().least_concordance)]
    least_concordance: f64,
    /// 사건이 적어도 이만큼 | There must be at least so many events
    #[arg(long, default_value_t = Criteria::default().least_events)]
    least_events: u64,
    /// 아무것도 달라지지 않았을 때 경보가 하나라도 울릴 확률 | Chance of any alarm where nothing has changed
    #[arg(long, default_value_t = 0.05)]
    false_alarm_rate: f64,
    /// 보정 지수의 구간을 위해 다시 뽑는 횟수 | Resamples for the intervals of calibration indices
    #[arg(long, default_value_t = 200)]
    resamples: u32,
    /// 난수의 씨 | Seed of what is drawn
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    results: RunResults,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum UpdateArgument {
    /// 옮기지 않음 | Not at all
    None,
    /// 위험 전체의 높이만 | The risks as a whole
    Intercept,
    /// 높이와 벌어짐 | And how far apart they lie
    Slope,
}

/// Runs it and shows the verdict. The answer is yes only where the model
/// holds as it is.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareValidate,
) -> anyhow::Result<Answer> {
    let request = serde_json::to_value(command.request()?)?;
    let files = command.table.files()?;
    let mut inputs = files.inputs();
    inputs.push(("model", Source::File(&command.model)));
    let ran = run_engine_on(
        terminal,
        shared,
        &VALIDATE,
        request,
        &inputs,
        &command.results,
    )?;
    let report: ValidateReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.verdict {
        Verdict::Holds => Answer::Yes,
        _ => Answer::No,
    };
    let verdict = report.verdict.label();
    let sign = terminal.sign(answer);
    terminal.line(format!("{sign} {}", verdict.get(terminal.language)))?;
    measures(terminal, &report)?;
    drift(terminal, &report)?;
    ran.close(terminal)?;
    Ok(answer)
}

impl CareValidate {
    fn request(&self) -> anyhow::Result<ValidateRequest> {
        let rate = Share::new(self.false_alarm_rate).ok_or_else(|| {
            Wrong("--false-alarm-rate: give a number above 0 and below 1".to_owned())
        })?;
        Ok(ValidateRequest {
            columns: self.table.columns(None)?,
            criteria: Criteria {
                least_events: self.least_events,
                least_concordance: self.least_concordance,
                ..Criteria::default()
            },
            update: match self.update {
                UpdateArgument::None => UpdateRequest::None,
                UpdateArgument::Intercept => UpdateRequest::Intercept,
                UpdateArgument::Slope => UpdateRequest::InterceptAndSlope,
            },
            false_alarm_rate: rate,
            resamples: self.resamples,
            seed: self.seed,
            confidence: Share::new(0.95).context("95 % is a share")?,
        })
    }
}

fn measures(terminal: Terminal, report: &ValidateReport) -> anyhow::Result<()> {
    let mut head = vec![
        terminal.say("성능", "performance").to_owned(),
        terminal.say("그대로", "as it is").to_owned(),
    ];
    let both: Vec<&Performance> = std::iter::once(&report.performance)
        .chain(&report.recalibrated)
        .collect();
    if both.len() > 1 {
        head.push(
            terminal
                .say("다시 보정(교차)", "recalibrated (cross-fitted)")
                .to_owned(),
        );
    }
    let mut concordance = vec![terminal.say("일치도", "concordance").to_owned()];
    concordance.extend(both.iter().map(|it| estimate(&it.harrell)));
    let mut rows = vec![head, concordance];
    for place in 0..report.performance.horizons.len() {
        let columns = both.iter().filter_map(|it| it.horizons.get(place));
        let columns: Vec<_> = columns.map(|at| of_horizons(terminal, at)).collect();
        for line in 0..columns.first().map_or(0, |first| first.len()) {
            let mut row = vec![columns[0][line].0.clone()];
            row.extend(columns.iter().map(|column| estimate(column[line].1)));
            rows.push(row);
        }
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    Ok(())
}

fn drift(terminal: Terminal, report: &ValidateReport) -> anyhow::Result<()> {
    let mut alarms: Vec<String> = Vec::new();
    for it in report.drift.case_mix.iter().filter(|it| it.alarm) {
        let linear = terminal.say("선형 예측값", "linear predictor");
        alarms.push(it.predictor.clone().unwrap_or_else(|| linear.to_owned()));
    }
    for it in report.drift.calibration.iter().filter(|it| it.alarm) {
        let what = match it.of {
            WhatMoved::Ratio => terminal.say("관찰/예측", "observed/expected"),
            WhatMoved::Slope => terminal.say("보정 기울기", "calibration slope"),
        };
        alarms.push(format!("{what} {}", it.horizon));
    }
    let said = match alarms.is_empty() {
        true => terminal.say("없음", "none").to_owned(),
        false => alarms.join(", "),
    };
    terminal.line(format!(
        "  {} ({} {}): {said}",
        terminal.say("달라졌다는 경보", "drift alarms"),
        terminal.say("거짓 경보 확률", "false-alarm rate"),
        report.drift.false_alarm_rate.get()
    ))?;
    Ok(())
}
