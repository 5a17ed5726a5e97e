//! A part of a report as words, whatever its type: numbers are rounded, counts
//! and estimates are told with what belongs to them, long lists are cut short.

use modu_kernel::Language;
use serde_json::Value;

use crate::page::draw::number;

/// Entries of a list that are told.
const ENTRIES: usize = 12;
/// How deep parts within parts are told.
const DEPTH: usize = 4;

/// The words; none for what holds nothing.
pub(super) fn told(value: &Value, language: Language) -> Option<String> {
    at_depth(value, language, 0).filter(|text| !text.is_empty())
}

fn at_depth(value: &Value, language: Language, depth: usize) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(match (yes, language) {
            (true, Language::Ko) => "예".to_owned(),
            (true, Language::En) => "yes".to_owned(),
            (false, Language::Ko) => "아니오".to_owned(),
            (false, Language::En) => "no".to_owned(),
        }),
        Value::Number(it) => it.as_f64().map(|it| number(it, 4)),
        Value::String(text) if text == "few" => {
            Some(language.pick("5명 미만", "fewer than 5").to_owned())
        }
        Value::String(text) => Some(text.clone()),
        _ if depth == DEPTH => Some("…".to_owned()),
        Value::Array(entries) => Some(list(entries, language, depth)),
        Value::Object(members) => special(value, language, depth).or_else(|| {
            let told = |(name, value): (&String, &Value)| {
                Some(format!(
                    "{} {}",
                    name.replace('_', " "),
                    at_depth(value, language, depth + 1)?
                ))
            };
            let told: Vec<_> = members.iter().filter_map(told).collect();
            Some(told.join(", "))
        }),
    }
}

fn list(entries: &[Value], language: Language, depth: usize) -> String {
    let told = entries
        .iter()
        .filter_map(|it| at_depth(it, language, depth + 1));
    let mut told: Vec<_> = told.collect();
    let more = told.len().saturating_sub(ENTRIES);
    told.truncate(ENTRIES);
    if more > 0 {
        told.push(format!("+{more}"));
    }
    told.join("; ")
}

/// Objects that stand for one thing: a text in two languages, a count, a number
/// with its interval.
fn special(value: &Value, language: Language, depth: usize) -> Option<String> {
    let members = value.as_object()?;
    let only = |names: &[&str]| members.keys().all(|key| names.contains(&key.as_str()));
    let of = |name| {
        members
            .get(name)
            .and_then(|it| at_depth(it, language, depth + 1))
    };
    if only(&["ko", "en"]) {
        return of(language.tag());
    }
    if only(&["of"]) {
        return of("of");
    }
    if only(&["value"]) {
        return of("value");
    }
    if only(&["undefined"]) {
        return Some("–".to_owned());
    }
    if !only(&["value", "estimate", "interval"]) {
        return None;
    }
    let told = of("value").or_else(|| of("estimate"))?;
    let limit = |name: &str| {
        value
            .pointer(&format!("/interval/{name}"))
            .and_then(Value::as_f64)
    };
    Some(match (limit("lower"), limit("upper")) {
        (Some(lower), Some(upper)) => {
            format!("{told} ({}–{})", number(lower, 4), number(upper, 4))
        }
        _ => told,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn estimates_counts_and_labels_are_told_in_words() {
        for (value, words) in [
            (
                json!({ "value": { "value": 0.71234567 }, "interval": { "lower": 0.7, "upper": 0.72, "confidence": 0.95 } }),
                "0.7123 (0.7–0.72)",
            ),
            (json!({ "of": 120 }), "120"),
            (json!("few"), "5명 미만"),
            (json!({ "ko": "가", "en": "a" }), "가"),
            (json!([{ "a_b": 1 }, { "a_b": 2 }]), "a b 1; a b 2"),
            (json!({ "undefined": "empty" }), "–"),
        ] {
            assert_eq!(told(&value, Language::Ko).as_deref(), Some(words));
        }
        assert_eq!(told(&json!([]), Language::Ko), None);
        assert_eq!(told(&json!(null), Language::Ko), None);
        let deep = json!([[[[[[1]]]]]]);
        assert_eq!(told(&deep, Language::Ko).as_deref(), Some("…"));
    }
}
