//! Lines of settings: numbered, without comments, as `key value` or
//! `key = value`.

use super::super::snapshot::Snapshot;

/// A line that says something, with its number from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
}

/// Lines that are neither empty nor a comment.
pub(crate) fn of(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let text = line.trim();
        let says = !text.is_empty() && !text.starts_with(['#', ';']);
        says.then_some(Line {
            number: index + 1,
            text,
        })
    })
}

impl<'a> Line<'a> {
    /// `key = value`, `key=value` or `key value`; comments behind are cut.
    pub(crate) fn pair(self) -> (&'a str, &'a str) {
        let text = self.text.split(" #").next().unwrap_or_default();
        let end = text.find(|c: char| c == '=' || c.is_whitespace());
        let Some(end) = end else {
            return (text.trim(), "");
        };
        let (key, rest) = text.split_at(end);
        let rest = rest.trim_start();
        let rest = rest.strip_prefix('=').unwrap_or(rest);
        (key, rest.trim().trim_matches('"'))
    }

    /// The words.
    pub(crate) fn words(self) -> Vec<&'a str> {
        self.text.split_whitespace().collect()
    }
}

/// A setting with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting<'a> {
    pub(crate) path: String,
    pub(crate) line: Line<'a>,
    pub(crate) value: &'a str,
}

/// The last `key` of several files, in the order in which they are read;
/// letters' case counts for nothing.
pub(crate) fn last<'a>(host: &'a Snapshot, paths: &[String], key: &str) -> Option<Setting<'a>> {
    let mut found = None;
    for path in paths {
        for line in host.text(path).into_iter().flat_map(of) {
            let (name, value) = line.pair();
            if name.eq_ignore_ascii_case(key) {
                found = Some(Setting {
                    path: path.clone(),
                    line,
                    value,
                });
            }
        }
    }
    found
}

/// Files of a folder by ending, in the order of their names.
pub(crate) fn files_of(host: &Snapshot, folder: &str, ending: &str) -> Vec<String> {
    let names = host.names(folder).iter();
    names
        .filter(|name| name.ends_with(ending) && !name.starts_with('.'))
        .map(|name| format!("{folder}/{name}"))
        .collect()
}
