//! A small programme with everybody in it.

use jiff::{SignedDuration, Timestamp};
use modu_programme::access::Role;
use modu_programme::account::{Entered, Token};
use modu_programme::database::Database;
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, HistoryError, OrganisationId, OrganisationKind, PersonId, ProjectId, ProposalId,
    Refusal, Text, Title,
};

pub(crate) struct Scene {
    pub(crate) kept: Kept<DatabaseHistory>,
    pub(crate) hour: i64,
    pub(crate) operator: PersonId,
    pub(crate) agency: OrganisationId,
    pub(crate) official: PersonId,
    pub(crate) other_agency: OrganisationId,
    pub(crate) other_official: PersonId,
    pub(crate) suppliers: [OrganisationId; 2],
    pub(crate) sellers: [PersonId; 2],
    pub(crate) evaluators: [PersonId; 2],
    pub(crate) auditor: PersonId,
}

pub(crate) fn title(text: &str) -> Title {
    Title::new(text).unwrap()
}

pub(crate) fn text(content: &str) -> Text {
    Text::new(content).unwrap()
}

/// A new database: in memory, or where the tests are run over PostgreSQL.
pub(crate) fn database() -> Database {
    match modu_cluster::fresh_database() {
        Some(url) => Database::postgres(&url).unwrap(),
        None => Database::in_memory().unwrap(),
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut kept = Kept::open(DatabaseHistory::over(database()).unwrap()).unwrap();
        let mut hour = 0;
        let mut act = |event| {
            hour += 1;
            kept.act(Actor::System, event, at(hour)).unwrap().sequence
        };
        let mut organisation = |name, kind| {
            let name = title(name);
            OrganisationId(act(Event::OrganisationRegistered { name, kind }))
        };
        let operator = organisation("전담기관", OrganisationKind::Operator);
        let agency = organisation("통계청", OrganisationKind::DemandAgency);
        let other_agency = organisation("조달청", OrganisationKind::DemandAgency);
        let suppliers =
            ["가람 AI", "나래 AI"].map(|name| organisation(name, OrganisationKind::Supplier));
        let audit = organisation("감사원", OrganisationKind::Auditor);
        let mut person = |organisation, name, role| {
            let name = title(name);
            let event = Event::PersonEnrolled {
                organisation,
                name,
                role,
            };
            PersonId(act(event))
        };
        let operator_person = person(operator, "운영", Role::Operator);
        let official = person(agency, "김주무관", Role::DemandAgency);
        let other_official = person(other_agency, "이주무관", Role::DemandAgency);
        let sellers = suppliers.map(|supplier| person(supplier, "영업", Role::Supplier));
        let evaluators = ["박위원", "최위원"].map(|name| person(operator, name, Role::Evaluator));
        let auditor = person(audit, "감사관", Role::Auditor);
        Self {
            kept,
            hour,
            operator: operator_person,
            agency,
            official,
            other_agency,
            other_official,
            suppliers,
            sellers,
            evaluators,
            auditor,
        }
    }

    pub(crate) fn now(&mut self) -> Timestamp {
        self.hour += 1;
        at(self.hour)
    }

    pub(crate) fn act(
        &mut self,
        by: PersonId,
        event: Event,
    ) -> Result<modu_programme::Entry, HistoryError> {
        let now = self.now();
        self.kept.act(Actor::Person(by), event, now)
    }

    pub(crate) fn refused(&mut self, by: PersonId, event: Event) -> Refusal {
        let before = self.kept.programme().clone();
        let refusal = match self.act(by, event.clone()) {
            Err(HistoryError::Refused(refusal)) => refusal,
            other => panic!("{event:?} should be refused, not {other:?}"),
        };
        assert_eq!(*self.kept.programme(), before);
        refusal
    }

    pub(crate) fn need(&mut self) -> ProjectId {
        let event = self.need_event();
        ProjectId(self.act(self.official, event).unwrap().sequence)
    }

    pub(crate) fn need_event(&self) -> Event {
        Event::NeedPublished {
            agency: self.agency,
            title: title("소득 예측"),
            description: text("가구 소득을 예측합니다."),
            need: None,
        }
    }

    pub(crate) fn call(&mut self, project: ProjectId, hours: i64) {
        let closes = at(self.hour + 1 + hours);
        let event = Event::CallOpened { project, closes };
        self.act(self.operator, event).unwrap();
    }

    pub(crate) fn propose(&mut self, project: ProjectId, which: usize) -> ProposalId {
        let event = self.proposal_event(project, which);
        ProposalId(self.act(self.sellers[which], event).unwrap().sequence)
    }

    pub(crate) fn proposal_event(&self, project: ProjectId, which: usize) -> Event {
        Event::ProposalSubmitted {
            project,
            supplier: self.suppliers[which],
            title: title("제안"),
            summary: text("나무 모형입니다."),
            solution: None,
        }
    }

    pub(crate) fn close_call(&mut self, project: ProjectId) {
        self.hour += 100;
        let evaluators = self.evaluators.to_vec();
        let event = Event::CallClosed {
            project,
            evaluators,
        };
        self.act(self.operator, event).unwrap();
    }
}

pub(crate) fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap() + SignedDuration::from_hours(hour)
}

/// Who came all the way in, and their session.
pub(crate) fn inside(entered: Entered) -> (PersonId, Token) {
    match entered {
        Entered::In { person, session } => (person, session),
        Entered::CodeNext { .. } => panic!("a code is asked for"),
    }
}
