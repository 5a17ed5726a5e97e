//! How measures are shown on a terminal.

use modu_care::model::AtHorizon;
use modu_survival::measure::Estimated;

use crate::terminal::Terminal;

/// A number to three digits or so.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        some if some >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// A p-value: never 0, for none is.
pub(super) fn p_value(value: f64) -> String {
    match value < 0.001 {
        true => "<0.001".to_owned(),
        false => format!("{value:.3}"),
    }
}

/// A measure with its interval, or why there is none.
pub(super) fn estimate(estimate: &Estimated) -> String {
    match estimate {
        Estimated::Undefined(reason) => format!("– ({reason})"),
        Estimated::Estimate(it) => match it.interval {
            None => number(it.value.get()),
            Some(interval) => format!(
                "{} ({} – {})",
                number(it.value.get()),
                number(interval.lower.get()),
                number(interval.upper.get())
            ),
        },
    }
}

/// The measures of a horizon: name, measure, and its place among those that
/// are corrected for optimism.
pub(super) fn of_horizons(
    terminal: Terminal,
    at: &AtHorizon,
) -> [(String, &Estimated, Option<usize>); 6] {
    let days = format!("{} {}", at.horizon, terminal.say("일", "days"));
    let name = |ko, en| format!("{}, {days}", terminal.say(ko, en));
    [
        (name("AUC", "AUC"), &at.auc, Some(0)),
        (name("Brier", "Brier"), &at.brier, Some(1)),
        (name("관찰/예측", "observed/expected"), &at.ratio, None),
        (
            name("보정 절편", "calibration intercept"),
            &at.intercept,
            None,
        ),
        (name("보정 기울기", "calibration slope"), &at.slope, Some(2)),
        (name("ICI", "ICI"), &at.ici, None),
    ]
}
