//! Axes, and what lies between them.

use std::fmt::Write as _;

use maud::{Markup, html};

/// Colours and lines of all pictures; a page puts it into its head once.
pub(crate) const STYLE: &str = "\
svg.plot{width:100%;max-width:34rem;height:auto;font:12px system-ui,sans-serif}\
.plot .axis{stroke:#555;stroke-width:1;fill:none}\
.plot .grid{stroke:#ddd;stroke-width:1}\
.plot text{fill:#222}\
.plot .line{fill:none;stroke-width:2}\
.plot .ideal{fill:none;stroke:#777;stroke-width:1.2;stroke-dasharray:5 4}\
.plot .band{stroke:none;opacity:.16}\
.plot .c0{stroke:#1b6ca8;fill:#1b6ca8}.plot .c1{stroke:#b45f06;fill:#b45f06}\
.plot .c2{stroke:#a61c28;fill:#a61c28}.plot .c3{stroke:#2e7d32;fill:#2e7d32}\
.plot path.line{fill:none}.plot .bar{stroke-width:1.2}\
.plot text.key{stroke:none}\
.plot-key .key{border-left:1.2rem solid;padding:0 .8rem 0 .4rem}.plot-key .c0{border-color:#1b6ca8}\
.plot-key .c1{border-color:#b45f06}.plot-key .c2{border-color:#a61c28}.plot-key .c3{border-color:#2e7d32}";

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 50.0;

/// The ranges of both axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) x: [f64; 2],
    pub(super) y: [f64; 2],
}

impl Frame {
    pub(super) fn across(self, x: f64) -> f64 {
        let share = (x - self.x[0]) / (self.x[1] - self.x[0]);
        LEFT + share.clamp(-0.02, 1.02) * (WIDTH - LEFT - RIGHT)
    }

    pub(super) fn down(self, y: f64) -> f64 {
        let share = (y - self.y[0]) / (self.y[1] - self.y[0]);
        HEIGHT - BOTTOM - share.clamp(-0.02, 1.02) * (HEIGHT - TOP - BOTTOM)
    }

    /// A line through points.
    pub(super) fn line(self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (place, (x, y)) in points.enumerate() {
            let command = if place == 0 { 'M' } else { 'L' };
            // Writing to a string does not fail.
            let _ = write!(path, "{command}{:.1} {:.1}", self.across(x), self.down(y));
        }
        path
    }

    /// The area between two limits.
    pub(super) fn band(self, limits: &[(f64, f64, f64)]) -> String {
        let there = limits.iter().map(|(x, low, _)| (*x, *low));
        let back = limits.iter().rev().map(|(x, _, high)| (*x, *high));
        let mut path = self.line(there.chain(back));
        if !path.is_empty() {
            path.push('Z');
        }
        path
    }

    /// The whole picture: `body` between labelled axes.
    pub(super) fn picture(self, name: &str, x: &str, y: &str, body: &Markup) -> Markup {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        let middle = (TOP + bottom) / 2.0;
        html! {
            svg.plot viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(name) {
                @for tick in ticks(self.y) {
                    line.grid x1=(LEFT) x2=(right) y1=(place(self.down(tick))) y2=(place(self.down(tick))) {}
                    text text-anchor="end" x=(LEFT - 7.0) y=(place(self.down(tick) + 4.0)) { (label(tick, self.y)) }
                }
                @for tick in ticks(self.x) {
                    text text-anchor="middle" x=(place(self.across(tick))) y=(bottom + 18.0) { (label(tick, self.x)) }
                }
                (body)
                path.axis d=(format!("M{LEFT} {TOP}V{bottom}H{right}")) {}
                text text-anchor="middle" x=(f64::midpoint(LEFT, right)) y=(HEIGHT - 10.0) { (x) }
                text text-anchor="middle" transform=(format!("rotate(-90 15 {middle})")) x="15" y=(middle) { (y) }
            }
        }
    }
}

/// A place on the page, to a tenth of a pixel.
pub(super) fn place(value: f64) -> String {
    format!("{value:.1}")
}

/// Round numbers within a range, about five.
fn ticks(range: [f64; 2]) -> Vec<f64> {
    let step = step(range);
    let first = libm::ceil(range[0] / step - 1e-9);
    let count = libm::floor(range[1] / step + 1e-9) - first;
    (0..=count as u32)
        .map(|place| (first + f64::from(place)) * step)
        .collect()
}

fn step(range: [f64; 2]) -> f64 {
    let rough = ((range[1] - range[0]) / 5.0).max(1e-9);
    let ten = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|times| times * ten >= rough * 0.999);
    round.unwrap_or(10.0) * ten
}

fn label(tick: f64, range: [f64; 2]) -> String {
    let decimals = (-libm::floor(libm::log10(step(range)) + 1e-9)).max(0.0) as usize;
    format!("{:.decimals$}", tick + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_within_the_range() {
        assert_eq!(
            ticks([0.0, 1.0]),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(ticks([0.0, 1826.0]), [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!(label(0.6000000000000001, [0.0, 1.0]), "0.6");
        assert_eq!(label(500.0, [0.0, 1826.0]), "500");
        assert_eq!(label(-0.02, [-0.02, 0.05]), "-0.02");
    }

    #[test]
    fn what_lies_far_outside_of_the_axes_stays_at_their_edge() {
        let frame = Frame {
            x: [0.0, 1.0],
            y: [0.0, 1.0],
        };
        assert!(frame.down(1e9) >= 0.0);
        assert!(frame.across(-1e9) >= 0.0);
    }
}
