//! `modu vuln accept`: a signed bundle in the place of the one that is held.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use modu_evidence::EvidenceError;
use modu_evidence::statement::Predicate;
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Expectations, Verified, verify};
use modu_kernel::{Digest, Language};
use modu_vuln::advisory::{Accepted as Change, Bundle, Policy, Refusal, accept};
use modu_vuln::{BUNDLE, limits};
use serde_json::json;

use super::bundle::signature_of;
use super::state::{Accepted, State};
use crate::exit::Wrong;
use crate::home::read_limited;
use crate::terminal::{Answer, Terminal};

/// Bytes of a signature or a trusted root.
const DOCUMENT_BYTES: u64 = 8 << 20;

/// `modu vuln accept`
#[derive(Debug, Args)]
pub(crate) struct VulnAccept {
    /// 받을 묶음 | The bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// 서명(기본: BUNDLE.sigstore.json) | Its signature (default: BUNDLE.sigstore.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    /// 신뢰 뿌리 | The trusted root
    #[arg(long, value_name = "trusted_root.json")]
    pub(crate) trusted_root: PathBuf,
    /// 서명자 URI: 처음 받을 때 꼭 필요하고, 다음부터는 같은 서명자여야 함 | The signer: needed for the first bundle; later ones must be theirs
    #[arg(long, value_name = "URI")]
    pub(crate) identity: Option<String>,
    /// 받은 묶음을 두는 폴더 | The folder that holds what was taken
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
    /// 까닭 없이 사라져도 되는 권고의 비율(%) | Per cent of a source's advisories that may be gone without a stated reason
    #[arg(long, value_name = "PERCENT", default_value_t = Policy::default().loss_percent)]
    pub(crate) allow_loss: f64,
}

/// Takes the bundle, or says why not and changes nothing.
pub(super) fn run(terminal: Terminal, command: &VulnAccept) -> anyhow::Result<Answer> {
    let state = State::open(&command.state)?;
    let bytes = read_limited(&command.bundle, limits::BUNDLE_BYTES)?;
    let signature = (command.signature.clone()).unwrap_or_else(|| signature_of(&command.bundle));
    if !signature.exists() {
        let problem = format!("there is no signature at {}", signature.display());
        return refused(terminal, &problem);
    }
    let signature = read_limited(&signature, DOCUMENT_BYTES)?;
    let root = TrustedRoot::parse(&read_limited(&command.trusted_root, DOCUMENT_BYTES)?)?;
    let digest = Digest::of(&bytes);
    let verified = match verify(&signature, &root, &digest, &expected(command, &state)?) {
        Ok(verified) => verified,
        Err(error @ EvidenceError::Io { .. }) => return Err(error.into()),
        Err(refusal) => return refused(terminal, &refusal.to_string()),
    };
    if !is_of_a_bundle(&verified, &digest) {
        return refused(terminal, "its evidence is not of a run that made a bundle");
    }
    let bundle = match Bundle::new(bytes.clone()) {
        Ok(bundle) => bundle,
        Err(error) => return refused(terminal, &error.to_string()),
    };
    let policy = Policy {
        loss_percent: command.allow_loss,
    };
    let change = match accept(state.held()?.as_ref(), &bundle, &policy) {
        Ok(change) => change,
        Err(refusal) => return refused(terminal, &refusal.to_string()),
    };
    let header = bundle.header().ok_or(Refusal::NoHeader)?;
    let accepted = Accepted {
        sequence: header.sequence,
        digest,
        identity: verified.identity,
        issuer: verified.issuer,
        at: Timestamp::now().to_string(),
    };
    if !change.unchanged {
        state.take(&bytes, &signature, &accepted)?;
    }
    taken(terminal, &accepted, &change)
}

/// The signer that is expected: who is named, or who signed what is held.
fn expected(command: &VulnAccept, state: &State) -> anyhow::Result<Expectations> {
    let held = state.accepted.as_ref();
    let identity = (command.identity.clone()).or_else(|| held.map(|held| held.identity.clone()));
    let Some(identity) = identity else {
        let problem = "name the signer of the first bundle with --identity";
        return Err(Wrong(problem.into()).into());
    };
    let same = held.filter(|held| held.identity == identity);
    Ok(Expectations {
        issuer: same.map(|held| held.issuer.clone()),
        identity: Some(identity),
        ..Expectations::default()
    })
}

/// Whether the evidence is of the engine that makes bundles, and of these
/// bytes as what it made.
fn is_of_a_bundle(verified: &Verified, digest: &Digest) -> bool {
    match &verified.statement.predicate {
        Predicate::EngineReport(report) => {
            let mut outputs = report.outputs.iter();
            report.engine.name == BUNDLE.name
                && outputs.any(|output| output.artifact.digest == *digest)
        }
        _ => false,
    }
}

fn refused(terminal: Terminal, reason: &str) -> anyhow::Result<Answer> {
    terminal.document(&json!({ "accepted": false, "reason": reason }))?;
    terminal.line(format!(
        "{} {}: {reason}",
        terminal.sign(Answer::No),
        terminal.say("받아들이지 않음", "not taken")
    ))?;
    Ok(Answer::No)
}

fn taken(terminal: Terminal, accepted: &Accepted, change: &Change) -> anyhow::Result<Answer> {
    terminal.document(&json!({ "accepted": true, "held": accepted, "change": change }))?;
    let (sign, sequence) = (terminal.sign(Answer::Yes), accepted.sequence);
    terminal.line(match (terminal.language, change.unchanged) {
        (Language::Ko, true) => format!("{sign} {sequence}번 묶음을 이미 가지고 있습니다."),
        (Language::En, true) => format!("{sign} Bundle {sequence} is held already."),
        (Language::Ko, false) => format!(
            "{sign} {sequence}번 묶음을 받았습니다: 더해진 권고 {}개, 사라진 권고 {}개, 좁아진 권고 {}개.",
            change.added, change.lost, change.narrowed
        ),
        (Language::En, false) => format!(
            "{sign} Took bundle {sequence}: {} advisories more, {} gone, {} narrower.",
            change.added, change.lost, change.narrowed
        ),
    })?;
    terminal.line(format!("  {}", accepted.identity))?;
    Ok(Answer::Yes)
}
