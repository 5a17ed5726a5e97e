//! CVSS 3.0 and 3.1 (their specifications, section 7). They differ in how the
//! environment is scored where the scope changes, and in how a sum is rounded
//! up: 3.1 forgives what binary fractions do to it, 3.0 asks for the exact
//! tenth. Here both are rounded as 3.1 says, with a finer grain for 3.0, whose
//! exact sums have at most ten decimals.

use super::Score;
use super::metrics::{Known, Metrics};

const LOSS: &[&str] = &["N", "L", "H"];
const LOSS_X: &[&str] = &["N", "L", "H", "X"];
const REQUIREMENT: &[&str] = &["L", "M", "H", "X"];

/// Every metric, and how many of them are base metrics.
pub(super) const METRICS: (&[Known], usize) = (
    &[
        ("AV", &["N", "A", "L", "P"]),
        ("AC", &["L", "H"]),
        ("PR", &["N", "L", "H"]),
        ("UI", &["N", "R"]),
        ("S", &["U", "C"]),
        ("C", LOSS),
        ("I", LOSS),
        ("A", LOSS),
        ("E", &["U", "P", "F", "H", "X"]),
        ("RL", &["O", "T", "W", "U", "X"]),
        ("RC", &["U", "R", "C", "X"]),
        ("CR", REQUIREMENT),
        ("IR", REQUIREMENT),
        ("AR", REQUIREMENT),
        ("MAV", &["N", "A", "L", "P", "X"]),
        ("MAC", &["L", "H", "X"]),
        ("MPR", &["N", "L", "H", "X"]),
        ("MUI", &["N", "R", "X"]),
        ("MS", &["U", "C", "X"]),
        ("MC", LOSS_X),
        ("MI", LOSS_X),
        ("MA", LOSS_X),
    ],
    8,
);

/// 3.0 or 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Minor {
    /// 3.0
    Zero,
    /// 3.1
    One,
}

impl Minor {
    /// The smallest tenth that is not below the value; in 3.1, of the value to
    /// five decimals (its appendix A).
    fn rounded_up(self, value: f64) -> f64 {
        let value = match self {
            Self::Zero => value,
            Self::One => (value * 100_000.0).round() / 100_000.0,
        };
        (value * 10.0 - 1e-9).ceil().max(0.0) / 10.0
    }
}

fn scored(value: f64) -> Score {
    Score::of_tenths((value * 10.0).round())
}

/// A power by multiplication: the same bits on every platform.
fn power(value: f64, exponent: u32) -> f64 {
    (0..exponent).fold(1.0, |product, _| product * value)
}

/// What is scored: the vector, and whether by its modified metrics.
struct Scored<'a> {
    metrics: &'a Metrics,
    modified: bool,
}

impl Scored<'_> {
    fn value(&self, name: &'static str) -> Option<&'static str> {
        let modified = match name {
            "AV" => "MAV",
            "AC" => "MAC",
            "PR" => "MPR",
            "UI" => "MUI",
            "S" => "MS",
            "C" => "MC",
            "I" => "MI",
            "A" => "MA",
            other => other,
        };
        let modified = self.metrics.get(modified).filter(|value| *value != "X");
        match (self.modified, modified) {
            (true, Some(value)) => Some(value),
            _ => self.metrics.get(name),
        }
    }

    fn weight(&self, name: &'static str, weights: &[(&str, f64)]) -> f64 {
        let value = self.value(name);
        let weight = weights.iter().find(|(known, _)| Some(*known) == value);
        weight.map_or(1.0, |(_, weight)| *weight)
    }

    fn scope_changes(&self) -> bool {
        self.value("S") == Some("C")
    }

    fn exploitability(&self) -> f64 {
        let privileges: &[(&str, f64)] = match self.scope_changes() {
            true => &[("N", 0.85), ("L", 0.68), ("H", 0.5)],
            false => &[("N", 0.85), ("L", 0.62), ("H", 0.27)],
        };
        8.22 * self.weight("AV", &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])
            * self.weight("AC", &[("L", 0.77), ("H", 0.44)])
            * self.weight("PR", privileges)
            * self.weight("UI", &[("N", 0.85), ("R", 0.62)])
    }

    /// What is left of confidentiality, integrity or availability.
    fn left(&self, name: &'static str, requirement: &'static str) -> f64 {
        let loss = self.weight(name, &[("N", 0.0), ("L", 0.22), ("H", 0.56)]);
        let times = match self.modified {
            true => self.weight(requirement, &[("L", 0.5), ("M", 1.0), ("H", 1.5)]),
            false => 1.0,
        };
        1.0 - loss * times
    }

    fn loss(&self) -> f64 {
        1.0 - self.left("C", "CR") * self.left("I", "IR") * self.left("A", "AR")
    }

    /// The sum that is rounded up, from the loss and the impact that it is
    /// where the scope changes.
    fn sum(&self, loss: f64, changed: f64) -> f64 {
        let impact = match self.scope_changes() {
            true => changed,
            false => 6.42 * loss,
        };
        if impact <= 1e-12 {
            return 0.0;
        }
        let factor = if self.scope_changes() { 1.08 } else { 1.0 };
        (factor * (impact + self.exploitability())).min(10.0)
    }
}

fn changed_impact(loss: f64) -> f64 {
    7.52 * (loss - 0.029) - 3.25 * power(loss - 0.02, 15)
}

/// The base score.
pub(super) fn base(metrics: &Metrics, minor: Minor) -> Score {
    let scored_by = Scored {
        metrics,
        modified: false,
    };
    let loss = scored_by.loss();
    scored(minor.rounded_up(scored_by.sum(loss, changed_impact(loss))))
}

/// The score with every metric; without those of time and environment it is
/// the base score.
pub(super) fn environmental(metrics: &Metrics, minor: Minor) -> Score {
    let scored_by = Scored {
        metrics,
        modified: true,
    };
    let loss = scored_by.loss().min(0.915);
    let environment = METRICS.0[11..].iter();
    let has_environment =
        (environment.into_iter()).any(|(name, _)| metrics.get(name).is_some_and(|it| it != "X"));
    // 3.1 bends the curve for the environment alone; a vector that says
    // nothing of it is scored by its base and time.
    let changed = match minor {
        Minor::One if has_environment => {
            7.52 * (loss - 0.029) - 3.25 * power(loss * 0.9731 - 0.02, 13)
        }
        Minor::Zero | Minor::One => changed_impact(loss),
    };
    let time = metrics.weight("E", &[("U", 0.91), ("P", 0.94), ("F", 0.97)])
        * metrics.weight("RL", &[("O", 0.95), ("T", 0.96), ("W", 0.97)])
        * metrics.weight("RC", &[("U", 0.92), ("R", 0.96)]);
    let score = minor.rounded_up(scored_by.sum(loss, changed));
    scored(minor.rounded_up(score * time))
}
