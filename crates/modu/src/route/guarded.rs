//! What `modu route serve` does between its servers' ticks: look, guard,
//! record.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use modu_evidence::statement::Statement;
use modu_kernel::{Language, NoProgress};
use modu_route::hold::HOLD;
use modu_route::repository::Packs;
use modu_route::validate::{Locator, ValidateRequest, ValidatedTree, run as validate};
use modu_route_net::cache::Cache;
use modu_route_net::guard::{Begun, Guard, Guarded, Seen};
use modu_route_net::http::HeldBack;
use modu_route_net::local::read_folder;
use modu_route_net::service::{Round, Work};
use modu_route_net::vrp_file::VrpFile;

use super::validate::locator;
use crate::home::Home;
use crate::run::{RunInput, perform};
use crate::terminal::Terminal;

/// Where tables come from.
pub(super) enum Sight {
    /// Another validator's file.
    File(VrpFile),
    /// A fetched repository, validated here.
    Repository(Repository),
}

/// A fetched repository that is validated again at each interval.
pub(super) struct Repository {
    /// The trust anchors' locators, read again each time.
    pub(super) tals: Vec<PathBuf>,
    /// A folder of rsync copies, or a cache of modu.
    pub(super) folder: PathBuf,
    /// Where the last run's tree is kept: the next run's memory.
    pub(super) memory: PathBuf,
    /// Seconds between runs.
    pub(super) interval: i64,
    /// When the next run is due.
    pub(super) due: i64,
}

/// The work of the service.
pub(super) struct GuardedWork {
    pub(super) sight: Sight,
    pub(super) guard: Guard,
    /// What was seen and could not be guarded yet.
    pub(super) waiting: Option<Arc<Seen>>,
    /// Where holds are recorded, if anywhere.
    pub(super) home: Option<Home>,
    pub(super) terminal: Terminal,
}

impl Sight {
    fn look(&mut self, now: i64) -> Result<Option<Arc<Seen>>, String> {
        match self {
            Self::File(file) => {
                let vrps = file.changed()?;
                Ok(vrps.map(|vrps| Arc::new(Seen::vrps("vrps", &vrps))))
            }
            Self::Repository(repository) if now < repository.due => Ok(None),
            Self::Repository(repository) => {
                repository.due = now.saturating_add(repository.interval);
                let tree = repository.validated(now);
                let tree = tree.map_err(|error| format!("{error:#}"))?;
                Ok(Some(Arc::new(Seen::tree(Arc::new(tree)))))
            }
        }
    }
}

impl Repository {
    fn validated(&self, now: i64) -> anyhow::Result<ValidatedTree> {
        let locators = (self.tals.iter())
            .map(|path| Ok(locator(path)?.0))
            .collect::<anyhow::Result<Vec<Locator>>>()?;
        let (index, packs): (_, Box<dyn Packs>) = match self.folder.join("index.json").is_file() {
            true => {
                let cache = Cache::open(&self.folder)?;
                (cache.index(), Box::new(cache))
            }
            false => {
                let (filled, packs) = read_folder(&self.folder, &locators)?;
                (Arc::new(filled.into_index().0), Box::new(packs))
            }
        };
        // A memory that cannot be read costs time, nothing else.
        let prior = fs::read(&self.memory).ok();
        let prior = prior.and_then(|bytes| ValidatedTree::parse(&bytes).ok());
        let request = ValidateRequest::at(now);
        let tree = validate(
            &request,
            &locators,
            &index,
            packs.as_ref(),
            prior.as_ref(),
            &NoProgress,
        )?;
        crate::evidence::write_file(&self.memory, &tree.to_bytes())?;
        Ok(tree)
    }
}

impl Work for GuardedWork {
    fn turn(&mut self, now: i64) -> Result<Option<Round>, String> {
        if let Some(seen) = self.sight.look(now)? {
            self.waiting = Some(seen);
        }
        let guarded = match self.waiting.clone() {
            Some(seen) => Some(self.guard.round(seen, now).map_err(|it| it.to_string())?),
            None => self.guard.again(now).map_err(|it| it.to_string())?,
        };
        self.waiting = None;
        Ok(guarded.map(|guarded| self.round(guarded)))
    }
}

impl GuardedWork {
    fn round(&self, guarded: Guarded) -> Round {
        for begun in &guarded.begun {
            self.tell(begun);
        }
        let held_back = guarded.standing.iter().map(|hold| HeldBack {
            id: hold.id.clone(),
            since: hold.since,
            pending: hold.is_pending(),
            anchor: hold.report.anchor.clone(),
            vrps: usize::try_from(hold.report.held).unwrap_or(usize::MAX),
            why: hold.why(),
        });
        Round {
            held_back: held_back.collect(),
            table: guarded.table,
        }
    }

    /// Says that a hold has begun, and records it. Routers do not wait for the
    /// log: what cannot be recorded is said.
    fn tell(&self, begun: &Begun) {
        let id = &begun.id;
        let recorded = self.home.as_ref().map(|home| record(home, begun));
        let text = match (self.terminal.language, recorded) {
            (Language::Ko, None) => format!("! 철회를 붙들었습니다: {id}"),
            (Language::En, None) => format!("! held a withdrawal back: {id}"),
            (Language::Ko, Some(Ok(entry))) => {
                format!("! 철회를 붙들었습니다: {id} (로그 항목 {entry})")
            }
            (Language::En, Some(Ok(entry))) => {
                format!("! held a withdrawal back: {id} (log entry {entry})")
            }
            (Language::Ko, Some(Err(error))) => {
                format!("! 철회를 붙들었으나 증거로 남기지 못했습니다: {id}: {error:#}")
            }
            (Language::En, Some(Err(error))) => {
                format!("! held a withdrawal back, but could not record it: {id}: {error:#}")
            }
        };
        // Nobody reading is no reason to end.
        let _ = self.terminal.line(text);
    }
}

fn record(home: &Home, begun: &Begun) -> anyhow::Result<u64> {
    let inputs = [
        ("accepted", begun.accepted.bytes()),
        ("current", begun.current.bytes()),
    ];
    let inputs = (inputs.into_iter())
        .map(|(name, bytes)| Ok(RunInput::public(name, home.store.put_bytes(bytes)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let request = serde_json::to_value(&begun.request)?;
    let done = perform(home, &HOLD, request, &inputs, None, &NoProgress)?;
    let statement = Statement::engine_report(done.report);
    let entry = home.recorder()?.record(&statement, Timestamp::now())?;
    Ok(entry.log_index)
}
