//! `modu vuln bundle`: a folder of advisories as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modu_kernel::{Artifact, Language};
use modu_vuln::advisory::{self, Record};

use super::command_line::VulnBundle;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// Bytes of one advisory.
const ADVISORY_BYTES: u64 = 16 << 20;

/// Lines by kind and identifier.
type Lines = BTreeMap<(&'static str, String), Vec<u8>>;

/// Reads every advisory below the folders and writes them by identifier, each
/// once: so the same advisories give the same file.
pub(super) fn run(terminal: Terminal, command: &VulnBundle) -> anyhow::Result<Answer> {
    let mut lines = Lines::new();
    let mut waiting = command.from.clone();
    while let Some(folder) = waiting.pop() {
        let could_not = || format!("could not read {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(could_not)? {
            let entry = entry.with_context(could_not)?;
            let kind = entry.file_type().with_context(could_not)?;
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if kind.is_file() {
                for record in read(&entry.path())? {
                    add(&mut lines, &entry.path(), &record)?;
                }
            }
        }
    }
    let mut bytes = Vec::new();
    for line in lines.values() {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    write_file(&command.out, &bytes)?;
    tell(terminal, &command.out, lines.len(), &bytes)
}

/// The records of a file, if its name says that it may hold some.
fn read(path: &Path) -> anyhow::Result<Vec<Record>> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("json" | "yaml" | "yml" | "csv" | "gz")) {
        return Ok(Vec::new());
    }
    let could_not = || format!("could not read {}", path.display());
    let length = std::fs::metadata(path).with_context(could_not)?.len();
    if length > ADVISORY_BYTES {
        let problem = format!("it has {length} bytes; an advisory has at most {ADVISORY_BYTES}");
        return Err(wrong(path, problem));
    }
    let bytes = std::fs::read(path).with_context(could_not)?;
    advisory::read(&path.to_string_lossy(), &bytes).map_err(|error| wrong(path, error.to_string()))
}

fn add(lines: &mut Lines, path: &Path, record: &Record) -> anyhow::Result<()> {
    let line = serde_json::to_vec(record)?;
    let key = (record.kind(), record.id().to_owned());
    match lines.insert(key, line.clone()) {
        Some(other) if other != line => Err(wrong(
            path,
            format!(
                "another file says otherwise of {}: keep one of them",
                record.id()
            ),
        )),
        _ => Ok(()),
    }
}

fn wrong(path: &Path, problem: String) -> anyhow::Error {
    Wrong(format!("{}: {problem}", path.display())).into()
}

fn tell(
    terminal: Terminal,
    out: &PathBuf,
    advisories: usize,
    bytes: &[u8],
) -> anyhow::Result<Answer> {
    let artifact = Artifact::of(bytes);
    terminal.document(&serde_json::json!({
        "advisories": advisories, "written": out, "digest": artifact.digest,
    }))?;
    terminal.line(match terminal.language {
        Language::Ko => format!("권고 {advisories}개를 {}에 묶었습니다.", out.display()),
        Language::En => format!("{advisories} advisories are in {}.", out.display()),
    })?;
    terminal.line(format!("  {}", artifact.digest))?;
    Ok(Answer::Yes)
}
