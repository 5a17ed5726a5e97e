//! Predictions against targets, and how far they are off: one pair of pictures
//! per contender.

use maud::{Markup, html};
use modu_kernel::Language;

use super::contender::Contender;
use super::number::{self, decimal};
use super::svg::{self, Density, Histogram};
use crate::report::Fit;

/// The pictures side by side.
pub(super) fn section(contenders: &[Contender<'_>], language: Language) -> Markup {
    let fits: Vec<_> = contenders
        .iter()
        .filter_map(|contender| Some((contender, contender.measures.fit.as_ref()?)))
        .collect();
    html! {
        p class="note" { (language.pick(
            "왼쪽: 짙을수록 행이 많습니다. 점선 위에서는 예측이 참값과 같고, 위쪽은 예측보다 참값이 큰 행입니다. 오른쪽: 오차(예측 - 참값)의 분포, 점선은 0입니다. 양 끝 0.5%는 바깥 칸에 모았습니다.",
            "Left: the darker, the more rows. On the dotted line prediction and truth agree; above it the truth is larger. Right: the errors (prediction minus truth), the dotted line at 0. The outermost half percent on either side is counted in the outer cells.",
        )) }
        @for (index, (contender, fit)) in fits.iter().enumerate() {
            h3 { (svg::key(contender.series)) " " (contender.name) }
            div class="figures" {
                figure { figcaption { (language.pick("예측과 참값", "Prediction and truth")) } (density(index, contender, fit, language)) }
                figure { figcaption { (language.pick("오차의 분포", "Distribution of errors")) } (errors(index, contender, fit, language)) }
            }
        }
    }
}

fn density(index: usize, contender: &Contender<'_>, fit: &Fit, language: Language) -> Markup {
    let title = format!(
        "{}: {}",
        language.pick("예측과 참값", "Prediction and truth"),
        contender.name
    );
    Density {
        id: &format!("fit-{index}"),
        title: &title,
        description: &format!(
            "{} {}",
            language.pick("두 축의 범위", "Range of both axes"),
            number::interval(fit.range, 3)
        ),
        x: language.pick("예측", "Prediction"),
        y: language.pick("참값", "Truth"),
        range: (fit.range.lower.get(), fit.range.upper.get()),
        series: contender.series,
        cells: &fit.cells,
    }
    .draw()
}

fn errors(index: usize, contender: &Contender<'_>, fit: &Fit, language: Language) -> Markup {
    let title = format!(
        "{}: {}",
        language.pick("오차의 분포", "Distribution of errors"),
        contender.name
    );
    let range = (
        fit.residual_range.lower.get(),
        fit.residual_range.upper.get(),
    );
    Histogram {
        id: &format!("errors-{index}"),
        title: &title,
        description: &format!(
            "{} {} … {}",
            language.pick("행의 99%가 드는 범위", "Range of 99 % of the rows"),
            decimal(range.0, 3),
            decimal(range.1, 3)
        ),
        x: language.pick("예측 - 참값", "Prediction minus truth"),
        range,
        series: contender.series,
        counts: &fit.residuals,
    }
    .draw()
}
