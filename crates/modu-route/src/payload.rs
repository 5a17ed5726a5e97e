//! What a validated repository says: who may originate which prefix, and who
//! is a network's provider.

use rpki::resources::Asn;

use crate::VrpTable;

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
