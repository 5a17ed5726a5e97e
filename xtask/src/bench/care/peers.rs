//! Our program and the peers', installed and ready to be given a table.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::scene::Entry;
use crate::bench::page::Table;
use crate::bench::{empty, example};
use crate::debian::Need;
use crate::{command, debian, python, workspace};

/// R and the packages that are compared with.
const R: Need = Need {
    probe: &[
        "Rscript",
        "-e",
        "for (package in c('survival', 'cmprsk', 'ranger', 'glmnet')) library(package, character.only = TRUE)",
    ],
    packages: &[
        "r-base-core",
        "r-cran-survival",
        "r-cran-cmprsk",
        "r-cran-ranger",
        "r-cran-glmnet",
    ],
};

/// Exact versions from PyPI. `survival` is the crate of that name and version,
/// as its authors build it: its forests are behind a feature that takes longer
/// to build than all of Modu.
const PACKAGES: [&str; 6] = [
    "numpy==2.4.6",
    "pandas==2.3.3",
    "lifelines==0.30.3",
    "scikit-survival==0.28.0",
    "survival==2.0.0",
    "xgboost==3.2.0",
];

/// A generated table.
pub(super) struct Made {
    path: PathBuf,
    /// Number of rows.
    pub(super) rows: usize,
    /// Number of covariates.
    pub(super) columns: usize,
}

/// What runs the scenes.
pub(super) struct Programs {
    ours: PathBuf,
    python: PathBuf,
    folder: PathBuf,
}

/// Who does the work, and with which program.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// The scene of that name of our example.
    Ours(&'a str),
    /// A program of `bench/peers/care`, in R or Python by its ending.
    Script(&'a str),
}

impl Programs {
    pub(super) fn prepare() -> anyhow::Result<Self> {
        debian::ensure(&[R])?;
        let folder = workspace::cache()?.join("bench-care");
        empty(&folder)?;
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let python = python::environment("bench-care", &PACKAGES)?.join("python");
        Ok(Self {
            ours: example("modu-survival", "care_bench")?,
            python,
            folder,
        })
    }

    /// A table of a kind that `care_bench make` knows, made once.
    pub(super) fn table(&self, kind: &str, rows: usize, columns: usize) -> anyhow::Result<Made> {
        let path = self.folder.join(format!("{kind}-{rows}-{columns}.f64"));
        if !path.exists() {
            let mut make = Command::new(&self.ours);
            make.args(["make", kind, &rows.to_string(), &columns.to_string(), "1"]);
            command::run(make.arg(&path))?;
        }
        Ok(Made {
            path,
            rows,
            columns,
        })
    }

    /// Somebody who does a scene on a table with these options, on one thread.
    pub(super) fn entry(&self, name: &str, who: &Who, table: &Made, options: &[&str]) -> Entry {
        let words: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let answer = self.folder.join(format!("{words}.answer"));
        let (program, arguments) = self.program(who);
        let shape = [table.rows, table.columns].map(|number| number.to_string());
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (path, to) = (table.path.clone(), answer.clone());
        Entry {
            name: name.to_owned(),
            command: Box::new(move || {
                let mut command = Command::new(&program);
                command.args(&arguments).arg(&path).args(&shape);
                command.arg(&to).args(&options);
                on_one_thread(&mut command);
                command
            }),
            answer,
            times: 1.0,
            at_most: None,
            agrees_within: None,
        }
    }

    fn program(&self, who: &Who) -> (PathBuf, Vec<String>) {
        match who {
            Who::Ours(scene) => (self.ours.clone(), vec![(*scene).to_owned()]),
            Who::Script(name) => {
                let script = workspace::root().join("bench/peers/care").join(name);
                let script = script.display().to_string();
                let is_r = Path::new(name).extension().is_some_and(|end| end == "R");
                if is_r {
                    (PathBuf::from("Rscript"), vec![script])
                } else {
                    // Nothing is written beside the scripts, not even byte code.
                    (self.python.clone(), vec!["-B".to_owned(), script])
                }
            }
        }
    }

    /// What is installed.
    pub(super) fn versions(&self) -> anyhow::Result<Table> {
        let script = "cat(R.version.string, paste0('; ', sapply(c('survival', 'cmprsk', 'ranger', 'glmnet'), function(p) paste(p, packageVersion(p)))))";
        let r = command::output(Command::new("Rscript").args(["-e", script]))?;
        let python = command::output(Command::new(&self.python).arg("--version"))?;
        let about = format!(
            "{}. {}; {}. `survival` of PyPI is the crate of Rust of that name, as its authors build it.\n\n\
             Tables are made by `modu_survival::simulate` (`crates/modu-survival/examples/care_bench/table.rs`), the same for everybody. Everything runs on one thread. Processor seconds are those of the work alone, from the table in memory to the result in memory, read inside each process; memory is the whole process's peak, with R or Python and the table. What each found is held against ours when it has run for the first time; where it differs by more than is allowed, the task is not reported.",
            r.trim(),
            python.trim(),
            PACKAGES.join(", ")
        );
        Ok(Table {
            title: "Who is compared".to_owned(),
            about,
            columns: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// What tells our program from another build of it: when it was built.
    pub(super) fn built(&self) -> anyhow::Result<u64> {
        let modified = self.ours.metadata().and_then(|data| data.modified());
        let modified = modified.with_context(|| format!("cannot read {}", self.ours.display()))?;
        let since = modified.duration_since(std::time::UNIX_EPOCH)?;
        Ok(since.as_secs())
    }

    /// Removes the tables and answers.
    pub(super) fn tidy(&self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(&self.folder)
            .with_context(|| format!("cannot remove {}", self.folder.display()))
    }
}

/// Keeps a program, ours or theirs, to one thread.
fn on_one_thread(program: &mut Command) {
    for name in [
        "RAYON_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
    ] {
        program.env(name, "1");
    }
}
