//! A receiver of webhooks on a loopback address.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Inbox, Sender, channel};
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header == name);
        &found
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
            .1
    }
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    inbox: Inbox<Request>,
}

impl Receiver {
    /// Answers each request with the next of these, the last one for ever; an
    /// empty answer is none at all.
    pub(crate) fn answering(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, inbox) = channel();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let answer = answers.get(number).or(answers.last()).unwrap();
                let sender = sender.clone();
                std::thread::spawn(move || serve(stream.unwrap(), answer, &sender));
            }
        });
        Self { address, inbox }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn next(&self) -> Request {
        let longest = Duration::from_secs(60);
        self.inbox.recv_timeout(longest).expect("a message comes")
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.inbox.recv_timeout(Duration::from_millis(300)).is_err()
    }
}

fn serve(mut stream: TcpStream, answer: &str, sender: &Sender<Request>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut request = Request {
        line: line.trim().to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        request
            .headers
            .push((name.to_lowercase(), value.to_owned()));
    }
    let length = request.header("content-length").parse().unwrap();
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).unwrap();
    let _nobody_asks = sender.send(request);
    if answer.is_empty() {
        std::thread::sleep(Duration::from_secs(30));
    }
    let _gone = stream.write_all(answer.as_bytes());
    if answer.contains("endless") {
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    }
}

pub(crate) const TAKEN: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
pub(crate) const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
