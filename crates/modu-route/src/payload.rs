//! What a validated repository says: who may originate which prefix, and who
//! is a network's provider.

use rpki::resources::Asn;

use crate::aspa::AspaTable;
use crate::validate::{ObjectOutcome, ValidatedTree};
use crate::{RouteError, VrpTable};

/// The providers that a network names for itself (draft-ietf-sidrops-aspa-
/// profile): a path in which the customer is followed by another network as if
/// that were its provider is a leak or a forgery.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aspa {
    /// The network that speaks.
    pub customer: Asn,
    /// Its providers, ascending and each once; AS 0 alone says it has none.
    pub providers: Vec<Asn>,
}

/// All that routers are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payloads {
    /// Origin authorisations.
    pub vrps: VrpTable,
    /// Provider authorisations, ascending by customer and one for each: the
    /// ASPAs of one customer are joined, as the profile says.
    pub aspas: Vec<Aspa>,
}

impl Payloads {
    /// Reads a table that another validator printed: VRPs as
    /// [`VrpTable::parse`] does, and where it is JSON the member `aspas`, if it
    /// has one, as [`AspaTable::parse`] does.
    ///
    /// # Errors
    /// As these two.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        Ok(Self {
            vrps: VrpTable::parse(bytes)?,
            aspas: joined(AspaTable::parse_beside(bytes)?.as_slice().to_vec()),
        })
    }
}

impl ValidatedTree {
    /// All that routers are told of this tree. Cost: a sort of the VRPs.
    #[must_use]
    pub fn payloads(&self) -> Payloads {
        let mut vrps = Vec::new();
        let mut aspas = Vec::new();
        for object in self.authorities.iter().flat_map(|it| it.objects.iter()) {
            match &object.outcome {
                ObjectOutcome::Roa(_, held) => vrps.extend_from_slice(held),
                ObjectOutcome::Aspa(_, aspa) => aspas.push(aspa.clone()),
                _ => {}
            }
        }
        Payloads {
            vrps: vrps.into_iter().collect(),
            aspas: joined(aspas),
        }
    }
}

/// ASPAs of one customer joined, ascending by customer. Where one of them says
/// that there is no provider and another names some, the others' count: AS 0
/// adds nothing (draft-ietf-sidrops-aspa-profile, section 5).
pub(crate) fn joined(mut aspas: Vec<Aspa>) -> Vec<Aspa> {
    aspas.sort_unstable();
    let mut joined: Vec<Aspa> = Vec::with_capacity(aspas.len());
    for aspa in aspas {
        match joined.last_mut() {
            Some(last) if last.customer == aspa.customer => last.providers.extend(aspa.providers),
            _ => joined.push(aspa),
        }
    }
    for aspa in &mut joined {
        aspa.providers.sort_unstable();
        aspa.providers.dedup();
        if aspa.providers.len() > 1 {
            aspa.providers.retain(|provider| *provider != Asn::MIN);
        }
    }
    joined
}
