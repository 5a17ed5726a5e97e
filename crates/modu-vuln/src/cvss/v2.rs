//! CVSS 2.0 ("A Complete Guide to the Common Vulnerability Scoring System
//! Version 2.0", June 2007, section 3.2).

use super::Score;
use super::metrics::{Known, Metrics};

const REQUIREMENT: &[&str] = &["L", "M", "H", "ND"];
const LOSS: &[&str] = &["N", "P", "C"];

/// Every metric, and how many of them are base metrics.
pub(super) const METRICS: (&[Known], usize) = (
    &[
        ("AV", &["L", "A", "N"]),
        ("AC", &["H", "M", "L"]),
        ("Au", &["M", "S", "N"]),
        ("C", LOSS),
        ("I", LOSS),
        ("A", LOSS),
        ("E", &["U", "POC", "F", "H", "ND"]),
        ("RL", &["OF", "TF", "W", "U", "ND"]),
        ("RC", &["UC", "UR", "C", "ND"]),
        ("CDP", &["N", "L", "LM", "MH", "H", "ND"]),
        ("TD", &["N", "L", "M", "H", "ND"]),
        ("CR", REQUIREMENT),
        ("IR", REQUIREMENT),
        ("AR", REQUIREMENT),
    ],
    6,
);

/// The nearest tenth, halves away from nothing. The small share makes up for
/// what binary fractions lose of an exact half. Sums may be below nothing on
/// the way to a score.
fn rounded(value: f64) -> f64 {
    (value.abs() * 10.0 + 0.5 + 1e-9).floor().copysign(value) / 10.0
}

fn scored(value: f64) -> Score {
    Score::of_tenths((value * 10.0).round())
}

fn loss(metrics: &Metrics, name: &str, requirement: Option<&str>) -> f64 {
    let weight = metrics.weight(name, &[("N", 0.0), ("P", 0.275), ("C", 0.66)]);
    let times = requirement.map_or(1.0, |name| {
        metrics.weight(name, &[("L", 0.5), ("M", 1.0), ("H", 1.51)])
    });
    1.0 - weight * times
}

fn impact(metrics: &Metrics) -> f64 {
    let kept = loss(metrics, "C", None) * loss(metrics, "I", None) * loss(metrics, "A", None);
    10.41 * (1.0 - kept)
}

fn adjusted_impact(metrics: &Metrics) -> f64 {
    let kept = loss(metrics, "C", Some("CR"))
        * loss(metrics, "I", Some("IR"))
        * loss(metrics, "A", Some("AR"));
    (10.41 * (1.0 - kept)).min(10.0)
}

fn base_of(metrics: &Metrics, impact: f64) -> f64 {
    let exploitability = 20.0
        * metrics.weight("AV", &[("L", 0.395), ("A", 0.646), ("N", 1.0)])
        * metrics.weight("AC", &[("H", 0.35), ("M", 0.61), ("L", 0.71)])
        * metrics.weight("Au", &[("M", 0.45), ("S", 0.56), ("N", 0.704)]);
    // Without impact the sum could be anything; the guide sets it to nothing.
    let factor = if impact < 1e-9 { 0.0 } else { 1.176 };
    rounded((0.6 * impact + 0.4 * exploitability - 1.5) * factor)
}

fn temporal_of(metrics: &Metrics, base: f64) -> f64 {
    let exploited = [("U", 0.85), ("POC", 0.9), ("F", 0.95)];
    let remedied = [("OF", 0.87), ("TF", 0.9), ("W", 0.95)];
    let confirmed = [("UC", 0.9), ("UR", 0.95)];
    rounded(
        base * metrics.weight("E", &exploited)
            * metrics.weight("RL", &remedied)
            * metrics.weight("RC", &confirmed),
    )
}

/// The base score.
pub(super) fn base(metrics: &Metrics) -> Score {
    scored(base_of(metrics, impact(metrics)))
}

/// The score with every metric. Without metrics of the environment it is the
/// temporal score.
pub(super) fn environmental(metrics: &Metrics) -> Score {
    let environment = ["CDP", "TD", "CR", "IR", "AR"];
    let is_open = |name: &&str| metrics.get(name).is_none_or(|value| value == "ND");
    if environment.iter().all(is_open) {
        return scored(temporal_of(metrics, base_of(metrics, impact(metrics))));
    }
    let adjusted = temporal_of(metrics, base_of(metrics, adjusted_impact(metrics)));
    let damage = [("L", 0.1), ("LM", 0.3), ("MH", 0.4), ("H", 0.5)];
    let damage = match metrics.get("CDP") {
        None | Some("N" | "ND") => 0.0,
        Some(_) => metrics.weight("CDP", &damage),
    };
    let spread = [("N", 0.0), ("L", 0.25), ("M", 0.75), ("H", 1.0)];
    let spread = metrics.weight("TD", &spread);
    scored(rounded((adjusted + (10.0 - adjusted) * damage) * spread))
}
