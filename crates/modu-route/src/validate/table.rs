//! Tables as validators print them.

use std::fmt::Write as _;
use std::net::IpAddr;

use serde_json::json;

use super::tree::{ObjectOutcome, ValidatedTree};
use crate::payload::Payloads;
use crate::vrp::Vrp;

impl ValidatedTree {
    /// All VRPs in the order of a routing table, each with its trust anchor:
    /// the one that stands first by name where more than one says it.
    #[must_use]
    pub fn vrps(&self) -> Vec<(Vrp, &str)> {
        let mut vrps: Vec<(Vrp, u16)> = Vec::new();
        for authority in &self.authorities {
            for object in &authority.objects {
                if let ObjectOutcome::Roa(_, held) = &object.outcome {
                    vrps.extend(held.iter().map(|vrp| (*vrp, authority.anchor)));
                }
            }
        }
        vrps.sort_unstable();
        vrps.dedup_by_key(|(vrp, _)| *vrp);
        let name = |anchor: u16| {
            let anchor = self.anchors.get(usize::from(anchor));
            anchor.map_or("", |anchor| anchor.name.as_str())
        };
        vrps.into_iter()
            .map(|(vrp, anchor)| (vrp, name(anchor)))
            .collect()
    }

    /// The VRPs as CSV, with the columns `ASN,IP Prefix,Max Length,Trust
    /// Anchor` as Routinator and rpki-client print them.
    #[must_use]
    pub fn vrps_csv(&self) -> Vec<u8> {
        let vrps = self.vrps();
        let mut csv = Vec::with_capacity(40 * vrps.len() + 40);
        csv.extend_from_slice(b"ASN,IP Prefix,Max Length,Trust Anchor\n");
        for (vrp, anchor) in vrps {
            csv.extend_from_slice(b"AS");
            push_number(&mut csv, vrp.origin.into_u32());
            csv.push(b',');
            push_address(&mut csv, vrp.prefix.addr());
            csv.push(b'/');
            push_number(&mut csv, u32::from(vrp.prefix.len()));
            csv.push(b',');
            push_number(&mut csv, u32::from(vrp.max_length));
            csv.push(b',');
            csv.extend_from_slice(anchor.as_bytes());
            csv.push(b'\n');
        }
        csv
    }

    /// VRPs and ASPAs as JSON, with the members `roas` and `aspas` as
    /// Routinator prints them.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let mut text = String::from("{\"roas\":[");
        for (place, (vrp, anchor)) in self.vrps().into_iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            // Writing to a string cannot fail; a locator's name needs no escape.
            let _ = write!(
                text,
                "{comma}\n{{\"asn\":\"{}\",\"prefix\":\"{}\",\"maxLength\":{},\"ta\":\"{anchor}\"}}",
                vrp.origin, vrp.prefix, vrp.max_length
            );
        }
        text.push_str("],\"aspas\":");
        let mut json = text.into_bytes();
        json.extend(self.payloads().aspas_json());
        json.extend_from_slice(b"}\n");
        json
    }
}

impl Payloads {
    /// The ASPAs as a JSON list of `customer` and `providers`.
    #[must_use]
    pub fn aspas_json(&self) -> Vec<u8> {
        let aspas = self.aspas.iter().map(|aspa| {
            let providers: Vec<_> = aspa.providers.iter().map(ToString::to_string).collect();
            json!({ "customer": aspa.customer.to_string(), "providers": providers })
        });
        json!(aspas.collect::<Vec<_>>()).to_string().into_bytes()
    }
}

fn push_number(text: &mut Vec<u8>, mut number: u32) {
    let mut digits = [0; 10];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[first..]);
}

fn push_address(text: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            for (place, octet) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    text.push(b'.');
                }
                push_number(text, u32::from(octet));
            }
        }
        IpAddr::V6(address) => text.extend_from_slice(address.to_string().as_bytes()),
    }
}
