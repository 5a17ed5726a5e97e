//! Metrics in Prometheus's text format, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use super::fetching::{Fetching, name_of};
use super::status::Status;
use crate::door::Visits;
use crate::publication::Edition;

/// Text that grows by metrics.
#[derive(Default)]
struct Metrics(String);

impl Metrics {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP modu_route_{name} {help}");
        let _ = writeln!(self.0, "# TYPE modu_route_{name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = (labels.iter())
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.0, "modu_route_{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.value(name, &[], value);
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// All metrics.
pub(super) fn text(
    edition: Option<&Edition>,
    status: &Status,
    routers: Option<Visits>,
    http: Visits,
    now: i64,
) -> String {
    let mut metrics = Metrics::default();
    let healthy = u8::from(status.trouble(edition, now).is_none());
    metrics.one("healthy", "gauge", "1 where /health says ok", healthy);
    if let Some(edition) = edition {
        table(&mut metrics, edition);
    }
    if let Some(time) = status.last_success {
        let help = "when a run last gave a table, in seconds since 1970";
        metrics.one("last_success_seconds", "gauge", help, time);
    }
    if let Some(run) = &status.last_run {
        let worked = u8::from(run.failure.is_none());
        metrics.one(
            "last_run_worked",
            "gauge",
            "1 where the last run gave a table",
            worked,
        );
    }
    if let Some(fetching) = &status.fetching {
        fetched(&mut metrics, fetching);
    }
    if let Some(age) = status.age(now) {
        let help = "seconds since a run was last good";
        metrics.one("last_good_run_age_seconds", "gauge", help, age);
    }
    if let Some(exceptions) = &status.exceptions {
        let broken = u8::from(exceptions.problem.is_some());
        let help = "1 where a file of local exceptions is broken and the former one goes on";
        metrics.one("local_exceptions_broken", "gauge", help, broken);
    }
    let pending = status.held_back.iter().filter(|held| held.pending).count();
    let held: usize = status.held_back.iter().map(|held| held.vrps).sum();
    metrics.one("holds_pending", "gauge", "holds without an answer", pending);
    metrics.one(
        "held_vrps",
        "gauge",
        "VRPs that a hold keeps in the table",
        held,
    );
    let held: usize = status.held_back.iter().map(|held| held.aspas).sum();
    let help = "customers whose ASPAs a hold keeps in the table";
    metrics.one("held_aspas", "gauge", help, held);
    for (server, visits) in routers
        .map(|it| ("rtr", it))
        .into_iter()
        .chain([("http", http)])
    {
        connections(&mut metrics, server, visits);
    }
    metrics.0
}

fn fetched(metrics: &mut Metrics, fetching: &Fetching) {
    if let Some(time) = fetching.last_good {
        let help = "when a run was last good, in seconds since 1970";
        metrics.one("last_good_run_seconds", "gauge", help, time);
    }
    metrics.family("sources", "gauge", "servers, by how the last fetch ended");
    metrics.value("sources", &[("state", "worked")], fetching.worked);
    metrics.value("sources", &[("state", "failed")], fetching.failed);
    let help = "1 where the last fetch from a server failed, with its code";
    metrics.family("source_failed", "gauge", help);
    let labels = |line: &super::SourceLine| {
        let code = line.failure.as_ref().map(|failure| failure.code.clone());
        (name_of(&line.source).to_owned(), code)
    };
    for (source, code) in fetching.sources.iter().map(labels) {
        let failed = u8::from(code.is_some());
        let code = code.unwrap_or_default();
        let labels = [("source", source.as_str()), ("code", &code)];
        metrics.value("source_failed", &labels, failed);
    }
    let help = "updates in a row in which a server failed while others worked";
    metrics.family("source_failures", "gauge", help);
    for line in &fetching.sources {
        let labels = [("source", name_of(&line.source))];
        metrics.value("source_failures", &labels, line.failures);
    }
    let help = "when a server last worked, in seconds since 1970";
    metrics.family("source_last_success_seconds", "gauge", help);
    for line in &fetching.sources {
        if let Some(time) = line.last_success {
            let labels = [("source", name_of(&line.source))];
            metrics.value("source_last_success_seconds", &labels, time);
        }
    }
}

fn table(metrics: &mut Metrics, edition: &Edition) {
    metrics.one("serial", "gauge", "the table's RTR serial", edition.serial);
    let help = "when the table was published, in seconds since 1970";
    metrics.one("published_seconds", "gauge", help, edition.time);
    let table = &edition.table;
    let mut counts = BTreeMap::<_, u64>::new();
    for row in table.rows() {
        let family = if row.vrp.prefix.is_v4() {
            "ipv4"
        } else {
            "ipv6"
        };
        *counts.entry((table.anchor_of(row), family)).or_default() += 1;
    }
    metrics.family("vrps", "gauge", "validated ROA payloads in the table");
    for ((anchor, family), count) in counts {
        metrics.value("vrps", &[("anchor", anchor), ("family", family)], count);
    }
    let customers = table.aspas().len();
    metrics.one(
        "aspas",
        "gauge",
        "customers with an ASPA in the table",
        customers,
    );
}

fn connections(metrics: &mut Metrics, server: &str, visits: Visits) {
    let name = |what: &str| format!("{server}_connections{what}");
    metrics.one(&name(""), "gauge", "connections now", visits.inside);
    metrics.one(
        &name("_admitted_total"),
        "counter",
        "connections let in",
        visits.admitted,
    );
    metrics.one(
        &name("_turned_away_total"),
        "counter",
        "connections turned away, or ended to make room",
        visits.turned_away,
    );
}
