//! CVSS: the severity of a vulnerability as a vector of metrics, and the score
//! that it comes to. Versions 2.0, 3.0, 3.1 and 4.0, as FIRST specifies them
//! (<https://www.first.org/cvss/>).
//!
//! A score is a number of tenths, 0.0 to 10.0. What a vector lacks beside its
//! base metrics counts as not defined.

mod macro_vectors;
mod metrics;
mod v2;
mod v3;
mod v4;

use std::fmt;
use std::str::FromStr;

use metrics::Metrics;

/// Bytes of a vector; the longest that is well formed has 239.
pub const VECTOR_BYTES: usize = 512;

/// A score in tenths, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u8);

impl Score {
    /// The score of so many tenths, from 0 to 100.
    fn of_tenths(tenths: f64) -> Self {
        // Within 0..=100, so nothing is cut off.
        Self(tenths.clamp(0.0, 100.0) as u8)
    }

    /// The tenths.
    #[must_use]
    pub const fn tenths(self) -> u8 {
        self.0
    }

    /// The score as a number.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// Why a text is no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no CVSS vector: {0}")]
pub struct VectorError(String);

/// A version of CVSS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2.0
    V2,
    /// 3.0
    V3_0,
    /// 3.1
    V3_1,
    /// 4.0
    V4,
}

/// A vector of one of the versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector {
    version: Version,
    metrics: Metrics,
}

impl FromStr for Vector {
    type Err = VectorError;

    /// Reads a vector; its version stands in front, and nothing stands in
    /// front of one of 2.0. Metrics may come in any order, each once.
    fn from_str(text: &str) -> Result<Self, VectorError> {
        if text.len() > VECTOR_BYTES {
            let problem = format!(
                "it has {} bytes, at most {VECTOR_BYTES} are read",
                text.len()
            );
            return Err(VectorError(problem));
        }
        let (version, metrics) = match text.split_once('/') {
            Some(("CVSS:4.0", rest)) => (Version::V4, rest),
            Some(("CVSS:3.1", rest)) => (Version::V3_1, rest),
            Some(("CVSS:3.0", rest)) => (Version::V3_0, rest),
            Some((other, _)) if other.starts_with("CVSS:") => {
                let problem = format!("`{other}` is none of CVSS:3.0, CVSS:3.1 and CVSS:4.0");
                return Err(VectorError(problem));
            }
            _ => (Version::V2, text),
        };
        let (known, base) = match version {
            Version::V2 => v2::METRICS,
            Version::V3_0 | Version::V3_1 => v3::METRICS,
            Version::V4 => v4::METRICS,
        };
        let metrics = Metrics::parse(metrics, known, base).map_err(VectorError)?;
        Ok(Self { version, metrics })
    }
}

impl Vector {
    /// Its version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The score of its base metrics alone.
    #[must_use]
    pub fn base_score(&self) -> Score {
        match self.version {
            Version::V2 => v2::base(&self.metrics),
            Version::V3_0 => v3::base(&self.metrics, v3::Minor::Zero),
            Version::V3_1 => v3::base(&self.metrics, v3::Minor::One),
            Version::V4 => v4::score(&self.metrics.first(v4::BASE)),
        }
    }

    /// The score with all that it says: of threats (4.0) or time (2.0, 3.x),
    /// and of the environment.
    #[must_use]
    pub fn score(&self) -> Score {
        match self.version {
            Version::V2 => v2::environmental(&self.metrics),
            Version::V3_0 => v3::environmental(&self.metrics, v3::Minor::Zero),
            Version::V3_1 => v3::environmental(&self.metrics, v3::Minor::One),
            Version::V4 => v4::score(&self.metrics),
        }
    }

    /// Whether an attack needs neither privileges nor a person and comes over
    /// the network, and whether it takes confidentiality, integrity and
    /// availability whole. The nearest that a score comes to SSVC's
    /// `Automatable` and `Technical Impact` where nobody decided on those;
    /// none of 2.0, whose metrics are too coarse.
    #[must_use]
    pub fn as_ssvc(&self) -> Option<(bool, bool)> {
        let all = |wanted: &[(&str, &str)]| {
            (wanted.iter()).all(|(metric, value)| self.metrics.is(metric, value))
        };
        let attack: &[(&str, &str)] = &[("AV", "N"), ("AC", "L"), ("PR", "N"), ("UI", "N")];
        match self.version {
            Version::V2 => None,
            Version::V3_0 | Version::V3_1 => {
                Some((all(attack), all(&[("C", "H"), ("I", "H"), ("A", "H")])))
            }
            Version::V4 => Some((
                all(attack) && all(&[("AT", "N")]),
                all(&[("VC", "H"), ("VI", "H"), ("VA", "H")]),
            )),
        }
    }
}
