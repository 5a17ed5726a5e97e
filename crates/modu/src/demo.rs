//! `modu demo`: the whole path, on real public data, in a fresh folder.
//!
//! An agency's need and criteria are registered in a new log; four solutions
//! predict on the census table, each in a confined child process; the gate
//! decides; a second organisation witnesses the log; every entry is verified
//! as a stranger would, and every run is computed again.
//!
//! The data is public and the report does not name its place in this log, so
//! the result digest is the same wherever the demonstration runs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::archive::{Archive, Cosignatures, Identity};
use modu_evidence::note::VerifierKey;
use modu_evidence::replay::replay;
use modu_evidence::statement::Predicate;
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Expectations, Verified, verify};
use modu_evidence::witness::WitnessPolicy;
use modu_kernel::{Artifact, Language};
use modu_proof::need::Need;
use serde_json::json;

use crate::command_line::{Demo, Sandbox};
use crate::engines::{Confined, replayed};
use crate::evidence::{StoredArtifacts, witness, write_bundle};
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::proof::demonstration::{Decided, Demonstration, Submission, demonstrate, write_reports};
use crate::proof::{register, summary};
use crate::run::RunInput;
use crate::terminal::{Answer, Terminal};

pub(crate) const AGENCY: &str = "https://modu.example/agency/demand-ministry";
pub(crate) const ORIGIN: &str = "log.modu.example/demand-ministry";
const WITNESS: &str = "witness.modu.example/audit-office";

pub(crate) const NEED: &[u8] = include_bytes!("../../../demo/need.toml");
const DATASET: &[u8] = include_bytes!("../../../demo/census-test.parquet");

/// A solution of the demonstration, as its supplier would send it.
struct Sent {
    id: &'static str,
    document: &'static [u8],
    model: &'static [u8],
}

macro_rules! sent {
    ($id:literal) => {
        Sent {
            id: $id,
            document: include_bytes!(concat!("../../../demo/solutions/", $id, "/solution.toml")),
            model: include_bytes!(concat!("../../../demo/solutions/", $id, "/", $id, ".onnx")),
        }
    };
}

const SOLUTIONS: [Sent; 4] = [
    sent!("linear"),
    sent!("forest"),
    sent!("network"),
    sent!("weighted"),
];

/// Performs the demonstration.
pub(crate) fn run(terminal: Terminal, command: &Demo) -> anyhow::Result<Answer> {
    let folder = fresh_folder(command.into.as_deref())?;
    let step = |ko: &str, en: &str| terminal.line(format!("• {}", terminal.say(ko, en)));

    step(
        "열쇠와 빈 로그를 만듭니다.",
        "Making keys and an empty log.",
    )?;
    let identity = Identity {
        organisation: "수요부처 (demonstration)".to_owned(),
        uri: AGENCY.to_owned(),
        issuer: "https://modu.example/oidc".to_owned(),
        origin: ORIGIN.to_owned(),
    };
    let home = Home::create(folder.join("home"), identity, None, Timestamp::now())?;

    step(
        "수요와 기준을 실행 전에 등록합니다.",
        "Registering need and criteria before any run.",
    )?;
    let demonstration = prepare(&home)?;

    step(
        "네 솔루션을 격리된 프로세스에서 돌리고 기준과 견줍니다.",
        "Running four solutions in confined processes and judging them.",
    )?;
    let predict = Confined::within(command.sandbox)?;
    let decided = demonstrate(&terminal, &home, &demonstration, &predict)?;

    step(
        "다른 기관이 로그를 확인하고 함께 서명합니다.",
        "Another organisation checks the log and cosigns it.",
    )?;
    let key = cosigned_by_another(&home, &folder.join("witness"))?;

    step(
        "모든 증거를 서버 없이 검증합니다.",
        "Verifying all evidence without a server.",
    )?;
    let verified = verify_all(&home, &folder.join("evidence"), &key)?;

    step(
        "모든 실행을 다시 계산해 바이트를 견줍니다.",
        "Computing every run again and comparing bytes.",
    )?;
    let replayed = replay_all(terminal, &home, command.sandbox)?;

    let written = write_reports(&decided.score, &folder.join("report"))?;
    conclude(terminal, &folder, &decided, &written, verified, replayed)?;
    Ok(Answer::Yes)
}

/// The folder asked for, which must be fresh; else the first free one of
/// `modu-demo`, `modu-demo-2`, ...
fn fresh_folder(asked: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = asked {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
        if fs::read_dir(folder)?.next().is_some() {
            let text = format!("{} is not empty: name a fresh folder", folder.display());
            return Err(Wrong(text).into());
        }
        return Ok(folder.to_owned());
    }
    for number in 1..10_000 {
        let folder = match number {
            1 => PathBuf::from("modu-demo"),
            number => PathBuf::from(format!("modu-demo-{number}")),
        };
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("could not make {}", folder.display()));
            }
        }
    }
    Err(Wrong("too many modu-demo folders: remove some, or name one with --into".into()).into())
}

/// Registers the need and puts everything else into the store.
pub(crate) fn prepare(home: &Home) -> anyhow::Result<Demonstration> {
    let need = Need::parse(NEED).context("the demonstration's need")?;
    let criteria = register::register(home, &need, NEED)?;
    let solutions = SOLUTIONS
        .iter()
        .map(|sent| {
            Ok(Submission {
                id: sent.id.to_owned(),
                document: home.store.put_bytes(sent.document)?,
                model: home.store.put_bytes(sent.model)?,
            })
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Demonstration {
        need: Artifact::of(NEED),
        dataset: RunInput::public("dataset", home.store.put_bytes(DATASET)?),
        blind: None,
        solutions,
        criteria,
        name_registration: false,
    })
}

/// A second identity with its own key and memory cosigns the log.
fn cosigned_by_another(home: &Home, folder: &Path) -> anyhow::Result<VerifierKey> {
    let key = witness::create(folder, WITNESS)?;
    let evidence = home.folder().join("evidence");
    let root = TrustedRoot::parse(&read_limited(&evidence.join("trusted_root.json"), 1 << 20)?)?;
    let note = witness::cosign_log(folder, &evidence.join("log"), &root, Timestamp::now())?;
    home.recorder()?
        .keep_cosignatures(&note, std::slice::from_ref(&key))?;
    Ok(key)
}

/// Verifies each entry as a reader would: from its exported bundle, the
/// trusted root, a subject's digest, and one trusted witness.
fn verify_all(home: &Home, into: &Path, key: &VerifierKey) -> anyhow::Result<u64> {
    let archive = home.archive()?;
    let root = TrustedRoot::parse(&read_limited(
        &archive.folder().join("trusted_root.json"),
        1 << 20,
    )?)?;
    let expected = Expectations {
        identity: Some(AGENCY.to_owned()),
        issuer: None,
        witnesses: Some(WitnessPolicy::new(vec![key.clone()], 1)?),
        earlier: None,
    };
    for index in 0..archive.size() {
        verify_one(&archive, index, &root, &expected)
            .with_context(|| format!("entry {index} does not verify"))?;
        write_bundle(&archive, index, Cosignatures::Without, into)?;
    }
    Ok(archive.size())
}

fn verify_one(
    archive: &Archive,
    index: u64,
    root: &TrustedRoot,
    expected: &Expectations,
) -> anyhow::Result<Verified> {
    let bundle = archive.export_as(index, Cosignatures::With)?;
    let statement = archive.get(index)?.statement;
    let subject = statement
        .subject
        .first()
        .context("the statement has no subject")?;
    Ok(verify(&bundle, root, &subject.digest, expected)?)
}

fn replay_all(terminal: Terminal, home: &Home, sandbox: Sandbox) -> anyhow::Result<u64> {
    let archive = home.archive()?;
    let engines = replayed(sandbox);
    let mut same = 0;
    for entry in archive.entries(0..archive.size()) {
        let entry = entry?;
        let Predicate::EngineReport(report) = entry.statement.predicate else {
            continue;
        };
        let bar = terminal.progress(&format!("{} #{}", report.engine.name, entry.index));
        let replayed = replay(&report, &[], &StoredArtifacts(home), &engines, &bar)?;
        anyhow::ensure!(
            replayed.same,
            "the run in entry {} came out otherwise: {} instead of {}",
            entry.index,
            replayed.recomputed.digest,
            replayed.recorded.digest
        );
        same += 1;
    }
    Ok(same)
}

fn conclude(
    terminal: Terminal,
    folder: &Path,
    decided: &Decided,
    written: &[PathBuf],
    verified: u64,
    replayed: u64,
) -> anyhow::Result<()> {
    let mut document = summary::document(decided, written);
    if let Some(members) = document.as_object_mut() {
        members.insert("verified".into(), json!(verified));
        members.insert("replayed".into(), json!(replayed));
    }
    terminal.document(&document)?;
    terminal.line(format!("\n{}\n", summary::table(terminal, &decided.report)))?;
    let yes = terminal.sign(Answer::Yes);
    let report = folder.join(format!("report/owner.{}.html", terminal.language));
    let home = folder.join("home");
    let program = std::env::current_exe().unwrap_or_else(|_| "modu".into());
    let program = program.display();
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{yes} 증거 {verified}건 검증 (증인 1곳), 실행 {replayed}건 재현\n  보고서  {}\n  증거    {program} --home {} evidence log",
            report.display(),
            home.display()
        ),
        Language::En => format!(
            "{yes} {verified} pieces of evidence verified (1 witness), {replayed} runs replayed\n  report    {}\n  evidence  {program} --home {} evidence log",
            report.display(),
            home.display()
        ),
    })?;
    terminal
        .line(format!("result digest: {}", decided.score.result.digest))
        .map_err(Into::into)
}
