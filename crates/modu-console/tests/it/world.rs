//! A programme in which there is something of everything: a project in each
//! phase, data, a job, keys, and one text in every place that takes any.

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use modu_programme::access::Role;
use modu_programme::account::Token;
use modu_programme::job::{AskedDemonstration, Urgency};
use modu_programme::notice::webhook::WebhookAddress;
use modu_programme::notice::{Failure, Follower};
use modu_programme::project::{Score, ScoreSheet, Verdict};
use modu_programme::{
    Actor, Event, Links, OrganisationId, OrganisationKind, PersonId, ProjectId, ProposalId,
    Sequence, Shown, Text, Title,
};

use crate::server::Server;

/// How far a project has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Need,
    Open,
    Call,
    Scoring,
    Sealed,
    Opened,
    Selected,
    Judged,
    Adopted,
}

const PHASES: [Phase; 9] = [
    Phase::Need,
    Phase::Open,
    Phase::Call,
    Phase::Scoring,
    Phase::Sealed,
    Phase::Opened,
    Phase::Selected,
    Phase::Judged,
    Phase::Adopted,
];

/// Puts it all into a server. Takes a second, for a call is open a while.
pub(crate) async fn build(server: &Server, text: &str) {
    // However long it takes, all calls are answered at one moment.
    let begun = Timestamp::now();
    let soon = begun + SignedDuration::from_secs(1);
    let at = Some(begun);
    let mut world = World { server, text, at };
    let suppliers = [world.organisation("가람"), world.organisation("나래")];
    let mut projects = Vec::new();
    for phase in PHASES {
        let project = world.need();
        let mut proposals = Vec::new();
        if phase >= Phase::Open {
            let closes = match phase <= Phase::Call {
                true => begun + SignedDuration::from_hours(24),
                false => soon,
            };
            world.tell(Event::CallOpened { project, closes });
        }
        if phase >= Phase::Call {
            proposals.extend(suppliers.map(|supplier| world.propose(project, supplier)));
        }
        projects.push((phase, project, proposals));
    }
    while Timestamp::now() < soon {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    world.at = None;
    for (phase, project, proposals) in &projects {
        world.go_on(*phase, *project, proposals);
    }
    world.people();
    let selected = projects
        .iter()
        .find(|(phase, ..)| *phase == Phase::Selected);
    let (_, project, proposals) = selected.unwrap();
    world.job(*project, proposals[0]);
    world.notices();
    world.node();
    world.link();
}

struct World<'w> {
    server: &'w Server,
    text: &'w str,
    /// When all happens; now, where it is `None`.
    at: Option<Timestamp>,
}

impl World<'_> {
    fn tell(&self, event: Event) -> Sequence {
        let mut kept = self.server.office.kept();
        let at = self.at.unwrap_or_else(Timestamp::now);
        kept.act(Actor::System, event, at).unwrap().sequence
    }

    fn title(&self) -> Title {
        Title::new(self.text).unwrap()
    }

    fn long(&self) -> Text {
        Text::new(self.text).unwrap()
    }

    fn organisation(&self, name: &str) -> OrganisationId {
        let kept = self.server.office.kept();
        let mut organisations = kept.programme().organisations().values();
        organisations
            .find(|it| it.name.as_str() == name)
            .unwrap()
            .id
    }

    fn person(&self, name: &str) -> PersonId {
        let kept = self.server.office.kept();
        let mut people = kept.programme().people().values();
        people.find(|it| it.name.as_str() == name).unwrap().id
    }

    fn need(&self) -> ProjectId {
        ProjectId(self.tell(Event::NeedPublished {
            agency: self.server.agency,
            title: self.title(),
            description: self.long(),
            need: Some(Digest::of(b"need")),
        }))
    }

    fn propose(&self, project: ProjectId, supplier: OrganisationId) -> ProposalId {
        let document = Digest::of(format!("{project} {supplier}").as_bytes());
        let materials = self.server.office.jobs().materials();
        materials
            .keep_solution(document, Digest::of(b"model"))
            .unwrap();
        ProposalId(self.tell(Event::ProposalSubmitted {
            project,
            supplier,
            title: self.title(),
            summary: self.long(),
            solution: Some(document),
        }))
    }

    fn go_on(&self, phase: Phase, project: ProjectId, proposals: &[ProposalId]) {
        if phase < Phase::Scoring {
            return;
        }
        let evaluators = self.server.evaluators.clone();
        self.tell(Event::CallClosed {
            project,
            evaluators: evaluators.clone(),
        });
        if phase < Phase::Sealed {
            return;
        }
        let mut sheets = Vec::new();
        for (proposal, evaluator) in proposals
            .iter()
            .flat_map(|proposal| evaluators.iter().map(|evaluator| (*proposal, *evaluator)))
        {
            let sheet = ScoreSheet {
                points: [30, 22, 11, 11],
                comment: self.long(),
                nonce: "1".repeat(64),
            };
            let accounts = self.server.office.accounts();
            let place = (project, proposal);
            accounts.keep_sheet(place, evaluator, &sheet).unwrap();
            drop(accounts);
            self.tell(Event::ScoreSealed {
                project,
                proposal,
                evaluator,
                sheet: sheet.digest().unwrap(),
            });
            sheets.push(Score {
                proposal,
                evaluator,
                sheet,
            });
        }
        if phase < Phase::Opened {
            return;
        }
        self.tell(Event::ScoresOpened { project, sheets });
        if phase < Phase::Selected {
            return;
        }
        self.tell(Event::Selected {
            project,
            proposals: proposals.to_vec(),
            reason: self.long(),
        });
        if phase < Phase::Judged {
            return;
        }
        self.tell(Event::Demonstrated {
            project,
            proposal: proposals[0],
            verdict: Verdict::Adopt,
            report: Digest::of(b"report"),
            evidence: 0,
        });
        if phase == Phase::Adopted {
            self.tell(Event::Adopted {
                project,
                proposal: proposals[0],
                agency: self.server.agency,
            });
        }
    }

    /// An organisation and a person with this name, and everybody's key.
    fn people(&self) {
        let organisation = OrganisationId(self.tell(Event::OrganisationRegistered {
            name: self.title(),
            kind: OrganisationKind::Supplier,
        }));
        let enrolled = || Event::PersonEnrolled {
            organisation,
            name: self.title(),
            role: Role::Supplier,
        };
        self.tell(enrolled());
        let person = PersonId(self.tell(enrolled()));
        self.tell(Event::PersonSuspended { person });
        for (login, ..) in crate::server::PEOPLE {
            let person = self.person(login);
            let mut accounts = self.server.office.accounts();
            accounts
                .make_key(person, &self.title(), Timestamp::now())
                .unwrap();
        }
    }

    fn job(&self, project: ProjectId, proposal: ProposalId) {
        let office = &self.server.office;
        let data = (Some(Digest::of(b"data")), 4);
        let agency = self.server.agency;
        let kept = office
            .jobs()
            .materials()
            .keep_dataset(agency, &self.title(), data, false, None);
        let asked = AskedDemonstration {
            project,
            proposals: vec![proposal],
            dataset: kept.unwrap(),
            urgency: Urgency::Normal,
            key: None,
        };
        office.demonstrate(self.person("agency"), &asked).unwrap();
    }

    /// Everybody is told of all that happened, and the agency has a webhook
    /// that is told and one that was stopped.
    fn notices(&self) {
        let office = &self.server.office;
        let board = office.board();
        let mut kept = office.kept();
        let mut follower = Follower::new(board, &modu_programme::Programme::new()).unwrap();
        while follower.read_on_in(kept.history()).unwrap() > 0 {}
        drop(kept);
        let agency = self.person("agency");
        let agency = office.kept().programme().people()[&agency].clone();
        let now = Timestamp::now();
        for place in ["gone", "here"] {
            let address = format!("https://{place}.example/?<b>='{}'", self.text);
            let address = WebhookAddress::new(&address).unwrap();
            board.add_webhook(&agency, &address, now).unwrap();
        }
        let gone = board.webhooks(&agency).unwrap()[0].id;
        board.try_webhook(&agency, gone, now).unwrap();
        let lease = SignedDuration::from_secs(20);
        let message = board.outbox().take(false, lease, now).unwrap().unwrap();
        let problem = Failure::Never(self.text.to_owned());
        let told = |_| vec![agency.id];
        board
            .outbox()
            .failed(&message, &problem, told, now)
            .unwrap();
    }

    /// A link to a patient's page.
    fn link(&self) {
        let archive = self.server.office.archive().unwrap();
        let home = archive.folder().parent().unwrap();
        let now = Timestamp::now();
        let shown = Shown {
            entry: 0,
            output: self.text.to_owned(),
            ends: now + SignedDuration::from_hours(1),
        };
        let key = Token::new().unwrap();
        Links::of(home).make(&shown, &key, now).unwrap();
    }

    /// A node stands beside the agency's data.
    fn node(&self) {
        let office = &self.server.office;
        let name = Title::new(self.text).unwrap();
        let key = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let operator = self.person("operator");
        let whose = (self.server.agency, &name);
        office
            .admit_node(operator, whose, key.parse().unwrap())
            .unwrap();
    }
}
