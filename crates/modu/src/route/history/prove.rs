//! `modu route prove`: that one VRP was in a run's table, for a stranger.
//!
//! Three files lead from the line to the log: the inclusion proof from the
//! line to the table's root, the signed run's result that states the root, and
//! the bundle that shows the result in the log. `modu evidence verify` checks
//! all three without a server and without the table.

use anyhow::Context as _;
use modu_evidence::archive::{Archive, Cosignatures};
use modu_evidence::statement::{EngineReport, InputContent, Predicate};
use modu_kernel::{Digest, Language};
use modu_route::history::{HISTORY, authorises, vrp_line, vrp_tree};
use serde_json::json;

use super::arguments::RouteProve;
use super::time_of;
use crate::command_line::Shared;
use crate::evidence::{Inclusion, write_bundle, write_file};
use crate::exit::Wrong;
use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// The largest result that is read: a short report.
const MAX_RESULT_BYTES: u64 = 8 << 20;

/// Proves every VRP that authorises the route; the answer is no where none
/// does.
pub(in crate::route) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteProve,
) -> anyhow::Result<Answer> {
    crate::remote::stay_here(shared)?;
    let home = Home::open(shared)?;
    let runs = command.folder.runs(shared)?;
    let run = command.at.run(&runs)?;
    let (prefix, asn) = (command.route.prefix, command.route.asn);
    let payloads = runs.tree(run)?.payloads();
    let table = payloads.vrps.as_slice().iter().enumerate();
    let lines: Vec<_> = table
        .filter(|(_, vrp)| authorises(vrp, prefix, asn))
        .collect();
    if lines.is_empty() {
        terminal
            .document(&json!({ "proved": [], "run": run.number, "time": time_of(run.time) }))?;
        terminal.line(match terminal.language {
            Language::Ko => format!(
                "{} {prefix} {asn}: 이 표에 이 경로를 인가하는 VRP가 없습니다. `modu route why`가 까닭을 말합니다.",
                terminal.sign(Answer::No)
            ),
            Language::En => format!(
                "{} {prefix} {asn}: no VRP of this table authorises the route; `modu route why` says why.",
                terminal.sign(Answer::No)
            ),
        })?;
        return Ok(Answer::No);
    }
    let archive = home.archive()?;
    let stated = statement_of(&archive, runs.head(run)?.tree.artifact.digest)?;
    let (index, report) = stated.ok_or_else(|| {
        Wrong(format!(
            "the log holds no statement about run {}: keep runs with --record",
            run.number
        ))
    })?;
    let bundle = write_bundle(&archive, index, Cosignatures::Without, &command.into)?;
    let result = command.into.join("result.json");
    write_file(
        &result,
        &home.store.read(report.result.digest, MAX_RESULT_BYTES)?,
    )?;
    let tree = vrp_tree(&payloads);
    let mut proofs = Vec::new();
    for (number, (place, vrp)) in (1..).zip(lines) {
        let inclusion = Inclusion::new(
            "vrps",
            vrp_line(vrp),
            place as u64,
            tree.root().size,
            tree.path(place)
                .context("the table has changed while it was read")?,
        );
        let path = command.into.join(format!("vrp-{number}.inclusion.json"));
        write_file(&path, &serde_json::to_vec_pretty(&inclusion)?)?;
        proofs.push((*vrp, path));
    }
    terminal.document(&json!({
        "run": run.number,
        "time": time_of(run.time),
        "log_index": index.to_string(),
        "bundle": bundle,
        "result": result,
        "proved": proofs.iter().map(|(vrp, path)| json!({
            "vrp": vrp.to_string(), "inclusion": path,
        })).collect::<Vec<_>>(),
    }))?;
    for (vrp, path) in &proofs {
        let (sign, time) = (terminal.sign(Answer::Yes), time_of(run.time));
        terminal.line(format!("{sign} {vrp} ({time}) → {}", path.display()))?;
        terminal.line(format!(
            "  modu evidence verify {} --trusted-root {} --artifact {} --inclusion {}",
            bundle.display(),
            command.into.join("trusted_root.json").display(),
            result.display(),
            path.display()
        ))?;
    }
    Ok(Answer::Yes)
}

/// The entry that states what the run of this tree gave.
fn statement_of(archive: &Archive, tree: Digest) -> anyhow::Result<Option<(u64, EngineReport)>> {
    let mut found = None;
    for entry in archive.entries(0..archive.size()) {
        let entry = entry?;
        if let Predicate::EngineReport(report) = entry.statement.predicate
            && report.engine.name == HISTORY.name
            && let Some(later) = report.input("later")
            && matches!(later.content, InputContent::Artifact(artifact) if artifact.digest == tree)
        {
            found = Some((entry.index, report));
        }
    }
    Ok(found)
}
