//! Canonical JSON against another implementation.

use modu_kernel::canonical;
use serde_json::Value;

/// 1,000 random values and what PyPI `rfc8785` 0.1.4 writes for them; made by
/// `tests/reference/make_canonical.py`.
const REFERENCE: &str = include_str!("../reference/canonical.jsonl");

#[test]
fn canonical_json_equals_that_of_the_python_package_rfc8785() {
    let mut compared = 0;
    for line in REFERENCE.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let value = restore(case["value"].clone());
        assert_eq!(
            canonical::to_string(&value).unwrap(),
            case["canonical"].as_str().unwrap()
        );
        compared += 1;
    }
    assert_eq!(compared, 1000);
}

/// Doubles are carried as their bits, `{"f64": "<16 hex digits>"}`.
fn restore(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            if let (1, Some(Value::String(bits))) = (members.len(), members.get("f64")) {
                let bits = u64::from_str_radix(bits, 16).unwrap();
                return Value::from(f64::from_bits(bits));
            }
            members.into_iter().map(|(k, v)| (k, restore(v))).collect()
        }
        Value::Array(items) => items.into_iter().map(restore).collect(),
        other => other,
    }
}
