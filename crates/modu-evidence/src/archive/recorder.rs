//! Writing an archive.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use modu_kernel::Digest;

use super::records::{Record, Records};
use super::settings::{Closed, Generation, Identity, Settings};
use super::standing::check_withdrawals;
use super::{Archive, LOG, closing, cosigned};
use crate::EvidenceError;
use crate::authority::{AuthorityCertificate, LeafCertificate};
use crate::bundle::{entry, promise_message};
use crate::dsse::Envelope;
use crate::keys::{Keys, LogSigner, Random};
use crate::log::{Checkpoint, Folder, Hash, Log, LogReader, MAX_BATCH_ENTRIES};
use crate::note::{Note, VerifierKey};
use crate::statement::{EntryReference, Predicate, Statement};
use crate::trust::{Period, TrustedRoot};

/// An organisation's evidence, to be written by this process alone. It reads
/// as an [`Archive`] does.
#[derive(Debug)]
pub struct Recorder {
    archive: Archive,
    log: Log,
    keys: Keys,
    authority: AuthorityCertificate,
    /// When the last entry was taken.
    last: Option<Timestamp>,
}

impl Deref for Recorder {
    type Target = Archive;

    fn deref(&self) -> &Archive {
        &self.archive
    }
}

impl Recorder {
    /// Makes a new archive with new keys. It appears in its place whole.
    ///
    /// # Errors
    /// [`EvidenceError::AlreadyExists`] where the folder holds anything,
    /// [`EvidenceError::Malformed`] where a name is not fit for a certificate,
    /// [`EvidenceError::Random`], [`EvidenceError::Io`].
    pub fn init(
        folder: impl Into<PathBuf>,
        identity: Identity,
        random: &mut dyn Random,
        now: Timestamp,
    ) -> Result<Self, EvidenceError> {
        let folder = folder.into();
        let fresh = staging_beside(&folder, random)?;
        let made = make(&fresh, identity, random, whole_seconds(now)?);
        if let Err(error) = made.and_then(|()| move_into_place(&fresh, &folder)) {
            // What cannot be removed now stays, in nobody's way.
            let _ = std::fs::remove_dir_all(&fresh);
            return Err(error);
        }
        Self::open(folder)
    }

    /// Opens an archive to write it, and clears away what a killed process
    /// left.
    ///
    /// # Errors
    /// [`EvidenceError::InUse`] where another process has it open to write,
    /// [`EvidenceError::Key`] where others can read the keys; as
    /// [`Archive::open`], and as [`Archive::get`] for the last entry.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, EvidenceError> {
        let folder = Folder::new(folder);
        // The log's lock is the archive's.
        let before = Settings::load(&folder)?;
        let log_keys = before.root.keys_of(&before.origin()?)?;
        let mut log = Log::open(folder.path(LOG), &log_keys)?;
        let settings = Settings::load(&folder)?;
        let current = settings.current().clone();
        settings.save_derived(&folder)?;
        Records::clear(&folder, log.checkpoint().size)?;
        let keys = Keys::load(&keys_folder(&folder, current.number))?;
        let authority = settings.root.authorities().last();
        let authority = authority.filter(|it| it.it.key().spki() == keys.authority.spki());
        let authority = authority.cloned().ok_or_else(|| EvidenceError::Key {
            path: keys_folder(&folder, current.number),
            problem: "it is not the key of the archive's authority".into(),
        })?;
        let reader = read_log(&folder, &settings, &mut log)?;
        let archive = Archive::with_log(folder, settings, reader)?;
        let last = match archive.size().checked_sub(1) {
            Some(index) => Some(archive.get(index)?.integrated_time),
            None => None,
        };
        Ok(Self {
            archive,
            log,
            keys,
            authority: authority.it,
            last,
        })
    }

    /// Signs a statement and appends it, durably.
    ///
    /// # Errors
    /// As [`Self::record_batch`].
    pub fn record(
        &mut self,
        statement: &Statement,
        now: Timestamp,
    ) -> Result<EntryReference, EvidenceError> {
        let recorded = self.record_batch(std::slice::from_ref(statement), now)?;
        recorded.into_iter().next().ok_or_else(|| {
            EvidenceError::malformed("archive", "its log", "the entry was not taken")
        })
    }

    /// Signs statements under one new certificate and appends them, durably
    /// and all together or not at all. Two signatures for each statement, on
    /// all processors, and a few syncs for the batch.
    ///
    /// # Errors
    /// [`EvidenceError::Clock`] where `now` lies before the keys were made or
    /// the last entry was taken, [`EvidenceError::TooLarge`] over
    /// [`MAX_BATCH_ENTRIES`]; as [`Archive::check_withdrawal`],
    /// [`Statement::to_bytes`] and [`Log::append_batch`].
    pub fn record_batch(
        &mut self,
        statements: &[Statement],
        now: Timestamp,
    ) -> Result<Vec<EntryReference>, EvidenceError> {
        if statements.len() > MAX_BATCH_ENTRIES {
            return Err(EvidenceError::TooLarge {
                what: "the batch".into(),
                size: statements.len() as u64,
                limit: MAX_BATCH_ENTRIES as u64,
            });
        }
        let now = whole_seconds(now)?;
        self.check_clock(now)?;
        let withdrawals = statements.iter().filter_map(|it| match &it.predicate {
            Predicate::Withdrawal(withdrawal) => Some(withdrawal),
            _ => None,
        });
        check_withdrawals(&self.archive, withdrawals)?;
        let identity = &self.archive.settings.identity;
        let leaf = LeafCertificate::issue(
            &self.keys,
            &self.authority,
            &identity.uri,
            &identity.issuer,
            now,
        )?;
        let first = self.log.checkpoint().size;
        let signed = self.sign_all(statements, leaf.der(), first, now)?;
        let (records, entries): (Vec<_>, Vec<_>) = signed.into_iter().unzip();

        let archive = &mut self.archive;
        let origin = archive.settings.origin()?;
        let signer = LogSigner::new(&self.keys, &origin)?;
        let appended = (archive.records.write(&archive.folder, first, &records))
            .and_then(|()| self.log.append_batch(&entries, &signer));
        if let Err(error) = appended {
            // Unless it is unknown whether the log has them.
            if !matches!(error, EvidenceError::Reopen { .. }) && !self.log_may_have_advanced(first)
            {
                self.archive.records.forget(&self.archive.folder, first);
            }
            return Err(error);
        }
        if !entries.is_empty() {
            self.last = Some(now);
        }
        archive.log = read_log(&archive.folder, &archive.settings, &mut self.log)?;
        let references = (first..)
            .zip(&entries)
            .map(|(log_index, entry)| EntryReference {
                log_index,
                leaf_hash: Hash::of_leaf(entry),
            });
        Ok(references.collect())
    }

    /// Times never go back, so that no entry lies outside the period of the
    /// keys that signed it.
    fn check_clock(&self, now: Timestamp) -> Result<(), EvidenceError> {
        let start = self.archive.settings.current().start;
        let moments = [
            ("the keys were made", Some(start)),
            ("the last entry was taken", self.last),
        ];
        for (what, since) in moments {
            if let Some(since) = since.filter(|since| now < *since) {
                return Err(EvidenceError::Clock { now, what, since });
            }
        }
        Ok(())
    }

    /// After a failure to publish, the log may show the entries once it is
    /// opened again.
    fn log_may_have_advanced(&self, first: u64) -> bool {
        let path = self.archive.folder.path(LOG).join("checkpoint");
        let staged = self.archive.folder.path(LOG).join("staging/checkpoint");
        let size = |path: &Path| {
            let note = Note::parse(std::fs::read(path).ok()?).ok()?;
            Some(Checkpoint::parse(note.text()).ok()?.size)
        };
        [path, staged]
            .iter()
            .any(|path| size(path).is_some_and(|size| size > first))
    }

    fn sign_all(
        &self,
        statements: &[Statement],
        certificate: &[u8],
        first: u64,
        now: Timestamp,
    ) -> Result<Vec<(Record, Vec<u8>)>, EvidenceError> {
        let log_id = self.archive.settings.current().log_id;
        let integrated_time = now.as_second().unsigned_abs();
        let sign = |index: u64, statement: &Statement| {
            let envelope = Envelope::sign(statement, &self.keys.identity)?;
            let entry = entry(&envelope, certificate)?;
            let message = promise_message(&entry, integrated_time, &log_id, index)?;
            let record = Record {
                payload: envelope.payload().to_vec(),
                signature: envelope.signature().to_vec(),
                certificate: certificate.to_vec(),
                integrated_time,
                promise: self.keys.log_ecdsa.sign(&message),
            };
            Ok((record, entry))
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = statements.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let workers: Vec<_> = statements
                .chunks(share)
                .zip((first..).step_by(share))
                .map(|(chunk, first)| {
                    scope.spawn(move || {
                        let indexed = (first..).zip(chunk);
                        indexed.map(|(index, it)| sign(index, it)).collect()
                    })
                })
                .collect();
            let mut all = Vec::with_capacity(statements.len());
            for worker in workers {
                let signed: Result<Vec<_>, EvidenceError> = worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                all.extend(signed?);
            }
            Ok(all)
        })
    }

    /// Changes all keys for new ones. Earlier evidence verifies as before: the
    /// trusted root keeps the old public keys, and the last checkpoint that
    /// they signed stays. Hand the new trusted root to readers.
    ///
    /// # Errors
    /// [`EvidenceError::Clock`] where `now` is not later than the second in
    /// which the keys were made, or lies before the last entry;
    /// [`EvidenceError::Random`], [`EvidenceError::Io`]. The archive is then as
    /// before; open it again.
    pub fn rotate(self, random: &mut dyn Random, now: Timestamp) -> Result<Self, EvidenceError> {
        let now = whole_seconds(now)?;
        self.check_clock(now)?;
        let Archive {
            folder,
            mut settings,
            ..
        } = self.archive;
        let old = settings.current().clone();
        // Keys in use together are told from others by their period.
        if now <= old.start {
            return Err(EvidenceError::Clock {
                now,
                what: "the keys in use were made",
                since: old.start,
            });
        }
        let keys = Keys::generate(random)?;
        let number = old.number + 1;
        save_keys(&folder, number, &keys)?;
        let last = self.log.reader().note();
        folder.replace(&closing(old.number), last.to_string().as_bytes())?;

        let authority =
            AuthorityCertificate::issue(&keys.authority, &settings.identity.organisation, now)?;
        let mut root = settings.root.clone();
        root.close(now);
        let period = Period {
            start: now,
            end: None,
        };
        root.add(&keys, authority, &settings.origin()?, period)?;
        let closed = Closed {
            end: now,
            size: self.log.checkpoint().size,
        };
        settings.succeed(closed, generation(number, &keys, now), root);
        settings.save(&folder)?;

        let path = folder.root().to_owned();
        drop(self.log);
        let mut rotated = Self::open(path)?;
        let origin = rotated.archive.settings.origin()?;
        let signer = LogSigner::new(&rotated.keys, &origin)?;
        rotated.log.append_batch::<&[u8]>(&[], &signer)?;
        let archive = &mut rotated.archive;
        archive.log = read_log(&archive.folder, &archive.settings, &mut rotated.log)?;
        Ok(rotated)
    }

    /// Keeps the witnesses' signatures under one of this log's checkpoints,
    /// for [`Archive::export_as`]. Lines of other keys are left out; those that
    /// were kept for the same checkpoint stay.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`] where no witness's line is there or one
    /// does not verify; [`EvidenceError::Fork`] where the checkpoint is not of
    /// this log; [`EvidenceError::Malformed`] where a later one is kept.
    pub fn keep_cosignatures(
        &mut self,
        note: &Note,
        witnesses: &[VerifierKey],
    ) -> Result<(), EvidenceError> {
        let archive = &self.archive;
        let current = archive.settings.current();
        let of_current = archive.settings.root.log_keys().iter();
        let own: Vec<_> = of_current
            .filter(|dated| dated.period.end.is_none())
            .map(|dated| dated.it.clone())
            .collect();
        note.verify(&own)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        archive.log.check_continues(&checkpoint)?;
        note.verify(witnesses)?;

        let path = cosigned(current.number);
        let of = |keys: &[VerifierKey], line: &crate::note::SignatureLine| {
            keys.iter()
                .any(|key| key.id() == line.id() && key.name() == line.name())
        };
        let lines = |keep: &dyn Fn(&crate::note::SignatureLine) -> bool| {
            let lines = note.signatures().iter().filter(|line| keep(line));
            lines.cloned().collect::<Vec<_>>()
        };
        let own_lines = lines(&|line| of(&own, line));
        let mut merged = match archive.read_note(&path)? {
            Some(kept) if kept.text() == note.text() => kept,
            Some(kept) => {
                let (old, new) = (Checkpoint::parse(kept.text())?.size, checkpoint.size);
                if new <= old {
                    let problem = format!(
                        "it has {new} entries, and one of {old} is kept: have the newest checkpoint cosigned"
                    );
                    return Err(EvidenceError::malformed(
                        "cosigned checkpoint",
                        "its size",
                        problem,
                    ));
                }
                Note::new(note.text(), own_lines)?
            }
            None => Note::new(note.text(), own_lines)?,
        };
        for line in lines(&|line| of(witnesses, line)) {
            merged = merged.with_signature(line)?;
        }
        archive.folder.replace(&path, merged.to_string().as_bytes())
    }
}

/// Certificates and Rekor's times have whole seconds.
fn whole_seconds(now: Timestamp) -> Result<Timestamp, EvidenceError> {
    let out_of_range = |_| EvidenceError::malformed("time", now.to_string(), "it lies before 1970");
    u64::try_from(now.as_second()).map_err(out_of_range)?;
    Timestamp::from_second(now.as_second())
        .map_err(|error| EvidenceError::malformed("time", now.to_string(), error.to_string()))
}

fn generation(number: u32, keys: &Keys, start: Timestamp) -> Generation {
    Generation {
        number,
        log_id: Digest::of(keys.log_ecdsa.spki()),
        start,
        closed: None,
    }
}

/// Reads the log where the writer has it.
fn read_log(
    folder: &Folder,
    settings: &Settings,
    log: &mut Log,
) -> Result<LogReader, EvidenceError> {
    let keys = settings.root.keys_of(&settings.origin()?)?;
    LogReader::at(folder.path(LOG), log.reader().note().clone(), &keys)
}

fn keys_folder(folder: &Folder, generation: u32) -> PathBuf {
    folder.path(format!("keys/{generation:04}"))
}

fn save_keys(folder: &Folder, generation: u32, keys: &Keys) -> Result<(), EvidenceError> {
    let path = keys_folder(folder, generation);
    // Left by a rotation that was killed before it counted.
    folder.remove_folder(&path)?;
    keys.save(&path)?;
    folder.sync_folder(&folder.path("keys"))
}

/// A new folder in which an archive is made before it is moved into its place.
/// Its name is drawn by lot: a folder that is there already is somebody's.
fn staging_beside(folder: &Path, random: &mut dyn Random) -> Result<PathBuf, EvidenceError> {
    let absolute = std::path::absolute(folder).map_err(EvidenceError::io("resolve", folder))?;
    let occupied = std::fs::read_dir(&absolute).is_ok_and(|mut names| names.next().is_some());
    if occupied || absolute.is_file() {
        return Err(EvidenceError::AlreadyExists { path: absolute });
    }
    if let Some(parent) = absolute.parent() {
        Folder::new(parent).create()?;
    }
    loop {
        let mut lot = [0; 8];
        random.fill(&mut lot)?;
        let mut name = std::ffi::OsString::from(".");
        name.push(absolute.file_name().unwrap_or_default());
        name.push(format!(".{:016x}.new", u64::from_be_bytes(lot)));
        let fresh = absolute.with_file_name(name);
        match std::fs::create_dir(&fresh) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(EvidenceError::io("create", &fresh)(error)),
            Ok(()) => return Ok(fresh),
        }
    }
}

fn make(
    fresh: &Path,
    identity: Identity,
    random: &mut dyn Random,
    now: Timestamp,
) -> Result<(), EvidenceError> {
    let folder = Folder::new(fresh);
    folder.create()?;
    let mut changed = BTreeSet::new();
    for name in ["records", "checkpoints"] {
        folder.create_folder(&folder.path(name), &mut changed)?;
    }
    let keys = Keys::generate(random)?;
    crate::keys::create_folder(&folder.path("keys"))?;
    save_keys(&folder, 1, &keys)?;

    let authority = AuthorityCertificate::issue(&keys.authority, &identity.organisation, now)?;
    // What the identity's names break, they break here and not later.
    LeafCertificate::issue(&keys, &authority, &identity.uri, &identity.issuer, now)?;
    let mut root = TrustedRoot::new();
    let period = Period {
        start: now,
        end: None,
    };
    let settings = Settings::new(identity, generation(1, &keys, now), root.clone());
    let origin = settings.origin()?;
    root.add(&keys, authority, &origin, period)?;
    Log::create(
        folder.path(LOG),
        &root.keys_of(&origin)?,
        &LogSigner::new(&keys, &origin)?,
    )?;
    let settings = Settings { root, ..settings };
    settings.save(&folder)?;
    folder.sync_folders(&changed)?;
    folder.sync_folder(fresh)
}

fn move_into_place(fresh: &Path, folder: &Path) -> Result<(), EvidenceError> {
    std::fs::rename(fresh, folder).map_err(EvidenceError::io("make", folder))?;
    let absolute = std::path::absolute(folder).map_err(EvidenceError::io("resolve", folder))?;
    match absolute.parent() {
        Some(parent) => Folder::new(parent).sync_folder(parent),
        None => Ok(()),
    }
}
