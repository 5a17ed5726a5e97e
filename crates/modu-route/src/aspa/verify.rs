//! The two procedures: upstream and downstream.
//!
//! In the draft's terms a path is AS(N), ..., AS(1): AS(N) is nearest, AS(1)
//! the origin. The *up-ramp* is how far from the origin each network may have
//! handed the route to a provider; the *down-ramp* is how far from the nearest
//! network back each may have received it from a provider. With hops that
//! nobody attests counted as good a ramp has its greatest length, with them
//! counted as bad its least.

use rpki::resources::Asn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::{Path, PathFlaw};
use super::table::{AspaTable, Hop};

/// Where a route came from, seen by who verifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a customer, an equal, or a client of the route server that
    /// verifies: the path must only climb.
    Upstream,
    /// From a provider: the path may climb, cross once and descend. What fails
    /// this fails everywhere, so it is also what is asked of a path that a
    /// collector sees.
    Downstream,
}

/// What ASPAs say of a path.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PathValidity {
    /// Every step that has to be is attested.
    Valid,
    /// No step is contradicted, but not every one is attested.
    Unknown,
    /// It was leaked or forged, or cannot be verified at all.
    Invalid,
}

/// Why a path is invalid.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum PathFault {
    /// It is no path of single networks.
    Flaw {
        /// What is wrong.
        flaw: PathFlaw,
    },
    /// The climb from the origin ends here, too early.
    Hop {
        /// The network whose ASPA contradicts the path.
        customer: u32,
        /// Whom the path names next, and the ASPA does not: where a route was
        /// leaked, this network or one just after it leaked it.
        next: u32,
    },
}

impl AspaTable {
    /// Verifies a path (draft-ietf-sidrops-aspa-verification, sections 5.4 and
    /// 5.5), without the comparison of its nearest network with the
    /// neighbour, which who holds the session makes. Cost: two binary searches
    /// a step.
    #[must_use]
    pub fn verify(&self, path: Path<'_>, direction: Direction) -> PathValidity {
        if path.flaw.is_some() || path.networks.is_empty() {
            return PathValidity::Invalid;
        }
        let length = path.networks.len();
        let up = self.ramp(path.networks.iter().rev());
        let down = match direction {
            Direction::Upstream => Ramp { least: 0, most: 0 },
            Direction::Downstream => self.ramp(path.networks.iter()),
        };
        if up.most + down.most < length {
            PathValidity::Invalid
        } else if up.least + down.least < length {
            PathValidity::Unknown
        } else {
            PathValidity::Valid
        }
    }

    /// Why a path is invalid; `None` where it is not.
    #[must_use]
    pub fn why_invalid(&self, path: Path<'_>, direction: Direction) -> Option<PathFault> {
        if self.verify(path, direction) != PathValidity::Invalid {
            return None;
        }
        let networks = path.networks;
        if let Some(flaw) = path.flaw {
            return Some(PathFault::Flaw { flaw });
        }
        let climbed = self.ramp(networks.iter().rev()).most;
        let next = networks.len().checked_sub(climbed + 1)?;
        Some(PathFault::Hop {
            customer: networks.get(next + 1)?.into_u32(),
            next: networks.get(next)?.into_u32(),
        })
    }

    /// The length of a ramp in networks, from its lowest one on.
    fn ramp<'a>(&self, climbing: impl Iterator<Item = &'a Asn> + Clone) -> Ramp {
        let (mut least, mut most) = (None, 0);
        for (customer, next) in climbing.clone().zip(climbing.skip(1)) {
            most += 1;
            match self.hop(*customer, *next) {
                Hop::Provider => {}
                Hop::NoAttestation => least = least.or(Some(most)),
                Hop::NotProvider => {
                    return Ramp {
                        least: least.unwrap_or(most),
                        most,
                    };
                }
            }
        }
        most += 1;
        Ramp {
            least: least.unwrap_or(most),
            most,
        }
    }
}

struct Ramp {
    least: usize,
    most: usize,
}
