//! Who is compared: the solutions in their order, and today's recorded
//! decisions. Each keeps one colour, dash and marker through the whole page.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;

use super::svg::{self, Series};
use crate::need::Metric;
use crate::report::{IncumbentSection, Measurement, Measures, MetricMeasure, OwnerReport};

/// The id under which comparisons name the recorded incumbent.
const RECORDED: &str = "incumbent";

/// One of those compared.
pub(super) struct Contender<'a> {
    /// Its id in comparisons.
    pub(super) id: &'a str,
    /// Its name.
    pub(super) name: &'a str,
    /// How it is drawn.
    pub(super) series: Series,
    /// What was measured of it.
    pub(super) measures: &'a Measures,
}

/// All contenders: the solutions, then the recorded incumbent if there is one.
pub(super) fn all(report: &OwnerReport, language: Language) -> Vec<Contender<'_>> {
    let mut contenders: Vec<_> = report
        .solutions
        .iter()
        .enumerate()
        .map(|(index, solution)| Contender {
            id: &solution.id,
            name: solution.name.get(language),
            series: Series::Solution(index),
            measures: &solution.measures,
        })
        .collect();
    if let Some(IncumbentSection::Recorded { measures, .. }) = &report.incumbent {
        contenders.push(Contender {
            id: RECORDED,
            name: language.pick("현행 (기록된 판단)", "Today's recorded decisions"),
            series: Series::Incumbent,
            measures,
        });
    }
    contenders
}

/// The key to colours, dashes and markers.
pub(super) fn legend(contenders: &[&Contender<'_>]) -> Markup {
    html! {
        ul class="legend" { @for contender in contenders {
            li { (svg::key(contender.series)) " " (contender.name) }
        } }
    }
}

/// The measurement of a metric in a list.
pub(super) fn find(measures: &[MetricMeasure], metric: Metric) -> Option<&Measurement> {
    measures
        .iter()
        .find(|measure| measure.metric == metric)
        .map(|measure| &measure.measurement)
}

/// The value of a metric in a list, where it was measured.
pub(super) fn value(measures: &[MetricMeasure], metric: Metric) -> Option<Finite> {
    find(measures, metric).and_then(Measurement::value)
}
