//! Steps of a project.

use modu_programme::{PersonId, ProjectId, ProposalId, Step};
use modu_wire::value::Number;
use modu_wire::{Done, NewStep};

use super::{Made, made};
use crate::call::{Body, Call, Named};
use crate::once::Once;
use crate::problem::{NotDone, Problem};
use crate::told::{Numbered, digest, text, title};

fn all<T: Numbered>(numbers: Vec<Number>, most: usize) -> Result<Vec<T>, Problem> {
    match numbers.len() <= most {
        true => Ok(numbers.into_iter().map(T::named).collect()),
        false => Err(Problem::not_as_described("too many numbers")),
    }
}

fn step(asked: NewStep) -> Result<Step, Problem> {
    Ok(match asked {
        NewStep::OpenCall { closes } => Step::OpenCall { closes: closes.0 },
        NewStep::Propose {
            title: name,
            summary,
            solution,
        } => Step::Propose {
            title: title(&name)?,
            summary: text(&summary)?,
            solution: digest(solution),
        },
        NewStep::Withdraw { proposal } => Step::Withdraw {
            proposal: ProposalId::named(proposal),
        },
        NewStep::CloseCall { evaluators } => Step::CloseCall {
            evaluators: all::<PersonId>(evaluators, 50)?,
        },
        NewStep::AppointEvaluator { evaluator } => Step::AppointEvaluator {
            evaluator: PersonId::named(evaluator),
        },
        NewStep::ReleaseEvaluator { evaluator, reason } => Step::ReleaseEvaluator {
            evaluator: PersonId::named(evaluator),
            reason: text(&reason)?,
        },
        NewStep::Recuse { proposal, reason } => Step::Recuse {
            proposal: ProposalId::named(proposal),
            reason: text(&reason)?,
        },
        NewStep::Score {
            proposal,
            points,
            comment,
        } => Step::Score {
            proposal: ProposalId::named(proposal),
            points: [points.fit, points.technique, points.safety, points.delivery],
            comment: text(&comment)?,
        },
        NewStep::OpenScores {} => Step::OpenScores,
        NewStep::Select { proposals, reason } => Step::Select {
            proposals: all(proposals, 1_000)?,
            reason: text(&reason)?,
        },
        NewStep::Adopt { proposal } => Step::Adopt {
            proposal: ProposalId::named(proposal),
        },
        NewStep::Retire { proposal, reason } => Step::Retire {
            proposal: ProposalId::named(proposal),
            reason: text(&reason)?,
        },
        NewStep::Close { reason } => Step::Close {
            reason: text(&reason)?,
        },
    })
}

/// Takes a step of a project.
#[utoipa::path(post, path = "/projects/{project}/steps", operation_id = "take_step", tag = "projects", request_body = NewStep,
    params(("project" = Number, Path, description = "The project"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn take(
    call: Call,
    Named(project): Named,
    once: Once,
    body: Body<NewStep>,
) -> Result<Made, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let step = step(body.value)?;
        let act = || Ok(desk.office.take(person, ProjectId::named(project), step)?);
        let entry = desk.once(&once, &body.digest, act)?;
        Ok(made(&entry, &format!("/projects/{project}")))
    })
    .await
}
