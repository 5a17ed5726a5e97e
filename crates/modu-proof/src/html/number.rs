//! Numbers as a page prints them: fixed digits, a true minus sign, grouped
//! thousands. The same number always gives the same characters.

use modu_kernel::Language;
pub(super) use modu_kernel::grouped as count;
use modu_statistics::Finite;

use crate::need::Metric;
use crate::report::{Interval, Measurement};

/// What stands where there is no number.
pub(super) const ABSENT: &str = "–";

/// A number with a fixed count of digits after the point, with U+2212 as its
/// minus sign; what rounds to zero has no sign.
pub(super) fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| matches!(byte, b'0' | b'.')) => rest.to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

/// A share as a percentage with a fixed count of digits: `0.1` is `10%`.
pub(super) fn percent(share: f64, digits: usize) -> String {
    format!("{}%", decimal(share * 100.0, digits))
}

/// `part` of `whole` as a percentage with one digit.
#[expect(
    clippy::cast_precision_loss,
    reason = "rows of a data set stay below 2^53"
)]
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        ABSENT.to_owned()
    } else {
        percent(part as f64 / whole as f64, 1)
    }
}

/// A p-value: four digits, and below that only that it is smaller.
pub(super) fn p_value(value: Finite) -> String {
    if value.get() < 0.0001 {
        "< 0.0001".to_owned()
    } else {
        decimal(value.get(), 4)
    }
}

/// A number as its author wrote it: the fewest digits that give it back, but
/// at least two after the point.
pub(super) fn as_written(value: f64) -> String {
    let shortest = value.to_string();
    let written = shortest.split_once('.').map_or(0, |(_, after)| after.len());
    decimal(value, written.clamp(2, 6))
}

/// Digits after the point for a metric. Those whose differences live in the
/// fourth digit get four.
pub(super) const fn digits(metric: Metric) -> usize {
    match metric {
        Metric::RocAuc
        | Metric::AveragePrecision
        | Metric::Brier
        | Metric::LogLoss
        | Metric::ExpectedCalibrationError => 4,
        _ => 3,
    }
}

/// `[lower, upper]`.
pub(super) fn interval(interval: Interval, digits: usize) -> String {
    format!(
        "[{}, {}]",
        decimal(interval.lower.get(), digits),
        decimal(interval.upper.get(), digits)
    )
}

/// An estimate and its interval in words, for the descriptions of figures.
pub(super) fn spoken(measurement: &Measurement, digits: usize, language: Language) -> String {
    match measurement {
        Measurement::Measured { value, interval: i } => {
            format!("{} {}", decimal(value.get(), digits), interval(*i, digits))
        }
        Measurement::NotMeasured { reason } => reason.label().get(language).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_with_fixed_digits_and_one_form_of_zero() {
        assert_eq!(decimal(0.7625, 3), "0.762");
        assert_eq!(decimal(-0.25, 2), "\u{2212}0.25");
        assert_eq!(decimal(-0.0001, 3), "0.000");
        assert_eq!(percent(0.1, 0), "10%");
    }

    #[test]
    fn a_threshold_is_printed_as_it_was_written() {
        let printed: Vec<_> = [0.7, 0.125, 2.0, 1.0 / 3.0].map(as_written).into();
        assert_eq!(printed, ["0.70", "0.125", "2.00", "0.333333"]);
    }
}
