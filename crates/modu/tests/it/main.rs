//! The program through its command line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed expectation is a failed test"
)]

mod advisories;
mod backup;
mod canary;
mod care_courses;
mod care_model;
mod care_parquet;
mod care_privacy;
mod care_service;
mod demonstration;
mod evidence;
mod full_disk;
mod history;
mod host;
mod jobs;
mod ledger;
mod ledger_kill;
mod node;
mod opening;
mod plan;
mod postgresql;
mod program;
mod refusals;
mod remote;
mod route;
mod route_watch;
mod secrets;
mod serve;
mod serve_fetching;
mod serve_s3;
mod serving;
mod stranger;
mod utterances;
mod validate;
mod watch;
mod webhooks;
