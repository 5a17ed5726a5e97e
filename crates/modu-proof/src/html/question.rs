//! What was asked, and by which rules the answer was reached.

use maud::{Markup, html};
use modu_kernel::Language;

use super::number::{as_written, count, percent};
use super::page;
use crate::need::{FEWEST_AS_STATED, Task};
use crate::report::{NeedSummary, Registration};

/// The question, the unit, the rule of decision and the statistics.
pub(super) fn section(
    need: &NeedSummary,
    registration: Option<&Registration>,
    language: Language,
) -> Markup {
    let statistics = &need.statistics;
    let mut entries = vec![
        (
            language.pick("질문", "Question"),
            html! { (need.question.get(language)) },
        ),
        (
            language.pick("판단 단위", "Unit of decision"),
            html! { (need.unit.get(language)) },
        ),
        (
            language.pick("과제", "Task"),
            html! { (task(need, language)) },
        ),
    ];
    if let Some(threshold) = need.threshold {
        entries.push((
            language.pick("임계값", "Threshold"),
            html! { (language.pick("점수가 ", "positive from a score of ")) (as_written(threshold.get()))
            (language.pick(" 이상이면 양성으로 판단", "")) },
        ));
    }
    if let Some(budget) = need.review_budget {
        entries.push((
            language.pick("검토 한도", "Review budget"),
            html! { (percent(budget.get(), 0)) (language.pick(" (점수가 높은 순)", " of the units, highest scores first")) },
        ));
    }
    if let Some(quantile) = need.quantile {
        entries.push((
            language.pick("분위수", "Quantile"),
            html! { (as_written(quantile.get())) (language.pick(" (핀볼 손실)", " (of the pinball loss)")) },
        ));
    }
    if let Some(cutoff) = need.cutoff {
        entries.push((
            language.pick("보는 자리 수", "Places looked at"),
            html! { (cutoff) },
        ));
    }
    if let Some(cluster) = &need.cluster {
        entries.push((
            language.pick("함께 묶이는 행", "Rows that belong together"),
            html! { (language.pick("열 ", "by the column ")) code { (cluster) }
            (language.pick("의 값이 같은 행", "")) },
        ));
    }
    entries.push((
        language.pick("통계", "Statistics"),
        html! { (statistics.method.get(language)) },
    ));
    entries.push((
        language.pick("재표집", "Resampling"),
        html! {
            (count(u64::from(statistics.replicates))) (language.pick("회, 시드 ", " replicates, seed "))
            code { (statistics.seed) }
            (language.pick(", 신뢰수준 ", ", confidence ")) (percent(statistics.confidence.get(), 0))
            (language.pick(" (가장 엄한 판정 ", " (strictest judgement ")) (percent(statistics.strictest_confidence.get(), 2)) ")"
        },
    ));
    entries.push((
        language.pick("최소 크기", "Minimum sizes"),
        minimum_sizes(need, language),
    ));
    entries.push((
        language.pick("수요 문서", "Need"),
        html! { code { (need.id) } " " code class="digest" { (need.digest) } },
    ));
    if let Some(registration) = registration {
        entries.push((
            language.pick("기준 등록", "Registered"),
            html! {
                (language.pick("기록 ", "log entry ")) (registration.log_index)
                (language.pick("번", "")) " " code class="digest" { (registration.entry) }
            },
        ));
    }
    page::terms(&entries)
}

fn minimum_sizes(need: &NeedSummary, language: Language) -> Markup {
    let statistics = &need.statistics;
    let units = if need.cluster.is_some() {
        (language.pick("단위 ", ""), language.pick("개", " units"))
    } else {
        (language.pick("행 ", ""), language.pick("개", " rows"))
    };
    html! {
        (language.pick("집단마다 ", "per group ")) (units.0) (count(statistics.minimum_group)) (units.1)
        @match need.task {
            Task::Binary | Task::Multiclass => {
                (language.pick(", 양성과 음성 각각 ", ", and ")) (count(statistics.minimum_positives))
                (language.pick("개", " positives and negatives each"))
            },
            Task::Regression | Task::Ranking => {},
        }
        @if statistics.minimum_group < FEWEST_AS_STATED {
            (language.pick("; 단위가 ", "; intervals of fewer than ")) (count(FEWEST_AS_STATED))
            (language.pick(
                "개에 못 미치는 집단의 구간은 적힌 신뢰수준보다 드물게 참값을 담을 수 있음",
                " may hold the truth less often than stated",
            ))
        }
    }
}

fn task(need: &NeedSummary, language: Language) -> String {
    let classes: Vec<_> = need
        .classes
        .iter()
        .map(|class| class.name.get(language))
        .collect();
    let kind = match need.task {
        Task::Binary => language.pick("두 부류로 나누기", "two classes"),
        Task::Multiclass => language.pick("여러 부류로 나누기", "several classes"),
        Task::Regression => {
            return language
                .pick("수를 예측하기", "predicting a number")
                .to_owned();
        }
        Task::Ranking => {
            return language
                .pick("질의마다 순서 매기기", "ordering the rows of each query")
                .to_owned();
        }
    };
    let asked = need
        .classes
        .iter()
        .find(|class| Some(class.code) == need.positive)
        .map(|class| match language {
            Language::Ko => format!(" (양성: {})", class.name.ko),
            Language::En => format!(" (positive: {})", class.name.en),
        });
    format!(
        "{kind}: {}{}",
        classes.join(" / "),
        asked.unwrap_or_default()
    )
}
