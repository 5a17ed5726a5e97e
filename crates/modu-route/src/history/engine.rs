//! `route.history`: the engine whose evidence states what a run gave.
//!
//! The report is short: the roots of the trees over the run's VRPs and ASPAs,
//! and what changed in numbers. So whoever holds the signed report can be
//! shown one line of the table, and whoever holds both trees can compute the
//! report again.

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Output, Progress, TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::inclusion::{TableRoot, aspa_tree, vrp_tree};
use super::{Difference, Tally};
use crate::limits;
use crate::validate::ValidatedTree;

const SCHEMA: &str = "modu.route.history/1";

/// Nothing is asked: the inputs say all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryRequest {}

/// What a run gave, and what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryReport {
    /// `modu.route.history/1`.
    pub schema: String,
    /// The time the run was made for, seconds since 1970 (UTC).
    pub time: i64,
    /// The time of the run before; none at the beginning.
    pub earlier: Option<i64>,
    /// The run in numbers.
    pub tally: Tally,
    /// The tables that routers may be told.
    pub tables: Tables,
}

/// The trees over the lines of the tables: see [`super::vrp_line`] and
/// [`super::aspa_line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    /// VRPs, in the order of a routing table.
    pub vrps: TableRoot,
    /// ASPAs, by customer.
    pub aspas: TableRoot,
}

/// `route.history`.
#[derive(Debug)]
pub struct History;

/// The engine as plain data.
pub const HISTORY: Engine = Engine::of::<History>();

impl TypedEngine for History {
    type Request = HistoryRequest;
    type Report = HistoryReport;
    const NAME: &'static str = "route.history";
    const VERSION: &'static str = "1";

    /// Inputs: `later`, a validated tree, and `earlier`, the one of the run
    /// before, if there was one. Output: `changes.json`, a [`Difference`].
    fn run(
        _request: HistoryRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(HistoryReport, Vec<Finding>, Vec<Output>), EngineError> {
        let read = |name: &str| {
            let bytes = read_input(inputs, name, limits::TREE_BYTES)?;
            ValidatedTree::parse(&bytes).map_err(|error| error.of_input(name))
        };
        progress.report("read", 0, 3);
        let later = read("later")?;
        let named = inputs.list().iter().any(|input| input.name == "earlier");
        let earlier = match named {
            true => Some(read("earlier")?),
            false => None,
        };
        progress.report("compare", 1, 3);
        let difference = Difference::between(earlier.as_ref(), &later);
        progress.report("hash", 2, 3);
        let payloads = later.payloads();
        let report = HistoryReport {
            schema: SCHEMA.into(),
            time: later.time,
            earlier: difference.earlier,
            tally: Tally::of(&later, &difference),
            tables: Tables {
                vrps: vrp_tree(&payloads).root(),
                aspas: aspa_tree(&payloads).root(),
            },
        };
        let bytes = serde_json::to_vec(&difference);
        let bytes = bytes.map_err(|error| EngineError::Internal(error.to_string()))?;
        let changes = Output {
            name: "changes.json".into(),
            media_type: "application/json".into(),
            bytes,
        };
        Ok((report, Vec::new(), vec![changes]))
    }
}
