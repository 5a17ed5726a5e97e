//! `proof`: demonstrations. What was released is for everybody; the owner's
//! own report is for the agency whose data it is of, and for nobody else.

use maud::{Markup, html};
use serde_json::Value;

use super::table::Teller;
use super::{EnginePage, Open, Words};
use crate::page::export::Cell;
use crate::page::layout::label;
use crate::page::report::{list, words};
use crate::page::results::{answer, decision};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "proof",
    title: Words("공공AX 실증", "Demonstrations"),
    about: Words(
        "AI 솔루션을 기관의 데이터로 재고, 미리 정한 기준으로 판정합니다.",
        "Measures AI solutions on an agency's own data, and judges by criteria fixed beforehand.",
    ),
    runs: &[
        ("score", Words("측정과 판정", "Measures and verdict")),
        (
            "received",
            Words("노드에서 받은 판정", "Verdict received from a node"),
        ),
        ("watch", Words("도입 뒤 살핌", "Watch after adoption")),
        ("predict", Words("예측", "Predictions")),
    ],
    facts: &[("score", "/rows_about", Words("행 (대략)", "Rows, about"))],
    facts_open: Open::ToAll,
    tells: Some("released.json"),
    details,
    open,
    behind_link: None,
};

fn open(name: &str) -> Open {
    match name {
        "released.ko.html" | "released.en.html" | "released.json" => Open::ToAll,
        "owner.ko.html" | "owner.en.html" => Open::ToOwner,
        _ => Open::Never,
    }
}

/// What was asked, and what was decided on each solution.
fn details(visit: &Teller<'_>, run: &str, report: &Value) -> Markup {
    let need = report.get("need").unwrap_or(&Value::Null);
    if run == "score" {
        keep(visit, report);
    }
    html! { @if run == "score" {
        p { (words(visit, need, "question")) }
        div .wide tabindex="0" role="group" aria-label=(visit.say("판정", "Verdicts")) { table {
            thead { tr {
                th scope="col" { (visit.say("솔루션", "Solution")) }
                th scope="col" { (visit.say("결정", "Decision")) }
                th scope="col" { (visit.say("까닭", "Why")) }
            } }
            tbody { @for solution in list(report, "solutions") { tr {
                th scope="row" { (words(visit, solution, "name")) br; span .hint { (words(visit, solution, "supplier")) } }
                @let decided = solution.get("decision").unwrap_or(&Value::Null);
                td { (decision(visit, decided)) }
                td { (words(visit, decided, "reason")) }
            } } }
        } }
    } }
}

/// The same for spreadsheets.
fn keep(visit: &Teller<'_>, report: &Value) {
    let head = [
        ("솔루션", "Solution"),
        ("공급자", "Supplier"),
        ("결정", "Decision"),
        ("까닭", "Why"),
    ];
    let rows = list(report, "solutions").iter().map(|solution| {
        let decided = solution.get("decision").unwrap_or(&Value::Null);
        let answer = label(visit, &answer(decided).label());
        vec![
            Cell::text(words(visit, solution, "name")),
            Cell::text(words(visit, solution, "supplier")),
            Cell::Text(answer),
            Cell::text(words(visit, decided, "reason")),
        ]
    });
    visit.keep(("판정", "Verdicts"), &head, rows);
}
