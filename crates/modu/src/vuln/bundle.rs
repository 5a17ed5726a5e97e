//! `modu vuln bundle`: a folder of advisories as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modu_kernel::{Artifact, Language};
use modu_vuln::advisory::osv::Advisory;

use super::command_line::VulnBundle;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// Bytes of one advisory.
const ADVISORY_BYTES: u64 = 16 << 20;

/// Reads every advisory below the folders and writes them by identifier, each
/// once: so the same advisories give the same file.
pub(super) fn run(terminal: Terminal, command: &VulnBundle) -> anyhow::Result<Answer> {
    let mut lines: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut waiting = command.from.clone();
    while let Some(folder) = waiting.pop() {
        let could_not = || format!("could not read {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(could_not)? {
            let entry = entry.with_context(could_not)?;
            let kind = entry.file_type().with_context(could_not)?;
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if kind.is_file()
                && let Some(advisory) = read(&entry.path())?
            {
                add(&mut lines, &entry.path(), &advisory)?;
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

/// An advisory, if the file's name says that it holds one.
fn read(path: &Path) -> anyhow::Result<Option<Advisory>> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let Some(extension @ ("json" | "yaml" | "yml")) = extension else {
        return Ok(None);
    };
    let could_not = || format!("could not read {}", path.display());
    let length = std::fs::metadata(path).with_context(could_not)?.len();
    if length > ADVISORY_BYTES {
        let problem = format!("it has {length} bytes; an advisory has at most {ADVISORY_BYTES}");
        return Err(wrong(path, problem));
    }
    let text = std::fs::read_to_string(path).with_context(could_not)?;
    let advisory = match extension {
        "json" => Advisory::from_json(text.as_bytes()).map_err(|error| error.to_string()),
        _ => Advisory::from_yaml(&text).map_err(|error| error.to_string()),
    };
    let advisory = advisory.map_err(|problem| {
        wrong(
            path,
            format!("{problem}: expected an advisory in the OSV format"),
        )
    })?;
    Ok(Some(advisory))
}

fn add(
    lines: &mut BTreeMap<String, Vec<u8>>,
    path: &Path,
    advisory: &Advisory,
) -> anyhow::Result<()> {
    let line = serde_json::to_vec(advisory)?;
    match lines.insert(advisory.id.clone(), line.clone()) {
        Some(other) if other != line => Err(wrong(
            path,
            format!(
                "another file says otherwise of {}: keep one of them",
                advisory.id
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
