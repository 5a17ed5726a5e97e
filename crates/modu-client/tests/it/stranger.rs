//! Servers that are none of ours, or that break.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use modu_client::wire::NewOrganisation;
use modu_client::wire::value::Line;
use modu_client::{Client, ClientError, Key};

/// Answers one connection after the other with these bytes, and tells the head
/// of each request.
fn server(answers: Vec<&'static str>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")
                    .map(|length| length.parse::<u64>().unwrap())
            });
            let mut body = Vec::new();
            reader
                .take(length.unwrap_or(0))
                .read_to_end(&mut body)
                .unwrap();
            tell.send(head).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (root, told)
}

fn key() -> Key {
    Key::read(&format!("modu_{}", "0a".repeat(32))).unwrap()
}

#[test]
fn a_redirect_is_not_followed() {
    let redirect = "HTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (root, _told) = server(vec![redirect]);
    let error = Client::new(&root, Some(key())).unwrap().me().unwrap_err();
    assert!(
        matches!(error, ClientError::Strange { status: 302, .. }),
        "{error:?}"
    );
    assert!(!error.to_string().contains("0a0a"), "{error}");
}

#[test]
fn what_is_no_answer_of_ours_is_said_to_be_strange() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
    let (root, _told) = server(vec![page]);
    let error = Client::new(&root, None).unwrap().me().unwrap_err();
    assert!(
        matches!(error, ClientError::Strange { status: 200, .. }),
        "{error:?}"
    );
}

#[test]
fn a_change_whose_connection_broke_is_sent_again_with_the_same_key() {
    let done = "HTTP/1.1 201 Created\r\ncontent-length: 45\r\nconnection: close\r\n\r\n{\"sequence\":12.0,\"at\":\"2026-12-01T00:00:00Z\"}";
    let (root, told) = server(vec!["", done]);
    let organisation = NewOrganisation {
        name: Line::try_from("기업".to_owned()).unwrap(),
        kind: modu_client::wire::KindName::Supplier,
    };
    let client = Client::new(&root, Some(key())).unwrap();
    assert_eq!(client.register(&organisation).unwrap().sequence.0, 12);
    let once = |head: String| {
        let line = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("idempotency-key"));
        line.unwrap().to_owned()
    };
    assert_eq!(once(told.recv().unwrap()), once(told.recv().unwrap()));
}

#[test]
fn nobody_there_is_said_with_the_address() {
    let root = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let error = Client::new(&root, None).unwrap().me().unwrap_err();
    assert!(
        matches!(&error, ClientError::Unreachable { address, .. } if *address == root),
        "{error:?}"
    );
    assert!(!error.is_wrong_input());
}
