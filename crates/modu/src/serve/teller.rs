//! Telling people of what happened, beside the server's other work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use modu_kernel::contained::contained;
use modu_programme::Office;
use modu_programme::database::Database;
use modu_programme::notice::Follower;
use modu_programme::store::History as _;

/// How often one looks for what another server added.
const LOOK: Duration = Duration::from_secs(1);

/// A thread that reads the history on and keeps notices of it.
pub(super) struct Teller {
    stop: Arc<AtomicBool>,
    office: Office,
    thread: JoinHandle<()>,
}

impl Teller {
    /// Goes on where it was left, by a connection of its own.
    pub(super) fn start(office: &Office, database: Database) -> anyhow::Result<Self> {
        let database = Arc::new(database);
        let stop = Arc::new(AtomicBool::new(false));
        let (asked, at_work) = (Arc::clone(&stop), office.clone());
        let thread = thread::Builder::new().name("teller".to_owned());
        let thread = thread
            .spawn(move || {
                while !asked.load(Ordering::SeqCst) {
                    // One that fell over has kept nothing by halves: it begins
                    // again where it was left.
                    let fell = contained(|| tell(&at_work, &database, &asked)).is_none();
                    if fell {
                        thread::sleep(LOOK);
                    }
                }
            })
            .context("could not start a thread")?;
        Ok(Self {
            stop,
            office: office.clone(),
            thread,
        })
    }

    /// Stops it.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.office.board().news().ring();
        let _its_panic_was_told = self.thread.join();
    }
}

fn tell(office: &Office, database: &Arc<Database>, stop: &AtomicBool) {
    let board = office.board();
    let mut follower = None;
    while !stop.load(Ordering::SeqCst) {
        let heard = board.news().heard();
        let read = match &mut follower {
            None => {
                Follower::by(Arc::clone(database), board, office.kept().programme()).map(|new| {
                    follower = Some(new);
                    1
                })
            }
            Some(follower) => {
                // The lock is held for the reading alone.
                let history = |place, limit| office.kept().history().after(place, limit);
                let read = follower.read_on(history);
                if matches!(read, Ok(0)) {
                    follower.share(office.kept().programme());
                }
                read
            }
        };
        // A database that is gone may come back.
        if read.unwrap_or(0) == 0 {
            board.news().wait(heard, LOOK);
        }
    }
}
