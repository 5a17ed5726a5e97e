//! Vendors' ranges, read from real advisories and from ones written here.

use modu_vuln::vendor::{VendorRange, VendorVersion};
use proptest::prelude::*;
use serde_json::Value;

use crate::archives;

const LABELS: &str = include_str!("vendor_ranges.tsv");

/// All `product_version_range` names of CISA's advisories on operational
/// technology, in the order of path and place.
fn ranges() -> Option<Vec<String>> {
    fn walk(branches: &Value, ranges: &mut Vec<String>) {
        for branch in branches.as_array().into_iter().flatten() {
            if branch["category"] == "product_version_range" {
                ranges.push(branch["name"].as_str().unwrap().to_owned());
            }
            walk(&branch["branches"], ranges);
        }
    }
    let mut ranges = Vec::new();
    for (path, text) in archives::texts("cisa-csaf.tar.zst", ".json")? {
        if path.to_string_lossy().contains("/OT/white/") {
            let document: Value = serde_json::from_str(&text).unwrap();
            walk(&document["product_tree"]["branches"], &mut ranges);
        }
    }
    Some(ranges)
}

#[test]
fn nine_in_ten_of_the_real_ranges_become_typed_ranges() {
    let Some(ranges) = ranges() else { return };
    assert_eq!(ranges.len(), 13_617);
    let read = ranges
        .iter()
        .filter(|range| VendorRange::parse(range).is_ok())
        .count();
    println!("{read} of {} ranges are typed", ranges.len());
    assert!(read * 10 >= ranges.len() * 9, "{read}");
}

#[test]
fn of_three_hundred_labelled_ranges_none_is_typed_wrongly() {
    let Some(ranges) = ranges() else { return };
    let mut typed = 0;
    let labels = LABELS.lines().filter(|line| !line.starts_with('#'));
    let labels: Vec<_> = labels.map(|line| line.split_once('\t').unwrap()).collect();
    assert_eq!(labels.len(), 300);
    for (place, label) in labels {
        let text = &ranges[place.parse::<usize>().unwrap()];
        if let Ok(range) = VendorRange::parse(text) {
            assert_eq!(range.to_string(), label, "{place}: {text}");
            typed += 1;
        }
    }
    println!("{typed} of 300 labelled ranges are typed");
    assert!(typed >= 250, "{typed}");
}

#[test]
fn a_range_is_taken_as_it_is_meant_or_not_at_all() {
    for (text, expected) in [
        ("vers:all/*", "*"),
        ("All Versions", "*"),
        ("vers:all/>=V2.0<V3.0.3", ">=2.0 <3.0.3"),
        ("< 15.0 Service Pack 1", "<15.0 sp 1"),
        ("All versions prior to V1.5.1", "<1.5.1"),
        ("2.1 and earlier", "<=2.1"),
        (">V1.1 and <V2.0.1", ">1.1 <2.0.1"),
        ("> 6.0 | < 6.1 | > 7.0 | < 7.2", ">6.0 <6.1 | >7.0 <7.2"),
        ("3.0|3.1", "=3.0 | =3.1"),
        ("<=9.4_FP2_Hotfix_4", "<=9.4 fp 2 hotfix 4"),
    ] {
        assert_eq!(
            VendorRange::parse(text).unwrap().to_string(),
            expected,
            "{text}"
        );
    }
    for text in [
        "",
        "<=",
        "< 3.0 only with the web server",
        "<=the_first_9_digits_of_serial_number_180420045",
        "<April/13/2023",
        ">= 3.0 | < 2.0",
        "< 17 | < 18",
        ">= 7.0 | >= 8.0",
        "< 3.x",
        "V4.7: < V4.7 HF27",
        "5.0.0 | something else",
        "< 15.1 | 7",
        "1.0 | 1.0",
    ] {
        assert!(VendorRange::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_only_the_vendor_knows_is_not_decided() {
    let contains = |range: &str, version: &str| {
        let version = VendorVersion::parse(version).unwrap();
        VendorRange::parse(range).unwrap().contains(&version)
    };
    for (range, version, expected) in [
        ("< V3.0.3", "3.0.2", Some(true)),
        ("< V3.0.3", "V3.0.3", Some(false)),
        ("< V3.0.3", "3.0.3 RC1", Some(true)),
        ("< V15 SP1", "V15", Some(true)),
        ("< V15 SP1", "V15 SP1 Update 2", Some(false)),
        ("< V15 SP1", "V14 SP3", Some(true)),
        // A service pack and an update, or the next minor version.
        ("< V15 SP1", "V15 Update 3", None),
        ("< V15 SP1", "V15.1", None),
        ("<= 1.03D", "1.03C", Some(true)),
        ("<= 1.03D", "1.04A", Some(false)),
        // Decimals or whole numbers?
        ("< 1.1", "1.05", None),
        ("< 1.03", "1.2", None),
        ("< 1.10", "1.05", Some(true)),
        ("< 1.5", "1.12", Some(false)),
        ("< 1.20", "1.03", Some(true)),
        (">= 2 | < 3 | >= 4 | < 5", "4.5", Some(true)),
        (">= 2 | < 3 | >= 4 | < 5", "3.5", Some(false)),
    ] {
        assert_eq!(contains(range, version), expected, "{version} in {range}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_range_or_a_reason(text in "\\PC{0,60}") {
        let _ = VendorRange::parse(&text);
        let _ = VendorVersion::parse(&text);
    }

    #[test]
    fn a_range_that_is_written_is_read_as_itself(
        text in "(<|<=|>|>=)? ?[vV]?[0-9]{1,3}(\\.[0-9]{1,2}){0,3}( SP[1-9]| Update [1-9]|[A-N])?",
    ) {
        if let Ok(range) = VendorRange::parse(&text) {
            prop_assert_eq!(VendorRange::parse(&range.to_string()).unwrap(), range);
        }
    }

    #[test]
    fn orders_of_vendors_versions_are_mirrored(
        texts in prop::collection::vec("[0-2]{1,2}(\\.[0-2]{1,2}| SP[12]| Update [12]| RC1|[A-C]){0,3}", 2),
    ) {
        let versions: Vec<_> = texts.iter().filter_map(|it| VendorVersion::parse(it).ok()).collect();
        if let [a, b] = &versions[..] {
            prop_assert_eq!(a.compare(b), b.compare(a).map(std::cmp::Ordering::reverse));
        }
    }
}
