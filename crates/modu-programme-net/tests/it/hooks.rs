//! One message to one address, whoever chose it.

use std::net::TcpListener;

use jiff::Timestamp;
use modu_programme::notice::signature::Secret;
use modu_programme::notice::webhook::WebhookId;
use modu_programme::notice::{Channel, Delivery, DeliveryId, DeliveryState, Failure};
use modu_programme_net::{Hooks, HooksSettings};

use crate::receiver::{Receiver, TAKEN};

const SECRET: Secret = Secret::new([7; 32]);

pub(crate) fn delivery(address: &str, body: &str) -> Delivery {
    Delivery {
        id: DeliveryId(1),
        message: "msg_0123456789abcdef_0_1".to_owned(),
        channel: Channel::Webhook(WebhookId(1)),
        address: address.to_owned(),
        body: body.to_owned(),
        state: DeliveryState::Sending,
        attempt: 1,
        made: Timestamp::UNIX_EPOCH,
        due: Timestamp::UNIX_EPOCH,
        problem: None,
    }
}

fn hooks(allow: &[&str], timeout_seconds: u64) -> Hooks {
    let allow = allow.iter().map(|&network| network.to_owned()).collect();
    let settings = HooksSettings {
        allow,
        timeout_seconds,
    };
    Hooks::new(&settings).unwrap()
}

fn send(hooks: &Hooks, address: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let delivery = delivery(address, "{}");
    runtime.block_on(hooks.send(&delivery, &SECRET, Timestamp::now()))
}

#[test]
fn nobody_has_this_server_call_itself_or_its_neighbours() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let guarded = hooks(&[], 5);
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "[fe80::1]",
        "[fd00::1]",
    ] {
        for scheme in ["http", "https"] {
            let address = format!("{scheme}://{host}:{port}/");
            let refused = send(&guarded, &address).unwrap_err();
            let Failure::Later(problem) = &refused else {
                panic!("{address}: {refused:?}");
            };
            assert!(
                problem.contains("operator") || problem.contains("not allowed"),
                "{address}: {problem}"
            );
        }
    }
    // Plain http goes to the operator's networks only, however public.
    let refused = send(&guarded, "http://8.8.8.8/").unwrap_err();
    assert!(
        matches!(&refused, Failure::Later(problem) if problem.contains("use https")),
        "{refused:?}"
    );
    // What is allowed is a network, not everything.
    let other = hooks(&["10.0.0.0/8"], 5);
    assert!(send(&other, &format!("http://127.0.0.1:{port}/")).is_err());
    assert!(listener.accept().is_err(), "somebody was called");
}

#[test]
fn what_the_operator_allows_is_called_by_name_and_number() {
    let receiver = Receiver::answering(&[TAKEN]);
    let hooks = hooks(&["127.0.0.0/8"], 60);
    send(&hooks, &receiver.url()).unwrap();
    let request = receiver.next();
    assert_eq!(request.line, "POST /hook HTTP/1.1");
    assert_eq!(request.header("webhook-id"), "msg_0123456789abcdef_0_1");
    assert_eq!(request.header("content-type"), "application/json");
    let at = request.header("webhook-timestamp").parse().unwrap();
    let signature = request.header("webhook-signature");
    assert!(SECRET.verify("msg_0123456789abcdef_0_1", at, &request.body, signature));
    let name = format!("http://localhost:{}/hook", receiver.address.port());
    send(&hooks, &name).unwrap();
    receiver.next();
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let place = elsewhere.local_addr().unwrap();
    let answer =
        format!("HTTP/1.1 307 x\r\nlocation: http://{place}/\r\ncontent-length: 0\r\n\r\n");
    let answers: &'static [&'static str] = Box::leak(Box::new([&*answer.leak()]));
    let receiver = Receiver::answering(answers);
    let failed = send(&hooks(&["127.0.0.0/8"], 60), &receiver.url()).unwrap_err();
    assert!(
        matches!(&failed, Failure::Later(problem) if problem.contains("307")),
        "{failed:?}"
    );
    assert!(elsewhere.accept().is_err(), "it was followed");
}

#[test]
fn answers_are_judged_by_their_status_and_not_read() {
    let hooks = hooks(&["127.0.0.0/8"], 60);
    let gone = Receiver::answering(&["HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"]);
    assert!(matches!(send(&hooks, &gone.url()), Err(Failure::Never(_))));
    let wrong = Receiver::answering(&["HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n"]);
    assert!(matches!(send(&hooks, &wrong.url()), Err(Failure::Later(_))));
    let endless = Receiver::answering(&["HTTP/1.1 200 endless\r\n\r\n"]);
    send(&hooks, &endless.url()).unwrap();
    let noise = Receiver::answering(&["SSH-2.0-OpenSSH_9.2\r\n"]);
    assert!(matches!(send(&hooks, &noise.url()), Err(Failure::Later(_))));
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert!(matches!(
        send(&hooks, &format!("http://{nobody}/")),
        Err(Failure::Later(_))
    ));
}

#[test]
fn a_receiver_that_says_nothing_is_waited_for_only_so_long() {
    let silent = Receiver::answering(&[""]);
    let failed = send(&hooks(&["127.0.0.0/8"], 1), &silent.url()).unwrap_err();
    assert_eq!(
        failed,
        Failure::Later("it did not answer in time".to_owned())
    );
}

#[test]
fn settings_that_cannot_hold_are_refused() {
    for (allow, timeout_seconds) in [("10.0.0.0", 5), ("10.0.0.0/40", 5), ("10.0.0.0/8", 0)] {
        let settings = HooksSettings {
            allow: vec![allow.to_owned()],
            timeout_seconds,
        };
        assert!(Hooks::new(&settings).is_err(), "{settings:?}");
    }
}
