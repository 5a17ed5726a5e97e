//! The reliability curve of one solution, with the share of rows below it.

use maud::{Markup, html};

use super::axes::{Frame, Scale};
use super::{Series, at, figure, mark, polyline};
use crate::report::ReliabilityBin;

const FRAME: Frame = Frame {
    left: 42.0,
    top: 8.0,
    right: 242.0,
    bottom: 208.0,
};

/// Draws bins as points with their intervals over the diagonal of perfect
/// reliability, 250 by 246 units.
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
        (shares(x, bins))
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
    };
    figure(id, title, description, (250.0, 246.0), &content)
}

/// A bar per bin behind the curve, as high as its share of the rows.
fn shares(x: Scale, bins: &[ReliabilityBin]) -> Markup {
    let rows: u64 = bins.iter().map(|bin| bin.rows).sum();
    let tall = FRAME.bottom - FRAME.top;
    html! { @for bin in bins {
        @let height = share_of(bin.rows, rows.max(1)) * tall;
        rect class="share" x=(at(x.place(bin.mean_score.get()) - 5.0)) y=(at(FRAME.bottom - height))
            width="10" height=(at(height)) {}
    } }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rows of a data set stay below 2^53"
)]
fn share_of(rows: u64, all: u64) -> f64 {
    rows as f64 / all as f64
}
