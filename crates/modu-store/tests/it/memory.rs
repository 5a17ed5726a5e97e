//! Memory does not grow with an artifact's length.

use std::io::{self, Read as _};
use std::path::Path;

use crate::child;
use crate::folder::open;
use crate::noise::Noise;

const TEST: &str = "memory::a_large_artifact_never_sits_in_memory";
const MIB: u64 = 1024 * 1024;

/// Peak resident memory of this process so far, in bytes (`VmHWM`, proc(5)).
pub(crate) fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

#[test]
fn a_large_artifact_never_sits_in_memory() {
    if let Some(part) = child::part() {
        let size: u64 = part[1].parse().unwrap();
        let store = open(Path::new(&part[0]));
        let before = peak();
        let artifact = store.put(Noise::new(1).take(size)).unwrap();
        assert_eq!(artifact.size, size);
        let got = io::copy(&mut store.get(artifact.digest).unwrap(), &mut io::sink());
        assert_eq!(got.unwrap(), size);
        store.open_verified(artifact.digest).unwrap();
        let grown = (peak() - before) / MIB;
        println!("{} MiB moved, memory grew by {grown} MiB", size / MIB);
        assert!(grown < 16, "{grown} MiB");
        return;
    }
    let slow = std::env::var_os("MODU_SLOW").is_some();
    let size = if slow { 2048 } else { 256 } * MIB;
    let folder = tempfile::tempdir().unwrap();
    let part = [folder.path().to_str().unwrap(), &size.to_string()];
    let output = child::command(TEST, &part).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.contains("memory grew"));
    println!("{}", line.unwrap());
}
