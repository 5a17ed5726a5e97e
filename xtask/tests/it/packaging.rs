//! What one installs from is held against what the repository is built with.

use std::path::PathBuf;
use std::process::Command;

use super::root;

/// What `systemd-analyze security` may say of the service at most, in tenths of
/// its scale from 0 to 10, on which an unhardened service has 96.
const EXPOSURE: u32 = 25;

fn unit() -> PathBuf {
    root().join("packaging/systemd/modu.service")
}

#[test]
fn the_container_is_built_with_the_compiler_of_the_repository() {
    let toolchain = std::fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let (_, channel) = toolchain.split_once("channel = \"").unwrap();
    let channel = channel.split('"').next().unwrap();
    let container = root().join("packaging/container/Containerfile");
    let container = std::fs::read_to_string(container).unwrap();
    assert!(
        container.contains(&format!("library/rust:{channel}-")),
        "{channel}"
    );
    assert!(container.contains("cargo build --locked --release"));
    // It does not run as root, and nothing is fetched by it that is not locked.
    assert!(container.contains("USER modu") && !container.contains("curl"));
}

#[test]
fn the_service_is_understood_by_systemd_and_exposes_little() {
    let analyze = |arguments: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        command.args(arguments).arg(unit()).output()
    };
    let exposure = EXPOSURE.to_string();
    let threshold = format!("--threshold={exposure}");
    let Ok(said) = analyze(&["security", "--offline=true", &threshold]) else {
        eprintln!("skipped: no systemd-analyze (Debian package systemd)");
        return;
    };
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stdout)
    );
    let said = analyze(&["verify"]).unwrap();
    let problems = String::from_utf8_lossy(&said.stderr);
    let known = ["is not executable", "Failed to"];
    for line in problems
        .lines()
        .filter(|line| line.contains("modu.service"))
    {
        assert!(known.iter().any(|known| line.contains(known)), "{line}");
    }
}
