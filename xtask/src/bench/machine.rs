//! What the figures were measured on.

use std::process::Command;

use crate::command;

/// Name and value of each thing that a reader needs to judge the figures.
pub(crate) fn description() -> Vec<(&'static str, String)> {
    vec![
        ("date", date()),
        ("commit", commit()),
        ("processor", processor()),
        ("memory", memory()),
        ("system", said("uname", &["-srm"])),
        ("rustc", said("rustc", &["--version"])),
    ]
}

/// The first line that a program answers with, such as its version.
pub(crate) fn said(program: &str, arguments: &[&str]) -> String {
    command::output(Command::new(program).args(arguments))
        .ok()
        .and_then(|text| text.lines().next().map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn date() -> String {
    let now = jiff::Timestamp::now().to_string();
    now.split('T').next().unwrap_or_default().to_owned()
}

fn commit() -> String {
    let root = crate::workspace::root().display().to_string();
    // Tables are written scene by scene, and are not what is measured.
    let changed = ["status", "--porcelain", "-uno", "--", ":/", ":!/bench"];
    let changed = said("git", &[&["-C", root.as_str()], &changed[..]].concat());
    let commit = said("git", &["-C", &root, "rev-parse", "--short=12", "HEAD"]);
    if changed == "unknown" {
        commit
    } else {
        format!("{commit}, with uncommitted changes")
    }
}

fn processor() -> String {
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    let model = field("/proc/cpuinfo", "model name");
    format!("{model}, {threads} threads usable")
}

fn memory() -> String {
    let total = field("/proc/meminfo", "MemTotal");
    let kib: u64 = total.trim_end_matches(" kB").parse().unwrap_or_default();
    format!("{:.1} GiB", kib as f64 / (1024.0 * 1024.0))
}

fn field(file: &str, name: &str) -> String {
    std::fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map_or_else(
            || "unknown".to_owned(),
            |(_, value)| value.trim().to_owned(),
        )
}
