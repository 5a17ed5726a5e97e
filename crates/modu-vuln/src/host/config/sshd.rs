//! The configuration that sshd works with.
//!
//! `sshd -T` says it; where that could not be run, the files are resolved as
//! sshd_config(5) says: the first value of a keyword counts, `Include` is
//! followed where it stands, a `Match` block holds until the next one or the
//! end of its file, and `keyword = value` is `keyword value`.

use super::super::snapshot::{Listing, Seen, Snapshot};
use super::lines::{self, Line};

pub(crate) const CONFIG: &str = "/etc/ssh/sshd_config";
pub(crate) const PRINT: &str = "sshd -T";
/// What a root login from an address of nobody's (RFC 5737) would meet.
pub(crate) const PRINT_ROOT: &str = "sshd -T -C user=root,host=host.invalid,addr=192.0.2.1";
/// How deep files may include each other; OpenSSH's own bound.
const DEPTH: usize = 16;

/// A keyword with its value, where it stands, and in which `Match` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stated<'a> {
    pub(crate) path: String,
    pub(crate) line: Line<'a>,
    /// In small letters.
    pub(crate) keyword: String,
    pub(crate) value: String,
    /// The criteria of the block.
    pub(crate) matching: Option<String>,
}

/// Everything that the files say, in the order in which sshd reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files<'a> {
    pub(crate) stated: Vec<Stated<'a>>,
    /// Files that an `Include` names and that could not be read.
    pub(crate) unread: Vec<String>,
}

/// Resolves the files.
pub(crate) fn files(host: &Snapshot) -> Files<'_> {
    let mut files = Files::default();
    add(host, CONFIG, None, 0, &mut files);
    files
}

fn add<'a>(
    host: &'a Snapshot,
    path: &str,
    outer: Option<&str>,
    depth: usize,
    files: &mut Files<'a>,
) {
    if host.files.get(path) == Some(&Seen::Absent) {
        return;
    }
    let (Some(text), true) = (host.text(path), depth < DEPTH) else {
        files.unread.push(path.to_owned());
        return;
    };
    let mut block = outer.map(str::to_owned);
    for line in lines::of(text) {
        let (keyword, value) = line.pair();
        let keyword = keyword.to_lowercase();
        match keyword.as_str() {
            "match" => {
                let own = value.to_owned();
                block = match (outer, own.eq_ignore_ascii_case("all")) {
                    (Some(outer), false) => Some(format!("{outer} & {own}")),
                    (Some(outer), true) => Some(outer.to_owned()),
                    (None, false) => Some(own),
                    (None, true) => None,
                };
            }
            "include" => {
                for pattern in value.split_whitespace() {
                    for included in included(host, pattern, files) {
                        add(host, &included, block.as_deref(), depth + 1, files);
                    }
                }
            }
            _ => files.stated.push(Stated {
                path: path.to_owned(),
                line,
                value: value.trim_matches('"').to_owned(),
                keyword,
                matching: block.clone(),
            }),
        }
    }
}

/// An `Include`'s pattern as an absolute path.
pub(crate) fn absolute(pattern: &str) -> String {
    let pattern = pattern.trim_matches('"');
    match pattern.starts_with('/') {
        true => pattern.to_owned(),
        false => format!("/etc/ssh/{pattern}"),
    }
}

fn included(host: &Snapshot, pattern: &str, files: &mut Files<'_>) -> Vec<String> {
    let pattern = absolute(pattern);
    if !pattern.contains(['*', '?', '[']) {
        return vec![pattern];
    }
    let Some((folder, wanted)) = pattern.rsplit_once('/') else {
        return Vec::new();
    };
    match host.folders.get(folder) {
        Some(Listing::Names {
            names,
            complete: true,
        }) => {
            let names = names.iter().filter(|name| glob(wanted, name));
            names.map(|name| format!("{folder}/{name}")).collect()
        }
        Some(Listing::Absent) => Vec::new(),
        _ => {
            files.unread.push(pattern);
            Vec::new()
        }
    }
}

/// `*` and `?` of a shell's pattern; brackets stand for any one letter, so
/// that rather too much is read than too little.
pub(crate) fn glob(pattern: &str, name: &str) -> bool {
    fn rest(pattern: &[char], name: &[char]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some('*'), _) => {
                rest(&pattern[1..], name) || (!name.is_empty() && rest(pattern, &name[1..]))
            }
            (Some('['), Some(_)) => match pattern.iter().position(|c| *c == ']') {
                Some(end) => rest(&pattern[end + 1..], &name[1..]),
                None => false,
            },
            (Some('?'), Some(_)) => rest(&pattern[1..], &name[1..]),
            (Some(p), Some(n)) if p == n => rest(&pattern[1..], &name[1..]),
            _ => false,
        }
    }
    if pattern.len() > 256 || pattern.matches('*').count() > 8 {
        return true;
    }
    let hidden = name.starts_with('.') && !pattern.starts_with('.');
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    !hidden && rest(&pattern, &name)
}

impl<'a> Files<'a> {
    /// The value outside of `Match` blocks: the first counts.
    pub(crate) fn first(&self, keyword: &str) -> Option<&Stated<'a>> {
        let mut all = self.stated.iter();
        all.find(|it| it.keyword == keyword && it.matching.is_none())
    }

    /// Values within `Match` blocks that a login as root could meet.
    pub(crate) fn for_root(&self, keyword: &str) -> Vec<&Stated<'a>> {
        let all = self.stated.iter().filter(|it| it.keyword == keyword);
        all.filter(|it| it.matching.as_deref().is_some_and(could_be_root))
            .collect()
    }
}

/// Whether criteria could hold for root. Only a `User` list that leaves root
/// out rules it out; everything else could hold.
pub(crate) fn could_be_root(criteria: &str) -> bool {
    criteria.split(" & ").all(|part| {
        let words: Vec<&str> = part
            .split([' ', '\t', '='])
            .filter(|it| !it.is_empty())
            .collect();
        let pairs = words.windows(2);
        pairs
            .filter(|pair| pair[0].eq_ignore_ascii_case("user"))
            .all(|pair| names_root(pair[1]))
    })
}

/// Whether a list of patterns (ssh_config(5), PATTERNS) holds root.
pub(crate) fn names_root(list: &str) -> bool {
    let mut named = false;
    for pattern in list.split(',') {
        let (negated, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let name = pattern.split('@').next().unwrap_or_default();
        if glob(name, "root") {
            if negated {
                return false;
            }
            named = true;
        }
    }
    named
}

/// A value that `sshd -T` printed, with its line.
pub(crate) fn printed<'a>(output: &'a str, keyword: &str) -> Vec<(&'a str, &'a str)> {
    let lines = output.lines().filter_map(|line| {
        let (key, value) = line.split_once(' ')?;
        Some((line, key, value.trim()))
    });
    lines
        .filter(|(_, key, _)| key.eq_ignore_ascii_case(keyword))
        .map(|(line, _, value)| (line, value))
        .collect()
}

/// Options of the daemon's command line that overrule its files: from the
/// unit's last `ExecStart` with its drop-ins, and the files of options.
pub(crate) fn overruling(host: &Snapshot) -> Vec<Stated<'_>> {
    let mut found = Vec::new();
    for unit in UNITS {
        found.extend(exec_start(host, unit));
    }
    for path in ["/etc/default/ssh", "/etc/sysconfig/sshd"] {
        for line in host.text(path).into_iter().flat_map(lines::of) {
            let (key, _) = line.pair();
            if ["SSHD_OPTS", "OPTIONS"].contains(&key) {
                found.push((path.to_owned(), line));
            }
        }
    }
    found
        .into_iter()
        .flat_map(|(path, line)| options(&path, line))
        .collect()
}

/// Where units are, the nearest first.
const FOLDERS: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Names that sshd's units have.
const UNITS: [&str; 4] = ["ssh", "sshd", "ssh@", "sshd@"];

/// Every file that can hold options of the daemon's command line: units, the
/// folders of their drop-ins, files of options.
pub(crate) fn places() -> (Vec<String>, Vec<String>) {
    let units = FOLDERS
        .iter()
        .flat_map(|folder| UNITS.map(|unit| format!("{folder}/{unit}.service")));
    let units: Vec<String> = units.collect();
    let folders = units.iter().map(|it| format!("{it}.d")).collect();
    let options = ["/etc/default/ssh", "/etc/sysconfig/sshd"];
    let files = units.into_iter().chain(options.map(str::to_owned));
    (files.collect(), folders)
}

fn exec_start<'a>(host: &'a Snapshot, unit: &str) -> Vec<(String, Line<'a>)> {
    let main = FOLDERS
        .map(|folder| format!("{folder}/{unit}.service"))
        .into_iter()
        .find(|path| host.entry(path).is_some());
    // A drop-in of a nearer folder hides that of the same name farther off.
    let mut drop_ins = std::collections::BTreeMap::new();
    for folder in FOLDERS {
        let folder = format!("{folder}/{unit}.service.d");
        for path in lines::files_of(host, &folder, ".conf") {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            drop_ins.entry(name).or_insert(path);
        }
    }
    let mut starts = Vec::new();
    for path in main.into_iter().chain(drop_ins.into_values()) {
        for line in host.text(&path).into_iter().flat_map(lines::of) {
            let (key, value) = line.pair();
            if key != "ExecStart" {
                continue;
            }
            match value.is_empty() {
                true => starts.clear(),
                false => starts.push((path.clone(), line)),
            }
        }
    }
    starts
}

fn options<'a>(path: &str, line: Line<'a>) -> Vec<Stated<'a>> {
    let mut found = Vec::new();
    let mut words = line
        .text
        .split([' ', '\t', '"', '\''])
        .filter(|it| !it.is_empty());
    let mut add = |keyword: &str, value: &str| {
        found.push(Stated {
            path: path.to_owned(),
            line,
            keyword: keyword.to_lowercase(),
            value: value.to_owned(),
            matching: None,
        });
    };
    while let Some(word) = words.next() {
        let word = word
            .trim_start_matches("SSHD_OPTS=")
            .trim_start_matches("OPTIONS=");
        match word {
            "-f" => add("-f", words.next().unwrap_or_default()),
            "-o" => {
                let option = words.next().unwrap_or_default();
                let (key, value) = option.split_once('=').unwrap_or((option, ""));
                let value = match value.is_empty() {
                    true => words.next().unwrap_or_default(),
                    false => value,
                };
                add(key, value);
            }
            _ => {
                if let Some((key, value)) =
                    word.strip_prefix("-o").and_then(|it| it.split_once('='))
                {
                    add(key, value);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_a_shells_do() {
        assert!(glob("*.conf", "10-root.conf"));
        assert!(!glob("*.conf", ".hidden.conf"));
        assert!(glob("r??t", "root"));
        assert!(!glob("*.conf", "a.config"));
    }

    #[test]
    fn only_a_list_of_users_without_root_rules_root_out() {
        assert!(!could_be_root("User deploy"));
        assert!(!could_be_root("User *,!root"));
        assert!(!could_be_root("Address 10.0.0.0/8 User deploy,backup"));
        assert!(could_be_root("Address 10.0.0.0/8"));
        assert!(could_be_root("User r*"));
        assert!(could_be_root("Group wheel"));
    }
}
