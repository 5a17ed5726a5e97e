//! Cox's and Fine and Gray's models, and curves: ours and R's packages.

use anyhow::ensure;

use super::peers::{Programs, Who};
use super::scene::{Scene, difference};
use crate::bench::Scale;

/// Answers agree within this.
const TOLERANCE: f64 = 1e-6;

/// One task.
struct Task {
    title: &'static str,
    scene: &'static str,
    kind: &'static str,
    rows: usize,
    columns: usize,
    wanted: &'static str,
    /// What R does it with; none where only ours is timed.
    peer: Option<&'static str>,
    /// How many rounds the peer takes part in.
    at_most: Option<u32>,
}

const TASKS: [Task; 6] = [
    Task {
        title: "Cox's model, Efron",
        scene: "cox",
        kind: "usual",
        rows: 1_000_000,
        columns: 10,
        wanted: "0.4",
        peer: Some("survival::coxph"),
        at_most: Some(2),
    },
    Task {
        title: "A hundred curves at a hundred times from that fit",
        scene: "curves",
        kind: "usual",
        rows: 1_000_000,
        columns: 10,
        wanted: "0.001",
        peer: None,
        at_most: None,
    },
    Task {
        title: "Fine and Gray's model",
        scene: "fine_gray",
        kind: "competing",
        rows: 10_000,
        columns: 10,
        wanted: "0.1",
        peer: Some("cmprsk::crr"),
        at_most: Some(1),
    },
    Task {
        title: "Kaplan-Meier",
        scene: "kaplan_meier",
        kind: "usual",
        rows: 1_000_000,
        columns: 1,
        wanted: "0.06",
        peer: Some("survival::survfit"),
        at_most: None,
    },
    Task {
        title: "Aalen-Johansen with variances",
        scene: "aalen_johansen",
        kind: "competing",
        rows: 100_000,
        columns: 1,
        wanted: "0.03",
        peer: Some("survival::survfit"),
        at_most: None,
    },
    Task {
        title: "The lasso's path, 100 penalties",
        scene: "path",
        kind: "usual",
        rows: 100_000,
        columns: 10,
        wanted: "0.3",
        peer: None,
        at_most: None,
    },
];

pub(super) fn scenes(programs: &Programs, scale: Scale) -> anyhow::Result<Vec<Scene>> {
    TASKS
        .iter()
        .map(|task| task.scene(programs, scale))
        .collect()
}

impl Task {
    fn scene(&self, programs: &Programs, scale: Scale) -> anyhow::Result<Scene> {
        let rows = match scale {
            Scale::Full => self.rows,
            Scale::Quick => self.rows / 20,
        };
        let table = programs.table(self.kind, rows, self.columns)?;
        let mut entries = vec![programs.entry("ours", &Who::Ours(self.scene), &table, &[])];
        let mut agreed = String::new();
        if let Some(peer) = self.peer {
            let theirs = programs.entry(peer, &Who::Script("cox.R"), &table, &[self.scene]);
            let apart = difference(&entries[0].found()?, &theirs.found()?)?;
            ensure!(apart <= TOLERANCE, "{}: apart by {apart:e}", self.title);
            agreed = format!(" The answers agree within {apart:.0e}.");
            entries.push(theirs);
            entries[1].at_most = self.at_most;
        }
        Ok(Scene {
            title: format!("{}, {rows} rows of {} columns", self.title, self.columns),
            about: format!("{agreed} Wanted of ours: {} s.", self.wanted)
                .trim_start()
                .to_owned(),
            entries,
        })
    }
}
