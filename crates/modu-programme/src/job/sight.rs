//! Who may look at a job: asked by pages and by the interface for programs.

use super::{Job, Work};
use crate::access::{Action, Role};
use crate::identity::PersonId;
use crate::programme::Programme;

impl Programme {
    /// Whether somebody may look at a job: those who may see the proposals of
    /// its project, and of their own ones each supplier, for what goes wrong
    /// with a rival's model is not told. `None` asks as anybody.
    #[must_use]
    pub fn may_see_job(&self, who: Option<PersonId>, job: &Job) -> bool {
        let Some(project) = self.projects().get(&job.project) else {
            return false;
        };
        if !self.may_see(who, project, Action::SeeProposals) {
            return false;
        }
        let person = who.and_then(|who| self.people().get(&who));
        let Some(supplier) = person.filter(|person| person.role == Role::Supplier) else {
            return true;
        };
        let Work::Demonstrate(asked) = &job.work;
        asked.entrants.iter().all(|entrant| {
            let proposal = project.proposals.get(&entrant.proposal);
            proposal.is_some_and(|proposal| proposal.supplier == supplier.organisation)
        })
    }
}
