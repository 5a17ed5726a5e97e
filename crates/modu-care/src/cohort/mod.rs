//! `care.cohort`: from records and a definition to an analysis table.
//!
//! Two teams that count the same patients rarely come to the same number: one
//! kept an erroneous entry, the other a test that was not known yet. Here the
//! definition is a document, every person is in or left out for one stated
//! reason, the reasons add up, and the **cohort digest** names what came out:
//! the same records give the same digest, whatever files and order they come
//! in and whatever key their pseudonyms are made with.
//!
//! Inputs: `definition` (TOML, [`Definition`]) and `records` (the artifact
//! that an intake made for it). Outputs: `table.csv` with `table.json`, the
//! flow of people as a picture, and a report in Korean and in English.

mod aggregate;
mod check;
pub(crate) mod concept;
pub mod definition;
mod digest;
mod findings;
mod flow;
mod page;
mod reason;
mod report;
mod row;
mod select;
mod tally;

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Language, Output, Progress, TypedEngine,
    read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use check::Plan;
pub use concept::SYSTEMS;
pub use definition::{DEFINITION_SCHEMA, Definition};
pub use report::{CohortReport, EventCount, ExportCheck, LeftOut, PredictorSummary, RecordCount};

use self::row::judge;
use self::tally::Tally;
use crate::privacy::anonymity;
use crate::records::Records;
use crate::table::AnalysisTable;
use crate::{CareError, limits};

/// The engine as plain data.
pub const COHORT: Engine = Engine::of::<Cohort>();

/// Columns that every table may have.
pub(crate) const FIXED_COLUMNS: [&str; 5] = ["person", "cluster", "entry", "time", "event"];

/// How often progress is told.
const TELL: usize = 1_000;

/// The engine's type.
pub struct Cohort;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortRequest {
    /// Whether a table without pseudonyms is to be made for others, and what
    /// must hold of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<Export>,
}

/// What must hold of a table that leaves the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Predictors that outsiders may know of a person.
    pub quasi_identifiers: Vec<String>,
    /// People that every combination of them must have.
    pub k: u64,
}

impl TypedEngine for Cohort {
    type Request = CohortRequest;
    type Report = CohortReport;
    const NAME: &'static str = "care.cohort";
    const VERSION: &'static str = "1";

    fn run(
        request: CohortRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(CohortReport, Vec<Finding>, Vec<Output>), EngineError> {
        progress.report("read", 0, 1);
        let definition = read_input(inputs, "definition", limits::DOCUMENT_BYTES)?;
        let plan = Plan::parse(&definition).map_err(|error| error.of_input("definition"))?;
        let records = records(inputs, Digest::of(&definition))?;
        let tally = tally(&plan, &records, progress)?;
        let table = tally.table(&plan).map_err(|error| internal(&error))?;
        let digest = digest::of(Digest::of(&definition), table.as_ref());
        let mut outputs = Vec::new();
        let mut export = None;
        if let Some(table) = &table {
            outputs.extend(table.to_outputs().map_err(|error| internal(&error))?);
            export = (request.export.as_ref())
                .map(|wanted| exported(table, wanted, &mut outputs))
                .transpose()?;
        }
        let report = report::of(&plan, &records, &tally, table.as_ref(), digest, export);
        let findings = findings::of(&plan, &records, &tally, &report);
        for language in [Language::Ko, Language::En] {
            outputs.push(flow::output(&report, language));
            outputs.push(page::output(&report, &findings, language));
        }
        Ok((report, findings, outputs))
    }
}

fn internal(error: &CareError) -> EngineError {
    EngineError::Internal(error.to_string())
}

fn records(inputs: &dyn Inputs, definition: Digest) -> Result<Records, EngineError> {
    let bytes = read_input(inputs, "records", limits::RECORDS_BYTES)?;
    let records = Records::parse(&bytes).map_err(|error| error.of_input("records"))?;
    match records.header.definition == definition {
        true => Ok(records),
        false => Err(EngineError::input(
            "records",
            "definition",
            "they were opened for another definition: open them again for this one",
        )),
    }
}

fn tally(plan: &Plan, records: &Records, progress: &dyn Progress) -> Result<Tally, EngineError> {
    let mut tally = Tally::default();
    let people = records.people.len() as u64;
    for (place, person) in records.people.iter().enumerate() {
        if place % TELL == 0 {
            progress.report("people", place as u64, people);
            if progress.cancelled() {
                return Err(EngineError::Cancelled);
            }
        }
        tally.take(person, judge(plan, person));
    }
    progress.report("people", people, people);
    Ok(tally)
}

/// A table for others is made only where nobody is too rare in it.
fn exported(
    table: &AnalysisTable,
    wanted: &Export,
    outputs: &mut Vec<Output>,
) -> Result<ExportCheck, EngineError> {
    let check = anonymity::check(table, &wanted.quasi_identifiers, wanted.k)
        .map_err(|error| EngineError::Request(format!("export: {error}")))?;
    if check.holds() {
        outputs.push(Output {
            name: "export.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            bytes: table.without_pseudonyms().to_csv(),
        });
    }
    Ok(ExportCheck::of(&check))
}
