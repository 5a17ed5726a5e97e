//! The two operator domains and the versions of them that are read.

use crate::error::OnnxError;
use crate::place::Place;
use crate::proto::OperatorSet;

/// The operator sets that are read. Later ones may change what an operator
/// means; earlier ones lack numpy's broadcasting.
pub(crate) const DEFAULT_VERSIONS: std::ops::RangeInclusive<i64> = 7..=25;
/// The same of the domain `ai.onnx.ml`.
pub(crate) const ML_VERSIONS: std::ops::RangeInclusive<i64> = 1..=5;
/// One of the two domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Domain {
    /// `""`, also written `ai.onnx`.
    Default,
    /// `ai.onnx.ml`.
    Ml,
}

impl Domain {
    pub(crate) fn of(text: &str) -> Option<Self> {
        match text {
            "" | "ai.onnx" => Some(Self::Default),
            "ai.onnx.ml" => Some(Self::Ml),
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::Ml => "ai.onnx.ml",
        }
    }
}

/// The versions of the two operator sets that the file imports.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Versions {
    pub(super) default: Option<i64>,
    pub(super) ml: Option<i64>,
}

impl Versions {
    /// Imports of other domains are harmless as long as no node uses them;
    /// some exporters import the same version twice.
    pub(super) fn of(imports: &[OperatorSet]) -> Result<Self, OnnxError> {
        let mut versions = Self::default();
        for import in imports {
            let slot = match Domain::of(&import.domain) {
                Some(Domain::Default) => &mut versions.default,
                Some(Domain::Ml) => &mut versions.ml,
                None => continue,
            };
            if slot.is_some_and(|version| version != import.version) {
                return Err(OnnxError::malformed(
                    Place::File,
                    format!(
                        "two versions of the operator set `{}` are imported",
                        import.domain
                    ),
                ));
            }
            *slot = Some(import.version);
        }
        Ok(versions)
    }

    pub(super) fn of_domain(&self, domain: Domain) -> Result<i64, String> {
        let (version, range) = match domain {
            Domain::Default => (self.default, DEFAULT_VERSIONS),
            Domain::Ml => (self.ml, ML_VERSIONS),
        };
        match version {
            None => Err(format!(
                "the operator set `{}` is used but not imported",
                domain.name()
            )),
            Some(version) if !range.contains(&version) => Err(format!(
                "version {version} of the operator set `{}` is not one of {} to {}",
                domain.name(),
                range.start(),
                range.end()
            )),
            Some(version) => Ok(version),
        }
    }
}
