//! Our reading of local exceptions against the `rpki` crate's, which a pure
//! crate cannot use because it brings tokio.

use std::str::FromStr as _;

use modu_route::slurm::LocalExceptions;
use modu_route::{Asn, Aspa, Payloads, Prefix, Vrp, VrpTable};
use proptest::prelude::*;
use rpki::resources::addr::MaxLenPrefix;
use rpki::rtr::payload::{Payload, RouteOrigin};
use rpki::slurm::SlurmFile;
use serde_json::{Value, json};

prop_compose! {
    fn any_prefix()(octet in 0_u8..4, length in 14_u8..=18, v6: bool) -> Prefix {
        let address: std::net::IpAddr = match v6 {
            true => std::net::Ipv6Addr::new(0x2001 + u16::from(octet), 0, 0, 0, 0, 0, 0, 0).into(),
            false => std::net::Ipv4Addr::new(10, octet, 0, 0).into(),
        };
        Prefix::new_relaxed(address, length).unwrap()
    }
}

prop_compose! {
    fn any_filter()(prefix in prop::option::of(any_prefix()), asn in 1_u32..5, named: bool) -> Value {
        match prefix {
            Some(prefix) if named => json!({ "prefix": prefix.to_string(), "asn": asn }),
            Some(prefix) => json!({ "prefix": prefix.to_string(), "comment": "c" }),
            None => json!({ "asn": asn }),
        }
    }
}

prop_compose! {
    fn any_vrp()(prefix in any_prefix(), more in 0_u8..3, asn in 1_u32..5) -> Vrp {
        Vrp { prefix, max_length: prefix.len() + more, origin: Asn::from_u32(asn) }
    }
}

fn file(
    filters: &[Value],
    assertions: &[Vrp],
    customers: &[u32],
    added: &[(u32, Vec<u32>)],
) -> String {
    let assertions: Vec<_> = (assertions.iter())
        .map(|vrp| {
            json!({
                "prefix": vrp.prefix.to_string(),
                "maxPrefixLength": vrp.max_length,
                "asn": vrp.origin.into_u32(),
            })
        })
        .collect();
    let customers: Vec<_> = customers
        .iter()
        .map(|it| json!({ "customerAsn": it }))
        .collect();
    let added: Vec<_> = (added.iter())
        .map(|(customer, providers)| json!({ "customerAsn": customer, "providerAsns": providers }))
        .collect();
    json!({
        "slurmVersion": 2,
        "validationOutputFilters": {
            "prefixFilters": filters, "bgpsecFilters": [], "aspaFilters": customers,
        },
        "locallyAddedAssertions": {
            "prefixAssertions": assertions, "bgpsecAssertions": [], "aspaAssertions": added,
        },
    })
    .to_string()
}

fn origin_of(vrp: &Vrp) -> RouteOrigin {
    let prefix = MaxLenPrefix::new(vrp.prefix, Some(vrp.max_length)).unwrap();
    RouteOrigin::new(prefix, vrp.origin)
}

proptest! {
    #[test]
    fn local_exceptions_do_what_the_rpki_crate_says(
        filters in prop::collection::vec(any_filter(), 0..4),
        assertions in prop::collection::vec(any_vrp(), 0..4),
        vrps in prop::collection::vec(any_vrp(), 0..20),
        customers in prop::collection::vec(1_u32..4, 0..2),
        added in prop::collection::btree_map(4_u32..8, prop::collection::btree_set(10_u32..20, 1..3), 0..3),
    ) {
        let added: Vec<(u32, Vec<u32>)> =
            added.into_iter().map(|(customer, it)| (customer, it.into_iter().collect())).collect();
        let text = file(&filters, &assertions, &customers, &added);
        let theirs = SlurmFile::from_str(&text).unwrap();
        let ours = LocalExceptions::parse(text.as_bytes()).unwrap();
        let aspas: Vec<Aspa> = (1..4).map(|customer| Aspa {
            customer: Asn::from_u32(customer),
            providers: vec![Asn::from_u32(9)],
        }).collect();
        let payloads = Payloads { vrps: vrps.iter().copied().collect(), aspas: aspas.clone() };
        let (applied, _) = ours.apply(&payloads);

        let mut expected: Vec<Vrp> = (payloads.vrps.as_slice().iter())
            .filter(|vrp| !theirs.drop_payload(&Payload::Origin(origin_of(vrp))))
            .copied()
            .collect();
        let mut expected_aspas: Vec<Aspa> = aspas.into_iter()
            .filter(|aspa| {
                let filters = theirs.filters.aspa.iter().flatten();
                !filters.into_iter().any(|filter| filter.drop_aspa(aspa.customer))
            })
            .collect();
        for payload in theirs.assertions.iter_payload() {
            match payload {
                Payload::Origin(origin) => expected.push(Vrp {
                    prefix: origin.prefix.prefix(),
                    max_length: origin.prefix.resolved_max_len(),
                    origin: origin.asn,
                }),
                Payload::Aspa(aspa) => expected_aspas.push(Aspa {
                    customer: aspa.customer,
                    providers: aspa.providers.iter().collect(),
                }),
                Payload::RouterKey(_) => {}
            }
        }
        let expected: VrpTable = expected.into_iter().collect();
        prop_assert_eq!(applied.vrps, expected);
        prop_assert_eq!(applied.aspas, expected_aspas);
    }
}
