//! `modu route why`: why a route is valid, invalid or unknown, and since when.

use std::path::Path;

use modu_kernel::Language;
use modu_route::history::{
    Change, Difference, Direction, Effect, Explanation, Link, Unbelieved, authorises, unbelieved,
};
use modu_route::validate::ValidatedTree;
use modu_route::{Asn, Invalid, Prefix, Validity};
use modu_route_net::cache::Cache;
use modu_route_net::runs::{RunName, Runs};
use serde::Serialize;
use serde_json::json;

use super::arguments::RouteWhy;
use super::time_of;
use crate::command_line::Shared;
use crate::terminal::{Answer, Terminal};

/// The last time that a VRP which authorises the route came or went.
#[derive(Debug, Serialize)]
struct Event {
    run: u64,
    time: String,
    /// The run before it, which still said the opposite.
    after: Option<String>,
    effect: Effect,
    vrp: String,
    object: String,
    digest: modu_kernel::Digest,
    why: modu_kernel::Label,
    cause: modu_route::history::Cause,
    chain: Vec<Link>,
}

/// Explains; the answer is no where no VRP authorises the route.
pub(in crate::route) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteWhy,
) -> anyhow::Result<Answer> {
    let state = command.folder.path(shared)?;
    let runs = command.folder.runs(shared)?;
    let run = command.at.run(&runs)?;
    let (prefix, asn) = (command.route.prefix, command.route.asn);
    let tree = runs.tree(run)?;
    let explanation = Explanation::of(&tree, prefix, asn);
    let events = last_events(&runs, run, prefix, asn)?;
    let suspects = match explanation.validity {
        Validity::Valid => Vec::new(),
        _ => fetched_suspects(&state.join("cache"), &tree, prefix, asn),
    };
    let answer = match explanation.validity {
        Validity::Valid => Answer::Yes,
        _ => Answer::No,
    };
    terminal.document(&json!({
        "prefix": prefix.to_string(),
        "asn": asn.into_u32(),
        "run": run.number,
        "time": time_of(run.time),
        "explanation": explanation,
        "last_changes": events,
        "unbelieved": suspects,
    }))?;
    headline(terminal, answer, &explanation, prefix, asn, run)?;
    covering(terminal, &explanation)?;
    told(terminal, &events)?;
    rejected(terminal, &suspects)?;
    if answer == Answer::No && events.is_empty() && suspects.is_empty() {
        terminal.line(terminal.say(
            "  보관된 기록에서 이 경로를 인가한 객체는 한 번도 없었습니다.",
            "  Nothing that is kept ever authorised this route.",
        ))?;
    }
    Ok(answer)
}

/// The objects that are not believed and would say it, where what was fetched
/// is there and nobody else uses it just now.
fn fetched_suspects(
    folder: &Path,
    tree: &ValidatedTree,
    prefix: Prefix,
    asn: Asn,
) -> Vec<Unbelieved> {
    if !folder.is_dir() {
        return Vec::new();
    }
    match Cache::open(folder) {
        Ok(cache) => unbelieved(tree, &cache.index(), &cache, prefix, asn),
        Err(_) => Vec::new(),
    }
}

/// For each VRP that ever authorised the route, its last change, newest first.
fn last_events(
    runs: &Runs,
    until: RunName,
    prefix: Prefix,
    asn: Asn,
) -> anyhow::Result<Vec<Event>> {
    let mut events: Vec<Event> = Vec::new();
    let names = runs.names()?;
    let before = names.partition_point(|name| name.number <= until.number);
    for name in names.iter().take(before).rev() {
        let tally = runs.head(*name)?.tally;
        if tally
            .anchors
            .iter()
            .all(|it| it.appeared == 0 && it.vanished == 0)
        {
            continue;
        }
        let difference = runs.changes(*name)?;
        for change in &difference.changes {
            let event = event(&difference, change, *name, prefix, asn);
            events.extend(event.filter(|event| events.iter().all(|it| it.vrp != event.vrp)));
        }
    }
    Ok(events)
}

fn event(
    difference: &Difference,
    change: &Change,
    run: RunName,
    prefix: Prefix,
    asn: Asn,
) -> Option<Event> {
    let Change::Vrp {
        vrp,
        effect,
        sayings,
    } = change
    else {
        return None;
    };
    let direction = match effect {
        Effect::Appeared => Direction::Came,
        Effect::Vanished => Direction::Went,
        Effect::StillSaid => return None,
    };
    let saying = sayings
        .iter()
        .find(|saying| saying.direction == direction)?;
    let cause = difference.cause(saying)?;
    authorises(vrp, prefix, asn).then(|| Event {
        run: run.number,
        time: time_of(run.time),
        after: difference.earlier.map(time_of),
        effect: *effect,
        vrp: vrp.to_string(),
        object: difference.uri(saying),
        digest: saying.digest,
        why: cause.label(direction),
        cause: cause.clone(),
        chain: difference.chain(saying).cloned().collect(),
    })
}

fn headline(
    terminal: Terminal,
    answer: Answer,
    explanation: &Explanation,
    prefix: Prefix,
    asn: Asn,
    run: RunName,
) -> anyhow::Result<()> {
    let verdict = match (explanation.validity, explanation.why_invalid) {
        (Validity::Valid, _) => terminal.say("유효", "valid"),
        (Validity::NotFound, _) => terminal.say("인가 없음", "not found"),
        (Validity::Invalid, Some(Invalid::TooSpecific)) => terminal.say(
            "무효: maxLength보다 긴 프리픽스",
            "invalid: longer than the maxLength",
        ),
        (Validity::Invalid, _) => terminal.say(
            "무효: 인가되지 않은 AS",
            "invalid: its network is not authorised",
        ),
    };
    terminal.line(format!(
        "{} {prefix} {asn}: {verdict} ({}, #{})",
        terminal.sign(answer),
        time_of(run.time),
        run.number
    ))?;
    Ok(())
}

fn covering(terminal: Terminal, explanation: &Explanation) -> anyhow::Result<()> {
    for covering in &explanation.covering {
        let word = match covering.authorises {
            true => terminal.say("인가함", "authorises it"),
            false => terminal.say(
                "덮지만 인가하지 않음",
                "covers it and does not authorise it",
            ),
        };
        terminal.line(format!("  {}: {word}", covering.vrp))?;
        for sayer in &covering.said_by {
            terminal.line(format!("    {}", sayer.uri))?;
            terminal.line(format!("      {}", sayer.digest))?;
            let (from, to) = (sayer.validity.not_before, sayer.validity.not_after);
            terminal.line(format!(
                "      {} {} – {}",
                terminal.say("유효 기간", "valid"),
                time_of(from),
                time_of(to)
            ))?;
            chain(terminal, &sayer.chain)?;
        }
    }
    Ok(())
}

fn chain(terminal: Terminal, chain: &[Link]) -> anyhow::Result<()> {
    for link in chain {
        terminal.line(format!("      ← {} ({})", link.certificate, link.digest))?;
    }
    if let Some(link) = chain.last() {
        let name = terminal.say("신뢰 앵커", "trust anchor");
        terminal.line(format!("      ← {name} {}", link.anchor))?;
    }
    Ok(())
}

fn told(terminal: Terminal, events: &[Event]) -> anyhow::Result<()> {
    for event in events {
        let why = event.why.get(terminal.language);
        let (time, vrp) = (&event.time, &event.vrp);
        terminal.line(match (event.effect, &event.after, terminal.language) {
            (Effect::Appeared, None, Language::Ko) => {
                format!("  {vrp}: 기록이 시작된 {time}부터 있음")
            }
            (Effect::Appeared, None, Language::En) => {
                format!("  {vrp}: there since the records began, {time}")
            }
            (Effect::Appeared, Some(_), Language::Ko) => format!("  {vrp}: {time}에 나타남: {why}"),
            (Effect::Appeared, Some(_), Language::En) => {
                format!("  {vrp}: appeared at {time}: {why}")
            }
            (_, _, Language::Ko) => format!("  {vrp}: {time}에 사라짐: {why}"),
            (_, _, Language::En) => format!("  {vrp}: vanished at {time}: {why}"),
        })?;
        terminal.line(format!("    {} ({})", event.object, event.digest))?;
        if let Some(reason) = event
            .cause
            .reason
            .as_ref()
            .filter(|it| !it.detail.is_empty())
        {
            terminal.line(format!("    {}: {}", event.cause.place, reason.detail))?;
        }
    }
    Ok(())
}

fn rejected(terminal: Terminal, suspects: &[Unbelieved]) -> anyhow::Result<()> {
    for suspect in suspects {
        let (vrp, reason) = (suspect.vrp, &suspect.reason);
        terminal.line(match terminal.language {
            Language::Ko => format!(
                "  {vrp}: 말하는 객체가 있으나 믿지 않음: {} ({})",
                reason.code, reason.detail
            ),
            Language::En => format!(
                "  {vrp}: an object says it and is not believed: {} ({})",
                reason.code, reason.detail
            ),
        })?;
        terminal.line(format!("    {} ({})", suspect.uri, suspect.digest))?;
        chain(terminal, &suspect.chain)?;
    }
    Ok(())
}
