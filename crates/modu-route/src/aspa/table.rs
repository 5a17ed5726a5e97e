//! Who names whom as a provider.

use rpki::resources::Asn;
use serde::Deserialize;

use super::AspaProposal;
use crate::payload::Aspa;
use crate::{RouteError, limits, text};

/// What the ASPA of a network says of the next one on a path
/// (draft-ietf-sidrops-aspa-verification, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hop {
    /// The network has no ASPA.
    NoAttestation,
    /// It names the next one as a provider ("Provider+").
    Provider,
    /// It has an ASPA that does not ("Not Provider+").
    NotProvider,
}

/// The providers of every network that has an ASPA, in order of customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AspaTable(Vec<Aspa>);

impl AspaTable {
    /// Reads the member `aspas` of the JSON that validators print: objects of
    /// `customer` and `providers` as Routinator writes them, or
    /// `customer_asid` and `providers` as rpki-client does. The ASPAs of one
    /// customer are joined.
    ///
    /// # Errors
    /// [`RouteError`] with the place and what to write.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let document: Document =
            serde_json::from_slice(bytes).map_err(|error| RouteError::Malformed {
                place: format!("line {}, column {}", error.line(), error.column()),
                problem: format!(
                    "{error}: expected {{\"aspas\": [{{\"customer\": \"AS64496\", \"providers\": [\"AS64497\"]}}]}}"
                ),
            })?;
        Self::of_items(document.aspas)
    }

    /// Reads the ASPAs that stand beside VRPs in the JSON that validators
    /// print; none where it has no such member, or is CSV.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(crate) fn parse_beside(bytes: &[u8]) -> Result<Self, RouteError> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return Ok(Self::default());
        }
        let beside: Beside =
            serde_json::from_slice(bytes).map_err(|error| RouteError::Malformed {
                place: format!("line {}, column {}", error.line(), error.column()),
                problem: format!("{error}: expected customer and providers in each of `aspas`"),
            })?;
        Self::of_items(beside.aspas)
    }

    fn of_items(items: Vec<Item>) -> Result<Self, RouteError> {
        if items.len() > limits::ASPAS {
            return Err(RouteError::TooMany {
                what: "ASPAs",
                limit: limits::ASPAS as u64,
            });
        }
        (1..)
            .zip(items)
            .map(|(number, item)| {
                item.read().map_err(|problem| RouteError::Malformed {
                    place: format!("aspas, item {number}"),
                    problem,
                })
            })
            .collect()
    }

    /// The ASPAs, one a customer, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[Aspa] {
        &self.0
    }

    /// The ASPA of a network.
    #[must_use]
    pub fn of(&self, customer: Asn) -> Option<&Aspa> {
        let place = self.0.binary_search_by_key(&customer, |it| it.customer);
        place.ok().and_then(|place| self.0.get(place))
    }

    /// Whether a network names another as its provider. AS 0 is nobody's
    /// provider. Cost: two binary searches.
    #[must_use]
    pub fn hop(&self, customer: Asn, next: Asn) -> Hop {
        match self.of(customer) {
            None => Hop::NoAttestation,
            Some(aspa) if next != Asn::MIN && aspa.providers.binary_search(&next).is_ok() => {
                Hop::Provider
            }
            Some(_) => Hop::NotProvider,
        }
    }

    /// The table after a change: what is proposed for a customer replaces all
    /// that the table says of it.
    #[must_use]
    pub fn changed(&self, proposal: &AspaProposal) -> Self {
        let untouched = |aspa: &&Aspa| {
            !proposal.removed.contains(&aspa.customer)
                && !proposal.published.contains_key(&aspa.customer)
        };
        let published = proposal.published.iter().map(|(customer, providers)| Aspa {
            customer: *customer,
            providers: providers.iter().copied().collect(),
        });
        let kept = self.0.iter().filter(untouched).cloned();
        kept.chain(published).collect()
    }
}

impl FromIterator<Aspa> for AspaTable {
    fn from_iter<I: IntoIterator<Item = Aspa>>(aspas: I) -> Self {
        let mut table: Vec<Aspa> = Vec::new();
        let mut all: Vec<_> = aspas.into_iter().collect();
        all.sort_unstable();
        for mut aspa in all {
            match table.last_mut().filter(|it| it.customer == aspa.customer) {
                Some(last) => last.providers.append(&mut aspa.providers),
                None => table.push(aspa),
            }
        }
        for aspa in &mut table {
            aspa.providers.sort_unstable();
            aspa.providers.dedup();
        }
        Self(table)
    }
}

#[derive(Deserialize)]
struct Document {
    aspas: Vec<Item>,
}

/// A document that may tell of ASPAs.
#[derive(Deserialize)]
struct Beside {
    #[serde(default)]
    aspas: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(alias = "customer_asid")]
    customer: AsnForm,
    providers: Vec<AsnForm>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AsnForm {
    Number(u32),
    Text(String),
}

impl AsnForm {
    fn read(&self) -> Result<Asn, String> {
        match self {
            Self::Number(number) => Ok(Asn::from_u32(*number)),
            Self::Text(text) => text::asn(text),
        }
    }
}

impl Item {
    fn read(&self) -> Result<Aspa, String> {
        let (customer, providers) = (self.customer.read()?, &self.providers);
        if providers.len() > limits::PROVIDERS {
            return Err(format!(
                "{customer} has {} providers: an ASPA holds at most {}",
                providers.len(),
                limits::PROVIDERS
            ));
        }
        Ok(Aspa {
            customer,
            providers: providers
                .iter()
                .map(AsnForm::read)
                .collect::<Result<_, _>>()?,
        })
    }
}
