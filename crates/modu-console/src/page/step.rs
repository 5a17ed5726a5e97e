//! Taking a step of a project: a form becomes a step, and the programme says
//! whether it may be and follows.

use modu_programme::project::CRITERIA;
use modu_programme::{PersonId, ProjectId, ProposalId, Step};

use super::need::digest;
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::form::Form;
use crate::router::Asked;

pub(crate) fn take(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let project: ProjectId = asked.number(0)?;
    let person = asked.visit.signed_in()?;
    let name = asked.names.get(1).copied().unwrap_or_default();
    asked
        .office
        .take(person, project, step(&asked.form, name)?)?;
    Ok(answer::redirect(&format!("/projects/{project}"), &[]))
}

fn step(form: &Form, name: &str) -> Result<Step, ConsoleError> {
    let proposal = || form.number::<ProposalId>("proposal");
    let evaluator = || form.number::<PersonId>("evaluator");
    let reason = || form.text("reason");
    Ok(match name {
        "open-call" => Step::OpenCall {
            closes: form.moment("closes")?,
        },
        "propose" => Step::Propose {
            title: form.title("title")?,
            summary: form.text("summary")?,
            solution: digest(form.get("solution"))?,
        },
        "withdraw" => Step::Withdraw {
            proposal: proposal()?,
        },
        "close-call" => Step::CloseCall {
            evaluators: numbers::<PersonId>(form.all("evaluator"))?,
        },
        "appoint-evaluator" => Step::AppointEvaluator {
            evaluator: evaluator()?,
        },
        "release-evaluator" => Step::ReleaseEvaluator {
            evaluator: evaluator()?,
            reason: reason()?,
        },
        "recuse" => Step::Recuse {
            proposal: proposal()?,
            reason: reason()?,
        },
        "score" => Step::Score {
            proposal: proposal()?,
            points: points(form)?,
            comment: form.text("comment")?,
        },
        "open-scores" => Step::OpenScores,
        "select" => Step::Select {
            proposals: numbers::<ProposalId>(form.all("proposal"))?,
            reason: reason()?,
        },
        "adopt" => Step::Adopt {
            proposal: proposal()?,
        },
        "retire" => Step::Retire {
            proposal: proposal()?,
            reason: reason()?,
        },
        "close" => Step::Close { reason: reason()? },
        _ => return Err(ConsoleError::NotFound),
    })
}

fn numbers<'t, T: std::str::FromStr>(
    texts: impl Iterator<Item = &'t str>,
) -> Result<Vec<T>, ConsoleError> {
    let wrong = |_| ConsoleError::field("choice", "expected numbers");
    texts.map(|text| text.parse().map_err(wrong)).collect()
}

/// One whole number for each criterion, in their order.
fn points(form: &Form) -> Result<[u16; CRITERIA.len()], ConsoleError> {
    let mut points = [0; CRITERIA.len()];
    let mut given = form.all("points");
    for points in &mut points {
        let text = given.next().unwrap_or_default();
        let wrong = |_| ConsoleError::field("points", "expected whole numbers");
        *points = text.trim().parse().map_err(wrong)?;
    }
    Ok(points)
}
