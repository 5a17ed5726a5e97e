//! The ledger of deadlines as a folder, and `modu vuln ledger ...`.
//!
//! ```text
//! pages/00000001-<digest>.json   a page each, named by number and digest
//! head                           the last page that was told of: `1 sha256:...`
//! lock                           held by whoever writes
//! ```
//! A page is written before the head names it. So after a crash there may be
//! one page more than the head says, whole and following on it: it belongs to
//! the ledger. Less than the head says is a damage.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use modu_kernel::{Digest, Language};
use modu_vuln::decide::Counts;
use modu_vuln::{ledger, limits};
use serde_json::json;

use crate::exit::Wrong;
use crate::home::{read_limited, write_durably};
use crate::terminal::{Answer, Terminal};

/// `modu vuln ledger ...`
#[derive(Debug, Subcommand)]
pub(crate) enum VulnLedger {
    /// 빈 장부를 만듭니다 | Make an empty ledger
    New(VulnLedgerFolder),
    /// 장부가 처음부터 이어지는지 확인합니다 | Check that a ledger follows on from its first page
    Verify(VulnLedgerVerify),
}

/// `modu vuln ledger new`
#[derive(Debug, Args)]
pub(crate) struct VulnLedgerFolder {
    /// 장부 폴더 | The ledger's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// `modu vuln ledger verify`
#[derive(Debug, Args)]
pub(crate) struct VulnLedgerVerify {
    /// 장부 폴더 | The ledger's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 다른 곳에 적어 둔 머리(sha256:...): 장부가 그것을 지나왔는지도 봅니다 | A head that was kept elsewhere: the ledger must have come through it
    #[arg(long, value_name = "DIGEST")]
    through: Option<Digest>,
}

/// Performs one of the commands.
pub(super) fn run(terminal: Terminal, command: &VulnLedger) -> anyhow::Result<Answer> {
    match command {
        VulnLedger::New(command) => new(terminal, &command.folder),
        VulnLedger::Verify(command) => verify(terminal, command),
    }
}

const HEAD: &str = "head";
const PAGES: &str = "pages";
/// The head's longest form.
const HEAD_BYTES: u64 = 128;

/// A ledger as it was read.
#[derive(Debug)]
pub(super) struct LedgerFolder {
    folder: PathBuf,
    /// Its pages, a line each: the engines' input.
    pub(super) text: Vec<u8>,
    /// The pages' digests.
    digests: Vec<Digest>,
    /// Held while somebody means to write.
    _lock: Option<File>,
}

impl LedgerFolder {
    /// Reads a ledger.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        Self::open(folder, None)
    }

    /// Reads a ledger to add to it; nobody else can until this is dropped.
    pub(super) fn write(folder: &Path) -> anyhow::Result<Self> {
        if !folder.join(HEAD).is_file() {
            return Err(no_ledger(folder));
        }
        let path = folder.join("lock");
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("could not open {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Self::open(folder, Some(lock)),
            Err(TryLockError::WouldBlock) => Err(Wrong(format!(
                "another run writes to {}: try again when it is done",
                folder.display()
            ))
            .into()),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("could not lock {}", path.display()))
            }
        }
    }

    fn open(folder: &Path, lock: Option<File>) -> anyhow::Result<Self> {
        let (number, head) = read_head(folder)?;
        let mut ledger = Self {
            folder: folder.to_path_buf(),
            text: Vec::new(),
            digests: Vec::new(),
            _lock: lock,
        };
        for path in pages(folder)? {
            ledger.take(&path)?;
        }
        let there = ledger.digests.len();
        let told = number.checked_sub(1).map(|last| ledger.digests.get(last));
        let problem = match told {
            Some(None) => format!("there are {there} pages, and {number} were told of"),
            Some(Some(digest)) if Some(*digest) != head => {
                format!("page {number} is {digest}, and another was told of")
            }
            _ if there > number + 1 => {
                format!("there are {there} pages, and {number} were told of")
            }
            _ => return Ok(ledger),
        };
        Err(damaged(&folder.join(HEAD), &problem))
    }

    /// Takes the next page in.
    fn take(&mut self, path: &Path) -> anyhow::Result<()> {
        let left = limits::LEDGER_BYTES - self.text.len() as u64;
        let bytes = read_limited(path, left)?;
        let digest = Digest::of(&bytes);
        let name = page_name(self.digests.len() + 1, &digest);
        if path.file_name().is_none_or(|found| found != name.as_str()) {
            return Err(damaged(path, &format!("expected {name} here")));
        }
        self.digests.push(digest);
        self.text.extend_from_slice(&bytes);
        self.text.push(b'\n');
        Ok(())
    }

    /// Adds a page, durably: it is there before the head names it.
    pub(super) fn add(&mut self, page: &[u8]) -> anyhow::Result<PathBuf> {
        let digest = Digest::of(page);
        let number = self.digests.len() + 1;
        let path = self.folder.join(PAGES).join(page_name(number, &digest));
        write_durably(&path, page, 0o644)?;
        let head = format!("{number} {digest}\n");
        write_durably(&self.folder.join(HEAD), head.as_bytes(), 0o644)?;
        self.digests.push(digest);
        self.text.extend_from_slice(page);
        self.text.push(b'\n');
        Ok(path)
    }
}

fn page_name(number: usize, digest: &Digest) -> String {
    format!("{number:08}-{}.json", digest.to_hex())
}

/// The number of the last page that was told of, and its digest.
fn read_head(folder: &Path) -> anyhow::Result<(usize, Option<Digest>)> {
    let path = folder.join(HEAD);
    if !path.is_file() {
        return Err(no_ledger(folder));
    }
    let text = read_limited(&path, HEAD_BYTES)?;
    let text = std::str::from_utf8(&text).unwrap_or_default();
    let head = match text
        .strip_suffix('\n')
        .and_then(|text| text.split_once(' '))
    {
        None if text == "0\n" => Some((0, None)),
        None => None,
        Some((number, digest)) => match (number.parse(), digest.parse()) {
            (Ok(number @ 1..), Ok(digest)) => Some((number, Some(digest))),
            _ => None,
        },
    };
    head.ok_or_else(|| damaged(&path, "it names no page"))
}

/// The files of the pages, by name.
fn pages(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = folder.join(PAGES);
    let could_not = || format!("could not read {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).with_context(could_not)? {
        let path = entry.with_context(could_not)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What a crash left half-written has never been a page.
        if !(name.starts_with('.') && name.ends_with(".part")) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn damaged(path: &Path, problem: &str) -> anyhow::Error {
    Wrong(format!(
        "{}: {problem}. The ledger was changed or damaged: restore it from a copy",
        path.display()
    ))
    .into()
}

fn no_ledger(folder: &Path) -> anyhow::Error {
    let folder = folder.display();
    Wrong(format!(
        "there is no ledger at {folder}: make one with `modu vuln ledger new {folder}`"
    ))
    .into()
}

fn new(terminal: Terminal, folder: &Path) -> anyhow::Result<Answer> {
    if folder.join(HEAD).exists() || folder.join(PAGES).exists() {
        return Err(Wrong(format!("there is a ledger at {} already", folder.display())).into());
    }
    fs::create_dir_all(folder.join(PAGES))
        .with_context(|| format!("could not make {}", folder.display()))?;
    write_durably(&folder.join(HEAD), b"0\n", 0o644)?;
    terminal.document(&json!({ "ledger": folder }))?;
    let sign = terminal.sign(Answer::Yes);
    terminal.line(match terminal.language {
        Language::Ko => format!("{sign} 빈 장부를 만들었습니다: {}", folder.display()),
        Language::En => format!("{sign} Made an empty ledger: {}", folder.display()),
    })?;
    Ok(Answer::Yes)
}

fn verify(terminal: Terminal, command: &VulnLedgerVerify) -> anyhow::Result<Answer> {
    let ledger = LedgerFolder::read(&command.folder)?;
    let state = ledger::replay(&ledger.text)
        .map_err(|error| Wrong(format!("{}: {error}", command.folder.display())))?;
    let through = (command.through.as_ref()).is_none_or(|it| ledger.digests.contains(it));
    let counts = state
        .day
        .map(|day| Counts::of(&state, day))
        .unwrap_or_default();
    let answer = if through { Answer::Yes } else { Answer::No };
    terminal.document(&json!({
        "pages": state.pages,
        "head": state.head,
        "through": command.through.map(|_| through),
        "day": state.day.map(|day| day.to_string()),
        "counts": counts,
        "back_dated": state.back_dated,
    }))?;
    let (sign, pages) = (terminal.sign(answer), state.pages);
    let Counts {
        items,
        open,
        excepted,
        fixed,
    } = counts;
    terminal.line(match (terminal.language, through) {
        (Language::Ko, true) => format!("{sign} 장부 {pages}쪽이 처음부터 이어집니다: 항목 {items}개 = 열림 {open} + 예외 {excepted} + 조치됨 {fixed}."),
        (Language::En, true) => format!("{sign} {pages} pages follow on from the first: {items} items = {open} open + {excepted} excepted + {fixed} fixed."),
        (Language::Ko, false) => format!("{sign} 장부는 이어지지만 적어 둔 머리를 지나오지 않았습니다: 다시 쓴 장부입니다."),
        (Language::En, false) => format!("{sign} The ledger never had the head that was kept: it was written anew."),
    })?;
    for page in &state.back_dated {
        terminal.line(match terminal.language {
            Language::Ko => format!("  ! {page}쪽의 시각이 앞선 쪽보다 이릅니다."),
            Language::En => format!("  ! The time of page {page} is before an earlier page's."),
        })?;
    }
    if let Some(head) = state.head {
        terminal.line(format!("  {} {head}", terminal.say("머리", "head")))?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// A ledger of so many pages, which are no real ones.
    fn of(pages: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(PAGES)).unwrap();
        fs::write(folder.path().join(HEAD), "0\n").unwrap();
        let mut ledger = LedgerFolder::write(folder.path()).unwrap();
        for page in 1..=pages {
            ledger.add(format!("page {page}").as_bytes()).unwrap();
        }
        folder
    }

    fn refusal(folder: &Path) -> String {
        LedgerFolder::read(folder).unwrap_err().to_string()
    }

    #[test]
    fn pages_are_read_again_in_their_order() {
        let folder = of(3);
        let ledger = LedgerFolder::read(folder.path()).unwrap();
        assert_eq!(ledger.text, b"page 1\npage 2\npage 3\n");
    }

    #[test]
    fn a_page_that_a_crash_left_beyond_the_head_belongs_to_the_ledger() {
        let folder = of(2);
        let head = fs::read(folder.path().join(HEAD)).unwrap();
        LedgerFolder::write(folder.path())
            .unwrap()
            .add(b"page 3")
            .unwrap();
        fs::write(folder.path().join(HEAD), head).unwrap();
        fs::write(folder.path().join(PAGES).join(".00000004.part"), "pa").unwrap();
        let mut ledger = LedgerFolder::write(folder.path()).unwrap();
        assert_eq!(ledger.digests.len(), 3);
        ledger.add(b"page 4").unwrap();
        assert_eq!(LedgerFolder::read(folder.path()).unwrap().digests.len(), 4);
    }

    #[test]
    fn a_page_that_is_missing_or_was_changed_is_refused_with_its_place() {
        for gone in 0..3 {
            let folder = of(3);
            let pages = pages(folder.path()).unwrap();
            fs::remove_file(&pages[gone]).unwrap();
            let place = if gone == 2 { "head" } else { "pages/0000000" };
            assert!(refusal(folder.path()).contains(place), "{gone}");
        }
        let folder = of(3);
        let page = &pages(folder.path()).unwrap()[1];
        fs::write(page, "page 0").unwrap();
        assert!(refusal(folder.path()).contains("00000002-"));
        let folder = of(1);
        for head in ["", "2 sha256:00\n", "x\n", "0"] {
            fs::write(folder.path().join(HEAD), head).unwrap();
            assert!(refusal(folder.path()).contains("head"), "{head}");
        }
        fs::remove_file(folder.path().join(HEAD)).unwrap();
        assert!(refusal(folder.path()).contains("modu vuln ledger new"));
    }

    #[test]
    fn only_one_writes_at_a_time() {
        let folder = of(1);
        let first = LedgerFolder::write(folder.path()).unwrap();
        assert!(LedgerFolder::write(folder.path()).is_err());
        assert!(LedgerFolder::read(folder.path()).is_ok());
        drop(first);
        assert!(LedgerFolder::write(folder.path()).is_ok());
    }
}
