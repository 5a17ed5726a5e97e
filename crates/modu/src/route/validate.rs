//! `modu route validate`: from a fetched repository to what routers may
//! believe.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::statement::Statement;
use modu_kernel::{Artifact, Language, Outcome};
use modu_route::repository::{Packs, RepositoryIndex};
use modu_route::slurm::LocalExceptions;
use modu_route::validate::{
    LOCATOR_PREFIX, Locator, ValidateReport, ValidateRequest, ValidatedTree, outcome,
};
use modu_route::{RouteError, RouterTable, VALIDATE, limits};
use modu_route_net::cache::Cache;
use modu_route_net::local::read_folder;

use super::command_line::{RouteValidate, TableFormat};
use crate::command_line::Shared;
use crate::engine_run::{Ran, write_outcome};
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::home::Home;
use crate::run::{RunInput, perform};
use crate::terminal::{Answer, Terminal, table};

/// Everything that a run reads.
struct Given {
    request: ValidateRequest,
    locators: Vec<(Locator, Vec<u8>)>,
    index: Arc<RepositoryIndex>,
    packs: Box<dyn Packs>,
    prior: Option<Vec<u8>>,
    slurm: Option<Vec<u8>>,
}

/// Runs it. The answer is no where a trust anchor could not be used.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteValidate,
) -> anyhow::Result<Answer> {
    let given = Given::read(command)?;
    let bar = terminal.progress(VALIDATE.name);
    let (tree, ran) = match command.results.record {
        false => straight(&given, &bar)?,
        true => recorded(&given, shared, &bar)?,
    };
    bar.finish();
    if let Some(path) = &command.memory
        && let Some(validated) = ran.outcome.output("validated")
    {
        write_file(path, &validated.bytes)?;
    }
    let written = match &command.results.out {
        None => Vec::new(),
        Some(folder) => write_outcome(&ran.outcome, folder)?,
    };
    let ran = Ran { written, ..ran };
    let report: ValidateReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    let answer = match report.anchors.iter().all(|anchor| anchor.valid) {
        true => Answer::Yes,
        false => Answer::No,
    };
    match command.format {
        Some(TableFormat::Csv) => {
            let csv = ran.outcome.output("vrps.csv");
            terminal.bytes(csv.map_or(&[], |csv| &csv.bytes))?;
        }
        Some(TableFormat::Json) => terminal.bytes(&given.table(&tree)?.json())?,
        None => {
            terminal.document(&ran.document())?;
            show(terminal, answer, &report)?;
            ran.close(terminal)?;
        }
    }
    Ok(answer)
}

impl Given {
    fn read(command: &RouteValidate) -> anyhow::Result<Self> {
        let locators = (command.tals.iter())
            .map(|path| locator(path))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (index, packs): (_, Box<dyn Packs>) = match command.repository.join("index.json") {
            index if index.is_file() => {
                let cache = Cache::open(&command.repository)?;
                (cache.index().clone(), Box::new(cache))
            }
            _ => {
                let locators: Vec<_> = locators.iter().map(|it| it.0.clone()).collect();
                let (filled, packs) = read_folder(&command.repository, &locators)?;
                (Arc::new(filled.into_index().0), Box::new(packs))
            }
        };
        let prior = match &command.memory {
            Some(path) if path.is_file() => Some(limited(path, limits::TREE_BYTES)?),
            _ => None,
        };
        let slurm = command.slurm.as_deref();
        let slurm = slurm
            .map(|path| limited(path, limits::SLURM_BYTES))
            .transpose()?;
        let time = command.time.unwrap_or_else(Timestamp::now).as_second();
        Ok(Self {
            request: ValidateRequest::at(time),
            locators,
            index,
            packs,
            prior,
            slurm,
        })
    }
}

impl Given {
    fn exceptions(&self) -> anyhow::Result<Option<LocalExceptions>> {
        let read = self.slurm.as_deref().map(LocalExceptions::parse);
        Ok((read.transpose()).map_err(|error| Wrong(format!("--slurm: {error}")))?)
    }

    /// What routers are to be told.
    fn table(&self, tree: &ValidatedTree) -> anyhow::Result<RouterTable> {
        let table = RouterTable::of_tree(tree);
        Ok(match self.exceptions()? {
            None => table,
            Some(exceptions) => table.saying(&exceptions.apply(&tree.payloads()).0, "slurm"),
        })
    }
}

/// A file of at most that many bytes.
fn limited(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let could_not = || format!("could not read {}", path.display());
    if fs::metadata(path).with_context(could_not)?.len() > limit {
        return Err(Wrong(format!("{} is longer than {limit} bytes", path.display())).into());
    }
    fs::read(path).with_context(could_not)
}

/// A locator, named by its file.
pub(super) fn locator(path: &Path) -> anyhow::Result<(Locator, Vec<u8>)> {
    let bytes = limited(path, limits::LOCATOR_BYTES)?;
    let name = path.file_stem().map(|name| name.to_string_lossy());
    let locator = Locator::parse(name.as_deref().unwrap_or_default(), &bytes)
        .map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
    Ok((locator, bytes))
}

/// A run that is not kept.
fn straight(
    given: &Given,
    bar: &dyn modu_kernel::Progress,
) -> anyhow::Result<(ValidatedTree, Ran)> {
    let prior = (given.prior.as_deref().map(ValidatedTree::parse).transpose())
        .map_err(|error| Wrong(format!("--memory: {error}")))?;
    let exceptions = given.exceptions()?;
    let locators: Vec<_> = given.locators.iter().map(|it| it.0.clone()).collect();
    let tree = modu_route::validate::run(
        &given.request,
        &locators,
        &given.index,
        given.packs.as_ref(),
        prior.as_ref(),
        bar,
    )
    .map_err(|error| match error {
        RouteError::Read(_) => anyhow::Error::from(error),
        wrong => Wrong(wrong.to_string()).into(),
    })?;
    let (report, findings, outputs) = outcome(&tree, exceptions.as_ref());
    let outcome = Outcome {
        report: serde_json::to_value(report)?,
        findings,
        outputs,
    };
    let result = Artifact::of(&outcome.to_canonical()?);
    let ran = Ran {
        outcome,
        result,
        entry: None,
        written: Vec::new(),
    };
    Ok((tree, ran))
}

/// A run in a home and its log: everything it reads goes into the store.
fn recorded(
    given: &Given,
    shared: &Shared,
    bar: &dyn modu_kernel::Progress,
) -> anyhow::Result<(ValidatedTree, Ran)> {
    crate::remote::stay_here(shared)?;
    let home = Home::open(shared)?;
    for digest in given.index.digests() {
        home.store.put_bytes(&given.packs.pack(&digest)?)?;
    }
    let mut inputs = vec![RunInput::public(
        "repository",
        home.store.put_bytes(&given.index.to_bytes()?)?,
    )];
    for (locator, bytes) in &given.locators {
        let name = format!("{LOCATOR_PREFIX}{}", locator.name());
        inputs.push(RunInput::public(name, home.store.put_bytes(bytes)?));
    }
    if let Some(prior) = &given.prior {
        inputs.push(RunInput::public("prior", home.store.put_bytes(prior)?));
    }
    if let Some(slurm) = &given.slurm {
        inputs.push(RunInput::public("slurm", home.store.put_bytes(slurm)?));
    }
    let request = serde_json::to_value(&given.request)?;
    let done = perform(&home, &VALIDATE, request, &inputs, None, bar)?;
    let mut recorder = home.recorder()?;
    let statement = Statement::engine_report(done.report);
    let entry = recorder.record(&statement, Timestamp::now())?;
    let validated = (done.outcome.output("validated")).context("the engine gave no tree")?;
    let tree = ValidatedTree::parse(&validated.bytes)?;
    let ran = Ran {
        outcome: done.outcome,
        result: done.result,
        entry: Some(entry),
        written: Vec::new(),
    };
    Ok((tree, ran))
}

pub(super) fn show(
    terminal: Terminal,
    answer: Answer,
    report: &ValidateReport,
) -> anyhow::Result<()> {
    let sign = terminal.sign(answer);
    let (points, objects) = (report.points, report.objects);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} VRP {}개, ASPA {}개. 게시점 {}곳 사용, {}곳은 마지막 정상 상태, {}곳 거부. 거부한 객체 {}개.",
            report.vrps, report.aspas, points.current, points.kept, points.refused, objects.rejected
        ),
        Language::En => format!(
            "{sign} {} VRPs, {} ASPAs. Publication points: {} current, {} kept at their last good state, {} refused. Objects rejected: {}.",
            report.vrps, report.aspas, points.current, points.kept, points.refused, objects.rejected
        ),
    })?;
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("트러스트 앵커", "trust anchor"),
        say("기관", "authorities"),
        "VRP".to_owned(),
    ]];
    for anchor in &report.anchors {
        rows.push(vec![
            anchor.name.clone(),
            anchor.authorities.to_string(),
            anchor.vrps.to_string(),
        ]);
    }
    terminal.line(table(&rows))?;
    Ok(())
}
