//! Modu's home folder: where one organisation's evidence and artifacts live.
//!
//! ```text
//! evidence/     the archive: keys, log, signed statements
//! store/        artifacts by digest (unless --store names another place)
//! openings/     what opens published commitments; private
//! store.url     where artifacts lie, if `modu init --store` named a place
//! ```

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::EvidenceError;
use modu_evidence::archive::{Archive, Identity, Recorder};
use modu_evidence::commitment::Opening;
use modu_evidence::keys::{Random as _, SystemRandom};
use modu_kernel::{Artifact, canonical};
use modu_store::Store;
use serde_json::json;

use crate::command_line::{Init, Shared};
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// The largest opening file that is read.
const MAX_OPENING_BYTES: u64 = 4096;

/// How often one asks whether the evidence is free, and how long one waits each
/// time: half a minute in all.
const PATIENCE: u32 = 300;
const WAIT: Duration = Duration::from_millis(100);
/// After how many of them one is told what is waited for.
const TOLD: u32 = 20;

/// The file that remembers where artifacts lie.
const STORE_URL: &str = "store.url";
/// The longest such place.
const MAX_STORE_URL_BYTES: u64 = 4096;

/// An opened home folder.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    folder: PathBuf,
    /// The artifacts.
    pub(crate) store: Store,
}

impl Home {
    /// The folder asked for, else `$XDG_DATA_HOME/modu`, else
    /// `~/.local/share/modu`.
    pub(crate) fn place(shared: &Shared) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &shared.home {
            return Ok(folder.clone());
        }
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        variable("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".local/share")))
            .map(|data| data.join("modu"))
            .ok_or_else(|| Wrong("neither --home, XDG_DATA_HOME nor HOME is set".into()).into())
    }

    /// Opens the home folder that the command line or environment names.
    pub(crate) fn open(shared: &Shared) -> anyhow::Result<Self> {
        let folder = Self::place(shared)?;
        if !folder.join("evidence").is_dir() {
            let text = format!(
                "there is no home at {}: make one with `modu init`",
                folder.display()
            );
            return Err(Wrong(text).into());
        }
        let store = match &shared.store {
            Some(url) => open_store(&folder, Some(url))?,
            None => open_store(&folder, remembered_store(&folder)?.as_deref())?,
        };
        Ok(Self { folder, store })
    }

    /// Makes a home folder with new keys, and its store: a local one, or the
    /// one named, which is remembered.
    pub(crate) fn create(
        folder: PathBuf,
        identity: Identity,
        store: Option<&str>,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
        // A place that cannot be opened is found before there are keys.
        let opened = open_store(&folder, store)?;
        Recorder::init(folder.join("evidence"), identity, &mut SystemRandom, now)?;
        if let Some(url) = store {
            // A relative folder means another place from another one.
            let url = match url.contains("://") {
                true => url.to_owned(),
                false => std::path::absolute(url)?.display().to_string(),
            };
            write_file(&folder.join(STORE_URL), format!("{url}\n").as_bytes())?;
        }
        Ok(Self {
            folder,
            store: opened,
        })
    }

    /// A home at a place, with its artifacts beside the evidence.
    pub(crate) fn at(folder: PathBuf) -> anyhow::Result<Self> {
        let store = open_store(&folder, None)?;
        Ok(Self { folder, store })
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The evidence, to read.
    pub(crate) fn archive(&self) -> anyhow::Result<Archive> {
        Ok(Archive::open(self.folder.join("evidence"))?)
    }

    /// The evidence, to write: one process at a time, and a server that records
    /// lets others have their turn.
    #[expect(clippy::print_stderr, reason = "who waits is told for what")]
    pub(crate) fn recorder(&self) -> anyhow::Result<Recorder> {
        let mut waited = 0;
        loop {
            match Recorder::open(self.folder.join("evidence")) {
                Err(EvidenceError::InUse { .. }) if waited < PATIENCE => {
                    waited += 1;
                    if waited == TOLD {
                        eprintln!("modu: another process writes the evidence: waiting for it");
                    }
                    thread::sleep(WAIT);
                }
                opened => return Ok(opened?),
            }
        }
    }

    /// Puts a file into the store.
    pub(crate) fn put_file(&self, path: &Path) -> anyhow::Result<Artifact> {
        let file =
            fs::File::open(path).with_context(|| format!("could not open {}", path.display()))?;
        Ok(self.store.put(file)?)
    }

    /// Commits to an artifact and keeps what opens the commitment, in a file
    /// that only its owner can read. An artifact that was committed to before
    /// keeps its commitment, so that its runs can be recognised.
    pub(crate) fn commit_to(&self, artifact: Artifact) -> anyhow::Result<Opening> {
        if let Some(known) = self
            .openings()?
            .into_iter()
            .find(|it| it.artifact == artifact)
        {
            return Ok(known);
        }
        let opening = Opening::new(artifact, &mut SystemRandom)?;
        self.keep_opening(&opening)?;
        Ok(opening)
    }

    /// Secret bytes for one demonstration, committed to and kept.
    pub(crate) fn new_secret(&self) -> anyhow::Result<Opening> {
        let mut secret = [0; 32];
        SystemRandom.fill(&mut secret)?;
        self.commit_to(self.store.put_bytes(&secret)?)
    }

    fn keep_opening(&self, opening: &Opening) -> anyhow::Result<()> {
        let folder = self.folder.join("openings");
        if !folder.is_dir() {
            fs::DirBuilder::new().mode(0o700).create(&folder)?;
            fs::File::open(&self.folder)?.sync_all()?;
        }
        let name = opening.commitment().to_string().replace(':', "-");
        let path = folder.join(format!("{name}.json"));
        write_durably(&path, &canonical::to_vec(opening)?, 0o600)
    }

    /// Everything that opens published commitments.
    pub(crate) fn openings(&self) -> anyhow::Result<Vec<Opening>> {
        let folder = self.folder.join("openings");
        let mut openings = Vec::new();
        let files = match fs::read_dir(&folder) {
            Ok(files) => files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(openings),
            Err(error) => {
                return Err(error).with_context(|| format!("could not read {}", folder.display()));
            }
        };
        for file in files {
            let path = file?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = read_limited(&path, MAX_OPENING_BYTES)?;
            let opening = serde_json::from_slice(&text)
                .map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
            openings.push(opening);
        }
        Ok(openings)
    }
}

/// Writes a file whole or not at all, and so that it is still there after the
/// machine stops.
pub(crate) fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let could_not = || format!("could not write {}", path.display());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let fresh = path.with_file_name(format!(".{name}.part"));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&fresh)
        .with_context(could_not)?;
    file.write_all(bytes).with_context(could_not)?;
    file.sync_all().with_context(could_not)?;
    fs::rename(&fresh, path).with_context(could_not)?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = fs::File::open(folder.unwrap_or(Path::new(".")));
    folder.and_then(|it| it.sync_all()).with_context(could_not)
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_limited(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let file =
        fs::File::open(path).with_context(|| format!("could not open {}", path.display()))?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("could not read {}", path.display()))?;
    if bytes.len() as u64 > limit {
        let text = format!(
            "{} is larger than the limit of {limit} bytes",
            path.display()
        );
        return Err(Wrong(text).into());
    }
    Ok(bytes)
}

/// The place that `modu init --store` named.
fn remembered_store(folder: &Path) -> anyhow::Result<Option<String>> {
    let path = folder.join(STORE_URL);
    if !path.exists() {
        return Ok(None);
    }
    let url = String::from_utf8(read_limited(&path, MAX_STORE_URL_BYTES)?)
        .map_err(|_| Wrong(format!("{} is not text: expected a URL", path.display())))?;
    Ok(Some(url.trim().to_owned()))
}

fn open_store(folder: &Path, url: Option<&str>) -> anyhow::Result<Store> {
    let local = folder.join("store").display().to_string();
    let location = url.unwrap_or(&local).parse()?;
    Ok(Store::open(&location)?)
}

/// `modu init`
pub(crate) fn init(terminal: Terminal, shared: &Shared, command: &Init) -> anyhow::Result<Answer> {
    let identity = Identity {
        organisation: command.organisation.clone(),
        uri: command.identity.clone(),
        issuer: command.issuer.clone(),
        origin: command.origin.clone(),
    };
    let home = Home::create(
        Home::place(shared)?,
        identity,
        shared.store.as_deref(),
        Timestamp::now(),
    )?;
    let folder = home.folder().display().to_string();
    let root = home
        .folder()
        .join("evidence/trusted_root.json")
        .display()
        .to_string();
    terminal.document(&json!({ "home": folder, "trusted_root": root }))?;
    terminal.line(match terminal.language {
        modu_kernel::Language::Ko => format!(
            "홈 폴더를 만들었습니다: {folder}\n검증할 사람에게 줄 신뢰 뿌리: {root}\n열쇠는 evidence/keys/에 있습니다. 안전한 곳에 사본을 두십시오."
        ),
        modu_kernel::Language::En => format!(
            "Made a home folder: {folder}\nGive this trusted root to whoever verifies: {root}\nThe keys are in evidence/keys/: keep a copy somewhere safe."
        ),
    })?;
    Ok(Answer::Yes)
}
