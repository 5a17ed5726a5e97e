//! What `modu route serve` does between its servers' ticks: look, guard,
//! apply local exceptions, record.

use std::sync::Arc;

use jiff::Timestamp;
use modu_evidence::statement::Statement;
use modu_kernel::{Language, NoProgress};
use modu_route::RouterTable;
use modu_route::hold::HOLD;
use modu_route_net::feed::Fed;
use modu_route_net::guard::{Begun, Guard, Guarded, Seen};
use modu_route_net::http::{Exceptions, Fetching, HeldBack, Status};
use modu_route_net::local_exceptions::ExceptionFiles;
use modu_route_net::publication::Published;
use modu_route_net::service::{Round, Work};
use modu_route_net::vrp_file::VrpFile;

use super::fetching::Fetched;
use crate::home::Home;
use crate::run::{RunInput, perform};
use crate::terminal::Terminal;

/// Where tables come from.
pub(super) enum Sight {
    /// Another validator's file.
    File(VrpFile),
    /// What the service fetches and validates itself.
    Fed(Fed<Fetched>),
}

/// The work of the service.
pub(super) struct GuardedWork {
    sight: Sight,
    guard: Guard,
    exceptions: ExceptionFiles,
    /// What was seen and could not be guarded yet.
    waiting: Option<Arc<Seen>>,
    /// What the guard said last.
    guarded: Option<Guarded>,
    /// Holds that are to be told and recorded once their round is published:
    /// routers do not wait for the log.
    begun: Vec<Begun>,
    /// Where holds are recorded, if anywhere.
    home: Option<Home>,
    terminal: Terminal,
    fetching: Fetching,
    /// VRPs that local exceptions took away, and added.
    excepted: (u64, u64),
}

impl GuardedWork {
    /// Work that has seen nothing yet.
    pub(super) fn new(
        sight: Sight,
        guard: Guard,
        exceptions: ExceptionFiles,
        home: Option<Home>,
        terminal: Terminal,
    ) -> Self {
        Self {
            sight,
            guard,
            exceptions,
            waiting: None,
            guarded: None,
            begun: Vec::new(),
            home,
            terminal,
            fetching: Fetching::default(),
            excepted: (0, 0),
        }
    }

    /// Looks whether there is something new to be guarded.
    fn look(&mut self) -> Result<(), String> {
        match &mut self.sight {
            Sight::File(file) => {
                if let Some(payloads) = file.changed()? {
                    self.waiting = Some(Arc::new(Seen::payloads("vrps", payloads)));
                }
            }
            Sight::Fed(fed) => {
                if let Some(result) = fed.take() {
                    let noted = result.inspect_err(|problem| {
                        self.fetching.failure = Some(problem.clone());
                    });
                    self.note(noted?);
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, fetched: Fetched) {
        if let Some((report, sources)) = &fetched.report {
            self.fetching
                .note(fetched.time, &fetched.tree, report, sources);
            self.fetching.not_kept = fetched.not_kept;
        }
        self.waiting = Some(Arc::new(Seen::tree(fetched.tree)));
    }

    /// Guards what waits, or judges again what stands; whether anything came
    /// of it.
    fn guard(&mut self, now: i64) -> Result<bool, String> {
        let guarded = match self.waiting.clone() {
            Some(seen) => Some(self.guard.round(seen, now).map_err(|it| it.to_string())?),
            None => self.guard.again(now).map_err(|it| it.to_string())?,
        };
        self.waiting = None;
        let Some(mut guarded) = guarded else {
            return Ok(false);
        };
        self.begun = std::mem::take(&mut guarded.begun);
        self.guarded = Some(guarded);
        Ok(true)
    }

    fn round(&mut self) -> Option<Round> {
        let guarded = self.guarded.take()?;
        let held_back = guarded.standing.iter().map(|hold| HeldBack {
            id: hold.id.clone(),
            since: hold.since,
            pending: hold.is_pending(),
            anchor: hold.report.anchor.clone(),
            vrps: usize::try_from(hold.report.held).unwrap_or(usize::MAX),
            aspas: usize::try_from(hold.report.aspas.held).unwrap_or(usize::MAX),
            why: hold.why(),
        });
        let held_back = held_back.collect();
        let table = self.excepted(&guarded.table);
        self.guarded = Some(guarded);
        Some(Round { table, held_back })
    }

    /// A table with local exceptions, which also undo what is held.
    fn excepted(&mut self, table: &RouterTable) -> RouterTable {
        let Some(exceptions) = self.exceptions.exceptions() else {
            return table.clone();
        };
        let (payloads, report) = exceptions.apply(&table.payloads());
        self.excepted = (report.vrps_filtered, report.vrps_added);
        table.saying(&payloads, "slurm")
    }

    /// Says that a hold has begun, and records it; whether nothing is left to
    /// be recorded.
    fn tell_of(&self, begun: &Begun) -> bool {
        let id = &begun.id;
        let recorded = self.home.as_ref().map(|home| record(home, begun));
        let done = !matches!(recorded, Some(Err(_)));
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
        done
    }
}

impl Work for GuardedWork {
    fn turn(&mut self, now: i64) -> Result<Option<Round>, String> {
        let excepted = self.exceptions.look();
        let looked = self.look();
        match self.guard(now)? || excepted {
            true => Ok(self.round()),
            false => looked.map(|()| None),
        }
    }

    fn published(&mut self, _: &Published) {
        for begun in std::mem::take(&mut self.begun) {
            // What could not be recorded or noted is told with the next round.
            if self.tell_of(&begun) {
                let _ = self.guard.told(&begun.id);
            }
        }
    }

    fn read_again(&mut self) {
        self.exceptions.forget();
    }

    fn tell(&self, status: &mut Status) {
        if let Sight::Fed(fed) = &self.sight {
            status.fetching = Some(Fetching {
                next: fed.next(),
                ..self.fetching.clone()
            });
        }
        status.exceptions = self.exceptions.exceptions().map(|_| Exceptions {
            files: (self.exceptions.paths().iter())
                .map(|path| path.display().to_string())
                .collect(),
            problem: self.exceptions.problem().map(str::to_owned),
            vrps_filtered: self.excepted.0,
            vrps_added: self.excepted.1,
        });
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
