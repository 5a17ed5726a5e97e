//! A small client of HTTP/1.1: one connection that is kept open, blocking, so
//! that what is measured is the server and hardly the one who asks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

/// Bytes of an answer.
const MAX_ANSWER: u64 = 64 << 20;
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection to a server.
pub(super) struct Connection {
    /// `127.0.0.1:8080`.
    address: String,
    /// Lines that every request carries, each ended.
    headers: String,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Fails unless it went well.
    pub(super) fn good(self) -> anyhow::Result<Self> {
        let text = String::from_utf8_lossy(&self.body);
        let head: String = text.chars().take(300).collect();
        ensure!((200..400).contains(&self.status), "{}: {head}", self.status);
        Ok(self)
    }

    /// The first header of a name, which is in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Connection {
    pub(super) fn new(address: &str, headers: &str) -> Self {
        Self {
            address: address.to_owned(),
            headers: headers.to_owned(),
            stream: None,
        }
    }

    /// Another connection that says the same of itself.
    pub(super) fn another(&self) -> Self {
        Self::new(&self.address, &self.headers)
    }

    /// Sends a request with a body of a kind, and reads the answer.
    pub(super) fn call(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> anyhow::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::new(stream)
            }
        };
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{}",
            self.address, self.headers
        );
        if !kind.is_empty() {
            request += &format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        }
        request += "\r\n";
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        stream.get_mut().write_all(&bytes)?;
        let answer = read(&mut stream)?;
        let closes = answer.header("connection") == Some("close");
        self.stream = Some(stream).filter(|_| !closes);
        Ok(answer)
    }

    pub(super) fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.call("GET", path, "", b"")
    }

    pub(super) fn post_json(&mut self, path: &str, body: &str) -> anyhow::Result<Answer> {
        self.call("POST", path, "application/json", body.as_bytes())
    }

    pub(super) fn post_form(&mut self, path: &str, form: &str) -> anyhow::Result<Answer> {
        let kind = "application/x-www-form-urlencoded";
        self.call("POST", path, kind, form.as_bytes())
    }
}

fn read(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Answer> {
    let mut first = String::new();
    stream.read_line(&mut first)?;
    let status = first
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("no status: {first:?}"))?;
    let mut headers = String::new();
    loop {
        let before = headers.len();
        if stream.read_line(&mut headers)? == 0 {
            bail!("the connection broke");
        }
        if headers[before..].trim().is_empty() {
            break;
        }
    }
    let mut answer = Answer {
        status,
        headers,
        body: Vec::new(),
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = chunks(stream)?;
    } else {
        let length: u64 = match answer.header("content-length") {
            Some(length) => length.parse()?,
            None => 0,
        };
        ensure!(length <= MAX_ANSWER, "an answer of {length} bytes");
        stream.take(length).read_to_end(&mut answer.body)?;
        ensure!(answer.body.len() as u64 == length, "the connection broke");
    }
    Ok(answer)
}

fn chunks(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let length = u64::from_str_radix(line.trim(), 16)?;
        ensure!(
            body.len() as u64 + length <= MAX_ANSWER,
            "the answer is too long"
        );
        stream.take(length).read_to_end(&mut body)?;
        line.clear();
        stream.read_line(&mut line)?;
        if length == 0 {
            return Ok(body);
        }
    }
}
