//! `modu care key`: the secret that pseudonyms are made with.

use std::path::PathBuf;

use clap::Args;
use modu_care_records::key;
use serde_json::json;

use crate::terminal::{Answer, Terminal};

/// `modu care key`
#[derive(Debug, Args)]
pub(crate) struct CareKey {
    /// 새 열쇠 파일(이미 있으면 거절) | The new key's file; one that exists is left alone
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Makes a key, and says only what tells it from others.
pub(super) fn run(terminal: Terminal, command: &CareKey) -> anyhow::Result<Answer> {
    let identity = key::make(&command.file)?.identity();
    terminal.document(&json!({ "key": identity, "written": [command.file] }))?;
    terminal.line(format!("  → {}", command.file.display()))?;
    terminal.line(format!(
        "  {}: {}",
        terminal.say("열쇠를 알아보는 번호", "what tells this key from others"),
        identity.as_str()
    ))?;
    terminal.line(terminal.say(
        "  이 파일을 잃으면 같은 가명을 다시 만들 수 없고, 새면 가명을 되짚을 수 있습니다. 병원 밖으로 내보내지 마십시오.",
        "  Lost, and the same pseudonyms cannot be made again; leaked, and they lead back. Keep it at the hospital.",
    ))?;
    Ok(Answer::Yes)
}
