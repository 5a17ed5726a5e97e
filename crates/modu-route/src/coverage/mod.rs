//! `route.coverage`: how much of what is announced the RPKI covers, whose it
//! is, and how that grows.
//!
//! A country, an agency or a provider asks every month: which of our routes
//! are protected, which are invalid, who still has to act? Announcements are
//! validated against the VRPs of several times and counted by network and by
//! the organisations of a list, as numbers and as a picture.
//!
//! Inputs: `routes` (a table dump), `vrps/<time>` (a validator's table of that
//! time) or `tree/<number>` (a validation run's tree, which knows its time),
//! one or more; `organisations` (CSV `organisation,asn`, may be missing).
//! Outputs: `coverage.csv`, `coverage.ko.svg`, `coverage.en.svg`.

mod organisations;
mod picture;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Language, Output, Progress, TypedEngine, read_input,
};
use rpki::resources::Asn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::organisations::Organisations;
use crate::announcement::RouteTable;
use crate::origin::OriginIndex;
use crate::validate::ValidatedTree;
use crate::watch::Moment;
use crate::whatif::{Tally, has_input, read_routes, skipped};
use crate::{VrpTable, limits, text};

/// The engine as plain data.
pub const COVERAGE: Engine = Engine::of::<Coverage>();

/// The engine's type.
pub struct Coverage;

/// What is asked: the inputs say it all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageRequest {}

/// Coverage at each time, the earliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageReport {
    /// `modu.route.coverage/1`.
    pub schema: String,
    /// Different announcements.
    pub announcements: u64,
    /// The times, as they were named.
    pub times: Vec<String>,
    /// All announcements, by time.
    pub all: Vec<Tally>,
    /// The listed organisations, those with most announcements first.
    pub organisations: Vec<Group>,
    /// Networks, those with most announcements first; at most
    /// [`limits::LISTED`], `coverage.csv` holds all.
    pub networks: Vec<Group>,
}

/// The announcements of a network or organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// `AS64496`, `AS_SET`, or the organisation's name.
    pub name: String,
    /// By time.
    pub tallies: Vec<Tally>,
}

impl Group {
    fn announcements(&self) -> u64 {
        self.tallies
            .first()
            .map_or(0, |it| it.valid + it.invalid + it.not_found)
    }
}

impl TypedEngine for Coverage {
    type Request = CoverageRequest;
    type Report = CoverageReport;
    const NAME: &'static str = "route.coverage";
    const VERSION: &'static str = "1";

    fn run(
        _request: CoverageRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(CoverageReport, Vec<Finding>, Vec<Output>), EngineError> {
        let organisations = match has_input(inputs, "organisations") {
            true => {
                let list = read_input(inputs, "organisations", limits::PROPOSAL_BYTES)?;
                Organisations::parse(&list).map_err(|error| error.of_input("organisations"))?
            }
            false => Organisations::default(),
        };
        let routes = read_routes(inputs)?;
        let tables = tables(inputs)?;
        let mut count = Count::new(&organisations);
        for (done, (time, vrps)) in tables.iter().enumerate() {
            progress.report("validate", done as u64, tables.len() as u64);
            count.add(time, vrps, &routes);
        }
        progress.report("validate", tables.len() as u64, tables.len() as u64);
        let (report, csv) = count.finish(&routes);
        let mut outputs = vec![output("coverage.csv", "text/csv", csv)];
        for language in [Language::Ko, Language::En] {
            let name = format!("coverage.{language}.svg");
            outputs.push(output(
                &name,
                "image/svg+xml",
                picture::draw(&report, language),
            ));
        }
        Ok((report, skipped(&routes), outputs))
    }
}

fn output(name: &str, media_type: &str, text: String) -> Output {
    Output {
        name: name.into(),
        media_type: media_type.into(),
        bytes: text.into_bytes(),
    }
}

/// The tables with their times, the earliest first.
fn tables(inputs: &dyn Inputs) -> Result<Vec<(String, VrpTable)>, EngineError> {
    let mut tables = Vec::new();
    for input in inputs.list() {
        let name = input.name.as_str();
        if let Some(time) = name.strip_prefix("vrps/") {
            let bytes = read_input(inputs, name, limits::VRP_BYTES)?;
            let table = VrpTable::parse(&bytes).map_err(|error| error.of_input(name))?;
            tables.push((text::shown(time), table));
        } else if name.starts_with("tree/") {
            let bytes = read_input(inputs, name, limits::TREE_BYTES)?;
            let tree = ValidatedTree::parse(&bytes).map_err(|error| error.of_input(name))?;
            let time = Moment(tree.time.saturating_mul(1_000_000));
            tables.push((time.to_string(), tree.payloads().vrps));
        }
    }
    if tables.is_empty() || tables.len() > limits::COVERAGE_TIMES {
        let problem = format!(
            "there are {} tables: give between 1 and {} as `vrps/<time>` or `tree/<number>`",
            tables.len(),
            limits::COVERAGE_TIMES
        );
        return Err(EngineError::input("vrps", "the run's inputs", problem));
    }
    // RFC 3339 times and dates sort as text.
    tables.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(tables)
}

/// Announcements as they are counted, time after time.
struct Count<'a> {
    organisations: &'a Organisations,
    times: Vec<String>,
    all: Vec<Tally>,
    networks: BTreeMap<Option<Asn>, Vec<Tally>>,
    listed: BTreeMap<&'a str, Vec<Tally>>,
}

impl<'a> Count<'a> {
    fn new(organisations: &'a Organisations) -> Self {
        Self {
            organisations,
            times: Vec::new(),
            all: Vec::new(),
            networks: BTreeMap::new(),
            listed: BTreeMap::new(),
        }
    }

    fn add(&mut self, time: &str, vrps: &VrpTable, routes: &RouteTable) {
        let index = OriginIndex::new(vrps);
        let at = self.times.len();
        self.times.push(time.to_owned());
        self.all.push(Tally::default());
        let grow = |tallies: &mut Vec<Tally>| tallies.resize(at + 1, Tally::default());
        // Also who announces nothing has a line.
        for name in self.organisations.names() {
            grow(self.listed.entry(name).or_default());
        }
        for announcement in routes.as_slice() {
            let validity = index.validity(announcement.prefix, announcement.origin);
            let network = self.networks.entry(announcement.origin).or_default();
            grow(network);
            let owners = announcement.origin.map(|asn| self.organisations.of(asn));
            let listed = owners.into_iter().flatten();
            let listed: Vec<&str> = listed.map(String::as_str).collect();
            for tally in [self.all.get_mut(at), network.get_mut(at)]
                .into_iter()
                .flatten()
            {
                tally.add(validity);
            }
            for name in listed {
                let tally = self.listed.get_mut(name).and_then(|it| it.get_mut(at));
                if let Some(tally) = tally {
                    tally.add(validity);
                }
            }
        }
    }

    /// The report, and every group as CSV.
    fn finish(self, routes: &RouteTable) -> (CoverageReport, String) {
        let group = |(name, tallies): (String, Vec<Tally>)| Group { name, tallies };
        let by_size = |groups: &mut Vec<Group>| {
            groups.sort_by_key(|it| std::cmp::Reverse(it.announcements()));
        };
        let name_of = |network: Option<Asn>| network.map_or("AS_SET".into(), |it| it.to_string());
        let networks = (self.networks.into_iter()).map(|(asn, it)| (name_of(asn), it));
        let mut networks: Vec<Group> = networks.map(group).collect();
        let listed = (self.listed.into_iter()).map(|(name, it)| (name.to_owned(), it));
        let mut organisations: Vec<Group> = listed.map(group).collect();
        by_size(&mut networks);
        by_size(&mut organisations);
        let all = Group {
            name: "*".into(),
            tallies: self.all.clone(),
        };
        let csv = csv(&self.times, &all, &organisations, &networks);
        networks.truncate(limits::LISTED);
        let report = CoverageReport {
            schema: "modu.route.coverage/1".into(),
            announcements: routes.as_slice().len() as u64,
            times: self.times,
            all: self.all,
            organisations,
            networks,
        };
        (report, csv)
    }
}

fn csv(times: &[String], all: &Group, organisations: &[Group], networks: &[Group]) -> String {
    let mut text = String::from("kind,name,time,valid,invalid,not_found\n");
    let kinds = [
        ("all", std::slice::from_ref(all)),
        ("organisation", organisations),
        ("network", networks),
    ];
    for (kind, groups) in kinds {
        for group in groups {
            let name = group.name.replace('"', "\"\"");
            for (time, tally) in times.iter().zip(&group.tallies) {
                // Writing to a string cannot fail.
                let _ = writeln!(
                    text,
                    "{kind},\"{name}\",{time},{},{},{}",
                    tally.valid, tally.invalid, tally.not_found
                );
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
