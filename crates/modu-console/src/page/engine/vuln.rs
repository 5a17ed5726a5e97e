//! `vuln`: which asset is exposed to what. An attacker would like to know, so
//! nothing of it is for everybody.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::table::{self, Column, Teller, table, those};
use super::{EnginePage, Open, Words};
use crate::page::export::Cell;
use crate::page::local;
use crate::page::report::{list, text};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "vuln",
    title: Words("고위험 취약점 관리", "Vulnerabilities"),
    about: Words(
        "어느 자산이 무엇에 노출되었고 언제까지 고쳐야 하는지, 고쳤는지를 증거로 남깁니다.",
        "Which asset is exposed to what, by when it must be fixed, and the proof that it was.",
    ),
    runs: &[
        ("due", Words("기한별 의무", "Duties by date")),
        ("scan", Words("노출 점검", "Exposure")),
        ("assets", Words("자산 점검", "Assets")),
        ("host", Words("서버 점검", "Host check")),
        ("decide", Words("기한 결정", "Decisions")),
        ("fix", Words("조치 확인", "Fixes")),
        ("except", Words("예외", "Exceptions")),
        ("bundle", Words("권고 묶음", "Advisories")),
    ],
    facts: &[
        ("scan", "/asset", Words("자산", "Asset")),
        (
            "scan",
            "/advisories",
            Words("견준 권고", "Advisories held against it"),
        ),
        ("scan", "/findings", Words("노출 건수", "Findings")),
        (
            "scan",
            "/cleared",
            Words("제조사가 해당 없다 한 것", "Cleared by makers"),
        ),
        ("bundle", "/header/made", Words("만든 때", "Made")),
        ("bundle", "/header/sequence", Words("차례", "Sequence")),
        (
            "assets",
            "/advisories",
            Words("견준 권고", "Advisories held against them"),
        ),
        ("assets", "/findings", Words("노출 건수", "Findings")),
        ("decide", "/day", Words("기준일", "Day")),
        ("decide", "/opened", Words("새로 생김", "Opened")),
        (
            "decide",
            "/shortened",
            Words("기한 당겨짐", "Brought forward"),
        ),
        ("decide", "/overdue", Words("기한 지남", "Overdue")),
        ("fix", "/day", Words("기준일", "Day")),
        ("except", "/day", Words("기준일", "Day")),
        ("due", "/day", Words("기준일", "Day")),
        ("due", "/overdue", Words("기한 지남", "Overdue")),
        (
            "due",
            "/fixed/in_time",
            Words("기한 안에 조치", "Fixed in time"),
        ),
        ("due", "/fixed/late", Words("늦게 조치", "Fixed late")),
        ("host", "/host", Words("서버", "Host")),
        ("host", "/taken", Words("점검 시각", "Seen at")),
    ],
    facts_open: Open::Inside,
    tells: None,
    details,
    open,
    behind_link: None,
};

fn open(name: &str) -> Open {
    match name {
        "report.ko.html" | "report.en.html" | "due.csv" => Open::Inside,
        _ => Open::Never,
    }
}

fn details(visit: &Teller<'_>, run: &str, report: &Value) -> Markup {
    match run {
        "due" => due(visit, list(report, "items"), report),
        "decide" => due(visit, list(report, "listed"), report),
        "except" => duties(
            visit,
            ("예외가 된 의무", "Duties that are excepted"),
            list(report, "items"),
        ),
        "scan" => scan(visit, report),
        "assets" => assets(visit, report),
        "host" => host(visit, report),
        "fix" => fix(visit, report),
        _ => html! {},
    }
}

const LEDGER: [(&str, &str, &str); 4] = [
    ("items", "모두", "All"),
    ("open", "열림", "Open"),
    ("excepted", "예외", "Excepted"),
    ("fixed", "조치됨", "Fixed"),
];

/// Duties by the day by which they must be fixed, and one by one.
fn due(visit: &Teller<'_>, items: &[Value], report: &Value) -> Markup {
    let mut days: BTreeMap<&str, u64> = BTreeMap::new();
    for item in items.iter().filter(|item| text(item, "standing") == "open") {
        *days.entry(text(item, "due")).or_default() += 1;
    }
    let by_day = days
        .iter()
        .map(|(day, count)| vec![Cell::text(day), Cell::Number(*count)]);
    let head = [("기한", "Due"), ("의무", "Duties")];
    visit.keep(("기한마다", "By date"), &head, by_day);
    let most = days.values().copied().max().unwrap_or(1);
    let today = text(report, "day");
    html! {
        (table::counts(visit, report.get("counts"), &LEDGER))
        @if !days.is_empty() { dl .bars aria-label=(visit.say("기한마다", "By date")) {
            @for (day, count) in &days {
                // ISO days are ordered as texts.
                @let over = *day < today;
                dt { @if day.is_empty() { (visit.say("기한 없음", "no date")) } @else { (local::written(visit.language, day)) }
                    @if over && !day.is_empty() { " " span .verdict .bad { (visit.say("지남", "overdue")) } } }
                dd { meter min="0" max=(most) value=(count) aria-hidden="true" {} " " (count) }
            }
        } }
        (duties(visit, ("의무", "Duties"), items))
    }
}

fn duties(visit: &Teller<'_>, caption: (&str, &str), items: &[Value]) -> Markup {
    let mut items = items.to_vec();
    items.sort_by(|a, b| {
        (text(a, "due"), text(a, "asset")).cmp(&(text(b, "due"), text(b, "asset")))
    });
    let columns = [
        Column("기한", "Due", "/due"),
        Column("자산", "Asset", "/asset"),
        Column("부품", "Component", "/component"),
        Column("결함", "Fault", "/fault"),
        Column("결정", "Decision", "/outcome"),
        Column("지난 날", "Days over", "/days_over"),
        Column("맡은 이", "Owner", "/owner"),
    ];
    table(visit, caption, &items, &columns)
}

const ANSWERS: [(&str, &str, &str); 3] = [
    ("affected", "영향 있음", "Affected"),
    ("undecidable", "판단할 수 없음", "Undecidable"),
    ("not_affected", "영향 없음", "Not affected"),
];

fn scan(visit: &Teller<'_>, report: &Value) -> Markup {
    let columns = [
        Column("부품", "Component", "/component"),
        Column("판", "Version", "/version"),
        Column("권고", "Advisories", "/advisories"),
    ];
    html! {
        (table::counts(visit, report.get("counts"), &ANSWERS))
        (table(visit, ("노출된 부품", "Exposed components"), list(report, "listed"), &columns))
    }
}

fn assets(visit: &Teller<'_>, report: &Value) -> Markup {
    let columns = [
        Column("자산", "Asset", "/asset"),
        Column("부품", "Component", "/component"),
        Column("판", "Version", "/version"),
        Column("권고", "Advisory", "/advisories/0/id"),
        Column("무엇", "Title", "/advisories/0/title"),
    ];
    html! {
        (table::counts(visit, report.get("counts"), &ANSWERS))
        (table(visit, ("노출된 자산", "Exposed assets"), list(report, "listed"), &columns))
    }
}

fn host(visit: &Teller<'_>, report: &Value) -> Markup {
    let counts = [
        ("vulnerable", "취약", "Vulnerable"),
        ("needs_a_person", "확인 필요", "Needs a person"),
        ("good", "양호", "Good"),
        ("not_applicable", "해당 없음", "Not applicable"),
    ];
    let columns = [
        Column("항목", "Item", "/id"),
        Column("무엇", "What", "/title"),
        Column("조치", "Remedy", "/remedy"),
    ];
    let answered = |answer: &str| those(report, "items", |item| text(item, "answer") == answer);
    html! {
        (table::counts(visit, report.get("counts"), &counts))
        (table(visit, ("취약한 항목", "Vulnerable items"), &answered("vulnerable"), &columns))
        (table(visit, ("사람이 볼 항목", "Items that need a person"), &answered("needs_a_person"), &columns))
    }
}

fn fix(visit: &Teller<'_>, report: &Value) -> Markup {
    // What is still open comes with the reason why it is not shown to be fixed.
    let open: Vec<_> = list(report, "open")
        .iter()
        .filter_map(|pair| pair.get(0))
        .cloned()
        .collect();
    html! {
        (table::counts(visit, report.get("counts"), &LEDGER))
        (duties(visit, ("고쳤음이 보인 것", "Shown to be fixed"), list(report, "fixed")))
        (duties(visit, ("아직 열린 것", "Still open"), &open))
    }
}
