//! What `cargo xtask bench care` measures of ours: one piece of work on one
//! table, timed from the table in memory to the result in memory.
//!
//!     care_bench make KIND ROWS COLUMNS SEED TABLE
//!     care_bench SCENE TABLE ROWS COLUMNS ANSWER [OPTION...]
//!
//! A table is its columns one after the other as little-endian doubles: times,
//! event codes, then the covariates; [`table`] says which kinds there are. A
//! scene prints `{"seconds": ...}`, its processor time, and writes what it
//! found as doubles to ANSWER, which is held against the peers' first.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod boosting;
mod concordance;
mod cox;
mod forest;
mod table;

use std::error::Error;

use table::Table;

/// What a scene found, as doubles, and its processor seconds.
struct Answer {
    values: Vec<f64>,
    seconds: f64,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["make", kind, rows, columns, seed, file] => {
            table::make(kind, rows.parse()?, columns.parse()?, seed.parse()?, file)
        }
        [scene, file, rows, columns, answer, options @ ..] => {
            let table = Table::read(file, rows.parse()?, columns.parse()?)?;
            let found = of_scene(scene, &table, options)?;
            let bytes = found.values.iter().flat_map(|value| value.to_le_bytes());
            std::fs::write(answer, bytes.collect::<Vec<u8>>())?;
            println!("{{\"seconds\": {:.6}}}", found.seconds);
            Ok(())
        }
        _ => Err("see the first lines of this program for its arguments".into()),
    }
}

fn of_scene(scene: &str, table: &Table, options: &[&str]) -> Outcome<Answer> {
    match scene {
        "boosting" => boosting::run(table, options),
        "forest" => forest::run(table, options),
        "concordance" => concordance::run(table, true),
        "concordance_index" => concordance::run(table, false),
        _ => cox::run(scene, table),
    }
}

/// Does some work, and says how much processor time it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = processor_seconds();
    let done = work();
    (done, processor_seconds() - start)
}

/// Processor seconds of all threads of this process so far.
fn processor_seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a live local variable of the right type.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(status, 0, "this system keeps no processor time");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
