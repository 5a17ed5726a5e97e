//! Restoring a backup into a home that is not there yet.
//!
//! A backup may have been tampered with. Its entries are plain files with
//! plain names in a few folders, or it is refused; all is written beside the
//! home's place, compared with the manifest, and read as a stranger would read
//! it, before it gets the home's name.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modu_kernel::{Digest, DigestWriter};
use modu_programme::Event;
use modu_programme::copy::{self, Part};
use modu_programme::database::Database;
use modu_programme::store::{DatabaseHistory, History as _, Kept, MAX_PAGE};
use modu_store::Store;
use serde_json::json;

use super::{FORMAT, MANIFEST, MAX_MANIFEST_BYTES, Manifest, is_key};
use crate::command_line::{Restore, Shared};
use crate::evidence::audit_log;
use crate::exit::Wrong;
use crate::home::Home;
use crate::serve::place::{ACCOUNTS, HISTORY, Place, SEAL_KEY, own_file};
use crate::serve::settings::SETTINGS;
use crate::terminal::{Answer, Terminal};

/// `modu restore`
pub(crate) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &Restore,
) -> anyhow::Result<Answer> {
    let place = Home::place(shared)?;
    if fs::read_dir(&place).is_ok_and(|mut entries| entries.next().is_some()) {
        let text = format!("{} is not empty: restore into a new home", place.display());
        return Err(Wrong(text).into());
    }
    let fresh = beside(&place)?;
    let restored = fill(terminal, &fresh, command);
    let (evidence, entries) = match restored {
        Ok(restored) => restored,
        Err(error) => {
            fs::remove_dir_all(&fresh).context("could not clear away what was restored")?;
            return Err(error);
        }
    };
    if place.is_dir() {
        fs::remove_dir(&place)?;
    }
    fs::rename(&fresh, &place).with_context(|| format!("could not make {}", place.display()))?;
    terminal.document(&json!({
        "home": place,
        "evidence": evidence.to_string(),
        "history": entries.to_string(),
        "can_sign": command.keys.is_some(),
    }))?;
    terminal.line(match terminal.language {
        modu_kernel::Language::Ko => format!(
            "{} {}: 증거 {evidence}건과 이력 {entries}건을 검증했습니다.",
            terminal.sign(Answer::Yes),
            place.display()
        ),
        modu_kernel::Language::En => format!(
            "{} {}: verified {evidence} pieces of evidence and {entries} entries of the history.",
            terminal.sign(Answer::Yes),
            place.display()
        ),
    })?;
    Ok(Answer::Yes)
}

/// A new folder beside the home's place, for its owner alone.
fn beside(place: &Path) -> anyhow::Result<PathBuf> {
    let mut name = place.as_os_str().to_owned();
    name.push(".restoring");
    let folder = PathBuf::from(name);
    if let Some(above) = place.parent().filter(|above| !above.as_os_str().is_empty()) {
        fs::create_dir_all(above)?;
    }
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(|| {
            format!(
                "could not make {}: where an earlier restore was killed, remove it",
                folder.display()
            )
        })?;
    Ok(folder)
}

fn fill(terminal: Terminal, fresh: &Path, command: &Restore) -> anyhow::Result<(u64, u64)> {
    let manifest = unpack(&command.from, fresh, |name| !is_key(name))?;
    if let Some(keys) = &command.keys {
        unpack(keys, fresh, is_key)?;
    }
    let home = Home::at(fresh.to_owned())?;
    let archive = home.archive()?;
    if archive.size() != manifest.evidence {
        let text = format!(
            "the backup says {} pieces of evidence, and holds {}",
            manifest.evidence,
            archive.size()
        );
        return Err(Wrong(text).into());
    }
    let bar = terminal.progress(terminal.say("로그", "log"));
    audit_log(&archive, &bar)?;
    bar.finish();
    for (part, name) in [(Part::History, HISTORY), (Part::Accounts, ACCOUNTS)] {
        renew(part, &fresh.join(name))?;
    }
    let file = fresh.join(HISTORY);
    let entries = match file.exists() {
        false => 0,
        true => history(&file, archive.size())?,
    };
    if let Some(url) = &command.database {
        into_database(&home, url)?;
    }
    Ok((archive.size(), entries))
}

/// A database file with what the received one holds, but with the tables and
/// triggers that we make: a backup may have been made by anybody.
fn renew(part: Part, file: &Path) -> anyhow::Result<()> {
    if !file.exists() {
        return Ok(());
    }
    let received = file.with_extension("received");
    fs::rename(file, &received)?;
    own_file(file)?;
    copy::renew(part, &received, file)
        .with_context(|| format!("{} is no database of ours", file.display()))?;
    remove_database(&received)
}

/// Puts the programme into a PostgreSQL database, which the home remembers
/// instead of its files.
fn into_database(home: &Home, url: &str) -> anyhow::Result<()> {
    let (history, accounts) = (home.folder().join(HISTORY), home.folder().join(ACCOUNTS));
    if !history.exists() {
        let text = "the backup holds no programme to put into a database: restore it without one";
        return Err(Wrong(text.to_owned()).into());
    }
    if !accounts.exists() {
        own_file(&accounts)?;
    }
    let server = Place::server(url)?.programme()?;
    copy::to_server(&history, &accounts, &server).context("could not fill the database")?;
    remove_database(&history)?;
    remove_database(&accounts)?;
    Place::remember(home.folder(), url)
}

/// Removes a database file with what lies beside it.
fn remove_database(file: &Path) -> anyhow::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context("could not clear away a database file");
            }
            _ => {}
        }
    }
    Ok(())
}

/// The history's chain holds, and what it names is in the log.
fn history(file: &Path, evidence: u64) -> anyhow::Result<u64> {
    let mut kept = Kept::open(DatabaseHistory::over(Database::file(file)?)?)?;
    let last = kept.programme().last();
    let mut place = modu_programme::Sequence::START;
    loop {
        let page = kept.history().after(place, MAX_PAGE)?;
        let Some(end) = page.last() else {
            return Ok(last.0);
        };
        place = end.sequence;
        for entry in &page {
            if let Event::Demonstrated {
                evidence: named, ..
            }
            | Event::Watched {
                evidence: named, ..
            } = entry.event
                && named >= evidence
            {
                let text = format!(
                    "entry {} of the history names evidence {named}, which the log does not have",
                    entry.sequence
                );
                return Err(Wrong(text).into());
            }
        }
    }
}

/// Writes what an archive holds, and compares it with its manifest.
fn unpack(archive: &Path, into: &Path, may: impl Fn(&str) -> bool) -> anyhow::Result<Manifest> {
    let file =
        File::open(archive).with_context(|| format!("could not open {}", archive.display()))?;
    let wrong = |what: String| Wrong(format!("{}: {what}", archive.display()));
    let store = Store::open(&into.join("store").display().to_string().parse()?)?;
    let mut found = BTreeMap::new();
    let mut manifest = None;
    let mut tar = tar::Archive::new(file);
    for entry in tar.entries()? {
        let entry = entry.map_err(|error| wrong(format!("it is no backup: {error}")))?;
        let name = plain_name(&entry).map_err(&wrong)?;
        if manifest.is_some() {
            return Err(wrong("something follows on its manifest".to_owned()).into());
        }
        if name == MANIFEST {
            manifest = Some(read_manifest(entry).map_err(&wrong)?);
            continue;
        }
        if !may(&name) {
            return Err(wrong(format!("{name} does not belong there")).into());
        }
        let digest = match name.strip_prefix("store/") {
            Some(hex) => {
                let named = Digest::from_hex(hex).map_err(|error| wrong(error.to_string()))?;
                let put = store.put(entry)?.digest;
                if put != named {
                    return Err(wrong(format!("{name} holds other bytes: {put}")).into());
                }
                put
            }
            None => write(&into.join(&name), entry)?,
        };
        if found.insert(name.clone(), digest).is_some() {
            return Err(wrong(format!("{name} is in it twice")).into());
        }
    }
    let manifest = manifest.ok_or_else(|| wrong("it ends without a manifest".to_owned()))?;
    if manifest.files != found {
        return Err(wrong("its files are not those of its manifest".to_owned()).into());
    }
    Ok(manifest)
}

/// The name of a plain file in one of the places that a home has.
fn plain_name(entry: &tar::Entry<'_, impl Read>) -> Result<String, String> {
    let bytes = entry.path_bytes();
    let name = String::from_utf8_lossy(&bytes).into_owned();
    let refuse = |why: &str| Err(format!("{name:?} {why}"));
    if entry.header().entry_type() != tar::EntryType::Regular {
        return refuse("is no plain file");
    }
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if name.len() > 500 || !name.split('/').all(plain) {
        return refuse("is no plain name");
    }
    let known = [HISTORY, ACCOUNTS, SEAL_KEY, SETTINGS, MANIFEST].contains(&name.as_str());
    let below = ["evidence/", "openings/", "store/"];
    match known || below.iter().any(|folder| name.starts_with(folder)) {
        true => Ok(name),
        false => refuse("is nothing that a home has"),
    }
}

fn read_manifest(entry: impl Read) -> Result<Manifest, String> {
    let mut bytes = Vec::new();
    entry
        .take(MAX_MANIFEST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| format!("its manifest: {error}"))?;
    match manifest.format == FORMAT {
        true => Ok(manifest),
        false => Err(format!(
            "its format is {:?}, not {FORMAT:?}",
            manifest.format
        )),
    }
}

fn write(path: &Path, mut bytes: impl Read) -> anyhow::Result<Digest> {
    let could_not = || format!("could not write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(could_not)?;
    }
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(could_not)?;
    let mut writer = DigestWriter::new(file);
    std::io::copy(&mut bytes, &mut writer).with_context(could_not)?;
    let (file, artifact) = writer.finish();
    file.sync_all().with_context(could_not)?;
    Ok(artifact.digest)
}
