//! The fuzzers are a workspace of their own with their own lock file, so a
//! dependency that a crate gains must be locked in two places. Cargo says so
//! only where the fuzzers are built, which is late.

use std::process::Command;

#[test]
fn the_lock_file_of_the_fuzzers_agrees_with_the_manifests() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(super::root().join("fuzz"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "run `cargo metadata --manifest-path fuzz/Cargo.toml` and commit fuzz/Cargo.lock: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
