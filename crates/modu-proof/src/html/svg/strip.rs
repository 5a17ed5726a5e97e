//! A line of a criterion's table as a picture: interval, estimate, the limits
//! that were judged, and the threshold, on one scale for the whole table.

use maud::{Markup, html};

use super::at;
use super::axes::{Scale, range_of};
use crate::need::Direction;

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 24.0;

/// What one line shows; all in units of the metric.
#[derive(Debug, Clone, Copy)]
pub(in crate::html) struct StripRow {
    /// The estimate.
    pub(in crate::html) estimate: f64,
    /// Its interval.
    pub(in crate::html) interval: Option<(f64, f64)>,
    /// The limits that were judged: the unfavourable and the favourable one.
    pub(in crate::html) limits: [Option<f64>; 2],
    /// The colour class of the verdict.
    pub(in crate::html) class: &'static str,
}

/// The scale and the threshold that the lines of a table share.
pub(in crate::html) struct Strip {
    scale: Scale,
    bound: Option<(f64, Direction)>,
}

impl Strip {
    /// A scale that holds every judged line and the threshold. What is drawn
    /// for comparison may lie beyond it and is then left out.
    pub(in crate::html) fn new(rows: &[StripRow], bound: Option<(f64, Direction)>) -> Self {
        let values = rows.iter().flat_map(|row| {
            let (low, high) = row.interval.unwrap_or((row.estimate, row.estimate));
            let [limit, other] = row.limits.map(|limit| limit.unwrap_or(row.estimate));
            [row.estimate, low, high, limit, other]
        });
        let range = range_of(values.chain(bound.map(|(threshold, _)| threshold)));
        Self {
            scale: Scale::new(range, (3.0, WIDTH - 3.0)),
            bound,
        }
    }

    /// Whether a line lies within the scale.
    fn holds(&self, row: StripRow) -> bool {
        let (low, high) = row.interval.unwrap_or((row.estimate, row.estimate));
        self.scale.holds(low) && self.scale.holds(high)
    }

    /// One line. It only repeats the numbers beside it, so it is not read
    /// aloud.
    pub(in crate::html) fn draw(&self, row: StripRow) -> Markup {
        let place = |value: f64| self.scale.place(value);
        let middle = HEIGHT / 2.0;
        html! {
            svg class="strip" viewBox=(format_args!("0 0 {} {}", at(WIDTH), at(HEIGHT))) aria-hidden="true" {
                @if let Some((threshold, direction)) = self.bound {
                    @let x = place(threshold);
                    @let (from, to) = match direction {
                        Direction::AtLeast => (0.0, x),
                        Direction::AtMost => (x, WIDTH),
                    };
                    rect class="wrong-side" x=(at(from)) y="0" width=(at(to - from)) height=(at(HEIGHT)) {}
                    path class="threshold" d=(format_args!("M{} 0V{}", at(x), at(HEIGHT))) {}
                }
                @if self.holds(row) { (drawn_line(row, place, middle)) }
            }
        }
    }
}

/// Interval, judged limits and estimate at the height `middle`.
fn drawn_line(row: StripRow, place: impl Fn(f64) -> f64, middle: f64) -> Markup {
    html! {
        @if let Some((low, high)) = row.interval {
            path class=(format_args!("bar {}", row.class))
                d=(format_args!("M{} {}H{}", at(place(low)), at(middle), at(place(high)))) {}
        }
        @for limit in row.limits.into_iter().flatten() {
            path class=(format_args!("bar {}", row.class))
                d=(format_args!("M{} {}V{}", at(place(limit)), at(middle - 5.0), at(middle + 5.0))) {}
        }
        circle class=(format_args!("dot {}", row.class)) cx=(at(place(row.estimate))) cy=(at(middle)) r="3.5" {}
    }
}
