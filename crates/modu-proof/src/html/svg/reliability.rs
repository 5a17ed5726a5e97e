//! The reliability curve of one solution, with the share of rows below it.

use maud::{Markup, html};

use super::axes::{Frame, Scale};
use super::{Series, at, figure, mark, polyline};
use crate::report::ReliabilityBin;

const FRAME: Frame = Frame {
    left: 48.0,
    top: 10.0,
    right: 310.0,
    bottom: 272.0,
};
const BARS: f64 = 36.0;

/// Draws bins as points with their intervals over the diagonal of perfect
/// reliability, 320 by 362 units.
pub(in crate::html) fn reliability(
    id: &str,
    title: &str,
    description: &str,
    (x_label, y_label): (&str, &str),
    series: Series,
    bins: &[ReliabilityBin],
) -> Markup {
    let x = Scale::new((0.0, 1.0), (FRAME.left, FRAME.right));
    let y = Scale::new((0.0, 1.0), (FRAME.bottom, FRAME.top));
    let place =
        |bin: &ReliabilityBin| (x.place(bin.mean_score.get()), y.place(bin.frequency.get()));
    let content = html! {
        (FRAME.horizontal(x, 5, x_label))
        (FRAME.vertical(y, 5, y_label))
        path class="guess" d=(polyline([(x.place(0.0), y.place(0.0)), (x.place(1.0), y.place(1.0))])) {}
        path class=(format_args!("curve thin {}", series.class())) d=(polyline(bins.iter().map(place))) {}
        @for bin in bins {
            @let (across, up) = place(bin);
            @let (low, high) = (y.place(bin.interval.lower.get()), y.place(bin.interval.upper.get()));
            path class=(format_args!("bar {}", series.class()))
                d=(format_args!("M{} {}V{}", at(across), at(low), at(high))) {}
            (mark(series, across, up, 3.6))
        }
        (shares(x, bins))
    };
    figure(id, title, description, (320.0, 362.0), &content)
}

/// A bar per bin, as high as its share of the rows against the fullest bin.
fn shares(x: Scale, bins: &[ReliabilityBin]) -> Markup {
    let fullest = bins.iter().map(|bin| bin.rows).max().unwrap_or(1).max(1);
    let base = FRAME.bottom + 40.0 + BARS;
    html! {
        @for bin in bins {
            @let height = (height_of(bin.rows, fullest) * BARS).max(0.75);
            rect class="share" x=(at(x.place(bin.mean_score.get()) - 4.0)) y=(at(base - height))
                width="8" height=(at(height)) {}
        }
        path class="grid" d=(format_args!("M{} {}H{}", at(FRAME.left), at(base), at(FRAME.right))) {}
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rows of a data set stay below 2^53"
)]
fn height_of(rows: u64, fullest: u64) -> f64 {
    rows as f64 / fullest as f64
}
