//! `modu runs ...`

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use modu_client::wire::value::{Content, DigestName, MediaType, Number};
use modu_client::wire::{HandedFile, Metric, NamedFile, NewRun, Parameter, RunView};
use modu_kernel::Digest;
use serde_json::json;

use super::command_line::{Record, Runs};
use super::name_of;
use super::programme::{listed, time};
use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::home::read_limited;
use crate::terminal::{Answer, Terminal};

/// Bytes of all files that are handed in.
const MAX_HANDED_BYTES: u64 = 2 << 20;

/// Asks the server, and shows what it says.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Runs) -> anyhow::Result<Answer> {
    let client = super::needed(shared)?;
    match command {
        Runs::Record(command) => {
            let recorded = client.record(&new_run(command)?)?;
            terminal.document(&recorded)?;
            let said = terminal.say("증거로 남겼습니다: 번호", "On record, as evidence");
            terminal.line(format!("{said} {}", recorded.run))?;
        }
        Runs::List(of) => {
            let found: Vec<_> = client.runs(of.after).collect::<Result<_, _>>()?;
            let head = [
                terminal.say("번호", "number"),
                terminal.say("때 (UTC)", "time (UTC)"),
                terminal.say("실행", "run"),
                terminal.say("기관", "organisation"),
                terminal.say("지표 수", "metrics"),
            ];
            let rows = found.iter().map(|it| {
                vec![
                    it.run.to_string(),
                    time(it.at),
                    it.name.as_str().to_owned(),
                    it.by.organisation_name.as_str().to_owned(),
                    it.metrics.len().to_string(),
                ]
            });
            listed(terminal, &head, rows, &found)?;
        }
        Runs::Show(of) => show(terminal, &client.run(of.number)?)?,
        Runs::File(of) => {
            let run = client.run(of.run)?;
            let place = usize::try_from(of.file.0).ok();
            let file = place.and_then(|place| run.files.get(place));
            let file = file.ok_or_else(|| Wrong("the run has no such file".to_owned()))?;
            let bytes = client.run_file(of.run, of.file)?;
            // What the log names is what is written, whatever was sent.
            if Digest::of(&bytes) != file.digest.0 {
                anyhow::bail!("the server sent other bytes than the log names");
            }
            write_file(&of.out, &bytes)?;
            let path = of.out.display().to_string();
            terminal.document(&json!({ "written": path, "digest": file.digest }))?;
            terminal.line(format!("  → {path}"))?;
        }
    }
    Ok(Answer::Yes)
}

fn show(terminal: Terminal, run: &RunView) -> anyhow::Result<()> {
    terminal.document(run)?;
    terminal.line(format!(
        "{} {}: {}",
        terminal.say("실행", "Run"),
        run.run,
        run.name.as_str()
    ))?;
    terminal.line(format!(
        "  {}, {}",
        run.by.organisation_name.as_str(),
        time(run.at)
    ))?;
    for parameter in &run.parameters {
        terminal.line(format!(
            "  {} = {}",
            parameter.name.as_str(),
            parameter.value.as_str()
        ))?;
    }
    for metric in &run.metrics {
        terminal.line(format!("  {}  {}", metric.name.as_str(), metric.value))?;
    }
    for (place, file) in run.files.iter().enumerate() {
        let kept = match file.kept {
            true => terminal.say("받을 수 있음", "can be fetched"),
            false => terminal.say("이름만", "named only"),
        };
        let name = file.name.as_str();
        terminal.line(format!("  [{place}] {}  {name} ({kept})", file.digest.0))?;
    }
    Ok(())
}

fn new_run(command: &Record) -> anyhow::Result<NewRun> {
    let metrics = command.metrics.iter().map(|(name, value)| Metric {
        name: name.clone(),
        value: *value,
    });
    let parameters = command.parameters.iter().map(|(name, value)| Parameter {
        name: name.clone(),
        value: value.clone(),
    });
    let mut left = MAX_HANDED_BYTES;
    let mut files = Vec::with_capacity(command.files.len());
    for path in &command.files {
        let content = read_limited(path, left).with_context(
            || "files that are handed in have at most 2 MiB together: name larger ones with --named",
        )?;
        left -= content.len() as u64;
        files.push(HandedFile {
            name: name_of(path)?,
            media_type: media_type(path)?,
            content: Content(content),
        });
    }
    let named = command.named.iter().map(|path| named(path));
    Ok(NewRun {
        name: command.name.clone(),
        metrics: metrics.collect(),
        parameters: parameters.collect(),
        files,
        named: named.collect::<anyhow::Result<_>>()?,
    })
}

fn named(path: &Path) -> anyhow::Result<NamedFile> {
    let artifact = File::open(path)
        .and_then(Digest::of_reader)
        .with_context(|| format!("could not read {}", path.display()))?;
    Ok(NamedFile {
        name: name_of(path)?,
        media_type: media_type(path)?,
        digest: DigestName(artifact.digest),
        size: Number(artifact.size),
    })
}

/// By the name's ending; what is not known is bytes.
fn media_type(path: &Path) -> anyhow::Result<MediaType> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let kind = match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "csv" => "text/csv",
        "txt" | "log" => "text/plain",
        "html" => "text/html",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "toml" => "application/toml",
        "parquet" => "application/vnd.apache.parquet",
        _ => "application/octet-stream",
    };
    MediaType::try_from(kind.to_owned()).map_err(|problem| anyhow::anyhow!(problem))
}
