//! The queue as a page for those on duty.

use maud::{Markup, html};
use modu_kernel::{Language, Output};

use super::engine::{AlertReport, Queued};
use super::state::Standing;
use crate::page::draw::number;
use crate::page::frame::page;

/// The page in both languages.
pub(super) fn pages(report: &AlertReport) -> [Output; 2] {
    [Language::Ko, Language::En].map(|language| Output {
        name: format!("queue.{language}.html"),
        media_type: "text/html".to_owned(),
        bytes: html(report, language).into_bytes(),
    })
}

fn html(report: &AlertReport, language: Language) -> String {
    let say = |ko, en| language.pick(ko, en);
    let counts = report.counts;
    let headline = match (counts.open, language) {
        (0, Language::Ko) => "기다리는 경보가 없습니다.".to_owned(),
        (0, Language::En) => "No alert is waiting.".to_owned(),
        (open, Language::Ko) => format!("경보 {open}건이 답을 기다립니다."),
        (open, Language::En) => format!("{open} alerts wait for an answer."),
    };
    let body = html! {
        p class="kind" { (say("경보 대기열", "Queue of alerts")) }
        h1 { (headline) }
        p class="note" { (report.at.to_string()) " · "
            (say("다음 단계로 넘어감 ", "escalated ")) (counts.escalated) " · "
            (say("맡음 ", "taken on ")) (counts.acknowledged) " · "
            (say("끝남 ", "closed ")) (counts.closed)
            @if let Some(minutes) = report.minutes_to_answer {
                " · " (say("답하기까지 가운뎃값(분) ", "median minutes to an answer ")) (number(minutes.get(), 0))
            }
        }
        @for queued in &report.queue { (alert(queued, language)) }
    };
    page(language, say("경보 대기열", "Queue of alerts"), &body)
}

fn alert(queued: &Queued, language: Language) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    let open = queued.standing == Standing::Open;
    html! {
        section class=(if open { "card call" } else { "card" }) {
            p class=(if open { "answer bad" } else { "answer" }) {
                (queued.person) " · " (queued.with.get(language))
            }
            p {
                (say("점수 ", "score ")) (number(queued.score.get(), 3))
                " (" (say("문턱값 ", "threshold ")) (number(queued.threshold.get(), 3)) ") · "
                (queued.minutes) (say("분 지남", " minutes ago"))
                @if let Some(by) = queued.answer_by { " · " (say("답할 때 ", "answer by ")) (by.to_string()) }
            }
            @if queued.why.is_empty() {
                p class="note" { (say("모형이 까닭을 주지 않았습니다.", "The model gave no reasons.")) }
            } @else {
                ul { @for why in &queued.why { li { (why.get(language)) } } }
            }
            p class="note" { (say("경보 ", "alert ")) (queued.alert.to_string()) }
        }
    }
}
