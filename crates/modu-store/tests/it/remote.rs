//! The S3-compatible store, against a server of another maker and against
//! servers that misbehave.

use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use modu_kernel::{Digest, NoProgress};
use modu_store::{Store, StoreError};

use crate::conformance::conforms;
use crate::memory::peak;
use crate::noise::Noise;
use crate::server::Server;
use crate::{child, noise};

const MIB: u64 = 1024 * 1024;
const SECRET: &str = "hunter2hunter2";

fn credentials(name: &str) -> Option<String> {
    match name {
        "AWS_ACCESS_KEY_ID" => Some("somebody".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some(SECRET.to_owned()),
        _ => None,
    }
}

fn open(bucket: &str, endpoint: &str) -> Store {
    let location = format!("s3://{bucket}?endpoint={endpoint}")
        .parse()
        .unwrap();
    Store::open_in(&location, &credentials).unwrap()
}

fn key(digest: Digest) -> String {
    let name = digest.to_hex();
    format!("sha256/{}/{name}", &name[..2])
}

#[test]
fn a_bucket_conforms() {
    let Some(server) = Server::start() else {
        return;
    };
    server.put("/bucket", b"");
    let store = open("bucket/a/b.c", &server.endpoint());
    conforms(&store, &|digest, bytes| {
        server.put(&format!("/bucket/a/b.c/{}", key(digest)), bytes);
    });
}

#[test]
fn a_bucket_holds_only_what_its_prefix_says_and_strangers_are_told() {
    let Some(server) = Server::start() else {
        return;
    };
    server.put("/bucket", b"");
    server.put("/bucket/sha256/zz/notes.txt", b"x");
    server.put(
        &format!("/bucket/sha256/00/{}", Digest::of(b"abc").to_hex()),
        b"abc",
    );
    server.put("/bucket/letter.txt", b"dear");
    let store = open("bucket", &server.endpoint());
    store.put_bytes(b"abc").unwrap();
    open("bucket/other", &server.endpoint())
        .put_bytes(b"xyz")
        .unwrap();
    assert_eq!(store.list().unwrap().count(), 1);
    let report = store.check(&NoProgress).unwrap();
    assert_eq!((report.sound, report.faults), (1, 2));
}

#[test]
fn a_large_artifact_never_sits_in_memory_on_its_way_to_a_bucket() {
    let test = "remote::a_large_artifact_never_sits_in_memory_on_its_way_to_a_bucket";
    let size = 160 * MIB;
    if let Some(part) = child::part() {
        let store = open("bucket", &part[0]);
        store.put_bytes(b"the connection's own memory").unwrap();
        let before = peak();
        let artifact = store.put(Noise::new(2).take(size)).unwrap();
        let mut reader = store.get(artifact.digest).unwrap();
        assert_eq!(io::copy(&mut reader, &mut io::sink()).unwrap(), size);
        let grown = (peak() - before) / MIB;
        println!("{} MiB moved, memory grew by {grown} MiB", size / MIB);
        assert!(grown < 96, "{grown} MiB");
        return;
    }
    let Some(server) = Server::start() else {
        return;
    };
    server.put("/bucket", b"");
    let output = child::command(test, &[&server.endpoint()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{}", said.lines().find(|l| l.contains("grew")).unwrap());
}

#[test]
fn a_writer_killed_on_its_way_to_a_bucket_leaves_nothing_there() {
    let test = "remote::a_writer_killed_on_its_way_to_a_bucket_leaves_nothing_there";
    if let Some(part) = child::part() {
        let store = open("bucket", &part[0]);
        for seed in 0.. {
            store
                .put_bytes(&noise::bytes(seed, 18 * MIB as usize))
                .unwrap();
        }
    }
    let Some(server) = Server::start() else {
        return;
    };
    server.put("/bucket", b"");
    let store = open("bucket", &server.endpoint());
    for round in 0..5 {
        let mut writer = child::command(test, &[&server.endpoint()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let delay = Noise::new(round).below(2_000_000);
        std::thread::sleep(Duration::from_micros(delay));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let report = store.check(&NoProgress).unwrap();
        assert!(report.is_sound(), "{:?}", report.listed);
    }
}

#[test]
fn missing_credentials_are_named_and_no_other_source_is_asked() {
    let location = "s3://bucket".parse().unwrap();
    let error = Store::open_in(&location, &|_| None).unwrap_err();
    let missing = matches!(
        error,
        StoreError::Credentials {
            variable: "AWS_ACCESS_KEY_ID",
            ..
        }
    );
    assert!(missing, "{error}");
    let anonymous = "s3://bucket?anonymous=true".parse().unwrap();
    Store::open_in(&anonymous, &|_| None).unwrap();
}

/// A server that gives every request the answer of `answer`, until the test
/// ends; the requests are kept.
fn serve(answer: fn(&str) -> &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 8192];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let answer = answer(&request);
            kept.lock().unwrap().push(request);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (endpoint, requests)
}

#[test]
fn a_refusing_server_is_an_error_that_keeps_the_secret() {
    let (endpoint, requests) = serve(|_| {
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 49\r\nConnection: close\r\n\r\n\
         <Error><Code>SignatureDoesNotMatch</Code></Error>"
    });
    let store = open("bucket", &endpoint);
    let error = store.put_bytes(b"abc").unwrap_err();
    assert!(matches!(error, StoreError::Remote { .. }), "{error}");
    let request = requests.lock().unwrap().concat();
    assert!(request.contains("somebody"), "{request}");
    for text in [request, error.to_string(), format!("{error:?}{store:?}")] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_server_without_conditional_writes_is_written_to_without_a_condition() {
    let (endpoint, requests) = serve(|request| {
        if request.to_lowercase().contains("if-none-match") {
            "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        } else if request.starts_with("PUT") {
            "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        } else {
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        }
    });
    let store = open("bucket", &endpoint);
    store.put_bytes(b"abc").unwrap();
    requests.lock().unwrap().clear();
    store.put_bytes(b"xyz").unwrap();
    let second = requests.lock().unwrap().concat().to_lowercase();
    assert!(second.contains("put /") && !second.contains("if-none-match"));
}

#[test]
fn a_server_asks_a_remote_store_from_its_threads_for_blocking_work() {
    let Some(server) = Server::start() else {
        return;
    };
    server.put("/bucket", b"");
    let endpoint = server.endpoint();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let put = move || {
        let store = open("bucket", &endpoint);
        let artifact = store.put_bytes(b"abc").unwrap();
        store.read(artifact.digest, 3).unwrap()
    };
    let again = put.clone();
    let read = runtime.block_on(async {
        let blocking = tokio::task::spawn_blocking(put).await.unwrap();
        // Also where somebody forgot to: the task's thread is given up for it.
        let task = tokio::spawn(async move { again() }).await.unwrap();
        (blocking, task)
    });
    assert_eq!(read, (b"abc".to_vec(), b"abc".to_vec()));
}

#[test]
fn a_remote_store_inside_a_runtime_of_one_thread_is_an_error_and_no_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = open("bucket", "http://127.0.0.1:1");
        let error = store.contains(Digest::of(b"abc")).unwrap_err();
        assert!(matches!(error, StoreError::InsideRuntime), "{error}");
        drop(store);
    });
}
