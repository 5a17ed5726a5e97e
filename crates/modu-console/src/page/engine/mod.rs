//! The engines' pages: what each engine ran, what came out, and who may look
//! at which of its files.
//!
//! An engine's page is made from the evidence alone: the list of its runs in
//! the log, a few facts of each report, and links to its files. One file here
//! and one line of [`ENGINES`] give an engine its page. A file that an engine's
//! page does not name is shown to nobody.

mod care;
mod proof;
mod route;
mod table;
pub(crate) mod tables;
mod vuln;

use axum::http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use modu_evidence::archive::Entry;
use modu_evidence::statement::{EngineReport, Predicate};
use modu_kernel::{Artifact, Label};
use modu_programme::Person;
use modu_programme::access::{Action, reach};
use serde_json::Value;

use self::table::Teller;
use super::drawn::Drawn;
use super::layout::{field, label};
use super::report::told;
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Every engine that has a page.
const ENGINES: [EnginePage; 4] = [proof::PAGE, route::PAGE, vuln::PAGE, care::PAGE];

/// Entries of the log that are looked through for one page.
const LOOKED_THROUGH: u64 = 1_000;
/// Runs that are shown of them.
const SHOWN: usize = 50;
/// Bytes of a result that facts are read from.
const MAX_RESULT_BYTES: u64 = 4 << 20;

/// Who may look at something that came out of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// Everybody: it was released.
    ToAll,
    /// Those who may see findings.
    Inside,
    /// The agency whose need was judged: the data are its own.
    ToOwner,
    /// Nobody here: it stays with its owner, or has a link of its own.
    Never,
}

impl Open {
    /// Whether a visitor may look.
    pub(super) fn to(self, visit: &Visit) -> bool {
        match self {
            Self::ToAll => true,
            Self::Inside => reach(visit.role(), Action::SeeFindings).is_some(),
            // Whose a run is, is no matter of a role: `may_open`.
            Self::ToOwner | Self::Never => false,
        }
    }
}

/// A text in both languages, as tables hold it.
struct Words(&'static str, &'static str);

impl Words {
    fn label(&self) -> Label {
        Label::new(self.0, self.1)
    }
}

/// What an engine shows.
struct EnginePage {
    /// The engine's name, which begins its runs' names.
    name: &'static str,
    /// What it is called.
    title: Words,
    /// What it does.
    about: Words,
    /// What its runs are called, by the rest of their names.
    runs: &'static [(&'static str, Words)],
    /// Facts of a run's report: the run, a JSON pointer (RFC 6901), a name.
    facts: &'static [(&'static str, &'static str, Words)],
    /// Who may see those facts and details.
    facts_open: Open,
    /// The output that facts and details are read from; else the run's own
    /// report.
    tells: Option<&'static str>,
    /// What a page shows of a run's report beside the facts.
    details: fn(&Teller<'_>, &str, &Value) -> Markup,
    /// Who may see an output of this name.
    open: fn(&str) -> Open,
    /// Whether whoever keeps the home may make a link to an output; none where
    /// an engine has nothing of the kind.
    behind_link: Option<fn(&str) -> bool>,
}

impl EnginePage {
    /// The run that an evidence's engine is, where it is one of this engine's.
    fn verb<'r>(&self, run: &'r EngineReport) -> Option<&'r str> {
        let rest = run.engine.name.strip_prefix(self.name)?;
        rest.strip_prefix('.')
    }

    fn run_name(&self, verb: &str) -> Label {
        let mut runs = self.runs.iter();
        let found = runs.find(|(of, _)| *of == verb);
        found.map_or_else(|| Label::new(verb, verb), |(_, words)| words.label())
    }
}

/// Whether the visitor may see an output of a run.
pub(super) fn may_open(asked: &Asked<'_>, run: &EngineReport, output: &str) -> bool {
    match open(run, output) {
        Open::ToOwner => is_owner(asked, run),
        open => open.to(&asked.visit),
    }
}

/// Whether a run is the judgement of a need of the visitor's agency, on the
/// agency's own data.
pub(super) fn is_owner(asked: &Asked<'_>, run: &EngineReport) -> bool {
    let person = asked.visit.person.as_ref();
    let may = |person: &&Person| reach(person.role, Action::Demonstrate).is_some();
    let Some(person) = person.filter(may) else {
        return false;
    };
    let kept = asked.office.kept();
    let mut projects = kept.programme().projects().values();
    projects.any(|project| {
        let mut proposals = project.proposals.values();
        project.agency == person.organisation
            && proposals.any(|proposal| {
                let mut judged = proposal.judged.iter();
                judged.any(|judged| judged.report == run.result.digest)
            })
    })
}

/// Who may see an output of an engine's run.
fn open(run: &EngineReport, output: &str) -> Open {
    let mut engines = ENGINES.iter();
    let engine = engines.find(|engine| engine.verb(run).is_some());
    engine.map_or(Open::Never, |engine| (engine.open)(output))
}

/// Whether an output may be shown behind a link of its own.
pub(super) fn behind_link(run: &EngineReport, output: &str) -> bool {
    let mut engines = ENGINES.iter();
    let engine = engines.find(|engine| engine.verb(run).is_some());
    let behind_link = engine.and_then(|engine| engine.behind_link);
    behind_link.is_some_and(|behind_link| behind_link(output))
}

/// What a run is called.
pub(super) fn run_name(run: &EngineReport) -> Label {
    let mut engines = ENGINES.iter();
    let found = engines.find_map(|engine| Some(engine.run_name(engine.verb(run)?)));
    found.unwrap_or_else(|| Label::new(&*run.engine.name, &*run.engine.name))
}

/// All engines, with how many runs each has lately.
pub(crate) fn list(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let entries = lately(asked)?;
    let count = |engine: &EnginePage| {
        entries
            .iter()
            .filter(|e| run_of(engine, e).is_some())
            .count()
    };
    let title = visit.say("엔진", "Engines");
    let body = html! {
        h1 { (title) }
        p .lead { (visit.say(
            "엔진마다 한 일과 그 결과입니다. 모두 로그에 든 증거에서 나옵니다.",
            "What each engine did and what came out: all of it from evidence in the log.",
        )) }
        ul .cards { @for engine in &ENGINES { li { article .card {
            h2 { a href=(format!("/engines/{}", engine.name)) { (label(visit, &engine.title.label())) } }
            p { (label(visit, &engine.about.label())) }
            p .hint { (visit.say("최근 실행 ", "Recent runs: ")) (count(engine)) }
        } } } }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// One engine: the latest run of each kind, and all runs below. With `at`, as
/// it was then.
pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let name = asked.names.first().copied().unwrap_or_default();
    let mut engines = ENGINES.iter();
    let engine = engines.find(|engine| engine.name == name);
    let engine = engine.ok_or(ConsoleError::NotFound)?;
    let at = match asked.query.get("at") {
        "" => None,
        _ => Some(asked.query.moment("at")?),
    };
    let entries = lately(asked)?;
    let runs = entries.iter().rev();
    let runs = runs.filter_map(|entry| Some((entry, run_of(engine, entry)?)));
    let runs = runs.filter(|(_, run)| at.is_none_or(|at| run.finished <= at));
    let runs: Vec<_> = runs.take(SHOWN).collect();
    let latest = engine.runs.iter().filter_map(|(verb, _)| {
        let mut runs = runs.iter();
        runs.find(|(_, run)| engine.verb(run) == Some(verb))
    });
    let title = label(visit, &engine.title.label());
    let body = html! {
        h1 { (title) }
        p .lead { (label(visit, &engine.about.label())) }
        (as_it_was(visit, engine, at))
        @if engine.behind_link.is_some() && reach(visit.role(), Action::SeeFindings).is_some() {
            p { a href="/shown" { (visit.say("환자와 병동의 링크", "Links of patients and wards")) } }
        }
        @if runs.is_empty() {
            p { (visit.say("증거로 남은 실행이 없습니다.", "No run of it is on record.")) }
        }
        @if engine.facts_open == Open::Inside && !engine.facts_open.to(visit) && !runs.is_empty() {
            p .notice { (visit.say(
                "이 엔진의 결과 수치는 전담기관과 감사만 봅니다.",
                "The figures of this engine's runs are for the operator and the auditor.",
            )) }
        }
        @for (entry, run) in latest { (run_card(asked, engine, entry, run)) }
        @if !runs.is_empty() { (all_runs(visit, engine, &runs)) }
    };
    Ok(answer::page(StatusCode::OK, page(visit, &title, &body)))
}

/// The way back in time: the same page as it was at a moment.
fn as_it_was(visit: &Visit, engine: &EnginePage, at: Option<Timestamp>) -> Markup {
    let place = format!("/engines/{}", engine.name);
    html! {
        @if let Some(at) = at { p .notice {
            (visit.say("이때의 모습: ", "As it was at ")) (local::time(visit, at)) " "
            a href=(place) { (visit.say("지금으로", "Back to now")) }
        } }
        details { summary { (visit.say("지난 때의 모습 보기", "See it as it was")) }
            form method="get" action=(place) {
                (field("at", visit.say("이때의 모습 (한국 시간)", "As it was at (Korean time)"), None,
                    &html! { input #at name="at" type="datetime-local" required; }))
                button { (visit.say("보기", "Show")) }
            }
        }
    }
}

fn all_runs(visit: &Visit, engine: &EnginePage, runs: &[(&Entry, &EngineReport)]) -> Markup {
    html! { section {
        h2 { (visit.say("모든 실행", "All runs")) }
        div .wide tabindex="0" role="group" aria-label=(visit.say("실행", "Runs")) { table {
            thead { tr {
                th scope="col" { (visit.say("끝난 때", "Finished")) }
                th scope="col" { (visit.say("무엇", "What")) }
                th scope="col" .number { (visit.say("증거", "Evidence")) }
            } }
            tbody { @for (entry, run) in runs { tr {
                td { (local::time(visit, run.finished)) }
                td { (label(visit, &engine.run_name(engine.verb(run).unwrap_or_default()))) }
                td .number { a href=(format!("/evidence/{}", entry.index)) { (entry.index) } }
            } } }
        } }
    } }
}

fn lately(asked: &Asked<'_>) -> Result<Vec<Entry>, ConsoleError> {
    let archive = asked.office.archive()?;
    let size = archive.size();
    let entries = archive.entries(size.saturating_sub(LOOKED_THROUGH)..size);
    Ok(entries.collect::<Result<_, _>>()?)
}

fn run_of<'e>(engine: &EnginePage, entry: &'e Entry) -> Option<&'e EngineReport> {
    match &entry.statement.predicate {
        Predicate::EngineReport(run) => engine.verb(run).map(|_| run),
        _ => None,
    }
}

fn run_card(asked: &Asked<'_>, engine: &EnginePage, entry: &Entry, run: &EngineReport) -> Markup {
    let visit = &asked.visit;
    let name = engine.run_name(engine.verb(run).unwrap_or_default());
    html! {
        section { article .card {
            h2 { a href=(format!("/evidence/{}", entry.index)) { (label(visit, &name)) } }
            p .hint { (local::time(visit, run.finished)) " · " (visit.say("증거 ", "evidence ")) (entry.index) }
            (inner(asked, engine, entry.index, run))
        } }
    }
}

/// What the visitor may see of a run: its facts, details, pictures and files.
pub(super) fn shown(asked: &Asked<'_>, index: u64, run: &EngineReport) -> Markup {
    let mut engines = ENGINES.iter();
    match engines.find(|engine| engine.verb(run).is_some()) {
        Some(engine) => inner(asked, engine, index, run),
        None => html! {},
    }
}

fn inner(asked: &Asked<'_>, engine: &EnginePage, index: u64, run: &EngineReport) -> Markup {
    let visit = &asked.visit;
    let verb = engine.verb(run).unwrap_or_default();
    let report = match engine.facts_open.to(visit) {
        true => report(asked, engine, run),
        false => None,
    };
    let teller = Teller::new(visit);
    let details = report
        .as_ref()
        .map(|report| (engine.details)(&teller, verb, report));
    let tables = teller.tables();
    let files = files(asked, run);
    let place = |name: &str| format!("/evidence/{index}/released/{name}");
    html! {
        @if let Some(report) = &report {
            @let facts = facts(visit, engine, verb, report);
            @if !facts.is_empty() { dl .facts { @for (name, fact) in &facts {
                dt { (name) } dd { (fact) }
            } } }
            @if let Some(details) = &details { (details) }
            (tables::links(visit, index, &tables))
        }
        @for name in files.iter().filter(|name| name.ends_with(".svg")) {
            p { img .picture src=(place(name)) alt=(format!("{}: {name}", label(visit, &engine.run_name(verb)))); }
        }
        @for name in files.iter().filter(|name| name.ends_with(".html")) {
            @if let Some(text) = report_of(asked, run, name) {
                @let drawn = Drawn::read(&text);
                @if drawn.count() > 0 { details {
                    summary { (visit.say("보고서의 그림 ", "Pictures of the report: ")) (drawn.count()) }
                    (drawn.show(&place(name)))
                } }
            }
        }
        @if !files.is_empty() { ul .plain { @for name in &files {
            li { a href=(place(name)) { (name) } }
        } } }
    }
}

/// A report of a run that is a page; none where it is not here or too large to
/// be looked through.
pub(super) fn report_of(asked: &Asked<'_>, run: &EngineReport, name: &str) -> Option<String> {
    let mut outputs = run.outputs.iter();
    let output = outputs.find(|output| output.name == name)?;
    let small = output.artifact.size <= MAX_RESULT_BYTES;
    let store = asked.office.store();
    let bytes = small.then(|| store.read(output.artifact.digest, MAX_RESULT_BYTES));
    String::from_utf8(bytes?.ok()?).ok()
}

/// The files of a run that the visitor may look at, without those in the
/// other language.
pub(super) fn files<'r>(asked: &Asked<'_>, run: &'r EngineReport) -> Vec<&'r str> {
    let other = match asked.visit.language {
        modu_kernel::Language::Ko => ".en.",
        modu_kernel::Language::En => ".ko.",
    };
    let names = run.outputs.iter().map(|output| output.name.as_str());
    names
        .filter(|name| !name.contains(other) && may_open(asked, run, name))
        .collect()
}

/// What facts and details are read from; none where it cannot be read, for
/// the page is of the log and the report may lie elsewhere.
fn report(asked: &Asked<'_>, engine: &EnginePage, run: &EngineReport) -> Option<Value> {
    let read = |artifact: Artifact| {
        let small = artifact.size <= MAX_RESULT_BYTES;
        let bytes = small.then(|| asked.office.store().read(artifact.digest, MAX_RESULT_BYTES));
        serde_json::from_slice::<Value>(&bytes?.ok()?).ok()
    };
    match engine.tells {
        Some(name) => {
            let mut outputs = run.outputs.iter();
            read(outputs.find(|output| output.name == name)?.artifact)
        }
        None => read(run.result)?.get_mut("report").map(Value::take),
    }
}

fn facts(visit: &Visit, engine: &EnginePage, verb: &str, report: &Value) -> Vec<(String, String)> {
    let wanted = engine.facts.iter().filter(|(of, ..)| *of == verb);
    wanted
        .filter_map(|(_, pointer, words)| {
            let fact = told(visit, report.pointer(pointer)?)?;
            Some((label(visit, &words.label()), fact))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owners_report_is_open_to_no_role() {
        for name in ["owner.ko.html", "owner.en.html"] {
            assert_eq!((proof::PAGE.open)(name), Open::ToOwner);
        }
        assert!(!Open::ToOwner.to(&Visit::nobody("/")));
    }

    #[test]
    fn what_is_of_one_patient_or_not_named_is_open_to_nobody() {
        for engine in &ENGINES {
            for name in ["patient.html", "queue.ko.html", "scores.csv", "x"] {
                assert_eq!((engine.open)(name), Open::Never, "{} {name}", engine.name);
            }
        }
    }

    #[test]
    fn every_engine_and_run_has_a_name_of_its_own() {
        for (place, engine) in ENGINES.iter().enumerate() {
            let before = ENGINES[..place].iter();
            assert!(before.clone().all(|other| other.name != engine.name));
            for (of, pointer, _) in engine.facts {
                assert!(pointer.starts_with('/'), "{pointer}");
                assert!(engine.runs.iter().any(|(verb, _)| verb == of), "{of}");
            }
        }
    }
}
