//! People and programs read the published table, however strangers behave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use modu_route::{RouterTable, VrpTable};
use modu_route_net::Room;
use modu_route_net::http::{Board, HeldBack, HttpServer, LastRun, Limits, Status};
use modu_route_net::publication::Publication;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::router::table;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) publication: Arc<Publication>,
    board: Arc<Board>,
    server: Arc<HttpServer>,
    _stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

pub(crate) async fn start(limits: Limits) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let publication = Arc::new(Publication::open(folder.path()).unwrap());
    let status = Status {
        software: "modu 0".into(),
        source: "vrps.csv".into(),
        interval: 600,
        started: 1_000,
        ..Status::default()
    };
    let board = Arc::new(Board::new(publication.clone(), None, status));
    let server = Arc::new(HttpServer::new(board.clone(), limits));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn({
        let server = server.clone();
        async move { server.serve(listener, stopped).await }
    });
    Running {
        address,
        publication,
        board,
        server,
        _stop: stop,
        _folder: folder,
    }
}

fn hasty() -> Limits {
    Limits {
        quiet: Duration::from_secs(2),
        ..Limits::default()
    }
}

/// The status code, the head and the body of an answer to one request.
pub(crate) async fn ask(address: SocketAddr, path: &str, more: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: x\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let code = head.split(' ').nth(1).unwrap().parse().unwrap();
    (code, head.to_ascii_lowercase(), body.to_owned())
}

fn vrps(table: &RouterTable) -> VrpTable {
    table.rows().iter().map(|row| row.vrp).collect()
}

#[tokio::test]
async fn the_forms_of_other_validators_hold_the_published_table() {
    let running = start(Limits::default()).await;
    for (ours, _) in [("/json", 0), ("/csv", 0), ("/rpki-client.json", 0)] {
        assert_eq!(ask(running.address, ours, "").await.0, 503);
    }
    let now = table(&(0..250).collect::<Vec<_>>(), &[(64500, &[64501, 64502])]);
    running
        .publication
        .publish(now.clone(), 1_795_351_267)
        .unwrap();
    for path in ["/json", "/csv", "/rpki-client.json"] {
        let (code, head, body) = ask(running.address, path, "").await;
        assert_eq!(code, 200);
        assert!(head.contains("etag: w/\"") && head.contains("content-type: "));
        assert_eq!(
            VrpTable::parse(body.as_bytes()).unwrap(),
            vrps(&now),
            "{path}"
        );
    }
}

/// Reference: what `routinator 0.16.0-rc1 vrps -f json` and `-f csv` print for
/// the same two VRPs and one ASPA, given to it as local exceptions (there the
/// trust anchor is `N/A`, and its empty list of router keys has a line break).
#[tokio::test]
async fn json_and_csv_are_routinators() {
    let running = start(Limits::default()).await;
    let csv = "ASN,IP Prefix,Max Length\nAS64496,192.0.2.0/24,26\nAS64497,2001:db8::/32,32\n";
    let vrps = VrpTable::parse(csv.as_bytes()).unwrap();
    let payloads = modu_route::Payloads {
        vrps: vrps.clone(),
        aspas: table(&[], &[(64500, &[64501, 64502])]).aspas().to_vec(),
    };
    let now = RouterTable::of_vrps("N/A", &vrps).saying(&payloads, "local");
    running.publication.publish(now, 1_795_351_267).unwrap();
    let json = r#"{
  "metadata": {
    "generated": 1795351267,
    "generatedTime": "2026-11-22T12:41:07Z"
  },
  "roas": [
    { "asn": "AS64496", "prefix": "192.0.2.0/24", "maxLength": 26, "ta": "N/A" },
    { "asn": "AS64497", "prefix": "2001:db8::/32", "maxLength": 32, "ta": "N/A" }
  ],
  "routerKeys": [

  ],
  "aspas": [
    { "customer": "AS64500", "providers": ["AS64501", "AS64502"], "ta": "N/A" }
  ]
}
"#;
    let ours = ask(running.address, "/json", "").await.2;
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let mut expected = read(json);
    // Routinator names an anchor for each ASPA; joined ones have several.
    expected["aspas"][0].as_object_mut().unwrap().remove("ta");
    assert_eq!(read(&ours), expected);
    let roas = |text: &str| text.lines().skip(5).take(4).collect::<Vec<_>>().join("\n");
    assert_eq!(roas(&ours), roas(json));
    let csv = "ASN,IP Prefix,Max Length,Trust Anchor\nAS64496,192.0.2.0/24,26,N/A\nAS64497,2001:db8::/32,32,N/A\n";
    assert_eq!(ask(running.address, "/csv", "").await.2, csv);
}

#[tokio::test]
async fn an_unchanged_table_is_not_sent_again() {
    let running = start(Limits::default()).await;
    running.publication.publish(table(&[1], &[]), 1).unwrap();
    let (_, head, _) = ask(running.address, "/csv", "").await;
    let tag = head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap();
    let tag = tag.replace("w/", "W/");
    let asked = format!("If-None-Match: \"other\", {tag}\r\n");
    let (code, _, body) = ask(running.address, "/csv", &asked).await;
    assert_eq!((code, body.as_str()), (304, ""));
    assert_eq!(ask(running.address, "/json", &asked).await.0, 200);
    running.publication.publish(table(&[2], &[]), 2).unwrap();
    assert_eq!(ask(running.address, "/csv", &asked).await.0, 200);
}

#[tokio::test]
async fn health_metrics_and_status_tell_of_runs_and_holds() {
    let running = start(Limits::default()).await;
    let address = running.address;
    assert_eq!(ask(address, "/health", "").await.0, 503);
    running
        .publication
        .publish(table(&[1, 2], &[]), 2_000)
        .unwrap();
    running.board.update(|status| {
        status.last_success = Some(2_000);
        status.last_run = Some(LastRun {
            time: 2_000,
            failure: None,
        });
        status.held_back.push(HeldBack {
            id: "h1".into(),
            since: 2_000,
            pending: true,
            anchor: "<ta>".into(),
            vrps: 7,
            aspas: 2,
            why: "point.missing: 7".into(),
        });
    });
    assert_eq!(ask(address, "/health", "").await.2, "ok\n");
    let metrics = ask(address, "/metrics", "").await.2;
    for line in [
        "modu_route_healthy 1",
        "modu_route_vrps{anchor=\"ta\",family=\"ipv4\"} 1",
        "modu_route_holds_pending 1",
        "modu_route_held_vrps 7",
        "modu_route_held_aspas 2",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
    let status: serde_json::Value =
        serde_json::from_str(&ask(address, "/status", "").await.2).unwrap();
    assert_eq!(status["published"]["vrps"], 2);
    assert_eq!(status["held_back"][0]["id"], "h1");
    let page = ask(address, "/", "").await.2;
    assert!(page.contains("&lt;ta&gt;") && page.contains("lang=\"ko\""));

    running.board.update(|status| {
        status.last_run = Some(LastRun {
            time: 2_000 + 1_801,
            failure: Some("disk full".into()),
        });
    });
    let (code, _, body) = ask(address, "/health", "").await;
    assert_eq!(code, 503);
    assert!(body.contains("disk full"), "{body}");
    assert_eq!(ask(address, "/nothing", "").await.0, 404);
}

#[tokio::test]
async fn slow_and_silent_clients_are_left() {
    let running = start(hasty()).await;
    running.publication.publish(table(&[1], &[]), 1).unwrap();
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    let dripping = tokio::spawn(async move {
        // One byte at a time, always soon enough for a limit on each byte.
        for byte in b"GET /csv HTTP/1.1\r\nHost: "
            .iter()
            .chain([b'a'; 1_000].iter())
        {
            if slow.write_all(&[*byte]).await.is_err() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    });
    assert_eq!(ask(running.address, "/health", "").await.0, 200);
    assert!(dripping.await.unwrap(), "the connection was ended");
    assert_eq!(silent.read(&mut [0; 8]).await.unwrap_or(0), 0);
    while running.server.visits().inside > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn huge_requests_are_refused() {
    let running = start(Limits::default()).await;
    running.publication.publish(table(&[1], &[]), 1).unwrap();
    let address = running.address;
    let long = "a".repeat(1 << 20);
    for request in [
        format!("GET /csv?{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /csv HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n"),
        format!("GET /csv HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(20_000)),
        format!("{long}\r\n\r\n"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(ask(address, "/csv", "").await.0, 200);
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_keep_nobody_out() {
    let limits = Limits {
        room: Room {
            connections: 4,
            of_one_place: 100,
        },
        ..Limits::default()
    };
    let running = start(limits).await;
    running.publication.publish(table(&[1], &[]), 1).unwrap();
    let mut strangers = Vec::new();
    for _ in 0..50 {
        strangers.push(TcpStream::connect(running.address).await.unwrap());
    }
    assert_eq!(ask(running.address, "/csv", "").await.0, 200);
    assert!(running.server.visits().turned_away > 0);
}
