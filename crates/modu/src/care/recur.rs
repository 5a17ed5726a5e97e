//! `modu care fit` of events that come again.

use anyhow::Context as _;
use modu_care::RECUR;
use modu_care::recur::{MeanNumber, RecurReport, RecurRequest};
use modu_kernel::Language;

use super::fit::terms;
use super::measures::number;
use super::table::TableArguments;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine_on};
use crate::terminal::{Answer, Terminal, table};

/// Runs it and shows the model, and how many events there are on average.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    request: RecurRequest,
    arguments: &TableArguments,
    results: &RunResults,
) -> anyhow::Result<Answer> {
    let request = serde_json::to_value(request)?;
    let files = arguments.files()?;
    let ran = run_engine_on(terminal, shared, &RECUR, request, &files.inputs(), results)?;
    let report: RecurReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let sign = terminal.sign(Answer::Yes);
    let (people, events) = (report.people, report.events);
    terminal.line(match terminal.language {
        Language::Ko => format!("{sign} {people}명의 되풀이된 사건 {events}건을 견주었습니다."),
        Language::En => format!("{sign} {events} events of {people} people were compared."),
    })?;
    terms(terminal, &report.terms)?;
    terminal.line(format!("\n{}", table(&means(terminal, &report.means))))?;
    ran.close(terminal)?;
    Ok(Answer::Yes)
}

fn means(terminal: Terminal, means: &[MeanNumber]) -> Vec<Vec<String>> {
    let mut rows = vec![vec![
        terminal.say("그때까지(일)", "by day").to_owned(),
        terminal
            .say("평균 사건 수", "events, on average")
            .to_owned(),
        terminal.say("95 % 구간", "95 % interval").to_owned(),
    ]];
    for mean in means {
        let interval = mean.interval.map_or("–".to_owned(), |it| {
            format!("{} – {}", number(it.lower.get()), number(it.upper.get()))
        });
        let told = mean.number.map_or("–".to_owned(), |it| number(it.get()));
        rows.push(vec![format!("{}", mean.day), told, interval]);
    }
    rows
}
