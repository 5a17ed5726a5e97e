//! `modu care alarm`: the threshold for an alarm budget.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_care::ALARM;
use modu_care::alarm::{AlarmReport, Estimate, Performance, input};
use modu_kernel::Language;

use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine};
use crate::terminal::{Answer, Terminal, table};

/// `modu care alarm`
#[derive(Debug, Args)]
pub(crate) struct CareAlarm {
    /// 점수가 있는 관찰(CSV: person, time, score, 있으면 news2; 시각은 일) | Scored observations (CSV: person, time, score and, if there is one, news2; times in days)
    #[arg(value_name = "FILE")]
    observations: PathBuf,
    /// 지켜본 기간과 사건(CSV: person, start, end, event) | Who was watched and what happened (CSV: person, start, end, event)
    #[arg(long, value_name = "FILE")]
    stays: PathBuf,
    /// 환자 1,000명에 하루 몇 건의 경보를 감당하는가 | Alarms a day for 1,000 patients that the staff can answer
    #[arg(long, value_name = "ALARMS")]
    budget: f64,
    /// 경보 뒤 다시 울리지 않는 날수 | Days after an alarm without another
    #[arg(long, value_name = "DAYS", default_value_t = 1.0)]
    refractory: f64,
    /// 사건을 며칠 앞까지 미리 알린 것으로 보는가 | An alarm at most so many days before finds an event
    #[arg(long, value_name = "DAYS", default_value_t = 2.0)]
    horizon: f64,
    /// 적어도 며칠 앞서야 하는가 | And at least so many days before
    #[arg(long, value_name = "DAYS", default_value_t = 0.0)]
    least_lead: f64,
    /// 환자 재표집 횟수 | Resamples of patients
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    replicates: u32,
    /// 재표집의 씨앗 | Seed of the resamples
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u32,
    #[command(flatten)]
    results: RunResults,
}

/// Sets the threshold. The answer is yes only where other patients will keep to
/// the budget within a tenth.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareAlarm,
) -> anyhow::Result<Answer> {
    let files = [
        (input::OBSERVATIONS, command.observations.as_path()),
        (input::STAYS, command.stays.as_path()),
    ];
    let request = serde_json::json!({
        "budget": command.budget,
        "refractory_days": command.refractory,
        "horizon_days": command.horizon,
        "least_lead_days": command.least_lead,
        "replicates": command.replicates,
        "seed": command.seed,
    });
    let ran = run_engine(terminal, shared, &ALARM, request, &files, &command.results)?;
    let report: AlarmReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.holds_within_a_tenth {
        true => Answer::Yes,
        false => Answer::No,
    };
    let (sign, threshold) = (terminal.sign(answer), report.chosen.threshold);
    let rate = told(Some(report.chosen.alarms_a_day), 1.0);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} 문턱값 {threshold}: 환자 1,000명에 하루 경보 {rate}건 (예산 {}).",
            command.budget
        ),
        Language::En => format!(
            "{sign} Threshold {threshold}: {rate} alarms a day for 1,000 patients (budget {}).",
            command.budget
        ),
    })?;
    terminal.line(format!("\n{}", table(&rows(terminal, &report))))?;
    ran.close(terminal)?;
    Ok(answer)
}

fn rows(terminal: Terminal, report: &AlarmReport) -> Vec<Vec<String>> {
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let row = |name: String, it: &Performance| {
        let lead = it
            .lead
            .map_or("–".to_owned(), |lead| format!("{:.2}", lead.median.get()));
        vec![
            name,
            told(Some(it.alarms_a_day), 1.0),
            told(it.sensitivity, 100.0),
            told(it.precision, 100.0),
            lead,
        ]
    };
    let mut rows = vec![vec![
        say("울리는 점수", "rings from"),
        say("하루 경보", "alarms a day"),
        say("민감도 %", "sensitivity %"),
        say("맞은 경보 %", "followed by an event %"),
        say("앞선 날(가운뎃값)", "lead, days (median)"),
    ]];
    let of = |it: &Performance| {
        format!(
            "{} ≥ {:.4}",
            terminal.say("이 점수", "this score"),
            it.threshold.get()
        )
    };
    rows.push(row(of(&report.chosen), &report.chosen));
    for pair in &report.comparison {
        rows.push(row(
            format!("NEWS2 ≥ {}", pair.news2.threshold),
            &pair.news2,
        ));
        rows.push(row(of(&pair.score), &pair.score));
    }
    rows
}

fn told(estimate: Option<Estimate>, times: f64) -> String {
    let Some(value) = estimate.and_then(|it| it.value.value()) else {
        return "–".to_owned();
    };
    match estimate.and_then(|it| it.interval) {
        None => format!("{:.1}", value * times),
        Some(it) => format!(
            "{:.1} ({:.1}–{:.1})",
            value * times,
            it.lower.get() * times,
            it.upper.get() * times
        ),
    }
}
