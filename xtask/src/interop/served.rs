//! A server of ours for others to talk to.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use serde_json::Value;

use super::rtr::program;

/// `modu serve` on a free port, until it is dropped.
pub(crate) struct Served {
    child: Child,
    /// Where it is.
    pub(crate) address: String,
    /// How its first operator gets in.
    pub(crate) link: String,
}

impl Served {
    /// Starts it on a home, with further arguments, and waits until it is open.
    pub(crate) fn start(home: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_at("127.0.0.1:0", home, arguments)
    }

    /// The same at a stated address.
    pub(crate) fn start_at(listen: &str, home: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::of(&program()?, listen, home, arguments)
    }

    /// The same of a program elsewhere. Its link is empty where somebody has a
    /// password already.
    pub(crate) fn start_program(
        program: &Path,
        home: &Path,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        Self::of(program, "127.0.0.1:0", home, arguments)
    }

    fn of(program: &Path, listen: &str, home: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(["serve", "--json", "--listen", listen, "--home"])
            .arg(home)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .context("modu serve cannot be started")?;
        let told = child.stdout.take().context("it has an output")?;
        let open = Self::read(told);
        match open {
            Ok((address, link)) => Ok(Self {
                child,
                address,
                link,
            }),
            Err(error) => {
                let _gone_already = child.kill();
                let _gone_already = child.wait();
                Err(error)
            }
        }
    }

    /// One JSON document, possibly over several lines, and then silence.
    fn read(told: std::process::ChildStdout) -> anyhow::Result<(String, String)> {
        let mut text = String::new();
        for line in BufReader::new(told).lines() {
            text.push_str(&line?);
            if let Ok(document) = serde_json::from_str::<Value>(&text) {
                let field = |name: &str| Some(document.get(name)?.as_str()?.to_owned());
                let address = field("address").context("modu serve told no address")?;
                return Ok((address, field("operator_link").unwrap_or_default()));
            }
        }
        anyhow::bail!("modu serve ended before it was open")
    }
}

impl Served {
    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}
