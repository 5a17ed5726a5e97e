//! `modu proof kit` and `check`: what a supplier gets, and may try beforehand.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modu_proof::evaluate::ModelInterface;
use modu_proof::kit::{self, CheckOutcome};
use modu_proof::need::Need;
use modu_proof::predict::MAX_MODEL_BYTES;
use modu_proof::solution::Solution;
use modu_proof_run::Reasons;
use serde_json::json;

use super::{MAX_TOML_BYTES, in_file};
use crate::command_line::{ProofCheck, ProofKit};
use crate::engines::in_child;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::home::read_limited;
use crate::submitted;
use crate::terminal::{Answer, Terminal};

/// The sample is drawn from the need's declaration, so any seed will do.
const SEED: u64 = 1;

/// Writes the kit into a fresh folder.
pub(super) fn make(terminal: Terminal, command: &ProofKit) -> anyhow::Result<Answer> {
    let bytes = read_limited(&command.need, MAX_TOML_BYTES)?;
    let need = Need::parse(&bytes).map_err(|error| in_file(&command.need, &error))?;
    let into = &command.into;
    fs::create_dir_all(into).with_context(|| format!("could not make {}", into.display()))?;
    if fs::read_dir(into)?.next().is_some() {
        let text = format!("{} is not empty: name a fresh folder", into.display());
        return Err(Wrong(text).into());
    }
    let mut names = Vec::new();
    for file in kit::files(&need, &bytes, SEED) {
        write_file(&into.join(file.name), &file.bytes)?;
        names.push(file.name);
    }
    terminal.document(&json!({ "folder": into.display().to_string(), "files": names }))?;
    terminal.line(format!(
        "{} {} {}\n  {}",
        terminal.sign(Answer::Yes),
        terminal.say(
            "공급기업에 줄 꾸러미(데이터 없음):",
            "A kit for suppliers, without the data:"
        ),
        into.display(),
        names.join("  ")
    ))?;
    Ok(Answer::Yes)
}

/// Tries a submission on the synthetic sample.
pub(super) fn check(terminal: Terminal, command: &ProofCheck) -> anyhow::Result<Answer> {
    let need_path = &command.need;
    let need = Need::parse(&read_limited(need_path, MAX_TOML_BYTES)?)
        .map_err(|error| in_file(need_path, &error))?;
    let (document_path, model_path) = submission(&command.model)?;
    let document = submitted::read(&document_path, MAX_TOML_BYTES)?;
    let model = submitted::read(&model_path, MAX_MODEL_BYTES)?;
    let mut make = |model: &[u8], interface: &ModelInterface| {
        in_child(command.sandbox, Reasons::Shown, model, interface)
    };
    let report = kit::check(&need, &document, &model, &mut make);
    terminal.document(&report)?;
    for item in &report.items {
        let (answer, sign) = match item.outcome {
            CheckOutcome::Passed => (Answer::Yes, terminal.sign(Answer::Yes)),
            CheckOutcome::Warning => (Answer::Yes, "!"),
            CheckOutcome::Failed => (Answer::No, terminal.sign(Answer::No)),
        };
        let name = item.name.get(terminal.language);
        terminal.line(match (answer, item.detail.as_str()) {
            (_, "") => format!("{sign} {name}"),
            (_, detail) => format!("{sign} {name}: {detail}"),
        })?;
    }
    Ok(match report.passed {
        true => Answer::Yes,
        false => Answer::No,
    })
}

/// The solution.toml and the model, from the path of either's folder or of
/// the model.
fn submission(path: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    if !path.is_dir() {
        return Ok((path.with_file_name("solution.toml"), path.to_owned()));
    }
    let document = path.join("solution.toml");
    let bytes = submitted::read(&document, MAX_TOML_BYTES)?;
    let solution = Solution::parse(&bytes).map_err(|error| in_file(&document, &error))?;
    Ok((document, path.join(&solution.model)))
}
