//! Nodes: an agency's data are used where they lie, and nobody else sees them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use jiff::Timestamp;
use modu_programme::Actor;
use modu_programme::job::{self, AskedDemonstration, DatasetId, JobState, NodeId, Urgency};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::canary::{HONEST, NEED, NUMBER, TEXT, UNREAD, data, model, solution};
use crate::jobs::{Demonstrating, LONG, takings, title};
use crate::program::{Office, text};

/// Stands in what is released: the search must find it.
const RELEASED: &str = "nightingale-4417";

/// TLS before the server, and an ear for all that is said.
struct Terminator {
    port: u16,
    root: PathBuf,
    heard: Arc<Mutex<Vec<u8>>>,
    /// Requests' heads and bodies, for who would send them again.
    server: Arc<Mutex<String>>,
}

impl Terminator {
    /// Before the server at this address, which may change.
    fn start(folder: &Path, server: &str) -> Self {
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertifiedIssuer::self_signed(authority, key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let root = folder.join("ca.pem");
        fs::write(&root, authority.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let it = Self {
            port: listener.local_addr().unwrap().port(),
            root,
            heard: Arc::default(),
            server: Arc::new(Mutex::new(server.to_owned())),
        };
        let (heard, server, config) = (it.heard.clone(), it.server.clone(), Arc::new(config));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, config) = (heard.clone(), config.clone());
                let server = server.lock().unwrap().clone();
                // Who goes away is no fault of ours.
                thread::spawn(move || drop(pass_on(stream, config, &server, &heard)));
            }
        });
        it
    }

    fn place(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

/// One request after the other, each on a connection of its own behind us.
fn pass_on(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    server: &str,
    heard: &Mutex<Vec<u8>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut inside = StreamOwned::new(connection, stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            inside.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let text = String::from_utf8_lossy(&head).to_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        inside.read_exact(&mut body)?;
        let closing =
            String::from_utf8_lossy(&head).replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let mut outside = TcpStream::connect(server)?;
        outside.write_all(closing.as_bytes())?;
        outside.write_all(&body)?;
        let mut answer = Vec::new();
        outside.read_to_end(&mut answer)?;
        let mut all = heard.lock().unwrap();
        for part in [&head, &body, &answer] {
            all.extend_from_slice(part);
        }
        drop(all);
        inside.write_all(&answer)?;
        inside.flush()?;
        if text.contains("connection: close") || answered_closing(&answer) {
            inside.conn.send_close_notify();
            return inside.flush();
        }
    }
}

fn answered_closing(answer: &[u8]) -> bool {
    let head = answer.split(|byte| *byte == b'\n').take(40);
    let mut head = head.map(|line| String::from_utf8_lossy(line).to_lowercase());
    head.any(|line| line.trim() == "connection: close")
}

/// A server with a project, a node beside its agency's data, and TLS between.
struct Beside {
    story: Demonstrating,
    node: Office,
    terminator: Terminator,
    token: String,
    id: NodeId,
    server: Child,
    worker: Option<Child>,
}

impl Beside {
    fn new() -> Self {
        let office = Office::with_kit();
        let need = office.path("need.toml");
        let asks = format!("새는 값이 있는가? {RELEASED}");
        fs::write(&need, NEED.replace("새는 값이 있는가?", &asks)).unwrap();
        let folder = office.path("honest");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("solution.toml"), solution("honest", HONEST)).unwrap();
        let weights = folder.join("model.onnx");
        fs::write(&weights, model("MatMul", ["features", "table"], 1, 3)).unwrap();
        let solutions = [("honest", folder, weights)];
        let story = Demonstrating::on(office, &need, &solutions);

        let node = Office::empty();
        let init = [
            "init",
            "--organisation",
            "통계청 노드",
            "--identity",
            "https://agency.example/node/1",
            "--origin",
            "log.agency.example/node/1",
        ];
        node.modu(&init).expect_code(0);
        let (_, key) = node.ask(&["node", "--show-key"]);
        let key = key["key"].as_str().unwrap().parse().unwrap();
        let admitted = job::admit(
            &mut story.kept(),
            Actor::Person(story.operator),
            (story.agency, &title("서울 센터")),
            key,
            Timestamp::now(),
        );
        let admitted = admitted.unwrap();
        let token = format!("modu_node_{}", admitted.token.reveal());
        fs::write(node.path("token"), format!("{token}\n")).unwrap();
        fs::create_dir(node.path("data")).unwrap();
        fs::write(node.path("data/birds.csv"), data()).unwrap();

        let (server, place) = serve(&story);
        let terminator = Terminator::start(&node.path(""), &place);
        Self {
            story,
            node,
            terminator,
            token,
            id: admitted.id,
            server,
            worker: None,
        }
    }

    /// Starts the node; what it says goes into files of its own.
    fn start_node(&mut self) {
        let place = self.terminator.place();
        let (folder, token) = (self.node.path("data"), self.node.path("token"));
        let arguments = [
            "node",
            "--server",
            &place,
            "--ca",
            text(&self.terminator.root),
            "--data",
            text(&folder),
            "--token-file",
            text(&token),
        ];
        let said = fs::File::options()
            .create(true)
            .append(true)
            .open(self.node.path("said"))
            .unwrap();
        let child = self
            .node
            .command(&arguments)
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        self.worker = Some(child);
    }

    fn kill_node(&mut self) {
        if let Some(mut worker) = self.worker.take() {
            worker.kill().unwrap();
            worker.wait().unwrap();
        }
    }

    fn restart_server(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        let (server, place) = serve(&self.story);
        self.server = server;
        *self.terminator.server.lock().unwrap() = place;
    }

    fn said(&self) -> String {
        fs::read_to_string(self.node.path("said")).unwrap_or_default()
    }

    /// The data that the node has told of.
    fn dataset(&self) -> DatasetId {
        for _ in 0..1_200 {
            let known = self.story.desk().materials().datasets(self.story.agency);
            if let Some(found) = known.unwrap().iter().find(|it| it.node == Some(self.id)) {
                assert!(found.digest.is_none() && found.commitment.is_some());
                return found.id;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the node tells of no data: {}", self.said());
    }

    fn ask(&self, dataset: DatasetId) {
        let asked = AskedDemonstration {
            project: self.story.project,
            proposals: self.story.proposals.clone(),
            dataset,
            urgency: Urgency::Normal,
            key: None,
        };
        let kept = self.story.kept();
        let now = Timestamp::now();
        self.story
            .desk()
            .ask(self.story.official, &asked, kept.programme(), now)
            .unwrap();
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.kill_node();
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}

/// Starts the server; where it listens.
fn serve(story: &Demonstrating) -> (Child, String) {
    let errors = fs::File::options()
        .create(true)
        .append(true)
        .open(story.office.path("errors"))
        .unwrap();
    let (child, place) = story.serve_at(Stdio::from(errors));
    let place = place.trim_start_matches("http://").trim_end_matches('/');
    (child, place.to_owned())
}

/// Whether bytes hold a word, also within base64.
fn holds(bytes: &[u8], word: &str) -> bool {
    let plain = |bytes: &[u8]| {
        bytes
            .windows(word.len())
            .any(|window| window == word.as_bytes())
    };
    let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    let mut codes = bytes.split(|byte| !is_code(byte));
    let within = |code: &[u8]| {
        (0..4).any(|skip| {
            let code = code.get(skip..).unwrap_or_default();
            let whole = &code[..code.len() / 4 * 4];
            BASE64_STANDARD_NO_PAD
                .decode(whole)
                .is_ok_and(|decoded| plain(&decoded))
        })
    };
    plain(bytes) || codes.any(|code| code.len() >= 12 && within(code))
}

/// The files under a folder that hold a word.
fn holders(folder: &Path, word: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holders(&path, word));
        } else if holds(&fs::read(&path).unwrap(), word) {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_canary_row_of_a_nodes_data_is_nowhere_but_there() {
    let mut beside = Beside::new();
    beside.start_node();
    let dataset = beside.dataset();
    beside.ask(dataset);
    let jobs = beside.story.wait_until_over();
    assert_eq!(jobs[0].state, JobState::Done, "{jobs:?}\n{}", beside.said());
    assert_eq!(jobs[0].takings, 1, "{jobs:?}");
    let told = beside.story.demonstrated();
    assert_eq!(told.len(), 1);

    // What the history names is evidence, and can be judged again from what
    // was sent: on the server's own home and by the node's signature.
    let office = &beside.story.office;
    let evidence = told[0].1.to_string();
    office.modu(&["evidence", "show", &evidence]).expect_code(0);
    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    assert_eq!(replays["replays"][0]["engine"]["name"], "proof.received");
    let run = replays["replays"][0]["log_index"].as_str().unwrap();
    let (_, shown) = office.ask(&["evidence", "show", run]);
    let outputs = &shown["statement"]["predicate"]["outputs"];
    assert_eq!(outputs[0]["name"], "released.json", "{shown}");
    // The node keeps the run itself, and can do it again.
    beside.node.modu(&["evidence", "replay"]).expect_code(0);

    let traffic = beside.terminator.heard();
    let server = office.path("");
    for canary in [NUMBER, TEXT, UNREAD] {
        assert_eq!(holders(&server, canary), Vec::<PathBuf>::new(), "{canary}");
        assert!(!holds(&traffic, canary), "{canary} in the traffic");
        assert!(!holds(beside.said().as_bytes(), canary), "{canary}");
        // The search finds what is there.
        assert!(
            !holders(&beside.node.path("home/store"), canary).is_empty(),
            "{canary}"
        );
    }
    // It also finds what is released: in the traffic and at the server.
    assert!(holds(&traffic, RELEASED));
    assert!(!holders(&office.path("home/store"), RELEASED).is_empty());
    let bundles = traffic.len();
    assert!(bundles > 10_000, "the ear heard {bundles} bytes only");
}

#[test]
fn a_node_that_is_killed_at_any_moment_loses_nothing_and_does_nothing_twice() {
    let mut beside = Beside::new();
    beside.start_node();
    let dataset = beside.dataset();
    beside.kill_node();
    beside.ask(dataset);
    beside.story.lease = 1;
    beside.restart_server();
    // Each time a little later on the job's way from when it was taken:
    // running, logging, sending; at some, the server is killed too.
    for number in 0..15_u64 {
        let before = takings(&beside.story.jobs());
        beside.start_node();
        beside.story.wait_until_taken(before);
        thread::sleep(Duration::from_millis(100 * number));
        if number % 3 == 2 {
            beside.restart_server();
        }
        beside.kill_node();
        if beside.story.jobs()[0].state.is_over() {
            break;
        }
    }
    beside.story.lease = LONG;
    beside.restart_server();
    beside.start_node();
    let jobs = beside.story.wait_until_over();
    assert_eq!(jobs[0].state, JobState::Done, "{jobs:?}\n{}", beside.said());
    assert!(jobs[0].takings > 1, "no kill hit the job");
    assert_eq!(beside.story.demonstrated().len(), 1);
    for home in [&beside.story.office, &beside.node] {
        let (_, log) = home.ask(&["evidence", "log"]);
        let entries = log["entries"].as_array().unwrap();
        let runs = entries.iter().filter(|entry| {
            let engine = &entry["statement"]["predicate"]["engine"]["name"];
            engine == "proof.score" || engine == "proof.received"
        });
        assert_eq!(runs.count(), 1, "{log}");
    }
}

#[test]
fn a_stolen_token_a_recorded_request_and_a_node_that_was_shut_out_open_nothing() {
    let mut beside = Beside::new();
    beside.start_node();
    beside.dataset();
    beside.kill_node();
    // The token with a key of the thief's own.
    let settings = modu_node::Settings {
        server: beside.terminator.place(),
        ca: Some(beside.terminator.root.clone()),
    };
    let thief = modu_node::Key::generate().unwrap();
    let thief = modu_node::Server::new(&settings, thief, &beside.token).unwrap();
    let refused = thief.take().unwrap_err();
    assert!(
        matches!(&refused, modu_node::NodeError::ShutOut(why) if why.contains("not by the node's key")),
        "{refused}"
    );
    // A server that the node was not told to trust.
    let key = || modu_node::Key::at(&beside.node.path("home/node.pem")).unwrap();
    let elsewhere = modu_node::Settings {
        ca: None,
        ..settings.clone()
    };
    let elsewhere = modu_node::Server::new(&elsewhere, key(), &beside.token).unwrap();
    let error = elsewhere.take().unwrap_err();
    assert!(
        matches!(error, modu_node::NodeError::Away { .. }),
        "{error}"
    );
    // What was recorded, sent again as it was.
    let heard = beside.terminator.heard();
    let begin = b"POST /node/v1/hello";
    let at = heard
        .windows(begin.len())
        .position(|it| it == begin)
        .unwrap();
    let mut request = BufReader::new(&heard[at..]);
    let mut again = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        request.read_line(&mut line).unwrap();
        again.push_str(&line);
        if let Some(number) = line.to_lowercase().strip_prefix("content-length: ") {
            length = number.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    request.read_exact(&mut body).unwrap();
    let server = beside.terminator.server.lock().unwrap().clone();
    let send = |body: &[u8]| {
        let mut stream = TcpStream::connect(&server).unwrap();
        let head = again.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = send(&body);
    assert!(
        answer.starts_with("HTTP/1.1 401") && answer.contains("came before"),
        "{answer}"
    );
    let other = vec![b' '; length];
    let answer = send(&other);
    assert!(
        answer.starts_with("HTTP/1.1 401") && answer.contains("body"),
        "{answer}"
    );
    // The node itself is let in, until it is shut out.
    let own = modu_node::Server::new(&settings, key(), &beside.token).unwrap();
    let hello = modu_node::message::Hello {
        trusted_root: "{}".to_owned(),
        offered: Vec::new(),
    };
    own.hello(&hello).unwrap();
    let operator = Actor::Person(beside.story.operator);
    let mut kept = beside.story.kept();
    job::shut_out(&mut kept, operator, beside.id, Timestamp::now()).unwrap();
    let refused = own.hello(&hello).unwrap_err();
    assert!(
        matches!(refused, modu_node::NodeError::ShutOut(_)),
        "{refused}"
    );
}
