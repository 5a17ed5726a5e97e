//! What changed between two runs, as data.

use std::collections::BTreeSet;

use modu_kernel::Digest;
use rpki::resources::Asn;
use serde::{Deserialize, Serialize};

use super::cause::{Cause, ManifestName};
use crate::payload::{Aspa, Payloads};
use crate::validate::Validity;
use crate::vrp::Vrp;
use crate::{RouteError, text};

/// Everything that changed from one tree to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The earlier run's time, seconds since 1970 (UTC); none before the first.
    pub earlier: Option<i64>,
    /// The later run's time.
    pub later: i64,
    /// The authorities that are named below; an issuer stands before those
    /// whom it certified.
    pub links: Vec<Link>,
    /// The causes that are named below.
    pub causes: Vec<Cause>,
    /// The changes: VRPs in the order of a routing table, then ASPAs by
    /// customer.
    pub changes: Vec<Change>,
}

/// An authority on the way to the trust anchor, as it was in the tree that
/// says the thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its issuer among the links; a trust anchor has none.
    pub issuer: Option<u32>,
    /// The trust anchor's name.
    pub anchor: String,
    /// The URI of its certificate.
    pub certificate: String,
    /// The certificate's digest.
    pub digest: Digest,
    /// Its publication point, an rsync URI that ends in `/`.
    pub folder: String,
    /// Its manifest.
    pub manifest: Option<ManifestName>,
}

/// What a change means for the table that routers get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It was not in the table, and is.
    Appeared,
    /// It was in the table, and is not.
    Vanished,
    /// It was and is: others said or say it, too.
    StillSaid,
}

/// Whether an object began or ceased to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It says it in the later tree only.
    Came,
    /// It said it in the earlier tree only.
    Went,
}

/// An object that began or ceased to say something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saying {
    /// Which of them.
    pub direction: Direction,
    /// The object's file name in its authority's publication point.
    pub object: String,
    /// The object's digest.
    pub digest: Digest,
    /// From when until when it may be believed.
    pub validity: Validity,
    /// Its authority among the links.
    pub link: u32,
    /// Why, among the causes.
    pub cause: u32,
}

/// One line that changed, or that others say now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// An origin authorisation.
    Vrp {
        /// Which.
        #[serde(with = "vrp_form")]
        vrp: Vrp,
        /// What it means for the table.
        effect: Effect,
        /// Who began or ceased to say it; at least one.
        sayings: Vec<Saying>,
    },
    /// A network's providers: all ASPAs of it joined.
    Aspa {
        /// The network.
        #[serde(with = "asn_form")]
        customer: Asn,
        /// Its providers before; none where it had named none.
        #[serde(with = "asns_form")]
        before: Vec<Asn>,
        /// Its providers after.
        #[serde(with = "asns_form")]
        after: Vec<Asn>,
        /// Who began or ceased to say something of it; at least one.
        sayings: Vec<Saying>,
    },
}

impl Change {
    /// What it means for the table; an ASPA with other providers has both
    /// appeared and vanished, and counts as appeared.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::Vrp { effect, .. } => *effect,
            Self::Aspa { before, after, .. } if before == after => Effect::StillSaid,
            Self::Aspa { after, .. } if after.is_empty() => Effect::Vanished,
            Self::Aspa { .. } => Effect::Appeared,
        }
    }

    /// Who began or ceased to say it.
    #[must_use]
    pub fn sayings(&self) -> &[Saying] {
        match self {
            Self::Vrp { sayings, .. } | Self::Aspa { sayings, .. } => sayings,
        }
    }
}

impl Difference {
    /// The authority of a saying and its issuers, up to the trust anchor.
    pub fn chain<'d>(&'d self, saying: &Saying) -> impl Iterator<Item = &'d Link> {
        let mut next = Some(saying.link);
        std::iter::from_fn(move || {
            let link = self.links.get(next? as usize)?;
            // An issuer stands before: a chain that came from a stranger ends.
            next = link.issuer.filter(|issuer| Some(*issuer) < next);
            Some(link)
        })
    }

    /// The object's URI.
    #[must_use]
    pub fn uri(&self, saying: &Saying) -> String {
        let folder = (self.links.get(saying.link as usize)).map_or("", |link| &link.folder);
        format!("{folder}{}", saying.object)
    }

    /// Why a saying came or went.
    #[must_use]
    pub fn cause(&self, saying: &Saying) -> Option<&Cause> {
        self.causes.get(saying.cause as usize)
    }

    /// The payloads of the later tree, from those of the earlier.
    ///
    /// # Errors
    /// [`RouteError::Malformed`] where the earlier payloads are not those that
    /// the difference was made from.
    pub fn apply(&self, earlier: &Payloads) -> Result<Payloads, RouteError> {
        let unfit = |what: String| RouteError::Malformed {
            place: what,
            problem: "it does not fit: these are not the payloads before the change".into(),
        };
        let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
        let mut aspas: std::collections::BTreeMap<_, _> = (earlier.aspas.iter())
            .map(|aspa| (aspa.customer, aspa.providers.clone()))
            .collect();
        for change in &self.changes {
            match change {
                Change::Vrp { vrp, effect, .. } => {
                    if earlier.vrps.contains(vrp) == (*effect == Effect::Appeared) {
                        return Err(unfit(vrp.to_string()));
                    }
                    match effect {
                        Effect::Appeared => added.insert(*vrp),
                        Effect::Vanished => removed.insert(*vrp),
                        Effect::StillSaid => false,
                    };
                }
                Change::Aspa {
                    customer,
                    before,
                    after,
                    ..
                } => {
                    if aspas.get(customer).map_or(&[] as &[Asn], Vec::as_slice) != before {
                        return Err(unfit(format!("the ASPA of {customer}")));
                    }
                    match after.is_empty() {
                        true => aspas.remove(customer),
                        false => aspas.insert(*customer, after.clone()),
                    };
                }
            }
        }
        let aspas = aspas.into_iter();
        Ok(Payloads {
            vrps: earlier.vrps.changed(&removed, &added),
            aspas: aspas
                .map(|(customer, providers)| Aspa {
                    customer,
                    providers,
                })
                .collect(),
        })
    }
}

/// A VRP as validators write it in JSON.
pub(super) mod vrp_form {
    use super::{Asn, Deserialize, Serialize, Vrp, text};
    use serde::{Deserializer, Serializer, de::Error as _};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Form {
        asn: u32,
        prefix: String,
        max_length: u8,
    }

    pub(in super::super) fn serialize<S: Serializer>(vrp: &Vrp, to: S) -> Result<S::Ok, S::Error> {
        Form {
            asn: vrp.origin.into_u32(),
            prefix: vrp.prefix.to_string(),
            max_length: vrp.max_length,
        }
        .serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vrp, D::Error> {
        let form = Form::deserialize(from)?;
        let prefix = text::prefix(&form.prefix).map_err(D::Error::custom)?;
        let max_length = text::max_length(&form.max_length.to_string(), prefix);
        Ok(Vrp {
            prefix,
            max_length: max_length.map_err(D::Error::custom)?,
            origin: Asn::from_u32(form.asn),
        })
    }
}

/// An AS number as a number.
mod asn_form {
    use super::{Asn, Deserialize};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(asn: &Asn, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(asn.into_u32())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Asn, D::Error> {
        u32::deserialize(from).map(Asn::from_u32)
    }
}

/// AS numbers as numbers.
mod asns_form {
    use super::{Asn, Deserialize};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(asns: &[Asn], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(asns.iter().map(|asn| asn.into_u32()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Asn>, D::Error> {
        let numbers = Vec::<u32>::deserialize(from)?;
        Ok(numbers.into_iter().map(Asn::from_u32).collect())
    }
}
