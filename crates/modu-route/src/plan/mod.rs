//! `route.plan`: the fewest ROAs that make a network's own announcements
//! valid and authorise nothing else.
//!
//! The safest authorisation is one for exactly what is announced (RFC 9319):
//! a maxLength is used only where *every* prefix up to it is announced. Among
//! the sets that do this, one is the smallest, and it is found directly: a
//! prefix needs a ROA of its own unless a wider announced prefix, whose whole
//! subtree down to it is announced, has one.
//!
//! A ROA makes invalid what *others* announce inside it without authorisation
//! of their own. So each ROA of the plan is checked against everything that is
//! announced: one that would break another network's route waits, and the
//! report says for whom. What is safe is ordered with more-specifics first, so
//! that no step makes a later one's route invalid in the meantime.
//!
//! Inputs: `routes` (a table dump) and, where there is one, `vrps` (the
//! present table). Output: `roas.delta`, as Krill takes it.

mod smallest;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
};
use rpki::resources::{Asn, addr::Prefix};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use smallest::smallest;

use crate::announcement::{Announcement, RouteTable};
use crate::limits;
use crate::origin::{OriginIndex, Validity};
use crate::vrp::{Vrp, VrpTable, order_of};
use crate::whatif::{read_routes, read_vrps, skipped};

/// Schema name of [`PlanReport`].
const SCHEMA: &str = "modu.route.plan/1";

/// The engine as plain data.
pub const PLAN: Engine = Engine::of::<Plan>();

/// The engine's type.
pub struct Plan;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The networks whose announcements are one's own.
    pub origins: Vec<u32>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanReport {
    /// `modu.route.plan/1`.
    pub schema: String,
    /// The networks that were asked for.
    pub origins: Vec<u32>,
    /// Their announcements.
    pub announcements: u64,
    /// Of these, valid now.
    pub valid_now: u64,
    /// Of these, valid when the safe steps are published.
    pub valid_then: u64,
    /// What can be published now, in this order.
    pub steps: Vec<Step>,
    /// What must wait, because others would be cut off.
    pub waiting: Vec<Waiting>,
    /// ROAs of the smallest set that are in the table already.
    pub present: Vec<String>,
    /// VRPs of these networks in the table that authorise more than is
    /// announced: to be replaced once the plan is published.
    pub loose: Vec<String>,
}

/// One ROA to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// As Krill writes it.
    pub roa: String,
    /// Announcements that it authorises.
    pub authorises: u64,
}

/// One ROA that would cut others off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// As Krill writes it.
    pub roa: String,
    /// How many announcements of others it would make invalid.
    pub others: u64,
    /// The first of them, as the ROAs that their holders should publish first.
    pub publish_first: Vec<String>,
}

impl TypedEngine for Plan {
    type Request = PlanRequest;
    type Report = PlanReport;
    const NAME: &'static str = "route.plan";
    const VERSION: &'static str = "2";

    fn run(
        request: PlanRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(PlanReport, Vec<Finding>, Vec<Output>), EngineError> {
        let origins: BTreeSet<Asn> = request.origins.iter().copied().map(Asn::from_u32).collect();
        if origins.is_empty() || origins.len() > limits::ORIGINS || origins.contains(&Asn::MIN) {
            return Err(EngineError::Request(format!(
                "give between 1 and {} networks of your own, none of them AS0",
                limits::ORIGINS
            )));
        }
        progress.report("read", 0, 2);
        let vrps = match inputs.list().iter().any(|input| input.name == "vrps") {
            true => read_vrps(inputs)?,
            false => VrpTable::default(),
        };
        let routes = read_routes(inputs)?;
        progress.report("read", 2, 2);
        let report = plan(&origins, &vrps, &routes);
        let delta = Output {
            name: "roas.delta".into(),
            media_type: "text/plain".into(),
            bytes: delta(&report).into_bytes(),
        };
        Ok((report.clone(), findings(&report, &routes), vec![delta]))
    }
}

/// Plans for some networks.
fn plan(origins: &BTreeSet<Asn>, vrps: &VrpTable, routes: &RouteTable) -> PlanReport {
    let own = |it: &&Announcement| it.origin.is_some_and(|origin| origins.contains(&origin));
    let own: Vec<Announcement> = routes.as_slice().iter().filter(own).copied().collect();
    let wanted = wanted(origins, &own);
    let missing: BTreeSet<Vrp> = wanted
        .iter()
        .filter(|roa| !vrps.contains(roa))
        .copied()
        .collect();
    let now = OriginIndex::new(vrps);
    let all = OriginIndex::new(&vrps.changed(&BTreeSet::new(), &missing));
    let mut steps = Vec::new();
    let mut waiting = Vec::new();
    for roa in &missing {
        let cut_off = cut_off(roa, &now, &all, routes);
        match cut_off.is_empty() {
            true => steps.push(*roa),
            false => waiting.push((*roa, cut_off)),
        }
    }
    steps.sort_by_key(|roa| (std::cmp::Reverse(roa.prefix.len()), order_of(roa.prefix)));
    let published = steps.iter().copied().collect();
    let then = OriginIndex::new(&vrps.changed(&BTreeSet::new(), &published));
    let valid = |index: &OriginIndex| {
        let valid = own
            .iter()
            .filter(|it| index.validity(it.prefix, it.origin) == Validity::Valid);
        valid.count() as u64
    };
    PlanReport {
        schema: SCHEMA.into(),
        origins: origins.iter().copied().map(Asn::into_u32).collect(),
        announcements: own.len() as u64,
        valid_now: valid(&now),
        valid_then: valid(&then),
        steps: steps
            .iter()
            .map(|roa| Step {
                roa: roa.to_string(),
                authorises: authorised(roa, routes),
            })
            .collect(),
        waiting: waiting
            .into_iter()
            .map(|(roa, others)| waiting_for(&roa, &others))
            .collect(),
        present: wanted
            .iter()
            .filter(|roa| vrps.contains(roa))
            .map(ToString::to_string)
            .collect(),
        loose: vrps
            .as_slice()
            .iter()
            .filter(|vrp| origins.contains(&vrp.origin) && !wanted.contains(vrp))
            .filter(|vrp| is_loose(vrp, routes))
            .map(ToString::to_string)
            .collect(),
    }
}

/// The smallest set of each network.
fn wanted(origins: &BTreeSet<Asn>, own: &[Announcement]) -> BTreeSet<Vrp> {
    origins
        .iter()
        .flat_map(|origin| {
            let announced: Vec<Prefix> = own
                .iter()
                .filter(|it| it.origin == Some(*origin))
                .map(|it| it.prefix)
                .collect();
            let roa = |(prefix, max_length)| Vrp {
                prefix,
                max_length,
                origin: *origin,
            };
            smallest(&announced).into_iter().map(roa)
        })
        .collect()
}

/// What others announce inside a ROA, and would be invalid for it.
fn cut_off(
    roa: &Vrp,
    now: &OriginIndex,
    all: &OriginIndex,
    routes: &RouteTable,
) -> Vec<Announcement> {
    let inside = routes.within(roa.prefix).iter().filter(|it| {
        now.validity(it.prefix, it.origin) != Validity::Invalid
            && all.validity(it.prefix, it.origin) == Validity::Invalid
    });
    inside.copied().collect()
}

fn authorised(roa: &Vrp, routes: &RouteTable) -> u64 {
    let inside = routes.within(roa.prefix).iter();
    inside
        .filter(|it| it.origin == Some(roa.origin) && it.prefix.len() <= roa.max_length)
        .count() as u64
}

/// Whether a VRP authorises a prefix that its network does not announce.
fn is_loose(vrp: &Vrp, routes: &RouteTable) -> bool {
    let deep = u32::from(vrp.max_length - vrp.prefix.len()) + 1;
    // There are 2^deep - 1 prefixes down to the maxLength.
    1_u64
        .checked_shl(deep)
        .is_none_or(|all| all - 1 > authorised(vrp, routes))
}

fn waiting_for(roa: &Vrp, others: &[Announcement]) -> Waiting {
    let publish_first = others.iter().map(|it| match it.origin {
        Some(origin) => Vrp {
            prefix: it.prefix,
            max_length: it.prefix.len(),
            origin,
        }
        .to_string(),
        None => format!("{} (AS_SET)", it.prefix),
    });
    Waiting {
        roa: roa.to_string(),
        others: others.len() as u64,
        publish_first: publish_first.take(limits::LISTED).collect(),
    }
}

fn findings(report: &PlanReport, routes: &RouteTable) -> Vec<Finding> {
    let mut findings = skipped(routes);
    if report.announcements == 0 {
        findings.push(Finding {
            severity: Severity::Problem,
            code: "origins.silent".into(),
            place: "routes".into(),
            message: Label::new(
                "이 덤프에는 그 AS가 광고하는 경로가 없습니다. AS 번호와 덤프의 날짜를 확인하십시오.",
                "None of these networks announces a route in this dump: check the AS numbers and the dump's date.",
            ),
        });
    }
    findings
}

/// The safe steps as Krill takes them; what waits stands in comments.
fn delta(report: &PlanReport) -> String {
    let mut text = String::from("# modu route plan: publish in this order\n");
    for step in &report.steps {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "A: {}", step.roa);
    }
    for waiting in &report.waiting {
        let _ = writeln!(
            text,
            "# waits for {} announcements of others: A: {}",
            waiting.others, waiting.roa
        );
        for first in &waiting.publish_first {
            let _ = writeln!(text, "#   first: {first}");
        }
    }
    text
}

#[cfg(test)]
mod tests;
