//! Prints the report of what is due of a told plant after a told half-year,
//! in Korean, or in English with the argument `en`: to look at its pictures.
//!
//!     cargo run -p modu-vuln --example due_report > report.html
#![allow(clippy::print_stdout, reason = "an example prints")]

use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use modu_vuln::advisory::{Explanations, pack};
use modu_vuln::decide::policy;
use modu_vuln::{DECIDE, DUE, EXCEPT, FIX};
use serde_json::{Value, json};

const WEEKS: u64 = 26;
const ASSETS: u64 = 24;
const ZONES: [&str; 5] = [
    "제어망 1구역",
    "제어망 2구역",
    "DMZ",
    "업무망",
    "원격 유지보수",
];

/// A number that looks drawn and is always the same.
fn drawn(one: u64, two: u64, below: u64) -> u64 {
    let mixed = (one * 31 + two * 17 + 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 33) % below
}

fn day(week: u64, days: u64) -> String {
    let start = jiff::civil::date(2026, 5, 4);
    let days = i64::try_from(week * 7 + days).unwrap_or(0);
    format!(
        "{}T03:00:00Z",
        start.saturating_add(jiff::Span::new().days(days))
    )
}

fn assets() -> String {
    let mut text = String::from("asset,vendor,product,zone,exposure,criticality\n");
    for asset in 0..ASSETS {
        let zone = ZONES[usize::try_from(drawn(asset, 1, 5)).unwrap_or(0)];
        let exposure = if zone == "DMZ" {
            "internet"
        } else {
            "internal"
        };
        text += &format!("a{asset:02},Hana,server,{zone},{exposure},high\n");
    }
    text
}

fn advisories() -> Vec<u8> {
    let lines = (0..WEEKS).map(|week| {
        json!({"kind": "osv", "id": format!("CVE-2026-{:04}", 1000 + week), "modified": "2026-01-01T00:00:00Z", "affected": [{
            "package": {"ecosystem": "PyPI", "name": format!("part{week}")},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }]}).to_string() + "\n"
    });
    let exploited = json!({"kind": "kev", "cve": "CVE-2026-1003", "added": "2026-05-01", "due": null, "ransomware": null, "forensic_triage": null});
    let text: String = lines.chain([exploited.to_string() + "\n"]).collect();
    let sources = [("told", text.as_bytes())];
    let made = "2026-05-01T00:00:00Z".parse().unwrap_or_default();
    pack(1, made, 1_000, sources, &Explanations::default()).map_or_else(|_| Vec::new(), |it| it.1)
}

fn inventory(updated: Option<u64>) -> String {
    let parts: Vec<Value> = (0..WEEKS)
        .map(|week| {
            let version = if updated == Some(week) { "2.0" } else { "1.0" };
            json!({"type": "library", "name": format!("part{week}"), "version": version, "purl": format!("pkg:pypi/part{week}@{version}")})
        })
        .collect();
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": parts}).to_string()
}

/// The ledger so far, and what every run needs.
struct Plant {
    ledger: Vec<u8>,
    advisories: Vec<u8>,
}

impl Plant {
    fn inputs(&self) -> InputsInMemory {
        InputsInMemory::new()
            .with("ledger", self.ledger.clone())
            .with("advisories", self.advisories.clone())
    }

    fn add(&mut self, outcome: &Outcome) {
        if let Some(page) = outcome.output("page.json") {
            self.ledger.extend_from_slice(&page.bytes);
            self.ledger.push(b'\n');
        }
    }

    fn find(&mut self, week: u64) -> Result<(), EngineError> {
        let mut findings = String::from("asset,component,version,advisory,names\n");
        for asset in (0..ASSETS).filter(|asset| drawn(*asset, week, 5) == 0) {
            let cve = format!("CVE-2026-{:04}", 1000 + week);
            findings += &format!("a{asset:02},pkg:pypi/part{week},1.0,{cve},{cve}\n");
        }
        let policy = policy::named("cisa-bod-26-04").unwrap_or_default();
        let inputs = (self
            .inputs()
            .with("findings", findings)
            .with("assets", assets()))
        .with("policy", policy);
        let outcome = (DECIDE.run)(&json!({ "at": day(week, 0) }), &inputs, &NoProgress)?;
        self.add(&outcome);
        Ok(())
    }

    fn mend(&mut self, week: u64, part: u64) -> Result<(), EngineError> {
        for asset in (0..ASSETS).filter(|asset| drawn(*asset, part, 9) > 1) {
            let when = drawn(asset, part + 3, 11);
            if when + part != week {
                continue;
            }
            let inputs = (self.inputs().with("before", inventory(None)))
                .with("after", inventory(Some(part)));
            let request = json!({ "at": day(week, 3), "asset": format!("a{asset:02}") });
            let outcome = (FIX.run)(&request, &inputs, &NoProgress)?;
            self.add(&outcome);
        }
        Ok(())
    }

    fn except(&mut self, week: u64) -> Result<(), EngineError> {
        let state = modu_vuln::ledger::replay(&self.ledger)
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let open = state
            .items
            .iter()
            .find(|(_, it)| it.fixed.is_none() && it.exception.is_none());
        let Some((id, _)) = open else { return Ok(()) };
        let until = &day(week + 6, 0)[..10];
        let request = json!({"at": day(week, 4), "items": [id.as_str()], "exception": {
            "owner": "김하나", "reason": "정지 기간이 아직 아님", "control": "구역 방화벽에서 막음", "until": until,
        }});
        let outcome = (EXCEPT.run)(&request, &self.inputs(), &NoProgress)?;
        self.add(&outcome);
        Ok(())
    }
}

fn main() -> Result<(), EngineError> {
    let mut plant = Plant {
        ledger: Vec::new(),
        advisories: advisories(),
    };
    for week in 0..WEEKS {
        plant.find(week)?;
        for part in 0..=week {
            plant.mend(week, part)?;
        }
        if week % 3 == 0 {
            plant.except(week)?;
        }
    }
    let inputs = plant.inputs().with("assets", assets());
    let outcome = (DUE.run)(&json!({ "at": day(WEEKS, 0) }), &inputs, &NoProgress)?;
    let name = match std::env::args().nth(1).as_deref() {
        Some("en") => "report.en.html",
        _ => "report.ko.html",
    };
    if let Some(page) = outcome.output(name) {
        println!("{}", String::from_utf8_lossy(&page.bytes));
    }
    Ok(())
}
