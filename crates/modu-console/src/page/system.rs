//! How the server does, for those who run it: whether what it needs can be
//! reached, jobs and workers, the log and its witness, room that is left.

use std::path::Path;

use axum::http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use modu_evidence::archive::Archive;
use modu_evidence::log::Checkpoint;
use modu_programme::Room;
use modu_programme::access::{Action, reach};
use modu_programme::job::Tally;
use modu_programme::store::History as _;

use super::layout::label;
use super::{job, local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Files of the evidence that are counted; past that it is "at least".
const MAX_FILES: usize = 20_000;
/// Share of a disk below which the page warns.
const LITTLE_ROOM: f64 = 0.1;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    reach(person.role, Action::SeeSystem).ok_or(ConsoleError::NotFound)?;
    let tally = asked.office.jobs().queue().tally()?;
    let archive = asked.office.archive()?;
    let title = visit.say("시스템 상태", "System health");
    let body = html! {
        h1 { (title) }
        p .hint { (visit.say("본 때 ", "As of ")) (local::time(visit, asked.office.now()))
            " · " a href="/metrics" { (visit.say("수치 (Prometheus)", "Metrics (Prometheus)")) } }
        (parts(asked))
        (jobs(asked, &tally))
        (log(visit, &archive)?)
        (room(asked, &archive)?)
        (requests(asked))
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// What the server cannot do without.
fn parts(asked: &Asked<'_>) -> Markup {
    let visit = &asked.visit;
    let history = asked.office.kept().history().last().is_ok();
    let accounts = asked.office.accounts().is_empty().is_ok();
    let evidence = asked.office.archive().is_ok();
    let state = |good: bool| match good {
        true => {
            html! { span .verdict .good { span aria-hidden="true" { "✓ " } (visit.say("됨", "reached")) } }
        }
        false => {
            html! { span .verdict .bad { span aria-hidden="true" { "✗ " } (visit.say("안 됨", "not reached")) } }
        }
    };
    html! { section {
        h2 { (visit.say("필요한 것", "What it needs")) }
        dl .facts {
            dt { (visit.say("이력", "History")) } dd { (state(history)) }
            dt { (visit.say("계정", "Accounts")) } dd { (state(accounts)) }
            dt { (visit.say("증거", "Evidence")) } dd { (state(evidence)) }
        }
    } }
}

fn jobs(asked: &Asked<'_>, tally: &Tally) -> Markup {
    let visit = &asked.visit;
    let now = asked.office.now();
    let since = |at: Timestamp| local::span(visit.language, now.duration_since(at));
    html! { section {
        h2 { (visit.say("실행", "Jobs")) }
        dl .counts { @for (state, count) in &tally.by_state {
            div { dt { (label(visit, &state.label())) } dd { (local::whole(*count)) } }
        } }
        @if let Some(due) = tally.waits_since.filter(|due| *due < now) {
            p { (visit.say("가장 오래 기다린 실행: ", "The longest wait: ")) (since(due)) }
        }
        @if !tally.at_work.is_empty() {
            div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
                caption { (visit.say("일하는 작업자", "Workers at work")) }
                thead { tr {
                    th scope="col" { (visit.say("작업자", "Worker")) }
                    th scope="col" { (visit.say("실행", "Job")) }
                    th scope="col" { (visit.say("어디까지", "How far")) }
                    th scope="col" { (visit.say("얼마나", "For")) }
                } }
                tbody { @for job in &tally.at_work { tr {
                    th scope="row" { (job.worker.as_deref().unwrap_or("–")) }
                    td { a href=(format!("/jobs/{}", job.id)) { (job.id) } }
                    td { @if let Some(reached) = &job.reached { (job::either(visit, &reached.stage))
                        @if reached.total > 0 { " " (local::whole(reached.done)) " / " (local::whole(reached.total)) } } }
                    td { @if let Some(started) = job.started { (since(started)) } }
                } } }
            } }
        }
    } }
}

fn log(visit: &Visit, archive: &Archive) -> Result<Markup, ConsoleError> {
    let size = archive.size();
    let last = match size.checked_sub(1) {
        Some(index) => Some(archive.get(index)?.integrated_time),
        None => None,
    };
    let (witnessed, when) = match archive.cosigned()? {
        None => (0, None),
        Some(note) => {
            let origin = &archive.checkpoint().origin;
            let others = note.signatures().iter();
            let others = others.filter(|line| line.name().as_str() != origin.to_string());
            // A cosignature begins with its time (C2SP tlog-cosignature).
            let times = others.filter_map(|line| line.signature().first_chunk::<8>());
            let last = times.map(|time| u64::from_be_bytes(*time)).max();
            let last = last.and_then(|seconds| i64::try_from(seconds).ok());
            let at = last.and_then(|seconds| Timestamp::from_second(seconds).ok());
            (Checkpoint::parse(note.text())?.size, at)
        }
    };
    Ok(html! { section {
        h2 { (visit.say("증거 로그", "Evidence log")) }
        dl .facts {
            dt { (visit.say("항목", "Entries")) } dd { (local::whole(size)) }
            @if let Some(last) = last {
                dt { (visit.say("마지막 항목", "Last entry")) } dd { (local::time(visit, last)) }
            }
            dt { (visit.say("마지막 증인", "Last witness")) }
            dd { @if witnessed == 0 {
                (visit.say("없음: 로그 주인은 로그를 다시 쓸 수 있습니다", "None: the log's owner could rewrite it"))
            } @else {
                @if let Some(when) = when { (local::time(visit, when)) " · " }
                (visit.say("항목 ", "entries up to ")) (local::whole(witnessed)) (visit.say("개까지", ""))
                @if witnessed < size {
                    " (" (local::whole(size - witnessed)) (visit.say("개는 아직)", " not yet)"))
                }
            } }
        }
    } })
}

fn room(asked: &Asked<'_>, archive: &Archive) -> Result<Markup, ConsoleError> {
    let visit = &asked.visit;
    let (kind, database) = asked.office.jobs().queue().room()?;
    let (bytes, all) = taken(archive.folder());
    let disk = Room::of(archive.folder());
    Ok(html! { section {
        h2 { (visit.say("자리", "Room")) }
        dl .facts {
            dt { (visit.say("이력 데이터베이스", "Database of the history")) } dd { (kind) ", " (local::bytes(database)) }
            dt { (visit.say("증거 로그", "Evidence log")) }
            dd { @if !all { (visit.say("적어도 ", "at least ")) } (local::bytes(bytes)) }
            dt { (visit.say("저장소", "Store")) } dd { code { (asked.office.store().place()) } }
            @if let Some(Room { free, whole }) = disk {
                dt { (visit.say("디스크에 남은 자리", "Free on the disk")) }
                dd { (local::bytes(free)) " / " (local::bytes(whole)) }
            }
        }
        @if let Some(disk) = disk {
            @if disk.is_for_the_programme() {
                p .notice .danger role="alert" { (visit.say(
                    "디스크에 남은 자리는 사업 자체를 위해 남겨 둡니다. 기관이 보내는 실행 기록은 받지 않습니다. 이미 받은 것은 잃지 않습니다.",
                    "What is left of the disk is kept for the programme itself: runs of members are not put on record. What was taken is not lost.",
                )) }
            } @else if (disk.free as f64) < disk.whole as f64 * LITTLE_ROOM {
                p .notice .danger role="alert" { (visit.say(
                    "디스크가 거의 찼습니다. 차면 새 일은 거절되지만, 이미 받은 것은 잃지 않습니다.",
                    "The disk is nearly full. When it is, new work is refused; what was taken is not lost.",
                )) }
            }
        }
    } })
}

/// Bytes of the files below a folder, and whether all were counted.
fn taken(folder: &Path) -> (u64, bool) {
    let (mut bytes, mut files) = (0_u64, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else {
                continue;
            };
            if about.is_dir() {
                folders.push(entry.path());
                continue;
            }
            files += 1;
            if files > MAX_FILES {
                return (bytes, false);
            }
            bytes = bytes.saturating_add(about.len());
        }
    }
    (bytes, true)
}

fn requests(asked: &Asked<'_>) -> Markup {
    let visit = &asked.visit;
    let read = asked.meter.read();
    let class = |index: usize| local::whole(read.answers.get(index).copied().unwrap_or(0));
    html! { section {
        h2 { (visit.say("요청 (이 서버가 켜진 뒤로)", "Requests (since this server started)")) }
        dl .facts {
            dt { (visit.say("답함", "Answered")) } dd { (class(2)) }
            dt { (visit.say("다른 곳으로 보냄", "Sent elsewhere")) } dd { (class(3)) }
            dt { (visit.say("거절함", "Refused")) } dd { (class(4)) }
            dt { (visit.say("못함", "Failed")) } dd { (class(5)) }
            dt { (visit.say("붐벼서 돌려보냄", "Turned away under load")) } dd { (local::whole(read.shed)) }
            @if let Some(within) = read.most_within {
                dt { (visit.say("백에 아흔아홉은", "99 of 100 within")) }
                dd { (local::decimal(within.as_secs_f64() * 1e3, 0)) " ms" (visit.say(" 안", "")) }
            }
        }
    } }
}
