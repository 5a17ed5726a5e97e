//! Writing a backup.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use modu_kernel::{Digest, canonical};
use modu_programme::copy;
use serde_json::json;

use super::{FORMAT, KEYS, MANIFEST, Manifest, is_key};
use crate::command_line::{Backup, Shared};
use crate::exit::Wrong;
use crate::home::Home;
use crate::serve::place::{ACCOUNTS, HISTORY, Place, SEAL_KEY};
use crate::serve::settings::SETTINGS;
use crate::terminal::{Answer, Terminal};

/// `modu backup`
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Backup) -> anyhow::Result<Answer> {
    let home = Home::open(shared)?;
    let mut writer = Writer::begin(&command.into)?;
    writer.databases(&home)?;
    let evidence = writer.evidence(&home)?;
    writer.folder(&home, "openings", |_| true)?;
    let settings = home.folder().join(SETTINGS);
    if settings.exists() {
        writer.file(SETTINGS, &settings)?;
    }
    writer.artifacts(&home)?;
    let files = writer.end(evidence)?;
    if let Some(keys) = &command.keys {
        let mut writer = Writer::begin(keys)?;
        writer.folder(&home, "evidence", is_key)?;
        let seal = home.folder().join(SEAL_KEY);
        if seal.exists() {
            writer.file(SEAL_KEY, &seal)?;
        }
        writer.end(evidence)?;
    }
    terminal.document(&json!({
        "backup": command.into,
        "files": files,
        "evidence": evidence.to_string(),
        "keys": command.keys,
    }))?;
    let place = command.into.display();
    terminal.line(match terminal.language {
        modu_kernel::Language::Ko => format!(
            "{} {place}: 파일 {files}개, 증거 {evidence}건. 서명 키는 들어 있지 않습니다.",
            terminal.sign(Answer::Yes)
        ),
        modu_kernel::Language::En => format!(
            "{} {place}: {files} files, {evidence} pieces of evidence. The signing keys are not in it.",
            terminal.sign(Answer::Yes)
        ),
    })?;
    Ok(Answer::Yes)
}

/// A backup that is being written; it has its name only when it is whole.
struct Writer {
    place: PathBuf,
    part: PathBuf,
    tar: tar::Builder<File>,
    files: BTreeMap<String, Digest>,
}

impl Writer {
    fn begin(place: &Path) -> anyhow::Result<Self> {
        if place.exists() {
            let text = format!("{} is there already: name another file", place.display());
            return Err(Wrong(text).into());
        }
        let mut part = place.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)
            .with_context(|| format!("could not write {}", part.display()))?;
        Ok(Self {
            place: place.to_owned(),
            part,
            tar: tar::Builder::new(file),
            files: BTreeMap::new(),
        })
    }

    fn add(
        &mut self,
        name: &str,
        digest: Digest,
        size: u64,
        bytes: impl Read,
    ) -> anyhow::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        self.tar
            .append_data(&mut header, name, bytes.take(size))
            .with_context(|| format!("could not write {name} into {}", self.part.display()))?;
        self.files.insert(name.to_owned(), digest);
        Ok(())
    }

    fn file(&mut self, name: &str, path: &Path) -> anyhow::Result<()> {
        let open =
            || File::open(path).with_context(|| format!("could not read {}", path.display()));
        let artifact = Digest::of_reader(open()?)
            .with_context(|| format!("could not read {}", path.display()))?;
        self.add(name, artifact.digest, artifact.size, open()?)
    }

    fn databases(&mut self, home: &Home) -> anyhow::Result<()> {
        let (history, accounts) = (self.beside(HISTORY)?, self.beside(ACCOUNTS)?);
        let copied = copies(home, &history, &accounts).and_then(|()| {
            for (name, copy) in [(HISTORY, &history), (ACCOUNTS, &accounts)] {
                // A home that was never served has neither.
                if fs::metadata(copy)?.len() > 0 {
                    self.file(name, copy)?;
                }
            }
            Ok(())
        });
        fs::remove_file(&history)?;
        fs::remove_file(&accounts)?;
        copied
    }

    /// An empty file beside the backup, for its owner alone.
    fn beside(&self, name: &str) -> anyhow::Result<PathBuf> {
        let mut path = self.part.clone().into_os_string();
        path.push(format!(".{name}"));
        let path = PathBuf::from(path);
        // What an interrupted backup left is in the way.
        if path.exists() {
            fs::remove_file(&path)?;
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        file.with_context(|| format!("could not write {}", path.display()))?;
        Ok(path)
    }

    /// The evidence without its keys, while nobody writes to it.
    fn evidence(&mut self, home: &Home) -> anyhow::Result<u64> {
        // Where there are no keys nobody can write to it.
        let has_keys = home.folder().join(KEYS).is_dir();
        let recorder = has_keys.then(|| home.recorder()).transpose()?;
        self.folder(home, "evidence", |name| {
            !name.starts_with(KEYS) && !name.ends_with("/lock")
        })?;
        match recorder {
            Some(recorder) => Ok(recorder.size()),
            None => Ok(home.archive()?.size()),
        }
    }

    /// The plain files below a folder of the home whose names are wanted.
    fn folder(
        &mut self,
        home: &Home,
        folder: &str,
        wanted: impl Fn(&str) -> bool + Copy,
    ) -> anyhow::Result<()> {
        let path = home.folder().join(folder);
        if !path.is_dir() {
            return Ok(());
        }
        let mut entries: Vec<_> = fs::read_dir(&path)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.ends_with(".part")) else {
                continue;
            };
            let name = format!("{folder}/{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.folder(home, &name, wanted)?;
            } else if kind.is_file() && wanted(&name) {
                self.file(&name, &entry.path())?;
            }
        }
        Ok(())
    }

    fn artifacts(&mut self, home: &Home) -> anyhow::Result<()> {
        for artifact in home.store.list()? {
            let artifact = artifact?;
            let name = format!("store/{}", artifact.digest.to_hex());
            let bytes = home.store.open_verified(artifact.digest)?;
            self.add(&name, artifact.digest, artifact.size, bytes)?;
        }
        Ok(())
    }

    /// The manifest, and then the name.
    fn end(mut self, evidence: u64) -> anyhow::Result<usize> {
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            made: Timestamp::now(),
            evidence,
            files: std::mem::take(&mut self.files),
        };
        let count = manifest.files.len();
        let bytes = canonical::to_vec(&manifest)?;
        self.add(MANIFEST, Digest::of(&bytes), bytes.len() as u64, &*bytes)?;
        let could_not = || format!("could not write {}", self.part.display());
        let file = self.tar.into_inner().with_context(could_not)?;
        file.sync_all().with_context(could_not)?;
        fs::rename(&self.part, &self.place).with_context(could_not)?;
        Ok(count)
    }
}

/// Copies what the programme keeps, as it is at one moment, into empty files.
fn copies(home: &Home, history: &Path, accounts: &Path) -> anyhow::Result<()> {
    let place = Place::of(home, None)?;
    if let Place::Server(_) = place {
        copy::to_files(&place.programme()?, history, accounts)
            .context("could not copy the database")?;
        return Ok(());
    }
    for (name, copy) in [(HISTORY, history), (ACCOUNTS, accounts)] {
        if !home.folder().join(name).exists() {
            continue;
        }
        let database = match name {
            HISTORY => place.programme()?,
            _ => place.accounts()?,
        };
        database
            .copy_to(copy)
            .with_context(|| format!("could not copy {name}"))?;
    }
    Ok(())
}
