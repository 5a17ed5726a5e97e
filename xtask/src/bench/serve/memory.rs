//! How much memory a server's processes share out among them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What a process and all that it started hold, in MiB: each page is counted
/// once, divided among those that share it ("Pss", proc(5)).
pub(super) fn mib(process: u32) -> f64 {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(number) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // After the name, which may hold anything, come state and parent.
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            children.entry(parent).or_default().push(number);
        }
    }
    let (mut all, mut kib) = (vec![process], 0);
    while let Some(one) = all.pop() {
        all.extend(children.get(&one).into_iter().flatten());
        let rollup = std::fs::read_to_string(format!("/proc/{one}/smaps_rollup"));
        let rollup = rollup.unwrap_or_default();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let amount = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib += amount.unwrap_or(0);
    }
    kib as f64 / 1024.0
}

/// Does something, and tells the most that the server held meanwhile.
pub(super) fn most<T>(process: u32, act: impl FnOnce() -> T) -> (T, f64) {
    let (over, most) = (AtomicBool::new(false), AtomicU64::new(0));
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(mib(process).to_bits(), Ordering::Relaxed);
                thread::sleep(LOOK);
            }
        });
        let done = act();
        over.store(true, Ordering::Relaxed);
        done
    });
    // Bits of doubles that are not negative are ordered as they are.
    (done, f64::from_bits(most.into_inner()))
}
