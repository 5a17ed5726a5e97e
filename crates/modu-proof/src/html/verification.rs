//! What was left out, and how anyone can check the rest.

use maud::{Markup, html};
use modu_kernel::Language;

use super::page;
use crate::report::{NotMeasured, Verification};

/// What was not measured, with reasons.
pub(super) fn not_measured(entries: &[NotMeasured], language: Language) -> Markup {
    html! {
        @if entries.is_empty() {
            p { (language.pick(
                "이 실증이 재려던 것 가운데 재지 못한 것은 없습니다.",
                "Everything that this demonstration set out to measure was measured.",
            )) }
        } @else {
            dl class="stacked" { @for entry in entries { div {
                dt { (entry.what.get(language)) }
                dd { (entry.reason.get(language)) }
            } } }
        }
    }
}

/// The steps, and the digests that they start from.
pub(super) fn section(verification: &Verification, language: Language) -> Markup {
    html! {
        ol class="steps" { @for step in &verification.steps {
            li { (with_commands(step.get(language))) }
        } }
        (page::table(
            language.pick("이 실행에 들어간 것", "What went into this run"),
            &html! {
                thead { tr {
                    th scope="col" { (language.pick("입력", "Input")) }
                    th scope="col" { "SHA-256" }
                } }
                tbody { @for input in &verification.inputs { tr {
                    th scope="row" { code { (input.name) } }
                    td { code class="digest" { (input.digest) } }
                } } }
            },
        ))
        p class="note" { (language.pick("엔진 ", "Engine ")) code { (verification.engine) " " (verification.version) } }
    }
}

/// A sentence in which what stands between backquotes is a command.
fn with_commands(sentence: &str) -> Markup {
    html! { @for (index, part) in sentence.split('`').enumerate() {
        @if index % 2 == 1 { code { (part) } } @else { (part) }
    } }
}
