//! Files that are too much, turned on themselves, cut, or careless: refused
//! with a reason, or counted to the last component.

use std::io::{self, Read, Seek, SeekFrom, Write as _};

use modu_kernel::{Artifact, Digest, Input, Inputs, InputsInMemory, NoProgress, ReadSeek};
use modu_vuln::SCAN;
use modu_vuln::advisory::facts::{Automatable, Exploitation, TechnicalImpact};
use modu_vuln::advisory::{Bundle, Explanations, Record, pack, read};
use modu_vuln::index::Index;
use modu_vuln::inventory;
use modu_vuln::scan::{Counts, ScanReport};
use serde_json::{Value, json};

use crate::csaf;

const AT: &str = "2026-11-22T00:00:00Z";

fn bundle() -> Vec<u8> {
    let advisory = json!({"kind": "osv", "id": "TEST-1", "modified": "", "affected": [{
        "package": {"ecosystem": "npm", "name": "pump"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}]});
    let lines = format!("{advisory}\n");
    let sources = [("test", lines.as_bytes())];
    let packed = pack(1, AT.parse().unwrap(), 7, sources, &Explanations::new());
    packed.unwrap().1
}

fn counts(inventory: &str) -> Counts {
    let inputs = InputsInMemory::new()
        .with("inventory", inventory)
        .with("advisories", bundle());
    let outcome = (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap();
    let report: ScanReport = serde_json::from_value(outcome.report).unwrap();
    report.counts
}

#[test]
fn components_that_need_each_other_and_stand_twice_are_counted_once_each() {
    let component = |reference: &str, purl: Value| json!({"bom-ref": reference, "name": reference, "purl": purl});
    let sbom = json!({
        "bomFormat": "CycloneDX",
        "components": [
            component("a", json!("pkg:npm/pump@1.0.0")),
            // The same again, under the same name, and without any.
            component("a", json!("pkg:npm/pump@1.0.0")),
            component("b", json!("pkg:npm/valve@1.0.0")),
            {"bom-ref": "c", "name": "c"},
            {"purl": null},
            {},
        ],
        "dependencies": [
            {"ref": "a", "dependsOn": ["b", "a"]},
            {"ref": "b", "dependsOn": ["a", "nobody"]},
        ],
        "compositions": [{"aggregate": "complete", "assemblies": ["a"], "dependencies": ["a"]}],
    });
    let found = counts(&sbom.to_string());
    assert_eq!(
        (
            found.components,
            found.affected,
            found.not_affected,
            found.undecidable
        ),
        (6, 2, 1, 3)
    );
    let spdx = json!({
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {"SPDXID": "SPDXRef-a", "name": "pump", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:npm/pump@1.0.0"},
                {"referenceType": "purl", "referenceLocator": "pkg:npm/other@1.0.0"}]},
            {"SPDXID": "SPDXRef-b", "name": "valve", "externalRefs": []},
        ],
        "relationships": [
            {"spdxElementId": "SPDXRef-a", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-b"},
            {"spdxElementId": "SPDXRef-b", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-a"},
        ],
    });
    let found = counts(&spdx.to_string());
    assert_eq!(
        (found.components, found.affected, found.undecidable),
        (2, 1, 1)
    );
}

#[test]
fn what_nests_20_000_deep_is_refused_in_every_form() {
    let deep = |open: &str, close: &str| open.repeat(20_000) + &close.repeat(20_000);
    for (name, text) in [
        (
            "x.json",
            deep("{\"bomFormat\":\"CycloneDX\",\"components\":[", "]}"),
        ),
        (
            "package-lock.json",
            format!(
                "{{\"lockfileVersion\":1,\"dependencies\":{}}}",
                deep("{\"a\":{\"dependencies\":", "}}")
            ),
        ),
        (
            "Cargo.lock",
            format!("[[package]]\nname = {}\n", deep("[", "]")),
        ),
        ("pom.xml", deep("<a>", "</a>")),
    ] {
        let error = inventory::read(name, text.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.len() < 300, "{name}: {error}");
    }
    // What is not looked at may nest as it likes.
    let aside = format!("{{\"bomFormat\":\"CycloneDX\",\"x\":{}}}", deep("[", "]"));
    assert_eq!(counts(&aside).components, 0);
    for (name, text) in [
        ("x.json", format!("{{\"document\":{}}}", deep("[", "]"))),
        (
            "x.json",
            format!(
                "{{\"id\":\"x\",\"modified\":\"\",\"affected\":{}}}",
                deep("[", "]")
            ),
        ),
        ("x.yaml", deep("[", "]")),
        (
            "x.yaml",
            format!("id: x\nmodified: ''\naffected: {}", deep("{a: ", "}")),
        ),
    ] {
        assert!(read(name, text.as_bytes()).is_err(), "{name}");
    }
}

#[test]
fn a_version_of_three_million_signs_is_undecidable_wherever_it_stands() {
    let long = "1".repeat(3_000_000);
    let sbom = json!({"bomFormat": "CycloneDX", "components": [
        {"name": "a", "version": long, "purl": "pkg:npm/pump"},
        {"name": long, "version": "1.0.0", "purl": "pkg:npm/pump@1.0.0"},
    ]});
    let found = counts(&sbom.to_string());
    assert_eq!((found.affected, found.undecidable), (1, 1));
    for (name, text) in [
        ("requirements.txt", format!("pump=={long}\n")),
        ("go.sum", format!("example.org/pump v{long} h1:AA=\n")),
        (
            "rpm",
            format!("pump\t0:{long}-1.el9\tx86_64\tRed Hat, Inc.\n"),
        ),
    ] {
        let inventory = inventory::read(name, text.as_bytes());
        let of = inventory.map(|it| it.components.len());
        assert!(of.as_ref().is_err() || of == Ok(1), "{name}");
    }
}

#[test]
fn a_bundle_that_unpacks_without_end_is_refused() {
    // One line of 80 MiB, and eighty of one.
    let lines = |count: usize, length: usize| {
        let line = format!("{{\"kind\":\"none\"{}}}\n", " ".repeat(length));
        line.repeat(count).into_bytes()
    };
    for text in [lines(1, 80 << 20), lines(80, 1 << 20)] {
        let bomb = zstd::encode_all(text.as_slice(), 1).unwrap();
        assert!(bomb.len() < 100_000);
        let read = Bundle::new(bomb).and_then(|bundle| Index::of(&bundle));
        let error = read.unwrap_err().to_string();
        assert!(error.contains("holds more than"), "{error}");
    }
    // An archive is no bundle, whatever it holds.
    for archive in [&b"PK\x03\x04\x14\0"[..], b"\x1f\x8b\x08\0"] {
        let inputs = InputsInMemory::new()
            .with("inventory", "{\"bomFormat\":\"CycloneDX\"}")
            .with("advisories", archive);
        let error = (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}

#[test]
fn estimates_that_unpack_without_end_are_refused() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let head = b"#model_version:v2025.03.14,score_date:2026-01-02T12:55:00Z\ncve,epss,percentile\n";
    packed.write_all(head).unwrap();
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..257 {
        packed.write_all(&zeros).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 3 << 20);
    let error = read("epss.csv.gz", &packed).unwrap_err().to_string();
    assert!(error.contains("bytes of estimates"), "{error}");
}

#[test]
fn points_are_read_in_any_case_of_letters() {
    for (text, point) in [
        ("none", Exploitation::None),
        ("None", Exploitation::None),
        ("PoC", Exploitation::Poc),
        ("public poc", Exploitation::Poc),
        ("Public PoC", Exploitation::Poc),
        ("Active", Exploitation::Active),
        ("ACTIVE", Exploitation::Active),
    ] {
        assert_eq!(Exploitation::read(text), Some(point), "{text}");
    }
    assert_eq!(Automatable::read("Yes"), Some(Automatable::Yes));
    assert_eq!(Automatable::read("NO"), Some(Automatable::No));
    assert_eq!(TechnicalImpact::read("Total"), Some(TechnicalImpact::Total));
    assert_eq!(
        TechnicalImpact::read("PARTIAL"),
        Some(TechnicalImpact::Partial)
    );
    for text in ["", "nono", "yes", "actively"] {
        assert_eq!(Exploitation::read(text), None, "{text}");
    }
}

#[test]
fn every_feed_that_was_half_written_is_refused() {
    let kev = json!({"catalogVersion": "1", "count": 1, "vulnerabilities": [{"cveID": "CVE-2026-0001", "dateAdded": "2026-01-04", "dueDate": "2026-01-07"}]});
    let osv = json!({"id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "npm", "name": "pump"}}]});
    let cve = json!({"cveMetadata": {"cveId": "CVE-2026-0001", "state": "PUBLISHED"}, "containers": {"cna": {"providerMetadata": {"shortName": "hana"}}}});
    let vex = json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "hana", "timestamp": AT, "statements": []});
    for (name, text) in [
        ("kev.json", kev.to_string()),
        ("osv.json", osv.to_string()),
        ("cve.json", cve.to_string()),
        ("csaf.json", csaf::advisory().to_string()),
        ("vex.json", vex.to_string()),
        ("epss.csv", "#model_version:v2025.03.14,score_date:2026-01-02T12:55:00Z\ncve,epss,percentile\nCVE-2026-0001,0.9,0.9\n".to_owned()),
    ] {
        read(name, text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        for length in (1..text.len()).step_by(7).chain([text.len() - 1]) {
            // Of a list of estimates nothing is left but another list.
            let half = read(name, &text.as_bytes()[..length]);
            assert!(half.as_ref().is_err() || half.is_ok_and(|it| it.is_empty()), "{name}: {length}");
        }
    }
}

#[test]
fn a_half_written_advisory_in_yaml_is_refused_or_says_what_the_whole_says() {
    // In the order of the Python advisory database: what is affected stands
    // before what must be there.
    let text = "id: TEST-1\ndetails: cut here\naffected:\n- package:\n    name: pump\n    ecosystem: PyPI\n  \
        ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: '0'\n    - fixed: 2.0.0\n  versions:\n  - '1.0'\n\
        aliases:\n- CVE-2026-0001\nmodified: '2026-01-01T00:00:00Z'\npublished: '2026-01-01T00:00:00Z'\n";
    let affected = |records: &[Record]| match records {
        [Record::Osv(advisory)] => serde_json::to_value(&advisory.affected).unwrap(),
        _ => panic!("{records:?}"),
    };
    let whole = affected(&read("t.yaml", text.as_bytes()).unwrap());
    assert_eq!(whole.as_array().unwrap().len(), 1);
    let mut refused = 0;
    for length in 1..text.len() {
        match read("t.yaml", &text.as_bytes()[..length]) {
            Err(_) => refused += 1,
            Ok(records) => assert_eq!(affected(&records), whole, "{length}"),
        }
    }
    assert!(refused > text.find("modified").unwrap());
}

#[test]
fn a_half_written_list_of_components_is_refused() {
    let purl = "pkg:npm/pump@1.0.0";
    let bom = json!({"bomFormat": "CycloneDX", "components": [{"name": "pump", "purl": purl}]});
    let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": [{"name": "pump", "externalRefs": [
        {"referenceType": "purl", "referenceLocator": purl}]}]});
    let npm =
        json!({"lockfileVersion": 3, "packages": {"node_modules/pump": {"version": "1.0.0"}}});
    let pom = "<project><dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId>\
        <version>1.0</version></dependency></dependencies></project>";
    for text in [
        bom.to_string(),
        spdx.to_string(),
        npm.to_string(),
        pom.to_owned(),
    ] {
        assert_eq!(
            inventory::parse(text.as_bytes()).unwrap().components.len(),
            1
        );
        for length in 0..text.len() {
            let half = inventory::parse(&text.as_bytes()[..length]);
            assert!(half.is_err(), "{}", &text[..length]);
        }
    }
}

/// A list of components that is made while it is read.
struct Stream {
    left: u64,
    waiting: Vec<u8>,
    at: usize,
}

impl Stream {
    fn new(components: u64) -> Self {
        Self {
            left: components,
            waiting: br#"{"bomFormat":"CycloneDX","components":[{}"#.to_vec(),
            at: 0,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.waiting.len() {
            self.waiting.clear();
            self.at = 0;
            for _ in 0..self.left.min(1_000) {
                let number = self.left;
                let filler = "f".repeat(180);
                let line =
                    format!(r#",{{"name":"{filler}","purl":"pkg:npm/package-{number}@1.0.0"}}"#);
                self.waiting.extend_from_slice(line.as_bytes());
                self.left -= 1;
                if self.left == 0 {
                    self.waiting.extend_from_slice(b"]}");
                }
            }
        }
        let length = buffer.len().min(self.waiting.len() - self.at);
        buffer[..length].copy_from_slice(&self.waiting[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

impl Seek for Stream {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

struct Streamed {
    components: u64,
    list: Vec<Input>,
}

impl Inputs for Streamed {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        match name {
            "inventory" => Ok(Box::new(Stream::new(self.components))),
            _ => Ok(Box::new(io::Cursor::new(bundle()))),
        }
    }
}

#[test]
fn a_large_list_is_read_to_its_last_component() {
    // 256 MiB where time is no matter; else 12.
    let components = match std::env::var_os("MODU_SLOW").is_some() {
        true => 1_200_000,
        false => 50_000,
    };
    let artifact = Artifact {
        digest: Digest::of(b""),
        size: 0,
    };
    let list = ["inventory", "advisories"].map(|name| Input {
        name: name.to_owned(),
        artifact,
    });
    let inputs = Streamed {
        components,
        list: list.to_vec(),
    };
    let outcome = (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap();
    let report: ScanReport = serde_json::from_value(outcome.report).unwrap();
    let found = report.counts;
    assert_eq!(found.components, components + 1);
    assert_eq!((found.not_affected, found.undecidable), (components, 1));
}
