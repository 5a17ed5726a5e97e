//! CVSS scores against another implementation's.

use modu_vuln::cvss::{Vector, Version};
use proptest::prelude::*;

/// Vectors and scores by PyPI's `cvss` 3.6. By the same program 66,183 vectors
/// were compared (`--seed 1 --each 15000 --exhaustive`, every base vector of
/// 2.0 and 3.x among them), with no difference.
const VECTORS: &str = include_str!("cvss_vectors.tsv");

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap();
        (cell(), cell(), cell())
    })
}

#[test]
fn every_score_is_that_of_another_implementation() {
    let mut versions = std::collections::BTreeMap::new();
    for (vector, base, score) in rows() {
        let parsed: Vector = vector.parse().unwrap();
        assert_eq!(parsed.base_score().to_string(), base, "{vector}");
        assert_eq!(parsed.score().to_string(), score, "{vector}");
        *versions.entry(parsed.version()).or_insert(0) += 1;
    }
    let versions: Vec<_> = versions.into_iter().collect();
    assert_eq!(
        versions,
        [
            (Version::V2, 110),
            (Version::V3_0, 110),
            (Version::V3_1, 110),
            (Version::V4, 380),
        ]
    );
}

#[test]
fn the_order_of_metrics_does_not_matter() {
    for (vector, base, score) in rows() {
        let (prefix, metrics) = match vector.split_once('/') {
            Some((prefix, rest)) if prefix.starts_with("CVSS:") => (format!("{prefix}/"), rest),
            _ => (String::new(), vector),
        };
        let turned: Vec<&str> = metrics.split('/').rev().collect();
        let turned: Vector = (prefix + &turned.join("/")).parse().unwrap();
        assert_eq!(turned.base_score().to_string(), base, "{vector}");
        assert_eq!(turned.score().to_string(), score, "{vector}");
    }
}

#[test]
fn what_is_no_vector_is_refused_and_says_why() {
    let long = format!("CVSS:3.1/{}", "AV:N/".repeat(1_000));
    for (vector, why) in [
        ("", "no `metric:value`"),
        ("CVSS:3.1/", "no `metric:value`"),
        (
            "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "none of CVSS:3.0",
        ),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", "lacks A"),
        (
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:X",
            "no value of A",
        ),
        ("CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "twice"),
        ("CVSS:3.1/AV:N/AC:L/Au:N/C:P/I:P/A:P", "no metric"),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P/", "no `metric:value`"),
        ("av:n/ac:l/au:n/c:p/i:p/a:p", "no metric"),
        (&long, "512"),
    ] {
        let error = vector.parse::<Vector>().unwrap_err().to_string();
        assert!(error.contains(why), "{vector}: {error}");
    }
}

#[test]
fn a_vector_tells_what_it_can_of_automation_and_impact() {
    for (vector, told) in [
        (
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            Some((true, true)),
        ),
        (
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:L",
            Some((false, false)),
        ),
        (
            "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            Some((false, true)),
        ),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", None),
    ] {
        assert_eq!(
            vector.parse::<Vector>().unwrap().as_ssvc(),
            told,
            "{vector}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "(CVSS:[34]\\.[01]/)?([A-Za-z]{1,3}:[A-Za-z]{1,4}/?){0,12}") {
        if let Ok(vector) = text.parse::<Vector>() {
            prop_assert!(vector.score().tenths() <= 100);
        }
    }
}
