//! What one new advisory costs among many components, from its bytes to the
//! result on the disk. Prints a line of JSON.
//!
//!     delta_bench FOLDER COMPONENTS
#![allow(clippy::print_stdout, reason = "an example talks")]

use std::borrow::Cow;
use std::path::Path;
use std::time::{Duration, Instant};

use modu_vuln::delta::NewAdvisory;
use modu_vuln::inventory::Component;
use modu_vuln_store::{Journal, ReverseIndex, ReverseIndexBuilder, hits};
use serde_json::json;

/// Components of each package that an advisory hits; as many are not hit.
const HIT: usize = 100;
/// New advisories.
const ADVISORIES: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, components] = arguments.as_slice() else {
        return Err("delta_bench FOLDER COMPONENTS".into());
    };
    let (folder, components) = (Path::new(folder), components.parse::<usize>()?);
    std::fs::create_dir_all(folder)?;
    let (index, journal) = (folder.join("components.idx"), folder.join("hits.journal"));
    let packages = components / (2 * HIT);
    let start = Instant::now();
    build(&index, components, packages)?;
    let built = start.elapsed();
    let _ = std::fs::remove_file(&journal);
    let (index, mut journal) = (ReverseIndex::open(&index)?, Journal::open(&journal)?);
    let mut times = Vec::new();
    for number in 0..ADVISORIES {
        let package = number * 7_919 % packages;
        let advisory = json!({
            "id": format!("NEW-{number}"), "modified": "2026-11-22T00:00:00Z",
            "affected": [{
                "package": {"ecosystem": "PyPI", "name": format!("package-{package}")},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
            }],
        });
        let bytes = advisory.to_string();
        let start = Instant::now();
        let advisory = NewAdvisory::parse("new.json", bytes.as_bytes())?;
        let found = hits(&index, &advisory)?;
        journal.append(&found)?;
        times.push(start.elapsed());
        if found.affected.len() != HIT {
            return Err(format!("{} hits, not {HIT}", found.affected.len()).into());
        }
    }
    times.sort();
    let at = |share: f64| milliseconds(times[((times.len() - 1) as f64 * share) as usize]);
    println!(
        "{}",
        json!({
            "among": format!("{components} components, {HIT} hit"),
            "p50 ms": at(0.5), "p99 ms": at(0.99), "greatest ms": at(1.0),
            "index made s": built.as_secs_f64(),
        })
    );
    Ok(())
}

fn build(
    path: &Path,
    components: usize,
    packages: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = ReverseIndexBuilder::default();
    for number in 0..components {
        let (package, place) = (number % packages, number / packages);
        let version = if place % 2 == 0 { "1.4.2" } else { "2.0.1" };
        let purl = format!("pkg:pypi/package-{package}@{version}");
        let component = Component {
            name: Cow::Owned(format!("package-{package}")),
            version: Some(Cow::Borrowed(version)),
            purl: Some(Cow::Borrowed(&purl)),
            cpe: None,
        };
        builder.add(&format!("plant-{place}/host-{}", number % 997), &component)?;
    }
    Ok(builder.write(path)?)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
