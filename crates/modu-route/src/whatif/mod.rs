//! `route.whatif`: what a proposed change of authorisations would break.
//!
//! Every announcement is validated twice, against the VRPs as they are and as
//! they would be. What turns invalid is dropped by networks that filter; what
//! loses its last valid ROA stands unprotected again. A VRP whose maxLength
//! reaches beyond what is announced lets anybody who forges the origin win
//! traffic with a more-specific (RFC 9319): such holes are counted too.
//!
//! A change of ASPAs is asked the same way: every path by which a route is
//! seen is verified twice, and what turns invalid is dropped by networks that
//! verify paths.
//!
//! Inputs: `vrps` (a validator's table), `proposal` (a delta or a table),
//! `routes` (a table dump); for ASPAs `aspas` (a validator's JSON) and
//! `aspa_proposal`. One of the proposals is enough. Outputs: `changed.csv`,
//! every announcement whose validity changes; `changed_paths.csv`, every path.

mod exposure;
mod paths;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    read_input,
};
use rpki::resources::{Asn, addr::Prefix};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use report::{
    Answer, AspaChanges, Broken, BrokenPath, Changes, Exposure, Harm, Movement, OriginImpact,
    PathImpact, PathOriginImpact, PathTally, Tally, WhatIfReport,
};

use self::paths::PathComparison;
use crate::announcement::{Announcement, RouteTable};
use crate::aspa::{AspaProposal, AspaTable};
use crate::origin::{OriginIndex, Validity};
use crate::proposal::Proposal;
use crate::vrp::VrpTable;
use crate::{RouteError, limits};

/// The engine as plain data.
pub const WHATIF: Engine = Engine::of::<WhatIf>();

/// The engine's type.
pub struct WhatIf;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfRequest {
    /// How many announcements may break (turn invalid, or lose their last
    /// valid ROA) before the answer is no.
    #[serde(default)]
    pub allowed: u32,
}

impl TypedEngine for WhatIf {
    type Request = WhatIfRequest;
    type Report = WhatIfReport;
    const NAME: &'static str = "route.whatif";
    const VERSION: &'static str = "2";

    fn run(
        request: WhatIfRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(WhatIfReport, Vec<Finding>, Vec<Output>), EngineError> {
        let asked = Asked::of(inputs)?;
        progress.report("read", 0, 1);
        // Reading is most of the work, and half of it is the routes'.
        let (present, routes) = rayon::join(
            || Present::read(&asked, inputs),
            || match asked.paths {
                true => read_routes_with_paths(inputs),
                false => read_routes(inputs),
            },
        );
        let Present {
            vrps,
            proposal,
            aspas,
        } = present?;
        let routes = routes?;
        progress.report("read", 1, 1);
        let comparison = Comparison::of(&vrps, &proposal, &routes);
        let change = asked
            .paths
            .then(|| read_aspa_proposal(inputs))
            .transpose()?;
        let paths = (change.as_ref().zip(routes.paths()))
            .map(|(change, seen)| PathComparison::of(&aspas, change, &routes, seen));
        let findings = findings(&asked, &comparison, &routes);
        let report = comparison.report(request.allowed, paths.as_ref());
        Ok((report, findings, outputs(&comparison, paths.as_ref())))
    }
}

/// What stands, and how its origins would change.
struct Present {
    vrps: VrpTable,
    proposal: Proposal,
    aspas: AspaTable,
}

impl Present {
    fn read(asked: &Asked, inputs: &dyn Inputs) -> Result<Self, EngineError> {
        let (vrps, proposal) = match asked.origins {
            true => (read_vrps(inputs)?, read_proposal(inputs)?),
            false => (VrpTable::default(), Proposal::default()),
        };
        Ok(Self {
            vrps,
            proposal,
            aspas: read_aspas(inputs)?,
        })
    }
}

/// Tables that have been read, and what is proposed of them.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The present VRPs.
    pub vrps: &'a VrpTable,
    /// How they would change.
    pub proposal: &'a Proposal,
    /// The present ASPAs.
    pub aspas: &'a AspaTable,
    /// How they would change; paths are looked at only where this is given and
    /// the routes were read with their paths.
    pub aspa_proposal: Option<&'a AspaProposal>,
    /// What is announced.
    pub routes: &'a RouteTable,
    /// See [`WhatIfRequest::allowed`].
    pub allowed: u32,
}

/// Answers for tables in memory, as the engine does for files. Cost: two
/// lookups an announcement, one or two verifications a different path.
#[must_use]
pub fn answer(question: &Question<'_>) -> WhatIfReport {
    let Question { routes, aspas, .. } = *question;
    let comparison = Comparison::of(question.vrps, question.proposal, routes);
    let paths = (question.aspa_proposal.zip(routes.paths()))
        .map(|(change, seen)| PathComparison::of(aspas, change, routes, seen));
    comparison.report(question.allowed, paths.as_ref())
}

/// Which changes were proposed.
struct Asked {
    origins: bool,
    paths: bool,
}

impl Asked {
    fn of(inputs: &dyn Inputs) -> Result<Self, EngineError> {
        let asked = Self {
            origins: has_input(inputs, "proposal"),
            paths: has_input(inputs, "aspa_proposal"),
        };
        match asked.origins || asked.paths {
            true => Ok(asked),
            false => Err(EngineError::input(
                "proposal",
                "the run's inputs",
                "no change is proposed: give `proposal`, `aspa_proposal`, or both",
            )),
        }
    }
}

fn outputs(comparison: &Comparison<'_>, paths: Option<&PathComparison<'_>>) -> Vec<Output> {
    let output = |name: &str, text: String| Output {
        name: name.into(),
        media_type: "text/csv".into(),
        bytes: text.into_bytes(),
    };
    let mut outputs = vec![output("changed.csv", comparison.csv())];
    outputs.extend(paths.map(|paths| output("changed_paths.csv", paths.csv())));
    outputs
}

/// Whether a run has an input of a name.
pub(crate) fn has_input(inputs: &dyn Inputs, name: &str) -> bool {
    inputs.list().iter().any(|input| input.name == name)
}

pub(crate) fn read_vrps(inputs: &dyn Inputs) -> Result<VrpTable, EngineError> {
    let vrps = read_input(inputs, "vrps", limits::VRP_BYTES)?;
    VrpTable::parse(&vrps).map_err(|error| error.of_input("vrps"))
}

pub(crate) fn read_routes(inputs: &dyn Inputs) -> Result<RouteTable, EngineError> {
    let reader = inputs
        .open("routes")
        .map_err(|source| RouteError::Read(source).of_input("routes"))?;
    RouteTable::read(reader).map_err(|error| error.of_input("routes"))
}

fn read_proposal(inputs: &dyn Inputs) -> Result<Proposal, EngineError> {
    let proposal = read_input(inputs, "proposal", limits::PROPOSAL_BYTES)?;
    Proposal::parse(&proposal).map_err(|error| error.of_input("proposal"))
}

fn read_aspa_proposal(inputs: &dyn Inputs) -> Result<AspaProposal, EngineError> {
    let proposal = read_input(inputs, "aspa_proposal", limits::PROPOSAL_BYTES)?;
    AspaProposal::parse(&proposal).map_err(|error| error.of_input("aspa_proposal"))
}

/// The present ASPAs; none where there is no such input.
pub(crate) fn read_aspas(inputs: &dyn Inputs) -> Result<AspaTable, EngineError> {
    if !has_input(inputs, "aspas") {
        return Ok(AspaTable::default());
    }
    let aspas = read_input(inputs, "aspas", limits::ASPA_BYTES)?;
    AspaTable::parse(&aspas).map_err(|error| error.of_input("aspas"))
}

/// Routes of which something can be said by their paths.
fn read_routes_with_paths(inputs: &dyn Inputs) -> Result<RouteTable, EngineError> {
    let reader = inputs
        .open("routes")
        .map_err(|source| RouteError::Read(source).of_input("routes"))?;
    let routes = RouteTable::read_with_paths(reader).map_err(|error| error.of_input("routes"))?;
    match routes.paths().is_none_or(|paths| paths.table().is_empty()) {
        true => Err(EngineError::input(
            "routes",
            "the whole file",
            "it carries no path, so that nothing can be said of ASPAs: give an MRT table dump, or a CSV `prefix,origin,path`",
        )),
        false => Ok(routes),
    }
}

/// An announcement whose validity changes.
struct Moved {
    announcement: Announcement,
    /// Its place in the table.
    place: usize,
    from: Validity,
    to: Validity,
}

/// Two tables of VRPs over the same announcements.
struct Comparison<'a> {
    vrps: &'a VrpTable,
    proposal: &'a Proposal,
    routes: &'a RouteTable,
    after: OriginIndex,
    vrps_after: VrpTable,
    tallies: [Tally; 2],
    moved: Vec<Moved>,
}

impl<'a> Comparison<'a> {
    fn of(vrps: &'a VrpTable, proposal: &'a Proposal, routes: &'a RouteTable) -> Self {
        let vrps_after = vrps.changed(&proposal.removed, &proposal.added);
        let (before, after) =
            rayon::join(|| OriginIndex::new(vrps), || OriginIndex::new(&vrps_after));
        let mut tallies = [Tally::default(); 2];
        let mut moved = Vec::new();
        for (place, announcement) in routes.as_slice().iter().enumerate() {
            let Announcement { prefix, origin, .. } = *announcement;
            let from = before.validity(prefix, origin);
            let to = after.validity(prefix, origin);
            tallies[0].add(from);
            tallies[1].add(to);
            if from != to {
                moved.push(Moved {
                    announcement: *announcement,
                    place,
                    from,
                    to,
                });
            }
        }
        Self {
            vrps,
            proposal,
            routes,
            after,
            vrps_after,
            tallies,
            moved,
        }
    }

    fn harm(&self, moved: &Moved) -> Option<Harm> {
        let Announcement { prefix, origin, .. } = moved.announcement;
        match (moved.from, moved.to) {
            (_, Validity::Invalid) => self
                .after
                .why_invalid(prefix, origin)
                .map(|why| Harm::TurnsInvalid { why }),
            (Validity::Valid, _) => Some(Harm::LosesLastValid),
            _ => None,
        }
    }

    fn report(&self, allowed: u32, paths: Option<&PathComparison<'_>>) -> WhatIfReport {
        let broken: Vec<(&Moved, Harm)> = self
            .moved
            .iter()
            .filter_map(|moved| Some((moved, self.harm(moved)?)))
            .collect();
        let mut movements: BTreeMap<(Validity, Validity), u64> = BTreeMap::new();
        for moved in &self.moved {
            *movements.entry((moved.from, moved.to)).or_default() += 1;
        }
        let present = |vrp: &&_| self.vrps.contains(vrp);
        let mut places: BTreeSet<usize> = broken.iter().map(|(moved, _)| moved.place).collect();
        places.extend(paths.into_iter().flat_map(PathComparison::hit));
        WhatIfReport {
            schema: report::SCHEMA.into(),
            vrps_before: self.vrps.len() as u64,
            vrps_after: self.vrps_after.len() as u64,
            changes: Changes {
                added: self.proposal.added.len() as u64,
                added_already_there: self.proposal.added.iter().filter(present).count() as u64,
                removed: self.proposal.removed.len() as u64,
                removed_not_there: (self.proposal.removed.iter())
                    .filter(|vrp| !self.vrps.contains(vrp))
                    .count() as u64,
            },
            announcements: self.routes.as_slice().len() as u64,
            before: self.tallies[0],
            after: self.tallies[1],
            movements: movements
                .into_iter()
                .map(|((from, to), announcements)| Movement {
                    from,
                    to,
                    announcements,
                })
                .collect(),
            answer: match places.len() <= allowed as usize {
                true => Answer::WithinAllowance,
                false => Answer::BreaksTooMuch,
            },
            allowed,
            broken: places.len() as u64,
            origins: impacts(&broken),
            broken_listed: listed(&broken),
            exposures: exposure::of(&self.proposal.added, self.routes),
            paths: paths.map(PathComparison::report),
        }
    }

    /// Every announcement whose validity changes, a line each.
    fn csv(&self) -> String {
        let mut text = String::from("prefix,origin,peers,before,after\n");
        for moved in &self.moved {
            let Announcement {
                prefix,
                origin,
                peers,
            } = moved.announcement;
            let origin = origin.map(|origin| origin.to_string()).unwrap_or_default();
            let (from, to) = (moved.from.name(), moved.to.name());
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{prefix},{origin},{peers},{from},{to}");
        }
        text
    }
}

/// The broken announcements that most peers see.
fn listed(broken: &[(&Moved, Harm)]) -> Vec<Broken> {
    let mut order: Vec<_> = broken.iter().collect();
    // Sorting is stable, so equals stay in the order of the table.
    order.sort_by_key(|(moved, _)| std::cmp::Reverse(moved.announcement.peers));
    order
        .into_iter()
        .take(limits::LISTED)
        .map(|(moved, harm)| Broken {
            prefix: moved.announcement.prefix.to_string(),
            origin: moved.announcement.origin.map(Asn::into_u32),
            peers: moved.announcement.peers,
            before: moved.from,
            harm: *harm,
        })
        .collect()
}

/// Whose announcements break, those with most addresses first.
fn impacts(broken: &[(&Moved, Harm)]) -> Vec<OriginImpact> {
    let mut origins: BTreeMap<Option<Asn>, OriginImpact> = BTreeMap::new();
    for (moved, harm) in broken {
        let Announcement { prefix, origin, .. } = moved.announcement;
        let impact = origins.entry(origin).or_insert_with(|| OriginImpact {
            origin: origin.map(Asn::into_u32),
            turn_invalid: 0,
            lose_last_valid: 0,
            ipv4_addresses: 0,
            ipv6_slash_48s: 0,
        });
        match harm {
            Harm::TurnsInvalid { .. } => impact.turn_invalid += 1,
            Harm::LosesLastValid => impact.lose_last_valid += 1,
        }
        add_addresses(
            prefix,
            &mut impact.ipv4_addresses,
            &mut impact.ipv6_slash_48s,
        );
    }
    let mut origins: Vec<_> = origins.into_values().collect();
    origins.sort_by_key(|it| std::cmp::Reverse((it.ipv4_addresses, it.ipv6_slash_48s)));
    origins.truncate(limits::LISTED);
    origins
}

/// Counts a prefix's addresses: IPv4 addresses, and IPv6 networks of length 48.
fn add_addresses(prefix: Prefix, ipv4_addresses: &mut u64, ipv6_slash_48s: &mut u64) {
    let length = u32::from(prefix.len());
    match prefix.is_v4() {
        true => *ipv4_addresses += 1 << (32 - length),
        false => *ipv6_slash_48s += 1 << 48_u32.saturating_sub(length),
    }
}

/// What of a dump could not be read.
pub(crate) fn skipped(routes: &RouteTable) -> Vec<Finding> {
    let finding = |(fault, times): (&String, &u64)| Finding {
        severity: Severity::Warning,
        code: "routes.skipped".into(),
        place: "routes".into(),
        message: Label::new(
            format!("읽을 수 없는 기록 {times}개를 건너뛰었습니다: {fault}"),
            format!("{times} records could not be read and were skipped: {fault}"),
        ),
    };
    routes.skipped().iter().map(finding).collect()
}

fn findings(asked: &Asked, comparison: &Comparison<'_>, routes: &RouteTable) -> Vec<Finding> {
    let finding = |severity, code: &str, place: &str, message| Finding {
        severity,
        code: code.into(),
        place: place.into(),
        message,
    };
    let mut findings = skipped(routes);
    let missing = (comparison.proposal.removed.iter())
        .filter(|vrp| !comparison.vrps.contains(vrp))
        .count();
    if missing > 0 {
        findings.push(finding(
            Severity::Warning,
            "proposal.absent",
            "proposal",
            Label::new(
                format!("거두려는 {missing}개는 지금 표에 없습니다."),
                format!("{missing} of the authorisations to remove are not in the table."),
            ),
        ));
    }
    if asked.origins && comparison.vrps.is_empty() {
        findings.push(finding(
            Severity::Problem,
            "vrps.empty",
            "vrps",
            Label::new(
                "지금의 VRP 표가 비어 있습니다. 검증기가 실패한 것은 아닌지 확인하십시오.",
                "The present table of VRPs is empty: check that the validator did not fail.",
            ),
        ));
    }
    findings
}

#[cfg(test)]
mod tests;
