//! A demonstration that is asked for, at work, or over.
//!
//! The page tells how far it is each time it is loaded; where script runs, a
//! few lines of ours show what [`super::live`] sends while the job goes on.

use maud::{Markup, html};
use modu_programme::job::{
    AskedDemonstration, DatasetId, Job, JobId, JobState, Line, MAX_LISTED, Urgency,
};
use modu_programme::{Office, ProjectId};

use super::layout::{form, label};
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Lines of the log that are shown.
const SHOWN: usize = 1_000;

/// The few lines of script.
const LIVE: &str = include_str!("live.js");

pub(crate) fn script(_asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    Ok(answer::script(LIVE))
}

/// Asks for a demonstration: an agency, of its own project, on its own data.
pub(crate) fn ask(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let project: ProjectId = asked.number(0)?;
    let person = asked.visit.signed_in()?.id;
    let wrong = |_| ConsoleError::field("choice", "expected numbers");
    let proposals = asked.form.all("proposal");
    let wanted = AskedDemonstration {
        project,
        proposals: proposals
            .map(|text| text.parse().map_err(wrong))
            .collect::<Result<_, _>>()?,
        dataset: asked.form.number::<DatasetId>("dataset")?,
        urgency: Urgency::default(),
        // A form that is sent twice asks once.
        key: Some(asked.form.get("once").to_owned()).filter(|key| !key.is_empty()),
    };
    let job = asked.office.demonstrate(person, &wanted)?;
    Ok(answer::redirect(&format!("/jobs/{job}"), &[]))
}

/// The job, for those who may see the proposals of its project, and of their
/// own ones each supplier: what goes wrong with a rival's model is not told.
pub(super) fn find(office: &Office, visit: &Visit, id: JobId) -> Result<Job, ConsoleError> {
    let job = office.jobs().queue().get(id)?;
    let job = job.ok_or(ConsoleError::NotFound)?;
    match office.kept().programme().may_see_job(visit.id(), &job) {
        true => Ok(job),
        false => Err(ConsoleError::NotFound),
    }
}

/// What a worker says in Korean and English with a line between, in the
/// visitor's language; anything else as it is.
pub(super) fn either<'t>(visit: &Visit, text: &'t str) -> &'t str {
    match text.split_once(" | ") {
        Some((ko, en)) => visit.language.pick(ko, en),
        None => text,
    }
}

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    visit.signed_in()?;
    let job = find(asked.office, visit, asked.number(0)?)?;
    let title = visit.say("실증 실행", "Demonstration");
    let own = visit.person.as_ref().map(|person| person.organisation) == Some(job.organisation);
    let goes_on = !job.state.is_over();
    let lines = asked.office.jobs().queue().lines(job.id, 0, SHOWN)?;
    let body = html! {
        p .hint { a href=(format!("/projects/{}", job.project)) { (visit.say("사업으로", "To the project")) } }
        h1 { (title) " " (job.id) }
        (live(visit, &job))
        @if goes_on {
            p .hint { a href=(format!("/jobs/{}", job.id)) { (visit.say("새로 보기", "Look again")) } }
            @if own { (form(visit, &format!("/jobs/{}/cancel", job.id), &html! {
                button .quiet { (visit.say("그만두기", "Call it off")) }
            })) }
            script src="/live.js" defer {}
        }
        (log(visit, &lines))
    };
    Ok(answer::page_with_script(page(visit, title, &body)))
}

/// The part of the page that changes while the job goes on.
pub(super) fn live(visit: &Visit, job: &Job) -> Markup {
    let goes_on = !job.state.is_over();
    html! {
        div #live role="status" data-goes-on[goes_on] {
            p { span .badge { (label(visit, &job.state.label())) } }
            @if let (true, Some(reached)) = (goes_on, &job.reached) {
                p {
                    label for="progress" { (either(visit, &reached.stage)) } " "
                    @if reached.total > 0 {
                        progress #progress max=(reached.total) value=(reached.done) {}
                        " " (local::whole(reached.done)) " / " (local::whole(reached.total))
                    } @else {
                        progress #progress {}
                    }
                }
            }
            (times(visit, job))
            @if let Some(problem) = &job.problem { p .notice .danger { (either(visit, problem)) } }
            @if job.state == JobState::Done {
                p { a href=(format!("/projects/{}", job.project)) { (visit.say("판정과 증거 보기", "See the verdict and its evidence")) } }
            }
        }
    }
}

/// What happened to it, until the page was loaded.
fn log(visit: &Visit, lines: &[Line]) -> Markup {
    html! { @if !lines.is_empty() { section {
        h2 { (visit.say("있었던 일", "What happened")) }
        ol .plain { @for line in lines { li {
            (local::exact_time(visit, line.at)) " · " (label(visit, &line.what.label()))
            @if let Some(text) = &line.text { ": " (either(visit, text)) }
        } } }
    } } }
}

fn times(visit: &Visit, job: &Job) -> Markup {
    html! { dl .facts {
        dt { (visit.say("청한 때", "Asked for")) } dd { (local::exact_time(visit, job.submitted)) }
        @if let Some(started) = job.started {
            dt { (visit.say("시작", "Begun")) } dd { (local::exact_time(visit, started)) }
        }
        @if let Some(ended) = job.ended {
            dt { (visit.say("끝", "Ended")) } dd { (local::exact_time(visit, ended)) }
        }
        @if job.takings > 1 {
            dt { (visit.say("다시 시작한 횟수", "Begun anew")) } dd { (job.takings - 1) }
        }
    } }
}

pub(crate) fn cancel(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let job = find(asked.office, &asked.visit, asked.number(0)?)?;
    asked.office.cancel_job(person, job.id)?;
    Ok(answer::redirect(&format!("/jobs/{}", job.id), &[]))
}

/// A project's jobs, newest first, for its page.
pub(super) fn of_project(asked: &Asked<'_>, project: ProjectId) -> Result<Markup, ConsoleError> {
    let visit = &asked.visit;
    let queue = asked.office.jobs().queue();
    let jobs = queue.list(Some(project), None, MAX_LISTED.min(20))?;
    Ok(html! { @if !jobs.is_empty() { section {
        h2 { (visit.say("실행", "Runs")) }
        ul .plain { @for job in &jobs { li {
            a href=(format!("/jobs/{}", job.id)) { (visit.say("실증 실행 ", "Demonstration ")) (job.id) }
            " " span .badge { (label(visit, &job.state.label())) } " "
            (local::time(visit, job.submitted))
        } } }
    } } })
}
