//! The card as a page.

use maud::{Markup, html};
use modu_kernel::{Language, Output};

use super::engine::{CardItem, CardReport, Filled};
use crate::page::frame::page;

/// The card in both languages.
pub(super) fn pages(report: &CardReport) -> [Output; 2] {
    [Language::Ko, Language::En].map(|language| Output {
        name: format!("card.{language}.html"),
        media_type: "text/html".to_owned(),
        bytes: html(report, language).into_bytes(),
    })
}

impl Filled {
    const fn words(self, language: Language) -> &'static str {
        let (ko, en) = match self {
            Self::Run => ("실행이 채움", "filled by the runs"),
            Self::Person => ("사람이 채움", "filled by a person"),
            Self::Partly => ("사람이 마저 채울 것", "a person must complete it"),
            Self::Open => ("사람이 채울 것", "a person must fill it"),
        };
        language.pick(ko, en)
    }
}

fn html(report: &CardReport, language: Language) -> String {
    let say = |ko, en| language.pick(ko, en);
    let parts = report
        .items
        .chunk_by(|one, other| one.section == other.section);
    let body = html! {
        p class="kind" { (say("모형 카드 · TRIPOD+AI 순서", "Model card, in the order of TRIPOD+AI")) }
        h1 { (report.name.get(language)) }
        ul class="key" { @for (filled, count) in &report.counts {
            li { (filled.words(language)) ": " (count) }
        } }
        @for part in parts { @if let Some(first) = part.first() {
            h2 { (first.section.label().get(language)) }
            @for it in part { (item(it, language)) }
        } }
        footer {
            p { (say("이 카드를 만든 보고서:", "Made from these reports:")) }
            ul { @for (name, digest) in &report.made_from { li { (name) " " (digest.to_string()) } } }
            p { (say(
                "항목의 번호와 순서는 TRIPOD+AI(Collins 외, BMJ 2024)를 따르고, 묻는 말은 우리말로 새로 썼습니다.",
                "Numbers and order are those of TRIPOD+AI (Collins and others, BMJ 2024); what each asks is said in our own words.",
            )) }
        }
    };
    page(language, say("모형 카드", "Model card"), &body)
}

fn item(item: &CardItem, language: Language) -> Markup {
    let class = match item.filled {
        Filled::Run | Filled::Person => "filled",
        Filled::Partly | Filled::Open => "open",
    };
    html! {
        section class="card" {
            p { strong { (item.number) " " (item.asks.get(language)) } }
            p class=(class) { (item.filled.words(language)) }
            @if let Some(answer) = &item.answer { p { (answer.get(language)) } }
            @if !item.said.is_empty() { ul {
                @for (place, words) in &item.said { li {
                    (words.get(language)) " " span class="note" { "(" (place) ")" }
                } }
            } }
        }
    }
}
