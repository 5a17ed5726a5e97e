//! Reading what an engine reported, as the JSON that it is.
//!
//! Pages know a few members of a report by name. What is not there, because an
//! engine of another version wrote it, is left out of the page; a page never
//! fails on a report.

use serde_json::Value;

use super::local;
use crate::visit::Visit;

/// Texts of a list that are told one by one; of longer ones only how many.
const LISTED: usize = 4;

/// The items of a member that is a list.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    let items = value.get(name).and_then(Value::as_array);
    items.map_or(&[], Vec::as_slice)
}

/// A member that is a name in both languages, in the visitor's.
pub(super) fn words<'v>(visit: &Visit, value: &'v Value, name: &str) -> &'v str {
    let label = value.get(name);
    let text = label.and_then(|label| label.get(visit.language.tag())?.as_str());
    text.unwrap_or_default()
}

/// A member that is a text.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A member that is a number.
pub(super) fn number(value: &Value, name: &str) -> Option<f64> {
    value.get(name).and_then(Value::as_f64)
}

/// A member that counts something.
pub(super) fn count(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// A value as readers know it; nothing for what is no plain value.
pub(super) fn told(visit: &Visit, value: &Value) -> Option<String> {
    match value {
        Value::String(word) if word.is_empty() => None,
        Value::String(word) => Some(word_told(visit, word)),
        Value::Bool(true) => Some(visit.say("예", "yes").to_owned()),
        Value::Bool(false) => Some(visit.say("아니요", "no").to_owned()),
        Value::Number(number) => Some(match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => local::whole(whole),
            (None, Some(number)) => short(number),
            (None, None) => number.to_string(),
        }),
        // A count of people, where it may be told.
        Value::Object(fields) if fields.contains_key("of") => told(visit, fields.get("of")?),
        Value::Object(fields) => {
            let text = fields.get(visit.language.tag())?.as_str()?;
            Some(text.to_owned())
        }
        Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            match texts.filter(|texts| (1..=LISTED).contains(&texts.len())) {
                Some(texts) => Some(texts.join(", ")),
                None => Some(local::whole(items.len() as u64)),
            }
        }
        Value::Null => None,
    }
}

/// Counts of few people are words; so may be times and answers.
fn word_told(visit: &Visit, word: &str) -> String {
    match word {
        "few" => visit.say("5 미만", "fewer than 5").to_owned(),
        "withheld" => visit.say("알리지 않음", "not told").to_owned(),
        word => local::written(visit.language, word),
    }
}

/// A number with as many digits as its size asks for, at most four.
fn short(number: f64) -> String {
    let digits = match number.abs() {
        large if large >= 100.0 => 0,
        large if large >= 1.0 => 2,
        _ => 3,
    };
    local::decimal(number, digits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_told_as_readers_know_them() {
        let visit = Visit::nobody("/");
        for (value, told_as) in [
            (json!(1_234_567), Some("1,234,567")),
            (json!(0.123_456), Some("0.123")),
            (json!({ "of": 12 }), Some("12")),
            (json!(""), None),
            (json!("few"), Some("5 미만")),
            (json!({ "ko": "가", "en": "a" }), Some("가")),
            (json!("2026-11-22"), Some("2026년 11월 22일")),
            (json!([1, 2]), Some("2")),
            (json!(["a", "b"]), Some("a, b")),
            (json!(["a", "b", "c", "d", "e"]), Some("5")),
            (json!({ "other": 1 }), None),
            (json!(null), None),
        ] {
            assert_eq!(told(&visit, &value).as_deref(), told_as, "{value}");
        }
    }
}
