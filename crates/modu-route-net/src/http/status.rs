//! What is said of the work behind the table.

use serde::Serialize;
use serde_json::{Value, json};

use super::fetching::Fetching;
use crate::door::Visits;
use crate::publication::Edition;

/// The state of the work, as the process that does it tells.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Status {
    /// The program and its version.
    pub software: String,
    /// Where the table comes from, such as a file or the names of anchors.
    pub source: String,
    /// Seconds between runs.
    pub interval: u64,
    /// When the process started, in seconds since 1970 (UTC).
    pub started: i64,
    /// The last run.
    pub last_run: Option<LastRun>,
    /// When a run last gave a table.
    pub last_success: Option<i64>,
    /// What is held back from routers and waits for the operator's answer, or
    /// stays by it.
    pub held_back: Vec<HeldBack>,
    /// How fetching goes, where the service fetches.
    pub fetching: Option<Fetching>,
    /// Local exceptions, where there are some.
    pub exceptions: Option<Exceptions>,
}

/// What is said of local exceptions (SLURM).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Exceptions {
    /// The files.
    pub files: Vec<String>,
    /// What is wrong with them now; then what they said before goes on.
    pub problem: Option<String>,
    /// VRPs that they take away.
    pub vrps_filtered: u64,
    /// VRPs that they add.
    pub vrps_added: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize)]
pub struct LastRun {
    /// When, in seconds since 1970 (UTC).
    pub time: i64,
    /// Why it gave no table.
    pub failure: Option<String>,
}

/// A withdrawal that routers have not been told.
#[derive(Debug, Clone, Serialize)]
pub struct HeldBack {
    /// What the operator names it by.
    pub id: String,
    /// Since when, in seconds since 1970 (UTC).
    pub since: i64,
    /// Whether the operator has not answered yet.
    pub pending: bool,
    /// The trust anchor.
    pub anchor: String,
    /// VRPs that it keeps in the table.
    pub vrps: usize,
    /// Customers whose ASPAs it keeps, or some of their providers.
    pub aspas: usize,
    /// Why, in words.
    pub why: String,
}

impl Status {
    /// What a monitor must know, if anything: there is no table, or no good
    /// run for three intervals.
    pub(super) fn trouble(&self, edition: Option<&Edition>, now: i64) -> Option<String> {
        if edition.is_none() {
            return Some("no table yet".to_owned());
        }
        let (since, why) = match &self.fetching {
            Some(fetching) => (fetching.last_good, fetching.trouble()),
            // A file that does not change is no trouble.
            None => (self.last_success, self.last_run.as_ref()?.failure.clone()?),
        };
        let late = now - since.unwrap_or(self.started);
        let patience = i64::try_from(self.interval.saturating_mul(3)).unwrap_or(i64::MAX);
        (late > patience).then(|| format!("no good run for {late} seconds: {why}"))
    }

    /// For how many seconds there was no good run, where runs are due.
    pub(super) fn age(&self, now: i64) -> Option<i64> {
        let last = self.fetching.as_ref()?.last_good?;
        Some(now.saturating_sub(last).max(0))
    }

    pub(super) fn document(
        &self,
        edition: Option<&Edition>,
        routers: Option<Visits>,
        now: i64,
    ) -> Value {
        let mut document = json!(self);
        document["trouble"] = json!(self.trouble(edition, now));
        document["last_good_age"] = json!(self.age(now));
        document["published"] = json!(edition.map(|edition| json!({
            "serial": edition.serial,
            "time": edition.time,
            "vrps": edition.table.rows().len(),
            "aspas": edition.table.aspas().len(),
            "digest": edition.digest.to_string(),
        })));
        document["rtr"] = json!(routers.map(|visits| json!({
            "connections": visits.inside,
            "admitted": visits.admitted,
            "turned_away": visits.turned_away,
            "versions": [0, 1, 2],
            "version_2": crate::rtr::NEWEST_DOCUMENT,
        })));
        document
    }
}

/// A time as RFC 3339 writes it, in UTC; years beyond 9999 as the last.
pub(super) fn rfc3339(seconds: i64) -> String {
    let seconds = seconds.clamp(0, 253_402_300_799);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days to a civil date: years begin in March, so that a leap day is last.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference: `date -u -d @N +%FT%TZ` (GNU coreutils 9.1).
    #[test]
    fn times_are_written_as_the_system_writes_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_795_351_267, "2026-11-22T12:41:07Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
