//! The result as SARIF 2.1.0 (OASIS), for tools that gather findings.

use serde_json::{Value, json};

use super::answer::Answer;
use super::guide::Importance;
use super::report::{HostReport, ItemReport};

/// The report as one SARIF run: a rule for every item, a result for every
/// answer. `kind` carries the four answers: fail, review, pass,
/// notApplicable.
pub(super) fn of(report: &HostReport) -> String {
    let rules: Vec<Value> = report.items.iter().map(rule).collect();
    let results: Vec<Value> = report
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| result(index, item))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "modu vuln host",
                "version": "1",
                "rules": rules,
            }},
            "invocations": [{ "executionSuccessful": true, "endTimeUtc": report.taken }],
            "properties": {
                "host": report.host,
                "system": report.system,
                "snapshot": report.snapshot.to_string(),
            },
            "results": results,
        }],
    });
    format!("{document:#}")
}

fn rule(item: &ItemReport) -> Value {
    json!({
        "id": item.id,
        "name": item.title.en,
        "shortDescription": { "text": item.title.ko },
        "fullDescription": { "text": format!("{}\n{}", item.why.ko, item.why.en) },
        "help": { "text": format!("{}\n{}", item.remedy.ko, item.remedy.en) },
        "defaultConfiguration": { "level": level(item.importance) },
    })
}

fn level(importance: Importance) -> &'static str {
    match importance {
        Importance::High => "error",
        Importance::Medium => "warning",
        Importance::Low => "note",
    }
}

fn result(index: usize, item: &ItemReport) -> Value {
    let (kind, level) = match item.answer {
        Answer::Vulnerable => ("fail", level(item.importance)),
        Answer::NeedsAPerson => ("review", "none"),
        Answer::Good => ("pass", "none"),
        Answer::NotApplicable => ("notApplicable", "none"),
    };
    let reasons = item.wrong.iter().chain(&item.unsure).chain(&item.well);
    let text: Vec<String> = reasons.map(|it| format!("{} | {}", it.ko, it.en)).collect();
    let locations: Vec<Value> = item
        .evidence
        .iter()
        .filter(|it| it.source.starts_with('/'))
        .take(10)
        .map(|it| location(&it.source, &it.quote))
        .collect();
    json!({
        "ruleId": item.id,
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": { "text": text.join("\n") },
        "locations": locations,
    })
}

fn location(source: &str, quote: &str) -> Value {
    let line = source
        .rsplit_once(':')
        .and_then(|(path, line)| Some((path, line.parse::<u64>().ok()?)));
    let (path, region) = match line {
        Some((path, line)) => (
            path,
            json!({ "startLine": line, "snippet": { "text": quote } }),
        ),
        None => (source, Value::Null),
    };
    let mut physical = json!({ "artifactLocation": { "uri": uri(path) } });
    if !region.is_null() {
        physical["region"] = region;
    }
    json!({ "physicalLocation": physical })
}

/// A path as a `file:` URI (RFC 8089).
fn uri(path: &str) -> String {
    let mut text = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => text.push(byte as char),
            _ if byte.is_ascii_alphanumeric() => text.push(byte as char),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
