//! Counts in the squares of a plane, and counts along a line.

use maud::{Markup, html};

use super::axes::{Frame, Scale};
use super::{Series, at, figure, polyline};

const FRAME: Frame = Frame {
    left: 62.0,
    top: 10.0,
    right: 388.0,
    bottom: 336.0,
};
/// The faintest square that is drawn.
const FAINTEST: f64 = 0.08;

/// How many rows lie in each square of two equal ranges.
pub(in crate::html) struct Density<'a> {
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
    /// The range of both axes.
    pub(in crate::html) range: (f64, f64),
    /// Whose colour.
    pub(in crate::html) series: Series,
    /// Rows by column from the left, then by square from below.
    pub(in crate::html) cells: &'a [Vec<u64>],
}

impl Density<'_> {
    /// The drawing, 400 by 376 units.
    pub(in crate::html) fn draw(&self) -> Markup {
        let x = Scale::new(self.range, (FRAME.left, FRAME.right));
        let y = Scale::new(self.range, (FRAME.bottom, FRAME.top));
        let most = self.cells.iter().flatten().copied().max().unwrap_or(0);
        let content = html! {
            (FRAME.horizontal(x, 4, self.x))
            (FRAME.vertical(y, 4, self.y))
            @for (column, squares) in self.cells.iter().enumerate() {
                @for (row, rows) in squares.iter().enumerate() {
                    @if *rows > 0 { (self.square(column, row, shade(*rows, most))) }
                }
            }
            path class="guess" d=(polyline([(FRAME.left, FRAME.bottom), (FRAME.right, FRAME.top)])) {}
        };
        figure(
            self.id,
            self.title,
            self.description,
            (400.0, 376.0),
            &content,
        )
    }

    fn square(&self, column: usize, row: usize, shade: f64) -> Markup {
        let step = (FRAME.right - FRAME.left) / count(self.cells.len().max(1));
        html! {
            rect class=(format_args!("fill {}", self.series.class()))
                x=(at(FRAME.left + count(column) * step))
                y=(at(FRAME.bottom - count(row + 1) * step))
                width=(at(step)) height=(at(step)) fill-opacity=(at(shade)) {}
        }
    }
}

/// The root of the share of the fullest square: the eye would miss the thinly
/// filled ones otherwise.
#[expect(
    clippy::cast_precision_loss,
    reason = "rows of a data set stay below 2^53"
)]
fn shade(rows: u64, most: u64) -> f64 {
    (rows as f64 / most.max(1) as f64).sqrt().max(FAINTEST)
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen squares")]
const fn count(squares: usize) -> f64 {
    squares as f64
}

/// How many rows lie in each of equal steps.
pub(in crate::html) struct Histogram<'a> {
    /// Unique in the page.
    pub(in crate::html) id: &'a str,
    /// Title of the figure.
    pub(in crate::html) title: &'a str,
    /// The figure in words.
    pub(in crate::html) description: &'a str,
    /// What runs to the right.
    pub(in crate::html) x: &'a str,
    /// Its range.
    pub(in crate::html) range: (f64, f64),
    /// Whose colour.
    pub(in crate::html) series: Series,
    /// Rows from the left.
    pub(in crate::html) counts: &'a [u64],
}

impl Histogram<'_> {
    /// The drawing, 400 by 376 units; a line at 0 where it is within range.
    pub(in crate::html) fn draw(&self) -> Markup {
        let x = Scale::new(self.range, (FRAME.left, FRAME.right));
        let most = self.counts.iter().copied().max().unwrap_or(0).max(1);
        let step = (FRAME.right - FRAME.left) / count(self.counts.len().max(1));
        let tall = FRAME.bottom - FRAME.top;
        let content = html! {
            (FRAME.horizontal(x, 4, self.x))
            @for (index, rows) in self.counts.iter().enumerate() {
                @let height = share(*rows, most) * tall;
                rect class=(format_args!("fill {}", self.series.class()))
                    x=(at(FRAME.left + count(index) * step)) y=(at(FRAME.bottom - height))
                    width=(at(step - 1.0)) height=(at(height)) fill-opacity="0.75" {}
            }
            @if x.holds(0.0) {
                path class="guess" d=(polyline([(x.place(0.0), FRAME.bottom), (x.place(0.0), FRAME.top)])) {}
            }
        };
        figure(
            self.id,
            self.title,
            self.description,
            (400.0, 376.0),
            &content,
        )
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rows of a data set stay below 2^53"
)]
fn share(rows: u64, most: u64) -> f64 {
    rows as f64 / most as f64
}
