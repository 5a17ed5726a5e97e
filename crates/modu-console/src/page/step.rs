//! Taking a step of a project: a form becomes an event, and the programme says
//! whether it may be and follows.

use modu_programme::account::Token;
use modu_programme::project::{CRITERIA, Score, ScoreSheet};
use modu_programme::{Event, OrganisationId, PersonId, ProjectId, ProposalId};

use super::need::digest;
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

pub(crate) fn take(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let project: ProjectId = asked.number(0)?;
    let person = asked.visit.signed_in()?;
    let step = asked.names.get(1).copied().unwrap_or_default();
    match step {
        "score" => seal(asked, project, person.id)?,
        _ => {
            let event = event(asked, project, person.id, person.organisation, step)?;
            asked.console.act(person.id, event)?;
        }
    }
    Ok(answer::redirect(&format!("/projects/{project}"), &[]))
}

fn event(
    asked: &Asked<'_>,
    project: ProjectId,
    person: PersonId,
    own: OrganisationId,
    step: &str,
) -> Result<Event, ConsoleError> {
    let form = &asked.form;
    let proposal = || form.number::<ProposalId>("proposal");
    Ok(match step {
        "open-call" => Event::CallOpened {
            project,
            closes: form.moment("closes")?,
        },
        "propose" => Event::ProposalSubmitted {
            project,
            supplier: own,
            title: form.title("title")?,
            summary: form.text("summary")?,
            solution: digest(form.get("solution"))?,
        },
        "withdraw" => Event::ProposalWithdrawn {
            project,
            proposal: proposal()?,
        },
        "close-call" => Event::CallClosed {
            project,
            evaluators: numbers(form.all("evaluator"))?
                .into_iter()
                .map(PersonId)
                .collect(),
        },
        "recuse" => Event::ConflictDeclared {
            project,
            proposal: proposal()?,
            evaluator: person,
            reason: form.text("reason")?,
        },
        "open-scores" => Event::ScoresOpened {
            project,
            sheets: sealed_sheets(asked, project)?,
        },
        "select" => Event::Selected {
            project,
            proposals: numbers(form.all("proposal"))?
                .into_iter()
                .map(ProposalId)
                .collect(),
            reason: form.text("reason")?,
        },
        "adopt" => Event::Adopted {
            project,
            proposal: proposal()?,
            agency: own,
        },
        "retire" => Event::Retired {
            project,
            proposal: proposal()?,
            agency: own,
            reason: form.text("reason")?,
        },
        "close" => Event::Closed {
            project,
            reason: form.text("reason")?,
        },
        _ => return Err(ConsoleError::NotFound),
    })
}

fn numbers<'t>(
    texts: impl Iterator<Item = &'t str>,
) -> Result<Vec<modu_programme::Sequence>, ConsoleError> {
    let wrong = |_| ConsoleError::field("choice", "expected numbers");
    texts
        .map(|text| text.parse().map(modu_programme::Sequence).map_err(wrong))
        .collect()
}

/// Seals a sheet: the sheet is kept apart, and its digest becomes the event.
fn seal(asked: &Asked<'_>, project: ProjectId, evaluator: PersonId) -> Result<(), ConsoleError> {
    let form = &asked.form;
    let proposal: ProposalId = form.number("proposal")?;
    let mut points = [0; CRITERIA.len()];
    let mut given = form.all("points");
    for points in &mut points {
        let text = given.next().unwrap_or_default();
        let wrong = |_| ConsoleError::field("points", "expected whole numbers");
        *points = text.trim().parse().map_err(wrong)?;
    }
    let sheet = ScoreSheet {
        points,
        comment: form.text("comment")?,
        nonce: Token::new()?.reveal(),
    };
    let event = Event::ScoreSealed {
        project,
        proposal,
        evaluator,
        sheet: sheet.digest().map_err(modu_programme::HistoryError::from)?,
    };
    let now = asked.console.now();
    let mut kept = asked.console.kept();
    // Asked first, so that no sheet takes the place of a sealed one; kept
    // first, so that no sealed sheet is ever lost.
    kept.programme()
        .propose(modu_programme::Actor::Person(evaluator), event.clone(), now)?;
    asked
        .console
        .accounts()
        .keep_sheet((project, proposal), evaluator, &sheet)?;
    kept.act(modu_programme::Actor::Person(evaluator), event, now)?;
    Ok(())
}

/// Every sheet that was sealed, for opening; only who may select gets here.
fn sealed_sheets(asked: &Asked<'_>, project: ProjectId) -> Result<Vec<Score>, ConsoleError> {
    let wanted: Vec<_> = {
        let kept = asked.console.kept();
        let project = kept.programme().projects().get(&project);
        let project = project.ok_or(ConsoleError::NotFound)?;
        let sealed = project.standing().flat_map(|proposal| {
            proposal
                .sealed
                .keys()
                .map(|evaluator| (proposal.id, *evaluator))
        });
        sealed.collect()
    };
    let accounts = asked.console.accounts();
    let mut sheets = Vec::with_capacity(wanted.len());
    for (proposal, evaluator) in wanted {
        let sheet = accounts.sheet((project, proposal), evaluator)?;
        let sheet = sheet.ok_or(ConsoleError::Failed)?;
        sheets.push(Score {
            proposal,
            evaluator,
            sheet,
        });
    }
    Ok(sheets)
}
