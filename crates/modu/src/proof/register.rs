//! `modu proof register`: criteria into the log, before any run.

use std::path::Path;

use jiff::Timestamp;
use modu_evidence::archive::Archive;
use modu_evidence::statement::{Criteria, CriteriaDocument, EntryReference, Statement};
use modu_kernel::{Artifact, Digest};
use modu_proof::need::Need;
use serde_json::json;

use super::{MAX_TOML_BYTES, in_file};
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::terminal::{Answer, Terminal};

/// Registers a need, and says where.
pub(super) fn run(terminal: Terminal, home: &Home, path: &Path) -> anyhow::Result<Answer> {
    let bytes = read_limited(path, MAX_TOML_BYTES)?;
    let need = Need::parse(&bytes).map_err(|error| in_file(path, &error))?;
    let entry = register(home, &need, &bytes)?;
    let digest = Digest::of(&bytes);
    terminal.document(&json!({
        "log_index": entry.log_index.to_string(),
        "need": digest,
        "criteria": need.criteria.len(),
    }))?;
    let count = need.criteria.len();
    terminal.line(match terminal.language {
        modu_kernel::Language::Ko => format!(
            "{} 기준 {count}개를 로그 {}번에 등록했습니다. 이제부터 need.toml을 고치면 새로 등록해야 합니다.\n  {digest}",
            terminal.sign(Answer::Yes),
            entry.log_index
        ),
        modu_kernel::Language::En => format!(
            "{} Registered {count} criteria as entry {} of the log. From now on, an edited need.toml must be registered anew.\n  {digest}",
            terminal.sign(Answer::Yes),
            entry.log_index
        ),
    })?;
    Ok(Answer::Yes)
}

/// Puts a need into the store and its registration into the log.
pub(crate) fn register(home: &Home, need: &Need, bytes: &[u8]) -> anyhow::Result<EntryReference> {
    let artifact = home.store.put_bytes(bytes)?;
    // The clock is read under the archive's lock, so that times only go on.
    let mut recorder = home.recorder()?;
    let now = Timestamp::now();
    let criteria = Criteria {
        id: need.id.clone(),
        title: need.question.clone(),
        engine: modu_proof::SCORE.name.into(),
        documents: vec![document(artifact)],
        registered: now,
    };
    Ok(recorder.record(&Statement::criteria(criteria), now)?)
}

/// The newest registration of a need's exact bytes that still stands.
pub(crate) fn find(archive: &Archive, need: Artifact) -> anyhow::Result<EntryReference> {
    let document = document(need);
    let standing = archive.standing_criteria(&document, modu_proof::SCORE.name)?;
    standing.ok_or_else(|| {
        Wrong(format!(
            "the need {} is not registered, or its registration was taken back: fix the criteria before the run with `modu proof register`",
            need.digest
        ))
        .into()
    })
}

/// The need by the name that it has among a run's inputs.
fn document(artifact: Artifact) -> CriteriaDocument {
    CriteriaDocument {
        name: "need".into(),
        artifact,
    }
}
