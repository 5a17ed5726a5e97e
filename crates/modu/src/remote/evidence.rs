//! `modu evidence log`, `show`, `export` of a server's log.

use std::fs;

use anyhow::Context as _;
use modu_client::Client;
use modu_client::wire::EvidenceView;
use modu_client::wire::value::Number;
use serde_json::json;

use super::programme::{listed, time};
use crate::command_line::EvidenceExport;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// Lists all entries.
pub(crate) fn log(terminal: Terminal, client: &Client) -> anyhow::Result<Answer> {
    let found: Vec<_> = client.evidence(None).collect::<Result<_, _>>()?;
    let head = [
        terminal.say("번호", "index"),
        terminal.say("시각 (UTC)", "time (UTC)"),
        terminal.say("말한 것", "what it says"),
        terminal.say("자료", "about"),
    ];
    let rows = found.iter().map(|it| {
        let about: Vec<_> = it
            .subjects
            .iter()
            .take(2)
            .map(|of| of.name.as_str())
            .collect();
        vec![
            it.evidence.to_string(),
            time(it.at),
            says(it),
            about.join(", "),
        ]
    });
    listed(terminal, &head, rows, &found)?;
    Ok(Answer::Yes)
}

/// The engine that ran, else the last words of the kind's URI.
fn says(entry: &EvidenceView) -> String {
    match &entry.engine {
        Some(engine) => format!("{} {}", engine.name, engine.version),
        None => {
            let mut words = entry.predicate.rsplit('/');
            let (version, kind) = (words.next(), words.next());
            format!("{} {}", kind.unwrap_or("?"), version.unwrap_or("?"))
        }
    }
}

/// One entry whole.
pub(crate) fn show(terminal: Terminal, client: &Client, index: u64) -> anyhow::Result<Answer> {
    let entry = client.entry(number(index)?)?;
    terminal.document(&entry)?;
    terminal.line(format!(
        "{} {}: {}",
        terminal.say("항목", "Entry"),
        entry.evidence,
        says(&entry)
    ))?;
    terminal.line(format!("  {}", time(entry.at)))?;
    for subject in &entry.subjects {
        terminal.line(format!("    {}  {}", subject.digest.0, subject.name))?;
    }
    Ok(Answer::Yes)
}

/// Writes the bundle and the server's trusted root into a folder.
pub(crate) fn export(
    terminal: Terminal,
    client: &Client,
    command: &EvidenceExport,
) -> anyhow::Result<Answer> {
    let bundle = client.bundle(number(command.index)?)?;
    let root = client.trusted_root()?;
    let into = &command.into;
    fs::create_dir_all(into).with_context(|| format!("could not make {}", into.display()))?;
    let path = into.join(format!("{}.sigstore.json", command.index));
    write_file(&path, &bundle)?;
    let trusted = into.join("trusted_root.json");
    write_file(&trusted, &root)?;
    terminal.document(&json!({
        "bundle": path.display().to_string(),
        "trusted_root": trusted.display().to_string(),
    }))?;
    terminal.line(format!("  → {}", path.display()))?;
    terminal.line(format!("  → {}", trusted.display()))?;
    terminal.line(terminal.say(
        "신뢰 뿌리는 되도록 다른 길로도 확인하십시오.",
        "Check the trusted root by another way where you can.",
    ))?;
    Ok(Answer::Yes)
}

fn number(index: u64) -> anyhow::Result<Number> {
    Number::try_from(index).map_err(|problem| Wrong(problem.to_owned()).into())
}
