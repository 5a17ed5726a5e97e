//! How an update went, for people and programs.

use std::time::Duration;

use modu_route::repository::Source;
use serde::Serialize;

use crate::Failure;
use crate::rrdp::How;

/// How an update went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdateReport {
    /// Trust anchors, in the order of their locators.
    pub anchors: Vec<AnchorReport>,
    /// Sources, in the order in which they were done.
    pub sources: Vec<SourceReport>,
    /// How often what was held was validated.
    pub rounds: u64,
    /// What was passed over or found broken.
    pub notes: Vec<String>,
}

/// How a trust anchor's certificate was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnchorReport {
    /// The locator's name.
    pub name: String,
    /// The URI that gave it.
    pub uri: Option<String>,
    /// Why the URIs gave none, each.
    pub failures: Vec<Failure>,
    /// Whether there is one, fetched now or before.
    pub held: bool,
}

/// How a source was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// Which.
    pub source: Source,
    /// How it was brought up to date, or why not.
    pub outcome: Result<How, Failure>,
    /// The publication points that are held of it now.
    pub points: u64,
    /// When it last worked, where it failed now; seconds since 1970 (UTC).
    pub last_success: Option<i64>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// How many notes are kept.
const NOTES: usize = 200;

impl UpdateReport {
    pub(super) fn new(anchors: Vec<AnchorReport>, damage: Option<&str>) -> Self {
        Self {
            anchors,
            sources: Vec::new(),
            rounds: 0,
            notes: damage.map(str::to_owned).into_iter().collect(),
        }
    }

    /// The sources that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&SourceReport, &Failure)> {
        let reports = self.sources.iter();
        reports.filter_map(|report| Some((report, report.outcome.as_ref().err()?)))
    }

    pub(super) fn fetched(&mut self, source: Source, how: How, points: u64, took: Duration) {
        self.notes.truncate(NOTES);
        self.sources.push(SourceReport {
            source,
            outcome: Ok(how),
            points,
            last_success: None,
            milliseconds: milliseconds(took),
        });
    }

    pub(super) fn failed(
        &mut self,
        source: Source,
        failure: Failure,
        points: u64,
        last_success: Option<i64>,
        took: Duration,
    ) {
        self.sources.push(SourceReport {
            source,
            outcome: Err(failure),
            points,
            last_success,
            milliseconds: milliseconds(took),
        });
    }
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
