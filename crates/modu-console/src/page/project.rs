//! A project: where it stands, who proposes, what was proven, and how it came
//! to that.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_kernel::Language;
use modu_programme::access::{Action, reach};
use modu_programme::project::{Phase, Project, Proposal, Verdict};
use modu_programme::store::{History as _, MAX_PAGE};
use modu_programme::{Programme, ProjectId};

use super::layout::label;
use super::{history, job, local, page, steps, timeline};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let id: ProjectId = asked.number(0)?;
    let mut kept = asked.office.kept();
    kept.catch_up()?;
    let told = kept.history().about(id, MAX_PAGE)?;
    let programme = kept.programme();
    let project = programme
        .projects()
        .get(&id)
        .ok_or(ConsoleError::NotFound)?;
    let runs = match programme.may_see(visit.id(), project, Action::SeeProposals) {
        true => job::of_project(asked, id)?,
        false => html! {},
    };
    let title = project.title.as_str();
    let agency = programme.organisations().get(&project.agency);
    let body = html! {
        p .hint { (agency.map_or("", |agency| agency.name.as_str())) }
        h1 { (title) }
        (phases(visit, project.phase))
        @if !project.description.as_str().is_empty() {
            div .prose { @for line in project.description.as_str().lines() { p { (line) } } }
        }
        @if let Some(need) = project.need {
            p .hint { (visit.say("기준", "Criteria")) ": " code { (need) } }
        }
        (steps::forms(asked, programme, project))
        (results(visit, programme, project))
        (runs)
        (proposals(asked, programme, project))
        section {
            h2 { (visit.say("경과", "How it went")) }
            (timeline::picture(visit, &told, asked.office.now()))
            ol .timeline {
                @for entry in told.iter().filter(|entry| history::is_open(asked, programme, project, entry)) {
                    li {
                        (local::time(visit, entry.at)) " "
                        (history::sentence(visit, programme, entry, false))
                    }
                }
            }
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// The way of a project, with where it is.
fn phases(visit: &Visit, now: Phase) -> Markup {
    html! {
        ol .phases aria-label=(visit.say("단계", "Phases")) {
            @for phase in Phase::ALL {
                @if phase == now {
                    li .now aria-current="step" { (label(visit, &phase.label())) }
                } @else {
                    li .past[phase < now] { (label(visit, &phase.label())) }
                }
            }
        }
    }
}

/// What the gate said: everybody may see it.
fn results(visit: &Visit, programme: &Programme, project: &Project) -> Markup {
    let judged = || {
        project
            .proposals
            .values()
            .filter(|proposal| !proposal.judged.is_empty())
    };
    html! {
        @if judged().next().is_some() {
            section {
                h2 { (visit.say("실증 결과", "Results")) }
                div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
                    thead { tr {
                        th scope="col" { (visit.say("솔루션", "Solution")) }
                        th scope="col" { (visit.say("공급기업", "Supplier")) }
                        th scope="col" { (visit.say("판정", "Verdict")) }
                        th scope="col" { (visit.say("도입 기관", "In use at")) }
                        th scope="col" { (visit.say("증거", "Evidence")) }
                    } }
                    tbody { @for proposal in judged() { (result(visit, programme, proposal)) } }
                } }
                p { a href=(format!("/projects/{}/results", project.id)) { (visit.say("솔루션 비교: 기준마다 추정과 한계", "Compare the solutions: estimates and limits by criterion")) } }
            }
        }
    }
}

fn result(visit: &Visit, programme: &Programme, proposal: &Proposal) -> Markup {
    let name = |id| {
        let organisation = programme.organisations().get(id);
        organisation.map_or("", |organisation| organisation.name.as_str())
    };
    let Some(last) = proposal.judged.last() else {
        return html! {};
    };
    let users: Vec<_> = proposal.users.iter().map(name).collect();
    html! {
        tr {
            th scope="row" { (proposal.title.as_str()) }
            td { (name(&proposal.supplier)) }
            td { (verdict(visit, last.verdict)) }
            td { @if users.is_empty() { "–" } @else { (users.join(", ")) } }
            td {
                @for judged in &proposal.judged {
                    a href=(format!("/evidence/{}", judged.evidence)) {
                        (visit.say("증거 ", "entry ")) (judged.evidence)
                    }
                    " "
                }
            }
        }
    }
}

/// A verdict of the gate, told by sign, colour and words.
pub(super) fn verdict(visit: &Visit, verdict: Verdict) -> Markup {
    let (sign, kind) = match verdict {
        Verdict::Adopt => ("✓", "good"),
        Verdict::Refuse => ("✗", "bad"),
        Verdict::NotSeparable | Verdict::NotEnoughData => ("?", "open"),
    };
    html! { span .verdict .(kind) { span aria-hidden="true" { (sign) } " " (label(visit, &verdict.label())) } }
}

/// The proposals, for who may see them.
fn proposals(asked: &Asked<'_>, programme: &Programme, project: &Project) -> Markup {
    let visit = &asked.visit;
    if !programme.may_see(visit.id(), project, Action::SeeProposals) {
        return html! {};
    }
    // A supplier sees its own; the others' only once they are public results.
    let own_only = visit.role() == modu_programme::access::Role::Supplier;
    let own = visit.person.as_ref().map(|person| person.organisation);
    let shown = project
        .standing()
        .filter(|proposal| !own_only || Some(proposal.supplier) == own);
    // Who comes and goes while it is judged shows in the numbers.
    let sees_history = reach(visit.role(), Action::SeeHistory).is_some();
    let may_count =
        project.phase > Phase::Scoring || (project.phase == Phase::Scoring && sees_history);
    let may_see_scores = programme.may_see(visit.id(), project, Action::SeeOpenedScores);
    html! {
        section {
            h2 { (visit.say("제안", "Proposals")) }
            @for proposal in shown {
                article .card {
                    h3 { (proposal.title.as_str())
                        @if proposal.selected { " " span .badge { (visit.say("선정", "selected")) } }
                    }
                    p .hint { (programme.organisations().get(&proposal.supplier).map_or("", |s| s.name.as_str())) }
                    div .prose { @for line in proposal.summary.as_str().lines() { p { (line) } } }
                    @if let Some(solution) = proposal.solution { p .hint { code { (solution) } } }
                    @if may_count { p .hint { (sheets(visit, programme, project, proposal)) } }
                    @if may_see_scores && !proposal.scores.is_empty() {
                        (scores(visit, proposal))
                    }
                }
            }
        }
    }
}

fn sheets(visit: &Visit, programme: &Programme, project: &Project, proposal: &Proposal) -> String {
    let (sealed, all) = (
        proposal.sealed.len(),
        programme.sheets_of(project, proposal),
    );
    let free = proposal.conflicts.len();
    match visit.language {
        Language::Ko => format!("봉인된 평가표 {sealed}/{all}, 제척 {free}"),
        Language::En => format!("{sealed} of {all} sheets sealed, {free} recused"),
    }
}

fn scores(visit: &Visit, proposal: &Proposal) -> Markup {
    use modu_programme::project::CRITERIA;
    html! {
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            caption { (visit.say("점수", "Scores")) }
            thead { tr {
                th scope="col" { (visit.say("위원", "Evaluator")) }
                @for (criterion, most) in CRITERIA {
                    th scope="col" .number { (label(visit, &criterion.label())) " /" (most) }
                }
                th scope="col" .number { (visit.say("합", "Total")) }
            } }
            tbody {
                @for (place, score) in proposal.scores.iter().enumerate() {
                    tr {
                        // By place, not by name: who gave which points is the operator's and auditor's.
                        th scope="row" { (visit.say("위원 ", "No. ")) (place + 1) }
                        @for points in score.sheet.points { td .number { (points) } }
                        td .number { (score.sheet.total()) }
                    }
                }
            }
        } }
    }
}
