//! Small drawings in SVG. Each figure has a title and a description for those
//! who do not see it, and takes its colours from the page's style, so that it
//! follows light, dark and print.

use maud::{Markup, html};

mod axes;
mod density;
mod forest_plot;
mod places;
mod reliability;
mod strip;
mod unit_curve;

pub(super) use density::{Density, Histogram};
pub(super) use forest_plot::{ForestPlot, Line, Row};
pub(super) use places::{PlacesCurves, PlacesLine};
pub(super) use reliability::reliability;
pub(super) use strip::{Strip, StripRow};
pub(super) use unit_curve::{Mark, Trace, UnitCurves};

/// What is drawn: the n-th solution, or the incumbent's recorded decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Series {
    /// A solution by its place in the report.
    Solution(usize),
    /// Today's recorded decisions.
    Incumbent,
}

impl Series {
    /// Colours that the style knows.
    const COLOURS: usize = 6;

    /// The class that gives it its colour.
    fn class(self) -> String {
        match self {
            Self::Solution(index) => format!("s{}", index % Self::COLOURS),
            Self::Incumbent => "si".to_owned(),
        }
    }

    /// The dash pattern of its lines, none for a solid one.
    const fn dash(self) -> Option<&'static str> {
        match self {
            Self::Solution(index) => match index % 4 {
                0 => None,
                1 => Some("7 3"),
                2 => Some("2 3"),
                _ => Some("9 3 2 3"),
            },
            Self::Incumbent => Some("1 3"),
        }
    }

    /// The path of its marker about a point.
    fn marker(self, x: f64, y: f64, r: f64) -> String {
        match self {
            Self::Incumbent => format!(
                "M{} {}L{} {}M{} {}L{} {}",
                at(x - r),
                at(y - r),
                at(x + r),
                at(y + r),
                at(x + r),
                at(y - r),
                at(x - r),
                at(y + r)
            ),
            Self::Solution(index) => match index % 4 {
                0 => circle(x, y, r),
                1 => polygon(&[
                    (x - r, y - r),
                    (x + r, y - r),
                    (x + r, y + r),
                    (x - r, y + r),
                ]),
                2 => polygon(&[(x, y - 1.2 * r), (x + 1.2 * r, y + r), (x - 1.2 * r, y + r)]),
                _ => polygon(&[
                    (x, y - 1.3 * r),
                    (x + 1.3 * r, y),
                    (x, y + 1.3 * r),
                    (x - 1.3 * r, y),
                ]),
            },
        }
    }
}

/// A figure: its title and description are read aloud instead of its lines.
/// `id` is unique in the page; width and height are in units of the drawing.
pub(super) fn figure(
    id: &str,
    title: &str,
    description: &str,
    (width, height): (f64, f64),
    content: &Markup,
) -> Markup {
    html! {
        svg class="figure" viewBox=(format_args!("0 0 {} {}", at(width), at(height))) role="img"
            aria-labelledby=(format_args!("{id}-title {id}-description")) {
            title id=(format_args!("{id}-title")) { (title) }
            desc id=(format_args!("{id}-description")) { (description) }
            (content)
        }
    }
}

/// The key to a series: a piece of its line with its marker.
pub(super) fn key(series: Series) -> Markup {
    html! {
        svg class="key" viewBox="0 0 30 12" aria-hidden="true" {
            path class=(format_args!("curve {}", series.class()))
                stroke-dasharray=[series.dash()] d="M1 6H29" {}
            (mark(series, 15.0, 6.0, 3.6))
        }
    }
}

/// A series' marker about a point.
fn mark(series: Series, x: f64, y: f64, r: f64) -> Markup {
    html! {
        path class=(format_args!("mark {}", series.class())) d=(series.marker(x, y, r)) {}
    }
}

/// A coordinate, to a hundredth of a unit: the same everywhere.
fn at(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

/// A path through points.
fn polyline(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.into_iter().enumerate() {
        path.push(if index == 0 { 'M' } else { 'L' });
        path.push_str(&at(x));
        path.push(' ');
        path.push_str(&at(y));
    }
    path
}

fn polygon(points: &[(f64, f64)]) -> String {
    polyline(points.iter().copied()) + "Z"
}

fn circle(x: f64, y: f64, r: f64) -> String {
    let (left, right, y, r) = (at(x - r), at(x + r), at(y), at(r));
    format!("M{left} {y}A{r} {r} 0 1 1 {right} {y}A{r} {r} 0 1 1 {left} {y}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_have_one_spelling() {
        assert_eq!(
            [1.0, -0.001, 2.50, 3.456].map(at),
            ["1", "0", "2.5", "3.46"]
        );
    }

    #[test]
    fn neighbouring_series_differ_in_more_than_colour() {
        for index in 0..12 {
            let (one, next) = (Series::Solution(index), Series::Solution(index + 1));
            assert_ne!(one.dash(), next.dash());
            assert_ne!(one.marker(0.0, 0.0, 3.0), next.marker(0.0, 0.0, 3.0));
        }
    }
}
