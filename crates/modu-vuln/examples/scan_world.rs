//! What scanners are measured on: the Python advisory database as our bundle
//! and as rows for another scanner, and lists of components that use its
//! packages. The same arguments give the same files.
//!
//!     scan_world PYPA.tar.zst OUT COPIES COMPONENTS...
//!
//! With more than one copy every advisory stands as often, on packages of
//! other names.
#![allow(clippy::print_stdout, reason = "an example talks")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use modu_vuln::advisory::osv::{Advisory, Affected, Event, Match};
use modu_vuln::advisory::{Explanations, Record, pack, read};
use modu_vuln::{Scheme, Version};
use serde_json::json;

const MADE: &str = "2026-11-22T00:00:00Z";

/// Of components, those of packages that an advisory names: one in four.
const OF_ADVISORIES: usize = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, archive, out, copies, sizes @ ..] = arguments.as_slice() else {
        return Err("scan_world PYPA.tar.zst OUT COPIES COMPONENTS...".into());
    };
    let (out, copies) = (Path::new(out), copies.parse()?);
    fs::create_dir_all(out)?;
    let advisories = advisories(Path::new(archive))?;
    let mut lines = Vec::new();
    for copy in 0..copies {
        for advisory in &advisories {
            let record = Record::Osv(renamed(advisory.clone(), copy));
            serde_json::to_writer(&mut lines, &record)?;
            lines.push(b'\n');
        }
    }
    let sources = [("pypa", lines.as_slice())];
    let (header, bundle) = pack(1, MADE.parse()?, 36_500, sources, &Explanations::new())?;
    fs::write(out.join("bundle.zst"), bundle)?;
    write_rows(&advisories, &out.join("rows.jsonl"))?;
    for size in sizes {
        let size = size.parse()?;
        let pairs = pairs(&advisories, copies, size / OF_ADVISORIES);
        write_components(&pairs, size, &out.join(format!("{size}.json")))?;
    }
    println!("{} advisories", header.records());
    Ok(())
}

/// Those that stand.
fn advisories(archive: &Path) -> Result<Vec<Advisory>, Box<dyn std::error::Error>> {
    let mut advisories = Vec::new();
    let reader = zstd::Decoder::new(File::open(archive)?)?;
    for entry in tar::Archive::new(reader).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        if !name.ends_with(".yaml") {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        for record in read(&name, &bytes)? {
            if let Record::Osv(advisory) = record
                && advisory.withdrawn.is_none()
            {
                advisories.push(advisory);
            }
        }
    }
    advisories.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(advisories)
}

fn renamed(mut advisory: Advisory, copy: usize) -> Advisory {
    if copy == 0 {
        return advisory;
    }
    advisory.id = format!("{}-{copy}", advisory.id);
    for affected in &mut advisory.affected {
        if let Some(package) = &mut affected.package {
            package.name = format!("{}-{copy}", package.name);
        }
    }
    advisory
}

/// Names and versions that advisories list, and versions beside the edges of
/// their ranges, in an order that looks random and is the same each time.
fn pairs(advisories: &[Advisory], copies: usize, wanted: usize) -> Vec<(String, String)> {
    let mut all = BTreeSet::new();
    for affected in advisories.iter().flat_map(|it| &it.affected) {
        let Some(package) = &affected.package else {
            continue;
        };
        let name = normal(&package.name);
        for version in affected.versions.iter().cloned().chain(edges(affected)) {
            // A package URL would have to escape the others.
            if version
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".-_+!".contains(c))
            {
                all.insert((name.clone(), version));
            }
        }
    }
    let mut all: Vec<_> = all.into_iter().collect();
    let mut state = 1_u64;
    for place in (1..all.len()).rev() {
        let other = next(&mut state) as usize % (place + 1);
        all.swap(place, other);
    }
    let copied = (0..copies).flat_map(|copy| {
        all.iter().map(move |(name, version)| match copy {
            0 => (name.clone(), version.clone()),
            copy => (format!("{name}-{copy}"), version.clone()),
        })
    });
    copied.take(wanted).collect()
}

/// The versions that a range names, and of releases a pre-release, a later
/// release and a local version.
fn edges(affected: &Affected) -> impl Iterator<Item = String> + '_ {
    let events = affected.ranges.iter().filter(|range| range.kind != "GIT");
    let events = events.flat_map(|range| &range.events);
    let named = events.filter_map(|event| match event {
        Event::Introduced(text) if text == "0" => None,
        Event::Introduced(text) | Event::Fixed(text) | Event::LastAffected(text) => Some(text),
        Event::Limit(_) => None,
    });
    named.flat_map(|text| {
        let is_release = text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let more = ["", "rc1", ".post1", "+local.1"].into_iter();
        let more = more.take(if is_release { 4 } else { 1 });
        more.map(move |more| format!("{text}{more}"))
    })
}

fn normal(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn write_components(
    pairs: &[(String, String)],
    size: usize,
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    write!(
        file,
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,"metadata":{{"component":{{"type":"application","name":"plant","bom-ref":"plant"}}}},"components":["#
    )?;
    for number in 0..size {
        let (name, version) = match pairs.get(number / OF_ADVISORIES) {
            Some(pair) if number % OF_ADVISORIES == 0 => pair.clone(),
            _ => (
                format!("lib-{number}"),
                format!("{}.{}.0", number % 7, number % 13),
            ),
        };
        let purl = format!("pkg:pypi/{name}@{}", version.replace('+', "%2B"));
        let component = json!({
            "bom-ref": format!("{purl}#{number}"), "type": "library",
            "name": name, "version": version, "purl": purl,
        });
        let comma = if number == 0 { "" } else { "," };
        write!(file, "{comma}{component}")?;
    }
    write!(file, "]}}")?;
    Ok(file.flush()?)
}

/// The same advisories as constraints of PEP 440.
fn write_rows(advisories: &[Advisory], path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    for advisory in advisories {
        for affected in &advisory.affected {
            let Some(package) = affected
                .package
                .as_ref()
                .filter(|it| it.ecosystem == "PyPI")
            else {
                continue;
            };
            let row = json!({
                "package": normal(&package.name), "id": advisory.id,
                "vulnerable": constraints(affected),
            });
            writeln!(file, "{row}")?;
        }
    }
    Ok(file.flush()?)
}

fn constraints(affected: &Affected) -> Vec<String> {
    let mut all = Vec::new();
    for range in affected.ranges.iter().filter(|range| range.kind != "GIT") {
        let mut from: Option<String> = None;
        for event in &range.events {
            let to = match event {
                Event::Introduced(text) if text == "0" => {
                    from = Some(">=0.dev0".to_owned());
                    continue;
                }
                Event::Introduced(text) => {
                    from = Some(format!(">={text}"));
                    continue;
                }
                Event::Fixed(text) => format!("<{text}"),
                Event::LastAffected(text) => format!("<={text}"),
                Event::Limit(_) => continue,
            };
            all.push(match from.take() {
                Some(from) => format!("{from}, {to}"),
                None => to,
            });
        }
        all.extend(from);
    }
    // What is listed and out of the ranges; other versions than those of
    // PEP 440 would make the constraint unreadable.
    let listed = affected.versions.iter().filter(|text| {
        let Ok(version) = Version::parse(Scheme::Pep440, text) else {
            return false;
        };
        let mut ranges = affected.ranges.iter().filter(|range| range.kind != "GIT");
        !ranges.any(|range| range.contains(&version) == Match::Affected)
    });
    all.extend(listed.map(|text| format!("=={text}")));
    all
}
