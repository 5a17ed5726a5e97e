//! `route.validate` as an engine: the run as evidence that can be replayed.

use std::io::{self, Read as _};

use bytes::Bytes;
use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Output, Progress, TypedEngine, read_input,
};

use super::locator::Locator;
use super::report::{ValidateReport, report_of};
use super::run::{ValidateRequest, run};
use super::table::aspas_json;
use super::tree::ValidatedTree;
use crate::limits;
use crate::repository::{Packs, RepositoryIndex};
use crate::router_table::RouterTable;
use crate::slurm::LocalExceptions;

/// The engine as plain data.
pub const VALIDATE: Engine = Engine::of::<Validate>();

/// The engine's type.
///
/// Inputs: `repository` (the index; the packs and trust anchors' certificates
/// that it names by digest are its parts), `tal/NAME` for each trust anchor,
/// `prior` where there was a run before, and `slurm` where there are local
/// exceptions; these change the tables, never the tree. Outputs: `validated` (the tree),
/// `vrps.csv`, `aspas.json`.
pub struct Validate;

/// How the names of the locators begin.
pub const LOCATOR_PREFIX: &str = "tal/";

impl TypedEngine for Validate {
    type Request = ValidateRequest;
    type Report = ValidateReport;
    const NAME: &'static str = "route.validate";
    const VERSION: &'static str = "2";

    fn run(
        request: ValidateRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(ValidateReport, Vec<Finding>, Vec<Output>), EngineError> {
        let index = read_input(inputs, "repository", limits::INDEX_BYTES)?;
        let index = RepositoryIndex::parse(&index).map_err(|error| error.of_input("repository"))?;
        let names = inputs.list().iter().map(|input| input.name.as_str());
        let locators = names
            .filter_map(|name| Some((name, name.strip_prefix(LOCATOR_PREFIX)?)))
            .map(|(input, name)| {
                let bytes = read_input(inputs, input, limits::LOCATOR_BYTES)?;
                Locator::parse(name, &bytes).map_err(|error| error.of_input(input))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let prior = match inputs.list().iter().any(|input| input.name == "prior") {
            false => None,
            true => {
                let bytes = read_input(inputs, "prior", limits::TREE_BYTES)?;
                let tree = ValidatedTree::parse(&bytes);
                Some(tree.map_err(|error| error.of_input("prior"))?)
            }
        };
        let exceptions = match inputs.list().iter().any(|input| input.name == "slurm") {
            false => None,
            true => {
                let bytes = read_input(inputs, "slurm", limits::SLURM_BYTES)?;
                let exceptions = LocalExceptions::parse(&bytes);
                Some(exceptions.map_err(|error| error.of_input("slurm"))?)
            }
        };
        let packs = Parts(inputs);
        let tree = run(
            &request,
            &locators,
            &index,
            &packs,
            prior.as_ref(),
            progress,
        )
        .map_err(|error| error.of_input("repository"))?;
        Ok(outcome(&tree, exceptions.as_ref()))
    }
}

/// What a run says to people, routers and the next run.
#[must_use]
pub fn outcome(
    tree: &ValidatedTree,
    exceptions: Option<&LocalExceptions>,
) -> (ValidateReport, Vec<Finding>, Vec<Output>) {
    let mut table = RouterTable::of_tree(tree);
    let exceptions = exceptions.map(|exceptions| {
        let (payloads, report) = exceptions.apply(&tree.payloads());
        table = table.saying(&payloads, "slurm");
        report
    });
    let (report, findings) = report_of(tree, &table, exceptions);
    let output = |name: &str, media_type: &str, bytes| Output {
        name: name.into(),
        media_type: media_type.into(),
        bytes,
    };
    let outputs = vec![
        output("validated", "application/octet-stream", tree.to_bytes()),
        output("vrps.csv", "text/csv", table.csv()),
        output("aspas.json", "application/json", aspas_json(table.aspas())),
    ];
    (report, findings, outputs)
}

/// The parts of the input `repository`.
struct Parts<'a>(&'a dyn Inputs);

impl Packs for Parts<'_> {
    fn pack(&self, digest: &Digest) -> io::Result<Bytes> {
        let mut bytes = Vec::new();
        let mut reader = self.0.open_part(digest)?.take(limits::PACK_BYTES + 1);
        reader.read_to_end(&mut bytes)?;
        match bytes.len() as u64 <= limits::PACK_BYTES {
            true => Ok(bytes.into()),
            false => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("it is longer than {} bytes", limits::PACK_BYTES),
            )),
        }
    }
}
