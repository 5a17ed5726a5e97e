//! The tables of a run as files that spreadsheets read: the same as its page
//! shows, with all rows, for those who may see them there.

use maud::{Markup, html};
use modu_evidence::statement::Predicate;

use super::table::{Kept, Teller};
use super::{ENGINES, report};
use crate::answer::Answer;
use crate::error::ConsoleError;
use crate::page::export::written;
use crate::router::Asked;
use crate::visit::Visit;

/// Where the tables of a run can be had.
pub(super) fn links(visit: &Visit, index: u64, tables: &[Kept]) -> Markup {
    let place = |number: usize, kind: &str| format!("/evidence/{index}/tables/{number}.{kind}");
    html! { @if !tables.is_empty() { details {
        summary { (visit.say("표로 받기", "As tables")) }
        ul .plain { @for (number, table) in tables.iter().enumerate() { li {
            a href=(place(number, "csv")) { (table.caption) " (CSV)" } " · "
            a href=(place(number, "xlsx")) { (table.caption) " (XLSX)" }
        } } }
    } } }
}

/// One table of a run on record.
pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let index: u64 = asked.number(0)?;
    let wanted = asked.names.get(1).and_then(|name| {
        let (number, kind) = name.split_once('.')?;
        let known = matches!(kind, "csv" | "xlsx");
        number.parse::<usize>().ok().filter(|_| known)
    });
    let wanted = wanted.ok_or(ConsoleError::NotFound)?;
    let archive = asked.office.archive()?;
    if index >= archive.size() {
        return Err(ConsoleError::NotFound);
    }
    let entry = archive.get(index)?;
    let Predicate::EngineReport(run) = &entry.statement.predicate else {
        return Err(ConsoleError::NotFound);
    };
    let mut engines = ENGINES.iter();
    let found = engines.find_map(|engine| Some((engine, engine.verb(run)?)));
    let (engine, verb) = found.ok_or(ConsoleError::NotFound)?;
    if !engine.facts_open.to(visit) {
        return Err(ConsoleError::NotFound);
    }
    let report = report(asked, engine, run).ok_or(ConsoleError::NotFound)?;
    let teller = Teller::new(visit);
    let _page = (engine.details)(&teller, verb, &report);
    let table = teller.tables().into_iter().nth(wanted);
    let table = table.ok_or(ConsoleError::NotFound)?;
    let head: Vec<_> = table.head.iter().map(String::as_str).collect();
    let name = format!("{}-{index}-{wanted}", engine.name);
    written(asked, &name, &head, table.rows.into_iter())
}
