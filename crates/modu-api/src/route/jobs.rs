//! Jobs: demonstrations that were asked for, how far they are, and how they
//! came out.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use modu_kernel::Digest;
use modu_programme::account::Known;
use modu_programme::job::{
    AskedDemonstration, DatasetId, Happened, Job, JobId, JobState, Line, MAX_ENTRANTS, MAX_LISTED,
    Urgency, Work,
};
use modu_programme::project::Verdict;
use modu_programme::{Office, Person, ProjectId, ProposalId, Sequence};
use modu_wire::value::{DigestName, Moment, Number};
use modu_wire::{
    AnswerView, AskedJob, HappenedName, JobStateName, JobView, LineView, Listing, NewDemonstration,
    ReachedView, SolutionAnswer, UrgencyName,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::call::{Body, Call, Desk, Named};
use crate::listing::{Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};
use crate::told::{Numbered as _, verdict};

/// How often [`MAX_LISTED`] jobs are looked through for one page.
const LOOKS: usize = 4;

/// A job as it is answered.
type Asked = (StatusCode, [(HeaderName, String); 1], Json<AskedJob>);

fn asked(job: JobId) -> Asked {
    let place = [(LOCATION, format!("{}/jobs/{job}", crate::ROOT))];
    let job = Number(job.0);
    (StatusCode::CREATED, place, Json(AskedJob { job }))
}

/// Asks for a demonstration on data of the caller's agency: it is kept durably
/// before it is answered, and a worker takes it when its turn has come. What
/// the gate said is told in the project's results and in the history.
#[utoipa::path(post, path = "/jobs", operation_id = "ask_demonstration", tag = "jobs", request_body = NewDemonstration,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = AskedJob), NotDone))]
pub(super) async fn ask(
    call: Call,
    once: Once,
    body: Body<NewDemonstration>,
) -> Result<Asked, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let wanted = wanted(&body.value)?;
        let job = match once.key() {
            None => desk.office.demonstrate(person.id, &wanted)?,
            Some(key) => ask_once(desk, (person, key), &body.digest, wanted)?,
        };
        Ok(asked(job))
    })
    .await
}

fn wanted(asked: &NewDemonstration) -> Result<AskedDemonstration, Problem> {
    if !(1..=MAX_ENTRANTS).contains(&asked.proposals.len()) {
        return Err(Problem::not_as_described("1 to 50 proposals"));
    }
    let proposals = asked.proposals.iter();
    Ok(AskedDemonstration {
        project: ProjectId::named(asked.project),
        proposals: proposals.map(|it| ProposalId::named(*it)).collect(),
        dataset: DatasetId(asked.dataset.0),
        urgency: match asked.urgency {
            UrgencyName::Low => Urgency::Low,
            UrgencyName::Normal => Urgency::Normal,
            UrgencyName::High => Urgency::High,
        },
        key: None,
    })
}

/// Asks for it, or tells which job it became when it was asked for with the
/// same key before. The queue itself keeps one job for what one noting of the
/// key asked for, so that a server that was killed in between asks for it no
/// second time.
fn ask_once(
    desk: &Desk,
    (person, key): (&Person, &str),
    request: &Digest,
    mut wanted: AskedDemonstration,
) -> Result<JobId, Problem> {
    let now = desk.office.now();
    let noted = Sequence(u64::try_from(now.as_millisecond()).unwrap_or(0));
    let once = (person.id, key);
    let known = (desk.office.accounts()).begin_once(once, request, noted, now)?;
    let noted = match known {
        Known::Done(job) => return Ok(JobId(job.0)),
        Known::Other | Known::AtWork => return Err(crate::once::refusal(known)),
        Known::Unfinished(noted) => noted,
        Known::New => noted,
    };
    wanted.key = Some(format!("{} {noted} {key}", person.id));
    let job = desk.office.demonstrate(person.id, &wanted);
    let place = job.as_ref().ok().map(|job| Sequence(job.0));
    desk.office.accounts().end_once(once, place)?;
    Ok(job?)
}

/// Of which project.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct Filter {
    /// The project; else of all.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    project: Option<u64>,
}

/// The project that a query names.
pub(super) struct OfProject(Option<ProjectId>);

impl FromRequestParts<Office> for OfProject {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Office) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        let mut named = query
            .split('&')
            .filter_map(|pair| pair.strip_prefix("project="));
        let wrong = |()| Problem::unreadable("`project`: a number");
        match (named.next(), named.next()) {
            (None, _) => Ok(Self(None)),
            (Some(number), None) => {
                let number: Number = number.parse().map_err(wrong)?;
                Ok(Self(Some(ProjectId::named(number))))
            }
            (Some(_), Some(_)) => Err(Problem::unreadable("`project` stands twice")),
        }
    }
}

/// Jobs that the caller may look at, the oldest first: those of projects whose
/// proposals they may see, and of a supplier those that are of nobody else's. A
/// page may hold fewer than were asked for though there are more: `next` says
/// so.
#[utoipa::path(get, path = "/jobs", operation_id = "list_jobs", tag = "jobs", params(Filter, Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<JobView>), NotRead))]
pub(super) async fn list(
    call: Call,
    OfProject(project): OfProject,
    page: Page,
) -> Result<Json<Listing<JobView>>, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let queue = desk.office.jobs().queue();
        let (mut items, mut after) = (Vec::new(), page.after.map(JobId));
        let mut next = None;
        for _ in 0..LOOKS {
            let jobs = queue.list_on(project, after, MAX_LISTED)?;
            next = (jobs.last())
                .filter(|_| jobs.len() == MAX_LISTED)
                .map(|last| last.id);
            after = next;
            let kept = desk.office.kept();
            let may_see = |job: &Job| kept.programme().may_see_job(Some(person.id), job);
            items.extend(jobs.into_iter().filter(may_see));
            if items.len() > page.limit {
                items.truncate(page.limit);
                next = items.last().map(|job| job.id);
                break;
            }
            if next.is_none() {
                break;
            }
        }
        Ok(Json(Listing {
            items: items.iter().map(view).collect(),
            next: next.map(|id| Number(id.0)),
        }))
    })
    .await
}

fn find(desk: &Desk, id: Number) -> Result<Job, Problem> {
    let person = desk.caller()?;
    let job = desk.office.jobs().queue().get(JobId(id.0))?;
    let job = job.filter(|job| {
        let kept = desk.office.kept();
        kept.programme().may_see_job(Some(person.id), job)
    });
    job.ok_or_else(Problem::no_such_thing)
}

/// One job: how far it is, and how it came out.
#[utoipa::path(get, path = "/jobs/{job}", operation_id = "show_job", tag = "jobs",
    params(("job" = Number, Path, description = "Its number")),
    security(("key" = [])),
    responses((status = 200, body = JobView), NotRead))]
pub(super) async fn show(call: Call, Named(id): Named) -> Result<Json<JobView>, Problem> {
    call.work(move |desk| Ok(Json(view(&find(desk, id)?))))
        .await
}

/// What happened to a job, the oldest line first.
#[utoipa::path(get, path = "/jobs/{job}/log", operation_id = "list_job_log", tag = "jobs",
    params(("job" = Number, Path, description = "The job"), Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<LineView>), NotRead))]
pub(super) async fn log(
    call: Call,
    Named(id): Named,
    page: Page,
) -> Result<Json<Listing<LineView>>, Problem> {
    call.work(move |desk| {
        let job = find(desk, id)?;
        let queue = desk.office.jobs().queue();
        let lines = queue.lines(job.id, page.after.unwrap_or(0), page.limit + 1)?;
        let views = lines.into_iter().map(|line| (line.number, line_view(line)));
        Ok(Json(page.of(views)))
    })
    .await
}

/// Calls a job off, for the agency whose it is; the job as it is then. One that
/// waits ends at once; one at work is told to stop. Where its effect has begun
/// it is too late, and it goes on: `called_off` says whether it was told.
#[utoipa::path(post, path = "/jobs/{job}/cancel", operation_id = "cancel_job", tag = "jobs",
    params(("job" = Number, Path, description = "Its number")),
    security(("key" = [])),
    responses((status = 200, body = JobView), NotDone))]
pub(super) async fn cancel(call: Call, Named(id): Named) -> Result<Json<JobView>, Problem> {
    call.work(move |desk| {
        let job = find(desk, id)?;
        let by = desk.caller()?.id;
        Ok(Json(view(&desk.office.cancel_job(by, job.id)?)))
    })
    .await
}

fn view(job: &Job) -> JobView {
    let Work::Demonstrate(demonstrate) = &job.work;
    let entrants = demonstrate.entrants.iter();
    JobView {
        job: Number(job.id.0),
        project: job.project.number(),
        organisation: job.organisation.number(),
        person: job.person.number(),
        proposals: entrants.map(|it| it.proposal.number()).collect(),
        dataset: Number(demonstrate.dataset.id.0),
        urgency: match job.urgency {
            Urgency::Low => UrgencyName::Low,
            Urgency::Normal => UrgencyName::Normal,
            Urgency::High => UrgencyName::High,
        },
        state: match job.state {
            JobState::Waiting => JobStateName::Waiting,
            JobState::Running => JobStateName::Running,
            JobState::Done => JobStateName::Done,
            JobState::Failed => JobStateName::Failed,
            JobState::Cancelled => JobStateName::Cancelled,
        },
        called_off: job.called_off,
        begun: job.takings,
        failures: job.failures,
        asked: Moment(job.submitted),
        started: job.started.map(Moment),
        ended: job.ended.map(Moment),
        reached: job
            .reached
            .as_ref()
            .filter(|_| job.state == JobState::Running)
            .map(|reached| ReachedView {
                stage: reached.stage.clone(),
                done: Number(reached.done),
                total: Number(reached.total),
            }),
        problem: job.problem.clone(),
        answer: job.answer.as_deref().and_then(answer),
    }
}

/// What a worker said of how a job came out.
#[derive(Deserialize)]
struct Said {
    result: Digest,
    run: String,
    solutions: Vec<SaidOfSolution>,
}

#[derive(Deserialize)]
struct SaidOfSolution {
    proposal: ProposalId,
    verdict: Verdict,
    evidence: String,
    is_new: bool,
}

/// Nothing where a worker of another time said something else: the results of
/// the project tell it too.
fn answer(text: &str) -> Option<AnswerView> {
    let said: Said = serde_json::from_str(text).ok()?;
    let solutions = said.solutions.into_iter().map(|it| {
        Some(SolutionAnswer {
            proposal: it.proposal.number(),
            verdict: verdict(it.verdict),
            evidence: it.evidence.parse().ok()?,
            is_new: it.is_new,
        })
    });
    Some(AnswerView {
        run: said.run.parse().ok()?,
        result: DigestName(said.result),
        solutions: solutions.collect::<Option<_>>()?,
    })
}

fn line_view(line: Line) -> LineView {
    LineView {
        line: Number(line.number),
        at: Moment(line.at),
        what: match line.what {
            Happened::Asked => HappenedName::Asked,
            Happened::Taken => HappenedName::Taken,
            Happened::Stage => HappenedName::Stage,
            Happened::Lost => HappenedName::Lost,
            Happened::Again => HappenedName::Again,
            Happened::Failed => HappenedName::Failed,
            Happened::GivenBack => HappenedName::GivenBack,
            Happened::CalledOff => HappenedName::CalledOff,
            Happened::Cancelled => HappenedName::Cancelled,
            Happened::Done => HappenedName::Done,
        },
        text: line.text,
    }
}
