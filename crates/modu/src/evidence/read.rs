//! `modu evidence log` and `show`: entries, written for the reader.

use modu_evidence::archive::{Archive, Entry};
use modu_evidence::precedence::Precedence;
use modu_evidence::statement::{
    Change, EngineReport, InputContent, Predicate, TestOutcome, TestResult,
};
use modu_kernel::Language;
use serde_json::{Value, json};

use crate::home::Home;
use crate::terminal::{Answer, Terminal, table};

/// Lists all entries.
pub(super) fn log(terminal: Terminal, home: &Home) -> anyhow::Result<Answer> {
    let archive = home.archive()?;
    let mut rows = vec![match terminal.language {
        Language::Ko => row(["번호", "시각 (UTC)", "말한 것", "자료"]),
        Language::En => row(["index", "time (UTC)", "what it says", "about"]),
    }];
    let mut documents = Vec::new();
    let withdrawals = archive.withdrawals()?;
    for entry in archive.entries(0..archive.size()) {
        let entry = entry?;
        let about = subjects(&entry, 2);
        let mut says = summary(&entry.statement.predicate, terminal.language);
        let taken_back_by: Vec<_> = withdrawals
            .iter()
            .filter(|(_, withdrawal)| withdrawal.entry == entry.reference())
            .map(|(by, _)| by.to_string())
            .collect();
        if !taken_back_by.is_empty() {
            let by = taken_back_by.join(", ");
            says = match terminal.language {
                Language::Ko => format!("[{by}번이 거둠] {says}"),
                Language::En => format!("[taken back by {by}] {says}"),
            };
        }
        rows.push(vec![
            entry.index.to_string(),
            entry.integrated_time.to_string(),
            says,
            about,
        ]);
        documents.push(json!({
            "log_index": entry.index.to_string(),
            "leaf_hash": entry.leaf_hash.to_string(),
            "time": entry.integrated_time.to_string(),
            "predicate_type": entry.statement.predicate.type_uri(),
            "taken_back_by": taken_back_by,
            "statement": statement_document(&entry)?,
        }));
    }
    terminal.document(&json!({
        "origin": archive.identity().origin,
        "size": archive.size().to_string(),
        "root_hash": archive.checkpoint().root.to_string(),
        "entries": documents,
    }))?;
    terminal.line(table(&rows))?;
    Ok(Answer::Yes)
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn statement_document(entry: &Entry) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&entry.statement.to_bytes()?)?)
}

fn subjects(entry: &Entry, most: usize) -> String {
    let names: Vec<_> = (entry.statement.subject.iter().take(most))
        .map(|subject| subject.name.as_str())
        .collect();
    let more = entry.statement.subject.len().saturating_sub(most);
    match more {
        0 => names.join(", "),
        more => format!("{} +{more}", names.join(", ")),
    }
}

/// One entry in a line.
fn summary(predicate: &Predicate, language: Language) -> String {
    let pick = |ko: String, en: String| match language {
        Language::Ko => ko,
        Language::En => en,
    };
    match predicate {
        Predicate::Criteria(it) => pick(
            format!("기준 등록: {} ({})", it.id, it.engine),
            format!("criteria registered: {} ({})", it.id, it.engine),
        ),
        Predicate::EngineReport(it) => pick(
            format!("실행: {} {}", it.engine.name, it.engine.version),
            format!("run: {} {}", it.engine.name, it.engine.version),
        ),
        Predicate::RecordedRun(it) => pick(
            format!("실행 기록: {} ({})", it.name, it.by.organisation),
            format!("run on record: {} ({})", it.name, it.by.organisation),
        ),
        Predicate::Withdrawal(it) => pick(
            format!("{}번을 거둠: {}", it.entry.log_index, it.reason.ko),
            format!("withdraws entry {}: {}", it.entry.log_index, it.reason.en),
        ),
        Predicate::TestResult(it) => {
            let (ko, en) = match it.result {
                TestOutcome::Passed => ("통과", "passed"),
                TestOutcome::Warned => ("경고", "warned"),
                TestOutcome::Failed => ("불통과", "failed"),
            };
            let failed = it.failed_tests.len();
            pick(
                format!("기준 판정: {ko} (못 채운 기준 {failed})"),
                format!("criteria {en} ({failed} not met)"),
            )
        }
        Predicate::SimpleVerificationResult(it) => pick(
            format!("결정: {}", it.properties.join(", ")),
            format!("decision: {}", it.properties.join(", ")),
        ),
        _ => pick("알 수 없는 종류".into(), "unknown kind".into()),
    }
}

/// One entry whole.
pub(super) fn show(terminal: Terminal, home: &Home, index: u64) -> anyhow::Result<Answer> {
    let archive = home.archive()?;
    let entry = archive.get(index)?;
    let signer = archive.signer(&entry)?;
    let standing = standing(&archive, &entry, terminal.language)?;
    terminal.document(&json!({
        "log_index": entry.index.to_string(),
        "leaf_hash": entry.leaf_hash.to_string(),
        "time": entry.integrated_time.to_string(),
        "signer": signer.identity(),
        "issuer": signer.issuer(),
        "standing": standing,
        "statement": statement_document(&entry)?,
    }))?;
    let say = |ko, en| terminal.say(ko, en);
    terminal.line(format!(
        "{} {} / {}: {}",
        say("항목", "Entry"),
        entry.index,
        archive.size(),
        summary(&entry.statement.predicate, terminal.language)
    ))?;
    terminal.line(format!(
        "  {}  {}",
        say("서명자   ", "signer   "),
        signer.identity()
    ))?;
    terminal.line(format!(
        "  {}  {}",
        say("보증인   ", "issuer   "),
        signer.issuer()
    ))?;
    terminal.line(format!(
        "  {}  {}",
        say("시각     ", "time     "),
        entry.integrated_time
    ))?;
    terminal.line(format!(
        "  {}  {}",
        say("로그     ", "log      "),
        archive.identity().origin
    ))?;
    terminal.line(format!(
        "  {}  {}",
        say("잎 해시  ", "leaf hash"),
        entry.leaf_hash
    ))?;
    terminal.line(format!("  {}", say("말하는 자료", "about")))?;
    for subject in &entry.statement.subject {
        terminal.line(format!("    {}  {}", subject.digest, subject.name))?;
    }
    match &entry.statement.predicate {
        Predicate::EngineReport(report) => show_run(terminal, report)?,
        Predicate::Criteria(criteria) => {
            let title = criteria.title.get(terminal.language);
            terminal.line(format!("  {}\n    {title}", terminal.say("수요", "need")))?;
        }
        Predicate::TestResult(result) => show_tests(terminal, result)?,
        _ => {}
    }
    for line in standing {
        terminal.line(format!("  → {line}"))?;
    }
    Ok(Answer::Yes)
}

fn show_run(terminal: Terminal, report: &EngineReport) -> anyhow::Result<()> {
    terminal.line(format!("  {}", terminal.say("읽은 것", "read")))?;
    for input in &report.inputs {
        let content = match &input.content {
            InputContent::Artifact(artifact) => artifact.digest.to_string(),
            InputContent::Commitment(commitment) => format!(
                "{commitment} ({})",
                terminal.say(
                    "소금 친 약속: 데이터는 주인에게 있음",
                    "salted commitment: the data stays with its owner"
                )
            ),
        };
        terminal.line(format!("    {content}  {}", input.name))?;
    }
    Ok(())
}

fn show_tests(terminal: Terminal, result: &TestResult) -> anyhow::Result<()> {
    for (name, tests) in [
        (terminal.say("채운 기준", "met"), &result.passed_tests),
        (
            terminal.say("자료 부족", "not enough data"),
            &result.warned_tests,
        ),
        (
            terminal.say("못 채운 기준", "not met"),
            &result.failed_tests,
        ),
    ] {
        if !tests.is_empty() {
            terminal.line(format!("  {name}\n    {}", tests.join(", ")))?;
        }
    }
    Ok(())
}

/// Before and after which other entries it stands, and whether it counts. A
/// decision counts as long as the run that it rests on does.
fn standing(archive: &Archive, entry: &Entry, language: Language) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    match &entry.statement.predicate {
        Predicate::EngineReport(report) if report.criteria.is_some() => {
            lines.push(precedence(archive, entry.index, language)?);
        }
        Predicate::TestResult(_) | Predicate::SimpleVerificationResult(_) => {
            match run_of(archive, entry)? {
                None => lines.push(
                    language
                        .pick(
                            "무효: 이 결정이 선 실행이 로그에 없습니다.",
                            "Void: the log holds no run that this decision rests on.",
                        )
                        .to_owned(),
                ),
                Some(run) => {
                    lines.push(match language {
                        Language::Ko => format!("{run}번 실행에 따른 결정입니다."),
                        Language::En => format!("It rests on the run in entry {run}."),
                    });
                    lines.push(precedence(archive, run, language)?);
                }
            }
        }
        _ => {}
    }
    for (at, withdrawal) in archive.withdrawals()? {
        if withdrawal.entry == entry.reference() {
            let reason = withdrawal.reason.get(language);
            lines.push(match (language, withdrawal.change) {
                (Language::Ko, Change::Withdrawn) => format!("{at}번이 거두었습니다: {reason}"),
                (Language::En, Change::Withdrawn) => format!("Withdrawn by entry {at}: {reason}"),
                (Language::Ko, Change::SupersededBy(next)) => {
                    format!("{at}번에 따라 {}번이 대신합니다: {reason}", next.log_index)
                }
                (Language::En, Change::SupersededBy(next)) => format!(
                    "Superseded by entry {}, says entry {at}: {reason}",
                    next.log_index
                ),
            });
        }
    }
    Ok(lines)
}

/// Whether the criteria of a run stand before it.
fn precedence(archive: &Archive, run: u64, language: Language) -> anyhow::Result<String> {
    Ok(match archive.criteria_precede(run)? {
        Precedence::Holds { criteria } => match language {
            Language::Ko => format!(
                "기준은 {}번에 먼저 등록되었고 그대로입니다.",
                criteria.log_index
            ),
            Language::En => format!(
                "The criteria were registered before the run, as entry {}, and stand unchanged.",
                criteria.log_index
            ),
        },
        Precedence::Void(reason) => {
            let reason = reason.label();
            match language {
                Language::Ko => format!("무효: {}", reason.ko),
                Language::En => format!("Void: {}", reason.en),
            }
        }
    })
}

/// The entry of the run whose result a decision names, before the decision.
fn run_of(archive: &Archive, decision: &Entry) -> anyhow::Result<Option<u64>> {
    let named = match &decision.statement.predicate {
        Predicate::TestResult(result) => result.configuration.as_slice(),
        _ => decision.statement.subject.as_slice(),
    };
    let Some(result) = named.iter().find(|subject| subject.name == "result") else {
        return Ok(None);
    };
    let mut found = None;
    for entry in archive.entries(0..decision.index) {
        let entry = entry?;
        if let Predicate::EngineReport(report) = &entry.statement.predicate
            && report.result.digest == result.digest
        {
            found = Some(entry.index);
        }
    }
    Ok(found)
}
