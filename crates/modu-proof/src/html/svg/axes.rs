//! Scales, ticks and the frame of a plot.

use maud::{Markup, html};

use super::at;
use crate::html::number::decimal;

/// Maps values to a stretch of the drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// From `low..=high` to `start..=end` in units of the drawing. A range of
    /// no width is widened to one that has some.
    pub(super) fn new((low, high): (f64, f64), (start, end): (f64, f64)) -> Self {
        let (low, high) = if high > low {
            (low, high)
        } else {
            (low - 0.5, low + 0.5)
        };
        Self {
            low,
            high,
            start,
            end,
        }
    }

    /// Where a value lies; values beyond the range lie on its edge.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.start + share * (self.end - self.start)
    }

    /// Whether a value lies within the range.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// About `wanted` round values within the range, and the digits they need.
    pub(super) fn ticks(&self, wanted: u32) -> (Vec<f64>, usize) {
        let rough = (self.high - self.low) / f64::from(wanted.max(1));
        let mut digits = 0_usize;
        let mut power = 1.0;
        while power > rough && digits < 6 {
            power /= 10.0;
            digits += 1;
        }
        while power * 10.0 <= rough {
            power *= 10.0;
        }
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|step| *step >= rough)
            .unwrap_or(power * 10.0);
        let digits = if step >= 10.0 * power {
            digits.saturating_sub(1)
        } else {
            digits
        };
        let first = (self.low / step).ceil();
        let ticks = (0..20)
            .map(|index| (first + f64::from(index)) * step)
            .take_while(|tick| *tick <= self.high + step * 1e-9)
            .collect();
        (ticks, digits)
    }
}

/// The smallest range that holds all values, with a margin on both sides.
pub(super) fn range_of(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if low > high {
        return (0.0, 1.0);
    }
    let margin = ((high - low) * 0.06).max(0.002);
    (low - margin, high + margin)
}

/// The rectangle in which values are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// Grid lines and labels at round values of the horizontal axis.
    pub(super) fn horizontal(&self, scale: Scale, wanted: u32, label: &str) -> Markup {
        let (ticks, digits) = scale.ticks(wanted);
        let middle = f64::midpoint(self.left, self.right);
        html! {
            @for tick in ticks {
                @let x = at(scale.place(tick));
                path class="grid" d=(format_args!("M{x} {}V{}", at(self.top), at(self.bottom))) {}
                text class="tick" x=(x) y=(at(self.bottom + 15.0)) text-anchor="middle" {
                    (decimal(tick, digits))
                }
            }
            text class="axis" x=(at(middle)) y=(at(self.bottom + 32.0)) text-anchor="middle" {
                (label)
            }
        }
    }

    /// The same for the vertical axis.
    pub(super) fn vertical(&self, scale: Scale, wanted: u32, label: &str) -> Markup {
        let (ticks, digits) = scale.ticks(wanted);
        let (x, y) = (
            at(self.left - 34.0),
            at(f64::midpoint(self.top, self.bottom)),
        );
        html! {
            @for tick in ticks {
                @let y = scale.place(tick);
                path class="grid" d=(format_args!("M{} {}H{}", at(self.left), at(y), at(self.right))) {}
                text class="tick" x=(at(self.left - 6.0)) y=(at(y + 4.0)) text-anchor="end" {
                    (decimal(tick, digits))
                }
            }
            text class="axis" x=(x) y=(y) text-anchor="middle"
                transform=(format_args!("rotate(-90 {x} {y})")) { (label) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        for (range, expected, digits) in [
            ((0.0, 1.0), vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0], 1),
            ((0.03, 0.29), vec![0.1, 0.2], 1),
            ((0.001, 0.019), vec![0.005, 0.010, 0.015], 3),
        ] {
            let (ticks, found) = Scale::new(range, (0.0, 1.0)).ticks(5);
            assert_eq!(ticks.len(), expected.len(), "{range:?} {ticks:?}");
            for (tick, expected) in ticks.iter().zip(expected) {
                assert!((tick - expected).abs() < 1e-12, "{range:?} {ticks:?}");
            }
            assert_eq!(found, digits, "{range:?}");
        }
    }

    #[test]
    fn a_range_without_width_is_still_a_scale() {
        let scale = Scale::new((0.5, 0.5), (0.0, 100.0));
        assert!((scale.place(0.5) - 50.0).abs() < 1e-9);
    }
}
