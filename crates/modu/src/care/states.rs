//! `modu care states`: where people are by a day, and how often they move.

use anyhow::Context as _;
use clap::Args;
use modu_care::STATES;
use modu_care::states::{StateForm, StatesReport, StatesRequest};
use modu_kernel::Language;
use modu_statistics::{Finite, Interval, Share};

use super::measures::number;
use super::table::WatchedArguments;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine_on};
use crate::terminal::{Answer, Terminal, table};

/// `modu care states`
#[derive(Debug, Args)]
pub(crate) struct CareStates {
    #[command(flatten)]
    table: WatchedArguments,
    /// 비율을 말할 날(일수, 되풀이) | Days by which shares are told, repeatable
    #[arg(long, value_name = "DAYS", required = true, value_delimiter = ',')]
    day: Vec<f64>,
    /// 행이 한 상태에 머문 기간일 때 그 상태(1, 2, ...)의 열. 사건의 열은 옮겨 간 상태(0: 못 봄) | Where rows are stays in a state: the column of that state (1, 2, ...); the events are then the states moved to (0: none seen)
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["illness", "illness_time"])]
    state: Option<String>,
    /// 행이 한 사람일 때 병이 왔는지(1, 0)의 열. 사건의 열은 사망 | Where rows are people: the column of the illness (1, 0); the event is then the death
    #[arg(long, value_name = "COLUMN", requires = "illness_time")]
    illness: Option<String>,
    /// 병이 온 날(일수)의 열 | Column of the days until the illness
    #[arg(long, value_name = "COLUMN", requires = "illness")]
    illness_time: Option<String>,
    /// 상태의 이름(1부터 차례로) | Names of the states, from 1 on
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    name: Vec<String>,
    #[command(flatten)]
    results: RunResults,
}

/// Runs it and shows the shares and the moves.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareStates,
) -> anyhow::Result<Answer> {
    let request = serde_json::to_value(command.request()?)?;
    let files = command.table.files()?;
    let ran = run_engine_on(
        terminal,
        shared,
        &STATES,
        request,
        &files.inputs(),
        &command.results,
    )?;
    let report: StatesReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let (sign, people) = (terminal.sign(Answer::Yes), report.people);
    let states = report.states.len();
    terminal.line(match terminal.language {
        Language::Ko => format!("{sign} {people}명, 상태 {states}가지."),
        Language::En => format!("{sign} {people} people in {states} states."),
    })?;
    terminal.line(format!("\n{}", table(&shares(terminal, &report))))?;
    terminal.line(format!("\n{}", table(&moves(terminal, &report))))?;
    ran.close(terminal)?;
    Ok(Answer::Yes)
}

impl CareStates {
    fn request(&self) -> anyhow::Result<StatesRequest> {
        let form = match (&self.state, &self.illness, &self.illness_time) {
            (Some(state), _, _) => StateForm::Stays {
                state: state.clone(),
            },
            (None, Some(event), Some(time)) => StateForm::IllnessDeath {
                time: time.clone(),
                event: event.clone(),
            },
            _ => StateForm::FirstEvent {},
        };
        let needed = match &form {
            StateForm::FirstEvent {} => Vec::new(),
            StateForm::Stays { state } => vec![state.clone()],
            StateForm::IllnessDeath { time, event } => vec![time.clone(), event.clone()],
        };
        Ok(StatesRequest {
            columns: self.table.columns(&needed, &[])?,
            form,
            names: self.name.clone(),
            days: self.day.clone(),
            confidence: Share::new(0.95).context("95 % is a share")?,
        })
    }
}

fn told(value: Option<Finite>, interval: Option<Interval>) -> String {
    let value = value.map_or("–".to_owned(), |it| number(it.get()));
    match interval {
        None => value,
        Some(it) => format!(
            "{value} ({} – {})",
            number(it.lower.get()),
            number(it.upper.get())
        ),
    }
}

fn shares(terminal: Terminal, report: &StatesReport) -> Vec<Vec<String>> {
    let states = report.states.iter();
    let mut rows = vec![
        std::iter::once(terminal.say("그날(일)", "on day").to_owned())
            .chain(states.map(|it| it.get(terminal.language).to_owned()))
            .collect::<Vec<_>>(),
    ];
    for at in &report.by_day {
        let states = at.states.iter().map(|it| told(it.share, it.interval));
        rows.push(std::iter::once(at.day.to_string()).chain(states).collect());
    }
    rows
}

fn moves(terminal: Terminal, report: &StatesReport) -> Vec<Vec<String>> {
    let name = |state: u16| {
        let place = usize::from(state).checked_sub(1);
        let label = place.and_then(|place| report.states.get(place));
        label.map_or("–", |label| label.get(terminal.language))
    };
    let mut rows = vec![vec![
        terminal.say("옮겨 감", "move").to_owned(),
        terminal.say("횟수", "moves").to_owned(),
        terminal.say("한 해에", "a year").to_owned(),
    ]];
    for it in &report.transitions {
        rows.push(vec![
            format!("{} → {}", name(it.from), name(it.to)),
            it.moves.text(terminal.language),
            told(it.a_year, it.interval),
        ]);
    }
    rows
}
