//! Do the scores mean what they say? One reliability curve per solution.

use maud::{Markup, html};
use modu_kernel::Language;

use super::contender::Contender;
use super::number::{count, decimal, interval};
use super::{page, svg};
use crate::report::Reliability;

/// The curves side by side, each with its bins as a table.
pub(super) fn section(contenders: &[Contender<'_>], language: Language) -> Markup {
    let curves: Vec<_> = contenders
        .iter()
        .filter_map(|contender| Some((contender, contender.measures.reliability.as_ref()?)))
        .collect();
    html! {
        @if let Some((_, reliability)) = curves.first() {
            p class="note" { (reliability.binning.get(language).trim_end_matches('.')) ". " (language.pick(
                "점선 위에 있으면 점수가 확률 그대로입니다. 세로줄은 비율의 구간, 바탕의 막대는 행이 어디에 몰려 있는지를 보입니다.",
                "On the dotted line scores are probabilities. Upright lines are intervals of the share; the bars behind show where the rows are.",
            )) }
        }
        div class="figures smallest" { @for (index, (contender, reliability)) in curves.iter().enumerate() {
            figure {
                figcaption { (svg::key(contender.series)) " " (contender.name) }
                (one(index, contender, reliability, language))
                (bins(contender, reliability, language))
            }
        } }
    }
}

fn one(
    index: usize,
    contender: &Contender<'_>,
    reliability: &Reliability,
    language: Language,
) -> Markup {
    let title = format!(
        "{}: {}",
        language.pick("신뢰도 곡선", "Reliability curve"),
        contender.name
    );
    let points: Vec<_> = reliability
        .bins
        .iter()
        .map(|bin| {
            format!(
                "{} → {}",
                decimal(bin.mean_score.get(), 2),
                decimal(bin.frequency.get(), 2)
            )
        })
        .collect();
    let description = format!(
        "{}: {}.",
        language.pick("평균 점수 → 실제 비율", "mean score → share of positives"),
        points.join(", ")
    );
    svg::reliability(
        &format!("reliability-{index}"),
        &title,
        &description,
        (
            language.pick("평균 점수", "Mean score"),
            language.pick("실제 비율", "Share of positives"),
        ),
        contender.series,
        &reliability.bins,
    )
}

fn bins(contender: &Contender<'_>, reliability: &Reliability, language: Language) -> Markup {
    page::folded_table(
        language.pick("수치", "Numbers"),
        &format!(
            "{}: {}",
            language.pick("칸마다의 값", "Values per bin"),
            contender.name
        ),
        &html! {
            thead { tr {
                @for name in [
                    language.pick("평균 점수", "Mean score"), language.pick("실제 비율", "Share"),
                    language.pick("구간", "Interval"), language.pick("행", "Rows"),
                ] { th scope="col" class="number" { (name) } }
            } }
            tbody { @for bin in &reliability.bins { tr {
                td class="number" { (decimal(bin.mean_score.get(), 3)) }
                td class="number" { (decimal(bin.frequency.get(), 3)) }
                td class="number" { (interval(bin.interval, 3)) }
                td class="number" { (count(bin.rows)) }
            } } }
        },
    )
}
