//! Asking a server from many threads, and how long it took each time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::http::Connection;

/// What came of a load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Pieces of work a second.
    pub(super) rate: f64,
    /// Milliseconds for one, in the middle and at the 99th percentile.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// How many did not go well.
    pub(super) failed: u64,
}

impl Load {
    fn of(mut took: Vec<Duration>, failed: u64, seconds: f64) -> anyhow::Result<Self> {
        ensure!(!took.is_empty(), "nothing went well, {failed} failed");
        took.sort_unstable();
        let at = |share: f64| {
            let place = ((took.len() - 1) as f64 * share).round() as usize;
            took.get(place)
                .map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
        };
        Ok(Self {
            rate: took.len() as f64 / seconds,
            p50: at(0.5),
            p99: at(0.99),
            failed,
        })
    }
}

/// One piece of work: the connection of a thread, and the number of the piece.
pub(super) type Work<'w> = &'w (dyn Fn(&mut Connection, u64) -> anyhow::Result<()> + Sync);

/// As fast as the server answers: each thread begins the next piece when the
/// one before is done.
pub(super) fn closed(
    threads: u32,
    lasts: Duration,
    connect: &(dyn Fn() -> Connection + Sync),
    work: Work<'_>,
) -> anyhow::Result<Load> {
    let (number, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let over = AtomicBool::new(false);
    let (all, first) = (Mutex::new(Vec::new()), Mutex::new(None));
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (mut connection, mut took) = (connect(), Vec::new());
                while !over.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    match work(&mut connection, number.fetch_add(1, Ordering::Relaxed)) {
                        Ok(()) => took.push(begun.elapsed()),
                        Err(error) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            connection = connect();
                            if let Ok(mut first) = first.lock() {
                                first.get_or_insert(error);
                            }
                        }
                    }
                }
                if let Ok(mut all) = all.lock() {
                    all.append(&mut took);
                }
            });
        }
        thread::sleep(lasts);
        over.store(true, Ordering::Relaxed);
    });
    // Until the last was answered, not until nothing more was begun.
    let seconds = begun.elapsed().as_secs_f64();
    let took = all.into_inner().unwrap_or_default();
    let failed = failed.into_inner();
    if took.is_empty()
        && let Ok(Some(error)) = first.into_inner()
    {
        return Err(error.context("every piece of work failed"));
    }
    Load::of(took, failed, seconds)
}

/// So many pieces a second, whether the server keeps up or not: each is timed
/// from the moment at which it was due.
pub(super) fn open(
    threads: u32,
    per_second: u32,
    lasts: Duration,
    connect: &(dyn Fn() -> Connection + Sync),
    work: Work<'_>,
) -> anyhow::Result<Load> {
    let count = u64::from(per_second) * lasts.as_secs();
    let (all, failed) = (Mutex::new(Vec::new()), AtomicU64::new(0));
    let first = Mutex::new(None);
    let begun = Instant::now() + Duration::from_millis(50);
    thread::scope(|scope| {
        for thread in 0..u64::from(threads) {
            let (all, failed, first) = (&all, &failed, &first);
            scope.spawn(move || {
                let (mut connection, mut took) = (connect(), Vec::new());
                for number in (thread..count).step_by(threads as usize) {
                    let due = begun + Duration::from_secs(number) / per_second;
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    match work(&mut connection, number) {
                        Ok(()) => took.push(due.elapsed()),
                        Err(error) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            connection = connect();
                            if let Ok(mut first) = first.lock() {
                                first.get_or_insert(error);
                            }
                        }
                    }
                }
                if let Ok(mut all) = all.lock() {
                    all.append(&mut took);
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let first = first.into_inner().ok().flatten();
    if let Some(error) = first {
        return Err(error).context("a page was not shown");
    }
    Load::of(
        all.into_inner().unwrap_or_default(),
        failed.into_inner(),
        seconds,
    )
}
