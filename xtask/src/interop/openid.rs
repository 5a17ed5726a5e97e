//! `cargo xtask interop openid`: signing in by an identity provider of another
//! maker.
//!
//! The npm package `oidc-provider`, certified by the OpenID Foundation, runs on
//! this machine; people are bound by an invitation, come in by tokens signed
//! in each way that we take, and are turned away where they should be. Forged
//! tokens, which a certified provider does not make, are tests of `modu-openid`.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context as _;

use super::served::Served;
use super::told::{cases, table};
use super::{NODE, free_port, installed};
use crate::{bench, command, debian, workspace};

const SECRET: &str = "not-a-secret-anywhere-else";
/// Our entries for it, and what stands in them beside what all have.
const ENTRIES: [(&str, &str); 5] = [
    ("rs256", ""),
    ("ps256", ""),
    ("es256", ""),
    ("eddsa", ""),
    ("assured", "acr_values = [\"high\"]\n"),
];

const HEADING: &str = "# Signing in by another maker's identity provider\n\n\
    Written by `cargo xtask interop openid`: the npm package `oidc-provider`, run on this\n\
    machine, with PKCE required of everybody.\n";

/// Runs it, prints and writes the table.
///
/// # Errors
/// Where provider or server cannot be started, or somebody is let in or
/// refused who should not be.
pub(crate) fn run() -> anyhow::Result<()> {
    debian::ensure(&[NODE])?;
    let folder = workspace::cache()?.join("interop-openid");
    bench::empty(&folder)?;
    let home = folder.join("home");
    std::fs::create_dir_all(&home)?;
    let source = workspace::root().join("interop/openid");
    let modules = installed(&source, &workspace::cache()?.join("node-openid"))?;
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    let (port, ours) = (free_port()?, free_port()?);
    let root = format!("http://127.0.0.1:{ours}/");
    settings(&home, port, &root)?;
    let _provider = Provided::start(&source, &modules, port, &root)?;
    let served = Served::start_at(&format!("127.0.0.1:{ours}"), &home, &["--empty"])?;
    let mut journey = Command::new("python3");
    journey
        .arg(source.join("journey.py"))
        .args([&root, &served.link]);
    let path = workspace::root().join("bench/interop-openid.md");
    table(HEADING, &cases(&mut journey)?, &path)
}

fn settings(home: &Path, port: u16, root: &str) -> anyhow::Result<()> {
    let mut text = format!("schema = \"modu.serve/1\"\npublic_url = \"{root}\"\n");
    for (name, more) in ENTRIES {
        text.push_str(&format!(
            "\n[[openid]]\nname = \"{name}\"\nissuer = \"http://127.0.0.1:{port}\"\n\
             client_id = \"{name}\"\nclient_secret_file = \"openid.secret\"\n{more}"
        ));
    }
    std::fs::write(home.join("serve.toml"), text)?;
    Ok(std::fs::write(home.join("openid.secret"), SECRET)?)
}

/// The provider, until it is dropped.
struct Provided {
    child: Child,
    /// It ends where nobody reads what it says.
    told: Lines<BufReader<ChildStdout>>,
}

impl Provided {
    fn start(source: &Path, modules: &Path, port: u16, root: &str) -> anyhow::Result<Self> {
        let mut child = Command::new("node")
            .arg(source.join("provider.mjs"))
            .arg(modules)
            .args([&port.to_string(), root, SECRET])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("node cannot be started")?;
        let told = child.stdout.take().context("it has an output")?;
        let mut provided = Self {
            child,
            told: BufReader::new(told).lines(),
        };
        while let Some(line) = provided.told.next() {
            if line? == "open" {
                return Ok(provided);
            }
        }
        anyhow::bail!("the provider ended before it was open")
    }
}

impl Drop for Provided {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}
