//! The comparison of a project's solutions for spreadsheets: a row for each
//! part of each criterion of each solution, from the released report alone.

use modu_kernel::Label;
use serde_json::Value;

use super::export::{Cell, written};
use super::layout::label;
use super::report::{list, number, text, words};
use super::results::{Looked, answer, criterion_of, digits, released, told};
use crate::answer::Answer;
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let looked = Looked::at(asked)?;
    let run = looked.chosen().ok_or(ConsoleError::NotFound)?;
    let report = released(asked, run)?.ok_or(ConsoleError::NotFound)?;
    let visit = &asked.visit;
    let head = [
        visit.say("솔루션", "Solution"),
        visit.say("공급자", "Supplier"),
        visit.say("결정", "Decision"),
        visit.say("기준", "Criterion"),
        visit.say("집단", "Group"),
        visit.say("판정", "Verdict"),
        visit.say("추정", "Estimate"),
        visit.say("한계", "Limit"),
        visit.say("기준값", "Bound"),
    ];
    let name = format!("results-{}", run.index);
    written(asked, &name, &head, rows(visit, &report).into_iter())
}

fn rows(visit: &Visit, report: &Value) -> Vec<Vec<Cell>> {
    let need = report.get("need").unwrap_or(&Value::Null);
    let mut rows = Vec::new();
    for solution in list(report, "solutions") {
        for criterion in list(need, "criteria") {
            let Some(found) = criterion_of(solution, text(criterion, "id")) else {
                continue;
            };
            let parts = list(found, "parts");
            // One that could not be measured has its verdict alone.
            let whole = std::slice::from_ref(found);
            let parts = if parts.is_empty() { whole } else { parts };
            rows.extend(
                parts
                    .iter()
                    .map(|part| row(visit, solution, criterion, part)),
            );
        }
    }
    rows
}

/// A number to the digits that the page tells.
fn told_to(part: &Value, number: Option<f64>) -> Cell {
    let digits = digits(part);
    Cell::decimal(number.and_then(|number| format!("{number:.digits$}").parse().ok()))
}

fn row(visit: &Visit, solution: &Value, criterion: &Value, part: &Value) -> Vec<Cell> {
    let decision = solution.get("decision").unwrap_or(&Value::Null);
    let decided: Label = answer(decision).label();
    // A margin asks for an improvement; else the measure itself is judged.
    let (value, limit, bound) = match (number(criterion, "threshold"), number(criterion, "margin"))
    {
        (None, Some(margin)) => ("improvement", "improvement_limit", Some(margin)),
        (threshold, _) => ("estimate", "limit", threshold),
    };
    let (_, _, verdict) = told(visit, text(part, "verdict"));
    vec![
        Cell::text(words(visit, solution, "name")),
        Cell::text(words(visit, solution, "supplier")),
        Cell::Text(label(visit, &decided)),
        Cell::text(words(visit, criterion, "sentence")),
        Cell::text(words(visit, part, "name")),
        Cell::text(verdict),
        told_to(part, number(part, value)),
        told_to(part, number(part, limit)),
        Cell::decimal(bound),
    ]
}
