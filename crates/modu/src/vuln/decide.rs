//! `modu vuln decide`: by when what was found must be fixed.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use modu_kernel::Language;
use modu_vuln::DECIDE;
use modu_vuln::decide::{DecideReport, policy};
use modu_vuln::ledger::{INPUT, PAGE_OUTPUT};

use super::ledger::LedgerFolder;
use crate::command_line::Shared;
use crate::engine_run::{Ran, RunResults, Source, run_engine_on};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal, table};

/// How many items are shown on a terminal.
const SHOWN: usize = 20;

/// `modu vuln decide`
#[derive(Debug, Args)]
pub(crate) struct VulnDecide {
    /// 찾은 것: `modu vuln scan --out`의 findings.csv | What was found: findings.csv of a scan
    #[arg(value_name = "FINDINGS")]
    findings: PathBuf,
    /// 기한 장부 폴더 | The ledger's folder
    #[arg(long, value_name = "DIR")]
    ledger: PathBuf,
    /// 악용 사실(KEV, EPSS, SSVC, CVSS)이 든 권고 묶음 | A bundle with facts (KEV, EPSS, SSVC, CVSS)
    #[arg(long, value_name = "FILE")]
    advisories: Option<PathBuf>,
    /// 자산의 노출과 중요도(CSV: asset, exposure, criticality) | Exposure and criticality of assets (CSV)
    #[arg(long, value_name = "FILE")]
    assets: Option<PathBuf>,
    /// 기한 규칙: 파일이나 cisa-bod-26-04, ssvc-deployer | The policy: a file, or cisa-bod-26-04 or ssvc-deployer
    #[arg(long, value_name = "FILE|NAME", default_value = "cisa-bod-26-04")]
    policy: String,
    /// 규칙이 `own`이라 하는 결정표 | The decision table that the policy calls `own`
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// 결과에 적힌 것 대신 쓸 자산 이름 | The asset, in place of what the findings say
    #[arg(long, value_name = "NAME")]
    asset: Option<String>,
    /// 앞 기록과 오래 떨어진 시각도 받아들입니다 | Accept a time long after the ledger's last page
    #[arg(long)]
    accept_gap: bool,
    #[command(flatten)]
    clock: Clock,
    #[command(flatten)]
    results: RunResults,
}

/// The moment that a run counts from.
#[derive(Debug, Args)]
pub(super) struct Clock {
    /// 지금 대신 쓸 시각(RFC 3339) | The moment to count from instead of now (RFC 3339)
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Clock {
    /// The moment, to the second.
    pub(super) fn moment(&self) -> anyhow::Result<Timestamp> {
        let now = self.at.unwrap_or_else(Timestamp::now);
        Ok(Timestamp::from_second(now.as_second())?)
    }
}

/// Runs it, adds to the ledger and shows the outcome. The answer is yes only
/// where nothing is overdue.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnDecide,
) -> anyhow::Result<Answer> {
    let policy = policy_of(&command.policy)?;
    let mut ledger = LedgerFolder::write(&command.ledger)?;
    let ran = {
        let mut inputs = vec![
            ("findings", Source::File(&command.findings)),
            (INPUT, Source::Bytes(&ledger.text)),
            ("policy", Source::Bytes(&policy)),
        ];
        let optional = [
            ("advisories", &command.advisories),
            ("assets", &command.assets),
            ("table", &command.table),
        ];
        for (name, path) in optional {
            inputs.extend(path.as_ref().map(|path| (name, Source::File(path))));
        }
        let request = serde_json::json!({
            "at": command.clock.moment()?,
            "asset": command.asset,
            "accept_gap": command.accept_gap,
        });
        run_engine_on(
            terminal,
            shared,
            &DECIDE,
            request,
            &inputs,
            &command.results,
        )?
    };
    add_page(&mut ledger, &ran)?;
    let report: DecideReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = if report.overdue == 0 {
        Answer::Yes
    } else {
        Answer::No
    };
    headline(terminal, answer, &report)?;
    listed(terminal, &report)?;
    ran.close(terminal)?;
    Ok(answer)
}

/// Adds the page of a run to the ledger, where there is one.
pub(super) fn add_page(ledger: &mut LedgerFolder, ran: &Ran) -> anyhow::Result<()> {
    if let Some(page) = ran.outcome.output(PAGE_OUTPUT) {
        ledger.add(&page.bytes)?;
    }
    Ok(())
}

/// A policy that is here, or a file.
fn policy_of(name: &str) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = policy::named(name) {
        return Ok(text.as_bytes().to_vec());
    }
    let path = std::path::Path::new(name);
    if !path.is_file() {
        let known: Vec<&str> = policy::names().collect();
        let known = known.join(", ");
        return Err(Wrong(format!("`{name}` is no file and none of {known}")).into());
    }
    crate::home::read_limited(path, modu_vuln::limits::DOCUMENT_BYTES)
}

fn headline(terminal: Terminal, answer: Answer, report: &DecideReport) -> anyhow::Result<()> {
    let sign = terminal.sign(answer);
    let counts = report.counts;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} {}: 항목 {}개 = 열림 {} + 예외 {} + 조치됨 {}. 기한이 지난 것 {}개.",
            report.day, counts.items, counts.open, counts.excepted, counts.fixed, report.overdue
        ),
        Language::En => format!(
            "{sign} {}: {} items = {} open + {} excepted + {} fixed. {} overdue.",
            report.day, counts.items, counts.open, counts.excepted, counts.fixed, report.overdue
        ),
    })?;
    let changed = [
        report.opened,
        report.reopened,
        report.shortened,
        report.exceptions_ended,
    ];
    let [opened, reopened, shortened, ended] = changed;
    terminal.line(match (terminal.language, report.changed) {
        (Language::Ko, true) => format!("  새 항목 {opened}, 다시 나타남 {reopened}, 기한 당겨짐 {shortened}, 끝난 예외 {ended}."),
        (Language::En, true) => format!("  {opened} opened, {reopened} came back, {shortened} deadlines became earlier, {ended} exceptions ended."),
        (Language::Ko, false) => "  장부는 그대로입니다.".to_owned(),
        (Language::En, false) => "  The ledger is as it was.".to_owned(),
    })?;
    let stated = report.excepted_by_statement;
    if stated > 0 {
        terminal.line(match terminal.language {
            Language::Ko => format!("  만든 이가 영향 없다고 밝혀(VEX) 예외가 된 것 {stated}개. 장부에 밝힌 이와 까닭이 있습니다."),
            Language::En => format!("  {stated} are excepted as their makers state (VEX) that they are not affected; the ledger names who and why."),
        })?;
    }
    Ok(())
}

fn listed(terminal: Terminal, report: &DecideReport) -> anyhow::Result<()> {
    if report.listed.is_empty() {
        return Ok(());
    }
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("기한", "due"),
        say("자산", "asset"),
        say("구성요소", "component"),
        say("취약점", "vulnerability"),
        say("결정", "outcome"),
    ]];
    for item in report.listed.iter().take(SHOWN) {
        rows.push(vec![
            due_words(terminal, item.due),
            item.asset.clone(),
            item.component.clone(),
            item.fault.clone(),
            item.outcome.clone(),
        ]);
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    let more = report.counts.open.saturating_sub(SHOWN as u64);
    if more > 0 {
        terminal.line(format!("  +{more} (modu vuln due)"))?;
    }
    Ok(())
}

/// A last day, or the next upgrade.
pub(super) fn due_words(terminal: Terminal, due: Option<jiff::civil::Date>) -> String {
    match due {
        Some(due) => due.to_string(),
        None => terminal.say("다음 교체 때", "next upgrade").to_owned(),
    }
}
