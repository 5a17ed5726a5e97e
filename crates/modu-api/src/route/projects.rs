//! Projects: what is needed, what was proposed and proven, what is in use.

use axum::Json;
use modu_programme::access::{Action, Role};
use modu_programme::project::{Judged, Phase, Project, Proposal, Verdict};
use modu_programme::{Event, ProjectId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, Made, made};
use crate::call::{Body, Call, Desk, Named};
use crate::listing::{Listing, Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};
use crate::value::{DigestName, Line, Moment, Number, Prose};

/// How far a project is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PhaseName {
    Need,
    Call,
    Scoring,
    Selection,
    Demonstration,
    Adopted,
    Closed,
}

impl From<Phase> for PhaseName {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Need => Self::Need,
            Phase::Call => Self::Call,
            Phase::Scoring => Self::Scoring,
            Phase::Selection => Self::Selection,
            Phase::Demonstration => Self::Demonstration,
            Phase::Adopted => Self::Adopted,
            Phase::Closed => Self::Closed,
        }
    }
}

/// What a gate said.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum VerdictName {
    Adopt,
    Refuse,
    NotSeparable,
    NotEnoughData,
}

impl From<Verdict> for VerdictName {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Adopt => Self::Adopt,
            Verdict::Refuse => Self::Refuse,
            Verdict::NotSeparable => Self::NotSeparable,
            Verdict::NotEnoughData => Self::NotEnoughData,
        }
    }
}

/// A project, as everybody may see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProjectView {
    /// Its number.
    project: Number,
    /// The agency whose need it is.
    agency: Number,
    /// The agency's name.
    agency_name: Line,
    /// What it is called.
    title: Line,
    /// What is needed.
    description: String,
    /// The need and its criteria as the gate reads them.
    #[serde(skip_serializing_if = "Option::is_none")]
    need: Option<DigestName>,
    /// When the need was published.
    since: Moment,
    /// How far it is.
    phase: PhaseName,
    /// Until when proposals are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    closes: Option<Moment>,
    /// What was demonstrated.
    results: Vec<ResultView>,
}

/// What the gate said of a proposal's demonstrations.
#[derive(Debug, Serialize, ToSchema)]
struct ResultView {
    /// The proposal.
    proposal: Number,
    /// What it is called.
    title: Line,
    /// Who supplies it.
    supplier: Number,
    /// Each time, the oldest first.
    judged: Vec<JudgedView>,
    /// The agencies that use it.
    users: Vec<Number>,
}

/// What the gate said once.
#[derive(Debug, Serialize, ToSchema)]
struct JudgedView {
    /// When it was recorded.
    at: Moment,
    /// What it said.
    verdict: VerdictName,
    /// The released report.
    report: DigestName,
    /// Its evidence.
    evidence: Number,
}

impl From<&Judged> for JudgedView {
    fn from(judged: &Judged) -> Self {
        Self {
            at: Moment(judged.at),
            verdict: judged.verdict.into(),
            report: judged.report.into(),
            evidence: Number(judged.evidence),
        }
    }
}

impl From<&Proposal> for ResultView {
    fn from(proposal: &Proposal) -> Self {
        Self {
            proposal: proposal.id.into(),
            title: Line::from(&proposal.title),
            supplier: proposal.supplier.into(),
            judged: proposal.judged.iter().map(JudgedView::from).collect(),
            users: proposal.users.iter().map(|user| (*user).into()).collect(),
        }
    }
}

fn view(desk: &Desk, project: &Project) -> ProjectView {
    let kept = desk.office.kept();
    let agency = kept.programme().organisations().get(&project.agency);
    let judged = project.proposals.values();
    let judged = judged.filter(|proposal| !proposal.judged.is_empty());
    ProjectView {
        project: project.id.into(),
        agency: project.agency.into(),
        agency_name: agency.map_or_else(Line::unknown, |agency| Line::from(&agency.name)),
        title: Line::from(&project.title),
        description: project.description.as_str().to_owned(),
        need: project.need.map(DigestName::from),
        since: Moment(project.since),
        phase: project.phase.into(),
        closes: project.closes.map(Moment),
        results: judged.map(ResultView::from).collect(),
    }
}

fn find(desk: &Desk, id: ProjectId) -> Result<Project, Problem> {
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
        Ok(Json(Listing::of(page, views)))
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
        let project = find(desk, id.into())?;
        Ok(Json(view(desk, &project)))
    })
    .await
}

/// A need to be published, for the caller's agency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNeed {
    /// What the project is called.
    title: Line,
    /// What is needed.
    description: Prose,
    /// The need's file as `modu proof register` told its digest.
    need: Option<DigestName>,
}

/// Publishes a need: a project begins.
#[utoipa::path(post, path = "/projects", operation_id = "publish_need", tag = "projects", request_body = NewNeed,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn publish(call: Call, once: Once, body: Body<NewNeed>) -> Result<Made, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let NewNeed {
            title,
            description,
            need,
        } = &body.value;
        let event = Event::NeedPublished {
            agency: person.organisation,
            title: title.title()?,
            description: description.text()?,
            need: need.as_ref().map(DigestName::digest).transpose()?,
        };
        let act = || Ok(desk.office.act(person.id, event)?);
        let entry = desk.once(&once, &body.digest, act)?;
        Ok(made(&entry, &format!("/projects/{}", entry.sequence)))
    })
    .await
}

/// A proposal, for those who may see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProposalView {
    /// Its number.
    proposal: Number,
    /// Who proposes.
    supplier: Number,
    /// What it is called.
    title: Line,
    /// What is proposed.
    summary: String,
    /// The solution, where it was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<DigestName>,
    /// Whether it was taken back.
    withdrawn: bool,
    /// Whether it may demonstrate.
    selected: bool,
    /// The totals of the opened sheets, where the caller may see them.
    totals: Vec<u16>,
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
        let project = find(desk, id.into())?;
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
        Ok(Json(Listing::of(page, views)))
    })
    .await
}

fn proposal_view(proposal: &Proposal, scores: bool) -> ProposalView {
    let sheets = proposal.scores.iter().filter(|_| scores);
    ProposalView {
        proposal: proposal.id.into(),
        supplier: proposal.supplier.into(),
        title: Line::from(&proposal.title),
        summary: proposal.summary.as_str().to_owned(),
        solution: proposal.solution.map(DigestName::from),
        withdrawn: proposal.withdrawn,
        selected: proposal.selected,
        totals: sheets.map(|score| score.sheet.total()).collect(),
    }
}
