//! Steps of a project as people take them, wherever they come from: a form of
//! the console or a call of a program.
//!
//! A step says what somebody asks; who asks and for which organisation comes
//! from who is signed in, never from the step, so that nobody can act in
//! another's name. [`Office::take`] makes the event of it.

use jiff::Timestamp;
use modu_kernel::Digest;

use crate::account::{AccountError, Token};
use crate::error::{HistoryError, Refusal};
use crate::event::{Actor, Entry, Event};
use crate::identity::{PersonId, ProjectId, ProposalId};
use crate::office::Office;
use crate::organisation::Person;
use crate::project::{CRITERIA, Score, ScoreSheet};
use crate::text::{Text, Title};

/// What somebody asks to be done with a project.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask for proposals.
    OpenCall {
        /// Until when.
        closes: Timestamp,
    },
    /// Propose for one's own organisation.
    Propose {
        /// What the proposal is called.
        title: Title,
        /// What is proposed.
        summary: Text,
        /// The solution, where it is submitted already.
        solution: Option<Digest>,
    },
    /// Take a proposal back.
    Withdraw {
        /// Which.
        proposal: ProposalId,
    },
    /// End the call and say who judges.
    CloseCall {
        /// The evaluators.
        evaluators: Vec<PersonId>,
    },
    /// Have one more evaluator judge.
    AppointEvaluator {
        /// Who.
        evaluator: PersonId,
    },
    /// Wait no longer for an evaluator.
    ReleaseEvaluator {
        /// For whom.
        evaluator: PersonId,
        /// Why.
        reason: Text,
    },
    /// Step back from judging a proposal.
    Recuse {
        /// Which.
        proposal: ProposalId,
        /// Why.
        reason: Text,
    },
    /// Seal one's sheet on a proposal.
    Score {
        /// Which.
        proposal: ProposalId,
        /// The points, in the order of [`CRITERIA`].
        points: [u16; CRITERIA.len()],
        /// The reasons.
        comment: Text,
    },
    /// Open all sheets together.
    OpenScores,
    /// Say who may demonstrate.
    Select {
        /// Which.
        proposals: Vec<ProposalId>,
        /// Why these.
        reason: Text,
    },
    /// Take into use at one's own agency.
    Adopt {
        /// What.
        proposal: ProposalId,
    },
    /// End the use at one's own agency.
    Retire {
        /// Of what.
        proposal: ProposalId,
        /// Why.
        reason: Text,
    },
    /// End the project.
    Close {
        /// Why.
        reason: Text,
    },
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// It is refused, or the history fails.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Sealed sheets cannot be kept or read.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<Refusal> for StepError {
    fn from(refusal: Refusal) -> Self {
        Self::History(refusal.into())
    }
}

impl Office {
    /// Takes a step in a person's name.
    ///
    /// # Errors
    /// [`StepError`]; the programme is then as it was.
    pub fn take(&self, by: &Person, project: ProjectId, step: Step) -> Result<Entry, StepError> {
        let event = match step {
            Step::Score {
                proposal,
                points,
                comment,
            } => return self.seal(by.id, (project, proposal), points, comment),
            Step::OpenScores => Event::ScoresOpened {
                project,
                sheets: self.sealed_sheets(project)?,
            },
            step => plain(by, project, step)?,
        };
        Ok(self.act(by.id, event)?)
    }

    /// Seals a sheet: it is kept apart, and its digest becomes the event.
    fn seal(
        &self,
        evaluator: PersonId,
        (project, proposal): (ProjectId, ProposalId),
        points: [u16; CRITERIA.len()],
        comment: Text,
    ) -> Result<Entry, StepError> {
        let nonce = Token::new()?.reveal();
        let sheet = ScoreSheet {
            points,
            comment,
            nonce,
        };
        let event = Event::ScoreSealed {
            project,
            proposal,
            evaluator,
            sheet: sheet.digest()?,
        };
        let (now, by) = (self.now(), Actor::Person(evaluator));
        let mut kept = self.kept();
        // Asked first, on all that others did, so that no sheet takes the
        // place of a sealed one; kept first, so that no sealed sheet is ever
        // lost.
        kept.catch_up()?;
        kept.programme().propose(by, event.clone(), now)?;
        self.accounts()
            .keep_sheet((project, proposal), evaluator, &sheet)?;
        Ok(kept.act(by, event, now)?)
    }

    /// Every sheet that was sealed; whether they may be opened is checked with
    /// the event that shows them.
    fn sealed_sheets(&self, project: ProjectId) -> Result<Vec<Score>, StepError> {
        let wanted: Vec<_> = {
            let kept = self.kept();
            let found = kept.programme().projects().get(&project);
            let project = found.ok_or(Refusal::Missing("such project"))?;
            let sealed = project.standing().flat_map(|proposal| {
                let evaluators = proposal.sealed.keys();
                evaluators.map(|evaluator| (proposal.id, *evaluator))
            });
            sealed.collect()
        };
        let accounts = self.accounts();
        let mut sheets = Vec::with_capacity(wanted.len());
        for (proposal, evaluator) in wanted {
            let sheet = accounts.sheet((project, proposal), evaluator)?;
            let sheet = sheet.ok_or(AccountError::Unreadable("a score sheet"))?;
            sheets.push(Score {
                proposal,
                evaluator,
                sheet,
            });
        }
        Ok(sheets)
    }
}

/// The event of a step that needs nothing but itself and who asks.
fn plain(by: &Person, project: ProjectId, step: Step) -> Result<Event, Refusal> {
    Ok(match step {
        Step::OpenCall { closes } => Event::CallOpened { project, closes },
        Step::Propose {
            title,
            summary,
            solution,
        } => Event::ProposalSubmitted {
            project,
            supplier: by.organisation,
            title,
            summary,
            solution,
        },
        Step::Withdraw { proposal } => Event::ProposalWithdrawn { project, proposal },
        Step::CloseCall { evaluators } => Event::CallClosed {
            project,
            evaluators,
        },
        Step::AppointEvaluator { evaluator } => Event::EvaluatorAppointed { project, evaluator },
        Step::ReleaseEvaluator { evaluator, reason } => Event::EvaluatorReleased {
            project,
            evaluator,
            reason,
        },
        Step::Recuse { proposal, reason } => Event::ConflictDeclared {
            project,
            proposal,
            evaluator: by.id,
            reason,
        },
        Step::Select { proposals, reason } => Event::Selected {
            project,
            proposals,
            reason,
        },
        Step::Adopt { proposal } => Event::Adopted {
            project,
            proposal,
            agency: by.organisation,
        },
        Step::Retire { proposal, reason } => Event::Retired {
            project,
            proposal,
            agency: by.organisation,
            reason,
        },
        Step::Close { reason } => Event::Closed { project, reason },
        Step::Score { .. } | Step::OpenScores => return Err(Refusal::Missing("such plain step")),
    })
}
