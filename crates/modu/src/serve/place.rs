//! Where the programme is kept: in files of the home, or in PostgreSQL.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modu_programme::account::SealKey;
use modu_programme::database::{Database, DatabaseError};

use crate::exit::Wrong;
use crate::home::{Home, read_limited, write_durably};

/// The files beside the evidence: history and jobs, and what signing in needs.
pub(crate) const HISTORY: &str = "programme.sqlite";
pub(crate) const ACCOUNTS: &str = "accounts.sqlite";
/// The file that remembers the URL of the database, for its owner's eyes only.
const DATABASE_URL: &str = "database.url";
/// The file with the key that seals second factors, apart from the database.
pub(crate) const SEAL_KEY: &str = "factor.key";
const MAX_KEY_BYTES: u64 = 256;
const MAX_URL_BYTES: u64 = 4096;

/// Where the programme is kept.
pub(crate) enum Place {
    /// In two SQLite files of a folder.
    Files(PathBuf),
    /// In a PostgreSQL database, by its URL.
    Server(String),
}

impl Place {
    /// The place that was asked for, else the one that the home remembers,
    /// else the home itself. A home whose programme is kept in one place is
    /// not begun anew in another.
    pub(crate) fn of(home: &Home, asked: Option<&str>) -> anyhow::Result<Self> {
        let folder = home.folder();
        let path = folder.join(DATABASE_URL);
        if let Some(url) = asked {
            let place = Self::server(url)?;
            if folder.join(HISTORY).exists() {
                let text = format!(
                    "the programme of this home is kept in {}: use another home for a database",
                    folder.join(HISTORY).display()
                );
                return Err(Wrong(text).into());
            }
            Self::remember(folder, url)?;
            return Ok(place);
        }
        if !path.exists() {
            return Ok(Self::Files(folder.to_owned()));
        }
        let url = String::from_utf8(read_limited(&path, MAX_URL_BYTES)?)
            .map_err(|_| Wrong(format!("{} is not text: expected a URL", path.display())))?;
        Ok(Self::Server(url.trim().to_owned()))
    }

    /// A PostgreSQL database by its URL.
    pub(crate) fn server(url: &str) -> anyhow::Result<Self> {
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            let text = "--database takes postgres://user:password@host:port/database";
            return Err(Wrong(text.to_owned()).into());
        }
        Ok(Self::Server(url.to_owned()))
    }

    /// Has a home remember the database of its programme.
    pub(crate) fn remember(folder: &Path, url: &str) -> anyhow::Result<()> {
        let path = folder.join(DATABASE_URL);
        write_durably(&path, format!("{url}\n").as_bytes(), 0o600)
    }

    /// A connection to history and jobs.
    pub(crate) fn programme(&self) -> anyhow::Result<Database> {
        self.open(HISTORY)
    }

    /// A connection to what signing in needs.
    pub(crate) fn accounts(&self) -> anyhow::Result<Database> {
        self.open(ACCOUNTS)
    }

    fn open(&self, name: &str) -> anyhow::Result<Database> {
        match self {
            Self::Files(folder) => {
                let path = folder.join(name);
                own_file(&path)?;
                Database::file(&path).with_context(|| format!("could not open {}", path.display()))
            }
            // The URL may hold a password: it is not told.
            Self::Server(url) => match Database::postgres(url) {
                Err(error @ DatabaseError::Address(_)) => Err(Wrong(error.to_string()).into()),
                opened => opened.context("could not open the database"),
            },
        }
    }
}

/// The key that seals second factors, which is made where there is none.
pub(crate) fn seal_key(home: &Home) -> anyhow::Result<SealKey> {
    let path = home.folder().join(SEAL_KEY);
    if !path.exists() {
        let key = SealKey::new()?;
        write_durably(&path, format!("{}\n", key.reveal()).as_bytes(), 0o600)?;
        return Ok(key);
    }
    let text = String::from_utf8(read_limited(&path, MAX_KEY_BYTES)?);
    let key = text.ok().and_then(|text| SealKey::parse(text.trim()));
    let wrong = || {
        let place = path.display();
        Wrong(format!(
            "{place} is no key of second factors: restore it from a backup of the keys"
        ))
    };
    Ok(key.ok_or_else(wrong)?)
}

/// Makes a file that only its owner can read, where there is none: proposals,
/// sheets and what lets people in are not for everybody with an account here.
pub(crate) fn own_file(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    if let Err(error) = made.map(drop)
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(error).with_context(|| format!("could not make {}", path.display()));
    }
    Ok(())
}
