//! Tables as validators print them.

use std::net::IpAddr;

use serde_json::json;

use crate::payload::Aspa;
use crate::router_table::RouterTable;

impl RouterTable {
    /// The VRPs as CSV, with the columns `ASN,IP Prefix,Max Length,Trust
    /// Anchor` as Routinator and rpki-client print them.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut csv = Vec::with_capacity(40 * self.rows().len() + 40);
        csv.extend_from_slice(b"ASN,IP Prefix,Max Length,Trust Anchor\n");
        for row in self.rows() {
            csv.extend_from_slice(b"AS");
            push_number(&mut csv, row.vrp.origin.into_u32());
            csv.push(b',');
            push_address(&mut csv, row.vrp.prefix.addr());
            csv.push(b'/');
            push_number(&mut csv, u32::from(row.vrp.prefix.len()));
            csv.push(b',');
            push_number(&mut csv, u32::from(row.vrp.max_length));
            csv.push(b',');
            csv.extend_from_slice(self.anchor_of(row).as_bytes());
            csv.push(b'\n');
        }
        csv
    }

    /// VRPs and ASPAs as JSON, with the members `roas` and `aspas` as
    /// Routinator prints them.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let anchors: Vec<String> = (self.anchors().iter())
            .map(|anchor| json!(anchor).to_string())
            .collect();
        let mut json = Vec::with_capacity(80 * self.rows().len() + 40);
        json.extend_from_slice(b"{\"roas\":[");
        for (place, row) in self.rows().iter().enumerate() {
            json.extend_from_slice(if place > 0 { b",\n" } else { b"\n" });
            json.extend_from_slice(b"{\"asn\":\"AS");
            push_number(&mut json, row.vrp.origin.into_u32());
            json.extend_from_slice(b"\",\"prefix\":\"");
            push_address(&mut json, row.vrp.prefix.addr());
            json.push(b'/');
            push_number(&mut json, u32::from(row.vrp.prefix.len()));
            json.extend_from_slice(b"\",\"maxLength\":");
            push_number(&mut json, u32::from(row.vrp.max_length));
            json.extend_from_slice(b",\"ta\":");
            let anchor = anchors.get(usize::from(row.anchor));
            json.extend_from_slice(anchor.map_or(b"\"\"", |anchor| anchor.as_bytes()));
            json.push(b'}');
        }
        json.extend_from_slice(b"],\"aspas\":");
        json.extend(aspas_json(self.aspas()));
        json.extend_from_slice(b"}\n");
        json
    }
}

/// ASPAs as a JSON list of `customer` and `providers`.
pub(super) fn aspas_json(aspas: &[Aspa]) -> Vec<u8> {
    let aspas = aspas.iter().map(|aspa| {
        let providers: Vec<_> = aspa.providers.iter().map(ToString::to_string).collect();
        json!({ "customer": aspa.customer.to_string(), "providers": providers })
    });
    json!(aspas.collect::<Vec<_>>()).to_string().into_bytes()
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
