//! Work that is done again and again beside a service: fetching takes minutes,
//! and routers, people and the operator's answers do not wait for it.
//!
//! A thread of its own does the work, rests for the interval and a little
//! more or less, so that not all validators of the world knock at the same
//! second, and does it again. What comes out waits until the service asks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use modu_kernel::Progress;

use crate::service::now;

/// What the work is told: to end early.
#[derive(Debug, Default)]
struct Ending(AtomicBool);

impl Progress for Ending {
    fn report(&self, _: &str, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The thread that works.
#[derive(Debug)]
pub struct Feed {
    ending: Arc<Ending>,
    /// Dropped to wake the thread.
    wake: Sender<()>,
    thread: JoinHandle<()>,
}

/// What comes out of it.
#[derive(Debug)]
pub struct Fed<T> {
    results: Receiver<Result<T, String>>,
    next: Arc<AtomicI64>,
}

impl Feed {
    /// Starts to work. Each time, the work may give several results, each as
    /// soon as it has it; its error is told like a result.
    pub fn start<T: Send + 'static>(
        interval: Duration,
        mut work: impl FnMut(&dyn Progress, &dyn Fn(T)) -> Result<(), String> + Send + 'static,
    ) -> (Self, Fed<T>) {
        let ending = Arc::new(Ending::default());
        let next = Arc::new(AtomicI64::new(0));
        let (wake, woken) = channel();
        let (sender, results) = channel();
        let thread = thread::spawn({
            let (ending, next) = (ending.clone(), next.clone());
            move || {
                loop {
                    let begun = Instant::now();
                    // Whoever no longer listens has ended the service.
                    let give = |result| drop(sender.send(Ok(result)));
                    let done = catch_unwind(AssertUnwindSafe(|| work(&*ending, &give)));
                    let done = done.unwrap_or_else(|_| {
                        Err(
                            "the update ended in the middle: this is an error of the program"
                                .into(),
                        )
                    });
                    if let Err(problem) = done {
                        let _ = sender.send(Err(problem));
                    }
                    let rest = jittered(interval, random()).saturating_sub(begun.elapsed());
                    // Work that takes longer than its interval is not done without rest.
                    let rest = rest.max(interval / 10);
                    let seconds = i64::try_from(rest.as_secs()).unwrap_or(i64::MAX);
                    next.store(now().saturating_add(seconds), Ordering::Relaxed);
                    match woken.recv_timeout(rest) {
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                    }
                    next.store(0, Ordering::Relaxed);
                }
            }
        });
        let feed = Self {
            ending,
            wake,
            thread,
        };
        (feed, Fed { results, next })
    }

    /// Ends the work under way and waits for it, but not longer than this:
    /// what it writes is whole or nothing.
    pub fn end(self, patience: Duration) {
        self.ending.0.store(true, Ordering::Relaxed);
        drop(self.wake);
        let until = Instant::now() + patience;
        while !self.thread.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl<T> Fed<T> {
    /// The next result that has come out, if any.
    pub fn take(&self) -> Option<Result<T, String>> {
        self.results.try_recv().ok()
    }

    /// When the work is done again, in seconds since 1970 (UTC); nothing while
    /// it is being done.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        Some(self.next.load(Ordering::Relaxed)).filter(|next| *next > 0)
    }
}

/// An interval and up to a tenth of it more or less, by a number that is drawn
/// from all of 16 bits.
fn jittered(interval: Duration, drawn: u16) -> Duration {
    let share = 0.9 + 0.2 * f64::from(drawn) / f64::from(u16::MAX);
    interval.mul_f64(share)
}

/// A number from the system; the middle where it gives none.
fn random() -> u16 {
    let mut bytes = [0; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u16::from_ne_bytes(bytes),
        Err(_) => u16::MAX / 2,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use std::sync::mpsc::TryRecvError;

    use super::*;

    fn wait<T>(fed: &Fed<T>) -> Result<T, String> {
        loop {
            match fed.take() {
                Some(result) => return result,
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    #[test]
    fn the_work_goes_on_after_errors_and_panics_and_ends_when_it_is_told() {
        let mut times = 0;
        let (feed, fed) = Feed::start(Duration::ZERO, move |ending, give| {
            times += 1;
            give(times);
            match times {
                1 => Err("no disk".into()),
                2 => panic!("a wrong assumption"),
                3 => Ok(()),
                _ => loop {
                    thread::sleep(Duration::from_millis(5));
                    if ending.cancelled() {
                        return Ok(());
                    }
                },
            }
        });
        assert_eq!((wait(&fed), wait(&fed)), (Ok(1), Err("no disk".into())));
        assert_eq!(wait(&fed), Ok(2));
        assert!(wait(&fed).unwrap_err().contains("error of the program"));
        assert_eq!((wait(&fed), wait(&fed)), (Ok(3), Ok(4)));
        assert_eq!(fed.next(), None);
        feed.end(Duration::from_secs(60));
        assert_eq!(fed.take(), None);
        let gone = matches!(fed.results.try_recv(), Err(TryRecvError::Disconnected));
        assert!(gone, "the thread has ended");
    }

    #[test]
    fn intervals_differ_by_a_tenth_at_most() {
        let interval = Duration::from_secs(600);
        for (drawn, seconds) in [(0, 540), (u16::MAX, 660)] {
            let jittered = jittered(interval, drawn).as_secs_f64();
            assert!((jittered - f64::from(seconds)).abs() < 1e-6, "{jittered}");
        }
    }
}
