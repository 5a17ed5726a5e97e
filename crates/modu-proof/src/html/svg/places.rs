//! Metrics of a ranking over how many places are looked at.

use maud::{Markup, html};

use super::axes::{Frame, Scale};
use super::{Series, at, figure, mark, polyline};

/// One contender's line.
pub(in crate::html) struct PlacesLine {
    /// Whose it is.
    pub(in crate::html) series: Series,
    /// Cutoff and value, by rising cutoff.
    pub(in crate::html) points: Vec<(u32, f64)>,
}

/// Lines of shares over cutoffs.
pub(in crate::html) struct PlacesCurves<'a> {
    /// Unique in the page.
    pub(in crate::html) id: &'a str,
    /// Title of the figure.
    pub(in crate::html) title: &'a str,
    /// The figure in words.
    pub(in crate::html) description: &'a str,
    /// What runs to the right.
    pub(in crate::html) x: &'a str,
    /// The cutoff that the need names: an upright line.
    pub(in crate::html) own: Option<u32>,
    /// The lines.
    pub(in crate::html) lines: &'a [PlacesLine],
}

const FRAME: Frame = Frame {
    left: 48.0,
    top: 10.0,
    right: 388.0,
    bottom: 270.0,
};

impl PlacesCurves<'_> {
    /// The drawing, 400 by 310 units.
    pub(in crate::html) fn draw(&self) -> Markup {
        let furthest = self.lines.iter().flat_map(|line| &line.points);
        let furthest = furthest.map(|(cutoff, _)| *cutoff).max().unwrap_or(1);
        let x = Scale::new((0.0, f64::from(furthest)), (FRAME.left, FRAME.right));
        let y = Scale::new((0.0, 1.0), (FRAME.bottom, FRAME.top));
        let place = |&(cutoff, value): &(u32, f64)| (x.place(f64::from(cutoff)), y.place(value));
        let content = html! {
            (FRAME.horizontal(x, 5, self.x))
            (FRAME.vertical(y, 5, ""))
            @if let Some(own) = self.own {
                @let own = at(x.place(f64::from(own)));
                path class="threshold" d=(format_args!("M{own} {}V{}", at(FRAME.top), at(FRAME.bottom))) {}
            }
            @for line in self.lines {
                path class=(format_args!("curve {}", line.series.class()))
                    stroke-dasharray=[line.series.dash()] d=(polyline(line.points.iter().map(place))) {}
                @for point in &line.points {
                    @let (across, up) = place(point);
                    (mark(line.series, across, up, 3.2))
                }
            }
        };
        figure(
            self.id,
            self.title,
            self.description,
            (400.0, 310.0),
            &content,
        )
    }
}
