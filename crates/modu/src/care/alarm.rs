//! `modu care alarm`: the threshold for an alarm budget.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_care::ALARM;
use modu_care::alarm::{
    AlarmReport, AlarmRequest, AlarmRule, Estimate, Performance, VisitColumns, input,
};
use modu_care::limits;
use modu_kernel::Language;
use modu_statistics::{Finite, Share};

use super::table_file::TableFile;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::exit::Wrong;
use crate::home::read_limited;
use crate::terminal::{Answer, Terminal, table};

/// `modu care alarm`
#[derive(Debug, Args)]
pub(crate) struct CareAlarm {
    /// 관찰(CSV 또는 Parquet: person, time, score, 있으면 news2나 활력징후; 시각은 일). --model이면 score 대신 예측 변수 | Observations (CSV or Parquet: person, time, score and, if there are, news2 or vital signs; times in days); with --model its predictors in place of the score
    #[arg(value_name = "FILE")]
    observations: PathBuf,
    /// 지켜본 기간과 사건(CSV 또는 Parquet: person, start, end, event) | Who was watched and what happened (CSV or Parquet: person, start, end, event)
    #[arg(long, value_name = "FILE", required_unless_present = "visit_day")]
    stays: Option<PathBuf>,
    /// 점수로 쓸 위험을 말하는 모형(model.json) | A model whose risks are the score (model.json)
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// 모형이 말하는 위험은 며칠 안의 것인가(모형의 것 가운데; 기본: 첫째) | Within how many days the model's risks are, one of its horizons (default: the first)
    #[arg(long, value_name = "DAYS", requires = "model")]
    risk_horizon: Option<f64>,
    /// 관찰이 방문마다 한 행인 분석표일 때 방문한 날의 열 | Where the observations are an analysis table with a row for each visit: the column of the visit's day
    #[arg(long, value_name = "COLUMN", conflicts_with = "stays")]
    visit_day: Option<String>,
    /// 분석표에서 마지막으로 본 날의 열 | The analysis table's column of the days until last seen
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "visit_day",
        default_value = "time"
    )]
    time: String,
    /// 분석표에서 사건의 열 | The analysis table's column of events
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "visit_day",
        default_value = "event"
    )]
    event: String,
    /// 이미 정한 규칙(rule.json)을 이 환자들에게 대어 봅니다 | Hold a rule (rule.json) against these patients
    #[arg(long, value_name = "FILE", conflicts_with_all = ["budget", "refractory", "horizon", "risk_horizon"])]
    rule: Option<PathBuf>,
    /// 환자 1,000명에 하루 몇 건의 경보를 감당하는가 | Alarms a day for 1,000 patients that the staff can answer
    #[arg(long, value_name = "ALARMS", required_unless_present = "rule")]
    budget: Option<f64>,
    /// 경보 뒤 다시 울리지 않는 날수(기본 1) | Days after an alarm without another (default 1)
    #[arg(long, value_name = "DAYS")]
    refractory: Option<f64>,
    /// 사건을 며칠 앞까지 미리 알린 것으로 보는가(기본 2) | An alarm at most so many days before finds an event (default 2)
    #[arg(long, value_name = "DAYS")]
    horizon: Option<f64>,
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
    let observations = TableFile::open(&command.observations)?;
    let stays = command.stays.as_deref().map(TableFile::open).transpose()?;
    let mut files = vec![(input::OBSERVATIONS, observations.source())];
    files.extend(stays.as_ref().map(|it| (input::STAYS, it.source())));
    for (name, path) in [(input::MODEL, &command.model), (input::RULE, &command.rule)] {
        files.extend(path.as_deref().map(|path| (name, Source::File(path))));
    }
    let request = command.request()?;
    let budget = request.budget;
    let request = serde_json::to_value(request)?;
    let ran = run_engine_on(terminal, shared, &ALARM, request, &files, &command.results)?;
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
            "{sign} 문턱값 {threshold}: 환자 1,000명에 하루 경보 {rate}건 (예산 {budget})."
        ),
        Language::En => format!(
            "{sign} Threshold {threshold}: {rate} alarms a day for 1,000 patients (budget {budget})."
        ),
    })?;
    terminal.line(format!("\n{}", table(&rows(terminal, &report))))?;
    ran.close(terminal)?;
    Ok(answer)
}

impl CareAlarm {
    /// What is asked: of a rule that is tried, what it was made for.
    fn request(&self) -> anyhow::Result<AlarmRequest> {
        let finite = |what: &str, value: f64| {
            Finite::new(value).ok_or_else(|| Wrong(format!("{what} must be a finite number")))
        };
        let visits = self.visit_day.as_ref().map(|day| VisitColumns {
            day: day.clone(),
            time: self.time.clone(),
            event: self.event.clone(),
        });
        let request = AlarmRequest {
            budget: finite("--budget", self.budget.unwrap_or_default())?,
            refractory_days: finite("--refractory", self.refractory.unwrap_or(1.0))?,
            horizon_days: finite("--horizon", self.horizon.unwrap_or(2.0))?,
            least_lead_days: finite("--least-lead", self.least_lead)?,
            replicates: self.replicates,
            seed: self.seed,
            confidence: Share::new(0.95).context("95 % is a share")?,
            risk_horizon_days: (self.risk_horizon)
                .map(|days| finite("--risk-horizon", days))
                .transpose()?,
            visits,
        };
        let Some(path) = &self.rule else {
            return Ok(request);
        };
        let bytes = read_limited(path, limits::DOCUMENT_BYTES)?;
        let rule = AlarmRule::parse(&bytes)
            .map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
        Ok(AlarmRequest {
            budget: rule.budget,
            refractory_days: rule.refractory_days,
            horizon_days: rule.horizon_days,
            risk_horizon_days: rule.risk_horizon_days,
            ..request
        })
    }
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
