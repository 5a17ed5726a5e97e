//! How long a job waits for a worker of the same process that has nothing else
//! to do: `cargo run --release -p modu-programme --example pickup`.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use modu_kernel::Digest;
use modu_programme::database::Database;
use modu_programme::job::{
    Dataset, DatasetId, Demonstrate, Desk, LEASE, NewJob, Settlement, Urgency, Work,
};
use modu_programme::{OrganisationId, PersonId, ProjectId, Sequence, Title};

const JOBS: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("programme.sqlite");
    let desk = Desk::over(Database::file(&file)?, LEASE)?;
    let (taken, waits) = channel();
    let worker = desk.clone();
    std::thread::spawn(move || {
        loop {
            let heard = worker.bell().heard();
            let now = Timestamp::now();
            match worker.queue().take(None, "example", now) {
                Ok(Some((_, lease))) => {
                    if taken.send(Instant::now()).is_err() {
                        return;
                    }
                    let settled = worker.queue().settle(&Settlement {
                        lease,
                        answer: String::new(),
                        at: now,
                    });
                    if settled.is_err() {
                        return;
                    }
                }
                _ => worker.bell().wait(heard, Duration::from_secs(1)),
            }
        }
    });
    let organisation = OrganisationId(Sequence(1));
    let job = NewJob {
        organisation,
        project: ProjectId(Sequence(2)),
        person: PersonId(Sequence(3)),
        urgency: Urgency::Normal,
        work: Work::Demonstrate(Demonstrate {
            need: Digest::of(b""),
            dataset: Dataset {
                id: DatasetId(1),
                organisation,
                name: Title::new("example")?,
                digest: None,
                commitment: None,
                size: 0,
                is_public: true,
                node: None,
                gone: None,
            },
            entrants: Vec::new(),
        }),
        key: None,
    };
    let mut all = Vec::new();
    for _ in 0..JOBS {
        std::thread::sleep(Duration::from_millis(10));
        desk.queue().submit(&job, Timestamp::now())?;
        let asked = Instant::now();
        desk.bell().ring();
        all.push(waits.recv()?.duration_since(asked));
    }
    all.sort_unstable();
    println!(
        "{JOBS} jobs, from durable to taken: median {:.1?}, p99 {:.1?}, longest {:.1?}",
        all[JOBS / 2],
        all[JOBS * 99 / 100],
        all[JOBS - 1]
    );
    Ok(())
}
