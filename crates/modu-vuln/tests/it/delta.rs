//! A new advisory finds what a whole scan would find.

use std::borrow::Cow;

use modu_kernel::{InputsInMemory, NoProgress};
use modu_vuln::SCAN;
use modu_vuln::advisory::{Explanations, pack};
use modu_vuln::delta::{Judged, NewAdvisory, key_of};
use modu_vuln::inventory::Component;
use proptest::prelude::*;
use serde_json::json;

const AT: &str = "2026-11-22T00:00:00Z";

/// Rows of findings.csv that a scan of these components gives.
fn scanned(purls: &[String], advisory: &serde_json::Value) -> Vec<(String, String)> {
    let mut record = advisory.clone();
    record["kind"] = json!("osv");
    let lines = format!("{record}\n");
    let sources = [("test", lines.as_bytes())];
    let (_, bundle) = pack(1, AT.parse().unwrap(), 7, sources, &Explanations::new()).unwrap();
    let components: Vec<_> = purls
        .iter()
        .map(|it| json!({"name": "x", "purl": it}))
        .collect();
    let sbom = json!({"bomFormat": "CycloneDX", "components": components}).to_string();
    let inputs = InputsInMemory::new()
        .with("inventory", sbom)
        .with("advisories", bundle);
    let outcome = (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap();
    let findings = String::from_utf8(outcome.outputs[1].bytes.clone()).unwrap();
    let cells = findings.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[1].to_owned(), cells[2].to_owned())
    });
    cells.collect()
}

proptest! {
    #[test]
    fn a_new_advisory_finds_what_a_whole_scan_finds(
        purls in prop::collection::vec(
            "pkg:(pypi/(x|Y_z)|npm/x|deb/debian/x|gem/x)@[0-2]\\.[0-3](a1)?(\\?distro=debian-1[23])?", 0..12),
        ecosystem in prop::sample::select(vec!["PyPI", "npm", "Debian:12", "RubyGems"]),
        name in prop::sample::select(vec!["x", "y-Z"]),
        (from, to) in ("[01]\\.[0-3]", "[12]\\.[0-3]"),
    ) {
        let advisory = json!({
            "id": "T", "modified": "", "affected": [{
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": from}, {"fixed": to}]}],
            }],
        });
        let new = NewAdvisory::parse("t.json", advisory.to_string().as_bytes()).unwrap();
        let keys: Vec<&[u8]> = new.keys().collect();
        let mut found = Vec::new();
        for purl in &purls {
            let component = Component { purl: Some(Cow::Borrowed(purl)), ..Component::default() };
            let key = key_of(&component);
            if !key.is_some_and(|key| keys.contains(&key.as_slice())) {
                continue;
            }
            if let Judged::Affected(ids) = new.judge(&component) {
                prop_assert_eq!(ids, ["T"]);
                let (package, rest) = purl.split_once('@').unwrap();
                let version = rest.split('?').next().unwrap();
                found.push((package.to_owned(), version.to_owned()));
            }
        }
        prop_assert_eq!(found, scanned(&purls, &advisory));
    }
}
