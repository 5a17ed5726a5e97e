//! Where everything stands: a function of the history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use modu_kernel::Digest;

use crate::access::{Action, Reach, Role, reach};
use crate::error::{HistoryError, Refusal};
use crate::event::{Actor, Entry, Event};
use crate::identity::{OrganisationId, PersonId, ProjectId, ProposalId, Sequence};
use crate::job::Register;
use crate::organisation::{Organisation, OrganisationKind, Person};
use crate::project::{Phase, Project, Proposal, Verdict};
use crate::tally::{Counted, Tally};

/// The programme as the history up to an entry makes it. Costs memory for
/// what stands, not for what happened; a clone shares each project with it
/// until one of the two goes on with that.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Programme {
    organisations: BTreeMap<OrganisationId, Organisation>,
    people: BTreeMap<PersonId, Person>,
    /// Those of each organisation, in the order in which they came.
    members: BTreeMap<OrganisationId, Vec<PersonId>>,
    projects: BTreeMap<ProjectId, Arc<Project>>,
    second_factor: BTreeSet<Role>,
    nodes: Register,
    tally: Tally,
    last: Sequence,
    last_at: Option<Timestamp>,
    head: Option<Digest>,
}

impl Programme {
    /// Before anything happened.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The last entry that it knows.
    #[must_use]
    pub fn last(&self) -> Sequence {
        self.last
    }

    /// The organisations, by their numbers.
    #[must_use]
    pub fn organisations(&self) -> &BTreeMap<OrganisationId, Organisation> {
        &self.organisations
    }

    /// The people, by their numbers.
    #[must_use]
    pub fn people(&self) -> &BTreeMap<PersonId, Person> {
        &self.people
    }

    /// The people of an organisation, those who are suspended too. Costs what
    /// it gives, however many others there are.
    pub fn members(&self, organisation: OrganisationId) -> impl Iterator<Item = &Person> {
        let members = self.members.get(&organisation);
        let members = members.into_iter().flatten();
        members.filter_map(|person| self.people.get(person))
    }

    /// The projects, by their numbers.
    #[must_use]
    pub fn projects(&self) -> &BTreeMap<ProjectId, Arc<Project>> {
        &self.projects
    }

    /// The roles whose people come in by a second factor only.
    #[must_use]
    pub fn second_factor(&self) -> &BTreeSet<Role> {
        &self.second_factor
    }

    /// The nodes that stand beside agencies' data.
    #[must_use]
    pub fn nodes(&self) -> &Register {
        &self.nodes
    }

    /// The entry that an event would become. Nothing is changed: the caller
    /// keeps the entry first, and then [`Self::follow`]s it.
    ///
    /// # Errors
    /// [`HistoryError::Refused`] where the actor may not, or the event does
    /// not follow; [`HistoryError::ClockWentBack`].
    pub fn propose(&self, by: Actor, event: Event, now: Timestamp) -> Result<Entry, HistoryError> {
        self.allow(by, &event)?;
        self.check(&event, now)?;
        if let Some(last) = self.last_at.filter(|last| *last > now) {
            return Err(HistoryError::ClockWentBack { now, last });
        }
        Ok(Entry {
            sequence: self.last.next(),
            at: now,
            by,
            event,
            previous: self.head.unwrap_or_else(|| Digest::of(b"")),
        })
    }

    /// Moves on by the next entry of the history.
    ///
    /// # Errors
    /// [`HistoryError::Changed`] where it is not the next one, or does not name
    /// the digest of the one before.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), HistoryError> {
        self.follow_digested(entry, entry.digest()?)
    }

    /// As [`Self::follow`], with the digest of the entry's canonical JSON where
    /// the reader has it already.
    pub(crate) fn follow_digested(
        &mut self,
        entry: &Entry,
        digest: Digest,
    ) -> Result<(), HistoryError> {
        let changed = |problem: String| {
            Err(HistoryError::Changed {
                sequence: entry.sequence,
                problem,
            })
        };
        if entry.sequence != self.last.next() {
            return changed(format!("entry {} should follow", self.last.next()));
        }
        let previous = self.head.unwrap_or_else(|| Digest::of(b""));
        if entry.previous != previous {
            return changed(format!(
                "it follows on {}, not on {previous}",
                entry.previous
            ));
        }
        self.head = Some(digest);
        self.last = entry.sequence;
        self.last_at = Some(entry.at);
        self.apply(entry);
        Ok(())
    }

    fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::OrganisationRegistered { name, kind } => {
                let id = OrganisationId(entry.sequence);
                let organisation = Organisation {
                    id,
                    name: name.clone(),
                    kind: *kind,
                };
                self.organisations.insert(id, organisation);
            }
            Event::PersonEnrolled {
                organisation,
                name,
                role,
            } => {
                let id = PersonId(entry.sequence);
                let person = Person {
                    id,
                    name: name.clone(),
                    organisation: *organisation,
                    role: *role,
                    active: true,
                };
                self.people.insert(id, person);
                self.members.entry(*organisation).or_default().push(id);
            }
            Event::PersonSuspended { person } => self.activate(*person, false),
            Event::PersonReinstated { person } => self.activate(*person, true),
            Event::SecondFactorRequired { roles } => self.second_factor.clone_from(roles),
            Event::NodeAdmitted { .. }
            | Event::NodeRootBound { .. }
            | Event::NodeShutOut { .. } => {
                self.nodes.apply(&entry.event);
            }
            _ => match Project::begun_by(entry) {
                Some(project) => {
                    let after = Counted::of(&project, &entry.event);
                    self.tally.change(Counted::default(), after);
                    self.projects.insert(project.id, Arc::new(project));
                }
                None => {
                    let about = entry.event.project();
                    if let Some(project) = about.and_then(|id| self.projects.get_mut(&id)) {
                        let project = Arc::make_mut(project);
                        let before = Counted::of(project, &entry.event);
                        project.apply(entry);
                        let after = Counted::of(project, &entry.event);
                        self.tally.change(before, after);
                    }
                }
            },
        }
    }

    fn activate(&mut self, person: PersonId, active: bool) {
        if let Some(person) = self.people.get_mut(&person) {
            person.active = active;
        }
    }

    /// Whether the event follows on where things stand.
    fn check(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::OrganisationRegistered { name, .. } => {
                let taken = self.organisations.values().any(|other| other.name == *name);
                match taken {
                    true => Err(Refusal::wrong("the name", "an organisation has it already")),
                    false => Ok(()),
                }
            }
            Event::PersonEnrolled {
                organisation, role, ..
            } => {
                let organisation = self.organisation(*organisation)?;
                match organisation.kind.roles().contains(role) {
                    true => Ok(()),
                    false => Err(Refusal::wrong(
                        "the role",
                        format!("{:?} has no {role:?}", organisation.kind),
                    )),
                }
            }
            Event::PersonSuspended { person } => self.may_suspend(*person),
            Event::PersonReinstated { person } => match self.person(*person)?.active {
                true => Err(Refusal::NotNow("the person was not suspended")),
                false => Ok(()),
            },
            Event::AccessReset { person, .. } => match self.person(*person)?.active {
                true => Ok(()),
                false => Err(Refusal::NotNow(
                    "the person is suspended: reinstate them first",
                )),
            },
            Event::SecondFactorRequired { roles } => match () {
                () if roles.contains(&Role::Public) => {
                    Err(Refusal::wrong("the roles", "the public does not sign in"))
                }
                () if *roles == self.second_factor => {
                    Err(Refusal::NotNow("it is required of these already"))
                }
                () => Ok(()),
            },
            Event::NeedPublished { agency, .. } => {
                self.kind_is(*agency, OrganisationKind::DemandAgency)
            }
            Event::NodeAdmitted { organisation, .. } => {
                self.kind_is(*organisation, OrganisationKind::DemandAgency)?;
                self.nodes.check(event)
            }
            Event::NodeRootBound { .. } | Event::NodeShutOut { .. } => self.nodes.check(event),
            _ => self.check_in_project(event, now),
        }
    }

    fn check_in_project(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        let id = event.project().ok_or(Refusal::Missing("such project"))?;
        let project = self.project(id)?;
        match event {
            Event::ProposalSubmitted { supplier, .. } => {
                self.kind_is(*supplier, OrganisationKind::Supplier)?;
            }
            Event::Adopted { agency, .. } => {
                self.kind_is(*agency, OrganisationKind::DemandAgency)?;
            }
            Event::CallClosed { evaluators, .. } => {
                for evaluator in evaluators {
                    self.may_judge(*evaluator)?;
                }
            }
            Event::EvaluatorAppointed { evaluator, .. } => self.may_judge(*evaluator)?,
            Event::EvaluatorReleased { evaluator, .. } => {
                let only = |proposal: &Proposal| {
                    proposal.sealed.is_empty()
                        && self.judges(project, proposal).any(|it| it == *evaluator)
                        && self.judges(project, proposal).count() == 1
                };
                if project.standing().any(only) {
                    return Err(Refusal::NotNow(
                        "nobody else would judge a proposal: appoint another evaluator first",
                    ));
                }
            }
            Event::ScoresOpened { .. } if self.missing_sheets(project).next().is_some() => {
                return Err(Refusal::NotNow(
                    "sheets are still to come: all are opened together",
                ));
            }
            Event::ScoresOpened { .. } if !self.is_judged(project) => {
                return Err(Refusal::NotNow(
                    "nobody judges a proposal: appoint another evaluator first",
                ));
            }
            _ => {}
        }
        project.check(event, now)
    }

    /// Whether somebody can be appointed to judge.
    fn may_judge(&self, id: PersonId) -> Result<(), Refusal> {
        let person = self.person(id)?;
        match person.role == Role::Evaluator && person.active {
            true => Ok(()),
            false => Err(Refusal::Missing("such evaluator")),
        }
    }

    /// Sheets of a project that are still to come, as who is to judge what.
    /// Who was suspended is not waited for: a project would stand still for
    /// ever.
    pub fn missing_sheets<'p>(
        &'p self,
        project: &'p Project,
    ) -> impl Iterator<Item = (ProposalId, PersonId)> + 'p {
        let missing = project.missing_sheets();
        missing.filter(move |(_, evaluator)| self.acts(*evaluator))
    }

    /// How many sheets there will be on a proposal: the sealed ones, whoever
    /// still judges, and those that are still to come.
    #[must_use]
    pub fn sheets_of(&self, project: &Project, proposal: &Proposal) -> usize {
        let to_come = match project.phase {
            Phase::Scoring => self.judges(project, proposal).count(),
            _ => 0,
        };
        proposal.sealed.len() + to_come
    }

    /// Whether all sheets are in, on each proposal at least one: they can be
    /// opened.
    #[must_use]
    pub fn is_judged(&self, project: &Project) -> bool {
        let mut standing = project.standing();
        self.missing_sheets(project).next().is_none()
            && standing.all(|proposal| !proposal.sealed.is_empty())
    }

    /// Who is waited for on a proposal.
    fn judges<'p>(
        &'p self,
        project: &'p Project,
        proposal: &'p Proposal,
    ) -> impl Iterator<Item = PersonId> + 'p {
        let still = project.still_to_judge(proposal);
        still.filter(|it| self.acts(*it))
    }

    fn acts(&self, id: PersonId) -> bool {
        self.people.get(&id).is_some_and(|person| person.active)
    }

    /// The last operator stays: nobody could let anybody in again.
    fn may_suspend(&self, person: PersonId) -> Result<(), Refusal> {
        let person = self.person(person)?;
        let operators = self.people.values();
        let operators = operators.filter(|other| other.role == Role::Operator && other.active);
        match () {
            () if !person.active => Err(Refusal::NotNow("the person is suspended already")),
            () if person.role == Role::Operator && operators.count() <= 1 => {
                Err(Refusal::NotNow("this is the last operator"))
            }
            () => Ok(()),
        }
    }

    /// Whether the actor may cause the event.
    fn allow(&self, by: Actor, event: &Event) -> Result<(), Refusal> {
        let Actor::Person(id) = by else {
            return Ok(());
        };
        let person = self.person(id)?;
        let (action, owner) = self.asked(event)?;
        let own = match (owner, event) {
            (Owner::Organisation(owner), _) => owner == person.organisation,
            (Owner::Person(owner), _) => owner == person.id,
            (Owner::Nobody, _) => false,
        };
        let allowed = match reach(person.role, action) {
            Some(Reach::All) => true,
            Some(Reach::Own) => own,
            None => false,
        };
        match allowed && person.active {
            true => Ok(()),
            false => Err(Refusal::NotAllowed {
                role: person.role,
                action,
            }),
        }
    }

    /// What an event asks for, and whose it is.
    fn asked(&self, event: &Event) -> Result<(Action, Owner), Refusal> {
        let agency = || -> Result<Owner, Refusal> {
            let id = event.project().ok_or(Refusal::Missing("such project"))?;
            Ok(Owner::Organisation(self.project(id)?.agency))
        };
        Ok(match event {
            Event::OrganisationRegistered { .. }
            | Event::PersonEnrolled { .. }
            | Event::PersonSuspended { .. }
            | Event::PersonReinstated { .. }
            | Event::AccessReset { .. }
            | Event::SecondFactorRequired { .. } => (Action::ManagePeople, Owner::Nobody),
            Event::NodeAdmitted { .. }
            | Event::NodeRootBound { .. }
            | Event::NodeShutOut { .. } => (Action::ManageNodes, Owner::Nobody),
            Event::NeedPublished { agency, .. } => {
                (Action::PublishNeed, Owner::Organisation(*agency))
            }
            Event::CallOpened { .. }
            | Event::CallClosed { .. }
            | Event::EvaluatorAppointed { .. }
            | Event::EvaluatorReleased { .. } => (Action::RunCall, Owner::Nobody),
            Event::ProposalSubmitted { supplier, .. } => {
                (Action::Propose, Owner::Organisation(*supplier))
            }
            Event::ProposalWithdrawn {
                project, proposal, ..
            } => {
                let project = self.project(*project)?;
                let proposal = project.proposals.get(proposal);
                let proposal = proposal.ok_or(Refusal::Missing("such proposal"))?;
                (Action::Propose, Owner::Organisation(proposal.supplier))
            }
            Event::ConflictDeclared { evaluator, .. } | Event::ScoreSealed { evaluator, .. } => {
                (Action::Score, Owner::Person(*evaluator))
            }
            Event::ScoresOpened { .. } | Event::Selected { .. } => (Action::Select, Owner::Nobody),
            Event::Demonstrated { .. } | Event::Watched { .. } => (Action::Demonstrate, agency()?),
            Event::Adopted {
                project, agency, ..
            } => {
                let own = self.project(*project)?.agency == *agency;
                let action = if own { Action::Adopt } else { Action::TakeOver };
                (action, Owner::Organisation(*agency))
            }
            Event::Retired { agency, .. } => (Action::Adopt, Owner::Organisation(*agency)),
            Event::Closed { .. } => (Action::RunCall, Owner::Nobody),
        })
    }

    /// Whether somebody may have these proposals demonstrated: the agency whose
    /// need it is, of what was selected. The project, where that is so.
    ///
    /// # Errors
    /// Why not.
    pub fn may_demonstrate(
        &self,
        by: Actor,
        id: ProjectId,
        proposals: &[ProposalId],
    ) -> Result<&Project, Refusal> {
        let project = self.project(id)?;
        let mut named = proposals.to_vec();
        named.sort_unstable();
        named.dedup();
        if named.len() != proposals.len() {
            return Err(Refusal::wrong("the proposals", "name each once"));
        }
        for proposal in proposals {
            // What the gate will say changes nothing of whether one may ask.
            let event = Event::Demonstrated {
                project: id,
                proposal: *proposal,
                verdict: Verdict::Refuse,
                report: Digest::of(b""),
                evidence: 0,
            };
            self.allow(by, &event)?;
            project.check(&event, project.since)?;
        }
        Ok(project)
    }

    /// Whether somebody may see a part of a project; `None` asks as anybody.
    #[must_use]
    pub fn may_see(&self, who: Option<PersonId>, project: &Project, action: Action) -> bool {
        let person = who.and_then(|id| self.people.get(&id)).filter(|p| p.active);
        let role = person.map_or(Role::Public, |person| person.role);
        match (reach(role, action), person) {
            (Some(Reach::All), _) => true,
            (Some(Reach::Own), Some(person)) => match role {
                Role::Evaluator => project.evaluators.contains(&person.id),
                _ => project.concerns(person.organisation),
            },
            _ => false,
        }
    }

    /// What everybody may see: how many projects are how far, and what became
    /// of what was proposed.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    fn project(&self, id: ProjectId) -> Result<&Project, Refusal> {
        let found = self.projects.get(&id);
        found
            .map(AsRef::as_ref)
            .ok_or(Refusal::Missing("such project"))
    }

    fn organisation(&self, id: OrganisationId) -> Result<&Organisation, Refusal> {
        let found = self.organisations.get(&id);
        found.ok_or(Refusal::Missing("such organisation"))
    }

    fn person(&self, id: PersonId) -> Result<&Person, Refusal> {
        self.people.get(&id).ok_or(Refusal::Missing("such person"))
    }

    fn kind_is(&self, id: OrganisationId, kind: OrganisationKind) -> Result<(), Refusal> {
        match self.organisation(id)?.kind == kind {
            true => Ok(()),
            false => Err(Refusal::Missing("such organisation of that kind")),
        }
    }
}

/// Whose a step is.
enum Owner {
    /// An organisation's.
    Organisation(OrganisationId),
    /// One person's.
    Person(PersonId),
    /// Nobody's: only those may who may everywhere.
    Nobody,
}
