//! A forest plot: estimates with intervals, one block per member of a group,
//! one line per contender in each block.

use maud::{Markup, html};

use super::axes::{Frame, Scale, range_of};
use super::{Series, at, figure, mark};

/// One contender's line in a block.
pub(in crate::html) struct Line {
    /// Whose it is.
    pub(in crate::html) series: Series,
    /// Estimate, lower and upper limit; none where it was not measured.
    pub(in crate::html) measured: Option<(f64, f64, f64)>,
}

/// One member of the group.
pub(in crate::html) struct Row<'a> {
    /// Its name.
    pub(in crate::html) name: &'a str,
    /// Its lines.
    pub(in crate::html) lines: Vec<Line>,
}

/// The whole plot.
pub(in crate::html) struct ForestPlot<'a> {
    /// Unique in the page.
    pub(in crate::html) id: &'a str,
    /// Title of the figure.
    pub(in crate::html) title: &'a str,
    /// The figure in words.
    pub(in crate::html) description: &'a str,
    /// What runs to the right.
    pub(in crate::html) x: &'a str,
    /// Printed where a contender was not measured.
    pub(in crate::html) absent: &'a str,
    /// The blocks from above.
    pub(in crate::html) rows: &'a [Row<'a>],
}

const WIDTH: f64 = 420.0;
const LINE: f64 = 12.0;
const NAME: f64 = 20.0;
const GAP: f64 = 10.0;

impl ForestPlot<'_> {
    /// The drawing, 420 units wide and as high as it needs to be.
    pub(in crate::html) fn draw(&self) -> Markup {
        let mut tops = Vec::with_capacity(self.rows.len());
        let mut bottom = 4.0;
        for row in self.rows {
            tops.push(bottom);
            bottom += lines_height(row) + NAME + GAP;
        }
        let frame = Frame {
            left: 12.0,
            top: 4.0,
            right: WIDTH - 12.0,
            bottom,
        };
        let scale = Scale::new(self.range(), (frame.left, frame.right));
        let content = html! {
            (frame.horizontal(scale, 6, self.x))
            @for (row, top) in self.rows.iter().zip(tops) { (self.block(row, top, scale)) }
        };
        figure(
            self.id,
            self.title,
            self.description,
            (WIDTH, bottom + 40.0),
            &content,
        )
    }

    fn block(&self, row: &Row<'_>, top: f64, scale: Scale) -> Markup {
        let mut y = top + NAME;
        let mut centres = Vec::with_capacity(row.lines.len());
        for _ in &row.lines {
            centres.push(y + LINE / 2.0);
            y += LINE;
        }
        html! {
            path class="grid" d=(format_args!("M12 {}H{}", at(top), at(WIDTH - 12.0))) {}
            text class="member" x="12" y=(at(top + 14.0)) { (row.name) }
            @for (line, y) in row.lines.iter().zip(centres) {
                @if let Some((estimate, low, high)) = line.measured {
                    path class=(format_args!("bar {}", line.series.class()))
                        d=(format_args!("M{} {}H{}", at(scale.place(low)), at(y), at(scale.place(high)))) {}
                    (mark(line.series, scale.place(estimate), y, 3.6))
                } @else {
                    text class="tick" x="22" y=(at(y + 4.0)) { (self.absent) }
                    (mark(line.series, 16.0, y, 3.0))
                }
            }
        }
    }

    fn range(&self) -> (f64, f64) {
        let measured = self
            .rows
            .iter()
            .flat_map(|row| &row.lines)
            .filter_map(|line| line.measured);
        range_of(measured.flat_map(|(estimate, low, high)| [estimate, low, high]))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful of contenders")]
fn lines_height(row: &Row<'_>) -> f64 {
    row.lines.len() as f64 * LINE
}
