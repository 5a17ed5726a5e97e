//! `modu care predict`: the risk of each patient today, and what moved it.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_care::PREDICT;
use modu_care::predict::{PredictReport, input};
use modu_kernel::Language;

use super::table_file::TableFile;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::terminal::{Answer, Terminal};

/// `modu care predict`
#[derive(Debug, Args)]
pub(crate) struct CarePredict {
    /// 환자들(CSV 또는 Parquet: person, at, 모형의 예측 변수) | Patients (CSV or Parquet: person, at, the model's predictors)
    #[arg(value_name = "FILE")]
    patients: PathBuf,
    /// 모형: `modu care fit --out`의 model.json | The model: model.json of `modu care fit --out`
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// 며칠 안의 위험(모형의 것 가운데; 기본: 첫째) | Within so many days, one of the model's (default: the first)
    #[arg(long, value_name = "DAYS")]
    horizon: Option<f64>,
    #[command(flatten)]
    results: RunResults,
}

/// Predicts.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CarePredict,
) -> anyhow::Result<Answer> {
    let patients = TableFile::open(&command.patients)?;
    let files = [
        (input::MODEL, Source::File(&command.model)),
        (input::PATIENTS, patients.source()),
    ];
    let request = serde_json::json!({ "horizon_days": command.horizon });
    let ran = run_engine_on(
        terminal,
        shared,
        &PREDICT,
        request,
        &files,
        &command.results,
    )?;
    let report: PredictReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let (sign, rows) = (terminal.sign(Answer::Yes), report.rows);
    let mean = report.mean_risk.get() * 100.0;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} {rows}행: {}일 안의 위험, 평균 {mean:.1}%.",
            report.horizon_days
        ),
        Language::En => format!(
            "{sign} {rows} rows: the risk within {} days, {mean:.1} % on average.",
            report.horizon_days
        ),
    })?;
    if report.intervals == 0 {
        terminal.line(terminal.say(
            "  이 모형은 위험이 얼마나 확실한지 알지 못해 구간을 말하지 않습니다.",
            "  This model does not know how sure its risks are, so they have no interval.",
        ))?;
    }
    ran.close(terminal)?;
    Ok(Answer::Yes)
}
