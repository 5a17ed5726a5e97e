//! Small good files of the formats that the vulnerability engine reads.

/// Feeds beside OSV: a CVE record, CSAF, KEV, EPSS, OpenVEX and CycloneDX VEX.
pub(crate) const FEEDS: [&str; 6] = [
    r#"{"cveMetadata":{"cveId":"CVE-2026-0001","state":"PUBLISHED"},"containers":{"cna":{"providerMetadata":{"shortName":"hana"},"affected":[{"vendor":"hana","product":"pump","cpes":["cpe:2.3:a:hana:pump:*:*:*:*:*:*:*:*"],"defaultStatus":"unaffected","versions":[{"version":"0","status":"affected","lessThan":"2.4","versionType":"custom"}]}],"cpeApplicability":[{"operator":"AND","negate":false,"nodes":[{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:o:hana:valve_???:*:*:*:*:*:*:*:*","versionEndIncluding":"1.0 SP1"}]}]}],"metrics":[{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}}]},"adp":[{"providerMetadata":{"shortName":"CISA-ADP"},"metrics":[{"other":{"type":"ssvc","content":{"options":[{"Exploitation":"None"},{"Automatable":"yes"},{"Technical Impact":"Total"}]}}},{"other":{"type":"kev","content":{"dateAdded":"2026-01-05"}}}]}]}}"#,
    r#"{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","title":"t","publisher":{"name":"hana","category":"vendor","namespace":"https://hana.example"},"tracking":{"id":"H-26-1","status":"final","version":"1","initial_release_date":"2026-01-01T00:00:00Z","current_release_date":"2026-01-02T00:00:00Z","revision_history":[]}},"product_tree":{"branches":[{"category":"vendor","name":"Hana","branches":[{"category":"product_name","name":"Pump","branches":[{"category":"product_version_range","name":"vers:all/<V2.4","product":{"product_id":"P1","name":"Hana Pump < V2.4","product_identification_helper":{"model_numbers":["6ES7?"],"cpe":"cpe:/o:hana:pump"}}}]}]}],"relationships":[]},"vulnerabilities":[{"cve":"CVE-2026-0001","product_status":{"known_affected":["P1"]},"remediations":[{"category":"vendor_fix","details":"update","product_ids":["P1"]}],"scores":[{"products":["P1"],"cvss_v3":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}}]}]}"#,
    r#"{"catalogVersion":"2026.01.02","count":1,"vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-01-01","dueDate":"2026-01-04","knownRansomwareCampaignUse":"Known","forensicTriage":"Yes"}]}"#,
    "#model_version:v2025.03.14,score_date:2026-01-02T12:55:00Z\ncve,epss,percentile\nCVE-2026-0001,0.94321,0.99871\n",
    r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"v","author":"hana","timestamp":"2026-01-01T00:00:00Z","statements":[{"vulnerability":{"name":"CVE-2026-0001"},"products":[{"@id":"pkg:pypi/a@1.0"}],"status":"not_affected","justification":"component_not_present"}]}"#,
    r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"2026-01-01T00:00:00Z"},"components":[{"bom-ref":"a","name":"a","purl":"pkg:pypi/a@1.0"}],"vulnerabilities":[{"id":"CVE-2026-0001","analysis":{"state":"not_affected","justification":"code_not_reachable"},"affects":[{"ref":"a"}]}]}"#,
];

/// Lists of what tools lock, of what is installed, and of names by CPE.
pub(crate) const LOCKS: [&str; 10] = [
    "version = 4\n\n[[package]]\nname = \"rand\"\nversion = \"0.8.5\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n",
    "[[package]]\nname = \"hana-pack\"\nversion = \"1.2\"\n\n[metadata]\nlock-version = \"2.0\"\ncontent-hash = \"x\"\n",
    r#"{"name":"x","lockfileVersion":3,"packages":{"":{"name":"x"},"node_modules/@dul/core":{"version":"1.0.0"},"node_modules/a/node_modules/b":{"version":"2.0.0"}}}"#,
    r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"npm:c@1.0.0"}}}}}"#,
    "<project><properties><v>1.0</v></properties><dependencies><dependency><groupId>a.b</groupId><artifactId>c</artifactId><version>${v}</version></dependency></dependencies></project>",
    "module example.org/x\n\ngo 1.21\n\nrequire (\n\texample.org/a v1.2.3 // indirect\n)\n",
    "example.org/a v1.2.3 h1:AA=\nexample.org/a v1.2.3/go.mod h1:AA=\n",
    "Package: base-files\nStatus: install ok installed\nVersion: 12.4+deb12u5\nArchitecture: amd64\n\nPackage: libssl3\nStatus: install ok installed\nSource: openssl (3.0.11-1)\nVersion: 3.0.11-1~deb12u2\nArchitecture: amd64\n",
    "bash\t0:5.1.8-9.el9\tx86_64\tRocky Enterprise Software Foundation\nown\t2:1.0-1\tnoarch\t\n",
    r#"{"bomFormat":"CycloneDX","components":[{"name":"pump","version":"2.3","cpe":"cpe:2.3:a:hana:pump:*:*:*:*:*:*:*:*"},{"purl":"pkg:generic/x@1","cpe":"cpe:/a:hana:pump:2.3"}]}"#,
];

/// A header with what is read of it.
fn rpm_header() -> Vec<u8> {
    let texts = b"bash\x005.1.8\x009.el9\x00x86_64\x00";
    let entries = [(1000, 0), (1001, 5), (1002, 11), (1022, 17)];
    let mut header = [4_u32, texts.len() as u32].map(u32::to_be_bytes).concat();
    for (tag, offset) in entries {
        header.extend([tag, 6, offset, 1_u32].map(u32::to_be_bytes).concat());
    }
    header.extend_from_slice(texts);
    header
}

/// RPM's database with one package: an SQLite file of two pages.
pub(crate) fn rpm_database() -> Vec<u8> {
    const PAGE: usize = 512;
    let header = rpm_header();
    let kind = 12 + 2 * header.len();
    // Two bytes of length: the header has more than 57 bytes.
    let kind = [(kind >> 7) as u8 | 0x80, (kind & 0x7f) as u8];
    let row = [&[4, 0][..], &kind, &header].concat();
    let schema = [
        &[6, 23, 29, 29, 1, 13][..],
        b"table",
        b"Packages",
        b"Packages",
        &[2],
    ]
    .concat();
    let page = |start: usize, row: &[u8]| {
        let mut page = vec![0; PAGE];
        let cell = [&[row.len() as u8, 1][..], row].concat();
        let end = PAGE - cell.len();
        page[end..].copy_from_slice(&cell);
        page[start] = 13;
        page[start + 4] = 1;
        page[start + 8..start + 10].copy_from_slice(&(end as u16).to_be_bytes());
        page
    };
    let mut first = page(100, &schema);
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16] = 2;
    first[31] = 2;
    [first, page(0, &row)].concat()
}

/// The same as a hash table of Berkeley DB: what it says of itself, its table,
/// and the header on a page of its own.
pub(crate) fn rpm_berkeley() -> Vec<u8> {
    const PAGE: usize = 512;
    let header = rpm_header();
    let mut pages = vec![0; 3 * PAGE];
    let mut put = |at: usize, bytes: &[u8]| pages[at..at + bytes.len()].copy_from_slice(bytes);
    let word = u32::to_le_bytes;
    for (at, number) in [(12, 0x61561), (16, 9), (20, PAGE as u32), (32, 2)] {
        put(at, &word(number));
    }
    put(25, &[8]);
    let table = PAGE;
    put(table + 8, &word(1));
    put(table + 20, &[2, 0, 0, 0, 0, 13]);
    put(table + 26, &[(PAGE - 5) as u8, 1, (PAGE - 17) as u8, 1]);
    put(table + PAGE - 17, &[3, 0, 0, 0, 2, 0, 0, 0]);
    put(table + PAGE - 9, &word(header.len() as u32));
    put(table + PAGE - 5, &[1, 1, 0, 0, 0]);
    let page = 2 * PAGE;
    put(page + 8, &word(2));
    put(page + 20, &[1, 0, header.len() as u8, 0, 0, 7]);
    put(page + 26, &header);
    pages
}

/// The same as `Packages.db`, whose slots fill a page.
pub(crate) fn rpm_own() -> Vec<u8> {
    const PAGE: usize = 4_096;
    let header = rpm_header();
    let length = u32::to_le_bytes(header.len() as u32);
    let mut file = [b"RpmP".to_vec(), vec![0; 28]].concat();
    file[12] = 1;
    while file.len() < PAGE {
        file.extend_from_slice(b"Slot\0\0\0\0\0\0\0\0\0\0\0\0");
    }
    let mut blob = [b"BlbS\x01\0\0\0\0\0\0\0", &length[..], &header].concat();
    blob.resize((16 + header.len() + 12).div_ceil(16) * 16 - 12, 0);
    let sum = blob.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    blob.extend(u32::to_le_bytes((sum.1 << 16) | sum.0));
    blob.extend(length);
    blob.extend_from_slice(b"BlbE");
    file[36] = 1;
    file[40..42].copy_from_slice(&((PAGE / 16) as u16).to_le_bytes());
    file[44] = (blob.len() / 16) as u8;
    file.extend(blob);
    file
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_seed_is_what_it_should_be() {
        for text in FEEDS {
            let read = modu_vuln::advisory::read("x.json", text.as_bytes());
            assert_eq!(
                read.unwrap_or_else(|error| panic!("{error}: {text}")).len(),
                1,
                "{text}"
            );
        }
        for text in LOCKS {
            let read = modu_vuln::inventory::parse(text.as_bytes());
            let read = read.unwrap_or_else(|error| panic!("{error}: {text}"));
            assert!(!read.components.is_empty(), "{text}");
        }
        for database in [rpm_database(), rpm_berkeley(), rpm_own()] {
            let read = modu_vuln::inventory::parse(&database).unwrap();
            assert_eq!(read.components[0].version.as_deref(), Some("0:5.1.8-9.el9"));
        }
    }
}
