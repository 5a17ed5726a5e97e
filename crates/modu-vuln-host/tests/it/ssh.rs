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
