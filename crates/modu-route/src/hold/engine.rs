//! `route.hold` as an engine: what was lost and held, as evidence.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Held, Losses, judge, losses_of_tables, losses_of_trees};
use crate::limits;
use crate::router_table::RouterTable;
use crate::validate::ValidatedTree;
use crate::vrp::VrpTable;

/// The engine as plain data.
pub const HOLD: Engine = Engine::of::<Hold>();

/// The engine's type.
///
/// Inputs: `accepted` and `current`, both trees of `route.validate`, or both
/// VRPs of another validator (CSV or JSON). Output: `held.csv`.
pub struct Hold;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// The trust anchor, or the name that another validator's table has.
    pub anchor: String,
    /// When, in seconds since 1970 (UTC).
    pub time: i64,
    /// How much may be lost without evidence, in thousandths of the anchor's
    /// VRPs.
    pub allowed_per_mille: u32,
    /// By how many seconds the clock leapt since the accepted state.
    #[serde(default)]
    pub clock_jump: i64,
    /// Until when a VRP of another validator's table is held, in seconds since
    /// 1970 (UTC); none where the inputs are trees.
    #[serde(default)]
    pub tables_until: Option<i64>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Routers are told what was validated.
    Accept,
    /// Routers keep what was lost without evidence.
    Hold,
}

/// Why some VRPs were not found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// In words.
    pub label: Label,
    /// Whether this is evidence that they are meant to be gone.
    pub evidence: bool,
    /// How many VRPs.
    pub vrps: u64,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldReport {
    /// The trust anchor.
    pub anchor: String,
    /// When.
    pub time: i64,
    /// What was decided.
    pub decision: Decision,
    /// VRPs that the anchor had in the accepted state.
    pub total: u64,
    /// VRPs of it that are gone.
    pub lost: u64,
    /// VRPs of it that are gone without evidence.
    pub without_evidence: u64,
    /// VRPs that routers keep.
    pub held: u64,
    /// When the last of them ends at the latest.
    pub until: Option<i64>,
    /// Why they were not found, the most frequent first.
    pub causes: Vec<Cause>,
}

impl TypedEngine for Hold {
    type Request = HoldRequest;
    type Report = HoldReport;
    const NAME: &'static str = "route.hold";
    const VERSION: &'static str = "1";

    fn run(
        request: HoldRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(HoldReport, Vec<Finding>, Vec<Output>), EngineError> {
        let mut losses = match request.tables_until {
            Some(until) => {
                let (accepted, current) = (table(inputs, "accepted")?, table(inputs, "current")?);
                let named = |vrps| RouterTable::of_vrps(&request.anchor, &vrps);
                losses_of_tables(&named(accepted), &named(current), until)
            }
            None => losses_of_trees(
                &tree(inputs, "accepted")?,
                &tree(inputs, "current")?,
                request.clock_jump,
            ),
        };
        let losses = losses.remove(&request.anchor).unwrap_or_default();
        let held = judge(&losses, request.time, request.allowed_per_mille);
        let output = Output {
            name: "held.csv".into(),
            media_type: "text/csv".into(),
            bytes: csv(&request.anchor, &held).into_bytes(),
        };
        let report = report(&request.anchor, request.time, &losses, &held);
        Ok((report, Vec::new(), vec![output]))
    }
}

fn tree(inputs: &dyn Inputs, name: &str) -> Result<ValidatedTree, EngineError> {
    let bytes = read_input(inputs, name, limits::TREE_BYTES)?;
    ValidatedTree::parse(&bytes).map_err(|error| error.of_input(name))
}

fn table(inputs: &dyn Inputs, name: &str) -> Result<VrpTable, EngineError> {
    let bytes = read_input(inputs, name, limits::VRP_BYTES)?;
    VrpTable::parse(&bytes).map_err(|error| error.of_input(name))
}

/// What is said of an anchor's losses and of what is held of them.
#[must_use]
pub fn report(anchor: &str, time: i64, losses: &Losses, held: &[Held]) -> HoldReport {
    let mut causes = BTreeMap::<_, u64>::new();
    for loss in &losses.lost {
        let label = loss.why.label();
        let key = (loss.why.is_evidence(), label.en.clone(), label.ko.clone());
        *causes.entry(key).or_default() += 1;
    }
    let without = losses.lost.iter().filter(|loss| !loss.why.is_evidence());
    let mut causes: Vec<_> = (causes.into_iter())
        .map(|((evidence, en, ko), vrps)| Cause {
            label: Label::new(ko, en),
            evidence,
            vrps,
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.vrps));
    HoldReport {
        anchor: anchor.to_owned(),
        time,
        decision: match held.is_empty() {
            true => Decision::Accept,
            false => Decision::Hold,
        },
        total: losses.total as u64,
        lost: losses.lost.len() as u64,
        without_evidence: without.count() as u64,
        held: held.len() as u64,
        until: held.iter().map(|held| held.until).max(),
        causes,
    }
}

fn csv(anchor: &str, held: &[Held]) -> String {
    let mut text = String::from("ASN,IP Prefix,Max Length,Trust Anchor,Until\n");
    for Held { vrp, until } in held {
        let (origin, prefix) = (vrp.origin.into_u32(), vrp.prefix);
        let _ = writeln!(
            text,
            "AS{origin},{prefix},{},{},{until}",
            vrp.max_length,
            anchor.replace([',', '"', '\n', '\r'], " ")
        );
    }
    text
}
