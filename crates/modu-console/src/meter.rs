//! What is counted and told of requests, for those who watch the server.
//!
//! A request is told by its pattern (`/welcome/{}`), never by its path: a path
//! may carry a link that lets somebody in.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the buckets of answering times, in microseconds.
const ENDS: [u64; 9] = [
    1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
];

/// The pattern of an answer's address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern(pub(crate) &'static str);

/// A request that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served<'r> {
    /// `GET`, `POST`, ...
    pub method: &'r str,
    /// The address as the table of addresses has it; `other` where it has none.
    pub pattern: &'r str,
    /// The status of the answer.
    pub status: u16,
    /// How long it took, to the answer's head.
    pub took: Duration,
}

/// Counts of one server. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    counts: Arc<Counts>,
    log: Option<fn(&Served<'_>)>,
}

#[derive(Debug, Default)]
struct Counts {
    /// By the first digit of the status.
    answers: [AtomicU64; 6],
    shed: AtomicU64,
    underway: AtomicU64,
    took: [AtomicU64; ENDS.len() + 1],
    took_all: AtomicU64,
}

impl Meter {
    /// A meter that also tells each request to `log`.
    #[must_use]
    pub fn logging(log: fn(&Served<'_>)) -> Self {
        Self {
            log: Some(log),
            ..Self::default()
        }
    }

    /// One more request is being answered, as long as what is given lives.
    pub(crate) fn begin(&self) -> Underway {
        self.counts.underway.fetch_add(1, Ordering::Relaxed);
        Underway(Arc::clone(&self.counts))
    }

    /// A request was turned away because too many were underway.
    pub(crate) fn shed(&self) {
        self.counts.shed.fetch_add(1, Ordering::Relaxed);
    }

    /// A request was answered.
    pub(crate) fn served(&self, served: &Served<'_>) {
        let counts = &self.counts;
        let class = usize::from(served.status / 100).min(counts.answers.len() - 1);
        counts.answers[class].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(served.took.as_micros()).unwrap_or(u64::MAX);
        let bucket = ENDS.iter().position(|end| micros <= *end);
        counts.took[bucket.unwrap_or(ENDS.len())].fetch_add(1, Ordering::Relaxed);
        counts.took_all.fetch_add(micros, Ordering::Relaxed);
        if let Some(log) = self.log {
            log(served);
        }
    }

    /// The counts, for the page that tells how the server does.
    pub(crate) fn read(&self) -> Read {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let took: Vec<_> = self.counts.took.iter().map(read).collect();
        let all: u64 = took.iter().sum();
        let mut below = 0;
        let reached = took.iter().position(|count| {
            below += count;
            all > 0 && below * 100 >= all * 99
        });
        let end = reached.and_then(|place| ENDS.get(place));
        Read {
            answers: self.counts.answers.each_ref().map(read),
            shed: read(&self.counts.shed),
            most_within: end.map(|micros| Duration::from_micros(*micros)),
        }
    }

    /// The counts in Prometheus' text format.
    #[must_use]
    pub fn text(&self) -> String {
        let counts = &self.counts;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut text = String::from(
            "# HELP modu_http_requests_total Requests that were answered, by status.\n\
             # TYPE modu_http_requests_total counter\n",
        );
        for (class, count) in counts.answers.iter().enumerate().skip(1) {
            let _infallible = writeln!(
                text,
                "modu_http_requests_total{{status=\"{class}xx\"}} {}",
                read(count)
            );
        }
        let _infallible = write!(
            text,
            "# HELP modu_http_shed_total Requests turned away under load.\n\
             # TYPE modu_http_shed_total counter\nmodu_http_shed_total {}\n\
             # HELP modu_http_underway Requests being answered.\n\
             # TYPE modu_http_underway gauge\nmodu_http_underway {}\n\
             # HELP modu_http_seconds How long answers took.\n\
             # TYPE modu_http_seconds histogram\n",
            read(&counts.shed),
            read(&counts.underway),
        );
        let mut below = 0;
        for (end, count) in ENDS.iter().zip(&counts.took) {
            below += read(count);
            let end = *end as f64 / 1e6;
            let _infallible = writeln!(text, "modu_http_seconds_bucket{{le=\"{end}\"}} {below}");
        }
        below += read(&counts.took[ENDS.len()]);
        let _infallible = write!(
            text,
            "modu_http_seconds_bucket{{le=\"+Inf\"}} {below}\n\
             modu_http_seconds_sum {}\nmodu_http_seconds_count {below}\n",
            read(&counts.took_all) as f64 / 1e6,
        );
        text
    }
}

/// Counts as they were read.
pub(crate) struct Read {
    /// Answers by the first digit of their status.
    pub(crate) answers: [u64; 6],
    /// Requests that were turned away under load.
    pub(crate) shed: u64,
    /// The end of the bucket within which 99 of 100 were answered; none
    /// before the first, and where it took longer than any bucket.
    pub(crate) most_within: Option<Duration>,
}

/// A request that is being answered.
pub(crate) struct Underway(Arc<Counts>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.underway.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_served_is_counted_in_its_bucket_and_those_above() {
        let meter = Meter::default();
        for (status, millis) in [(200, 3), (404, 30), (200, 60_000)] {
            meter.served(&Served {
                method: "GET",
                pattern: "/",
                status,
                took: Duration::from_millis(millis),
            });
        }
        let text = meter.text();
        for line in [
            "modu_http_requests_total{status=\"2xx\"} 2",
            "modu_http_requests_total{status=\"4xx\"} 1",
            "modu_http_seconds_bucket{le=\"0.001\"} 0",
            "modu_http_seconds_bucket{le=\"0.005\"} 1",
            "modu_http_seconds_bucket{le=\"0.05\"} 2",
            "modu_http_seconds_bucket{le=\"5\"} 2",
            "modu_http_seconds_bucket{le=\"+Inf\"} 3",
            "modu_http_seconds_sum 60.033",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn the_bucket_of_99_in_100_is_told() {
        let meter = Meter::default();
        assert_eq!(meter.read().most_within, None);
        for (count, millis) in [(99, 3), (1, 200)] {
            for _ in 0..count {
                meter.served(&Served {
                    method: "GET",
                    pattern: "/",
                    status: 200,
                    took: Duration::from_millis(millis),
                });
            }
        }
        let read = meter.read();
        assert_eq!(read.most_within, Some(Duration::from_millis(5)));
        assert_eq!((read.answers[2], read.shed), (100, 0));
    }

    #[test]
    fn a_request_is_underway_until_it_is_let_go() {
        let meter = Meter::default();
        let one = meter.begin();
        assert!(meter.text().contains("modu_http_underway 1\n"));
        drop(one);
        assert!(meter.text().contains("modu_http_underway 0\n"));
    }
}
