//! Running the program and reading what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A fresh folder with a home in it.
pub(crate) struct Office {
    folder: TempDir,
}

/// How the program ended and what it printed.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Office {
    /// A folder without a home.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    /// A folder with a home, a kit of the demonstration's need, and its sample
    /// as the data.
    pub(crate) fn with_kit() -> Self {
        let office = Self::empty();
        let init = [
            "init",
            "--organisation",
            "수요부처",
            "--identity",
            "https://modu.example/agency/test",
            "--origin",
            "log.modu.example/test",
        ];
        office.modu(&init).expect_code(0);
        let need = demo("need.toml");
        let kit = office.path("kit");
        office
            .modu(&["proof", "kit", text(&need), "--into", text(&kit)])
            .expect_code(0);
        office
    }

    /// Another office with everything that this one has now.
    pub(crate) fn copied(&self) -> Self {
        let office = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let copied = Command::new("cp")
            .args(["-a", "--", &format!("{}/.", text(self.folder.path()))])
            .arg(office.folder.path())
            .status();
        assert!(copied.unwrap().success());
        office
    }

    /// A path in the folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Runs the program in English, with this office's home.
    pub(crate) fn modu(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }

    /// The program, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_modu"));
        command
            .args(["--lang", "en"])
            .args(arguments)
            .env("MODU_HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env_remove("MODU_STORE")
            .current_dir(self.folder.path());
        command
    }

    /// Runs the program for a program: its answer as JSON.
    pub(crate) fn ask(&self, arguments: &[&str]) -> (i32, Value) {
        let said = self.modu(&[&["--json"], arguments].concat());
        let document = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", said.out, said.err));
        (said.code, document)
    }

    /// Registers the need and demonstrates one solution on the kit's sample.
    pub(crate) fn run_linear(&self) -> (i32, Value) {
        self.run_linear_with(&[])
    }

    /// The same with further options.
    pub(crate) fn run_linear_with(&self, options: &[&str]) -> (i32, Value) {
        let need = self.path("kit/need.toml");
        self.modu(&["proof", "register", text(&need)])
            .expect_code(0);
        let said = self.try_run_with(options);
        let document = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", said.out, said.err));
        (said.code, document)
    }

    /// Demonstrates without registering, and gives back whatever is said.
    pub(crate) fn try_run(&self) -> Said {
        self.try_run_with(&[])
    }

    fn try_run_with(&self, options: &[&str]) -> Said {
        let (need, data) = (self.path("kit/need.toml"), self.path("kit/sample.csv"));
        let (solution, out) = (demo("solutions/linear"), self.path("out"));
        let run = [
            "--json",
            "proof",
            "run",
            text(&need),
            "--data",
            text(&data),
            "--solution",
            text(&solution),
            "--out",
            text(&out),
        ];
        self.modu(&[&run, options].concat())
    }
}

impl Said {
    /// Fails with all that was said unless the exit code is this.
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "standard output:\n{}\nstandard error:\n{}",
            self.out, self.err
        );
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A file of the demonstration.
pub(crate) fn demo(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../demo")
        .join(relative)
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
