//! `cargo xtask interop notices`: what `modu serve` sends, before receivers of
//! other makers.
//!
//! Webhooks go to a receiver that the packages `standardwebhooks` of PyPI and
//! npm stand behind: they verify each message, and refuse it changed, cut
//! short, late or under another secret. Letters go to `aiosmtpd` (PyPI) over
//! STARTTLS with a login, certified by an authority that `serve.toml` names,
//! and are read back by Python's own `email`.

use std::path::Path;
use std::process::Command;

use super::certificates::certify;
use super::served::Served;
use super::told::{cases, table};
use super::{NODE, free_port, installed};
use crate::{bench, command, debian, python, workspace};

const PACKAGES: [&str; 2] = ["standardwebhooks==1.1.0", "aiosmtpd==1.4.6"];
/// As `interop/notices/receivers.py` has it.
const PASSWORD: &str = "a password of the mail server";

const HEADING: &str = "# Notices before receivers of other makers\n\n\
    Written by `cargo xtask interop notices`: messages of one `modu serve` to a receiver whose\n\
    signatures are verified by `standardwebhooks` (PyPI 1.1.0 and npm 1.1.1), and letters to\n\
    `aiosmtpd` 1.4.6 (PyPI) over STARTTLS, read by Python's `email`. That a message sent again at\n\
    once is not acted upon is for the receiver to see, by its number.\n";

/// Runs it, prints and writes the table.
///
/// # Errors
/// Where a receiver or the server cannot be started, or a case is not as
/// expected.
pub(crate) fn run() -> anyhow::Result<()> {
    debian::ensure(&[NODE])?;
    let folder = workspace::cache()?.join("interop-notices");
    bench::empty(&folder)?;
    let home = folder.join("home");
    std::fs::create_dir_all(&home)?;
    let source = workspace::root().join("interop/notices");
    let programs = python::environment("notices", &PACKAGES)?;
    let modules = installed(&source, &workspace::cache()?.join("node-notices"))?;
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    for name in ["mail", "other"] {
        certify(&folder, name)?;
    }
    let (mail, ours) = (free_port()?, free_port()?);
    settings(&home, &folder, mail, ours)?;
    let served = Served::start_at(&format!("127.0.0.1:{ours}"), &home, &["--empty"])?;
    let mut journey = Command::new(programs.join("python"));
    journey
        .arg(source.join("journey.py"))
        .args([&served.address, &served.link, &mail.to_string()])
        .arg(&folder)
        .arg(&modules);
    let cases = cases(&mut journey)?;
    let path = workspace::root().join("bench/interop-notices.md");
    table(HEADING, &cases, &path)
}

fn settings(home: &Path, certificates: &Path, mail: u16, ours: u16) -> anyhow::Result<()> {
    let authority = certificates.join("mail-ca.pem").display().to_string();
    let text = format!(
        "schema = \"modu.serve/1\"\npublic_url = \"http://127.0.0.1:{ours}/\"\n\n\
         [webhooks]\nallow = [\"127.0.0.0/8\"]\n\n\
         [mail]\nserver = \"localhost\"\nport = {mail}\n\
         from = \"모두 <modu@agency.example>\"\nuser = \"modu\"\n\
         password_file = \"mail.password\"\nca_file = {authority:?}\n"
    );
    std::fs::write(home.join("serve.toml"), text)?;
    Ok(std::fs::write(home.join("mail.password"), PASSWORD)?)
}
