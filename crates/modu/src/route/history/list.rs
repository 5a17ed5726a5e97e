//! `modu route history`: what changed, run by run, as a list and a picture.

use std::path::Path;

use modu_kernel::Language;
use modu_route::history::{
    Change, Difference, Direction, Effect, HeldBack, Saying, Snapshot, picture,
};
use modu_route_net::guard::{past, standing};
use modu_route_net::runs::{RunName, Runs};
use serde_json::{Value, json};

use super::arguments::RouteHistory;
use super::time_of;
use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::terminal::{Answer, Terminal, table};

/// How many changes are shown on a terminal; `--json` gives all.
const SHOWN: usize = 60;

/// A change that is listed.
struct Row {
    run: RunName,
    effect: Effect,
    what: String,
    anchor: String,
    object: String,
    why: modu_kernel::Label,
    document: Value,
}

/// Lists; the answer is no where `--check` finds damage.
pub(in crate::route) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteHistory,
) -> anyhow::Result<Answer> {
    let runs = command.folder.runs(shared)?;
    let since = command.since.map_or(i64::MIN, |time| time.as_second());
    let until = command.until.map_or(i64::MAX, |time| time.as_second());
    let names: Vec<_> = (runs.names()?.into_iter())
        .filter(|run| (since..=until).contains(&run.time))
        .collect();
    let mut rows = Vec::new();
    let mut snapshots = Vec::new();
    for name in &names {
        let tally = runs.head(*name)?.tally;
        let changed = tally.aspas_changed > 0
            || (tally.anchors.iter()).any(|it| it.appeared > 0 || it.vanished > 0);
        snapshots.push(Snapshot {
            time: name.time,
            tally,
        });
        if changed {
            let difference = runs.changes(*name)?;
            let changes = difference.changes.iter();
            rows.extend(changes.filter_map(|change| row(command, *name, &difference, change)));
        }
    }
    if let Some(path) = &command.picture {
        let holds = held_back(&command.folder.path(shared)?)?;
        write_file(path, picture(&snapshots, &holds).as_bytes())?;
    }
    let faults = check(terminal, &runs, command.check)?;
    terminal.document(&json!({
        "runs": names.iter().zip(&snapshots).map(|(name, snapshot)| json!({
            "run": name.number,
            "time": time_of(name.time),
            "tally": snapshot.tally,
        })).collect::<Vec<_>>(),
        "changes": rows.iter().map(|row| &row.document).collect::<Vec<_>>(),
        "faults": faults,
        "picture": command.picture,
    }))?;
    show(terminal, names.len(), &rows)?;
    for fault in &faults {
        terminal.line(format!("{} {fault}", terminal.sign(Answer::No)))?;
    }
    if let Some(path) = command.picture.as_deref().map(Path::display) {
        terminal.line(format!("  → {path}"))?;
    }
    Ok(match faults.is_empty() {
        true => Answer::Yes,
        false => Answer::No,
    })
}

/// The holds that stand or stood, as `serve` left them in the same state
/// folder.
fn held_back(state: &Path) -> anyhow::Result<Vec<HeldBack>> {
    let folder = state.join("hold");
    let standing = standing(&folder)?.into_iter().map(|it| HeldBack {
        anchor: it.report.anchor,
        since: it.since,
        until: None,
        vrps: it.report.held,
    });
    let past = past(&folder)?.into_iter().map(|it| HeldBack {
        anchor: it.anchor,
        since: it.since,
        until: Some(it.until),
        vrps: it.vrps,
    });
    Ok(standing.chain(past).collect())
}

fn check(terminal: Terminal, runs: &Runs, asked: bool) -> anyhow::Result<Vec<String>> {
    if !asked {
        return Ok(Vec::new());
    }
    let bar = terminal.progress("history");
    let faults = runs.check(&bar)?;
    bar.finish();
    let told = faults.into_iter().map(|fault| fault.problem.to_string());
    Ok(told.collect())
}

/// A change as a row, where it was asked for.
fn row(
    command: &RouteHistory,
    run: RunName,
    difference: &Difference,
    change: &Change,
) -> Option<Row> {
    let effect = change.effect();
    let direction = match effect {
        Effect::Appeared => Direction::Came,
        Effect::Vanished => Direction::Went,
        Effect::StillSaid => return None,
    };
    let (what, prefix, asn) = match change {
        Change::Vrp { vrp, .. } => (vrp.to_string(), Some(vrp.prefix), vrp.origin),
        Change::Aspa {
            customer, after, ..
        } => {
            let after: Vec<_> = after.iter().map(ToString::to_string).collect();
            (
                format!("ASPA {customer} → {}", after.join(" ")),
                None,
                *customer,
            )
        }
    };
    let in_prefix = |asked: modu_route::Prefix| prefix.is_some_and(|prefix| asked.covers(prefix));
    let wanted =
        command.prefix.is_none_or(in_prefix) && command.asn.is_none_or(|asked| asked == asn);
    let of_anchor = |saying: &&Saying| {
        let anchor = difference
            .chain(saying)
            .last()
            .map(|link| link.anchor.as_str());
        saying.direction == direction
            && command
                .anchor
                .as_deref()
                .is_none_or(|asked| anchor == Some(asked))
    };
    let saying = change.sayings().iter().find(of_anchor).filter(|_| wanted)?;
    let cause = difference.cause(saying)?;
    let chain: Vec<_> = difference.chain(saying).collect();
    let anchor = chain.last().map_or("", |link| &link.anchor).to_owned();
    let why = cause.label(direction);
    let object = difference.uri(saying);
    let document = json!({
        "run": run.number,
        "time": time_of(run.time),
        "effect": effect,
        "what": what,
        "anchor": anchor,
        "object": object,
        "digest": saying.digest,
        "validity": saying.validity,
        "why": why,
        "cause": cause,
        "chain": chain,
    });
    Some(Row {
        run,
        effect,
        what,
        anchor,
        object,
        why,
        document,
    })
}

fn show(terminal: Terminal, runs: usize, rows: &[Row]) -> anyhow::Result<()> {
    let count = |effect| rows.iter().filter(|row| row.effect == effect).count();
    let (appeared, vanished) = (count(Effect::Appeared), count(Effect::Vanished));
    terminal.line(match terminal.language {
        Language::Ko => {
            format!("실행 {runs}번, 나타난 것 {appeared}개, 사라진 것 {vanished}개")
        }
        Language::En => format!("{runs} runs, {appeared} appeared, {vanished} vanished"),
    })?;
    if rows.is_empty() {
        return Ok(());
    }
    let heading = match terminal.language {
        Language::Ko => ["시각 (UTC)", "", "무엇", "신뢰 앵커", "까닭", "객체"],
        Language::En => ["time (UTC)", "", "what", "anchor", "why", "object"],
    };
    let mut cells = vec![heading.map(str::to_owned).to_vec()];
    // The newest are what one asks for.
    for row in rows.iter().rev().take(SHOWN) {
        cells.push(vec![
            time_of(row.run.time),
            if row.effect == Effect::Appeared {
                "+"
            } else {
                "−"
            }
            .to_owned(),
            row.what.clone(),
            row.anchor.clone(),
            row.why.get(terminal.language).to_owned(),
            row.object.clone(),
        ]);
    }
    terminal.line(format!("\n{}", table(&cells)))?;
    let more = rows.len().saturating_sub(SHOWN);
    if more > 0 {
        terminal.line(format!("  +{more} (--json)"))?;
    }
    Ok(())
}
