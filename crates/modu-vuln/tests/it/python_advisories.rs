//! Ranges against the lists of versions that the Python advisory database
//! (pypa/advisory-database, commit 3ccb6125) writes beside them.

use modu_vuln::advisory::osv::{Advisory, Match};
use modu_vuln::{Scheme, Version};

use crate::archives;

/// The advisories contradict themselves: they name these versions and their
/// ranges leave them out.
const NAMED_BUT_OUT_OF_RANGE: [&str; 9] = [
    "PYSEC-2021-114 2.11.6: NotAffected",
    "PYSEC-2023-177 23.9.0.post1: NotAffected",
    "PYSEC-2023-177 23.9.0: NotAffected",
    "PYSEC-2023-61 3.2a1: NotAffected",
    "PYSEC-2023-61 3.2b1: NotAffected",
    "PYSEC-2023-61 3.2rc1: NotAffected",
    "PYSEC-2023-61 4.2a1: NotAffected",
    "PYSEC-2023-61 4.2b1: NotAffected",
    "PYSEC-2023-61 4.2rc1: NotAffected",
];

#[test]
fn ordering_finds_all_but_nine_of_the_versions_that_the_python_advisories_name() {
    let Some(texts) = archives::texts("pypa.tar.zst", ".yaml") else {
        return;
    };
    let (mut pairs, mut missed) = (0, Vec::new());
    for (path, text) in texts {
        let advisory = Advisory::from_yaml(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for affected in &advisory.affected {
            let ranges: Vec<_> = (affected.ranges.iter())
                .filter(|range| range.kind == "ECOSYSTEM")
                .collect();
            if ranges.is_empty() {
                continue;
            }
            for name in &affected.versions {
                pairs += 1;
                let found =
                    Version::parse(Scheme::Pep440, name).map_or(Match::Undecidable, |version| {
                        ranges
                            .iter()
                            .map(|range| range.contains(&version))
                            .max()
                            .unwrap()
                    });
                if found != Match::Affected {
                    missed.push(format!("{} {name}: {found:?}", advisory.id));
                }
            }
        }
    }
    assert_eq!(pairs, 140_846);
    // Versions that are no PEP 440 (`trunk`, `0.9-doduo`) cannot be ordered:
    // the list of names finds them, and without it they are undecidable.
    let unordered = missed
        .iter()
        .filter(|it| it.ends_with("Undecidable"))
        .count();
    println!("{pairs} pairs; {unordered} versions without an order");
    missed.sort();
    missed.retain(|it| it.ends_with("NotAffected"));
    assert_eq!(missed, NAMED_BUT_OUT_OF_RANGE);
}
