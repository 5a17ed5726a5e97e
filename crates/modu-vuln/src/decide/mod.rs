//! `vuln.decide`: by when what was found must be fixed.
//!
//! Inputs: `findings` (a scan's `findings.csv`), `policy` (TOML), `ledger`
//! (the pages so far), and where they are: `advisories` (a bundle with facts),
//! `assets` (CSV) and `table` (an own decision table). Output: `page.json`,
//! the ledger's next page, where something changed.
//!
//! A deadline is a day: that of the decision and the days that the policy
//! gives for the table's outcome. What is not known counts as whatever makes
//! it most urgent. Facts that change make a deadline earlier, by a new entry;
//! nothing makes one later but an exception that somebody answers for. Where
//! the bundle holds a maker's statement (VEX) that the fault does not matter in
//! what is open and was not found again, the maker answers.

mod events;
mod facts;
mod found;
pub mod policy;
mod report;
mod urgency;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Output, Progress, TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use found::{Found, parse as found};
pub use report::{Counts, DecideReport};

use self::events::Rules;
use self::facts::Known;
use self::policy::Policy;
use crate::advisory::Bundle;
use crate::inventory::assets::{self, Criticality, Exposure};
use crate::ledger::{self, State, Writing};
use crate::ssvc::{self, DecisionTable};
use crate::{VulnError, limits};

/// The engine as plain data.
pub const DECIDE: Engine = Engine::of::<Decide>();

/// The engine's type.
pub struct Decide;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// The moment of the decision.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The asset that all findings are on, in place of what they say.
    #[serde(default)]
    pub asset: Option<String>,
    /// Whether the time since the last page may be longer than the policy
    /// lets pass without doubt of the clock.
    #[serde(default)]
    pub accept_gap: bool,
}

impl TypedEngine for Decide {
    type Request = DecideRequest;
    type Report = DecideReport;
    const NAME: &'static str = "vuln.decide";
    const VERSION: &'static str = "3";

    fn run(
        request: DecideRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(DecideReport, Vec<Finding>, Vec<Output>), EngineError> {
        progress.report("read", 0, 0);
        let policy = parsed(inputs, "policy", limits::DOCUMENT_BYTES, Policy::parse)?;
        let table = table(inputs, &policy)?;
        let assets = optional(inputs, "assets", limits::INVENTORY_BYTES, contexts)?;
        let found = parsed(inputs, "findings", limits::INVENTORY_BYTES, |bytes| {
            found::parse(bytes, request.asset.as_deref())
        })?;
        let before = ledger::read(inputs)?;
        let known = optional(inputs, "advisories", limits::BUNDLE_BYTES, |bytes| {
            Known::read(&Bundle::parse(bytes)?, &found, &before)
        })?;
        let day = day(&before, &request, &policy)?;

        progress.report("decide", 0, 0);
        let rules = Rules {
            policy: &policy,
            table: &table,
            known: &known,
            assets: &assets,
        };
        let (events, tally) = events::of(&before, day, &found, &rules);
        let mut after = before.clone();
        let writing = Writing {
            run: Self::NAME,
            at: request.at,
            offset: policy.utc_offset,
        };
        let page = ledger::write(&mut after, writing, inputs, events)?;
        let findings = report::findings(&before, &request, inputs, &rules, &tally);
        let report = report::of(&before, &after, day, tally.unseen);
        Ok((report, findings, ledger::page_output(page)))
    }
}

/// Where an asset stands and how much depends on it, as far as that is known.
#[derive(Debug, Clone, Copy, Default)]
struct Context {
    exposure: Option<Exposure>,
    criticality: Option<Criticality>,
}

fn contexts(bytes: &[u8]) -> Result<BTreeMap<String, Context>, VulnError> {
    let assets = assets::parse(bytes)?.into_iter().map(|asset| {
        let context = Context {
            exposure: asset.exposure,
            criticality: asset.criticality,
        };
        (asset.asset, context)
    });
    Ok(assets.collect())
}

fn parsed<T>(
    inputs: &dyn Inputs,
    name: &str,
    limit: u64,
    parse: impl FnOnce(&[u8]) -> Result<T, VulnError>,
) -> Result<T, EngineError> {
    let bytes = read_input(inputs, name, limit)?;
    parse(&bytes).map_err(|error| error.of_input(name))
}

/// What an input holds, or nothing where there is none of its name.
fn optional<T: Default>(
    inputs: &dyn Inputs,
    name: &str,
    limit: u64,
    parse: impl FnOnce(&[u8]) -> Result<T, VulnError>,
) -> Result<T, EngineError> {
    match inputs.list().iter().any(|input| input.name == name) {
        true => parsed(inputs, name, limit, parse),
        false => Ok(T::default()),
    }
}

/// The policy's table: one that is here, or the run's own, in our form or as
/// CERT/CC publishes it.
fn table(inputs: &dyn Inputs, policy: &Policy) -> Result<DecisionTable, EngineError> {
    let table = match policy.table.as_str() {
        "own" => parsed(inputs, "table", limits::DOCUMENT_BYTES, |bytes| match bytes
            .trim_ascii_start()
            .starts_with(b"{")
        {
            true => ssvc::parse_certcc(bytes),
            false => ssvc::parse(bytes),
        })?,
        name => ssvc::named(name).ok_or_else(|| {
            let known: Vec<&str> = ssvc::names().collect();
            let problem = format!("`{name}`: expected {}, or `own`", known.join(", "));
            EngineError::input("policy", "table", problem)
        })?,
    };
    policy
        .check(&table)
        .map_err(|error| error.of_input("policy"))?;
    Ok(table)
}

/// The day that counts, where the clock can be believed.
fn day(state: &State, request: &DecideRequest, policy: &Policy) -> Result<Date, EngineError> {
    if (state.utc_offset).is_some_and(|offset| offset != policy.utc_offset) {
        return Err(EngineError::input(
            "policy",
            "utc_offset",
            "the ledger counts days at another distance from UTC: keep to that",
        ));
    }
    let day = state.day_of(request.at, policy.utc_offset);
    let gap = state.day.and_then(|last| last.until(day).ok());
    let gap = gap.map_or(0, |span| span.get_days());
    if gap > i32::from(policy.longest_gap_days) && !request.accept_gap {
        return Err(EngineError::Request(format!(
            "the ledger's last page is {gap} days before {}: set the clock right, or accept the gap",
            request.at
        )));
    }
    Ok(day)
}
