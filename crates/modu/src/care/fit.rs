//! `modu care fit`: a model of an analysis table.

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use modu_care::FIT;
use modu_care::model::{FitReport, FitRequest, Method, TermEffect, Transform};
use modu_care::recur::RecurRequest;
use modu_kernel::Language;
use modu_statistics::Share;
use modu_survival::recurrent::Layout;

use super::measures::{estimate, number, of_horizons, p_value};
use super::recur;
use super::table::TableArguments;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine_on};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal, table};

/// `modu care fit`
#[derive(Debug, Args)]
pub(crate) struct CareFit {
    #[command(flatten)]
    table: TableArguments,
    /// 위험(되풀이 사건은 평균 횟수)을 말할 날(일수, 되풀이) | Days by which risks (of recurrent events: mean numbers) are told, repeatable
    #[arg(long, value_name = "DAYS", required = true, value_delimiter = ',')]
    horizon: Vec<f64>,
    /// log(1+x)로 넣을 예측 변수 | Predictors that enter as log(1 + x)
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    log: Vec<String>,
    /// 제곱근으로 넣을 예측 변수 | Predictors that enter as their square root
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    root: Vec<String>,
    /// 모형을 만드는 방법 | How the model is made
    #[arg(long, value_enum, default_value_t = MethodArgument::Cox)]
    method: MethodArgument,
    /// 능형 벌점(cox, cause-specific, landmark, 되풀이 사건) | Ridge penalty (cox, cause-specific, landmark, recurrent events)
    #[arg(long, default_value_t = 0.0)]
    ridge: f64,
    /// 벌점 가운데 절댓값의 몫(elastic-net): 1이면 라소 | Share of the penalty on absolute values (elastic-net): 1 is the lasso
    #[arg(long, default_value_t = 0.5)]
    mix: f64,
    /// 벌점을 고를 교차검증의 겹 수(elastic-net): 0이면 아카이케 기준 | Folds of the cross-validation that chooses the penalty (elastic-net): 0 is Akaike's criterion
    #[arg(long, default_value_t = 0)]
    folds: u32,
    /// 방문한 날(시작부터의 일수)의 열(landmark, 되풀이 사건). landmark에서는 위험이 이 날부터입니다 | Column of the visit's day, from the person's start (landmark, recurrent events); landmark tells risks from that day on
    #[arg(long, value_name = "COLUMN")]
    visit_day: Option<String>,
    /// 시간에 따라 적힌 표를 방문 표로 바꿀 날들(landmark). 없으면 행이 이미 방문입니다 | Days at which rows that follow people as time runs become visits (landmark); without them rows are visits already
    #[arg(
        long,
        value_name = "DAYS",
        value_delimiter = ',',
        requires = "visit_day"
    )]
    landmark: Vec<f64>,
    /// 방문한 날에 따라 계수가 바뀌는 다항식의 차수(landmark): 0, 1, 2 | Degree of the polynomial of the visit's day that each coefficient is (landmark): 0, 1 or 2
    #[arg(long, default_value_t = 1)]
    degree: u32,
    /// 몇 번째부터 사건을 하나로 볼지(pwp-total, pwp-gap. 기본: 5명이 겪은 마지막 번째) | From which number on events count as one (pwp-total, pwp-gap; default: the last that five people had)
    #[arg(long)]
    most: Option<u32>,
    /// 나무의 수(forest, boosting) | Number of trees (forest, boosting)
    #[arg(long, default_value_t = 100)]
    trees: u32,
    /// 잎의 가장 적은 행 수(forest) | Least rows of a leaf (forest)
    #[arg(long, default_value_t = 15)]
    least_rows: u32,
    /// 나무마다 위험을 옮기는 정도(boosting) | How far each tree moves the risks (boosting)
    #[arg(long, default_value_t = 0.1)]
    learning_rate: f64,
    /// 나무의 깊이(boosting) | Depth of a tree (boosting)
    #[arg(long, default_value_t = 3)]
    depth: u32,
    /// 낙관 보정을 위해 모형을 다시 만드는 횟수(기본: 200, 나무는 20) | How often the model is made anew to correct for optimism (default: 200, of trees 20)
    #[arg(long)]
    resamples: Option<u32>,
    /// 난수의 씨 | Seed of what is drawn
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    results: RunResults,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodArgument {
    /// 비례위험 | Proportional hazards
    Cox,
    /// 경쟁 사건마다의 비례위험 | Proportional hazards of each competing event
    CauseSpecific,
    /// 부분분포 위험(파인·그레이) | Subdistribution hazards (Fine and Gray)
    FineGray,
    /// 엘라스틱넷 | Elastic net
    ElasticNet,
    /// 그래디언트 부스팅 | Gradient boosting
    Boosting,
    /// 랜덤 생존 포레스트 | Random survival forest
    Forest,
    /// 방문마다 다시 셈하는 위험 | Risk that is told anew at each visit
    Landmark,
    /// 되풀이 사건, 시작부터의 시간(앤더슨·길) | Recurrent events, time since the start (Andersen and Gill)
    AndersenGill,
    /// 되풀이 사건, 번째마다, 시작부터의 시간 | Recurrent events by number, time since the start (Prentice, Williams and Peterson)
    PwpTotal,
    /// 되풀이 사건, 번째마다, 앞 사건부터의 시간 | Recurrent events by number, time since the last event
    PwpGap,
}

impl MethodArgument {
    /// How stretches between events are compared, where events come again.
    const fn layout(self) -> Option<Layout> {
        match self {
            Self::AndersenGill => Some(Layout::AndersenGill),
            Self::PwpTotal => Some(Layout::TotalTime),
            Self::PwpGap => Some(Layout::GapTime),
            _ => None,
        }
    }
}

/// Runs it and shows the model with its measures.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareFit,
) -> anyhow::Result<Answer> {
    if let Some(layout) = command.method.layout() {
        let request = command.recurrent(layout)?;
        return recur::run(terminal, shared, request, &command.table, &command.results);
    }
    let request = serde_json::to_value(command.request()?)?;
    let files = command.table.files()?;
    let ran = run_engine_on(
        terminal,
        shared,
        &FIT,
        request,
        &files.inputs(),
        &command.results,
    )?;
    let report: FitReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    headline(terminal, &report)?;
    terms(terminal, &report.terms)?;
    measures(terminal, &report)?;
    ran.close(terminal)?;
    Ok(Answer::Yes)
}

impl CareFit {
    fn method(&self) -> Method {
        let ridge = self.ridge;
        match self.method {
            MethodArgument::Cox
            | MethodArgument::AndersenGill
            | MethodArgument::PwpTotal
            | MethodArgument::PwpGap => Method::Cox { ridge },
            MethodArgument::Landmark => Method::Landmark {
                ridge,
                degree: self.degree,
            },
            MethodArgument::CauseSpecific => Method::CauseSpecific { ridge },
            MethodArgument::FineGray => Method::FineGray {},
            MethodArgument::ElasticNet => Method::ElasticNet {
                mix: self.mix,
                folds: self.folds,
            },
            MethodArgument::Boosting => Method::Boosting {
                rounds: self.trees,
                learning_rate: self.learning_rate,
                depth: self.depth,
            },
            MethodArgument::Forest => Method::Forest {
                trees: self.trees,
                least_rows: self.least_rows,
            },
        }
    }

    fn transforms(&self) -> BTreeMap<String, Transform> {
        let named = |names: &[String], transform| {
            let names = names.iter().cloned();
            names.map(move |name| (name, transform)).collect::<Vec<_>>()
        };
        let mut transforms: BTreeMap<String, Transform> = BTreeMap::new();
        transforms.extend(named(&self.log, Transform::Log1p));
        transforms.extend(named(&self.root, Transform::SquareRoot));
        transforms
    }

    fn recurrent(&self, layout: Layout) -> anyhow::Result<RecurRequest> {
        if !self.landmark.is_empty() {
            return Err(Wrong("--landmark: only `--method landmark` knows it".to_owned()).into());
        }
        Ok(RecurRequest {
            columns: self.table.columns(self.visit_day.as_deref())?,
            layout,
            clock: self.visit_day.clone(),
            horizons: self.horizon.clone(),
            predictors: self.table.predictor.clone(),
            transforms: self.transforms(),
            ridge: self.ridge,
            most: self.most,
            resamples: self.resamples.unwrap_or(200),
            seed: self.seed,
            confidence: Share::new(0.95).context("95 % is a share")?,
        })
    }

    fn request(&self) -> anyhow::Result<FitRequest> {
        // The day of landmarks is no column of the table yet.
        let day = self
            .visit_day
            .as_deref()
            .filter(|_| self.landmark.is_empty());
        Ok(FitRequest {
            columns: self.table.columns(day)?,
            clock: self.visit_day.clone(),
            landmarks: self.landmark.clone(),
            method: self.method(),
            horizons: self.horizon.clone(),
            predictors: self.table.predictor.clone(),
            transforms: self.transforms(),
            resamples: self.resamples.unwrap_or(match self.method {
                MethodArgument::Boosting | MethodArgument::Forest => 20,
                _ => 200,
            }),
            seed: self.seed,
            confidence: Share::new(0.95).context("95 % is a share")?,
        })
    }
}

fn headline(terminal: Terminal, report: &FitReport) -> anyhow::Result<()> {
    let sign = terminal.sign(Answer::Yes);
    let made = &report.made_of;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} {}명, 사건 {}건으로 모형({})을 만들었습니다.",
            made.people,
            made.events,
            report.method.typed()
        ),
        Language::En => format!(
            "{sign} A model ({}) was made of {} people with {} events.",
            report.method.typed(),
            made.people,
            made.events
        ),
    })?;
    Ok(())
}

/// What each term does.
pub(super) fn terms(terminal: Terminal, terms: &[TermEffect]) -> anyhow::Result<()> {
    if terms.is_empty() {
        return Ok(());
    }
    let mut rows = vec![vec![
        terminal.say("항", "term").to_owned(),
        terminal.say("위험비", "hazard ratio").to_owned(),
        terminal.say("95 % 구간", "95 % interval").to_owned(),
        "p".to_owned(),
    ]];
    for term in terms {
        let mut name = term.predictor.clone();
        if let Some(level) = &term.level {
            name = format!("{name}: {level}");
        }
        if term.event > 1 {
            name = format!("{name} → {} {}", terminal.say("사건", "event"), term.event);
        }
        if let Some(day) = term.day {
            name = format!(
                "{name}, {} {:.0}",
                terminal.say("방문일", "visit on day"),
                day.get()
            );
        }
        let interval = term.interval.map_or("–".to_owned(), |it| {
            format!("{} – {}", number(it.lower.get()), number(it.upper.get()))
        });
        let ratio = term
            .hazard_ratio
            .map_or("–".to_owned(), |it| number(it.get()));
        let p_value = term.p_value.map_or("–".to_owned(), |it| p_value(it.get()));
        rows.push(vec![name, ratio, interval, p_value]);
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    Ok(())
}

fn measures(terminal: Terminal, report: &FitReport) -> anyhow::Result<()> {
    let told = |value: Option<modu_statistics::Finite>| {
        value.map_or("–".to_owned(), |value| number(value.get()))
    };
    let mut rows = vec![vec![
        terminal.say("성능", "performance").to_owned(),
        terminal.say("만든 자료에서", "as it looks").to_owned(),
        terminal.say("낙관 보정", "corrected").to_owned(),
    ]];
    rows.push(vec![
        terminal.say("일치도", "concordance").to_owned(),
        estimate(&report.apparent.harrell),
        told(report.corrected_harrell),
    ]);
    let none = [None; 3];
    for (place, at) in report.apparent.horizons.iter().enumerate() {
        let corrected = report.corrected.get(place).unwrap_or(&none);
        let lines = of_horizons(terminal, at);
        // Area, Brier score and slope are corrected; the others are shown.
        for (name, measure, which) in lines {
            let fixed = which.map_or("–".to_owned(), |which| told(corrected[which]));
            rows.push(vec![name, estimate(measure), fixed]);
        }
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    Ok(())
}
