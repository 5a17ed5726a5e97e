#![allow(clippy::unwrap_used, reason = "tests")]
use modu_kernel::{InputsInMemory, NoProgress};

use super::*;

const ROUTES: &str = "prefix,origin\n192.0.2.0/24,64496\n198.51.100.0/24,64497\n\
                      203.0.113.0/24,64498\n203.0.113.128/25,64498\n2001:db8::/32,64496\n";
const EARLY: &str = "ASN,IP Prefix,Max Length\nAS64496,192.0.2.0/24,24\n";
const LATE: &str = "ASN,IP Prefix,Max Length\nAS64496,192.0.2.0/24,24\nAS64498,203.0.113.0/24,24\n\
                    AS64497,198.51.100.0/24,24\n";
const LIST: &str =
    "organisation,asn\n한국 <연구망> & 대학,AS64496\n\"Agency, \"\"B\"\"\",64498\nNobody,65000\n";

fn run() -> (CoverageReport, Vec<String>) {
    let inputs = InputsInMemory::new()
        .with("routes", ROUTES)
        .with("organisations", LIST)
        .with("vrps/2026-02-01", LATE)
        .with("vrps/2026-01-01", EARLY);
    let (report, _, outputs) = Coverage::run(CoverageRequest {}, &inputs, &NoProgress).unwrap();
    let texts = outputs
        .into_iter()
        .map(|it| String::from_utf8(it.bytes).unwrap());
    (report, texts.collect())
}

fn numbers(tally: Tally) -> [u64; 3] {
    [tally.valid, tally.invalid, tally.not_found]
}

#[test]
fn announcements_are_counted_by_time_network_and_organisation() {
    let (report, texts) = run();
    assert_eq!(report.times, ["2026-01-01", "2026-02-01"]);
    let all: Vec<_> = report.all.iter().copied().map(numbers).collect();
    assert_eq!(all, [[1, 0, 4], [3, 1, 1]]);
    let of = |groups: &[Group], name: &str| {
        let group = groups.iter().find(|it| it.name == name).unwrap();
        group
            .tallies
            .iter()
            .copied()
            .map(numbers)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&report.networks, "AS64498"), [[0, 0, 2], [1, 1, 0]]);
    assert_eq!(
        of(&report.organisations, "Agency, \"B\""),
        [[0, 0, 2], [1, 1, 0]]
    );
    assert_eq!(of(&report.organisations, "Nobody"), [[0; 3]; 2]);
    assert!(texts[0].contains("organisation,\"Agency, \"\"B\"\"\",2026-02-01,1,1,0\n"));
}

#[test]
fn the_picture_escapes_names_and_speaks_both_languages() {
    let (_, texts) = run();
    assert!(texts[1].contains("한국 &lt;연구망&gt; &amp; 대학"));
    assert!(texts[1].contains("유효 3개, 무효 1개"));
    assert!(texts[2].contains("3 valid, 1 invalid"));
    let in_tags = |text: &str, what: &str| text.matches(what).count();
    // One column and three rows show something invalid at most once each.
    assert_eq!(in_tags(&texts[1], "<rect class=\"invalid\""), 3);
}

#[test]
fn a_wrong_list_and_missing_tables_are_named_with_their_remedy() {
    for (list, line) in [
        ("name,asn\n", "line 1"),
        ("organisation,asn\nx\n", "line 2"),
        ("organisation,asn\n,1\n", "line 2"),
        ("organisation,asn\nx,y\n", "line 2"),
    ] {
        let error = Organisations::parse(list.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(line), "{error}");
    }
    let inputs = InputsInMemory::new().with("routes", ROUTES);
    assert!(Coverage::run(CoverageRequest {}, &inputs, &NoProgress).is_err());
}
