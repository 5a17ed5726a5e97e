//! A job's progress, sent as it comes (server-sent events, HTML Living
//! Standard, section 9.2).
//!
//! Each event carries the part of the job's page that changes, in the
//! visitor's language; `over` says that the job has ended, and then so does
//! the stream. It also ends after a while, when the visitor may see the job no
//! longer, and when the server stops: a browser then asks again by itself, and
//! is looked at again as any visitor. A person has a few streams at a time and
//! all together have so many; who gets none looks at the page anew instead.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use futures_util::stream::unfold;
use modu_programme::job::JobId;
use modu_programme::{Office, PersonId};
use tokio::sync::watch;

use super::job;
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Streams of one person.
const MAX_OF_ONE: usize = 4;
/// Streams of all.
const MAX_OF_ALL: usize = 64;
/// How often one looks.
const LOOK: Duration = Duration::from_millis(500);
/// How often a word is sent that says nothing, so that a proxy keeps the line.
const BEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts.
const LONGEST: Duration = Duration::from_secs(300);

/// Who has how many streams. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams {
    seats: Arc<Mutex<BTreeMap<PersonId, usize>>>,
}

impl Streams {
    /// A seat, where there is one.
    fn take(&self, person: PersonId) -> Option<Seat> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = seats.values().sum();
        let own = seats.get(&person).copied().unwrap_or_default();
        if all >= MAX_OF_ALL || own >= MAX_OF_ONE {
            return None;
        }
        seats.insert(person, own + 1);
        Some(Seat {
            of: self.clone(),
            person,
        })
    }
}

/// A place among the streams, given back when it is let go.
#[derive(Debug)]
struct Seat {
    of: Streams,
    person: PersonId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.of.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seats.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                seats.remove(&self.person);
            }
        }
    }
}

pub(crate) fn events(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let job = job::find(asked.office, &asked.visit, asked.number(0)?)?;
    let seat = asked.streams.take(person);
    let feed = Feed {
        office: asked.office.clone(),
        visit: asked.visit.clone(),
        job: job.id,
        stopping: asked.stopping.clone(),
        _seat: seat.ok_or(ConsoleError::TooManyStreams)?,
        shown: None,
        begun: Instant::now(),
        sent: Instant::now(),
        is_over: false,
    };
    let stream = unfold(feed, |feed| feed.next());
    Ok(answer::events(Body::from_stream(stream)))
}

/// What is sent to one visitor.
struct Feed {
    office: Office,
    visit: Visit,
    job: JobId,
    stopping: Option<watch::Receiver<bool>>,
    _seat: Seat,
    /// What was sent last.
    shown: Option<String>,
    begun: Instant,
    sent: Instant,
    is_over: bool,
}

impl Feed {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if self.is_over || self.begun.elapsed() >= LONGEST {
                return None;
            }
            let looked = tokio::task::spawn_blocking(move || {
                let event = self.look();
                (self, event)
            });
            let event;
            (self, event) = looked.await.ok()?;
            match event {
                Ok(Some(event)) => return Some(self.send(event)),
                Ok(None) if self.sent.elapsed() >= BEAT => {
                    return Some(self.send(":\n\n".to_owned()));
                }
                Ok(None) => {}
                // A database that is gone may come back; who may not see it
                // any more asks again, and is told so.
                Err(_) => return None,
            }
            self.wait().await?;
        }
    }

    fn send(mut self, event: String) -> (Result<Bytes, Infallible>, Self) {
        self.sent = Instant::now();
        (Ok(Bytes::from(event)), self)
    }

    /// `None` where the server stops.
    async fn wait(&mut self) -> Option<()> {
        let Some(stopping) = &mut self.stopping else {
            tokio::time::sleep(LOOK).await;
            return Some(());
        };
        match tokio::time::timeout(LOOK, stopping.wait_for(|stop| *stop)).await {
            Ok(_) => None,
            Err(_) => Some(()),
        }
    }

    /// The next event, where something changed.
    fn look(&mut self) -> Result<Option<String>, ConsoleError> {
        let job = job::find(&self.office, &self.visit, self.job)?;
        let part = job::live(&self.visit, &job).into_string();
        self.is_over = job.state.is_over();
        let name = if self.is_over { "over" } else { "message" };
        if self.shown.as_ref() == Some(&part) {
            return Ok(None);
        }
        let event = event(name, &part);
        self.shown = Some(part);
        Ok(Some(event))
    }
}

/// An event in its lines; a line's end within the data begins another line of
/// data.
fn event(name: &str, data: &str) -> String {
    let mut event = format!("retry: 2000\nevent: {name}\n");
    for line in data.split(['\n', '\r']) {
        let _infallible = writeln!(event, "data: {line}");
    }
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_ends_an_event_or_begins_another() {
        assert_eq!(
            event("message", "<p>a\n\nevent: over\r</p>"),
            "retry: 2000\nevent: message\ndata: <p>a\ndata: \ndata: event: over\ndata: </p>\n\n"
        );
    }

    #[test]
    fn seats_are_few_and_come_back() {
        let streams = Streams::default();
        let person = |number| PersonId(modu_programme::Sequence(number));
        let mut seats: Vec<_> = (0..MAX_OF_ONE).map(|_| streams.take(person(1))).collect();
        assert!(seats.iter().all(Option::is_some));
        assert!(streams.take(person(1)).is_none());
        assert!(streams.take(person(2)).is_some());
        seats.pop();
        let others = (2..).map(|number| streams.take(person(number)));
        seats.extend(others.take_while(Option::is_some).take(MAX_OF_ALL));
        assert_eq!(seats.len(), MAX_OF_ALL);
        assert!(streams.take(person(1)).is_none());
        drop(seats);
        assert!(streams.seats.lock().is_ok_and(|seats| seats.is_empty()));
    }
}
