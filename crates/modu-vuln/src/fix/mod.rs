//! `vuln.fix`: what was fixed, by two scans.
//!
//! Inputs: `ledger`; `before` and `after`, two inventories of the asset, or two
//! lists of a plant's assets; and `advisories`, a bundle. Output: `page.json`, the ledger's next page.
//!
//! Both inventories are held against the same bundle here, in this run: so it
//! is no withdrawn advisory and no edited table that makes a finding go. An
//! item is fixed only where the first scan shows it, the second does not, and
//! the component is there in another version and decided, or is gone from an
//! inventory that still has most of the others. Nobody can say so otherwise.

mod proof;

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use jiff::civil::Date;
use modu_kernel::{
    Artifact, Digest, Engine, EngineError, Finding, Input, Inputs, Progress, ReadSeek, TypedEngine,
};
use modu_kernel::{Label, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::proof::Scanned;
use crate::assets::ASSETS;
use crate::decide::Counts;
use crate::due::Due;
use crate::ledger::{self, Event, Item, Proof, Writing};
use crate::scan::SCAN;

/// The engine as plain data.
pub const FIX: Engine = Engine::of::<Fix>();

const SCHEMA: &str = "modu.vuln.fix/1";

/// The engine's type.
pub struct Fix;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixRequest {
    /// The moment.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What the inventories list.
    #[serde(default)]
    pub of: Listing,
    /// The asset, in place of what the inventories say.
    #[serde(default)]
    pub asset: Option<String>,
    /// What is meant; none: everything that the first scan shows.
    #[serde(default)]
    pub items: Vec<String>,
}

/// What two inventories list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// Components of one asset, as `vuln.scan` reads them.
    #[default]
    Components,
    /// Assets of a plant, as `vuln.assets` reads them.
    Assets,
}

impl Listing {
    /// The engine that holds it against advisories, the name of its input, and
    /// the table with an answer for everything.
    const fn scan(self) -> (Engine, &'static str, &'static str) {
        match self {
            Self::Components => (SCAN, "inventory", "components.csv"),
            Self::Assets => (ASSETS, "assets", "assets.csv"),
        }
    }
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FixReport {
    /// The schema's name.
    pub schema: String,
    /// The day that counts.
    #[schemars(with = "String")]
    pub day: Date,
    /// The last page's digest.
    pub head: Option<Digest>,
    /// Items by where they stand.
    pub counts: Counts,
    /// What is shown to be fixed.
    pub fixed: Vec<Due>,
    /// What is not, and why.
    pub open: Vec<(Due, NotShown)>,
}

/// Why something is not shown to be fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotShown {
    /// The first scan does not show it.
    NotBefore,
    /// The second scan shows it still.
    StillThere,
    /// The component has the version that it had.
    SameVersion,
    /// The second scan could not decide on the component.
    Undecidable,
    /// The component is gone, and so are most others: the second inventory is
    /// not of the same thing.
    OtherInventory,
}

impl NotShown {
    /// The reason in words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::NotBefore => ("앞 점검에 나타나지 않음", "the first scan does not show it"),
            Self::StillThere => ("뒤 점검에 아직 나타남", "the second scan shows it still"),
            Self::SameVersion => ("버전이 그대로임", "the version is the same"),
            Self::Undecidable => (
                "뒤 점검에서 판단할 수 없음",
                "the second scan could not decide",
            ),
            Self::OtherInventory => (
                "뒤 목록에 다른 구성요소도 대부분 없음",
                "the second inventory lacks most other components too",
            ),
        };
        Label::new(ko, en)
    }
}

impl TypedEngine for Fix {
    type Request = FixRequest;
    type Report = FixReport;
    const NAME: &'static str = "vuln.fix";
    const VERSION: &'static str = "2";

    fn run(
        request: FixRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(FixReport, Vec<Finding>, Vec<Output>), EngineError> {
        let mut state = ledger::read(inputs)?;
        let clock = ledger::clock(&state, request.at)?;
        let before = scanned("before", &request, inputs, progress)?;
        let after = scanned("after", &request, inputs, progress)?;
        let digest = |name: &str| {
            let input = inputs.list().iter().find(|input| input.name == name);
            input.map(|input| input.artifact.digest)
        };
        let (Some(first), Some(second), Some(advisories)) =
            (digest("before"), digest("after"), digest("advisories"))
        else {
            return Err(EngineError::input(
                "before",
                "the run's inputs",
                "it lacks one",
            ));
        };
        let meant = meant(&state, &request.items, &before)?;
        let (mut events, mut shown, mut open) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (id, item) in &meant {
            match proof::of(item, &before, &after) {
                Err(why) => {
                    open.insert(id.clone(), why);
                }
                Ok((from, to)) => {
                    shown.push(id.clone());
                    events.push(Event::Fixed {
                        item: id.clone(),
                        proof: Proof {
                            before: first,
                            after: second,
                            advisories,
                            from,
                            to,
                        },
                    });
                }
            }
        }
        let writing = Writing {
            run: Self::NAME,
            at: request.at,
            offset: clock.offset,
        };
        let page = ledger::write(&mut state, writing, inputs, events)?;
        let due = |id: &ledger::ItemId| Some(Due::of(id, state.items.get(id)?, clock.day));
        let report = FixReport {
            schema: SCHEMA.into(),
            day: clock.day,
            head: state.head,
            counts: Counts::of(&state, clock.day),
            fixed: shown.iter().filter_map(due).collect(),
            open: (open.iter())
                .filter_map(|(id, why)| Some((due(id)?, *why)))
                .collect(),
        };
        let findings = clock.finding().into_iter().collect();
        Ok((report, findings, ledger::page_output(page)))
    }
}

/// The open items that are asked for, or that the first scan shows.
fn meant(
    state: &ledger::State,
    items: &[String],
    before: &Scanned,
) -> Result<BTreeMap<ledger::ItemId, Item>, EngineError> {
    let mut meant = BTreeMap::new();
    for digits in items {
        let (id, item) = crate::except::find(state, digits)?;
        if item.fixed.is_some() {
            let problem = format!("item {id} was fixed before");
            return Err(EngineError::Request(problem));
        }
        meant.insert(id.clone(), item.clone());
    }
    if items.is_empty() {
        let open = state.items.iter().filter(|(_, item)| item.fixed.is_none());
        let here = open.filter(|(_, item)| before.shows(item));
        meant.extend(here.map(|(id, item)| (id.clone(), item.clone())));
    }
    Ok(meant)
}

/// Holds one of the two inventories against the advisories.
fn scanned(
    name: &'static str,
    request: &FixRequest,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Scanned, EngineError> {
    let (engine, wanted, answers) = request.of.scan();
    let own = As::of(name, wanted, inputs);
    let of_input = |error: EngineError| match error {
        EngineError::Input {
            name: found,
            place,
            problem,
        } if found == wanted => EngineError::input(name, place, problem),
        other => other,
    };
    let asked = json!({ "at": request.at.to_string() });
    let outcome = (engine.run)(&asked, &own, progress).map_err(of_input)?;
    let table = |table: &str| {
        let output = outcome.output(table);
        output
            .map(|output| output.bytes.as_slice())
            .unwrap_or_default()
    };
    let asset = request.asset.as_deref();
    let scanned = Scanned::read(request.of, table("findings.csv"), table(answers), asset);
    scanned.map_err(|error| error.of_input(name))
}

/// A run's inputs with one of them as what a scan reads.
struct As<'a> {
    inputs: &'a dyn Inputs,
    name: &'static str,
    wanted: &'static str,
    list: Vec<Input>,
}

impl<'a> As<'a> {
    fn of(name: &'static str, wanted: &'static str, inputs: &'a dyn Inputs) -> Self {
        let named = |input: &Input| -> Option<(String, Artifact)> {
            match input.name.as_str() {
                "advisories" => Some(("advisories".to_owned(), input.artifact)),
                other if other == name => Some((wanted.to_owned(), input.artifact)),
                _ => None,
            }
        };
        let list = inputs.list().iter().filter_map(named);
        Self {
            inputs,
            name,
            wanted,
            list: list
                .map(|(name, artifact)| Input { name, artifact })
                .collect(),
        }
    }
}

impl Inputs for As<'_> {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        self.inputs
            .open(if name == self.wanted { self.name } else { name })
    }

    fn open_part(&self, digest: &Digest) -> io::Result<Box<dyn ReadSeek + '_>> {
        self.inputs.open_part(digest)
    }
}
