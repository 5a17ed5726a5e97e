//! ROC and precision-recall curves, all contenders in one square.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;

use super::contender::{self, Contender, value};
use super::number::{ABSENT, decimal, digits};
use super::page;
use super::svg::{Mark, Series, Trace, UnitCurves};
use crate::need::Metric;
use crate::report::{Curve, Measures};

/// The two squares with one legend, and the marked points as a table.
pub(super) fn section(contenders: &[Contender<'_>], prevalence: f64, language: Language) -> Markup {
    let all: Vec<&Contender<'_>> = contenders.iter().collect();
    html! {
        (contender::legend(&all))
        div class="figures" {
            figure { figcaption { (language.pick("ROC 곡선", "ROC curve")) } (roc(contenders, language)) }
            figure { figcaption { (language.pick("정밀도-재현율 곡선", "Precision-recall curve")) } (precision_recall(contenders, prevalence, language)) }
        }
        p class="note" { (language.pick(
            "채운 표시는 미리 정한 임계값, 고리는 검토 한도의 자리입니다. 현행은 점수가 없어 점 하나입니다. 가는 선은 무작위로 골랐을 때입니다.",
            "Filled markers are at the need's threshold, rings at the review budget. Today's decisions have no scores and are one point. The thin line is what a random choice gives.",
        )) }
        (marked_points(contenders, language))
    }
}

fn roc(contenders: &[Contender<'_>], language: Language) -> Markup {
    let traces = traces(
        contenders,
        |measures| measures.roc.as_ref(),
        |contender| point(contender, Metric::FalseAlarmRate, Metric::Recall),
    );
    UnitCurves {
        id: "roc",
        title: language.pick("ROC 곡선", "ROC curve"),
        description: &areas(contenders, Metric::RocAuc, language),
        x: language.pick("오경보율", "False-alarm rate"),
        y: language.pick("재현율", "Recall"),
        guess: Some([[0.0, 0.0], [1.0, 1.0]]),
        traces: &traces,
    }
    .draw()
}

fn precision_recall(contenders: &[Contender<'_>], prevalence: f64, language: Language) -> Markup {
    let traces = traces(
        contenders,
        |measures| measures.precision_recall.as_ref(),
        |contender| point(contender, Metric::Recall, Metric::Precision),
    );
    UnitCurves {
        id: "precision-recall",
        title: language.pick("정밀도-재현율 곡선", "Precision-recall curve"),
        description: &areas(contenders, Metric::AveragePrecision, language),
        x: language.pick("재현율", "Recall"),
        y: language.pick("정밀도", "Precision"),
        guess: Some([[0.0, prevalence], [1.0, prevalence]]),
        traces: &traces,
    }
    .draw()
}

/// Each contender's curve, or its one point where it has none.
fn traces(
    contenders: &[Contender<'_>],
    curve: impl Fn(&Measures) -> Option<&Curve>,
    lone: impl Fn(&Contender<'_>) -> Option<[f64; 2]>,
) -> Vec<Trace> {
    let trace = |contender: &Contender<'_>| -> Option<Trace> {
        let (points, marks) = match (curve(contender.measures), contender.series) {
            (Some(curve), _) => {
                let threshold = curve.at_threshold.map(pair).map(Mark::Threshold);
                let budget = curve.at_budget.map(pair).map(Mark::Budget);
                let points = curve.points.iter().copied().map(pair).collect();
                (points, threshold.into_iter().chain(budget).collect())
            }
            (None, Series::Incumbent) => (vec![], vec![Mark::Threshold(lone(contender)?)]),
            (None, Series::Solution(_)) => return None,
        };
        Some(Trace {
            series: contender.series,
            points,
            marks,
        })
    };
    contenders.iter().filter_map(trace).collect()
}

fn point(contender: &Contender<'_>, x: Metric, y: Metric) -> Option<[f64; 2]> {
    let overall = &contender.measures.overall;
    Some([value(overall, x)?.get(), value(overall, y)?.get()])
}

fn pair(point: [Finite; 2]) -> [f64; 2] {
    point.map(Finite::get)
}

/// The areas under the curves, as the description of a figure.
fn areas(contenders: &[Contender<'_>], metric: Metric, language: Language) -> String {
    let name = crate::need::metric_label(metric);
    let areas: Vec<_> = contenders
        .iter()
        .filter_map(|contender| {
            let area = value(&contender.measures.overall, metric)?;
            Some(format!(
                "{} {}",
                contender.name,
                decimal(area.get(), digits(metric))
            ))
        })
        .collect();
    format!("{}: {}.", name.get(language), areas.join(", "))
}

fn marked_points(contenders: &[Contender<'_>], language: Language) -> Markup {
    let shown = |contender: &Contender<'_>, metric| {
        value(&contender.measures.overall, metric).map_or_else(
            || ABSENT.to_owned(),
            |found| decimal(found.get(), digits(metric)),
        )
    };
    let columns = [
        Metric::FalseAlarmRate,
        Metric::Recall,
        Metric::Precision,
        Metric::RecallAtBudget,
        Metric::PrecisionAtBudget,
    ];
    page::folded_table(
        language.pick("표시한 점의 수치", "The marked points in numbers"),
        language.pick(
            "임계값과 검토 한도에서의 값",
            "Values at the threshold and at the review budget",
        ),
        &html! {
            thead { tr {
                th scope="col" { (language.pick("솔루션", "Solution")) }
                @for metric in columns { th scope="col" class="number" {
                    (crate::need::metric_label(metric).get(language))
                } }
            } }
            tbody { @for contender in contenders { tr {
                th scope="row" { (contender.name) }
                @for metric in columns { td class="number" { (shown(contender, metric)) } }
            } } }
        },
    )
}
