//! Following a job for whoever gave it, and hearing from them whether to go on.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use modu_evidence::archive::Recorder;
use modu_kernel::contained::contained;
use modu_kernel::{Digest, EngineError, Progress};
use modu_programme::job::{Reached, Standing};

use super::{Earlier, Mark, earlier};
use crate::home::Home;
use crate::proof::listener::Listener;

/// A job that somebody holds: in the queue itself, or by asking its server.
pub(crate) trait Holding: Sync {
    /// Says that the worker is there, and how far it has come.
    fn renew(&self, at: &At) -> Result<Standing, HoldError>;

    /// What an earlier worker was about to log.
    fn marked(&self) -> Result<Option<Mark>, HoldError>;

    /// Says what this one is about to log.
    fn mark(&self, mark: Mark) -> Result<(), HoldError>;

    /// Whether this program is being stopped.
    fn is_stopping(&self) -> bool;
}

/// Why a job is not held any more, or whether it is cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HoldError {
    /// It is another's, or over.
    #[error("the job is another's by now, or is over")]
    Lost,
    /// Whoever asked does not want it any more.
    #[error("the job was called off")]
    CalledOff,
    /// Nobody answers now.
    #[error("{0}")]
    Away(String),
}

/// How far a job has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct At {
    /// Which piece of it, from 0.
    pub(crate) piece: u32,
    /// How far that is.
    pub(crate) reached: Reached,
}

/// Why a job is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is another's.
    Lost,
    /// Nobody wants it any more.
    CalledOff,
    /// This program ends.
    Stopping,
}

/// Works on a job, and says meanwhile every `beat` that it does. Where it does
/// not work out, why; with the reason, where there is one from outside.
pub(crate) fn work<T>(
    holding: &dyn Holding,
    beat: Duration,
    perform: impl FnOnce(&Watch<'_>) -> anyhow::Result<T>,
) -> Result<T, (Option<Reason>, anyhow::Error)> {
    let watch = Watch {
        holding,
        at: Mutex::default(),
        pieces: Mutex::default(),
        reason: Mutex::default(),
    };
    let (at_work, over) = channel::<()>();
    let done = thread::scope(|scope| {
        let listening = &watch;
        scope.spawn(move || {
            while over.recv_timeout(beat) == Err(RecvTimeoutError::Timeout) {
                listening.beat();
            }
        });
        let done = contained(|| perform(&watch));
        drop(at_work);
        done.unwrap_or_else(|| Err(anyhow::anyhow!("the worker fell over")))
    });
    done.map_err(|error| {
        let told = match error.downcast_ref::<HoldError>() {
            Some(HoldError::Lost) => Some(Reason::Lost),
            Some(HoldError::CalledOff) => Some(Reason::CalledOff),
            Some(HoldError::Away(_)) | None => None,
        };
        (watch.reason().or(told), error)
    })
}

/// Follows a job for whoever gave it, and the other way round.
pub(crate) struct Watch<'w> {
    holding: &'w dyn Holding,
    at: Mutex<At>,
    /// Pieces that were begun.
    pieces: Mutex<u32>,
    reason: Mutex<Option<Reason>>,
}

impl Watch<'_> {
    fn beat(&self) {
        let at = {
            let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
            at.clone()
        };
        match self.holding.renew(&at) {
            Ok(Standing::CalledOff) | Err(HoldError::CalledOff) => self.stop(Reason::CalledOff),
            Err(HoldError::Lost) => self.stop(Reason::Lost),
            // Who is gone for a moment is asked again.
            Ok(Standing::Go) | Err(HoldError::Away(_)) => {}
        }
    }

    fn stop(&self, why: Reason) {
        let mut reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        reason.get_or_insert(why);
    }

    /// Why it is to be stopped, where it is.
    pub(crate) fn reason(&self) -> Option<Reason> {
        if self.holding.is_stopping() {
            self.stop(Reason::Stopping);
        }
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Watch<'_> {
    fn piece(&self, ko: &str, _: &str) -> Box<dyn Progress + '_> {
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *pieces;
        *pieces = number.saturating_add(1);
        Box::new(Piece {
            watch: self,
            number,
            name: ko.to_owned(),
        })
    }

    fn recorder(&self, home: &Home) -> anyhow::Result<Recorder> {
        home.recorder()
    }

    fn about_to_record(&self, recorder: &Recorder, result: Digest) -> anyhow::Result<()> {
        if self.reason().is_some() {
            return Err(EngineError::Cancelled.into());
        }
        // An earlier worker that was only slow may have been faster after all.
        if let Some(mark) = earlier(self.holding.marked()?, recorder)? {
            return Err(Earlier(mark).into());
        }
        let mark = Mark {
            first: recorder.size(),
            result,
            receipt: None,
        };
        Ok(self.holding.mark(mark)?)
    }
}

struct Piece<'w> {
    watch: &'w Watch<'w>,
    number: u32,
    name: String,
}

impl Progress for Piece<'_> {
    fn report(&self, stage: &str, done: u64, total: u64) {
        let at = &self.watch.at;
        let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
        *at = At {
            piece: self.number,
            reached: Reached {
                stage: format!("{}: {stage}", self.name),
                done,
                total,
            },
        };
    }

    fn cancelled(&self) -> bool {
        self.watch.reason().is_some()
    }
}
