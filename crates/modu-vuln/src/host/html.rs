//! The report that operators hand in: a page that needs nothing else and
//! prints on A4.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use modu_kernel::{Label, Language};

use super::answer::Answer;
use super::guide::Importance;
use super::report::{Counts, HostReport, ItemReport};
use super::snapshot::Origin;

/// Nothing may be loaded from anywhere, and no script may run.
const SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("report.css");

/// The page in one language.
pub(super) fn page(report: &HostReport, language: Language) -> String {
    let pick = |ko, en| language.pick(ko, en);
    let title = pick(
        "주요정보통신기반시설 기술적 취약점 점검 결과",
        "Technical check of critical infrastructure: result",
    );
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(SECURITY_POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (report.host) " · " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p class="kind" { (pick("모두", "Modu")) " · " (pick("Unix 서버 U-01~U-67 (2026)", "Unix servers, U-01 to U-67 (2026)")) }
                    h1 { (title) }
                    (facts(report, language))
                }
                (signatures(language))
                (summary(report, language))
                (overview(report, language))
                section {
                    h2 { (pick("항목별 결과", "Item by item")) }
                    @for item in &report.items { (one(item, language)) }
                }
                footer { p {
                    (pick(
                        "판정은 스냅숏에만 기댑니다. 스냅숏을 가진 사람은 같은 보고서를 다시 만들 수 있습니다. 볼 수 없었던 것은 양호로 치지 않습니다.",
                        "The answers rest on the snapshot alone; whoever holds it can make this report again. What could not be seen is never called good.",
                    ))
                } }
            }
        }
    }
    .into_string()
}

fn facts(report: &HostReport, language: Language) -> Markup {
    let pick = |ko, en| language.pick(ko, en);
    let origin = match report.origin {
        Origin::Running => pick("가동 중인 호스트", "the running host"),
        Origin::Folder => pick("파일을 모은 폴더", "a folder of its files"),
    };
    let rows = [
        (pick("호스트", "Host"), report.host.clone()),
        (pick("운영체제", "System"), report.system.clone()),
        (pick("커널", "Kernel"), report.kernel.clone()),
        (pick("점검 시각", "Seen at"), report.taken.clone()),
        (pick("대상", "Seen of"), origin.to_owned()),
        (pick("스냅숏 지문", "Snapshot"), report.snapshot.to_string()),
    ];
    html! {
        dl class="facts" { @for (name, value) in rows {
            div { dt { (name) } dd { (value) } }
        } }
    }
}

/// Places for names and signatures.
fn signatures(language: Language) -> Markup {
    let roles = [
        ("점검자", "Checked by"),
        ("담당자", "Responsible"),
        ("승인자", "Approved by"),
    ];
    html! {
        table class="signatures" {
            tr { @for (ko, en) in roles { th { (language.pick(ko, en)) } } }
            tr { @for _ in roles { td {
                div { (language.pick("이름", "Name")) }
                div { (language.pick("서명", "Signature")) }
                div { (language.pick("날짜", "Date")) }
            } } }
        }
    }
}

fn summary(report: &HostReport, language: Language) -> Markup {
    let row = |name: &str, counts: &Counts| {
        html! {
            tr {
                th scope="row" { (name) }
                td { (counts.items) }
                @for answer in Answer::ALL {
                    td class=[(counts.of(answer) > 0).then(|| class(answer))] { (counts.of(answer)) }
                }
            }
        }
    };
    html! {
        section {
            h2 { (language.pick("요약", "Summary")) }
            table class="summary" {
                thead { tr {
                    th { (language.pick("중요도", "Importance")) }
                    th { (language.pick("항목", "Items")) }
                    @for answer in Answer::ALL { th { (answer.label().get(language)) } }
                } }
                tbody {
                    @for (importance, counts) in &report.by_importance {
                        (row(importance.label().get(language), counts))
                    }
                }
                tfoot { (row(language.pick("모두", "All"), &report.counts)) }
            }
        }
    }
}

/// One line an item, as the form has it.
fn overview(report: &HostReport, language: Language) -> Markup {
    html! {
        section class="overview" {
            h2 { (language.pick("항목 목록", "List of items")) }
            table {
                thead { tr {
                    th { (language.pick("번호", "No.")) }
                    th { (language.pick("중요도", "Importance")) }
                    th { (language.pick("점검 항목", "Item")) }
                    th { (language.pick("결과", "Answer")) }
                } }
                tbody { @for item in &report.items {
                    tr {
                        td { a href=(format_args!("#{}", item.id)) { (item.id) } }
                        td { (item.importance.label().get(language)) }
                        td { (item.title.get(language)) }
                        td { (badge(item.answer, language)) }
                    }
                } }
            }
        }
    }
}

fn one(item: &ItemReport, language: Language) -> Markup {
    let pick = |ko, en| language.pick(ko, en);
    let acts = matches!(item.answer, Answer::Vulnerable | Answer::NeedsAPerson);
    html! {
        article id=(item.id) class=(class(item.answer)) {
            h3 {
                span class="id" { (item.id) } " "
                span class=(importance_class(item.importance)) { (item.importance.label().get(language)) } " "
                (item.title.get(language))
                (badge(item.answer, language))
            }
            p class="why" { (item.why.get(language)) }
            (reasons(pick("잘못된 것", "What is wrong"), &item.wrong, language))
            (reasons(pick("사람이 볼 것", "For a person"), &item.unsure, language))
            (reasons(pick("확인된 것", "What is well"), &item.well, language))
            @if !item.evidence.is_empty() {
                table class="evidence" {
                    caption { (pick("증거", "Evidence")) }
                    @for piece in &item.evidence {
                        tr {
                            td { code { (piece.source) }
                                @if let Some(digest) = &piece.digest {
                                    span class="digest" { (short(&digest.to_string())) }
                                }
                            }
                            td { code { (piece.quote) } }
                        }
                    }
                }
                @if item.more_evidence > 0 {
                    p class="more" { "+" (item.more_evidence) }
                }
            }
            @if acts {
                p class="remedy" { strong { (pick("조치", "Remedy")) } " " (commands(item.remedy.get(language))) }
            }
        }
    }
}

fn reasons(title: &str, labels: &[Label], language: Language) -> Markup {
    html! {
        @if !labels.is_empty() {
            h4 { (title) }
            ul { @for label in labels { li { (label.get(language)) } } }
        }
    }
}

/// A text in which what stands between backquotes is code.
fn commands(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The first letters of a digest: enough to tell two apart by eye; the whole
/// is in the JSON.
fn short(digest: &str) -> String {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    format!("sha256:{}…", hex.chars().take(16).collect::<String>())
}

fn badge(answer: Answer, language: Language) -> Markup {
    html! { span class=(format_args!("badge {}", class(answer))) { (answer.label().get(language)) } }
}

fn class(answer: Answer) -> &'static str {
    match answer {
        Answer::Vulnerable => "bad",
        Answer::NeedsAPerson => "unsure",
        Answer::Good => "good",
        Answer::NotApplicable => "none",
    }
}

fn importance_class(importance: Importance) -> &'static str {
    match importance {
        Importance::High => "importance high",
        Importance::Medium => "importance medium",
        Importance::Low => "importance low",
    }
}
