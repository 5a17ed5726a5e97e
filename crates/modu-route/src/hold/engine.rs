//! `route.hold` as an engine: what was lost and held, as evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, TypedEngine, read_input,
};
use rpki::resources::Asn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counted, Kept, Losses, Why, judge, losses_of_tables, losses_of_trees};
use crate::limits;
use crate::payload::Payloads;
use crate::router_table::RouterTable;
use crate::validate::ValidatedTree;

/// The engine as plain data.
pub const HOLD: Engine = Engine::of::<Hold>();

/// The engine's type.
///
/// Inputs: `accepted` and `current`, both trees of `route.validate`, or both
/// VRPs of another validator (CSV or JSON). Outputs: `held.csv` and
/// `held_aspas.csv`.
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
    /// VRPs, and of its customers with ASPAs.
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

/// Why some VRPs and ASPAs were not found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// In words.
    pub label: Label,
    /// Whether this is evidence that they are meant to be gone.
    pub evidence: bool,
    /// How many VRPs.
    pub vrps: u64,
    /// How many customers' ASPAs.
    #[serde(default)]
    pub aspas: u64,
}

/// ASPAs, counted by customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AspaCounts {
    /// Customers that the anchor had in the accepted state.
    pub total: u64,
    /// Customers of whom providers are gone.
    pub lost: u64,
    /// Customers of whom providers are gone without evidence.
    pub without_evidence: u64,
    /// Customers of whom routers keep providers.
    pub held: u64,
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
    /// The same of ASPAs.
    #[serde(default)]
    pub aspas: AspaCounts,
    /// When the last of them ends at the latest.
    pub until: Option<i64>,
    /// Why they were not found, the most frequent first.
    pub causes: Vec<Cause>,
}

impl TypedEngine for Hold {
    type Request = HoldRequest;
    type Report = HoldReport;
    const NAME: &'static str = "route.hold";
    const VERSION: &'static str = "2";

    fn run(
        request: HoldRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(HoldReport, Vec<Finding>, Vec<Output>), EngineError> {
        let mut losses = match request.tables_until {
            Some(until) => {
                let (accepted, current) = (table(inputs, "accepted")?, table(inputs, "current")?);
                let named = |payloads| RouterTable::of_payloads(&request.anchor, payloads);
                losses_of_tables(&named(accepted), &named(current), until)
            }
            None => losses_of_trees(
                &tree(inputs, "accepted")?,
                &tree(inputs, "current")?,
                request.clock_jump,
            ),
        };
        let losses = losses.remove(&request.anchor).unwrap_or_default();
        let kept = judge(&losses, request.time, request.allowed_per_mille);
        let output = |name: &str, text: String| Output {
            name: name.into(),
            media_type: "text/csv".into(),
            bytes: text.into_bytes(),
        };
        let outputs = vec![
            output("held.csv", csv(&request.anchor, &kept)),
            output("held_aspas.csv", aspas_csv(&request.anchor, &kept)),
        ];
        let report = report(&request.anchor, request.time, &losses, &kept);
        Ok((report, Vec::new(), outputs))
    }
}

fn tree(inputs: &dyn Inputs, name: &str) -> Result<ValidatedTree, EngineError> {
    let bytes = read_input(inputs, name, limits::TREE_BYTES)?;
    ValidatedTree::parse(&bytes).map_err(|error| error.of_input(name))
}

fn table(inputs: &dyn Inputs, name: &str) -> Result<Payloads, EngineError> {
    let bytes = read_input(inputs, name, limits::VRP_BYTES)?;
    Payloads::parse(&bytes).map_err(|error| error.of_input(name))
}

/// What is said of an anchor's losses and of what is kept of them.
#[must_use]
pub fn report(anchor: &str, time: i64, losses: &Losses, kept: &Kept) -> HoldReport {
    HoldReport {
        anchor: anchor.to_owned(),
        time,
        decision: match kept.is_empty() {
            true => Decision::Accept,
            false => Decision::Hold,
        },
        total: losses.vrps.total as u64,
        lost: losses.vrps.count() as u64,
        without_evidence: losses.vrps.without_evidence() as u64,
        held: kept.vrps.len() as u64,
        aspas: AspaCounts {
            total: losses.aspas.total as u64,
            lost: losses.aspas.count() as u64,
            without_evidence: losses.aspas.without_evidence() as u64,
            held: kept.customers().len() as u64,
        },
        until: kept.ends().max(),
        causes: causes(losses),
    }
}

impl Kept {
    /// The customers whose providers are kept.
    fn customers(&self) -> BTreeSet<Asn> {
        self.aspas.iter().map(|held| held.what.unit()).collect()
    }
}

/// Why things were not found, the most frequent first.
fn causes(losses: &Losses) -> Vec<Cause> {
    let mut counts = BTreeMap::<_, (u64, BTreeSet<Asn>)>::new();
    let key = |why: &Why| {
        let label = why.label();
        (why.is_evidence(), label.en, label.ko)
    };
    for loss in &losses.vrps.lost {
        counts.entry(key(&loss.why)).or_default().0 += 1;
    }
    for loss in &losses.aspas.lost {
        let of_cause = counts.entry(key(&loss.why)).or_default();
        of_cause.1.insert(loss.what.unit());
    }
    let mut causes: Vec<_> = (counts.into_iter())
        .map(|((evidence, en, ko), (vrps, customers))| Cause {
            label: Label::new(ko, en),
            evidence,
            vrps,
            aspas: customers.len() as u64,
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse((cause.vrps, cause.aspas)));
    causes
}

/// A name as a cell.
fn cell(anchor: &str) -> String {
    anchor.replace([',', '"', '\n', '\r'], " ")
}

fn csv(anchor: &str, kept: &Kept) -> String {
    let mut text = String::from("ASN,IP Prefix,Max Length,Trust Anchor,Until\n");
    for held in &kept.vrps {
        let (vrp, until) = (held.what, held.until);
        let (origin, prefix) = (vrp.origin.into_u32(), vrp.prefix);
        let _ = writeln!(
            text,
            "AS{origin},{prefix},{},{},{until}",
            vrp.max_length,
            cell(anchor)
        );
    }
    text
}

fn aspas_csv(anchor: &str, kept: &Kept) -> String {
    let mut text = String::from("Customer ASN,Provider ASNs,Trust Anchor,Until\n");
    for held in &kept.aspas {
        let providers: Vec<_> = held.what.providers.iter().map(Asn::to_string).collect();
        let _ = writeln!(
            text,
            "{},{},{},{}",
            held.what.customer,
            providers.join(" "),
            cell(anchor),
            held.until
        );
    }
    text
}
