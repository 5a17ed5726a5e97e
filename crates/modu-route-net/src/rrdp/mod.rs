//! RRDP, the RPKI Repository Delta Protocol (RFC 8182): a server's objects as
//! one snapshot and the deltas since.
//!
//! A notification file names the newest snapshot and deltas with their hashes.
//! Where the session is the one that is known and the deltas since are listed
//! without a gap, they are followed; else, or where one of them does not fit
//! what is held (RFC 9697), the snapshot is taken. All files must come from
//! the notification's origin (RFC 9674). What comes out is the whole set of
//! the server's publication points; until it does, nothing that is held
//! changes.

mod delta;
mod notification;
mod snapshot;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::time::Instant;

use modu_kernel::{Artifact, Digest, DigestWriter};
use modu_route::repository::{PointKey, RepositoryIndex, Source};
use rpki::rrdp::{Hash, NotificationFile};
use rpki::uri;
use serde::{Deserialize, Serialize};

use self::notification::Way;
use crate::cache::Cache;
use crate::http_client::{Allowance, Answer, HttpClient, Validators, in_memory};
use crate::{Budgets, Failure};

/// The packs of a source's publication points, by their folders.
pub(crate) type Points = BTreeMap<String, Artifact>;

/// How a source was brought up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum How {
    /// The server said that nothing changed.
    Unchanged,
    /// By so many deltas.
    Deltas {
        /// How many.
        count: u64,
    },
    /// By a snapshot.
    Snapshot {
        /// Why deltas were not followed, where there was something to follow.
        because: Option<Failure>,
    },
    /// By rsync.
    Rsync,
}

/// What a fetch brought.
pub(crate) struct Fetched {
    pub(crate) how: How,
    /// All points of the source; those that are held, where nothing changed.
    pub(crate) points: Points,
    pub(crate) notes: Vec<String>,
}

/// What is remembered of a server.
#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    session: String,
    serial: u64,
    validators: Validators,
    /// The hashes of the deltas that were listed, to see a server that
    /// rewrites its past (RFC 9697).
    deltas: BTreeMap<u64, String>,
    /// What it was about: [`content`].
    content: Digest,
}

/// One fetch from one server.
pub(crate) struct Rrdp<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) cache: &'a Cache,
    pub(crate) budgets: &'a Budgets,
    pub(crate) notify: &'a str,
    pub(crate) deadline: Instant,
    /// Bytes that may still be fetched.
    pub(crate) bytes: u64,
}

impl Rrdp<'_> {
    /// Brings a server's points up to date.
    pub(crate) fn fetch(mut self) -> Result<Fetched, Failure> {
        let base = uri::Https::from_slice(self.notify.as_bytes())
            .map_err(|error| Failure::new("fetch.uri", format!("{}: {error}", self.notify)))?;
        let held = held(&self.cache.index(), self.notify);
        let name = format!("rrdp {}", self.notify);
        let memory: Option<Memory> = self.cache.hint(&name);
        // Where the index names other packs than were remembered, the memory
        // is of something else.
        let memory = memory.filter(|memory| memory.content == content(&held));
        let Some((notification, validators)) = self.notification(memory.as_ref())? else {
            return Ok(Fetched {
                how: How::Unchanged,
                points: held,
                notes: Vec::new(),
            });
        };
        if !notification.has_matching_origins(&base) {
            let detail = format!("{}: it names files of another origin", self.notify);
            return Err(Failure::new("rrdp.origin", detail));
        }
        let fetched = self.follow(&notification, memory.as_ref(), held)?;
        let memory = Memory {
            session: notification.session_id().to_string(),
            serial: notification.serial(),
            validators,
            deltas: (notification.deltas().iter())
                .map(|delta| (delta.serial(), delta.hash().to_string()))
                .collect(),
            content: content(&fetched.points),
        };
        let kept = self.cache.keep_hint(&name, &memory);
        kept.map_err(Failure::machine)?;
        Ok(fetched)
    }

    /// The notification file; none where it is as it was.
    fn notification(
        &self,
        memory: Option<&Memory>,
    ) -> Result<Option<(NotificationFile, Validators)>, Failure> {
        let mut sink = in_memory();
        let allowance = Allowance {
            deadline: self.deadline,
            bytes: self.budgets.notification_bytes,
        };
        let validators = memory.map(|memory| &memory.validators);
        match self
            .http
            .get(self.notify, validators, allowance, &mut sink)?
        {
            Answer::NotModified => Ok(None),
            Answer::Body(validators) => {
                let (bytes, _) = sink.finish();
                let read = notification::read(&bytes, self.budgets.deltas)?;
                Ok(Some((read, validators)))
            }
        }
    }

    fn follow(
        &mut self,
        notification: &NotificationFile,
        memory: Option<&Memory>,
        held: Points,
    ) -> Result<Fetched, Failure> {
        let because = match notification::way(notification, memory) {
            Way::Unchanged => {
                return Ok(Fetched {
                    how: How::Unchanged,
                    points: held,
                    notes: Vec::new(),
                });
            }
            Way::Deltas(deltas) => match self.deltas(notification, &deltas, &held) {
                Ok(fetched) => return Ok(fetched),
                Err(failure) => Some(failure),
            },
            Way::Snapshot(because) => because,
        };
        let info = notification.snapshot();
        let mut file = self.file(info.uri(), info.hash())?;
        let (session, serial) = (notification.session_id(), notification.serial());
        let (points, notes) = snapshot::read(
            BufReader::new(&mut file),
            (session, serial),
            self.cache,
            self.budgets,
        )
        .map_err(|failure| at(info.uri(), failure))?;
        Ok(Fetched {
            how: How::Snapshot { because },
            points,
            notes,
        })
    }

    fn deltas(
        &mut self,
        notification: &NotificationFile,
        deltas: &[&rpki::rrdp::DeltaInfo],
        held: &Points,
    ) -> Result<Fetched, Failure> {
        let mut working = delta::Working::new(self.cache, held);
        for info in deltas {
            let mut file = self.file(info.uri(), info.hash())?;
            let expected = (notification.session_id(), info.serial());
            working
                .apply(BufReader::new(&mut file), expected)
                .map_err(|failure| at(info.uri(), failure))?;
        }
        let (points, notes) = working.finish()?;
        Ok(Fetched {
            how: How::Deltas {
                count: deltas.len() as u64,
            },
            points,
            notes,
        })
    }

    /// Fetches a snapshot or delta and checks its hash before a byte of it is
    /// looked at.
    fn file(&mut self, uri: &uri::Https, hash: Hash) -> Result<File, Failure> {
        let file = tempfile::tempfile_in(self.cache.temporary()).map_err(Failure::machine)?;
        let limit = self.budgets.file_bytes.min(self.bytes);
        let allowance = Allowance {
            deadline: self.deadline,
            bytes: limit,
        };
        let mut sink = DigestWriter::new(std::io::BufWriter::new(file));
        self.http.get(uri.as_str(), None, allowance, &mut sink)?;
        let (buffer, artifact) = sink.finish();
        self.bytes = self.bytes.saturating_sub(artifact.size);
        if artifact.digest.as_bytes().as_slice() != hash.as_slice() {
            let detail = format!(
                "{uri}: its hash is {}, not {hash}",
                artifact.digest.to_hex()
            );
            return Err(Failure::new("rrdp.hash", detail));
        }
        let mut file = buffer
            .into_inner()
            .map_err(|error| Failure::machine(error.into_error()))?;
        file.rewind().map_err(Failure::machine)?;
        Ok(file)
    }
}

fn at(uri: &uri::Https, failure: Failure) -> Failure {
    Failure {
        detail: format!("{uri}: {}", failure.detail),
        ..failure
    }
}

/// The points of a server that the index names.
fn held(index: &RepositoryIndex, notify: &str) -> Points {
    let source = Source::Rrdp(notify.to_owned());
    points_of(index, &source)
        .map(|(key, pack)| (key.folder.clone(), *pack))
        .collect()
}

/// The points of a source that the index names.
pub(crate) fn points_of<'a>(
    index: &'a RepositoryIndex,
    source: &'a Source,
) -> impl Iterator<Item = (&'a PointKey, &'a Artifact)> {
    let first = PointKey {
        source: source.clone(),
        folder: String::new(),
    };
    let range = index.points.range(first..);
    range.take_while(move |(key, _)| key.source == *source)
}

/// A digest of a whole set of points.
fn content(points: &Points) -> Digest {
    let mut writer = DigestWriter::new(std::io::sink());
    for (folder, pack) in points {
        // Writing into nothing cannot fail.
        let _ = std::io::Write::write_all(&mut writer, folder.as_bytes());
        let _ = std::io::Write::write_all(&mut writer, b"\n");
        let _ = std::io::Write::write_all(&mut writer, pack.digest.as_bytes());
    }
    writer.finish().1.digest
}

/// The folder of an object and its name in it.
fn split(uri: &uri::Rsync) -> Option<(String, String)> {
    let (folder, name) = uri.as_str().rsplit_once('/')?;
    let inside = folder.len() + 1 >= uri.module().len();
    (inside && !name.is_empty()).then(|| (format!("{folder}/"), name.to_owned()))
}
