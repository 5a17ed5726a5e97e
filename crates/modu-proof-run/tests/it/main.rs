//! The tests start this same binary as the child, which libtest's `main` does
//! not allow; so they have a `main` of their own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail by panic"
)]

#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod models;
#[cfg(target_os = "linux")]
mod networks;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(target_os = "linux")]
mod takeover;

#[cfg(target_os = "linux")]
fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("__proof-child") => std::process::exit(takeover::child().into()),
        Some("__one-layer") => std::process::exit(takeover::one_layer()),
        Some("__dying-parent") => sandbox::start_a_child_and_die(),
        _ => {}
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let mut tests = sandbox::tests();
    tests.extend(networks::tests());
    tests.extend(hostile::tests());
    libtest_mimic::run(&arguments, tests).exit();
}

#[cfg(not(target_os = "linux"))]
fn main() {}
