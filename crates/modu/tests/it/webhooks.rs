//! What `modu serve` tells people and programs, over kills.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use modu_programme::access::Role;
use modu_programme::database::Database;
use modu_programme::notice::webhook::{WebhookAddress, WebhookId};
use modu_programme::notice::{Board, DeliveryState};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, OrganisationId, OrganisationKind, Person, PersonId, Text, Title,
};

use crate::program::Office;

/// A receiver that takes everything, remembers the numbers, and lets every
/// third message wait for its answer.
struct Receiver {
    address: SocketAddr,
    numbers: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let numbers = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&numbers);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || take(stream.unwrap(), &heard));
            }
        });
        Self { address, numbers }
    }

    fn numbers(&self) -> Vec<String> {
        self.numbers.lock().unwrap().clone()
    }
}

fn take(mut stream: TcpStream, numbers: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut number, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        match line.trim().to_lowercase().split_once(": ") {
            Some(("webhook-id", value)) => number = Some(value.to_owned()),
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let count = {
        let mut numbers = numbers.lock().unwrap();
        numbers.extend(number);
        numbers.len()
    };
    if count.is_multiple_of(3) {
        std::thread::sleep(Duration::from_millis(400));
    }
    let _gone = stream.write_all(b"HTTP/1.1 204 x\r\nconnection: close\r\n\r\n");
}

fn serve(office: &Office) -> Child {
    let arguments = [
        "serve",
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--workers",
        "0",
    ];
    let mut command = office.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    while !said.trim_end().ends_with('}') {
        said.push_str(&lines.next().expect("it says where it is").unwrap());
    }
    child
}

struct Story {
    kept: Kept<DatabaseHistory>,
    board: Board,
    agency: OrganisationId,
    seller: Person,
}

impl Story {
    fn on(office: &Office) -> Self {
        let open = || Database::file(&office.path("home/programme.sqlite")).unwrap();
        let mut kept = Kept::open(DatabaseHistory::over(open()).unwrap()).unwrap();
        let mut act = |event| {
            kept.act(Actor::System, event, Timestamp::now())
                .unwrap()
                .sequence
        };
        let mut organisation = |name, kind| {
            let name = Title::new(name).unwrap();
            OrganisationId(act(Event::OrganisationRegistered { name, kind }))
        };
        let agency = organisation("통계청", OrganisationKind::DemandAgency);
        let supplier = organisation("가람", OrganisationKind::Supplier);
        let seller = PersonId(act(Event::PersonEnrolled {
            organisation: supplier,
            name: Title::new("영업").unwrap(),
            role: Role::Supplier,
        }));
        let seller = kept.programme().people()[&seller].clone();
        Self {
            kept,
            board: Board::over(Arc::new(open())),
            agency,
            seller,
        }
    }

    fn needs(&mut self, round: usize) {
        for number in 0..4 {
            let event = Event::NeedPublished {
                agency: self.agency,
                title: Title::new(format!("수요 {round}-{number}")).unwrap(),
                description: Text::default(),
                need: None,
            };
            self.kept
                .act(Actor::System, event, Timestamp::now())
                .unwrap();
        }
    }
}

#[test]
fn nobody_is_told_twice_or_not_at_all_however_often_the_server_is_killed() {
    let office = Office::with_kit();
    let settings =
        "schema = \"modu.serve/1\"\n[webhooks]\nallow = [\"127.0.0.0/8\"]\ntimeout_seconds = 4\n";
    std::fs::write(office.path("home/serve.toml"), settings).unwrap();
    let receiver = Receiver::start();
    let mut story = Story::on(&office);
    let address = WebhookAddress::new(&format!("http://{}/hook", receiver.address)).unwrap();
    let board = &story.board;
    board
        .add_webhook(&story.seller, &address, Timestamp::now())
        .unwrap();
    for (round, moment) in [250, 900, 100, 1_500].into_iter().enumerate() {
        let mut server = serve(&office);
        story.needs(round);
        std::thread::sleep(Duration::from_millis(moment));
        server.kill().unwrap();
        server.wait().unwrap();
    }
    let mut server = serve(&office);
    let sent = || story.board.outbox().list(WebhookId(1), 100).unwrap();
    let mut tries = 0..3_000;
    while sent().len() < 16 || sent().iter().any(|it| it.state != DeliveryState::Done) {
        assert!(tries.next().is_some(), "{:?}", sent());
        std::thread::sleep(Duration::from_millis(100));
    }
    server.kill().unwrap();
    server.wait().unwrap();
    // People are told of each need once.
    let notices = story.board.list(story.seller.id, None, 200).unwrap();
    let needs: Vec<_> = notices.iter().filter_map(|it| it.note.project()).collect();
    let once: BTreeSet<_> = needs.iter().collect();
    assert_eq!((needs.len(), once.len()), (16, 16));
    // Programs at least once, under one number each.
    let numbers = receiver.numbers();
    let known: BTreeSet<_> = numbers.iter().cloned().collect();
    let told: BTreeSet<_> = sent().into_iter().map(|it| it.message).collect();
    assert_eq!(known, told);
    assert_eq!(known.len(), 16);
}
