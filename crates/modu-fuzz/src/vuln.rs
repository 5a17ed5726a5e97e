//! Lists of components, advisories and bundles of them: what is counted is
//! counted once, what is read is written again as the same, and an index
//! answers as the advisory itself.

use std::borrow::Cow;

use jiff::Timestamp;
use modu_kernel::{Digest, InputsInMemory, NoProgress};
use modu_vuln::advisory::osv::{Affected, Match};
use modu_vuln::advisory::{self, Bundle, Explanations, Policy, Record, accept, pack};
use modu_vuln::delta::{Judged, NewAdvisory};
use modu_vuln::index::Index;
use modu_vuln::inventory::Component;
use modu_vuln::{SCAN, VulnError, inventory};

use crate::Target;
use crate::vuln_seeds::{FEEDS, LOCKS, rpm_berkeley, rpm_database, rpm_own};

/// Lists of components.
pub const COMPONENTS: Target = Target {
    name: "component_list",
    law: components,
    seeds: component_seeds,
    mutate: None,
};

/// Advisories, of whatever format.
pub const ADVISORY: Target = Target {
    name: "advisory",
    law: advisory,
    seeds: || {
        let all = ADVISORIES.iter().chain(&FEEDS);
        all.map(|text| text.as_bytes().to_vec()).collect()
    },
    mutate: None,
};

/// Bundles of advisories.
pub const BUNDLE: Target = Target {
    name: "advisory_bundle",
    law: bundle,
    seeds: bundle_seeds,
    mutate: None,
};

const AT: &str = "2026-11-22T00:00:00Z";

/// - Refusals tell a reason.
/// - Every component ends in one answer, and the answers add up to all; each
///   has its line in the table.
pub fn components(bytes: &[u8]) {
    let Some(inventory) = told(inventory::parse(bytes)) else {
        return;
    };
    let inputs = InputsInMemory::new()
        .with("inventory", bytes)
        .with("advisories", packed(ADVISORIES[0].as_bytes()));
    let request = serde_json::json!({ "at": AT });
    let outcome = (SCAN.run)(&request, &inputs, &NoProgress).expect("what was read is scanned");
    let counts = &outcome.report["counts"];
    let count = |name: &str| counts[name].as_u64().expect("a count");
    assert_eq!(count("components"), inventory.components.len() as u64);
    let answers = ["affected", "not_affected", "undecidable"].map(count);
    assert_eq!(answers.iter().sum::<u64>(), count("components"));
    let table = &outcome.outputs[0].bytes;
    let lines = table.iter().filter(|byte| **byte == b'\n').count();
    assert!(
        lines as u64 > count("components"),
        "a line for each, and the header"
    );
}

/// - Refusals tell a reason.
/// - What is read is written again as the same.
/// - Of the versions that an advisory names in its ranges, an index says what
///   the advisory says.
pub fn advisory(bytes: &[u8]) {
    for name in ["x.json", "x.yaml", "x.csv"] {
        for record in told(advisory::read(name, bytes)).unwrap_or_default() {
            let line = serde_json::to_vec(&record).expect("a record is JSON");
            let again: Record = serde_json::from_slice(&line).expect("our own line is read");
            let again = serde_json::to_vec(&again).expect("a record is JSON");
            assert_eq!(line, again, "a record is written again as the same");
            if let Record::Osv(mut advisory) = record {
                advisory.withdrawn = None;
                for affected in advisory.affected.iter().take(4) {
                    answers_alike(&advisory, affected);
                }
            }
        }
    }
}

fn answers_alike(advisory: &advisory::osv::Advisory, affected: &Affected) {
    let Some(package) = affected
        .package
        .as_ref()
        .filter(|it| it.ecosystem == "PyPI")
    else {
        return;
    };
    let mut alone = advisory.clone();
    alone.affected = vec![affected.clone()];
    let bytes = serde_json::to_vec(&alone).expect("an advisory is JSON");
    let new = NewAdvisory::parse("x.json", &bytes).expect("our own advisory is read");
    let scheme = package.scheme().expect("the order of PyPI is known");
    let written = affected.versions.iter().cloned();
    let events = affected.ranges.iter().flat_map(|range| &range.events);
    let texts = events.filter_map(|event| {
        let event = serde_json::to_value(event).ok()?;
        let text = event.as_object()?.values().next()?.as_str()?.to_owned();
        Some(text)
    });
    for text in texts
        .chain(written)
        .filter(|text| !text.is_empty())
        .take(16)
    {
        let purl = format!("pkg:pypi/{}@{}", escaped(&package.name), escaped(&text));
        let judged = new.judge(&Component {
            purl: Some(Cow::Borrowed(&purl)),
            ..Component::default()
        });
        // Without a name, or too long, it is no package URL.
        if package.name.is_empty() || purl.len() > modu_vuln::limits::PURL_BYTES {
            continue;
        }
        let expected = affected.contains(scheme, &text) == Match::Affected;
        assert_eq!(matches!(judged, Judged::Affected(_)), expected, "{purl}");
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// - Refusals tell a reason.
/// - What can be laid out has no more advisories than records.
/// - What is accepted into an empty place is, offered again, unchanged.
pub fn bundle(bytes: &[u8]) {
    let Some(bundle) = told(Bundle::parse(bytes)) else {
        return;
    };
    let records = bundle.records().filter(Result::is_ok).count();
    if let Some(index) = told(Index::of(&bundle)) {
        assert!(index.len() <= records.max(bytes.len()));
    }
    let policy = Policy::default();
    match accept(None, &bundle, &policy) {
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
        Ok(first) => {
            let header = bundle.header().expect("only with a header");
            assert!(first.added <= header.records());
            let again = accept(Some(&bundle), &bundle, &policy).expect("it goes on from itself");
            assert!(again.unchanged);
        }
    }
}

fn told<T>(result: Result<T, VulnError>) -> Option<T> {
    result
        .map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

fn packed(record: &[u8]) -> Vec<u8> {
    let made: Timestamp = AT.parse().expect("a time");
    let sources = [("seed", record)];
    pack(1, made, 7, sources, &Explanations::new())
        .expect("our own seed")
        .1
}

/// As lines of a bundle; the readers of single advisories pass over `kind`.
const ADVISORIES: [&str; 3] = [
    r#"{"kind":"osv","id":"T-1","modified":"2026-01-01T00:00:00Z","aliases":["CVE-2026-1"],"affected":[{"package":{"ecosystem":"PyPI","name":"Hana.Pack"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.5rc1"},{"introduced":"2.0.post1"},{"last_affected":"2.3+local"}]}],"versions":["3.0","trunk"]}]}"#,
    r#"{"kind":"osv","id":"T-2","modified":"","withdrawn":"2026-02-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},"ranges":[{"type":"GIT","events":[]},{"type":"ECOSYSTEM","events":[{"introduced":"1:0~a"},{"limit":"*"}]}]},{"package":{"ecosystem":"PyPI","name":"b"},"versions":["1.0"]}]}"#,
    "id: T-3\nmodified: '2026-01-01T00:00:00Z'\naffected:\n- package: {ecosystem: PyPI, name: c}\n  ranges:\n  - type: ECOSYSTEM\n    events: [{introduced: '0'}, {fixed: 2!1.0.dev1}]\n  versions: ['1']\n",
];

const LISTS: [&str; 3] = [
    r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"plant","version":"7"}},"components":[{"name":"a","purl":"pkg:pypi/hana_pack@1.2"},{"name":"b","version":"1\u002e0","purl":"pkg:npm/%40dul/core","components":[{"name":"c","purl":"pkg:deb/debian/libssl3@3.0-1?distro=debian-12&upstream=openssl%403.1"}]},{"purl":"pkg:pypi/hana-pack@trunk"}]}"#,
    r#"{"spdxVersion":"SPDX-2.3","name":"plant","packages":[{"name":"a","versionInfo":"NOASSERTION","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:golang/stdlib@go1.21rc2"}]},{"name":"b"}]}"#,
    "hana-pack==1.2\nother>=2 # comment\n",
];

fn component_seeds() -> Vec<Vec<u8>> {
    let lists = LISTS.iter().chain(&LOCKS);
    let mut seeds: Vec<Vec<u8>> = lists.map(|text| text.as_bytes().to_vec()).collect();
    seeds.extend([rpm_database(), rpm_berkeley(), rpm_own()]);
    seeds
}

fn bundle_seeds() -> Vec<Vec<u8>> {
    let lines = format!("{}\n{}\n", ADVISORIES[0], ADVISORIES[1]);
    let bare = format!("{}\n", ADVISORIES[0]);
    let header = format!(
        r#"{{"kind":"bundle","format":1,"sequence":3,"made":"{AT}","valid_days":7,"sources":[{{"name":"seed","records":1,"withdrawn":0,"digest":"{}"}}]}}"#,
        Digest::of(bare.as_bytes())
    );
    let plain = format!("{header}\n{bare}");
    vec![
        packed(lines.as_bytes()),
        plain.into_bytes(),
        bare.into_bytes(),
    ]
}
