//! Listening, within limits.
//!
//! A connection that is slow with its request's head, a request that takes too
//! long and connections beyond a number are cut off or made to wait outside,
//! so that a few bad visitors do not keep the others out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::error::ConsoleError;
use crate::page;
use crate::visit::Visit;

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait outside.
    pub connections: usize,
    /// For the head of a request.
    pub head: Duration,
    /// For a whole request, its body and its answer.
    pub request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
        }
    }
}

/// Serves until `stop` says so, and then finishes what was begun, for as long
/// as a request may take.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, from)) => {
                let router = router.clone();
                let stop = stop.clone();
                tokio::spawn(async move {
                    connection(stream, from, router, limits, stop).await;
                    drop(permit);
                });
            }
            // No descriptor is free, say: what is served goes on meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let _ended_or_not = tokio::time::timeout(limits.request, room.acquire_many(all)).await;
}

async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let service = tower_service(router, from, limits);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(32 << 10)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let stopped = async {
        let _closed_too = stop.wait_for(|stop| *stop).await;
    };
    tokio::select! {
        // A visitor who goes away in the middle is no news.
        _ = connection.as_mut() => return,
        () = stopped => connection.as_mut().graceful_shutdown(),
    }
    let _gone = connection.await;
}

/// Puts the visitor's address beside each request, and a limit on its time.
fn tower_service(router: Router, from: SocketAddr, limits: Limits) -> Router<()> {
    router.layer(axum::middleware::from_fn(
        move |mut request: axum::extract::Request, next: axum::middleware::Next| async move {
            request.extensions_mut().insert(ConnectInfo(from));
            let path = request.uri().path().to_owned();
            match tokio::time::timeout(limits.request, next.run(request)).await {
                Ok(answer) => answer,
                Err(_) => {
                    let mut late = page::failure(&Visit::nobody(&path), &ConsoleError::Failed);
                    *late.status_mut() = axum::http::StatusCode::SERVICE_UNAVAILABLE;
                    late
                }
            }
        },
    ))
}
