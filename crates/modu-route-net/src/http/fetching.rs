//! What is said of fetching: which servers failed, and how old the last good
//! run is.

use modu_route::repository::Source;
use modu_route::validate::ValidatedTree;
use serde::Serialize;

use crate::Failure;
use crate::cache::SourceStates;
use crate::fetch::UpdateReport;

/// Sources that are told by name: those that failed come first. The world has
/// some sixty; a hostile authority may name thousands.
const SOURCES: usize = 200;

/// How fetching and validating goes. Times are seconds since 1970 (UTC).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fetching {
    /// When an update was last done.
    pub last_update: Option<i64>,
    /// Why the last one gave nothing, where it did not.
    pub failure: Option<String>,
    /// When one was last good: every trust anchor could be used, and where
    /// servers were asked, one of them worked.
    pub last_good: Option<i64>,
    /// When the next one begins; nothing while one is under way.
    pub next: Option<i64>,
    /// Trust anchors that could not be used, and why.
    pub anchors_lost: Vec<String>,
    /// How many sources worked last.
    pub worked: u64,
    /// How many failed last, or are left alone.
    pub failed: u64,
    /// Sources, those that failed first; 200 at most.
    pub sources: Vec<SourceLine>,
    /// What was passed over or found broken.
    pub notes: Vec<String>,
    /// What of the last update could not be kept in the history or recorded.
    pub not_kept: Option<String>,
}

/// How fetching from one source goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceLine {
    /// Which.
    pub source: Source,
    /// Publication points that are held of it.
    pub points: u64,
    /// Why it failed last, where it did.
    pub failure: Option<Failure>,
    /// In how many updates in a row.
    pub failures: u32,
    /// When it last worked.
    pub last_success: Option<i64>,
}

impl Fetching {
    /// Notes what an update gave.
    pub fn note(
        &mut self,
        time: i64,
        tree: &ValidatedTree,
        report: &UpdateReport,
        states: &SourceStates,
    ) {
        let anchors = tree.anchors.iter();
        self.anchors_lost = anchors
            .filter_map(|anchor| {
                let reason = anchor.authority.as_ref().err()?;
                Some(format!(
                    "{}: {}: {}",
                    anchor.name, reason.code, reason.detail
                ))
            })
            .collect();
        let failed = report.failures().count();
        let worked = report.sources.len() - failed;
        (self.worked, self.failed) = (worked as u64, failed as u64);
        let mut sources: Vec<_> = (report.sources.iter())
            .map(|report| {
                let state = states.get(&report.source);
                SourceLine {
                    source: report.source.clone(),
                    points: report.points,
                    failure: report.outcome.as_ref().err().cloned(),
                    failures: state.map_or(0, |state| state.failures),
                    last_success: state.and_then(|state| state.last_success),
                }
            })
            .collect();
        sources.sort_by(|one, other| {
            let order = |line: &SourceLine| (line.failure.is_none(), line.source.clone());
            order(one).cmp(&order(other))
        });
        sources.dedup_by(|later, first| later.source == first.source);
        sources.truncate(SOURCES);
        self.sources = sources;
        self.notes.clone_from(&report.notes);
        self.failure = None;
        self.last_update = Some(time);
        if self.anchors_lost.is_empty() && (worked > 0 || failed == 0) {
            self.last_good = Some(time);
        }
    }

    /// Why the last update was not good, in a line.
    pub(super) fn trouble(&self) -> String {
        if let Some(failure) = &self.failure {
            return failure.clone();
        }
        if !self.anchors_lost.is_empty() {
            return self.anchors_lost.join("; ");
        }
        match self.failed {
            0 => "no update has been done yet".to_owned(),
            failed => format!("all {failed} servers failed"),
        }
    }
}

/// A source's name.
pub(super) fn name_of(source: &Source) -> &str {
    match source {
        Source::Rrdp(name) | Source::Rsync(name) => name,
    }
}
