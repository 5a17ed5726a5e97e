//! Letters, as a mail server gets them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use modu_kernel::Language;
use modu_programme::notice::{Channel, Delivery, Failure, Letter};
use modu_programme_net::{MailSettings, Post, Tls};

/// A mail server (RFC 5321) of a few lines, which tells what it heard.
struct Server {
    port: u16,
    heard: Receiver<Vec<String>>,
}

impl Server {
    /// Answers to RCPT with these words.
    fn answering(recipient: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, heard) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                converse(stream.unwrap(), recipient, &sender);
            }
        });
        Self { port, heard }
    }

    /// All lines of one letter's conversation.
    fn next(&self) -> Vec<String> {
        self.heard.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    fn post(&self, tls: Tls, password: Option<&str>) -> Post {
        let settings = MailSettings {
            server: "127.0.0.1".to_owned(),
            port: Some(self.port),
            from: "모두 <modu@agency.example>".to_owned(),
            user: password.map(|_| "modu".to_owned()),
            password_file: None,
            tls,
            ca_file: None,
        };
        Post::new(&settings, password.map(str::to_owned), None).unwrap()
    }
}

fn converse(mut stream: TcpStream, recipient: &str, sender: &Sender<Vec<String>>) {
    let reader = BufReader::new(stream.try_clone().unwrap());
    let mut heard = Vec::new();
    let mut say = |text: &str| {
        let _gone = stream.write_all(format!("{text}\r\n").as_bytes());
    };
    say("220 mail.example ESMTP");
    let mut in_letter = false;
    for line in reader.lines().map_while(Result::ok) {
        heard.push(line.clone());
        match line.split([' ', ':']).next().unwrap() {
            _ if in_letter => {
                if line == "." {
                    in_letter = false;
                    say("250 taken");
                }
            }
            "EHLO" => say("250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"),
            "AUTH" => say("235 welcome"),
            "RCPT" => say(recipient),
            "DATA" => {
                in_letter = true;
                say("354 go on");
            }
            "QUIT" => {
                say("221 bye");
                break;
            }
            _ => say("250 ok"),
        }
    }
    let _nobody_asks = sender.send(heard);
}

fn delivery(address: &str, subject: &str, text: &str) -> Delivery {
    let letter = Letter {
        subject: subject.to_owned(),
        text: text.to_owned(),
    };
    let mut delivery = crate::hooks::delivery(address, &serde_json::to_string(&letter).unwrap());
    delivery.channel = Channel::Mail;
    delivery.message = "mail_0123456789abcdef_0_7".to_owned();
    delivery
}

fn headers<'l>(heard: &'l [String], name: &str) -> Vec<&'l str> {
    let from = heard.iter().position(|line| line == "DATA").unwrap() + 1;
    let head = heard[from..].iter().take_while(|line| !line.is_empty());
    let prefix = format!("{}:", name.to_lowercase());
    head.filter(|line| line.to_lowercase().starts_with(&prefix))
        .map(String::as_str)
        .collect()
}

#[test]
fn a_letter_comes_as_it_was_written() {
    let server = Server::answering("250 ok");
    let post = server.post(Tls::None, Some("a long password"));
    let letter = delivery(
        "kim@agency.example",
        "[Modu] A new need",
        "One.\n.\nhttps://modu.example/\n",
    );
    post.send(&letter).unwrap();
    let heard = server.next();
    // "\0modu\0a long password" in base64 (RFC 4616).
    assert!(
        heard.contains(&"AUTH PLAIN AG1vZHUAYSBsb25nIHBhc3N3b3Jk".to_owned()),
        "{heard:?}"
    );
    assert!(
        heard
            .iter()
            .any(|line| line.starts_with("MAIL FROM:<modu@agency.example>"))
    );
    assert!(
        heard
            .iter()
            .any(|line| line == "RCPT TO:<kim@agency.example>")
    );
    assert_eq!(headers(&heard, "subject"), ["Subject: [Modu] A new need"]);
    assert_eq!(headers(&heard, "to"), ["To: kim@agency.example"]);
    assert_eq!(
        headers(&heard, "auto-submitted"),
        ["Auto-Submitted: auto-generated"]
    );
    let id = ["Message-ID: <mail_0123456789abcdef_0_7@agency.example>"];
    assert_eq!(headers(&heard, "message-id"), id);
    for line in ["One.", "..", "https://modu.example/"] {
        assert!(heard.iter().any(|heard| heard == line), "{line}: {heard:?}");
    }
    // Sent again, it is known again.
    post.send(&letter).unwrap();
    assert_eq!(headers(&server.next(), "message-id"), id);
}

#[test]
fn korean_travels_in_seven_bits() {
    let server = Server::answering("250 ok");
    let letter = Letter::of_invitation("김주무관", "https://modu.example/welcome/00", Language::Ko);
    let letter = delivery("kim@agency.example", &letter.subject, &letter.text);
    server.post(Tls::None, None).send(&letter).unwrap();
    let heard = server.next();
    assert!(heard.iter().all(|line| line.is_ascii()), "{heard:?}");
    let subject = headers(&heard, "subject");
    assert!(subject[0].contains("=?utf-8?b?"), "{subject:?}");
    assert_eq!(
        headers(&heard, "content-type"),
        ["Content-Type: text/plain; charset=utf-8"]
    );
}

#[test]
fn nothing_in_a_letter_becomes_a_header_or_a_command() {
    let server = Server::answering("250 ok");
    let post = server.post(Tls::None, None);
    let subject = "hello\r\nBcc: all@agency.example\r\n\r\n.\r\nMAIL FROM:<x@y.example>";
    post.send(&delivery(
        "kim@agency.example",
        subject,
        "body\r\n.\r\nRCPT TO:<all@agency.example>\r\n",
    ))
    .unwrap();
    let heard = server.next();
    assert!(headers(&heard, "bcc").is_empty(), "{heard:?}");
    assert_eq!(headers(&heard, "subject").len(), 1);
    let commands = |word: &str| {
        let letter = heard.iter().position(|line| line == "DATA").unwrap();
        heard[..letter]
            .iter()
            .filter(|line| line.starts_with(word))
            .count()
    };
    assert_eq!((commands("RCPT"), commands("MAIL")), (1, 1));
    // The whole letter lies between DATA and the last dot.
    assert_eq!(
        heard.iter().filter(|line| *line == ".").count(),
        1,
        "{heard:?}"
    );
    assert_eq!(heard.last().unwrap(), "QUIT");
    for address in [
        "kim@agency.example\r\nRCPT TO:<all@agency.example>",
        "",
        "kim",
        "a@b.example, c@d.example",
    ] {
        let refused = post.send(&delivery(address, "s", "t"));
        assert!(
            matches!(refused, Err(Failure::Never(_))),
            "{address:?}: {refused:?}"
        );
    }
}

#[test]
fn what_a_mail_server_refuses_is_tried_again_or_not_as_it_says() {
    let letter = delivery("kim@agency.example", "s", "t");
    let never = Server::answering("550 no such mailbox");
    assert!(matches!(
        never.post(Tls::None, None).send(&letter),
        Err(Failure::Never(_))
    ));
    let later = Server::answering("451 try again");
    assert!(matches!(
        later.post(Tls::None, None).send(&letter),
        Err(Failure::Later(_))
    ));
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let settings = MailSettings {
        server: "127.0.0.1".to_owned(),
        port: Some(nobody.port()),
        from: "modu@agency.example".to_owned(),
        user: None,
        password_file: None,
        tls: Tls::None,
        ca_file: None,
    };
    let gone = Post::new(&settings, None, None).unwrap().send(&letter);
    assert!(matches!(gone, Err(Failure::Later(_))), "{gone:?}");
}

#[test]
fn nothing_is_said_on_a_line_that_does_not_turn_to_tls() {
    let server = Server::answering("250 ok");
    let post = server.post(Tls::Starttls, Some("a long password"));
    let letter = delivery("kim@agency.example", "s", "t");
    assert!(matches!(
        post.send(&letter),
        Err(Failure::Later(_) | Failure::Never(_))
    ));
    let heard = server.next();
    assert!(
        !heard
            .iter()
            .any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")),
        "{heard:?}"
    );
    for (server, tls) in [("mail.agency.example", Tls::None), ("10.0.0.1", Tls::None)] {
        let settings = MailSettings {
            server: server.to_owned(),
            port: None,
            from: "modu@agency.example".to_owned(),
            user: None,
            password_file: None,
            tls,
            ca_file: None,
        };
        assert!(Post::new(&settings, None, None).is_err(), "{server}");
    }
}

#[test]
fn a_file_without_certificates_is_refused_and_trusts_nobody() {
    let settings = MailSettings {
        server: "mail.agency.example".to_owned(),
        port: None,
        from: "modu@agency.example".to_owned(),
        user: None,
        password_file: None,
        tls: Tls::Starttls,
        ca_file: None,
    };
    for wrong in ["", "nothing", "-----BEGIN CERTIFICATE-----\n!\n"] {
        let post = Post::new(&settings, None, Some(wrong.as_bytes()));
        let error = post.unwrap_err().to_string();
        assert!(error.contains("mail.ca_file"), "{wrong:?}: {error}");
    }
}
