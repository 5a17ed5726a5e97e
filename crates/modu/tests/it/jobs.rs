//! Jobs of `modu serve`: done once, however often the server is killed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Artifact;
use modu_programme::access::Role;
use modu_programme::database::Database;
use modu_programme::job::{AskedDemonstration, Desk, Job, JobState, LEASE, NodeId, Urgency};
use modu_programme::project::{Score, ScoreSheet};
use modu_programme::store::{DatabaseHistory, History as _, Kept};
use modu_programme::{
    Actor, Event, OrganisationId, OrganisationKind, PersonId, ProjectId, ProposalId, Sequence,
    Text, Title,
};

use crate::program::{Office, demo, text};

const SOLUTIONS: [&str; 3] = ["linear", "forest", "weighted"];

/// A lease that is not lost by being slow, in seconds.
pub(crate) const LONG: u32 = 60;

/// A project whose selected solutions are to be demonstrated on the kit's
/// sample.
pub(crate) struct Demonstrating {
    pub(crate) office: Office,
    pub(crate) project: ProjectId,
    pub(crate) proposals: Vec<ProposalId>,
    pub(crate) official: PersonId,
    pub(crate) operator: PersonId,
    pub(crate) agency: OrganisationId,
    /// The database, where the tests are run over PostgreSQL.
    pub(crate) url: Option<String>,
    /// For how long a server's workers hold a job without a word, in seconds:
    /// longer than any machine keeps them from it, or where they are killed a
    /// second, so that others need not wait.
    pub(crate) lease: u32,
}

/// A connection to the programme of an office.
fn database(office: &Office, url: &Option<String>) -> Database {
    match url {
        Some(url) => Database::postgres(url).unwrap(),
        None => Database::file(&office.path("home/programme.sqlite")).unwrap(),
    }
}

impl Demonstrating {
    /// Tells the whole story up to the selection, before any server runs.
    pub(crate) fn new() -> Self {
        let office = Office::with_kit();
        let need = office.path("kit/need.toml");
        let solutions = SOLUTIONS.map(|name| {
            let folder = demo(&format!("solutions/{name}"));
            (name, folder.clone(), folder.join(format!("{name}.onnx")))
        });
        let story = Self::on(office, &need, &solutions);
        let hand = Story::new(&story.office, &story.url);
        let data = hand.put(&story.office.path("kit/sample.csv"));
        let data = (Some(data.digest), data.size);
        let materials = hand.desk.materials();
        materials
            .keep_dataset(story.agency, &title("표본"), data, true, None)
            .unwrap();
        drop(hand);
        story
    }

    /// The same of any need and solutions (a name, its folder, its model); the
    /// agency has no data yet.
    pub(crate) fn on(office: Office, need: &Path, solutions: &[(&str, PathBuf, PathBuf)]) -> Self {
        office
            .modu(&["proof", "register", text(need)])
            .expect_code(0);
        let url = modu_cluster::fresh_database();
        if let Some(url) = &url {
            // As `modu serve --database` remembers it.
            std::fs::write(office.path("home/database.url"), url).unwrap();
        }
        let mut story = Story::new(&office, &url);
        let operator = story.organisation("전담기관", OrganisationKind::Operator);
        let person = story.person(operator, "운영", Role::Operator);
        let evaluator = story.person(operator, "위원", Role::Evaluator);
        let agency = story.organisation("통계청", OrganisationKind::DemandAgency);
        let official = story.person(agency, "주무관", Role::DemandAgency);
        let project = ProjectId(story.tell(Event::NeedPublished {
            agency,
            title: title("소득 기준 확인"),
            description: Text::default(),
            need: Some(story.put(need).digest),
        }));
        let closes = story.now + SignedDuration::from_hours(1);
        story.tell(Event::CallOpened { project, closes });
        let proposals: Vec<_> = solutions
            .iter()
            .map(|solution| story.propose(project, solution))
            .collect();
        story.now = closes;
        story.select(project, &proposals, evaluator);
        drop(story);
        Self {
            office,
            project,
            proposals,
            official,
            operator: person,
            agency,
            url,
            lease: LONG,
        }
    }

    pub(crate) fn database(&self) -> Database {
        database(&self.office, &self.url)
    }

    pub(crate) fn kept(&self) -> Kept<DatabaseHistory> {
        Kept::open(DatabaseHistory::over(self.database()).unwrap()).unwrap()
    }

    pub(crate) fn desk(&self) -> Desk {
        Desk::over(self.database(), LEASE).unwrap()
    }

    pub(crate) fn asked(&self, proposals: &[ProposalId]) -> AskedDemonstration {
        let kept = self.kept();
        let agency = kept.programme().projects()[&self.project].agency;
        AskedDemonstration {
            project: self.project,
            proposals: proposals.to_vec(),
            dataset: self.desk().materials().datasets(agency).unwrap()[0].id,
            urgency: Urgency::Normal,
            key: None,
        }
    }

    pub(crate) fn ask(&self, proposals: &[ProposalId]) {
        let asked = self.asked(proposals);
        let kept = self.kept();
        let now = Timestamp::now();
        self.desk()
            .ask(self.official, &asked, kept.programme(), now)
            .unwrap();
    }

    pub(crate) fn jobs(&self) -> Vec<Job> {
        self.desk().queue().list(None, None, 100).unwrap()
    }

    pub(crate) fn demonstrated(&self) -> Vec<(ProposalId, u64)> {
        let entries = self
            .kept()
            .history()
            .after(Sequence::START, 10_000)
            .unwrap();
        let told = entries.into_iter().filter_map(|entry| match entry.event {
            Event::Demonstrated {
                proposal, evidence, ..
            } => Some((proposal, evidence)),
            _ => None,
        });
        told.collect()
    }

    /// Starts the server and reads until it says where it listens.
    fn serve(&self) -> Child {
        self.serve_at(Stdio::null()).0
    }

    /// The same, with where it listens and a place for its standard error.
    pub(crate) fn serve_at(&self, errors: Stdio) -> (Child, String) {
        let serve = ["--json", "serve", "--listen", "127.0.0.1:0", "--lease"];
        let mut command = self.office.command(&serve);
        let mut child = command
            .arg(self.lease.to_string())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        for line in lines.by_ref() {
            let line = line.unwrap();
            said.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let place = said["address"].as_str().unwrap().to_owned();
        (child, place)
    }

    /// Waits until another job is taken than those `before`, or none is left.
    pub(crate) fn wait_until_taken(&self, before: u32) {
        for _ in 0..3_000 {
            let jobs = self.jobs();
            if takings(&jobs) > before || jobs.iter().all(|job| job.state.is_over()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{:?}", self.jobs());
    }

    pub(crate) fn wait_until_over(&self) -> Vec<Job> {
        for _ in 0..3_000 {
            let jobs = self.jobs();
            if jobs.iter().all(|job| job.state.is_over()) {
                return jobs;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{:?}", self.jobs());
    }
}

/// How often jobs were taken, all together.
pub(crate) fn takings(jobs: &[Job]) -> u32 {
    jobs.iter().map(|job| job.takings).sum()
}

pub(crate) fn title(text: &str) -> Title {
    Title::new(text).unwrap()
}

struct Story<'o> {
    office: &'o Office,
    kept: Kept<DatabaseHistory>,
    desk: Desk,
    now: Timestamp,
}

impl<'o> Story<'o> {
    fn new(office: &'o Office, url: &Option<String>) -> Self {
        let open = || database(office, url);
        Self {
            office,
            kept: Kept::open(DatabaseHistory::over(open()).unwrap()).unwrap(),
            desk: Desk::over(open(), LEASE).unwrap(),
            now: Timestamp::now() - SignedDuration::from_hours(2),
        }
    }

    fn tell(&mut self, event: Event) -> Sequence {
        self.kept
            .act(Actor::System, event, self.now)
            .unwrap()
            .sequence
    }

    fn organisation(&mut self, name: &str, kind: OrganisationKind) -> OrganisationId {
        let name = title(name);
        OrganisationId(self.tell(Event::OrganisationRegistered { name, kind }))
    }

    fn person(&mut self, organisation: OrganisationId, name: &str, role: Role) -> PersonId {
        let name = title(name);
        PersonId(self.tell(Event::PersonEnrolled {
            organisation,
            name,
            role,
        }))
    }

    fn put(&self, file: &Path) -> Artifact {
        let place = self.office.path("home/store").display().to_string();
        let store = modu_store::Store::open(&place.parse().unwrap()).unwrap();
        store.put(std::fs::File::open(file).unwrap()).unwrap()
    }

    fn propose(
        &mut self,
        project: ProjectId,
        (name, folder, model): &(&str, PathBuf, PathBuf),
    ) -> ProposalId {
        let document = self.put(&folder.join("solution.toml"));
        let model = self.put(model);
        let materials = self.desk.materials();
        materials
            .keep_solution(document.digest, model.digest)
            .unwrap();
        let supplier = self.organisation(name, OrganisationKind::Supplier);
        ProposalId(self.tell(Event::ProposalSubmitted {
            project,
            supplier,
            title: title(name),
            summary: Text::default(),
            solution: Some(document.digest),
        }))
    }

    fn select(&mut self, project: ProjectId, proposals: &[ProposalId], evaluator: PersonId) {
        let evaluators = vec![evaluator];
        self.tell(Event::CallClosed {
            project,
            evaluators,
        });
        let sheet = ScoreSheet {
            points: [30, 22, 11, 11],
            comment: Text::default(),
            nonce: "1".repeat(64),
        };
        let mut sheets = Vec::new();
        for proposal in proposals {
            let (proposal, sheet) = (*proposal, sheet.clone());
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
        self.tell(Event::ScoresOpened { project, sheets });
        self.tell(Event::Selected {
            project,
            proposals: proposals.to_vec(),
            reason: Text::default(),
        });
    }
}

#[test]
fn jobs_are_done_once_however_often_the_server_is_killed() {
    let mut story = Demonstrating::new();
    for proposal in &story.proposals {
        story.ask(&[*proposal]);
    }
    story.lease = 1;
    // Moments all over a job's way from when it was taken: start, prediction,
    // logging, telling.
    for moment in [0, 150, 900, 400, 1_900, 1_300, 3_000] {
        let before = takings(&story.jobs());
        let mut server = story.serve();
        story.wait_until_taken(before);
        std::thread::sleep(Duration::from_millis(moment));
        server.kill().unwrap();
        server.wait().unwrap();
    }
    story.lease = LONG;
    let mut server = story.serve();
    let jobs = story.wait_until_over();
    server.kill().unwrap();
    server.wait().unwrap();
    for job in &jobs {
        assert_eq!(job.state, JobState::Done, "{job:?}");
    }
    assert!(jobs.iter().any(|job| job.takings > 1), "no kill hit a job");
    let mut demonstrated = story.demonstrated();
    demonstrated.sort_unstable();
    let told: Vec<_> = demonstrated.iter().map(|(proposal, _)| *proposal).collect();
    assert_eq!(told, story.proposals);
    // The log tells each run once, and all that it tells holds.
    let (_, log) = story.office.ask(&["evidence", "log"]);
    let entries = log["entries"].as_array().unwrap();
    let runs = entries
        .iter()
        .filter(|entry| entry["statement"]["predicate"]["engine"]["name"] == "proof.score");
    assert_eq!(runs.count(), story.proposals.len(), "{log}");
    for (_, evidence) in demonstrated {
        let show = ["evidence", "show", &evidence.to_string()];
        story.office.modu(&show).expect_code(0);
    }
}

#[test]
fn a_job_for_a_node_waits_for_the_node() {
    let story = Demonstrating::new();
    let desk = story.desk();
    let asked = story.asked(&story.proposals[..1]);
    let kept = story.kept();
    let mut job = asked
        .prepare(story.official, kept.programme(), desk.materials())
        .unwrap();
    let modu_programme::job::Work::Demonstrate(work) = &mut job.work;
    work.dataset.node = Some(NodeId(1));
    work.dataset.digest = None;
    desk.queue().submit(&job, Timestamp::now()).unwrap();
    let take = |node| desk.queue().take(node, "one", Timestamp::now()).unwrap();
    assert!(take(None).is_none());
    assert!(take(Some(NodeId(2))).is_none());
    assert!(take(Some(NodeId(1))).is_some());
    // Nobody else's official may ask for it.
    let stranger = PersonId(kept.programme().people().keys().next().unwrap().0);
    let refused = asked.prepare(stranger, kept.programme(), desk.materials());
    assert!(refused.is_err());
    let unknown = AskedDemonstration {
        dataset: modu_programme::job::DatasetId(99),
        ..asked
    };
    assert!(
        unknown
            .prepare(story.official, kept.programme(), desk.materials())
            .is_err()
    );
}
