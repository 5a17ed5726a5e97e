//! Several files of local exceptions as one (RFC 8416, section 4.2): what any
//! of them filters or adds. Files of different people must not speak of the
//! same prefix or network, for then one of them undoes what the other means;
//! where they do, all of them are refused.

use rpki::resources::{Asn, addr::Prefix};

use super::{LocalExceptions, Place, place_of};
use crate::RouteError;
use crate::vrp::prefix_of;

impl LocalExceptions {
    /// Files with their names as one.
    ///
    /// # Errors
    /// [`RouteError`] with the two files and what both speak of.
    pub fn together(files: Vec<(String, Self)>) -> Result<Self, RouteError> {
        let overlap = overlapping_prefixes(&files).or_else(|| same_networks(&files));
        if let Some((one, other, what)) = overlap {
            let name = |file: usize| files.get(file).map_or("", |(name, _)| name);
            return Err(RouteError::Malformed {
                place: format!("{} and {}", name(one), name(other)),
                problem: format!(
                    "both speak of {what}: let one file say it (RFC 8416, section 4.2)"
                ),
            });
        }
        let mut all = Self::default();
        for (_, file) in files {
            all.filters.prefixes.extend(file.filters.prefixes);
            all.filters.origins.extend(file.filters.origins);
            all.filters.both.extend(file.filters.both);
            all.filters.customers.extend(file.filters.customers);
            for (lengths, more) in all.filters.lengths.iter_mut().zip(file.filters.lengths) {
                lengths.extend(more);
            }
            all.vrps.extend(file.vrps);
            all.aspas.extend(file.aspas);
            all.router_keys += file.router_keys;
        }
        Ok(all)
    }

    /// The prefixes that it speaks of.
    fn places(&self) -> impl Iterator<Item = Place> {
        let filtered = self.filters.prefixes.iter().copied();
        let with_origin = self.filters.both.iter().map(|(place, _)| *place);
        let added = self.vrps.iter().map(|vrp| place_of(vrp.prefix));
        filtered.chain(with_origin).chain(added)
    }

    /// The networks that it speaks of without a prefix.
    fn networks(&self) -> impl Iterator<Item = Asn> {
        let added = self.aspas.iter().map(|aspa| aspa.customer);
        let filtered = self.filters.origins.iter().chain(&self.filters.customers);
        filtered.copied().chain(added)
    }
}

type Overlap = (usize, usize, String);

/// Two files of which one speaks of a prefix that covers one of the other's.
fn overlapping_prefixes(files: &[(String, LocalExceptions)]) -> Option<Overlap> {
    let of_file = |(number, (_, file)): (usize, &(String, LocalExceptions))| {
        file.places()
            .map(|place| (place, number))
            .collect::<Vec<_>>()
    };
    let mut places: Vec<_> = files.iter().enumerate().flat_map(of_file).collect();
    // What covers stands before what is covered; all that covers a prefix and
    // is of one file lies on the stack.
    places.sort_unstable();
    let mut covering: Vec<(Place, usize)> = Vec::new();
    for (place, file) in places {
        while covering
            .last()
            .is_some_and(|(above, _)| !covers(*above, place))
        {
            covering.pop();
        }
        if let Some((_, other)) = covering.last().filter(|(_, other)| *other != file) {
            let (v6, bits, length) = place;
            let prefix: Option<Prefix> = prefix_of(!v6, bits, length);
            let what = prefix.map_or_else(String::new, |prefix| prefix.to_string());
            return Some((*other, file, what));
        }
        covering.push((place, file));
    }
    None
}

fn covers(above: Place, below: Place) -> bool {
    let ((v6, bits, length), (other_v6, other_bits, other_length)) = (above, below);
    let kept = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
    v6 == other_v6 && length <= other_length && (bits ^ other_bits) & kept == 0
}

/// Two files that speak of one network.
fn same_networks(files: &[(String, LocalExceptions)]) -> Option<Overlap> {
    let mut known = std::collections::BTreeMap::new();
    for (number, (_, file)) in files.iter().enumerate() {
        for network in file.networks() {
            let first = *known.entry(network).or_insert(number);
            if first != number {
                return Some((first, number, network.to_string()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn file(name: &str, filter: &str, added: &str) -> (String, LocalExceptions) {
        let text = format!(
            r#"{{"slurmVersion": 1,
                "validationOutputFilters": {{"prefixFilters": [{filter}], "bgpsecFilters": []}},
                "locallyAddedAssertions": {{"prefixAssertions": [{added}], "bgpsecAssertions": []}}}}"#
        );
        let read = LocalExceptions::parse(text.as_bytes()).unwrap();
        (name.to_owned(), read)
    }

    #[test]
    fn files_of_different_scopes_are_one_and_overlapping_ones_are_refused() {
        let one = || {
            file(
                "one",
                r#"{"prefix": "192.0.2.0/24"}, {"prefix": "192.0.2.128/25"}"#,
                r#"{"prefix": "198.51.100.0/24", "asn": 64496}"#,
            )
        };
        let other = file(
            "other",
            r#"{"asn": 64500}"#,
            r#"{"prefix": "192.0.3.0/24", "asn": 64500}"#,
        );
        let both = LocalExceptions::together(vec![one(), other]).unwrap();
        assert_eq!((both.vrps.len(), both.filters.prefixes.len()), (2, 2));
        assert_eq!(both.filters.lengths[0].len(), 2);

        for (filter, added, what) in [
            (r#"{"prefix": "192.0.0.0/16"}"#, "", "192.0.2.0/24"),
            (
                "",
                r#"{"prefix": "198.51.100.7/32", "asn": 1}"#,
                "198.51.100.7/32",
            ),
            (
                r#"{"prefix": "192.0.2.130/32", "asn": 1}"#,
                "",
                "192.0.2.130/32",
            ),
        ] {
            let files = vec![one(), file("third", filter, added)];
            let error = LocalExceptions::together(files).unwrap_err().to_string();
            assert!(error.contains(what) && error.contains("third"), "{error}");
        }
        let network = || file("x", r#"{"asn": 64500}"#, "");
        assert!(LocalExceptions::together(vec![network(), network()]).is_err());
    }
}
