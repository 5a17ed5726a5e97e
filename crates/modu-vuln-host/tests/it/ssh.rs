//! U-01: the configurations in which a search for the word is wrong.
//!
//! The outputs of `sshd -T` are those of OpenSSH 9.2p1 (Debian 12) on these
//! files; `the_recorded_outputs_are_those_of_sshd` runs it again where it is.

use modu_vuln::host::Answer;

use super::fixture::{Fixture, SSHD_T, SSHD_T_ROOT, hardened};

const CONFIG: &str = "/etc/ssh/sshd_config";

/// A name, the main file, a drop-in, what sshd makes of it, the answer.
pub(crate) const CASES: [(&str, &str, &str, &str, Answer); 6] = [
    (
        "a drop-in read first lets root in",
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n",
        "PermitRootLogin yes\n",
        "yes",
        Answer::Vulnerable,
    ),
    (
        "the first value counts, not the last",
        "PermitRootLogin yes\nPermitRootLogin no\n",
        "",
        "yes",
        Answer::Vulnerable,
    ),
    (
        "an equals sign is no value",
        "PermitRootLogin = no\n",
        "",
        "no",
        Answer::Good,
    ),
    (
        "a Match block lets root in from one network",
        "PermitRootLogin no\nMatch Address 10.0.0.0/8\n    PermitRootLogin yes\n",
        "",
        "no",
        Answer::Vulnerable,
    ),
    (
        "a Match block for another user says nothing of root",
        "PermitRootLogin no\nMatch User deploy\n    PermitRootLogin yes\n",
        "",
        "no",
        Answer::Good,
    ),
    (
        "nothing said lets root in with a key",
        "UsePAM yes\n",
        "",
        "without-password",
        Answer::Vulnerable,
    ),
];

fn of(main: &str, drop_in: &str) -> Fixture {
    let fixture = hardened().text(CONFIG, main);
    match drop_in {
        "" => fixture,
        _ => fixture.file("/etc/ssh/sshd_config.d/50-cloud.conf", 0o600, drop_in),
    }
}

#[test]
fn root_login_is_judged_by_what_sshd_says() {
    for (name, main, drop_in, effective, answer) in CASES {
        let printed = format!("port 22\npermitrootlogin {effective}\n");
        let fixture = of(main, drop_in)
            .command(SSHD_T, &printed)
            .command(SSHD_T_ROOT, &printed);
        assert_eq!(fixture.answer("U-01"), answer, "{name}");
    }
}

#[test]
fn without_sshd_the_files_are_resolved_to_the_same_answers() {
    for (name, main, drop_in, _, answer) in CASES {
        let fixture = of(main, drop_in).no_command(SSHD_T).no_command(SSHD_T_ROOT);
        assert_eq!(fixture.answer("U-01"), answer, "{name}");
    }
}

/// The values above are what sshd itself says, where it is installed. It
/// wants host keys and a folder of its own, which not every machine has.
#[test]
fn the_recorded_outputs_are_those_of_sshd() {
    let place = tempfile::tempdir().unwrap();
    let key = place.path().join("key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    if !made.is_ok_and(|it| it.success()) {
        println!("skipped: no ssh-keygen");
        return;
    }
    for (name, main, drop_in, effective, _) in CASES {
        let folder = place.path().join("sshd_config.d");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("50-cloud.conf"), drop_in).unwrap();
        let main = main.replace("/etc/ssh/sshd_config.d", &folder.display().to_string());
        let config = place.path().join("sshd_config");
        std::fs::write(&config, main).unwrap();
        let output = std::process::Command::new("/usr/sbin/sshd")
            .arg("-T")
            .arg("-f")
            .arg(&config)
            .arg("-h")
            .arg(&key)
            .output();
        let Ok(output) = output.as_ref() else {
            println!("skipped: no sshd");
            return;
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        if errors.contains("privilege separation") {
            println!("skipped: no /run/sshd");
            return;
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let line = format!("permitrootlogin {effective}");
        assert!(
            printed.lines().any(|it| it == line),
            "{name}: {printed} {errors}"
        );
    }
}

#[test]
fn settings_that_could_not_be_read_make_nothing_good() {
    let fixture = of("Include /etc/ssh/elsewhere.conf\nPermitRootLogin no\n", "");
    let fixture = fixture.no_command(SSHD_T).no_command(SSHD_T_ROOT);
    // OpenSSH passes over a file that is not there.
    assert_eq!(fixture.answer("U-01"), Answer::Good);
    let unreadable = fixture.folder("/etc/ssh/elsewhere.conf", 0o755, 0);
    assert_eq!(unreadable.answer("U-01"), Answer::NeedsAPerson);
}

#[test]
fn an_include_beside_the_usual_folder_is_followed() {
    let fixture = of("Include extra/*.conf\nPermitRootLogin no\n", "")
        .file("/etc/ssh/extra/10.conf", 0o600, "PermitRootLogin yes\n")
        .no_command(SSHD_T)
        .no_command(SSHD_T_ROOT);
    assert_eq!(fixture.answer("U-01"), Answer::Vulnerable);
}

#[test]
fn a_host_without_sshd_and_telnet_lets_nobody_in_from_afar() {
    let fixture = hardened()
        .remove("/usr/sbin/sshd")
        .remove(CONFIG)
        .no_command(SSHD_T)
        .no_command(SSHD_T_ROOT)
        .command(super::fixture::SOCKETS, "")
        .command(super::fixture::PROCESSES, "systemd\n")
        .command(super::fixture::UNIT_FILES, "cron.service enabled enabled\n")
        .command(
            super::fixture::UNITS,
            "cron.service loaded active running x\n",
        );
    assert_eq!(fixture.answer("U-01"), Answer::Good);
}

#[test]
fn another_ssh_server_needs_a_person() {
    for socket in [
        "tcp LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* users:((\"sshd\",pid=9,fd=3))\n",
        "tcp LISTEN 0 128 0.0.0.0:2200 0.0.0.0:* users:((\"dropbear\",pid=9,fd=3))\n",
    ] {
        let fixture = hardened().add_to_command(super::fixture::SOCKETS, socket);
        assert_eq!(fixture.answer("U-01"), Answer::NeedsAPerson);
    }
}
