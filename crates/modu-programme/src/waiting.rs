//! What waits for somebody: the steps that a person can take now and that
//! the programme stands still without.
//!
//! It follows from where the programme stands and the table of rights alone,
//! and says no more than the person may see.

use jiff::Timestamp;

use crate::access::{Action, reach};
use crate::identity::{OrganisationId, PersonId, ProjectId, ProposalId};
use crate::organisation::Person;
use crate::programme::Programme;
use crate::project::{Phase, Project, Proposal, Verdict};

/// A step that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The project.
    pub project: ProjectId,
    /// What is to be done.
    pub task: Task,
    /// Until when, or from when on, where there is such a time.
    pub until: Option<Timestamp>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Open a call for a need.
    OpenCall,
    /// Close a call whose time is over, and name who judges.
    CloseCall,
    /// Propose, while the call is open.
    Propose,
    /// Seal a sheet on a proposal, or step back from it.
    Seal(ProposalId),
    /// Appoint another evaluator: nobody judges a proposal.
    AppointEvaluator(ProposalId),
    /// Open all sheets: all are in.
    OpenScores,
    /// Select who demonstrates.
    Select,
    /// Demonstrate what was selected and was not judged yet.
    Demonstrate(ProposalId),
    /// Adopt what the gate let through.
    Adopt(ProposalId),
    /// See why the gate refused what is in use.
    Review(ProposalId),
}

impl Programme {
    /// What waits for a person now, by project. Linear in the projects.
    #[must_use]
    pub fn waiting(&self, person: PersonId, now: Timestamp) -> Vec<Waiting> {
        let person = self.people().get(&person).filter(|person| person.active);
        let Some(person) = person else {
            return Vec::new();
        };
        let projects = self.projects().values();
        let open = projects.filter(|project| project.phase != Phase::Closed);
        open.flat_map(|project| of_project(self, person, project, now))
            .collect()
    }
}

fn of_project(
    programme: &Programme,
    person: &Person,
    project: &Project,
    now: Timestamp,
) -> Vec<Waiting> {
    let mut found = Vec::new();
    let mut add = |task, until| {
        found.push(Waiting {
            project: project.id,
            task,
            until,
        });
    };
    let may = |action| reach(person.role, action).is_some();
    let over = project.closes.is_some_and(|closes| closes <= now);
    match project.phase {
        Phase::Need if may(Action::RunCall) => add(Task::OpenCall, None),
        Phase::Call if over && may(Action::RunCall) => add(Task::CloseCall, project.closes),
        Phase::Call if !over && may(Action::Propose) && !proposed(project, person.organisation) => {
            add(Task::Propose, project.closes);
        }
        Phase::Scoring if may(Action::Score) => {
            let missing = programme.missing_sheets(project);
            for (proposal, _) in missing.filter(|(_, evaluator)| *evaluator == person.id) {
                add(Task::Seal(proposal), None);
            }
        }
        Phase::Scoring if may(Action::Select) => {
            let unjudged = |it: &&Proposal| programme.sheets_of(project, it) == 0;
            for proposal in project.standing().filter(unjudged) {
                add(Task::AppointEvaluator(proposal.id), None);
            }
            if programme.is_judged(project) {
                add(Task::OpenScores, None);
            }
        }
        Phase::Selection if may(Action::Select) => add(Task::Select, None),
        Phase::Demonstration | Phase::Adopted if project.agency == person.organisation => {
            for proposal in project.standing().filter(|proposal| proposal.selected) {
                if let Some(task) = of_agency(person, proposal) {
                    add(task, None);
                }
            }
        }
        _ => {}
    }
    found
}

fn proposed(project: &Project, supplier: OrganisationId) -> bool {
    let mut standing = project.standing();
    standing.any(|proposal| proposal.supplier == supplier)
}

/// What an agency is to do about a selected proposal to its own need.
fn of_agency(person: &Person, proposal: &Proposal) -> Option<Task> {
    let may = |action| reach(person.role, action).is_some();
    let used = proposal.users.contains(&person.organisation);
    let last = proposal.judged.last().map(|judged| judged.verdict);
    match (last, used) {
        (None, _) => may(Action::Demonstrate).then_some(Task::Demonstrate(proposal.id)),
        (Some(Verdict::Adopt), false) => may(Action::Adopt).then_some(Task::Adopt(proposal.id)),
        (Some(Verdict::Refuse), true) => may(Action::Adopt).then_some(Task::Review(proposal.id)),
        _ => None,
    }
}
