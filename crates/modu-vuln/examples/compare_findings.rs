//! What `vuln.scan` and trivy found in one list of components, and what each
//! difference is. Prints a line of JSON for each class; fails where a
//! difference is of no class.
//!
//!     compare_findings FINDINGS.csv TRIVY.json ROWS.jsonl
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use modu_vuln::{Scheme, Version};
use serde_json::{Value, json};

/// What an advisory asks of a package's versions.
type Constraints = BTreeMap<(String, String), Vec<String>>;

/// Package, version, advisory.
type Findings = BTreeSet<(String, String, String)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, ours, theirs, rows] = arguments.as_slice() else {
        return Err("compare_findings FINDINGS.csv TRIVY.json ROWS.jsonl".into());
    };
    let (ours, theirs) = (ours_of(&fs::read(ours)?)?, theirs_of(&fs::read(theirs)?)?);
    let constraints = constraints(&fs::read_to_string(rows)?)?;
    let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
    *classes.entry("the same").or_default() += ours.intersection(&theirs).count() as u64;
    let mut unexplained = Vec::new();
    let only_ours = ours.difference(&theirs).map(|it| ("only ours", it));
    let only_theirs = theirs.difference(&ours).map(|it| ("only trivy's", it));
    for (whose, finding) in only_ours.chain(only_theirs) {
        match class(whose, finding, &constraints) {
            Some(class) => *classes.entry(class).or_default() += 1,
            None => unexplained.push((whose, finding)),
        }
    }
    for (class, findings) in &classes {
        println!("{}", json!({ "class": class, "findings": findings }));
    }
    for (whose, finding) in unexplained.iter().take(20) {
        eprintln!("{whose}: {finding:?}");
    }
    match unexplained.len() {
        0 => Ok(()),
        count => Err(format!("{count} differences are of no class").into()),
    }
}

/// The class of a difference; `tests/it/differences.rs` holds each.
fn class(
    whose: &str,
    (package, version, advisory): &(String, String, String),
    constraints: &Constraints,
) -> Option<&'static str> {
    let read = Version::parse(Scheme::Pep440, version);
    let listed = constraints.get(&(package.clone(), advisory.clone()))?;
    match (whose, read) {
        ("only ours", Err(_)) => {
            Some("only ours: a version without an order, which the advisory names")
        }
        ("only trivy's", Ok(version)) if in_overlap(&version, listed) => {
            Some("only trivy's: pairs of one range overlap, and the version is past the first fix")
        }
        _ => None,
    }
}

/// Whether a version is in one of the pairs and at or after the end of another
/// that ends within it: read event by event, as the OSV format asks, it is
/// fixed there.
fn in_overlap(version: &Version, constraints: &[String]) -> bool {
    let read = |text: &str| Version::parse(Scheme::Pep440, text).ok();
    let pairs = constraints.iter().filter_map(|constraint| {
        let (from, to) = constraint.split_once(", ")?;
        Some((
            read(from.strip_prefix(">=")?)?,
            read(to.strip_prefix('<')?)?,
        ))
    });
    let pairs: Vec<_> = pairs.collect();
    let before =
        |one: &Version, other: &Version| one.compare(other).is_some_and(std::cmp::Ordering::is_le);
    pairs.iter().any(|(from, to)| {
        let holds = before(from, version) && !before(to, version);
        let mut ends = pairs.iter().map(|(_, end)| end);
        holds && ends.any(|end| before(from, end) && before(end, version))
    })
}

fn ours_of(csv: &[u8]) -> Result<Findings, Box<dyn std::error::Error>> {
    let mut findings = Findings::new();
    for row in csv::Reader::from_reader(csv).records() {
        let row = row?;
        let cell = |place: usize| row.get(place).unwrap_or_default().to_owned();
        let name = cell(1).rsplit('/').next().unwrap_or_default().to_owned();
        findings.insert((name, cell(2), cell(3)));
    }
    Ok(findings)
}

fn theirs_of(report: &[u8]) -> Result<Findings, Box<dyn std::error::Error>> {
    let report: Value = serde_json::from_slice(report)?;
    let results = report["Results"].as_array().into_iter().flatten();
    let found = results.flat_map(|it| it["Vulnerabilities"].as_array().into_iter().flatten());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(found
        .map(|it| {
            let (name, version) = (text(&it["PkgName"]), text(&it["InstalledVersion"]));
            (name, version, text(&it["VulnerabilityID"]))
        })
        .collect())
}

fn constraints(rows: &str) -> Result<Constraints, Box<dyn std::error::Error>> {
    let mut constraints = Constraints::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let listed = row["vulnerable"].as_array().into_iter().flatten();
        let of = constraints.entry((text(&row["package"]), text(&row["id"])));
        of.or_default().extend(listed.map(text));
    }
    Ok(constraints)
}
