//! An agency's data: where they are, what has left them, and how much of what
//! they may answer is spent.
//!
//! Data never pass through here. What the page tells is read from evidence:
//! the runs on the data in the log, and the report that each of them released.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_evidence::archive::Entry;
use modu_evidence::statement::{EngineReport, InputContent, Predicate};
use modu_kernel::Digest;
use modu_programme::access::{Action, Reach, reach};
use modu_programme::job::{Dataset, DatasetId, JobState, MAX_LISTED, Node, Work};
use serde_json::Value;

use super::report::{count, list as items, words};
use super::{engine, local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

/// Entries of the log that are looked through for runs on data.
const LOOKED_THROUGH: u64 = 1_000;
/// Bytes of a released report that is read.
const MAX_RELEASED_BYTES: u64 = 4 << 20;
/// A share of the budget from which the page warns.
const NEARLY: f64 = 0.8;

/// A run on data, of which something was released.
struct Release {
    entry: Entry,
    run: EngineReport,
}

/// Runs of the log and of jobs, read once for a page.
struct Known {
    releases: Vec<Release>,
    /// The data of a job, and where the log has what came of it.
    of_jobs: Vec<(DatasetId, u64)>,
}

impl Known {
    fn read(asked: &Asked<'_>) -> Result<Self, ConsoleError> {
        let archive = asked.office.archive()?;
        let jobs = asked.office.jobs().queue().list(None, None, MAX_LISTED)?;
        let done = jobs.iter().filter(|job| job.state == JobState::Done);
        let of_jobs: Vec<_> = done
            .filter_map(|job| {
                let Work::Demonstrate(demonstrate) = &job.work;
                let answer: Value = serde_json::from_str(job.answer.as_deref()?).ok()?;
                let run = answer.get("run")?.as_str()?.parse().ok()?;
                Some((demonstrate.dataset.id, run))
            })
            .collect();
        let size = archive.size();
        let lately = size.saturating_sub(LOOKED_THROUGH)..size;
        let older = of_jobs.iter().map(|(_, run)| *run);
        let older: BTreeSet<u64> = older.filter(|run| *run < lately.start).collect();
        let mut releases = Vec::new();
        let older = older.into_iter().map(|index| archive.get(index));
        for entry in older.chain(archive.entries(lately)) {
            let entry = entry?;
            if let Predicate::EngineReport(run) = &entry.statement.predicate
                && run.outputs.iter().any(|it| it.name == "released.json")
            {
                let run = run.clone();
                releases.push(Release { entry, run });
            }
        }
        Ok(Self { releases, of_jobs })
    }

    /// What was released of data, the newest first.
    fn of(&self, dataset: &Dataset) -> Vec<&Release> {
        let of_job = |index: u64| {
            let mut jobs = self.of_jobs.iter();
            jobs.any(|(of, run)| *of == dataset.id && *run == index)
        };
        // A run of a job tells by what commitment its data are known.
        let by_jobs = self.releases.iter().filter(|it| of_job(it.entry.index));
        let mut names: BTreeSet<Digest> = by_jobs.filter_map(|it| named(&it.run)).collect();
        names.extend(dataset.commitment);
        names.extend(dataset.digest.filter(|_| dataset.is_public));
        let is_on = |it: &&Release| {
            of_job(it.entry.index) || named(&it.run).is_some_and(|name| names.contains(&name))
        };
        let mut found: Vec<_> = self.releases.iter().filter(is_on).collect();
        found.reverse();
        found
    }
}

/// What stands for the data of a run: their digest, or a commitment to it.
fn named(run: &EngineReport) -> Option<Digest> {
    match run.input("dataset").map(|input| input.content) {
        Some(InputContent::Artifact(artifact)) => Some(artifact.digest),
        Some(InputContent::Commitment(commitment)) => Some(commitment.digest()),
        // What came from a node names its data in what was asked.
        None => run.request.get("dataset")?.as_str()?.parse().ok(),
    }
}

/// The report that a run released.
fn released(asked: &Asked<'_>, release: &Release) -> Option<Value> {
    let mut outputs = release.run.outputs.iter();
    let output = outputs.find(|output| output.name == "released.json")?;
    let store = asked.office.store();
    let bytes = store.read(output.artifact.digest, MAX_RELEASED_BYTES);
    serde_json::from_slice(&bytes.ok()?).ok()
}

/// The data that a visitor may know of.
fn shown_to(asked: &Asked<'_>) -> Result<Vec<Dataset>, ConsoleError> {
    let person = asked.visit.signed_in()?;
    let materials = asked.office.jobs().materials();
    match reach(person.role, Action::SeeData) {
        Some(Reach::All) => Ok(materials.all_datasets()?),
        Some(Reach::Own) => Ok(materials.datasets(person.organisation)?),
        None => Err(ConsoleError::NotFound),
    }
}

/// All data that the visitor may know of.
pub(crate) fn list(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let datasets = shown_to(asked)?;
    let known = Known::read(asked)?;
    let title = visit.say("데이터", "Data");
    let body = html! {
        h1 { (title) }
        p .lead { (visit.say(
            "기관의 데이터가 어디 있고 무엇이 나갔는지 보여 줍니다. 데이터 자체는 여기 나오지 않습니다.",
            "Where an agency's data are and what has left them. The data themselves are not shown here.",
        )) }
        p { a href="/nodes" { (visit.say("데이터 옆의 노드", "Nodes beside the data")) } }
        @if datasets.is_empty() {
            p { (visit.say("데이터가 없습니다.", "There are no data.")) }
        } @else {
            div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
                thead { tr {
                    th scope="col" { (visit.say("이름", "Name")) }
                    th scope="col" { (visit.say("기관", "Agency")) }
                    th scope="col" { (visit.say("어디", "Where")) }
                    th scope="col" .number { (visit.say("나간 것", "Releases")) }
                    th scope="col" .number { (visit.say("쓴 한도", "Budget spent")) }
                } }
                tbody { @for dataset in &datasets { (row(asked, &known, dataset)?) } }
            } }
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn row(asked: &Asked<'_>, known: &Known, dataset: &Dataset) -> Result<Markup, ConsoleError> {
    let releases = known.of(dataset);
    let newest = releases.first().and_then(|newest| released(asked, newest));
    let budget = newest.as_ref().and_then(|report| report.get("budget"));
    Ok(html! { tr {
        th scope="row" { a href=(format!("/data/{}", dataset.id.0)) { (dataset.name.as_str()) } }
        td { (agency(asked, dataset)) }
        td { (place(asked, dataset)?) }
        td .number { (local::whole(releases.len() as u64)) }
        td .number { @match budget {
            Some(budget) => { (local::whole(count(budget, "spent"))) " / " (local::whole(count(budget, "limit"))) },
            None => "–",
        } }
    } })
}

fn agency(asked: &Asked<'_>, dataset: &Dataset) -> String {
    let kept = asked.office.kept();
    let found = kept.programme().organisations().get(&dataset.organisation);
    found.map_or_else(String::new, |it| it.name.as_str().to_owned())
}

fn node_of(asked: &Asked<'_>, dataset: &Dataset) -> Result<Option<Node>, ConsoleError> {
    match dataset.node {
        None => Ok(None),
        Some(node) => Ok(asked.office.jobs().nodes().get(node)?),
    }
}

fn place(asked: &Asked<'_>, dataset: &Dataset) -> Result<Markup, ConsoleError> {
    let visit = &asked.visit;
    Ok(match node_of(asked, dataset)? {
        None => html! { (visit.say("이 서버", "This server")) },
        Some(node) => html! {
            a href="/nodes" { (visit.say("노드 ", "Node ")) (node.id.0) ", " (node.name.as_str()) }
            @if let Some(gone) = absent(dataset, &node) {
                br; span .verdict .open { span aria-hidden="true" { "– " } (visit.say("이제 없음", "No longer there")) }
                " " (local::time(visit, gone))
            }
        },
    })
}

/// Since when data cannot be reached any more: their node no longer has them,
/// or was shut out.
fn absent(dataset: &Dataset, node: &Node) -> Option<jiff::Timestamp> {
    dataset.gone.or(node.ended)
}

/// One data set.
pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let id: DatasetId = asked.number(0)?;
    let datasets = shown_to(asked)?;
    let dataset = datasets.iter().find(|dataset| dataset.id == id);
    let dataset = dataset.ok_or(ConsoleError::NotFound)?;
    let known = Known::read(asked)?;
    let releases = known.of(dataset);
    let newest = releases.first().and_then(|newest| released(asked, newest));
    let title = dataset.name.as_str();
    let body = html! {
        p .hint { a href="/data" { (visit.say("데이터", "Data")) } }
        h1 { (title) }
        @if dataset.gone.is_some() { p .notice role="status" { (visit.say(
            "노드에서 거두어진 데이터입니다. 이것으로 더 실증할 수 없고, 앞서 나간 것은 아래에 그대로 있습니다.",
            "These data were withdrawn at their node: nothing more is demonstrated on them, and what left before is still told below.",
        )) } }
        section {
            h2 { (visit.say("어디 있는가", "Where they are")) }
            (facts(asked, dataset, newest.as_ref())?)
        }
        section {
            h2 { (visit.say("무엇이 나갔는가", "What has left them")) }
            (left(asked, dataset, &releases))
        }
        section {
            h2 { (visit.say("답한 횟수와 한도", "How often they have answered, and may")) }
            (budget(asked, newest.as_ref()))
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn facts(
    asked: &Asked<'_>,
    dataset: &Dataset,
    newest: Option<&Value>,
) -> Result<Markup, ConsoleError> {
    let visit = &asked.visit;
    let rows = newest.map_or(0, |report| count(report, "rows_about"));
    let own = visit.person.as_ref().map(|it| it.organisation) == Some(dataset.organisation);
    let node = node_of(asked, dataset)?;
    Ok(html! { dl .facts {
        dt { (visit.say("기관", "Agency")) } dd { (agency(asked, dataset)) }
        dt { (visit.say("둔 곳", "Place")) } dd { (place(asked, dataset)?) }
        @if let Some(seen) = node.as_ref().and_then(|node| node.seen) {
            dt { (visit.say("노드의 마지막 소식", "Node last heard of")) } dd { (local::time(visit, seen)) }
        }
        @if dataset.node.is_none() {
            dt { (visit.say("크기", "Size")) } dd { (local::bytes(dataset.size)) }
        }
        dt { (visit.say("행", "Rows")) }
        dd { @match rows {
            0 => (visit.say("아직 알려지지 않았습니다", "not told yet")),
            rows => {
                (visit.say("약 ", "about ")) (local::whole(rows))
                (visit.say(" (공개 보고서에 따라)", " (by the released report)"))
            },
        } }
        @if let Some(digest) = dataset.digest.filter(|_| dataset.is_public || own) {
            dt { (visit.say("지문", "Digest")) } dd { code { (digest) } }
        }
        @if let Some(commitment) = dataset.commitment {
            dt { (visit.say("약속값", "Commitment")) }
            dd { code { (commitment) } " "
                (visit.say("소금을 친 지문: 데이터를 짐작해도 맞추어 볼 수 없습니다.", "a salted digest: a guess of the data cannot be checked against it.")) }
        }
        dt { (visit.say("누가 알 수 있는가", "Who may know them")) }
        dd { @match dataset.is_public {
            true => (visit.say("이미 공개된 데이터", "they are public anyway")),
            false => (visit.say("기관만", "the agency alone")),
        } }
    } })
}

fn left(asked: &Asked<'_>, dataset: &Dataset, releases: &[&Release]) -> Markup {
    let visit = &asked.visit;
    html! {
        p { @match (dataset.node.is_some(), releases.is_empty()) {
            (_, true) => (visit.say("아무것도 나가지 않았습니다.", "Nothing has left them.")),
            (true, false) => (visit.say(
                "노드가 서명한 증거와 아래 공개 보고서만 나갔습니다. 행은 이 서버에 온 적이 없습니다.",
                "Only evidence that the node signed and the released reports below have left it. No row ever came to this server.",
            )),
            (false, false) => (visit.say(
                "아래 공개 보고서와 그 증거만 나갔습니다.",
                "Only the released reports below and their evidence have left.",
            )),
        } }
        @if !releases.is_empty() {
            div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
                thead { tr {
                    th scope="col" { (visit.say("때", "When")) }
                    th scope="col" { (visit.say("무엇", "What")) }
                    th scope="col" { (visit.say("공개된 파일", "Released files")) }
                    th scope="col" { (visit.say("증거", "Evidence")) }
                } }
                tbody { @for release in releases { (released_row(asked, release)) } }
            } }
        }
    }
}

fn released_row(asked: &Asked<'_>, release: &Release) -> Markup {
    let visit = &asked.visit;
    let index = release.entry.index;
    let name = super::layout::label(visit, &engine::run_name(&release.run));
    let files = engine::files(asked, &release.run);
    html! { tr {
        th scope="row" { (local::time(visit, release.entry.integrated_time)) }
        td { (name) }
        td { @for (place, file) in files.iter().enumerate() {
            @if place > 0 { ", " }
            a href=(format!("/evidence/{index}/released/{file}")) { (file) }
        } }
        td { a href=(format!("/evidence/{index}")) { (visit.say("증거 ", "Evidence ")) (index) } }
    } }
}

/// What was spent, as the newest release says.
fn budget(asked: &Asked<'_>, newest: Option<&Value>) -> Markup {
    let visit = &asked.visit;
    let Some(budget) = newest.and_then(|report| report.get("budget")) else {
        return html! { p { (visit.say(
            "아직 답한 적이 없습니다. 한도는 수요의 [release]가 정합니다.",
            "They have not answered yet. The need's [release] sets how often they may.",
        )) } };
    };
    let (spent, limit) = (count(budget, "spent"), count(budget, "limit"));
    let nearly = limit > 0 && spent as f64 >= limit as f64 * NEARLY;
    html! {
        p { (visit.say(
            "같은 데이터가 거듭 답하면 답에 맞춘 솔루션이 나오고, 그 답은 증거가 되지 못합니다. 그래서 제출 횟수에 한도가 있습니다.",
            "Data that answer again and again are fitted to, and their answers are no evidence any more: so submissions have a limit.",
        )) }
        @if spent >= limit {
            p .notice .danger role="status" { (visit.say("한도를 다 썼습니다. 새로 모은 데이터로 실증하십시오.", "The budget is spent: demonstrate on newly collected data.")) }
        } @else if nearly {
            p .notice role="status" { (visit.say("한도가 얼마 남지 않았습니다.", "Little of the budget is left.")) }
        }
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" { (visit.say("공급자", "Supplier")) }
                th scope="col" .number { (visit.say("제출", "Submitted")) }
                th scope="col" .number { (visit.say("한도", "Limit")) }
            } }
            tbody {
                @for supplier in items(budget, "suppliers") { tr {
                    th scope="row" { (words(visit, supplier, "supplier")) }
                    td .number { (local::whole(count(supplier, "spent"))) }
                    td .number { (local::whole(count(supplier, "limit"))) }
                } }
                tr {
                    th scope="row" { (visit.say("모든 공급자", "All suppliers")) }
                    td .number { (local::whole(spent)) }
                    td .number { (local::whole(limit)) }
                }
            }
        } }
        p .hint { (visit.say("가장 새 공개 보고서에 따라.", "By the newest released report.")) }
    }
}
