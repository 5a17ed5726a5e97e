//! Whether an event may follow on where a project stands.
//!
//! What is decided here knows nothing of roles: who may ask is `access`'s.

use jiff::Timestamp;

use super::{MAX_EVALUATORS, MAX_PROPOSALS, Phase, Project, Proposal, Score, Verdict};
use crate::error::Refusal;
use crate::event::Event;
use crate::identity::{OrganisationId, PersonId, ProposalId};
use crate::text::Text;

impl Project {
    /// Whether an event may follow at `now`.
    ///
    /// # Errors
    /// [`Refusal::NotNow`] where the project is not that far or is past it,
    /// [`Refusal::Missing`] where the event names a proposal or a person that
    /// the project does not have, [`Refusal::Wrong`] where the event is wrong
    /// in itself.
    pub fn check(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::CallOpened { closes, .. } => {
                self.phase_is(Phase::Need, "a call is opened once, on a published need")?;
                match *closes > now {
                    true => Ok(()),
                    false => Err(Refusal::wrong("the call's end", "it must lie ahead")),
                }
            }
            Event::ProposalSubmitted { supplier, .. } => self.may_submit(*supplier, now),
            Event::ProposalWithdrawn { proposal, .. } => {
                self.phase_is(
                    Phase::Call,
                    "a proposal is taken back while the call is open",
                )?;
                self.standing_proposal(*proposal).map(|_| ())
            }
            Event::CallClosed { evaluators, .. } => self.may_close_call(evaluators, now),
            Event::EvaluatorAppointed { evaluator, .. } => self.may_appoint(*evaluator),
            Event::EvaluatorReleased {
                evaluator, reason, ..
            } => self.may_release(*evaluator, reason),
            Event::ConflictDeclared {
                proposal,
                evaluator,
                ..
            } => {
                let proposal = self.judging(*proposal, *evaluator)?;
                match proposal.sealed.contains_key(evaluator) {
                    true => Err(Refusal::NotNow(
                        "the sheet is sealed already: a conflict is declared before judging",
                    )),
                    false => Ok(()),
                }
            }
            Event::ScoreSealed {
                proposal,
                evaluator,
                ..
            } => {
                let proposal = self.judging(*proposal, *evaluator)?;
                if proposal.conflicts.contains(evaluator) {
                    return Err(Refusal::NotNow("who declared a conflict does not judge"));
                }
                match proposal.sealed.contains_key(evaluator) {
                    true => Err(Refusal::NotNow("a sealed sheet is not changed")),
                    false => Ok(()),
                }
            }
            Event::ScoresOpened { sheets, .. } => self.may_open(sheets),
            Event::Selected { proposals, .. } => self.may_select(proposals),
            Event::Demonstrated { proposal, .. } => {
                self.phase_is_one_of(
                    &[Phase::Demonstration, Phase::Adopted],
                    "only the selected demonstrate",
                )?;
                self.selected(*proposal).map(|_| ())
            }
            Event::Adopted {
                proposal, agency, ..
            } => self.may_adopt(*proposal, *agency),
            Event::Watched { proposal, .. } => match self.selected(*proposal)?.users.is_empty() {
                true => Err(Refusal::NotNow("what nobody uses is not watched")),
                false => Ok(()),
            },
            Event::Retired {
                proposal, agency, ..
            } => match self.selected(*proposal)?.users.contains(agency) {
                true => Ok(()),
                false => Err(Refusal::NotNow("the agency does not use it")),
            },
            Event::Closed { .. } => match self.phase {
                Phase::Closed => Err(Refusal::NotNow("the project is closed already")),
                _ if self.proposals.values().any(|p| !p.users.is_empty()) => {
                    Err(Refusal::NotNow("what is in use is retired first"))
                }
                _ => Ok(()),
            },
            Event::OrganisationRegistered { .. }
            | Event::PersonEnrolled { .. }
            | Event::PersonSuspended { .. }
            | Event::PersonReinstated { .. }
            | Event::AccessReset { .. }
            | Event::SecondFactorRequired { .. }
            | Event::NodeAdmitted { .. }
            | Event::NodeRootBound { .. }
            | Event::NodeShutOut { .. }
            | Event::NeedPublished { .. } => Err(Refusal::Missing("such step of a project")),
        }
    }

    fn phase_is(&self, phase: Phase, otherwise: &'static str) -> Result<(), Refusal> {
        self.phase_is_one_of(&[phase], otherwise)
    }

    fn phase_is_one_of(&self, phases: &[Phase], otherwise: &'static str) -> Result<(), Refusal> {
        match phases.contains(&self.phase) {
            true => Ok(()),
            false => Err(Refusal::NotNow(otherwise)),
        }
    }

    fn standing_proposal(&self, id: ProposalId) -> Result<&Proposal, Refusal> {
        let proposal = self.proposals.get(&id).filter(|found| !found.withdrawn);
        proposal.ok_or(Refusal::Missing("such proposal"))
    }

    fn selected(&self, id: ProposalId) -> Result<&Proposal, Refusal> {
        let proposal = self.standing_proposal(id)?;
        match proposal.selected {
            true => Ok(proposal),
            false => Err(Refusal::NotNow("the proposal was not selected")),
        }
    }

    fn may_submit(&self, supplier: OrganisationId, now: Timestamp) -> Result<(), Refusal> {
        self.phase_is(Phase::Call, "no call is open")?;
        if self.closes.is_some_and(|closes| now >= closes) {
            return Err(Refusal::NotNow("the call is over"));
        }
        if self.proposals.len() >= MAX_PROPOSALS {
            return Err(Refusal::NotNow(
                "the project has as many proposals as it may",
            ));
        }
        match self.standing().any(|other| other.supplier == supplier) {
            true => Err(Refusal::NotNow(
                "the supplier has a proposal here: take it back first",
            )),
            false => Ok(()),
        }
    }

    fn may_close_call(&self, evaluators: &[PersonId], now: Timestamp) -> Result<(), Refusal> {
        self.phase_is(Phase::Call, "no call is open")?;
        if self.closes.is_none_or(|closes| now < closes) {
            return Err(Refusal::NotNow(
                "the call is open until its end: who proposes late must not be cut off",
            ));
        }
        let mut named = evaluators.to_vec();
        named.sort_unstable();
        named.dedup();
        match named.len() == evaluators.len() && (1..=MAX_EVALUATORS).contains(&named.len()) {
            true => Ok(()),
            false => Err(Refusal::wrong("the evaluators", "name 1 to 50, each once")),
        }
    }

    fn evaluators_may_change(&self) -> Result<(), Refusal> {
        self.phase_is(
            Phase::Scoring,
            "evaluators are appointed and released while proposals are judged",
        )
    }

    fn may_appoint(&self, evaluator: PersonId) -> Result<(), Refusal> {
        self.evaluators_may_change()?;
        match () {
            () if self.evaluators.contains(&evaluator) => {
                Err(Refusal::NotNow("the evaluator judges here already"))
            }
            () if self.evaluators.len() >= MAX_EVALUATORS => Err(Refusal::NotNow(
                "the project has as many evaluators as it may",
            )),
            () => Ok(()),
        }
    }

    /// Only who is waited for is let go, so that nobody is sent away for what
    /// they sealed; and somebody is left to judge.
    fn may_release(&self, evaluator: PersonId, reason: &Text) -> Result<(), Refusal> {
        self.evaluators_may_change()?;
        match () {
            () if reason.as_str().trim().is_empty() => {
                Err(Refusal::wrong("the reason", "say why they are released"))
            }
            () if !self.evaluators.contains(&evaluator) => {
                Err(Refusal::Missing("such evaluator of this project"))
            }
            () if self.missing_sheets().all(|(_, of)| of != evaluator) => {
                Err(Refusal::NotNow("no sheet of this evaluator is waited for"))
            }
            () if self.evaluators.len() == 1 => Err(Refusal::NotNow(
                "this is the last evaluator: appoint another one first",
            )),
            () => Ok(()),
        }
    }

    fn judging(&self, proposal: ProposalId, evaluator: PersonId) -> Result<&Proposal, Refusal> {
        self.phase_is(Phase::Scoring, "proposals are judged after the call")?;
        match self.evaluators.contains(&evaluator) {
            true => self.standing_proposal(proposal),
            false => Err(Refusal::Missing("such evaluator of this project")),
        }
    }

    /// Those that are shown are those that were sealed; whether all are in is
    /// asked where it is known who may still judge.
    fn may_open(&self, sheets: &[Score]) -> Result<(), Refusal> {
        self.phase_is(Phase::Scoring, "scores are opened after judging")?;
        let sealed: usize = self.standing().map(|proposal| proposal.sealed.len()).sum();
        let mut shown: Vec<_> = sheets.iter().map(|s| (s.proposal, s.evaluator)).collect();
        shown.sort_unstable();
        shown.dedup();
        if shown.len() != sheets.len() || sheets.len() != sealed {
            return Err(Refusal::wrong(
                "the sheets",
                "each sealed sheet is opened, once",
            ));
        }
        for score in sheets {
            let proposal = self.standing_proposal(score.proposal)?;
            let digest = score.sheet.digest()?;
            if proposal.sealed.get(&score.evaluator) != Some(&digest) {
                return Err(Refusal::wrong(
                    "the sheets",
                    "one is not the sheet that was sealed",
                ));
            }
        }
        Ok(())
    }

    fn may_select(&self, proposals: &[ProposalId]) -> Result<(), Refusal> {
        self.phase_is(Phase::Selection, "selection follows on the opened scores")?;
        if proposals.is_empty() {
            return Err(Refusal::wrong(
                "the selection",
                "name at least one; or close the project",
            ));
        }
        for (place, id) in proposals.iter().enumerate() {
            let proposal = self.standing_proposal(*id)?;
            if proposal.scores.is_empty() {
                return Err(Refusal::NotNow("what nobody scored cannot be selected"));
            }
            if proposals[..place].contains(id) {
                return Err(Refusal::wrong("the selection", "name each proposal once"));
            }
        }
        Ok(())
    }

    fn may_adopt(&self, id: ProposalId, agency: OrganisationId) -> Result<(), Refusal> {
        self.phase_is_one_of(
            &[Phase::Demonstration, Phase::Adopted],
            "adoption follows on a demonstration",
        )?;
        let proposal = self.selected(id)?;
        if proposal.users.contains(&agency) {
            return Err(Refusal::NotNow("the agency uses it already"));
        }
        if agency != self.agency && !proposal.users.contains(&self.agency) {
            return Err(Refusal::NotNow(
                "others take over what the project's own agency uses",
            ));
        }
        match proposal.judged.last().map(|judged| judged.verdict) {
            Some(Verdict::Adopt) => Ok(()),
            Some(_) => Err(Refusal::NotNow("the gate's last word was not to adopt")),
            None => Err(Refusal::NotNow("nothing was demonstrated yet")),
        }
    }
}
