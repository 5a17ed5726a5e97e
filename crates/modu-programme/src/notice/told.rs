//! Which notices an entry of the history makes: a pure function.

use std::collections::HashSet;

use super::Note;
use crate::access::Role;
use crate::event::{Actor, Entry, Event};
use crate::identity::{OrganisationId, PersonId, ProjectId, ProposalId};
use crate::organisation::{OrganisationKind, Person};
use crate::programme::Programme;
use crate::project::{Phase, Project, Proposal};

/// Whom a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// An organisation: those who act for it, and its webhooks. Evaluators sit
    /// at the operator's and judge for themselves, so they are not meant.
    Organisation(OrganisationId),
    /// One person, and nobody's webhook.
    Person(PersonId),
}

impl Recipient {
    /// The people that it means now.
    pub fn people(self, programme: &Programme) -> impl Iterator<Item = &Person> {
        let (one, members) = match self {
            Self::Person(id) => (programme.people().get(&id), None),
            Self::Organisation(id) => (None, Some(programme.members(id))),
        };
        let members = members.into_iter().flatten();
        one.into_iter()
            .chain(members.filter(|person| person.active && person.role != Role::Evaluator))
    }
}

/// Something that somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Told {
    /// Who.
    pub to: Recipient,
    /// What.
    pub note: Note,
}

/// What an entry tells to whom; `programme` is where everything stands after
/// it. Each pair stands once, and always in the same order. Nobody is told what
/// they may not see: of a proposal only its supplier, the agency and the
/// operator hear before it was adopted.
#[must_use]
pub fn told_by(entry: &Entry, programme: &Programme) -> Vec<Told> {
    let mut hearing = Hearing {
        programme,
        told: Vec::new(),
    };
    match entry.event {
        Event::OrganisationRegistered { .. } => {}
        Event::PersonEnrolled { role, .. } => {
            hearing.person(PersonId(entry.sequence), Note::Enrolled { role });
        }
        Event::PersonSuspended { person } => {
            hearing.person(person, Note::Suspended);
            // Their sheets are waited for no longer.
            let projects = programme.projects().values();
            for project in projects.filter(|project| project.phase == Phase::Scoring) {
                let mut missing = project.missing_sheets();
                if missing.any(|(_, evaluator)| evaluator == person) {
                    hearing.complete(project);
                }
            }
        }
        Event::PersonReinstated { person } => hearing.person(person, Note::Reinstated),
        Event::AccessReset { person, .. } => hearing.person(person, Note::AccessReset),
        Event::NeedPublished { .. } => {
            let project = ProjectId(entry.sequence);
            hearing.all(OrganisationKind::Supplier, &Note::NeedPublished { project });
            hearing.all(OrganisationKind::Operator, &Note::NeedPublished { project });
        }
        ref event => {
            let project = event.project();
            let project = project.and_then(|id| programme.projects().get(&id));
            if let Some(project) = project {
                hearing.of_project(event, entry, project);
            }
        }
    }
    let mut told = hearing.told;
    let mut before = HashSet::with_capacity(told.len());
    told.retain(|one| before.insert(one.clone()));
    told
}

/// Whoever did it knows it already.
#[must_use]
pub(super) fn did_it(entry: &Entry, person: PersonId) -> bool {
    entry.by == Actor::Person(person)
}

struct Hearing<'p> {
    programme: &'p Programme,
    told: Vec<Told>,
}

impl Hearing<'_> {
    fn organisation(&mut self, id: OrganisationId, note: Note) {
        let to = Recipient::Organisation(id);
        self.told.push(Told { to, note });
    }

    fn person(&mut self, id: PersonId, note: Note) {
        let to = Recipient::Person(id);
        self.told.push(Told { to, note });
    }

    fn all(&mut self, kind: OrganisationKind, note: &Note) {
        let organisations = self.programme.organisations().values();
        for organisation in organisations.filter(|organisation| organisation.kind == kind) {
            self.organisation(organisation.id, note.clone());
        }
    }

    fn suppliers(&mut self, project: &Project, note: &Note) {
        for proposal in project.standing() {
            self.organisation(proposal.supplier, note.clone());
        }
    }

    /// The agency and the supplier of a proposal.
    fn parties(&mut self, project: &Project, proposal: ProposalId, note: &Note) {
        self.organisation(project.agency, note.clone());
        if let Some(proposal) = project.proposals.get(&proposal) {
            self.organisation(proposal.supplier, note.clone());
        }
    }

    fn of_project(&mut self, event: &Event, entry: &Entry, about: &Project) {
        let project = about.id;
        match *event {
            Event::CallOpened { closes, .. } => {
                let note = Note::CallOpened { project, closes };
                self.organisation(about.agency, note.clone());
                self.all(OrganisationKind::Supplier, &note);
            }
            Event::ProposalSubmitted { .. } => {
                let proposal = ProposalId(entry.sequence);
                let note = Note::ProposalSubmitted { project, proposal };
                self.organisation(about.agency, note.clone());
                self.all(OrganisationKind::Operator, &note);
            }
            Event::ProposalWithdrawn { proposal, .. } => {
                let note = Note::ProposalWithdrawn { project, proposal };
                self.organisation(about.agency, note.clone());
                self.all(OrganisationKind::Operator, &note);
            }
            Event::CallClosed { ref evaluators, .. } => {
                for evaluator in evaluators {
                    self.person(*evaluator, Note::SheetsAwaited { project });
                }
                let note = Note::CallClosed { project };
                self.organisation(about.agency, note.clone());
                self.suppliers(about, &note);
            }
            Event::EvaluatorAppointed { evaluator, .. } => {
                self.person(evaluator, Note::SheetsAwaited { project });
            }
            Event::EvaluatorReleased { evaluator, .. } => {
                self.person(evaluator, Note::Released { project });
                self.complete(about);
            }
            Event::ConflictDeclared { proposal, .. } => {
                let note = Note::ConflictDeclared { project, proposal };
                self.all(OrganisationKind::Operator, &note);
                self.complete(about);
            }
            Event::ScoreSealed { .. } => self.complete(about),
            Event::ScoresOpened { .. } => {
                let note = Note::ScoresOpened { project };
                self.organisation(about.agency, note.clone());
                self.suppliers(about, &note);
            }
            Event::Selected { .. } => self.selected(about),
            _ => self.of_use(event, about),
        }
    }

    /// The operator can open the sheets once none is missing.
    fn complete(&mut self, about: &Project) {
        if self.programme.is_judged(about) {
            let note = Note::SheetsComplete { project: about.id };
            self.all(OrganisationKind::Operator, &note);
        }
    }

    fn selected(&mut self, about: &Project) {
        let project = about.id;
        self.organisation(about.agency, Note::SelectionMade { project });
        let standing: Vec<&Proposal> = about.standing().collect();
        for found in standing {
            let proposal = found.id;
            let note = match found.selected {
                true => Note::Selected { project, proposal },
                false => Note::NotSelected { project, proposal },
            };
            self.organisation(found.supplier, note);
        }
    }

    fn of_use(&mut self, event: &Event, about: &Project) {
        let project = about.id;
        match *event {
            Event::Demonstrated {
                proposal,
                verdict,
                evidence,
                ..
            } => {
                let note = Note::Judged {
                    project,
                    proposal,
                    verdict,
                    evidence,
                };
                self.parties(about, proposal, &note);
            }
            Event::Watched {
                proposal,
                verdict,
                evidence,
                ..
            } => {
                let note = Note::JudgedAgain {
                    project,
                    proposal,
                    verdict,
                    evidence,
                };
                self.parties(about, proposal, &note);
                let users = about.proposals.get(&proposal).map(|it| &it.users);
                for user in users.into_iter().flatten() {
                    self.organisation(*user, note.clone());
                }
            }
            Event::Adopted {
                proposal, agency, ..
            } => {
                let note = Note::Adopted {
                    project,
                    proposal,
                    agency,
                };
                self.parties(about, proposal, &note);
                self.all(OrganisationKind::Operator, &note);
                // So that it spreads.
                self.all(OrganisationKind::DemandAgency, &note);
            }
            Event::Retired {
                proposal, agency, ..
            } => {
                let note = Note::Retired {
                    project,
                    proposal,
                    agency,
                };
                self.parties(about, proposal, &note);
            }
            Event::Closed { .. } => {
                let note = Note::Closed { project };
                self.organisation(about.agency, note.clone());
                self.suppliers(about, &note);
            }
            _ => {}
        }
    }
}
