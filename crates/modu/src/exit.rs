//! From a command's end to its exit code and last words.

use std::io::{self, Write as _};
use std::process::ExitCode;

use modu_care_records::RecordsError;
use modu_client::ClientError;
use modu_evidence::EvidenceError;
use modu_kernel::EngineError;
use modu_node::NodeError;
use modu_route_net::NetError;
use modu_store::StoreError;
use serde_json::json;

use crate::proof::ledger::Overtaken;
use crate::terminal::{Answer, Terminal};

/// The request or its input was wrong: the caller can mend it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Wrong(pub(crate) String);

/// Exit codes: 0 done, 1 the answer is no, 2 the request or its input was
/// wrong, 3 it could not be done.
pub(crate) fn code(result: &anyhow::Result<Answer>) -> ExitCode {
    match result {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(error) if is_closed_pipe(error) => ExitCode::SUCCESS,
        Err(error) if is_wrong_input(error) => ExitCode::from(2),
        Err(_) => ExitCode::from(3),
    }
}

/// Prints an error with its causes, one a line, on standard error.
///
/// A program that asked for JSON gets the same as a document on standard
/// output.
pub(crate) fn explain(terminal: Terminal, error: &anyhow::Error) {
    if is_closed_pipe(error) {
        return;
    }
    let mut text = format!("modu: {error}\n");
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Errors often repeat their cause; say each thing once.
        if !said.contains(&cause) {
            text.push_str(&format!("  ← {cause}\n"));
            said = cause;
        }
    }
    let code = if is_wrong_input(error) { 2 } else { 3 };
    let _ = terminal.document(&json!({ "error": format!("{error:#}"), "code": code }));
    // Nothing is left to do where even standard error is gone.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Whoever read our output had enough, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

pub(crate) fn is_wrong_input(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Wrong>()
            || cause.is::<Overtaken>()
            || matches!(
                cause.downcast_ref::<EngineError>(),
                Some(EngineError::Request(_) | EngineError::Input { .. })
            )
            || matches!(
                cause.downcast_ref::<EvidenceError>(),
                Some(
                    EvidenceError::Malformed { .. }
                        | EvidenceError::Signature(_)
                        | EvidenceError::AlreadyExists { .. }
                        | EvidenceError::OutOfRange { .. }
                        | EvidenceError::Replay(_)
                )
            )
            || matches!(
                cause.downcast_ref::<StoreError>(),
                Some(StoreError::Location { .. } | StoreError::TooLarge { .. })
            )
            || matches!(
                cause.downcast_ref::<NetError>(),
                Some(NetError::Setting { .. })
            )
            || matches!(
                cause.downcast_ref::<NodeError>(),
                Some(NodeError::Setting { .. } | NodeError::Key { .. })
            )
            || (cause.downcast_ref::<RecordsError>()).is_some_and(RecordsError::is_wrong_input)
            || (cause.downcast_ref::<ClientError>()).is_some_and(ClientError::is_wrong_input)
            || cause
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
    })
}
