//! The hazard of an event where all covariates are 0.

use crate::SurvivalError;

/// A law of how the hazard goes with time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Baseline {
    /// Cumulative hazard (t / scale)^shape: constant hazard at shape 1,
    /// growing above it.
    Weibull {
        /// Above 0.
        shape: f64,
        /// Above 0, in units of time.
        scale: f64,
    },
    /// Hazard rate * exp(growth * t), as adults age. With a growth below 0
    /// some never have the event.
    Gompertz {
        /// Hazard at time 0, above 0.
        rate: f64,
        /// Growth of its logarithm in a unit of time.
        growth: f64,
    },
}

impl Baseline {
    pub(super) fn check(&self) -> Result<(), SurvivalError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let holds = match *self {
            Self::Weibull { shape, scale } => positive(shape) && positive(scale),
            Self::Gompertz { rate, growth } => positive(rate) && growth.is_finite(),
        };
        match holds {
            true => Ok(()),
            false => Err(SurvivalError::Setting {
                what: "a baseline",
                found: format!("{self:?}"),
                range: "of finite numbers above 0, but for the growth, which may be below",
            }),
        }
    }

    /// The cumulative hazard until a time of at least 0.
    #[must_use]
    pub fn cumulative_hazard(&self, time: f64) -> f64 {
        match *self {
            Self::Weibull { shape, scale } => libm::pow(time / scale, shape),
            Self::Gompertz { rate, growth: 0.0 } => rate * time,
            Self::Gompertz { rate, growth } => rate / growth * libm::expm1(growth * time),
        }
    }

    /// When the cumulative hazard reaches a value of at least 0; infinity
    /// where it never does.
    #[must_use]
    pub fn time_at(&self, cumulative_hazard: f64) -> f64 {
        match *self {
            Self::Weibull { shape, scale } => scale * libm::pow(cumulative_hazard, 1.0 / shape),
            Self::Gompertz { rate, growth: 0.0 } => cumulative_hazard / rate,
            Self::Gompertz { rate, growth } => {
                let grown = growth * cumulative_hazard / rate;
                if grown <= -1.0 {
                    return f64::INFINITY;
                }
                libm::log1p(grown) / growth
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_the_inverse_of_the_cumulative_hazard() {
        for baseline in [
            Baseline::Weibull {
                shape: 1.3,
                scale: 1000.0,
            },
            Baseline::Gompertz {
                rate: 3e-4,
                growth: 1e-3,
            },
            Baseline::Gompertz {
                rate: 3e-4,
                growth: -1e-4,
            },
            Baseline::Gompertz {
                rate: 3e-4,
                growth: 0.0,
            },
        ] {
            for time in [0.0, 1.0, 400.0, 2500.0] {
                let back = baseline.time_at(baseline.cumulative_hazard(time));
                assert!((back - time).abs() < 1e-9 * time.max(1.0), "{baseline:?}");
            }
        }
    }

    #[test]
    fn a_falling_hazard_leaves_some_without_the_event() {
        let baseline = Baseline::Gompertz {
            rate: 1.0,
            growth: -1.0,
        };
        assert_eq!(baseline.time_at(1.0), f64::INFINITY);
        assert!(baseline.time_at(0.999).is_finite());
    }
}
