//! Small pictures for pages: inline SVG, drawn here, without text in it, so
//! that it may be as wide as a phone or a desk and stays readable. What a
//! picture shows stands beside it in words; `label` tells it to whoever does
//! not see it.
//!
//! Colours come from the style sheet by class: the pages' policy allows no
//! style in place.

use maud::{Markup, html};

/// Width of a drawing, in its own units.
const WIDTH: f64 = 1_000.0;

/// One part of a whole.
pub(crate) struct Part {
    /// The class that colours it: `good`, `bad`, `open`, `past`, `now`.
    pub(crate) kind: &'static str,
    /// How large it is, in any unit.
    pub(crate) size: f64,
}

/// A bar of parts that make a whole, in their order. A part that is there is
/// seen, however small it is.
pub(crate) fn bar(label: &str, parts: &[Part]) -> Markup {
    html! {
        svg .parts role="img" aria-label=(label) viewBox="0 0 1000 20" preserveAspectRatio="none" {
            @for (kind, left, width) in placed(parts) {
                rect .(kind) x=(place(left)) y="0" width=(place(width)) height="20" {}
            }
        }
    }
}

/// Where each part that is there begins, and how wide it is.
fn placed(parts: &[Part]) -> Vec<(&'static str, f64, f64)> {
    const LEAST: f64 = 6.0;
    let there = parts
        .iter()
        .filter(|part| part.size > 0.0 && part.size.is_finite());
    let there: Vec<_> = there.collect();
    let whole: f64 = there.iter().map(|part| part.size).sum();
    let wide = |part: &Part| (part.size / whole * WIDTH).max(LEAST);
    let drawn: f64 = there.iter().map(|part| wide(part)).sum();
    let mut left = 0.0;
    let place = |part: &&Part| {
        let width = wide(part) / drawn * WIDTH;
        let from = left;
        left += width;
        (part.kind, from, width)
    };
    there.iter().map(place).collect()
}

/// What is drawn of an estimate, all on one scale.
pub(crate) struct Estimate {
    /// Where it lies.
    pub(crate) value: f64,
    /// Its limit on the side that was judged.
    pub(crate) limit: Option<f64>,
    /// The class that colours it.
    pub(crate) kind: &'static str,
}

/// The ends of a scale on which several estimates and a bound are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale that takes in all numbers, with room at both ends; none where
    /// there is no finite number.
    pub(crate) fn around(numbers: impl Iterator<Item = f64>) -> Option<Self> {
        let finite = numbers.filter(|number| number.is_finite());
        let ends = finite.fold(None, |ends: Option<(f64, f64)>, number| {
            Some(ends.map_or((number, number), |(from, to)| {
                (from.min(number), to.max(number))
            }))
        });
        let (from, to) = ends?;
        let room = match to - from {
            wide if wide > 0.0 => wide * 0.08,
            _ => from.abs().max(1.0) * 0.08,
        };
        Some(Self {
            from: from - room,
            to: to + room,
        })
    }

    fn place(self, number: f64) -> f64 {
        ((number - self.from) / (self.to - self.from) * WIDTH).clamp(0.0, WIDTH)
    }
}

/// An estimate with its judged limit against a bound.
pub(crate) fn estimate(
    label: &str,
    scale: Scale,
    estimate: &Estimate,
    bound: Option<f64>,
) -> Markup {
    let at = place(scale.place(estimate.value));
    html! {
        svg .estimate role="img" aria-label=(label) viewBox="0 0 1000 24" preserveAspectRatio="none" {
            line .axis x1="0" x2="1000" y1="12" y2="12" {}
            @if let Some(bound) = bound {
                @let bound = place(scale.place(bound));
                line .bound x1=(bound) x2=(bound) y1="0" y2="24" {}
            }
            @if let Some(limit) = estimate.limit {
                line .reach .(estimate.kind) x1=(place(scale.place(limit))) x2=(at) y1="12" y2="12" {}
            }
            line .mark .(estimate.kind) x1=(at) x2=(at) y1="4" y2="20" {}
        }
    }
}

fn place(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn drawn(sizes: &[f64]) -> String {
        let parts: Vec<_> = sizes
            .iter()
            .map(|size| Part {
                kind: "good",
                size: *size,
            })
            .collect();
        bar("그림", &parts).into_string()
    }

    #[test]
    fn a_bar_is_as_wide_as_its_whole_and_shows_the_smallest_part() {
        let text = drawn(&[1.0, 0.0, 1e6]);
        assert_eq!(text.matches("<rect").count(), 2);
        let widths = text.split("width=\"").skip(1);
        let widths: Vec<f64> = widths
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert!(
            (widths.iter().sum::<f64>() - WIDTH).abs() < 0.2,
            "{widths:?}"
        );
        assert!(widths[0] > 5.0, "{widths:?}");
        for nothing in [&[][..], &[0.0], &[f64::NAN], &[-1.0]] {
            assert!(!drawn(nothing).contains("<rect"));
        }
    }

    #[test]
    fn a_scale_takes_in_all_that_is_drawn_on_it() {
        let scale = Scale::around([0.8, f64::NAN, 0.9].into_iter()).unwrap();
        assert!(scale.place(0.8) > 0.0 && scale.place(0.9) < WIDTH);
        assert!(scale.place(0.8) < scale.place(0.9));
        let one = Scale::around(std::iter::once(0.0)).unwrap();
        assert!((one.place(0.0) - WIDTH / 2.0).abs() < 1e-9);
        assert_eq!(Scale::around(std::iter::empty()), None);
    }

    #[test]
    fn what_a_picture_is_called_cannot_end_its_element() {
        let text = bar("\"><script>", &[]).into_string();
        assert!(!text.contains("<script>"), "{text}");
    }
}
