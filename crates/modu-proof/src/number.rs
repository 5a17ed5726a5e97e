//! Numbers that are sure to be numbers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A finite double. JSON has no NaN, and `serde_json` would silently write
/// `null` for one; so no report holds a plain `f64`.
#[derive(Clone, Copy, PartialEq, PartialOrd, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Finite(f64);

impl Finite {
    /// Zero.
    pub const ZERO: Self = Self(0.0);

    /// `None` for NaN and infinities. A negative zero becomes zero, as in
    /// canonical JSON.
    #[must_use]
    pub const fn new(value: f64) -> Option<Self> {
        if value.is_finite() {
            Some(Self(value + 0.0))
        } else {
            None
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// A count, exact up to 2^53.
    #[must_use]
    pub const fn of_count(count: u64) -> Self {
        Self(count as f64)
    }
}

impl fmt::Debug for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for Finite {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom("the number must be finite"))
    }
}

#[cfg(test)]
mod tests {
    use super::Finite;

    #[test]
    fn only_finite_numbers_exist_and_negative_zero_is_zero() {
        assert!(Finite::new(f64::NAN).is_none());
        assert!(Finite::new(f64::INFINITY).is_none());
        assert_eq!(
            Finite::new(-0.0).map(|zero| zero.get().is_sign_negative()),
            Some(false)
        );
        assert!(serde_json::from_str::<Finite>("1e999").is_err());
    }
}
