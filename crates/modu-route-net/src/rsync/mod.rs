//! rsync, by the `rsync` program as a child process: module by module into a
//! working copy, of which packs are made once a transfer is whole.
//!
//! The program gets fixed arguments and no shell; links and devices are left
//! out; it runs in a process group of its own, which is killed at the deadline
//! or when it brings more than the budget allows.

mod child;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use modu_route::limits;
use rpki::uri;

use self::child::Child;
use crate::cache::{Cache, make_private};
use crate::http_client::is_public_name;
use crate::rrdp::{Fetched, How};
use crate::{Budgets, Failure, local};

/// How rsync is spoken.
#[derive(Debug, Clone)]
pub struct RsyncSettings {
    /// The program, looked up in `PATH` where it is a mere name.
    pub program: PathBuf,
    /// As [`crate::HttpSettings::local_hosts`].
    pub local_hosts: bool,
}

impl Default for RsyncSettings {
    fn default() -> Self {
        Self {
            program: "rsync".into(),
            local_hosts: false,
        }
    }
}

/// One fetch of one module.
pub(crate) struct Rsync<'a> {
    pub(crate) settings: &'a RsyncSettings,
    pub(crate) cache: &'a Cache,
    pub(crate) budgets: &'a Budgets,
    pub(crate) deadline: Instant,
    /// Set when the update ends early.
    pub(crate) stop: &'a AtomicBool,
}

impl Rsync<'_> {
    /// Brings a module's points up to date. `module` ends in `/`.
    pub(crate) fn fetch(&self, module: &str) -> Result<Fetched, Failure> {
        let uri = self.checked(module)?;
        let copy = self.cache.folder().join("rsync").join(uri.authority());
        let copy = copy.join(uri.module_name());
        make_private(&copy).map_err(Failure::machine)?;
        self.transfer(uri.module(), &copy)?;
        let filled = local::fill_module(self.cache, module, copy).map_err(Failure::machine)?;
        let points = filled.points.into_iter();
        Ok(Fetched {
            how: match filled.read {
                0 => How::Unchanged,
                _ => How::Rsync,
            },
            points: points.map(|(key, pack)| (key.folder, pack)).collect(),
            notes: filled.notes,
        })
    }

    /// Fetches a single file.
    pub(crate) fn file(&self, uri: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        let uri = self.checked(uri)?;
        let folder = tempfile::tempdir_in(self.cache.temporary()).map_err(Failure::machine)?;
        let path = folder.path().join("fetched");
        self.transfer(uri.as_str(), &path)?;
        let length = fs::symlink_metadata(&path).map_err(Failure::machine)?;
        match length.is_file() && length.len() <= limit {
            true => fs::read(&path).map_err(Failure::machine),
            false => Err(Failure::too_large(uri.as_str(), limit)),
        }
    }

    fn checked(&self, text: &str) -> Result<uri::Rsync, Failure> {
        let refuse = |problem: &str| Failure::new("fetch.uri", format!("{text}: {problem}"));
        let uri = uri::Rsync::from_slice(text.as_bytes());
        let uri = uri.map_err(|error| refuse(&error.to_string()))?;
        let dotted = [uri.authority(), uri.module_name()]
            .iter()
            .any(|it| it.starts_with('.') || it.starts_with('-'));
        if dotted || uri.authority().contains('@') {
            return Err(refuse("its server or module has a strange name"));
        }
        match self.settings.local_hosts || is_public_name(uri.authority()) {
            true => Ok(uri),
            false => Err(refuse(
                "servers are named by a name of the internet, without a port",
            )),
        }
    }

    fn transfer(&self, from: &str, to: &Path) -> Result<(), Failure> {
        let seconds = |limit: u64| {
            let left = self.deadline.saturating_duration_since(Instant::now());
            left.as_secs().clamp(1, limit)
        };
        let arguments = [
            "--recursive".to_owned(),
            "--times".to_owned(),
            "--delete".to_owned(),
            "--no-motd".to_owned(),
            "--chmod=D700,F600".to_owned(),
            format!("--max-size={}", limits::OBJECT_BYTES),
            format!("--timeout={}", seconds(60)),
            format!("--contimeout={}", seconds(15)),
            // The sizes alone: names are a stranger's.
            "--out-format=%l".to_owned(),
            "--".to_owned(),
            from.to_owned(),
        ];
        let mut child = Child::start(&self.settings.program, &arguments, to)?;
        child
            .wait(self.deadline, self.budgets, self.stop)
            .map_err(|failure| Failure {
                detail: format!("{from}: {}", failure.detail),
                ..failure
            })
    }
}
