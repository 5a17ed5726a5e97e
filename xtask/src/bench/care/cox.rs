//! Cox's and Fine and Gray's models, curves, the lasso's path and concordance:
//! ours, and the packages of R and Python.

use super::peers::{Programs, Who};
use super::scene::{Entry, Scene};
use crate::bench::Scale;

/// How far answers may be from ours.
const CLOSE: f64 = 1e-6;
/// lifelines ends its search earlier than others.
const NEARLY: f64 = 1e-4;

/// One task.
struct Task {
    title: &'static str,
    /// The scene of our example, and the option of the peers' programs.
    scene: &'static str,
    kind: &'static str,
    rows: usize,
    columns: usize,
    /// What is said of it, and what is wanted of ours.
    about: &'static str,
    others: &'static [Other],
}

/// Somebody beside ours.
struct Other {
    name: &'static str,
    who: Who<'static>,
    /// Where it is not the task's scene.
    option: Option<&'static str>,
    /// How many rounds it takes part in.
    at_most: Option<u32>,
    agrees_within: Option<f64>,
}

impl Other {
    const fn script(name: &'static str, script: &'static str) -> Self {
        Self {
            name,
            who: Who::Script(script),
            option: None,
            at_most: None,
            agrees_within: Some(CLOSE),
        }
    }

    const fn at_most(self, rounds: u32) -> Self {
        Self {
            at_most: Some(rounds),
            ..self
        }
    }

    const fn within(self, agrees_within: Option<f64>) -> Self {
        Self {
            agrees_within,
            ..self
        }
    }

    const fn option(self, option: &'static str) -> Self {
        Self {
            option: Some(option),
            ..self
        }
    }
}

const COX: [Task; 6] = [
    Task {
        title: "Cox's model, Efron",
        scene: "cox",
        kind: "usual",
        rows: 1_000_000,
        columns: 10,
        about: "All times differ. Wanted of ours: 0.4 s.",
        others: &[
            Other::script("R survival::coxph", "cox.R").at_most(2),
            Other::script("crate survival", "by_crate.py").at_most(2),
            Other::script("scikit-survival", "by_scikit_survival.py").at_most(1),
            Other::script("lifelines", "by_lifelines.py")
                .at_most(1)
                .within(Some(NEARLY)),
        ],
    },
    Task {
        title: "A hundred curves at a hundred times from that fit",
        scene: "curves",
        kind: "usual",
        rows: 1_000_000,
        columns: 10,
        about: "Wanted of ours: 0.001 s.",
        others: &[],
    },
    Task {
        title: "Fine and Gray's model",
        scene: "fine_gray",
        kind: "competing",
        rows: 10_000,
        columns: 10,
        about: "Wanted of ours: 0.1 s.",
        others: &[Other::script("R cmprsk::crr", "cox.R").at_most(1)],
    },
    Task {
        title: "Kaplan-Meier",
        scene: "kaplan_meier",
        kind: "usual",
        rows: 1_000_000,
        columns: 1,
        about: "All times differ. lifelines gives no variance here. Wanted of ours: 0.05 s.",
        others: &[
            Other::script("R survival::survfit", "cox.R"),
            Other::script("lifelines", "by_lifelines.py"),
        ],
    },
    Task {
        title: "Aalen-Johansen with variances",
        scene: "aalen_johansen",
        kind: "competing",
        rows: 100_000,
        columns: 1,
        about: "Wanted of ours: 0.03 s.",
        others: &[Other::script("R survival::survfit", "cox.R").at_most(1)],
    },
    Task {
        title: "The lasso's path, 100 penalties at most",
        scene: "path",
        kind: "usual",
        rows: 100_000,
        columns: 10,
        about: "Breslow's ties. Compared are the first 40 penalties and their coefficients. As it stands glmnet ends each search at 1e-7 of the deviance, which leaves its coefficients off from the third or fourth digit on; told to go on to 1e-14 it comes to ours.",
        others: &[
            Other::script("glmnet to 1e-14", "cox.R")
                .option("path_exact")
                .at_most(2),
            Other::script("glmnet as it stands", "cox.R")
                .within(None)
                .at_most(2),
        ],
    },
];

const CONCORDANCE: [Task; 2] = [
    Task {
        title: "Harrell's concordance",
        scene: "concordance_index",
        kind: "usual",
        rows: 1_000_000,
        columns: 1,
        about: "R gives the standard error as well, as ours does in the second line. Wanted of ours: 0.15 s.",
        others: &[
            Other {
                name: "ours, with its standard error",
                who: Who::Ours("concordance"),
                option: None,
                at_most: None,
                agrees_within: Some(CLOSE),
            },
            Other::script("R survival::concordance", "cox.R"),
            Other::script("lifelines", "by_lifelines.py").at_most(2),
            Other::script("crate survival", "by_crate.py").at_most(2),
        ],
    },
    Task {
        title: "Harrell's concordance",
        scene: "concordance_index",
        kind: "usual",
        rows: 100_000,
        columns: 1,
        about: "scikit-survival compares every pair: a hundred times as much for ten times the rows.",
        others: &[Other::script("scikit-survival", "by_scikit_survival.py").at_most(1)],
    },
];

pub(super) fn scenes(programs: &Programs, scale: Scale) -> anyhow::Result<Vec<Scene>> {
    COX.iter().map(|task| task.scene(programs, scale)).collect()
}

pub(super) fn concordance(programs: &Programs, scale: Scale) -> anyhow::Result<Vec<Scene>> {
    let tasks = CONCORDANCE.iter();
    tasks.map(|task| task.scene(programs, scale)).collect()
}

impl Task {
    fn scene(&self, programs: &Programs, scale: Scale) -> anyhow::Result<Scene> {
        let rows = match scale {
            Scale::Full => self.rows,
            Scale::Quick => self.rows / 20,
        };
        let table = programs.table(self.kind, rows, self.columns)?;
        let mut entries = vec![programs.entry("ours", &Who::Ours(self.scene), &table, &[])];
        for other in self.others {
            let option = [other.option.unwrap_or(self.scene)];
            let options: &[&str] = match other.who {
                Who::Ours(_) => &[],
                Who::Script(_) => &option,
            };
            entries.push(Entry {
                at_most: other.at_most,
                agrees_within: other.agrees_within,
                ..programs.entry(other.name, &other.who, &table, options)
            });
        }
        Ok(Scene {
            title: format!("{}, {rows} rows of {} columns", self.title, self.columns),
            about: self.about.to_owned(),
            entries,
        })
    }
}
