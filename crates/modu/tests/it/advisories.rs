//! A signed bundle of advisories, taken and scanned with.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::program::{Office, text};

const SIGNER: &str = "https://modu.example/agency/test";

fn publisher() -> Office {
    let office = Office::empty();
    let init = ["init", "--organisation", "배포처", "--identity", SIGNER];
    let origin = ["--origin", "log.modu.example/test"];
    office.modu(&[&init[..], &origin].concat()).expect_code(0);
    office
}

/// Advisories on packages p0, p1, ..., each below 2.0.
fn advisories(office: &Office, folder: &str, count: u32) {
    let folder = office.path(folder);
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..count {
        let advisory = json!({
            "id": format!("TEST-{number}"), "modified": "2026-01-01T00:00:00Z",
            "affected": [{
                "package": {"ecosystem": "PyPI", "name": format!("p{number}")},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
            }],
        });
        std::fs::write(folder.join(format!("{number}.json")), advisory.to_string()).unwrap();
    }
}

/// Makes and signs a bundle of the folder.
fn bundle(office: &Office, folder: &str, sequence: u32, made: &str) -> PathBuf {
    let out = office.path(&format!("{folder}-{sequence}.zst"));
    let from = format!("test={}", text(&office.path(folder)));
    let sequence = sequence.to_string();
    let arguments = ["vuln", "bundle", "--from", &from, "--out", text(&out)];
    let about = ["--sequence", &sequence, "--made", made, "--record"];
    office
        .modu(&[&arguments[..], &about].concat())
        .expect_code(0);
    out
}

fn accept(office: &Office, bundle: &str, more: &[&str]) -> (i32, Value) {
    let (root, state) = (
        office.path("home/evidence/trusted_root.json"),
        office.path("state"),
    );
    let arguments = ["vuln", "accept", bundle, "--trusted-root", text(&root)];
    let place = ["--state", text(&state)];
    office.ask(&[&arguments[..], &place, more].concat())
}

fn held(office: &Office) -> Value {
    serde_json::from_slice(&std::fs::read(office.path("state/accepted.json")).unwrap()).unwrap()
}

#[test]
fn a_signed_bundle_is_taken_and_an_older_unsigned_or_emptied_one_is_not() {
    let office = publisher();
    advisories(&office, "all", 60);
    advisories(&office, "few", 50);
    let first = bundle(&office, "all", 1, "2026-11-01T00:00:00Z");
    let second = bundle(&office, "all", 2, "2026-11-08T00:00:00Z");
    let emptied = bundle(&office, "few", 3, "2026-11-09T00:00:00Z");

    assert_eq!(
        accept(&office, text(&first), &[]).0,
        2,
        "no signer is named"
    );
    let other = ["--identity", "https://modu.example/somebody-else"];
    assert_eq!(accept(&office, text(&first), &other).0, 1, "another signer");
    assert!(!office.path("state/accepted.json").exists());
    let (code, said) = accept(&office, text(&second), &["--identity", SIGNER]);
    assert_eq!((code, &said["change"]["added"]), (0, &json!(60)));
    let before = held(&office);

    let refused = |bundle: &str, more: &[&str], reason: &str| {
        let (code, said) = accept(&office, bundle, more);
        assert_eq!(code, 1, "{said}");
        assert!(said["reason"].as_str().unwrap().contains(reason), "{said}");
        assert_eq!(held(&office), before, "nothing is changed");
    };
    refused(text(&first), &[], "bundle 1 and bundle 2 is held");
    refused(text(&emptied), &[], "10 of 60 advisories");
    // Without a signature, with another bundle's, and changed after it.
    let unsigned = office.path("unsigned.zst");
    std::fs::copy(&emptied, &unsigned).unwrap();
    refused(text(&unsigned), &[], "no signature");
    let others = office.path("all-2.zst.sigstore.json");
    refused(
        text(&emptied),
        &["--signature", text(&others)],
        "the artifact",
    );
    let mut bytes = std::fs::read(&emptied).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&unsigned, bytes).unwrap();
    let signature = office.path("few-3.zst.sigstore.json");
    refused(
        text(&unsigned),
        &["--signature", text(&signature)],
        "the artifact",
    );

    let (code, said) = accept(&office, text(&emptied), &["--allow-loss", "20"]);
    assert_eq!((code, &said["change"]["lost"]), (0, &json!(10)));
    assert_eq!(held(&office)["sequence"], 3);
    assert_eq!(
        std::fs::read_dir(office.path("state/bundles"))
            .unwrap()
            .count(),
        2
    );
}

#[test]
fn a_scan_with_what_was_taken_is_clean_only_within_its_age() {
    let office = publisher();
    advisories(&office, "all", 2);
    let made = bundle(&office, "all", 1, "2026-11-01T00:00:00Z");
    assert_eq!(accept(&office, text(&made), &["--identity", SIGNER]).0, 0);
    let (sbom, state) = (office.path("sbom.json"), office.path("state"));
    let scan = |purl: &str, at: &str| {
        let components = json!([{"name": "p", "purl": purl}]);
        let document = json!({"bomFormat": "CycloneDX", "components": components});
        std::fs::write(&sbom, document.to_string()).unwrap();
        let arguments = [
            "vuln",
            "scan",
            text(&sbom),
            "--state",
            text(&state),
            "--at",
            at,
        ];
        let (code, said) = office.ask(&arguments);
        (code, said["report"]["answer"].as_str().unwrap().to_owned())
    };
    let (within, past) = ("2026-11-07T00:00:00Z", "2026-11-08T00:00:01Z");
    assert_eq!(scan("pkg:pypi/p1@2.0", within), (0, "not_affected".into()));
    assert_eq!(scan("pkg:pypi/p1@2.0", past), (1, "stale".into()));
    assert_eq!(scan("pkg:pypi/p1@1.9", past), (1, "affected".into()));
}

#[test]
fn a_new_advisory_names_the_assets_that_have_its_package() {
    let office = Office::empty();
    advisories(&office, "new", 2);
    let state = office.path("state");
    let sbom = |asset: &str, purl: &str| {
        let path = office.path(&format!("{asset}.json"));
        let document = json!({
            "bomFormat": "CycloneDX", "metadata": {"component": {"name": asset}},
            "components": [{"name": "p", "purl": purl}, {"name": "without"}],
        });
        std::fs::write(&path, document.to_string()).unwrap();
        path
    };
    let (one, two) = (
        sbom("one", "pkg:pypi/p1@1.0"),
        sbom("two", "pkg:pypi/p1@2.0"),
    );
    let index = [
        "vuln",
        "index",
        text(&one),
        text(&two),
        "--state",
        text(&state),
    ];
    let (code, said) = office.ask(&index);
    assert_eq!(
        (code, &said["indexed"], &said["undecidable"]),
        (0, &json!(2), &json!(2))
    );
    let (hit, other) = (office.path("new/1.json"), office.path("new/0.json"));
    let (code, said) = office.ask(&["vuln", "delta", text(&hit), "--state", text(&state)]);
    assert_eq!(
        (code, &said["new"][0]["hits"]["affected"][0]["asset"]),
        (1, &json!("one"))
    );
    let (code, _) = office.ask(&["vuln", "delta", text(&other), "--state", text(&state)]);
    assert_eq!(code, 0);
    let journal = std::fs::read_to_string(state.join("hits.journal")).unwrap();
    assert_eq!(
        journal.matches("TEST-1").count(),
        2,
        "as the advisory and as what affects"
    );
}
