//! `modu vuln index` and `modu vuln delta`: components of many assets kept by
//! package, and which of them a new advisory affects.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use modu_kernel::Language;
use modu_vuln::delta::NewAdvisory;
use modu_vuln::{inventory, limits};
use modu_vuln_store::{Hits, Journal, ReverseIndex, ReverseIndexBuilder, hits};
use serde_json::json;

use super::list_file::is_whole;
use crate::exit::Wrong;
use crate::home::read_limited;
use crate::terminal::{Answer, Terminal, table};

/// Bytes of one advisory.
const ADVISORY_BYTES: u64 = 16 << 20;
/// How many affected components are shown on a terminal.
const SHOWN: usize = 20;

/// `modu vuln index`
#[derive(Debug, Args)]
pub(crate) struct VulnIndex {
    /// 구성요소 목록, 자산마다 하나 | Lists of components, one for each asset
    #[arg(value_name = "SBOM", required = true)]
    pub(crate) inventories: Vec<PathBuf>,
    /// 색인을 둘 폴더 | The folder that holds the index
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
}

/// `modu vuln delta`
#[derive(Debug, Args)]
pub(crate) struct VulnDelta {
    /// 새 권고(OSV 형식이나 CVE 기록) | The new advisories, in the OSV format, or CVE records
    #[arg(value_name = "ADVISORY", required = true)]
    pub(crate) advisories: Vec<PathBuf>,
    /// `modu vuln index`가 색인을 둔 폴더 | The folder where `modu vuln index` keeps the index
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
}

fn index_in(state: &Path) -> PathBuf {
    state.join("components.idx")
}

/// Makes the index anew of all lists.
pub(super) fn index(terminal: Terminal, command: &VulnIndex) -> anyhow::Result<Answer> {
    let mut builder = ReverseIndexBuilder::default();
    let (mut components, mut placed) = (0_u64, 0_u64);
    for path in &command.inventories {
        is_whole(path)?;
        let bytes = read_limited(path, limits::INVENTORY_BYTES)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let inventory = inventory::read(&name, &bytes)
            .map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
        let asset = match inventory.asset.as_ref() {
            "" => name.as_ref(),
            asset => asset,
        };
        for component in &inventory.components {
            components += 1;
            placed += u64::from(builder.add(asset, component)?);
        }
    }
    std::fs::create_dir_all(&command.state)
        .with_context(|| format!("could not make {}", command.state.display()))?;
    let path = index_in(&command.state);
    builder.write(&path)?;
    let without = components - placed;
    terminal.document(&json!({
        "lists": command.inventories.len(), "components": components,
        "indexed": placed, "undecidable": without, "written": path,
    }))?;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "구성요소 {components}개 가운데 {placed}개를 색인했습니다. {without}개는 어느 권고도 판단할 수 없습니다."
        ),
        Language::En => format!(
            "{placed} of {components} components are indexed; of {without} no advisory can tell."
        ),
    })?;
    terminal.line(format!("  → {}", path.display()))?;
    Ok(Answer::Yes)
}

/// Asks for each advisory which components it affects, and keeps the answer
/// before it is shown. The answer is yes where none is affected and none
/// undecidable.
pub(super) fn delta(terminal: Terminal, command: &VulnDelta) -> anyhow::Result<Answer> {
    let path = index_in(&command.state);
    if !path.exists() {
        let problem = format!(
            "there is no index at {}: make one of the lists with `modu vuln index SBOM... --state {}`",
            path.display(),
            command.state.display()
        );
        return Err(Wrong(problem).into());
    }
    let index = ReverseIndex::open(&path)?;
    let mut journal = Journal::open(&command.state.join("hits.journal"))?;
    let mut answer = Answer::Yes;
    let mut documents = Vec::new();
    for path in &command.advisories {
        let bytes = read_limited(path, ADVISORY_BYTES)?;
        let advisory = NewAdvisory::parse(&path.to_string_lossy(), &bytes)
            .map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
        let found = hits(&index, &advisory)?;
        let at = Timestamp::now().to_string();
        let document = json!({ "advisories": advisory.ids(), "at": at, "hits": found });
        journal.append(&document)?;
        documents.push(document);
        if !found.affected.is_empty() || !found.undecidable.is_empty() {
            answer = Answer::No;
        }
        show(terminal, &advisory.ids().join(" "), &found)?;
    }
    terminal.document(&json!({ "new": documents }))?;
    Ok(answer)
}

fn show(terminal: Terminal, advisory: &str, found: &Hits) -> anyhow::Result<()> {
    let (affected, undecidable) = (found.affected.len(), found.undecidable.len());
    let answer = match affected + undecidable {
        0 => Answer::Yes,
        _ => Answer::No,
    };
    let (sign, of) = (terminal.sign(answer), found.components);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} {advisory}: 그 패키지의 구성요소 {of}개 가운데 영향 있음 {affected}개, 판단할 수 없음 {undecidable}개."
        ),
        Language::En => format!(
            "{sign} {advisory}: of {of} components of its packages {affected} are affected, {undecidable} cannot be decided."
        ),
    })?;
    if affected + undecidable == 0 {
        return Ok(());
    }
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("답", "answer"),
        say("자산", "asset"),
        say("구성요소", "component"),
    ]];
    let affected_word = say("영향 있음", "affected");
    let open_word = say("판단할 수 없음", "cannot be decided");
    let all = (found.affected.iter().map(|it| (&affected_word, it)))
        .chain(found.undecidable.iter().map(|it| (&open_word, it)));
    for (word, hit) in all.take(SHOWN) {
        rows.push(vec![word.clone(), hit.asset.clone(), hit.component.clone()]);
    }
    terminal.line(table(&rows))?;
    let more = (affected + undecidable).saturating_sub(SHOWN);
    if more > 0 {
        terminal.line(format!("  +{more} (hits.journal, --json)"))?;
    }
    Ok(())
}
