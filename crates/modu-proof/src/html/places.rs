//! How good an order is, by how many of its places are looked at.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;

use super::contender::{self, Contender};
use super::number::{ABSENT, decimal};
use super::page;
use super::svg::{PlacesCurves, PlacesLine};
use crate::need::{Metric, metric_label, metric_name};
use crate::report::{NeedSummary, PlacesPoint};

/// A metric and where it stands in a point.
type Of = (Metric, fn(&PlacesPoint) -> Finite);

const METRICS: [Of; 3] = [
    (Metric::Ndcg, |point| point.ndcg),
    (Metric::PrecisionAtCutoff, |point| point.precision),
    (Metric::RecallAtCutoff, |point| point.recall),
];

/// One picture and table per metric.
pub(super) fn section(
    contenders: &[Contender<'_>],
    need: &NeedSummary,
    language: Language,
) -> Markup {
    let all: Vec<&Contender<'_>> = contenders.iter().collect();
    html! {
        p class="note" { (language.pick(
            "질의마다 위에서 몇 자리까지 볼 때의 값입니다. 점선은 수요서가 정한 자리 수입니다.",
            "Values where so many places of each query are looked at. The dashed line is the need's number of places.",
        )) }
        (contender::legend(&all))
        div class="figures" { @for (metric, of) in METRICS {
            figure {
                figcaption { (metric_label(metric).get(language)) }
                (curve(metric, of, contenders, need, language))
                (numbers(metric, of, contenders, language))
            }
        } }
    }
}

fn curve(
    metric: Metric,
    of: fn(&PlacesPoint) -> Finite,
    contenders: &[Contender<'_>],
    need: &NeedSummary,
    language: Language,
) -> Markup {
    let lines: Vec<PlacesLine> = contenders
        .iter()
        .filter_map(|contender| {
            let points = contender.measures.places.as_ref()?;
            Some(PlacesLine {
                series: contender.series,
                points: points
                    .iter()
                    .map(|point| (point.cutoff, of(point).get()))
                    .collect(),
            })
        })
        .collect();
    let name = metric_label(metric);
    PlacesCurves {
        id: &format!("places-{}", metric_name(metric)),
        title: name.get(language),
        description: &described(of, contenders, language),
        x: language.pick("보는 자리 수", "Places looked at"),
        own: need.cutoff,
        lines: &lines,
    }
    .draw()
}

fn described(
    of: fn(&PlacesPoint) -> Finite,
    contenders: &[Contender<'_>],
    language: Language,
) -> String {
    let line = |contender: &Contender<'_>| {
        let points = contender.measures.places.as_ref()?;
        let points: Vec<String> = points
            .iter()
            .map(|point| format!("{}: {}", point.cutoff, decimal(of(point).get(), 3)))
            .collect();
        Some(format!("{} ({})", contender.name, points.join(", ")))
    };
    let lines: Vec<String> = contenders.iter().filter_map(line).collect();
    format!(
        "{}. {}.",
        language.pick("자리 수: 값", "Places: value"),
        lines.join("; ")
    )
}

fn numbers(
    metric: Metric,
    of: fn(&PlacesPoint) -> Finite,
    contenders: &[Contender<'_>],
    language: Language,
) -> Markup {
    let points = |contender: &Contender<'_>| contender.measures.places.clone().unwrap_or_default();
    let cutoffs: Vec<u32> = contenders
        .iter()
        .map(points)
        .max_by_key(Vec::len)
        .unwrap_or_default()
        .iter()
        .map(|point| point.cutoff)
        .collect();
    let value = |contender: &Contender<'_>, cutoff: u32| {
        let found = points(contender)
            .into_iter()
            .find(|point| point.cutoff == cutoff);
        found.map_or_else(|| ABSENT.to_owned(), |point| decimal(of(&point).get(), 3))
    };
    page::folded_table(
        language.pick("수치", "Numbers"),
        metric_label(metric).get(language),
        &html! {
            thead { tr {
                th scope="col" class="number" { (language.pick("자리", "Places")) }
                @for contender in contenders { th scope="col" class="number" { (contender.name) } }
            } }
            tbody { @for cutoff in cutoffs { tr {
                th scope="row" class="number" { (cutoff) }
                @for contender in contenders { td class="number" { (value(contender, cutoff)) } }
            } } }
        },
    )
}
