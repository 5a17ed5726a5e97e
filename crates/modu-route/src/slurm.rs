//! Local exceptions to what the RPKI says (SLURM): version 1 of RFC 8416, and
//! version 2 of draft-ietf-sidrops-aspa-slurm-04 with ASPAs.
//!
//! An operator knows some things better than the world does: a file of filters
//! takes authorisations away, and one of assertions adds others. Router keys
//! (BGPsec) are recognised and passed over. Read strictly: a member that is
//! not known, or a filter that names nothing, is an error, for a slip here
//! turns routes off.

mod together;

use std::collections::BTreeSet;

use rpki::resources::{Asn, addr::Prefix};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::payload::{Aspa, Payloads, joined};
use crate::vrp::{Vrp, bits_of, prefix_of};
use crate::{RouteError, limits, text};

/// A file of local exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalExceptions {
    filters: Filters,
    vrps: BTreeSet<Vrp>,
    aspas: Vec<Aspa>,
    router_keys: u64,
}

/// What is taken away: whatever one of these sets holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filters {
    prefixes: BTreeSet<Place>,
    origins: BTreeSet<Asn>,
    both: BTreeSet<(Place, Asn)>,
    customers: BTreeSet<Asn>,
    /// The lengths that the prefixes have, by family.
    lengths: [BTreeSet<u8>; 2],
}

/// A prefix as a place in an order: family, bits, length.
type Place = (bool, u128, u8);

/// What local exceptions changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionReport {
    /// VRPs that a filter took away.
    pub vrps_filtered: u64,
    /// Some of them, as `192.0.2.0/24-26 => 64496`.
    pub vrps_filtered_listed: Vec<String>,
    /// Customers whose ASPA a filter took away.
    pub aspas_filtered: Vec<u32>,
    /// VRPs of assertions that were not there before.
    pub vrps_added: u64,
    /// Customers to whose ASPAs an assertion added something.
    pub aspas_added: Vec<u32>,
    /// Filters and assertions about router keys, which are passed over.
    pub router_keys_passed_over: u64,
}

impl LocalExceptions {
    /// Reads a file.
    ///
    /// # Errors
    /// [`RouteError`] with the place and what to write.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        if bytes.len() as u64 > limits::SLURM_BYTES {
            return Err(RouteError::TooMany {
                what: "bytes in a SLURM file",
                limit: limits::SLURM_BYTES,
            });
        }
        let document: Document = serde_json::from_slice(bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let problem = format!("{error}: write a SLURM file (RFC 8416)");
            RouteError::Malformed { place, problem }
        })?;
        if !(1..=2).contains(&document.version) {
            return Err(RouteError::Malformed {
                place: "slurmVersion".into(),
                problem: format!("{} is not known: write 1 or 2", document.version),
            });
        }
        let Document {
            filters,
            assertions,
            ..
        } = document;
        let mut exceptions = Self {
            router_keys: (filters.bgpsec.len() + assertions.bgpsec.len()) as u64,
            ..Self::default()
        };
        for (number, filter) in (1..).zip(filters.prefix) {
            let read = exceptions.filters.take(&filter);
            read.map_err(|problem| item("prefixFilters", number, problem))?;
        }
        for (number, filter) in (1..).zip(filters.aspa.unwrap_or_default()) {
            let customer = filter.customer.ok_or_else(|| {
                let problem = "it names no `customerAsn`, and so filters nothing";
                item("aspaFilters", number, problem.into())
            })?;
            exceptions.filters.customers.insert(Asn::from_u32(customer));
        }
        for (number, assertion) in (1..).zip(assertions.prefix) {
            let vrp = assertion.read();
            let vrp = vrp.map_err(|problem| item("prefixAssertions", number, problem))?;
            exceptions.vrps.insert(vrp);
        }
        for (number, assertion) in (1..).zip(assertions.aspa.unwrap_or_default()) {
            let aspa = assertion.read();
            let aspa = aspa.map_err(|problem| item("aspaAssertions", number, problem))?;
            exceptions.aspas.push(aspa);
        }
        Ok(exceptions)
    }

    /// Filters first, then assertions, which no filter touches (RFC 8416,
    /// section 4.2).
    #[must_use]
    pub fn apply(&self, payloads: &Payloads) -> (Payloads, ExceptionReport) {
        let mut report = ExceptionReport {
            router_keys_passed_over: self.router_keys,
            ..ExceptionReport::default()
        };
        let mut vrps = Vec::with_capacity(payloads.vrps.len() + self.vrps.len());
        for vrp in payloads.vrps.as_slice() {
            if !self.filters.hold(vrp) {
                vrps.push(*vrp);
                continue;
            }
            report.vrps_filtered += 1;
            if report.vrps_filtered_listed.len() < limits::LISTED {
                report.vrps_filtered_listed.push(vrp.to_string());
            }
        }
        let kept = vrps.len();
        // What stands is in order, so that asking it is a search.
        let new = |vrp: &&Vrp| vrps.binary_search(vrp).is_err();
        let added: Vec<Vrp> = self.vrps.iter().filter(new).copied().collect();
        report.vrps_added = added.len() as u64;
        vrps.extend(added);
        debug_assert_eq!(vrps.len(), kept + report.vrps_added as usize);
        let (dropped, mut aspas): (Vec<Aspa>, Vec<Aspa>) = (payloads.aspas.iter().cloned())
            .partition(|aspa| self.filters.customers.contains(&aspa.customer));
        report.aspas_filtered = dropped.iter().map(|it| it.customer.into_u32()).collect();
        let before = aspas.clone();
        aspas.extend(self.aspas.iter().cloned());
        let aspas = joined(aspas);
        let changed = |aspa: &&Aspa| before.binary_search(aspa).is_err();
        let changed = aspas.iter().filter(changed);
        report.aspas_added = changed.map(|it| it.customer.into_u32()).collect();
        let payloads = Payloads {
            vrps: vrps.into_iter().collect(),
            aspas,
        };
        (payloads, report)
    }
}

fn item(list: &str, number: usize, problem: String) -> RouteError {
    RouteError::Malformed {
        place: format!("{list}, item {number}"),
        problem,
    }
}

fn place_of(prefix: Prefix) -> Place {
    (prefix.is_v6(), bits_of(prefix), prefix.len())
}

impl Filters {
    fn take(&mut self, filter: &PrefixFilter) -> Result<(), String> {
        let prefix = filter.prefix.as_deref().map(text::prefix).transpose()?;
        let origin = filter.asn.map(Asn::from_u32);
        if let Some(prefix) = prefix {
            self.lengths[usize::from(prefix.is_v6())].insert(prefix.len());
        }
        match (prefix, origin) {
            (Some(prefix), Some(origin)) => drop(self.both.insert((place_of(prefix), origin))),
            (Some(prefix), None) => drop(self.prefixes.insert(place_of(prefix))),
            (None, Some(origin)) => drop(self.origins.insert(origin)),
            (None, None) => {
                return Err("it names neither `prefix` nor `asn`, and so filters nothing".into());
            }
        }
        Ok(())
    }

    /// Whether a filter names this VRP: its origin, a prefix that covers its
    /// own, or both (RFC 8416, section 3.3.1).
    fn hold(&self, vrp: &Vrp) -> bool {
        if self.origins.contains(&vrp.origin) {
            return true;
        }
        let v6 = vrp.prefix.is_v6();
        let mut lengths = self.lengths[usize::from(v6)].range(..=vrp.prefix.len());
        lengths.any(|length| {
            let kept = u128::MAX.checked_shl(128 - u32::from(*length)).unwrap_or(0);
            let Some(covering) = prefix_of(!v6, bits_of(vrp.prefix) & kept, *length) else {
                return false;
            };
            let place = place_of(covering);
            self.prefixes.contains(&place) || self.both.contains(&(place, vrp.origin))
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "slurmVersion")]
    version: u8,
    #[serde(rename = "validationOutputFilters")]
    filters: OutputFilters,
    #[serde(rename = "locallyAddedAssertions")]
    assertions: Assertions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputFilters {
    #[serde(rename = "prefixFilters")]
    prefix: Vec<PrefixFilter>,
    #[serde(rename = "bgpsecFilters")]
    bgpsec: Vec<Value>,
    #[serde(rename = "aspaFilters")]
    aspa: Option<Vec<AspaFilter>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrefixFilter {
    prefix: Option<String>,
    asn: Option<u32>,
    #[serde(rename = "comment")]
    _comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AspaFilter {
    #[serde(rename = "customerAsn")]
    customer: Option<u32>,
    #[serde(rename = "comment")]
    _comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assertions {
    #[serde(rename = "prefixAssertions")]
    prefix: Vec<PrefixAssertion>,
    #[serde(rename = "bgpsecAssertions")]
    bgpsec: Vec<Value>,
    #[serde(rename = "aspaAssertions")]
    aspa: Option<Vec<AspaAssertion>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrefixAssertion {
    prefix: String,
    asn: u32,
    #[serde(rename = "maxPrefixLength")]
    max_length: Option<u8>,
    #[serde(rename = "comment")]
    _comment: Option<String>,
}

impl PrefixAssertion {
    fn read(&self) -> Result<Vrp, String> {
        let prefix = text::prefix(&self.prefix)?;
        let max_length = match self.max_length {
            None => prefix.len(),
            Some(length) => text::max_length(&length.to_string(), prefix)?,
        };
        Ok(Vrp {
            prefix,
            max_length,
            origin: Asn::from_u32(self.asn),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AspaAssertion {
    #[serde(rename = "customerAsn")]
    customer: u32,
    #[serde(rename = "providerAsns")]
    providers: Vec<u32>,
    #[serde(rename = "comment")]
    _comment: Option<String>,
}

impl AspaAssertion {
    fn read(&self) -> Result<Aspa, String> {
        if self.providers.is_empty() || self.providers.len() > limits::PROVIDERS {
            let limit = limits::PROVIDERS;
            return Err(format!("`providerAsns` must name 1 to {limit} networks"));
        }
        let providers: BTreeSet<_> = self.providers.iter().copied().map(Asn::from_u32).collect();
        Ok(Aspa {
            customer: Asn::from_u32(self.customer),
            providers: providers.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn vrp(prefix: &str, max_length: u8, origin: u32) -> Vrp {
        Vrp {
            prefix: text::prefix(prefix).unwrap(),
            max_length,
            origin: Asn::from_u32(origin),
        }
    }

    fn aspa(customer: u32, providers: &[u32]) -> Aspa {
        Aspa {
            customer: Asn::from_u32(customer),
            providers: providers.iter().copied().map(Asn::from_u32).collect(),
        }
    }

    fn file(filters: &str, assertions: &str) -> String {
        format!(
            r#"{{"slurmVersion": 2,
                "validationOutputFilters": {{"bgpsecFilters": [], {filters}}},
                "locallyAddedAssertions": {{"bgpsecAssertions": [], {assertions}}}}}"#
        )
    }

    #[test]
    fn filters_take_what_they_cover_and_assertions_stand_whatever_the_filters_say() {
        let payloads = Payloads {
            vrps: [
                vrp("192.0.2.0/24", 24, 64496),
                vrp("198.51.100.0/24", 24, 64496),
                vrp("198.51.100.128/25", 25, 64497),
                vrp("203.0.113.0/24", 24, 64498),
                vrp("2001:db8:1::/48", 48, 64496),
            ]
            .into_iter()
            .collect(),
            aspas: vec![aspa(1, &[2]), aspa(3, &[4])],
        };
        let text = file(
            r#""prefixFilters": [
                {"prefix": "198.51.100.0/24", "asn": 64497},
                {"asn": 64498, "comment": "gone"},
                {"prefix": "2001:db8::/32"}],
               "aspaFilters": [{"customerAsn": 1}]"#,
            r#""prefixAssertions": [
                {"prefix": "203.0.113.0/24", "asn": 64498, "maxPrefixLength": 25},
                {"prefix": "192.0.2.0/24", "asn": 64496}],
               "aspaAssertions": [{"customerAsn": 3, "providerAsns": [5]}]"#,
        );
        let (applied, report) = LocalExceptions::parse(text.as_bytes())
            .unwrap()
            .apply(&payloads);
        let shown: Vec<_> = (applied.vrps.as_slice().iter())
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            shown,
            [
                "192.0.2.0/24 => 64496",
                "198.51.100.0/24 => 64496",
                "203.0.113.0/24-25 => 64498"
            ]
        );
        assert_eq!(applied.aspas, [aspa(3, &[4, 5])]);
        assert_eq!((report.vrps_filtered, report.vrps_added), (3, 1));
        assert_eq!(report.vrps_filtered_listed.len(), 3);
        assert_eq!(
            (report.aspas_filtered, report.aspas_added),
            (vec![1], vec![3])
        );
    }

    #[test]
    fn a_slip_in_the_file_is_an_error_that_names_its_place() {
        let none = r#""prefixAssertions": []"#;
        for (text, place) in [
            (
                file(r#""prefixFilters": [{}]"#, none),
                "prefixFilters, item 1",
            ),
            (
                file(r#""prefixFilters": [{"prefix": "192.0.2.1/24"}]"#, none),
                "prefixFilters",
            ),
            (
                file(r#""prefixFilters": [{"prefx": "192.0.2.0/24"}]"#, none),
                "line 2",
            ),
            (
                file(
                    r#""prefixFilters": []"#,
                    r#""prefixAssertions": [{"prefix": "192.0.2.0/24", "asn": 1, "maxPrefixLength": 23}]"#,
                ),
                "prefixAssertions, item 1",
            ),
            (
                file(r#""prefixFilters": [], "aspaFilters": [{}]"#, none),
                "aspaFilters, item 1",
            ),
            (
                file(
                    r#""prefixFilters": []"#,
                    r#""prefixAssertions": [], "aspaAssertions": [{"customerAsn": 1, "providerAsns": []}]"#,
                ),
                "aspaAssertions, item 1",
            ),
            ("{}".into(), "line 1"),
            (
                file(r#""prefixFilters": []"#, none).replace('2', "3"),
                "slurmVersion",
            ),
        ] {
            let error = LocalExceptions::parse(text.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
