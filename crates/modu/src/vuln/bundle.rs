//! `modu vuln bundle`: folders of advisories as one numbered and dated file,
//! signed where the run is recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use modu_evidence::archive::Cosignatures;
use modu_evidence::statement::Statement;
use modu_kernel::{Artifact, InputsInMemory, Language};
use modu_vuln::BUNDLE;
use modu_vuln::advisory::{self, Explanations, Record};
use modu_vuln::bundle::{BundleReport, BundleRequest};

use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::run::{RunInput, perform};
use crate::terminal::{Answer, Terminal};

/// Bytes of one advisory, or of one file of many.
const ADVISORY_BYTES: u64 = 256 << 20;
/// Bytes of a file of explanations.
const EXPLANATION_BYTES: u64 = 64 << 20;

/// `modu vuln bundle`
#[derive(Debug, Args)]
pub(crate) struct VulnBundle {
    /// 권고 폴더, 여러 번; 이름=폴더로 출처의 이름을 붙일 수 있음 | A folder of advisories (OSV, CSAF, CVE, KEV, EPSS), also as NAME=DIR to name its source; repeat for more
    #[arg(long = "from", value_name = "[NAME=]DIR", required = true)]
    pub(crate) from: Vec<String>,
    /// 만들 파일 | The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// 몇 번째 묶음인가: 앞의 것보다 커야 함(기본: 만든 시각의 초) | Its number in the row, higher than the last one's (default: the seconds of its time)
    #[arg(long, value_name = "N")]
    pub(crate) sequence: Option<u64>,
    /// 출처를 읽은 시각(기본: 지금) | When the sources were read (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) made: Option<Timestamp>,
    /// 며칠 동안 믿고 쓸 수 있는가 | For how many days results may be relied on
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub(crate) valid_days: u32,
    /// 거두거나 없앤 권고의 까닭: {"출처": {"식별자": "까닭"}} | Why advisories are withdrawn or gone: {"source": {"identifier": "reason"}}
    #[arg(long, value_name = "FILE")]
    pub(crate) explain: Option<PathBuf>,
    /// 증거로 남기고 서명을 FILE.sigstore.json에 둡니다 | Record the run, and put its signature into FILE.sigstore.json
    #[arg(long)]
    pub(crate) record: bool,
}

/// Reads every advisory below the folders and writes them by identifier, each
/// once: so the same advisories give the same file.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnBundle,
) -> anyhow::Result<Answer> {
    // A person reads it, and whole seconds are enough to tell bundles apart.
    let made = command.made.unwrap_or_else(Timestamp::now);
    let made = Timestamp::from_second(made.as_second())?;
    let explained = match &command.explain {
        None => Explanations::new(),
        Some(path) => serde_json::from_slice(&read_limited(path, EXPLANATION_BYTES)?)
            .map_err(|error| wrong(path, error.to_string()))?,
    };
    let request = serde_json::to_value(BundleRequest {
        sequence: (command.sequence)
            .unwrap_or_else(|| u64::try_from(made.as_second()).unwrap_or_default()),
        made: made.to_string(),
        valid_days: command.valid_days,
        explained,
    })?;
    let sources = sources(&command.from)?;
    let bar = terminal.progress(BUNDLE.name);
    let (outcome, signature) = match command.record {
        false => {
            let inputs = sources
                .into_iter()
                .fold(InputsInMemory::new(), |inputs, it| {
                    inputs.with(format!("source/{}", it.0), it.1)
                });
            ((BUNDLE.run)(&request, &inputs, &bar)?, None)
        }
        true => {
            crate::remote::stay_here(shared)?;
            let home = Home::open(shared)?;
            let inputs = sources.into_iter().map(|(name, lines)| {
                let artifact = home.store.put_bytes(&lines)?;
                Ok(RunInput::public(format!("source/{name}"), artifact))
            });
            let inputs = inputs.collect::<anyhow::Result<Vec<_>>>()?;
            let done = perform(&home, &BUNDLE, request, &inputs, None, &bar)?;
            let statement = Statement::engine_report(done.report);
            let entry = home.recorder()?.record(&statement, Timestamp::now())?;
            let archive = home.archive()?;
            let signature = archive.export_as(entry.log_index, Cosignatures::Without)?;
            (done.outcome, Some(signature))
        }
    };
    bar.finish();
    let bundle = outcome.outputs.first().context("no bundle came out")?;
    if let Some(signature) = &signature {
        write_file(&signature_of(&command.out), signature)?;
    }
    write_file(&command.out, &bundle.bytes)?;
    let report = serde_json::from_value(outcome.report).context("the engine's report")?;
    tell(terminal, command, &report, Artifact::of(&bundle.bytes))
}

/// Where the signature of a bundle lies: beside it.
pub(super) fn signature_of(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".sigstore.json");
    name.into()
}

/// The lines of each source.
fn sources(from: &[String]) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut sources: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for text in from {
        let (name, folder) = match text.split_once('=') {
            Some((name, folder)) => (name.to_owned(), PathBuf::from(folder)),
            None => {
                let folder = PathBuf::from(text);
                let absolute = std::path::absolute(&folder)?;
                let name = absolute.file_name().unwrap_or_default();
                (name.to_string_lossy().into_owned(), folder)
            }
        };
        let lines = sources.entry(name).or_default();
        read_below(folder, lines)?;
    }
    Ok(sources)
}

fn read_below(folder: PathBuf, lines: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut waiting = vec![folder];
    while let Some(folder) = waiting.pop() {
        let could_not = || format!("could not read {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(could_not)? {
            let entry = entry.with_context(could_not)?;
            let kind = entry.file_type().with_context(could_not)?;
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if kind.is_file() {
                for record in read(&entry.path())? {
                    serde_json::to_writer(&mut *lines, &record)?;
                    lines.push(b'\n');
                }
            }
        }
    }
    Ok(())
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

fn wrong(path: &Path, problem: String) -> anyhow::Error {
    Wrong(format!("{}: {problem}", path.display())).into()
}

fn tell(
    terminal: Terminal,
    command: &VulnBundle,
    report: &BundleReport,
    artifact: Artifact,
) -> anyhow::Result<Answer> {
    let (header, out) = (&report.header, command.out.display());
    let signature = command.record.then(|| signature_of(&command.out));
    terminal.document(&serde_json::json!({
        "report": report, "written": command.out, "digest": artifact.digest, "signature": signature,
    }))?;
    let (records, sequence, days) = (header.records(), header.sequence, header.valid_days);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "권고 {records}개를 {out}에 묶었습니다: {sequence}번, {}에 만들어 {days}일 동안 씁니다.",
            header.made
        ),
        Language::En => format!(
            "{records} advisories are in {out}: number {sequence}, made {}, good for {days} days.",
            header.made
        ),
    })?;
    for source in &header.sources {
        terminal.line(format!(
            "  {}: {} ({} {})",
            source.name,
            source.records,
            terminal.say("거둔 것", "withdrawn"),
            source.withdrawn
        ))?;
    }
    if let Some(signature) = signature {
        terminal.line(format!("  → {}", signature.display()))?;
    }
    terminal.line(format!("  {}", artifact.digest))?;
    Ok(Answer::Yes)
}
