//! Curves in the unit square: ROC and precision-recall.

use maud::{Markup, html};

use super::axes::{Frame, Scale};
use super::{Series, at, figure, mark, polyline};

/// One curve, with the points on it that the need names.
pub(in crate::html) struct Trace {
    /// Whose it is.
    pub(in crate::html) series: Series,
    /// Its points in drawing order; none for a lone marker.
    pub(in crate::html) points: Vec<[f64; 2]>,
    /// Points to mark on it.
    pub(in crate::html) marks: Vec<Mark>,
}

/// A point on a curve.
pub(in crate::html) enum Mark {
    /// Where the need's threshold lies: the series' own marker.
    Threshold([f64; 2]),
    /// Where the review budget lies: a ring.
    Budget([f64; 2]),
}

/// Several curves in one square.
pub(in crate::html) struct UnitCurves<'a> {
    /// Unique in the page.
    pub(in crate::html) id: &'a str,
    /// Title of the figure.
    pub(in crate::html) title: &'a str,
    /// The figure in words.
    pub(in crate::html) description: &'a str,
    /// What runs to the right.
    pub(in crate::html) x: &'a str,
    /// What runs upwards.
    pub(in crate::html) y: &'a str,
    /// The line of a guess, drawn thin.
    pub(in crate::html) guess: Option<[[f64; 2]; 2]>,
    /// The curves.
    pub(in crate::html) traces: &'a [Trace],
}

const FRAME: Frame = Frame {
    left: 48.0,
    top: 10.0,
    right: 388.0,
    bottom: 350.0,
};

impl UnitCurves<'_> {
    /// The drawing, 400 by 390 units.
    pub(in crate::html) fn draw(&self) -> Markup {
        let x = Scale::new((0.0, 1.0), (FRAME.left, FRAME.right));
        let y = Scale::new((0.0, 1.0), (FRAME.bottom, FRAME.top));
        let place = |[a, b]: [f64; 2]| (x.place(a), y.place(b));
        let content = html! {
            (FRAME.horizontal(x, 5, self.x))
            (FRAME.vertical(y, 5, self.y))
            @if let Some(guess) = self.guess {
                path class="guess" d=(polyline(guess.map(place))) {}
            }
            @for trace in self.traces {
                @if !trace.points.is_empty() {
                    path class=(format_args!("curve {}", trace.series.class()))
                        stroke-dasharray=[trace.series.dash()]
                        d=(polyline(trace.points.iter().copied().map(place))) {}
                }
            }
            @for trace in self.traces { @for point in &trace.marks {
                @match point {
                    Mark::Threshold(point) => {
                        @let (x, y) = place(*point);
                        (mark(trace.series, x, y, 4.5))
                    }
                    Mark::Budget(point) => {
                        @let (x, y) = place(*point);
                        circle class=(format_args!("ring {}", trace.series.class()))
                            cx=(at(x)) cy=(at(y)) r="6.5" {}
                    }
                }
            } }
        };
        figure(
            self.id,
            self.title,
            self.description,
            (400.0, 390.0),
            &content,
        )
    }
}
