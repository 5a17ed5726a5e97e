//! Artifacts into and out of a folder, beside what the machine can do at all:
//! hashing a file (`sha256sum`) and copying it to the disk (`cp`, `sync`).

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::measure::{Contestant, in_turns};
use super::page::Table;
use super::{example, machine};
use crate::workspace;

/// Length of the artifact, in MiB.
const MEBIBYTES: u64 = 512;

pub(crate) fn run(rounds: u32) -> anyhow::Result<Vec<Table>> {
    let program = example("modu-store", "store_bench")?.display().to_string();
    let folder = workspace::cache()?.join("bench-store");
    remove(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let source = folder.join("source").display().to_string();
    write_source(Path::new(&source))?;
    let contestant = |name: &str, script: String| {
        let copies = [folder.join("store"), folder.join("copy")];
        let keep = script.contains(" get ");
        Contestant {
            name: name.to_owned(),
            command: Box::new(move || {
                if !keep {
                    copies.iter().try_for_each(|copy| remove(copy))?;
                }
                let mut command = Command::new("sh");
                command.args(["-c", &script]);
                Ok(command)
            }),
        }
    };
    let at = |name: &str| folder.join(name).display().to_string();
    let writing = [
        contestant(
            "modu-store put",
            format!("exec {program} put {} {source}", at("store")),
        ),
        contestant(
            "cp, then sync",
            format!("cp {source} {0} && exec sync {0}", at("copy")),
        ),
    ];
    let reading = [
        contestant(
            "modu-store get",
            format!("exec {program} get {} {source}", at("kept")),
        ),
        contestant("sha256sum", format!("exec sha256sum {source}")),
    ];
    let kept = Command::new(&program)
        .args(["put", &at("kept"), &source])
        .status()?;
    anyhow::ensure!(kept.success(), "{program} put failed: {kept}");
    let about = |what: &str| {
        let coreutils = machine::said("sha256sum", &["--version"]);
        format!("{what} One artifact of {MEBIBYTES} MiB on the local disk; {coreutils}.")
    };
    let work = Some((MEBIBYTES as f64, "MiB/s"));
    let tables = vec![
        Table::of_processes(
            "Writing",
            &about("`put` hashes, writes and syncs; `cp` and `sync` do not hash."),
            work,
            &writing,
            &in_turns(&writing, rounds)?,
        ),
        Table::of_processes(
            "Reading",
            &about("Both read a file that is in the page cache and hash it."),
            work,
            &reading,
            &in_turns(&reading, rounds)?,
        ),
    ];
    remove(&folder)?;
    Ok(tables)
}

/// Bytes that no file system can shorten (xorshift64*).
fn write_source(path: &Path) -> anyhow::Result<()> {
    let mut file = File::create(path).with_context(|| path.display().to_string())?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = vec![0; 1024 * 1024];
    for _ in 0..MEBIBYTES {
        for word in block.chunks_exact_mut(8) {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            word.copy_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
        }
        file.write_all(&block)?;
    }
    Ok(file.sync_all()?)
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    } {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
