//! `modu programme data`, `nodes`, `admit-node`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use modu_client::Client;
use modu_client::wire::NewNode;
use serde_json::json;

use super::command_line::AdmitNode;
use super::programme::{listed, time, yes};
use crate::exit::Wrong;
use crate::terminal::Terminal;

/// The data that one may know of.
pub(super) fn data(terminal: Terminal, client: &Client) -> anyhow::Result<()> {
    let found: Vec<_> = client.datasets().collect::<Result<_, _>>()?;
    let head = [
        terminal.say("번호", "number"),
        terminal.say("데이터", "data"),
        terminal.say("기관", "organisation"),
        terminal.say("어디", "where"),
        terminal.say("공개", "public"),
    ];
    let rows = found.iter().map(|it| {
        let place = match (it.node, it.gone) {
            (None, _) => terminal.say("이 서버", "this server").to_owned(),
            (Some(node), None) => format!("{} {node}", terminal.say("노드", "node")),
            (Some(_), Some(_)) => terminal.say("이제 없음", "no longer there").to_owned(),
        };
        vec![
            it.dataset.to_string(),
            it.name.as_str().to_owned(),
            it.organisation.to_string(),
            place,
            yes(terminal, it.is_public).to_owned(),
        ]
    });
    listed(terminal, &head, rows, &found)
}

/// The nodes that one may know of.
pub(super) fn list(terminal: Terminal, client: &Client) -> anyhow::Result<()> {
    let found: Vec<_> = client.nodes().collect::<Result<_, _>>()?;
    let head = [
        terminal.say("번호", "number"),
        terminal.say("노드", "node"),
        terminal.say("기관", "organisation"),
        terminal.say("들인 때 (UTC)", "let in (UTC)"),
        terminal.say("마지막 소식 (UTC)", "last heard of (UTC)"),
        terminal.say("내보낸 때 (UTC)", "shut out (UTC)"),
    ];
    let moment = |at: Option<_>| at.map_or_else(|| "-".to_owned(), time);
    let rows = found.iter().map(|it| {
        vec![
            it.node.to_string(),
            it.name.as_str().to_owned(),
            it.organisation.to_string(),
            time(it.admitted),
            moment(it.seen),
            moment(it.shut_out),
        ]
    });
    listed(terminal, &head, rows, &found)
}

/// Lets a node in; its token goes into a file, or is shown this once.
pub(super) fn admit(terminal: Terminal, client: &Client, asked: &AdmitNode) -> anyhow::Result<()> {
    // Before the node is let in: a token that cannot be kept is lost.
    let mut file = asked.token_file.as_deref().map(secret).transpose()?;
    let node = client.admit_node(&NewNode {
        organisation: asked.organisation,
        name: asked.name.clone(),
        key: asked.key.clone(),
    });
    if let (Err(_), Some(path)) = (&node, &asked.token_file) {
        let _stays_empty = std::fs::remove_file(path);
    }
    let node = node?;
    let said = terminal.say("노드를 들였습니다: 번호", "The node is let in, as number");
    match (&mut file, &asked.token_file) {
        (Some(file), Some(path)) => {
            writeln!(file, "{}", node.token)
                .and_then(|()| file.sync_all())
                .with_context(|| format!("could not write {}", path.display()))?;
            let path = path.display().to_string();
            let document =
                json!({ "node": node.node, "token_file": path, "sequence": node.sequence });
            terminal.document(&document)?;
            terminal.line(format!("{said} {}", node.node))?;
            terminal.line(format!("  → {path}"))?;
        }
        _ => {
            terminal.document(&node)?;
            terminal.line(format!("{said} {}", node.node))?;
            terminal.line(format!("  {}", node.token))?;
            terminal.line(terminal.say(
                "토큰은 이번에만 보입니다. 노드의 기계에 파일로 두십시오.",
                "The token is shown this once: put it into a file on the node's machine.",
            ))?;
        }
    }
    Ok(())
}

/// A new file that its owner alone reads.
fn secret(path: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let problem = format!("{} is there already: name a new file", path.display());
            Err(Wrong(problem).into())
        }
        file => file.with_context(|| format!("could not make {}", path.display())),
    }
}
