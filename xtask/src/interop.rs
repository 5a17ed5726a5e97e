//! `cargo xtask interop <name>`: what others wrote, run against ours.
//!
//! `evidence` makes bundles with our own code, good ones and attacked ones, and
//! asks four clients of other makers and our own verifier about each. It fails
//! where an answer is not the expected one, and writes the table *client x
//! attack* to `bench/interop-evidence.md`. The table names no day and no
//! machine, so that the file changes only where an answer does.
//!
//! `api` holds our interface for programs against its own description, with
//! schemathesis, and writes `bench/interop-api.md`.
//!
//! `console` drives our pages in a browser, and writes
//! `bench/interop-console.md`.
//!
//! `krill` has a certificate authority of another maker publish our plan, and
//! writes `bench/interop-krill.md`.
//!
//! `onnx` runs the ONNX project's own tests of operators against our kernels,
//! and writes `bench/interop-onnx.md`.
//!
//! `route` shows generated worlds, honest and spoilt, to validators of other
//! makers and to ours, and writes `bench/interop-route.md`.
//!
//! `bmp` lets a router of another maker tell `modu route watch` what it hears,
//! and writes `bench/interop-bmp.md`.
//!
//! `care` holds our survival statistics against R's, and writes
//! `bench/interop-care.md`.
//!
//! `openid` signs in by an identity provider of another maker, and writes
//! `bench/interop-openid.md`.
//!
//! `notices` has us send webhooks and letters to receivers of other makers, and
//! writes `bench/interop-notices.md`.
//!
//! `tls` puts a proxy of another maker before `modu serve`, and writes
//! `bench/interop-tls.md`.
//!
//! `rtr` lets routers and clients of other makers connect to `modu route serve`,
//! and writes `bench/interop-rtr.md`.

mod api;
mod bmp;
mod care;
mod certificates;
mod console;
mod krill;
mod notices;
mod onnx;
mod openid;
mod route;
mod rtr;
pub(crate) mod served;
mod tls;
mod told;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::{command, debian, python, workspace};

pub(crate) use api::run as api;
pub(crate) use bmp::run as bmp;
pub(crate) use care::run as care;
pub(crate) use console::run as console;
pub(crate) use krill::run as krill;
pub(crate) use notices::run as notices;
pub(crate) use onnx::run as onnx;
pub(crate) use openid::run as openid;
pub(crate) use route::run as route;
pub(crate) use rtr::free_port;
pub(crate) use rtr::run as rtr;
pub(crate) use tls::run as tls;

const IDENTITY: &str = "https://modu.example/agency/demand-ministry";
const ISSUER: &str = "https://modu.example/oidc";

const SIGSTORE_PYTHON: &str = "4.5.1";
const SIGSTORE_NODE: &str = "3.1.1";
const SIGSTORE_RUST: &str = "0.15.1";

/// Node and its package manager.
const NODE: debian::Need = debian::Need {
    probe: &["npm", "--version"],
    packages: &["nodejs", "npm"],
};

/// The Go compiler.
const GO: debian::Need = debian::Need {
    probe: &["go", "version"],
    packages: &["golang-go"],
};

/// The library of Go's own module log.
const GO_SUMDB: debian::Need = debian::Need {
    probe: &[
        "test",
        "-d",
        "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog",
    ],
    packages: &["golang-golang-x-mod-dev"],
};

/// What is shown to the clients, in the order of the table's columns.
const CASES: [Case; 9] = [
    Case::sound("good"),
    Case::sound("good, cosigned by a witness"),
    Case::sound("good, after a change of keys"),
    Case::attack("changed payload"),
    Case::attack("another artifact"),
    Case::attack("broken inclusion proof"),
    Case::attack("wrong log key"),
    Case::attack("expired certificate"),
    Case::attack("forked checkpoint"),
];

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    sound: bool,
}

impl Case {
    const fn sound(name: &'static str) -> Self {
        Self { name, sound: true }
    }

    const fn attack(name: &'static str) -> Self {
        Self { name, sound: false }
    }

    /// As `interop_corpus` names the folder.
    fn folder(&self, corpus: &Path) -> PathBuf {
        corpus.join(self.name.replace([' ', ','], "-"))
    }
}

/// Makes the command that looks at the case in a folder.
type Start = dyn Fn(&Path) -> anyhow::Result<Command>;

/// A program that looks at one case.
struct Client {
    /// Its row in the table.
    name: String,
    /// The attacks that it does not look for, by design.
    unchecked: &'static [&'static str],
    /// Its command for a case.
    command: Box<Start>,
    /// What it says where it refuses: an exit code of 1 alone might be a crash.
    refusal: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Refused,
}

/// Runs the clients, prints and writes the table.
///
/// # Errors
/// Where a client cannot be installed or started, or an answer is not the
/// expected one.
pub(crate) fn evidence() -> anyhow::Result<()> {
    let cache = workspace::cache()?.join("interop-evidence");
    std::fs::create_dir_all(&cache)
        .with_context(|| format!("cannot create {}", cache.display()))?;
    let ours = our_program()?;
    let clients = [
        modu(ours.clone()),
        sigstore_python()?,
        sigstore_node(&cache)?,
        sigstore_rust(&cache)?,
        go(&cache)?,
    ];
    let corpus = cache.join("corpus");
    if corpus.exists() {
        std::fs::remove_dir_all(&corpus)
            .with_context(|| format!("cannot remove {}", corpus.display()))?;
    }
    command::run(Command::new(&ours).arg("write").arg(&corpus))?;

    let mut rows = Vec::new();
    let mut surprises = Vec::new();
    for client in &clients {
        let mut cells = Vec::new();
        for case in &CASES {
            let (verdict, said) = ask(client, case, &corpus)?;
            eprintln!("{} | {} | {said}", client.name, case.name);
            let expected = client.expects(case);
            if verdict != expected {
                surprises.push(format!("{}, {}: {said}", client.name, case.name));
            }
            cells.push(client.cell(case, verdict));
        }
        rows.push((client.name.as_str(), cells));
    }
    let page = page(&rows)?;
    let path = workspace::root().join("bench/interop-evidence.md");
    println!("{page}");
    if !surprises.is_empty() {
        bail!("not as expected:\n{}", surprises.join("\n"));
    }
    std::fs::write(&path, &page).with_context(|| format!("cannot write {}", path.display()))?;
    println!("written to {}", path.display());
    Ok(())
}

impl Client {
    fn expects(&self, case: &Case) -> Verdict {
        if case.sound || self.unchecked.contains(&case.name) {
            Verdict::Accepted
        } else {
            Verdict::Refused
        }
    }

    fn cell(&self, case: &Case, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Refused => "refused",
            Verdict::Accepted if self.unchecked.contains(&case.name) => {
                "not checked by this client"
            }
            Verdict::Accepted => "accepted",
        }
    }
}

fn ask(client: &Client, case: &Case, corpus: &Path) -> anyhow::Result<(Verdict, String)> {
    let mut command = (client.command)(&case.folder(corpus))?;
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command::shown(&command)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok((Verdict::Accepted, "accepted".into()));
    }
    let words: Vec<_> = said.split_whitespace().collect();
    let said: String = words.join(" ").chars().take(240).collect();
    if output.status.code() == Some(1) && said.contains(client.refusal) {
        return Ok((Verdict::Refused, said));
    }
    bail!(
        "{} neither accepts nor refuses `{}`: {}, {said}",
        command::shown(&command),
        case.name,
        output.status
    )
}

fn our_program() -> anyhow::Result<PathBuf> {
    command::run(workspace::cargo().args([
        "build",
        "--package",
        "modu-evidence",
        "--example",
        "interop_corpus",
    ]))?;
    Ok(workspace::target()?.join("debug/examples/interop_corpus"))
}

fn modu(program: PathBuf) -> Client {
    Client {
        name: "modu, with an earlier checkpoint".into(),
        unchecked: &[],
        refusal: "refused: ",
        command: Box::new(move |case| {
            let mut command = Command::new(&program);
            command.arg("verify").arg(case);
            Ok(command)
        }),
    }
}

fn sigstore_python() -> anyhow::Result<Client> {
    let package = format!("sigstore=={SIGSTORE_PYTHON}");
    let programs = python::environment("sigstore", &[&package])?;
    Ok(Client {
        name: format!("PyPI sigstore {SIGSTORE_PYTHON}"),
        unchecked: &["forked checkpoint"],
        refusal: "FAIL:",
        command: Box::new(move |case| {
            let mut command = Command::new(programs.join("sigstore"));
            command
                .arg("--trust-config")
                .arg(case.join("trust.json"))
                .args(["verify", "identity", "--offline"])
                .args(["--cert-identity", IDENTITY, "--cert-oidc-issuer", ISSUER])
                .arg("--bundle")
                .arg(case.join("bundle.sigstore.json"))
                .arg(case.join("artifact"));
            Ok(command)
        }),
    })
}

fn sigstore_node(cache: &Path) -> anyhow::Result<Client> {
    let source = workspace::root().join("interop/evidence/node");
    debian::ensure(&[NODE])?;
    let modules = installed(&source, &cache.join("node"))?;
    Ok(Client {
        name: format!("npm @sigstore/verify {SIGSTORE_NODE}"),
        unchecked: &["another artifact", "forked checkpoint"],
        refusal: "refused: ",
        command: Box::new(move |case| {
            let mut command = Command::new("node");
            command
                .arg(source.join("verify.mjs"))
                .arg(&modules)
                .arg(case.join("trusted_root.json"))
                .arg(case.join("bundle.sigstore.json"))
                .args([IDENTITY, ISSUER]);
            Ok(command)
        }),
    })
}

/// Installs what the lock file of a driver's folder names, without its
/// scripts, and gives the modules' folder. Done once for one lock file.
fn installed(source: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let lock = std::fs::read_to_string(source.join("package-lock.json"))?;
    let seal = folder.join("installed");
    if !std::fs::read_to_string(&seal).is_ok_and(|installed| installed == lock) {
        std::fs::create_dir_all(folder)?;
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(name), folder.join(name))?;
        }
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        command::run(Command::new("npm").args(install).current_dir(folder))?;
        std::fs::write(&seal, lock)?;
    }
    Ok(folder.join("node_modules"))
}

fn sigstore_rust(cache: &Path) -> anyhow::Result<Client> {
    let target = cache.join("rust");
    let manifest = workspace::root().join("interop/evidence/rust/Cargo.toml");
    debian::ensure(&[debian::C_COMPILER])?;
    command::run(
        workspace::cargo()
            .args(["build", "--locked", "--manifest-path"])
            .arg(manifest)
            .env("CARGO_TARGET_DIR", &target),
    )?;
    let program = target.join("debug/interop-evidence-client");
    Ok(Client {
        name: format!("crate sigstore-verify {SIGSTORE_RUST}"),
        unchecked: &["forked checkpoint"],
        refusal: "refused: ",
        command: Box::new(move |case| {
            let mut command = Command::new(&program);
            command
                .arg(case.join("trusted_root.json"))
                .arg(case.join("bundle.sigstore.json"))
                .arg(case.join("artifact"))
                .args([IDENTITY, ISSUER]);
            Ok(command)
        }),
    })
}

fn go(cache: &Path) -> anyhow::Result<Client> {
    debian::ensure(&[GO, GO_SUMDB])?;
    let program = cache.join("go-client");
    command::run(
        Command::new("go")
            .args(["build", "-o"])
            .arg(&program)
            .arg("verify.go")
            .current_dir(workspace::root().join("interop/evidence/go"))
            .env("GO111MODULE", "off")
            .env("GOPATH", "/usr/share/gocode")
            .env("GOCACHE", cache.join("go-build")),
    )?;
    Ok(Client {
        name: "Go sumdb/note and sumdb/tlog (Debian), with an earlier checkpoint".into(),
        unchecked: &["changed payload", "another artifact", "expired certificate"],
        refusal: "refused: ",
        command: Box::new(move |case| {
            let tiles = std::fs::read_to_string(case.join("tiles"))?;
            let mut command = Command::new(&program);
            command
                .arg(case.join("vkey"))
                .arg(case.join("bundle.sigstore.json"))
                .arg(case.join("earlier"))
                .arg(tiles);
            Ok(command)
        }),
    })
}

fn page(rows: &[(&str, Vec<&'static str>)]) -> anyhow::Result<String> {
    let mut page = String::from(
        "# Evidence before clients of other makers\n\n\
         Written by `cargo xtask interop evidence`: each bundle is made by Modu and shown,\n\
         offline, to each client with the same trusted root.\n\n\
         *Not checked by this client*: the client accepts, because what was attacked is\n\
         outside of what it looks at. Nobody who sees one checkpoint alone can tell a\n\
         validly signed fork of the log; the two rows *with an earlier checkpoint* are given\n\
         one that the reader kept, and the log's tiles. A witness that the reader trusts protects\n\
         also a reader who has kept nothing.\n\n| client |",
    );
    for case in &CASES {
        write!(page, " {} |", case.name)?;
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(CASES.len()));
    for (name, cells) in rows {
        write!(page, "\n| {name} | {} |", cells.join(" | "))?;
    }
    page.push('\n');
    Ok(page)
}
