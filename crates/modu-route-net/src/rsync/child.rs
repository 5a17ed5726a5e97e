//! A program in a process group of its own, watched and ended in time.

use std::io::{self, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{Budgets, Failure};

/// How often the program is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Bytes of what it complains that are read.
const COMPLAINT: usize = 4096;
/// What rsync says when a file vanished on the server during the transfer:
/// the next one brings what is there then.
const VANISHED: i32 = 24;

/// What the program says that it received.
#[derive(Default)]
struct Received {
    files: AtomicU64,
    bytes: AtomicU64,
}

/// A running `rsync`. Its whole group is killed when this is dropped.
pub(super) struct Child {
    child: std::process::Child,
    received: Arc<Received>,
    complaint: Arc<Mutex<Vec<u8>>>,
    listener: Option<thread::JoinHandle<()>>,
    started: Instant,
    ended: bool,
}

impl Child {
    pub(super) fn start(program: &Path, arguments: &[String], to: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg(to)
            // Nothing of the caller's environment changes what rsync does.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command
            .spawn()
            .map_err(|error| not_started(program, &error))?;
        let received = Arc::new(Received::default());
        if let Some(out) = child.stdout.take() {
            let received = received.clone();
            thread::spawn(move || count(BufReader::new(out), &received));
        }
        let complaint = Arc::new(Mutex::new(Vec::new()));
        let listener = child.stderr.take().map(|err| {
            let complaint = complaint.clone();
            thread::spawn(move || listen(err, &complaint))
        });
        Ok(Self {
            child,
            received,
            complaint,
            listener,
            started: Instant::now(),
            ended: false,
        })
    }

    /// Waits until it has ended, at most until the deadline.
    pub(super) fn wait(
        &mut self,
        deadline: Instant,
        budgets: &Budgets,
        stop: &AtomicBool,
    ) -> Result<(), Failure> {
        let status = loop {
            if let Some(status) = self.child.try_wait().map_err(Failure::machine)? {
                self.ended = true;
                break status;
            }
            if Instant::now() >= deadline {
                return Err(Failure::timeout(self.started.elapsed()));
            }
            if stop.load(Ordering::Relaxed) {
                return Err(Failure::new("fetch.stopped", "the update ended"));
            }
            self.within(budgets)?;
            thread::sleep(LOOK);
        };
        self.within(budgets)?;
        match status.code() {
            Some(0 | VANISHED) => Ok(()),
            code => {
                let said = self.said();
                let ended = code.map_or("was killed".into(), |code| format!("ended with {code}"));
                Err(Failure::new(
                    "rsync.failed",
                    format!("rsync {ended}: {said}"),
                ))
            }
        }
    }

    /// What it complained of. Whoever else holds its end of the pipe is not
    /// waited for.
    fn said(&self) -> String {
        for _ in 0..10 {
            if self
                .listener
                .as_ref()
                .is_none_or(thread::JoinHandle::is_finished)
            {
                break;
            }
            thread::sleep(LOOK);
        }
        let said = self.complaint.lock();
        let said = said.unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).into_owned()
    }

    fn within(&self, budgets: &Budgets) -> Result<(), Failure> {
        let files = self.received.files.load(Ordering::Relaxed);
        let bytes = self.received.bytes.load(Ordering::Relaxed);
        if bytes > budgets.source_bytes {
            return Err(Failure::too_large("the module", budgets.source_bytes));
        }
        match files > budgets.source_objects as u64 {
            true => Err(Failure::new(
                "fetch.too-large",
                format!("more than {} files", budgets.source_objects),
            )),
            false => Ok(()),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The whole group: rsync's receiver is a process of its own.
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

fn not_started(program: &Path, error: &io::Error) -> Failure {
    let shown = program.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(
            "rsync.missing",
            format!("the program `{shown}` is not there: install rsync, or say --no-rsync"),
        ),
        _ => Failure::new(
            "rsync.missing",
            format!("could not start `{shown}`: {error}"),
        ),
    }
}

/// Counts the lines that name a size.
fn count(out: impl io::BufRead, received: &Received) {
    for line in out.split(b'\n') {
        let Ok(line) = line else { return };
        let size = std::str::from_utf8(&line)
            .ok()
            .and_then(|it| it.trim().parse().ok());
        received.files.fetch_add(1, Ordering::Relaxed);
        received
            .bytes
            .fetch_add(size.unwrap_or(0_u64), Ordering::Relaxed);
    }
}

/// Keeps the beginning of what it says; the rest is read and forgotten, so
/// that it is never held up.
fn listen(mut err: impl Read, complaint: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 512];
    while let Ok(length @ 1..) = err.read(&mut buffer) {
        let mut said = complaint.lock().unwrap_or_else(PoisonError::into_inner);
        let room = COMPLAINT.saturating_sub(said.len());
        said.extend_from_slice(&buffer[..length.min(room)]);
    }
}
