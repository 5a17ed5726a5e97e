//! What was decided against what was true.

use maud::{Markup, html};
use modu_kernel::Language;

use super::contender::Contender;
use super::number::{count, share};
use super::{page, svg};
use crate::report::NeedSummary;

/// One table per contender: rows by truth, columns by decision.
pub(super) fn section(
    contenders: &[Contender<'_>],
    need: &NeedSummary,
    language: Language,
) -> Markup {
    html! {
        p class="note" { (language.pick(
            "가로줄은 실제, 세로줄은 판단입니다. 비율은 실제 부류 안에서의 몫입니다.",
            "Rows are the truth, columns the decision; shares are within the true class.",
        )) }
        div class="figures small" { @for contender in contenders {
            @if let Some(counts) = &contender.measures.confusion {
                div { h3 { (svg::key(contender.series)) " " (contender.name) }
                    (matrix(contender.name, counts, need, language)) }
            }
        } }
    }
}

fn matrix(name: &str, counts: &[Vec<u64>], need: &NeedSummary, language: Language) -> Markup {
    let caption = format!(
        "{}: {name}",
        language.pick("실제와 판단", "Truth and decision")
    );
    page::table_under_heading(
        &caption,
        &html! {
            thead {
                tr { td {} th scope="colgroup" class="number" colspan=(need.classes.len()) {
                    (language.pick("판단", "Decision"))
                } }
                tr {
                    th scope="col" { (language.pick("실제", "Truth")) }
                    @for class in &need.classes { th scope="col" class="number" { (class.name.get(language)) } }
                }
            }
            tbody { @for (truth, (class, row)) in need.classes.iter().zip(counts).enumerate() {
                @let total = row.iter().sum();
                tr {
                    th scope="row" { (class.name.get(language)) }
                    @for (decided, rows) in row.iter().enumerate() {
                        td class=(if truth == decided { "number right" } else { "number" }) {
                            (count(*rows)) span class="interval" { (share(*rows, total)) }
                        }
                    }
                }
            } }
        },
    )
}
