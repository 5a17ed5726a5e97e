//! From servers to a tree that is kept: what `update` does once and `serve`
//! again and again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use modu_kernel::Progress;
use modu_route::validate::{Locator, ValidatedTree};
use modu_route_net::cache::SourceStates;
use modu_route_net::fetch::{UpdateReport, UpdateSettings};
use modu_route_net::runs::Runs;
use modu_route_net::upkeep::{Origin, Upkeep};
use modu_route_net::{Budgets, HttpSettings, RsyncSettings};

use super::command_line::RouteOrigin;
use super::history::keep_run;
use super::validate::locator;
use crate::home::Home;
use crate::terminal::Terminal;

/// How old the last update may be for its decisions to be told to routers
/// before the first update of a new process is done: seconds.
const FRESH: i64 = 3_600;

impl RouteOrigin {
    /// Where points come from. Servers that fail are left alone from `back_off`
    /// on, where there is one.
    pub(super) fn origin(&self, back_off: Duration) -> Origin {
        if let Some(folder) = &self.repository {
            return Origin::Folder(folder.clone());
        }
        Origin::Servers(Box::new(UpdateSettings {
            rrdp: (!self.no_rrdp).then(|| HttpSettings {
                root_certificates: self.rrdp_root_certs.clone(),
                local_hosts: self.allow_local_hosts,
                ..HttpSettings::default()
            }),
            rsync: (!self.no_rsync).then(|| RsyncSettings {
                program: self.rsync.clone(),
                local_hosts: self.allow_local_hosts,
            }),
            budgets: Budgets {
                back_off,
                ..Budgets::default()
            },
        }))
    }
}

/// The locators in files.
pub(super) fn locators(paths: &[PathBuf]) -> anyhow::Result<Vec<Locator>> {
    let locators = paths.iter().map(|path| Ok(locator(path)?.0));
    locators.collect()
}

/// What a service has fetched.
pub(super) struct Fetched {
    pub(super) time: i64,
    pub(super) tree: Arc<ValidatedTree>,
    /// How fetching went; nothing where nobody was asked yet.
    pub(super) report: Option<(UpdateReport, SourceStates)>,
    /// Why the run is not in the history or not recorded.
    pub(super) not_kept: Option<String>,
}

/// A service's updates.
pub(super) struct Updates {
    tals: Vec<PathBuf>,
    upkeep: Upkeep,
    runs: Runs,
    /// Where runs are recorded, if anywhere.
    home: Option<Home>,
    terminal: Terminal,
    first: bool,
}

impl Updates {
    /// The updates of a state folder.
    pub(super) fn open(
        state: &Path,
        tals: &[PathBuf],
        origin: Origin,
        home: Option<Home>,
        terminal: Terminal,
    ) -> anyhow::Result<Self> {
        // What is wrong with the locators is told at once.
        locators(tals)?;
        Ok(Self {
            tals: tals.to_vec(),
            upkeep: Upkeep::open(state, origin)?,
            runs: Runs::in_folder(state.join("runs")),
            home,
            terminal,
            first: true,
        })
    }

    /// One update. The locators are read again each time. A run that cannot be
    /// kept goes to routers nevertheless: they do not wait for the history.
    pub(super) fn update(
        &mut self,
        progress: &dyn Progress,
        give: &dyn Fn(Fetched),
    ) -> anyhow::Result<()> {
        let locators = locators(&self.tals)?;
        let clock = || Timestamp::now().as_second();
        if std::mem::take(&mut self.first) {
            self.give_held(&locators, clock(), progress, give)?;
        }
        let updated = self.upkeep.update(&locators, &clock, progress)?;
        let kept = keep_run(self.home.as_ref(), &self.runs, &updated.tree, self.terminal);
        give(Fetched {
            time: clock(),
            tree: updated.tree,
            report: Some((updated.report, self.upkeep.sources())),
            not_kept: kept.err().map(|error| format!("{error:#}")),
        });
        Ok(())
    }

    /// Routers that come back after a restart are not kept waiting for slow
    /// servers: what was validated a short while ago is validated again.
    fn give_held(
        &self,
        locators: &[Locator],
        now: i64,
        progress: &dyn Progress,
        give: &dyn Fn(Fetched),
    ) -> anyhow::Result<()> {
        let Some(latest) = self.upkeep.latest() else {
            return Ok(());
        };
        if !(0..=FRESH).contains(&now.saturating_sub(latest.time)) {
            return Ok(());
        }
        let tree = self.upkeep.validate_held(locators, now, progress)?;
        give(Fetched {
            time: now,
            tree: Arc::new(tree),
            report: None,
            not_kept: None,
        });
        Ok(())
    }
}
