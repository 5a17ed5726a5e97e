//! A demonstration's answer in a short table.

use std::path::PathBuf;

use modu_kernel::Language;
use modu_proof::report::{DecisionAnswer, OwnerReport, Verdict};
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
    terminal::table(&rows)
}

fn answer(terminal: Terminal, answer: DecisionAnswer) -> &'static str {
    match answer {
        DecisionAnswer::Adopt => terminal.say("채택", "adopt"),
        DecisionAnswer::Refuse => terminal.say("거부", "refuse"),
        DecisionAnswer::NotSeparable => terminal.say("가릴 수 없음", "not separable"),
        DecisionAnswer::NotEnoughData => terminal.say("자료 부족", "not enough data"),
    }
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
        "entries": decided.entries.iter()
            .map(|entry| entry.log_index.to_string())
            .collect::<Vec<_>>(),
        "files": written.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "result_digest": decided.score.result.digest,
    })
}
