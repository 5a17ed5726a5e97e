//! Projects: what is needed, what was proposed and proven, what is in use.

use std::sync::Arc;

use axum::Json;
use modu_programme::access::{Action, Role};
use modu_programme::project::{Judged, Project, Proposal};
use modu_programme::{Event, ProjectId};
use modu_wire::value::{DigestName, Line, Moment, Number};
use modu_wire::{Done, JudgedView, Listing, NewNeed, ProjectView, ProposalView, ResultView};

use super::{Made, made};
use crate::call::{Body, Call, Desk, Named};
use crate::listing::{Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};
use crate::told::{Numbered as _, digest, line, phase, text, title, verdict};

fn judged(judged: &Judged) -> JudgedView {
    JudgedView {
        at: Moment(judged.at),
        verdict: verdict(judged.verdict),
        report: DigestName(judged.report),
        evidence: Number(judged.evidence),
    }
}

fn result(proposal: &Proposal) -> ResultView {
    ResultView {
        proposal: proposal.id.number(),
        title: line(&proposal.title),
        supplier: proposal.supplier.number(),
        judged: proposal.judged.iter().map(judged).collect(),
        users: proposal.users.iter().map(|user| user.number()).collect(),
    }
}

fn view(desk: &Desk, project: &Project) -> ProjectView {
    let kept = desk.office.kept();
    let agency = kept.programme().organisations().get(&project.agency);
    let proven = project.proposals.values();
    let proven = proven.filter(|proposal| !proposal.judged.is_empty());
    ProjectView {
        project: project.id.number(),
        agency: project.agency.number(),
        agency_name: agency.map_or_else(Line::unknown, |agency| line(&agency.name)),
        title: line(&project.title),
        description: project.description.as_str().to_owned(),
        need: project.need.map(DigestName),
        since: Moment(project.since),
        phase: phase(project.phase),
        closes: project.closes.map(Moment),
        results: proven.map(result).collect(),
    }
}

fn find(desk: &Desk, id: ProjectId) -> Result<Arc<Project>, Problem> {
    let mut kept = desk.office.kept();
    kept.catch_up()?;
    let found = kept.programme().projects().get(&id).cloned();
    found.ok_or_else(Problem::no_such_thing)
}

/// All projects, the oldest first.
#[utoipa::path(get, path = "/projects", operation_id = "list_projects", tag = "projects", params(Paging),
    security((), ("key" = [])),
    responses((status = 200, body = Listing<ProjectView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<ProjectView>>, Problem> {
    call.work(move |desk| {
        desk.may(Action::SeePublished)?;
        // One more than a page: whether there are others.
        let shown: Vec<_> = {
            let mut kept = desk.office.kept();
            kept.catch_up()?;
            let projects = kept.programme().projects().values();
            let rest = projects.filter(|project| Some(project.id.0.0) > page.after);
            rest.take(page.limit + 1).cloned().collect()
        };
        let views = shown.iter();
        let views = views.map(|project| (project.id.0.0, view(desk, project)));
        Ok(Json(page.of(views)))
    })
    .await
}

/// One project.
#[utoipa::path(get, path = "/projects/{project}", operation_id = "show_project", tag = "projects",
    params(("project" = Number, Path, description = "Its number")),
    security((), ("key" = [])),
    responses((status = 200, body = ProjectView), NotRead))]
pub(super) async fn show(call: Call, Named(id): Named) -> Result<Json<ProjectView>, Problem> {
    call.work(move |desk| {
        desk.may(Action::SeePublished)?;
        let project = find(desk, ProjectId::named(id))?;
        Ok(Json(view(desk, &project)))
    })
    .await
}

/// Publishes a need: a project begins.
#[utoipa::path(post, path = "/projects", operation_id = "publish_need", tag = "projects", request_body = NewNeed,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn publish(call: Call, once: Once, body: Body<NewNeed>) -> Result<Made, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let asked = &body.value;
        let event = Event::NeedPublished {
            agency: person.organisation,
            title: title(&asked.title)?,
            description: text(&asked.description)?,
            need: digest(asked.need),
        };
        let act = || Ok(desk.office.act(person.id, event)?);
        let entry = desk.once(&once, &body.digest, act)?;
        Ok(made(&entry, &format!("/projects/{}", entry.sequence)))
    })
    .await
}

/// The proposals of a project: a supplier sees its own.
#[utoipa::path(get, path = "/projects/{project}/proposals", operation_id = "list_proposals", tag = "projects",
    params(("project" = Number, Path, description = "The project"), Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<ProposalView>), NotRead))]
pub(super) async fn proposals(
    call: Call,
    Named(id): Named,
    page: Page,
) -> Result<Json<Listing<ProposalView>>, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let project = find(desk, ProjectId::named(id))?;
        let may = |action| {
            let kept = desk.office.kept();
            kept.programme().may_see(Some(person.id), &project, action)
        };
        if !may(Action::SeeProposals) {
            return Err(Problem::no_such_thing());
        }
        let scores = may(Action::SeeOpenedScores);
        let own_only = person.role == Role::Supplier;
        let shown = project.proposals.values();
        let shown = shown.filter(|proposal| !own_only || proposal.supplier == person.organisation);
        let views = shown.map(|proposal| (proposal.id.0.0, proposal_view(proposal, scores)));
        Ok(Json(page.of(views)))
    })
    .await
}

fn proposal_view(proposal: &Proposal, scores: bool) -> ProposalView {
    let sheets = proposal.scores.iter().filter(|_| scores);
    ProposalView {
        proposal: proposal.id.number(),
        supplier: proposal.supplier.number(),
        title: line(&proposal.title),
        summary: proposal.summary.as_str().to_owned(),
        solution: proposal.solution.map(DigestName),
        withdrawn: proposal.withdrawn,
        selected: proposal.selected,
        totals: sheets.map(|score| score.sheet.total()).collect(),
    }
}
