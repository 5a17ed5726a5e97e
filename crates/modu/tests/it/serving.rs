//! `modu serve` as a process, and a browser of few lines to talk to it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::program::Office;

/// A server whose every word is kept in two files.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// The way in of the first operator.
    pub(crate) link: String,
    pub(crate) out: PathBuf,
    pub(crate) err: PathBuf,
}

/// The words that start a server which listens anywhere.
pub(crate) const SERVE: [&str; 5] = ["--json", "serve", "--empty", "--listen", "127.0.0.1:0"];

impl Serving {
    /// Starts what such a command says, and waits until it listens.
    pub(crate) fn start(office: &Office, mut command: Command) -> Self {
        let (out, err) = (office.path("serve.out"), office.path("serve.err"));
        let child = command
            .stdout(Stdio::from(File::create(&out).unwrap()))
            .stderr(Stdio::from(File::create(&err).unwrap()))
            .spawn()
            .unwrap();
        let mut serving = Self {
            child,
            address: String::new(),
            link: String::new(),
            out,
            err,
        };
        for _ in 0..2_400 {
            let said = fs::read(&serving.out).unwrap();
            if let Ok(said) = serde_json::from_slice::<Value>(&said) {
                let address = said["address"].as_str().unwrap();
                let bare = address.trim_start_matches("http://").trim_end_matches('/');
                bare.clone_into(&mut serving.address);
                let link = said["operator_link"].as_str().unwrap_or_default();
                let path = link.trim_start_matches("http://").split_once('/');
                serving.link = path.map_or_else(String::new, |(_, path)| format!("/{path}"));
                return serving;
            }
            assert!(
                serving.child.try_wait().unwrap().is_none(),
                "it ended: {}",
                fs::read_to_string(&serving.err).unwrap()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it does not listen");
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser {
            address: self.address.clone(),
            cookie: String::new(),
        }
    }

    /// The first operator, who has chosen a password and is signed in.
    pub(crate) fn operator(&self, password: &str) -> Browser {
        let mut browser = self.browser();
        let chosen = [("login", "operator"), ("password", password)];
        let answer = browser.send(&self.link, &chosen);
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser.sign_in("operator", password);
        browser
    }

    /// Ends it by SIGTERM; its exit code.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let kill = Command::new("kill")
            .args(["-s", "TERM", &self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Sends requests and keeps the cookie of its session.
pub(crate) struct Browser {
    address: String,
    pub(crate) cookie: String,
}

pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn get(&self, path: &str) -> Shown {
        self.ask("GET", path, "", "")
    }

    /// With further lines in the head.
    pub(crate) fn ask(&self, method: &str, path: &str, more: &str, body: &str) -> Shown {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        // In one piece: who answers early must not find the rest still coming.
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n\
             {more}Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.cookie,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Shown {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Sends fields as they are.
    pub(crate) fn send(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.ask("POST", path, kind, &fields.join("&"))
    }

    pub(crate) fn form_key(&self) -> String {
        let page = self.get("/").body;
        let (_, rest) = page.split_once("name=\"form_key\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form as our own pages do.
    pub(crate) fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let key = self.form_key();
        let mut all = vec![("form_key", key.as_str())];
        all.extend(fields);
        self.send(path, &all)
    }

    pub(crate) fn sign_in(&mut self, login: &str, password: &str) {
        let fields = [("login", login), ("password", password), ("to", "/")];
        let answer = self.send("/sign-in", &fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let (_, rest) = answer.head.split_once("modu_session=").unwrap();
        let session = rest.split(';').next().unwrap();
        self.cookie = format!("modu_session={session}");
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
