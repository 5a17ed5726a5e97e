//! rsync as a child process.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use modu_route::repository::Source;
use modu_route_net::RsyncSettings;
use modu_route_world::Shape;

use crate::scene::{Scene, report, rsync_from, rsync_script};

const MODULE: &str = "rsync://host0.modu.example/repo/";

fn module() -> Source {
    Source::Rsync(MODULE.into())
}

#[test]
fn a_world_comes_by_rsync_and_an_unchanged_one_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let mut scene = Scene::new(&Shape::default());
    scene.world.write_rsync(&tree).unwrap();
    scene.rsync = Some(rsync_from(folder.path(), &tree));
    let updated = scene.update();
    scene.assert_all(&updated);
    assert!(report(&updated, &module()).outcome.is_ok());
    scene.change(0);
    scene.world.write_rsync(&tree).unwrap();
    let updated = scene.update();
    scene.assert_all(&updated);
}

#[test]
fn a_program_that_fails_keeps_what_is_held_and_its_words_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let mut scene = Scene::new(&Shape::default());
    scene.world.write_rsync(&tree).unwrap();
    scene.rsync = Some(rsync_from(folder.path(), &tree));
    scene.update();
    let script = "printf 'no \\033[31mentry\\n' >&2; exit 10";
    scene.rsync = Some(rsync_script(folder.path(), script));
    let updated = scene.update();
    scene.assert_all(&updated);
    let failure = report(&updated, &module()).outcome.clone().unwrap_err();
    assert_eq!(failure.code, "rsync.failed");
    assert!(
        failure.detail.contains("ended with 10: no [31mentry"),
        "{failure}"
    );
}

#[test]
fn a_program_that_is_not_there_is_told_and_rrdp_goes_on() {
    let mut scene = Scene::new(&Shape::default());
    scene.rsync = Some(RsyncSettings {
        program: "/nowhere/rsync".into(),
        local_hosts: false,
    });
    let updated = scene.update();
    let failures = &updated.report.anchors[0].failures;
    assert_eq!(failures[0].code, "rsync.missing");
    assert!(failures[0].detail.contains("install rsync"));
}

#[test]
fn a_program_that_never_ends_is_killed_with_all_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let mut scene = Scene::new(&Shape::default());
    scene.world.write_rsync(&tree).unwrap();
    scene.rsync = Some(rsync_from(folder.path(), &tree));
    scene.update();
    scene.budgets.source_time = Duration::from_secs(3);
    let pid = folder.path().join("pid");
    let script = format!(
        "sleep 1000 & echo $! > {}; while :; do printf 1; sleep 0.05; done",
        pid.display()
    );
    scene.rsync = Some(rsync_script(folder.path(), &script));
    let updated = scene.update();
    scene.assert_all(&updated);
    let failure = report(&updated, &module()).outcome.clone().unwrap_err();
    assert_eq!(failure.code, "fetch.timeout");
    let pid = std::fs::read_to_string(pid).unwrap();
    assert!(ends(Path::new(&format!("/proc/{}", pid.trim()))));
}

/// Whether a process is gone, or a corpse that its parent has not buried.
fn ends(process: &Path) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        let status = std::fs::read_to_string(process.join("stat"));
        if status.is_err() || status.is_ok_and(|it| it.contains(") Z ")) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn a_server_that_sends_without_end_is_stopped_at_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::new(&Shape::default());
    let tree = folder.path().join("tree");
    scene.world.write_rsync(&tree).unwrap();
    scene.rsync = Some(rsync_from(folder.path(), &tree));
    scene.update();
    let script = "while :; do echo 1000000; done";
    scene.rsync = Some(rsync_script(folder.path(), script));
    let updated = scene.update();
    scene.assert_all(&updated);
    let failure = report(&updated, &module()).outcome.clone().unwrap_err();
    assert_eq!(failure.code, "fetch.too-large");
}

#[test]
fn links_and_pipes_that_a_server_sends_are_never_followed() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let mut scene = Scene::new(&Shape::default());
    scene.world.write_rsync(&tree).unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let script = format!(
        "mkdir -p \"$to/x\"; ln -s {}/secret \"$to/x/secret.cer\"; ln -s / \"$to/x/root\"; mkfifo \"$to/x/pipe.roa\"; echo object > \"$to/x/object.gbr\"",
        folder.path().display()
    );
    let copy = rsync_from(folder.path(), &tree);
    scene.rsync = Some(copy);
    scene.update();
    scene.rsync = Some(rsync_script(folder.path(), &script));
    let updated = scene.update();
    assert!(report(&updated, &module()).outcome.is_ok());
    let notes = updated.report.notes.join("\n");
    assert_eq!(notes.matches("no plain file").count(), 3, "{notes}");
}

/// A real daemon on the loopback; ended when dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_world_comes_from_a_real_rsync_daemon() {
    let found = Command::new("rsync")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no rsync");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut shape = Shape::default();
    shape.hosts[0].rsync = format!("rsync://localhost:{port}/repo/");
    let mut scene = Scene::new(&shape);
    scene.world.write_rsync(&tree).unwrap();
    let module = tree.join(format!("localhost:{port}/repo"));
    let config = folder.path().join("rsyncd.conf");
    let text = format!(
        "use chroot = no\n[repo]\npath = {}\nread only = yes\n",
        module.display()
    );
    std::fs::write(&config, text).unwrap();
    let _daemon = Daemon(
        Command::new("rsync")
            .args([
                "--daemon",
                "--no-detach",
                "--address=127.0.0.1",
                &format!("--port={port}"),
            ])
            .arg(format!("--config={}", config.display()))
            .stdin(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let started = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "the daemon did not start"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    scene.rsync = Some(RsyncSettings {
        local_hosts: true,
        ..RsyncSettings::default()
    });
    let updated = scene.update();
    scene.assert_all(&updated);
    scene.change(0);
    // rsync takes a file of the same length and second for the same.
    std::thread::sleep(Duration::from_millis(1_100));
    scene.world.write_rsync(&tree).unwrap();
    let updated = scene.update();
    scene.assert_all(&updated);
}
