//! A demonstration's answer in a short table.

use std::path::PathBuf;

use modu_kernel::Language;
use modu_proof::predict::{Wall, Walls};
use modu_proof::report::{DecisionAnswer, OwnerReport, Source, Verdict};
use modu_proof::watch::report::{WatchAnswer, WatchReport};
use serde_json::{Value, json};

use super::demonstration::Decided;
use crate::terminal::{self, Terminal};

/// One row a solution: the answer, how many criteria are met, and the reason.
pub(crate) fn table(terminal: Terminal, report: &OwnerReport) -> String {
    let mut rows = vec![match terminal.language {
        Language::Ko => ["솔루션", "결정", "기준", "까닭"]
            .map(str::to_owned)
            .to_vec(),
        Language::En => ["solution", "decision", "criteria", "reason"]
            .map(str::to_owned)
            .to_vec(),
    }];
    for section in &report.solutions {
        let met = section
            .criteria
            .iter()
            .filter(|it| it.verdict == Verdict::Met)
            .count();
        rows.push(vec![
            section.id.clone(),
            answer(terminal, section.decision.answer).to_owned(),
            format!("{met}/{}", section.criteria.len()),
            section.decision.reason.get(terminal.language).to_owned(),
        ]);
    }
    format!("{}\n{}", terminal::table(&rows), guard(terminal, report))
}

/// A watch's answer: one row a criterion, and the columns that ring.
pub(crate) fn watched(terminal: Terminal, report: &WatchReport) -> String {
    let word = |answer: WatchAnswer| match answer {
        WatchAnswer::Keep => terminal.say("유지", "keep"),
        WatchAnswer::Decayed => terminal.say("나빠짐", "decayed"),
        WatchAnswer::CannotTell => terminal.say("알 수 없음", "cannot tell"),
        WatchAnswer::NotEnoughData => terminal.say("자료 부족", "not enough data"),
    };
    let mut rows = vec![match terminal.language {
        Language::Ko => ["기준", "판정", "까닭"].map(str::to_owned).to_vec(),
        Language::En => ["criterion", "answer", "reason"]
            .map(str::to_owned)
            .to_vec(),
    }];
    for criterion in &report.criteria {
        let deciding = criterion
            .parts
            .iter()
            .find(|part| part.answer == criterion.answer);
        rows.push(vec![
            criterion.id.clone(),
            word(criterion.answer).to_owned(),
            deciding.map_or_else(String::new, |part| {
                part.reason.get(terminal.language).to_owned()
            }),
        ]);
    }
    let drifted = report
        .drift
        .columns
        .iter()
        .filter(|column| column.drift.alarm);
    let drifted: Vec<&str> = drifted
        .map(|column| column.label.get(terminal.language))
        .collect();
    format!(
        "{}: {}\n{}\n\n  {} {}",
        word(report.answer),
        report.reason.get(terminal.language),
        terminal::table(&rows),
        terminal.say("분포가 달라진 열:", "drifted columns:"),
        match drifted.is_empty() {
            true => terminal.say("없음", "none").to_owned(),
            false => drifted.join(", "),
        }
    )
}

/// What is told of it to the suppliers, and what of the budget is spent.
fn guard(terminal: Terminal, report: &OwnerReport) -> String {
    let budget = &report.release.budget;
    let (spent, limit) = (budget.spent, budget.limit);
    let mut text = match terminal.language {
        Language::Ko => format!("\n  이 자료에 대한 제출: {limit}회 가운데 {spent}회"),
        Language::En => format!("\n  submissions on this data: {spent} of {limit}"),
    };
    let solutions = report.release.solutions.iter();
    for solution in solutions.filter(|it| it.decision == Source::EarlierSubmission) {
        text.push_str(&match terminal.language {
            Language::Ko => format!(
                "\n  {}: 이 공급자에게 앞서 알린 것보다 뚜렷이 낫지 않아 결정을 알리지도 기록하지도 않습니다.",
                solution.id
            ),
            Language::En => format!(
                "\n  {}: not clearly better than what its supplier was told before; its decision is neither told nor logged",
                solution.id
            ),
        });
    }
    text
}

fn answer(terminal: Terminal, answer: DecisionAnswer) -> &'static str {
    match answer {
        DecisionAnswer::Adopt => terminal.say("채택", "adopt"),
        DecisionAnswer::Refuse => terminal.say("거부", "refuse"),
        DecisionAnswer::NotSeparable => terminal.say("가릴 수 없음", "not separable"),
        DecisionAnswer::NotEnoughData => terminal.say("자료 부족", "not enough data"),
    }
}

/// Which walls stood around the models, and which are missing here.
pub(crate) fn walls(terminal: Terminal, walls: &Walls) -> String {
    let names = |walls: &[Wall]| {
        let names: Vec<_> = walls.iter().map(|wall| wall.name()).collect();
        names.join(", ")
    };
    let mut text = format!(
        "{}  {}",
        terminal.say("벽", "walls"),
        names(&walls.standing)
    );
    if !walls.missing.is_empty() {
        let without = terminal.say("없음", "missing");
        text.push_str(&format!("; {without}: {}", names(&walls.missing)));
    }
    text
}

/// The same for programs.
pub(crate) fn document(decided: &Decided, written: &[PathBuf]) -> Value {
    let report = &decided.report;
    json!({
        "need": report.need.digest,
        "decisions": report.solutions.iter().map(|section| json!({
            "solution": section.id,
            "answer": section.decision.answer,
            "blocking": section.decision.blocking,
            "reason": section.decision.reason,
        })).collect::<Vec<_>>(),
        "release": report.release,
        "entries": decided.entries.iter()
            .map(|entry| entry.log_index.to_string())
            .collect::<Vec<_>>(),
        "files": written.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "walls": decided.walls,
        "result_digest": decided.score.result.digest,
    })
}
