//! Our style sheet held against the tokens of the Korean government's design
//! system (KRDS): each value behind which a token's name stands must be that
//! token's. Only names and figures are compared; nothing of the package is kept.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::workspace;

/// The sheet, in the repository.
const SHEET: &str = "crates/modu-console/src/page/style.css";
/// The tokens, in the package.
const TOKENS: &str = "krds-uiux/tokens/transformed_tokens.json";
/// Groups that tokens' names begin with.
const GROUPS: [&str; 6] = [
    "primitive",
    "mode-light",
    "mode-high-contrast",
    "responsive-pc",
    "responsive-mobile",
    "semantic",
];
/// Pixels of a rem of theirs; ours has 17, and our lengths say so.
const THEIR_REM: f64 = 10.0;
/// References that are followed from one token to the next.
const MAX_REFERENCES: usize = 8;

/// Compares them; how many values were.
///
/// # Errors
/// Where a value differs, or a name is no token's.
pub(super) fn compare(modules: &Path) -> anyhow::Result<usize> {
    let tokens = std::fs::read(modules.join(TOKENS)).with_context(|| TOKENS.to_owned())?;
    let tokens: Value = serde_json::from_slice(&tokens)?;
    let sheet = std::fs::read_to_string(workspace::root().join(SHEET))?;
    let mut differences = Vec::new();
    let named = named(&sheet);
    for (value, name) in &named {
        let token = token(&tokens, name)?;
        if read(value)? != read(&token)? {
            differences.push(format!("{name} is {token}, and {value} in {SHEET}"));
        }
    }
    ensure!(differences.is_empty(), "{}", differences.join("\n"));
    ensure!(named.len() > 30, "{SHEET} names {} tokens", named.len());
    Ok(named.len())
}

/// The values behind which a token's name stands: `--line: #b1b8be; /* ... */`.
fn named(sheet: &str) -> Vec<(&str, &str)> {
    let lines = sheet.lines().filter_map(|line| {
        let (declaration, comment) = line.split_once("; /* ")?;
        let name = comment.trim_end().strip_suffix(" */")?;
        let group = name.split('.').next()?;
        let (_, value) = declaration.split_once(": ")?;
        (GROUPS.contains(&group) && name.contains('.')).then_some((value, name))
    });
    lines.collect()
}

/// A token's value, through its references.
fn token(tokens: &Value, name: &str) -> anyhow::Result<String> {
    let mut name = name.to_owned();
    for _ in 0..MAX_REFERENCES {
        let mut parts = name.split('.');
        let found = parts.try_fold(tokens, |value, part| value.get(part));
        let value = found.and_then(|token| token.get("value")?.as_str());
        let value = value.with_context(|| format!("KRDS has no token {name}"))?;
        let inner = value.strip_prefix('{');
        match inner.and_then(|inner| inner.strip_suffix('}')) {
            Some(next) => name = next.to_owned(),
            None => return Ok(value.to_owned()),
        }
    }
    bail!("KRDS's token {name} refers in a circle")
}

/// What a value of either says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Colour(String),
    /// Hundredths of a pixel.
    Length(i64),
}

fn read(value: &str) -> anyhow::Result<Said> {
    if value.starts_with('#') {
        return Ok(Said::Colour(value.to_ascii_lowercase()));
    }
    let of_ours = value
        .strip_prefix("calc(")
        .and_then(|rest| rest.strip_suffix(" / 17 * 1rem)"))
        .map(|pixels| (pixels, 1.0));
    let of_theirs = || value.strip_suffix("rem").map(|rems| (rems, THEIR_REM));
    let pixels = || value.strip_suffix("px").map(|pixels| (pixels, 1.0));
    let (number, scale) = of_ours
        .or_else(of_theirs)
        .or_else(pixels)
        .with_context(|| format!("`{value}` is neither colour nor length"))?;
    let number: f64 = number.parse()?;
    Ok(Said::Length((number * scale * 100.0).round() as i64))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_compared_with_the_token_behind_it_through_references() {
        let tokens = json!({
            "primitive": { "color": { "gray": { "5": { "value": "#F4F5F6" } } },
                           "number": { "10": { "value": "2.4rem" } } },
            "semantic": { "gap": { "value": "{primitive.number.10}" },
                          "one": { "value": "{semantic.two}" }, "two": { "value": "{semantic.one}" } },
        });
        let sheet = ":root {\n  --soft: #f4f5f6; /* primitive.color.gray.5 */\n\
            --gap: calc(24 / 17 * 1rem); /* semantic.gap */\n  margin: 0; /* a word */\n\
            --other: 24px; /* semantic.gap */\n}";
        let found = named(sheet);
        assert_eq!(found.len(), 3);
        for (value, name) in found {
            let token = token(&tokens, name).unwrap();
            assert_eq!(read(value).unwrap(), read(&token).unwrap(), "{name}");
        }
        assert!(token(&tokens, "semantic.three").is_err());
        assert!(token(&tokens, "semantic.one").is_err());
        assert_ne!(read("#f4f5f7").unwrap(), read("#f4f5f6").unwrap());
        assert_ne!(read("23px").unwrap(), read("2.4rem").unwrap());
        assert!(read("bold").is_err());
    }
}
