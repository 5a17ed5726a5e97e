//! What a list is held against: the same options wherever one is.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::state::State;
use crate::exit::Wrong;

/// A bundle of advisories, and the time of the answer.
#[derive(Debug, Args)]
pub(crate) struct HeldAgainst {
    /// 권고 묶음: `modu vuln bundle`이 만든 파일 | The advisories: a file of `modu vuln bundle`
    #[arg(long, value_name = "FILE", required_unless_present = "state")]
    advisories: Option<PathBuf>,
    /// `modu vuln accept`가 묶음을 받아 둔 폴더 | The folder where `modu vuln accept` keeps the bundle it took
    #[arg(long, value_name = "DIR", conflicts_with = "advisories")]
    state: Option<PathBuf>,
    /// 판단 시각(기본: 지금): 기한을 넘긴 묶음은 깨끗하다고 하지 않음 | The time of the answer (default: now); a bundle past its age calls nothing clean
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl HeldAgainst {
    /// The bundle's file.
    pub(super) fn bundle(&self) -> anyhow::Result<PathBuf> {
        match (&self.advisories, &self.state) {
            (Some(file), _) => Ok(file.clone()),
            (None, Some(folder)) => State::open(folder)?.bundle_path(),
            (None, None) => Err(Wrong("give --advisories or --state".into()).into()),
        }
    }

    /// The time of the answer, as requests write it.
    pub(super) fn time(&self) -> String {
        self.at.unwrap_or_else(Timestamp::now).to_string()
    }
}
