//! This test binary once more, as another process with a part to play.
//!
//! A test that needs another process starts itself by name; in the child the
//! part is set and the test plays it instead of watching.

use std::process::Command;

const PART: &str = "MODU_STORE_TEST_PART";

/// The part that this process should play, word by word, if it is a child.
pub(crate) fn part() -> Option<Vec<String>> {
    let part = std::env::var(PART).ok()?;
    Some(part.split('\n').map(str::to_owned).collect())
}

/// A command that runs `test` in a child with `part`.
pub(crate) fn command(test: &str, part: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments(test)).env(PART, part.join("\n"));
    command
}

/// As [`command`], where a shell runs `before` first; `$1` is `folder`, and
/// mounts that it makes end with the child.
pub(crate) fn after_shell(before: &str, folder: &str, test: &str, part: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    // A user who is not root becomes one inside a namespace, where allowed.
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    command
        .arg(format!("folder=$1; shift; {{ {before}; }} && exec \"$@\""))
        .args(["sh", folder, program])
        .args(arguments(test))
        .env(PART, part.join("\n"));
    command
}

fn arguments(test: &str) -> [String; 4] {
    let words = ["--exact", test, "--nocapture", "--test-threads=1"];
    words.map(str::to_owned)
}

/// Whether this machine lets a test mount a file system of its own.
pub(crate) fn may_mount() -> bool {
    Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs -o size=1m none /mnt")
        .output()
        .is_ok_and(|output| output.status.success())
}
