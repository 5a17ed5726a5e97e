//! Every item has a host on which it is well and hosts on which it is not,
//! save what no machine can decide.

use modu_kernel::Digest;
use modu_vuln::host::snapshot::{Listing, Ran, Seen};
use modu_vuln::host::{Answer, Snapshot, check};
use proptest::prelude::*;

use super::fixture::*;

/// One change for the worse, the item that it makes vulnerable, and its name.
type Worse = (u8, &'static str, fn(Fixture) -> Fixture);

const PASSWD: &str = "/etc/passwd";
const SHADOW: &str = "/etc/shadow";
const GROUP: &str = "/etc/group";
const AUTH: &str = "/etc/pam.d/common-auth";
const PASSWORD: &str = "/etc/pam.d/common-password";
const SSHD: &str = "/etc/ssh/sshd_config";

/// The number of the account of [`person`]. What belongs to a number without
/// an account is wrong by U-15 too, until a second change brings the account.
const KIM: u32 = 1000;

/// Adds a running service by its unit.
fn on(fixture: Fixture, unit: &str) -> Fixture {
    fixture
        .add_to_command(UNIT_FILES, &format!("{unit}.service enabled enabled\n"))
        .add_to_command(UNITS, &format!("{unit}.service loaded active running x\n"))
}

fn listens(fixture: Fixture, protocol: &str, port: u16, process: &str) -> Fixture {
    let line = format!(
        "{protocol} LISTEN 0 128 0.0.0.0:{port} 0.0.0.0:* users:((\"{process}\",pid=9,fd=3))\n"
    );
    fixture.add_to_command(SOCKETS, &line)
}

/// An ordinary account with a home.
fn person(fixture: Fixture) -> Fixture {
    fixture
        .append(PASSWD, "kim:x:1000:1000::/home/kim:/bin/bash\n")
        .append(GROUP, "kim:x:1000:\n")
        .append(SHADOW, "kim:$6$c2FsdA$aGFzaA:20000:1:90:7:::\n")
        .folder("/home/kim", 0o750, KIM)
}

fn postfix(fixture: Fixture) -> Fixture {
    listens(on(fixture, "postfix"), "tcp", 25, "master")
        .file("/usr/sbin/postsuper", 0o750, "")
        .command(POSTCONF, "mail_version = 3.7.11\nmynetworks = 127.0.0.0/8\ninet_interfaces = all\nsmtpd_relay_restrictions = permit_mynetworks reject_unauth_destination\nsmtpd_recipient_restrictions =\ndisable_vrfy_command = yes\nsmtpd_banner = mail\n")
        .command(POSTCONF_SERVICES, "")
}

fn named(fixture: Fixture) -> Fixture {
    listens(on(fixture, "named"), "udp", 53, "named").command(
        NAMED,
        "options {\n\tdirectory \"/var/cache/bind\";\n\tallow-transfer {\n\t\t\"none\";\n\t};\n};\nzone \"a.example\" {\n\ttype master;\n\tallow-update { none; };\n};\n",
    )
}

fn vsftpd(fixture: Fixture) -> Fixture {
    listens(on(fixture, "vsftpd"), "tcp", 21, "vsftpd")
        .file("/etc/vsftpd.conf", 0o600, "anonymous_enable=NO\nlocal_enable=YES\nssl_enable=YES\nftpd_banner=Authorised use only\nuserlist_enable=YES\n")
        .file("/etc/vsftpd.user_list", 0o600, "root\n")
        .file("/etc/pam.d/vsftpd", 0o644, "@include common-auth\n")
}

fn snmpd(fixture: Fixture) -> Fixture {
    listens(on(fixture, "snmpd"), "udp", 161, "snmpd").file(
        "/etc/snmp/snmpd.conf",
        0o600,
        "rouser monitor priv\n",
    )
}

fn community(fixture: Fixture) -> Fixture {
    snmpd(fixture).append("/etc/snmp/snmpd.conf", "rocommunity Kq7-vault9 10.0.0.5\n")
}

fn nfs(fixture: Fixture) -> Fixture {
    listens(on(fixture, "nfs-server"), "tcp", 2049, "nfsd").file(
        "/etc/exports",
        0o644,
        "/srv 10.0.0.5(ro,sync)\n",
    )
}

/// A host on which an item is good.
fn well(item: u8) -> Fixture {
    match item {
        31 | 32 => person(hardened()),
        40 => nfs(hardened()),
        46..=48 => postfix(hardened()),
        50 | 51 => named(hardened()),
        35 | 53 | 54 | 57 => vsftpd(hardened()),
        56 => vsftpd(hardened()),
        59 => snmpd(hardened()),
        60 | 61 => community(hardened()),
        _ => hardened(),
    }
}

/// What no machine can call good: whether patches and records follow a
/// policy.
const NEVER_GOOD: [u8; 2] = [64, 66];

#[test]
fn every_item_that_can_be_decided_is_good_on_some_host() {
    let mut wrong = Vec::new();
    for number in (1..=67).filter(|it| !NEVER_GOOD.contains(it)) {
        let item = well(number).item(&format!("U-{number:02}"));
        if item.answer != Answer::Good {
            wrong.push(format!(
                "{} {:?} {:?} {:?}",
                item.id, item.answer, item.wrong, item.unsure
            ));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn what_no_machine_can_decide_needs_a_person() {
    for number in NEVER_GOOD {
        assert_eq!(
            hardened().answer(&format!("U-{number:02}")),
            Answer::NeedsAPerson
        );
    }
}

#[rustfmt::skip]
const WORSE: &[Worse] = &[
    (1, "an option on the daemon's command line", |it| it.file("/etc/systemd/system/ssh.service.d/root.conf", 0o644, "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -o PermitRootLogin=yes\n")),
    (1, "sshd says yes", |it| it.replace(SSHD, "PermitRootLogin no", "PermitRootLogin yes").command(SSHD_T, "permitrootlogin yes\n").command(SSHD_T_ROOT, "permitrootlogin yes\n")),
    (1, "telnet lets root in", |it| it.file("/etc/inetd.conf", 0o600, "telnet stream tcp nowait root /usr/sbin/in.telnetd\n")),
    (2, "a laxer stack for expired passwords", |it| it.replace("/etc/pam.d/sshd", "@include common-password", "password required pam_unix.so yescrypt")),
    (2, "a short password by a drop-in's argument", |it| it.replace(PASSWORD, "retry=3", "minlen=6")),
    (2, "the main file overrules pwquality.conf.d", |it| it.file("/etc/security/pwquality.conf.d/50-strong.conf", 0o644, "minlen = 14\n").text("/etc/security/pwquality.conf", "minlen = 6\nminclass = 3\nenforce_for_root\n")),
    (2, "credits eat the length", |it| it.text("/etc/security/pwquality.conf", "minlen = 8\nminclass = 3\ndcredit = 1\nenforce_for_root\n")),
    (2, "it only warns", |it| it.append("/etc/security/pwquality.conf", "enforcing = 0\n")),
    (2, "not for root", |it| it.without("/etc/security/pwquality.conf", "enforce_for_root")),
    (2, "the checker binds nobody", |it| it.replace(PASSWORD, "requisite pam_pwquality.so", "optional pam_pwquality.so")),
    (2, "an account made before the policy", |it| it.replace(SHADOW, "20000:1:90:7:::\ndaemon", "20000:0:99999:7:::\ndaemon")),
    (2, "no maximum age", |it| it.without("/etc/login.defs", "PASS_MAX_DAYS")),
    (2, "too short a history", |it| it.replace(PASSWORD, "remember=4", "remember=2")),
    (3, "failures are not counted", |it| it.without(AUTH, "authfail").without(AUTH, "authsucc")),
    (3, "the failure dies before it is counted", |it| it.replace(AUTH, "[success=1 default=ignore] pam_unix.so", "[success=1 default=die] pam_unix.so")),
    (3, "locked accounts are not refused", |it| it.without(AUTH, "preauth").without(AUTH, "authsucc").replace(AUTH, "[success=1", "[success=2").append(AUTH, "")),
    (3, "sshd without PAM", |it| it.replace(SSHD, "UsePAM yes", "UsePAM no").command(SSHD_T, "permitrootlogin no\nbanner /etc/issue.net\nusepam no\n")),
    (3, "too many failures", |it| it.replace("/etc/security/faillock.conf", "deny = 5", "deny = 20")),
    (3, "never locked", |it| it.replace("/etc/security/faillock.conf", "deny = 5", "deny = 0")),
    (4, "a hash in passwd", |it| it.append(PASSWD, "old:ab1cdefghijkl:1001:1::/home/old:/bin/sh\n")),
    (4, "an empty field", |it| it.append(PASSWD, "open::1002:1::/home/open:/bin/sh\n")),
    (5, "a second root", |it| it.append(PASSWD, "toor:x:0:0::/root:/bin/bash\n")),
    (6, "no pam_wheel", |it| it.without("/etc/pam.d/su", "pam_wheel")),
    (6, "pam_wheel behind what suffices", |it| it.text("/etc/pam.d/su", "auth sufficient pam_rootok.so\nauth sufficient pam_unix.so\nauth required pam_wheel.so use_uid\n")),
    (6, "pam_wheel that only trusts", |it| it.text("/etc/pam.d/su", "auth sufficient pam_rootok.so\nauth sufficient pam_wheel.so trust use_uid\n@include common-auth\n")),
    (7, "a guest with a password", |it| it.append(PASSWD, "guest:x:1003:1::/home/guest:/bin/sh\n").append(SHADOW, "guest:$6$s$h:20000:1:90:7:::\n")),
    (8, "the system's account in root's group", |it| it.replace(GROUP, "root:x:0:", "root:x:0:daemon")),
    (9, "a group that nobody uses", |it| it.append(GROUP, "old:x:1500:\n")),
    (9, "an account whose group does not exist", |it| it.append(PASSWD, "lost:x:400:4444::/nonexistent:/usr/sbin/nologin\n")),
    (10, "a UID twice", |it| it.append(PASSWD, "daemon2:x:1:1::/nonexistent:/usr/sbin/nologin\n")),
    (11, "daemon has a shell", |it| it.replace(PASSWD, "/usr/sbin:/usr/sbin/nologin", "/usr/sbin:/bin/sh")),
    (12, "no limit", |it| it.text("/etc/profile.d/timeout.sh", "\n")),
    (12, "too long a limit", |it| it.text("/etc/profile.d/timeout.sh", "TMOUT=3600\n")),
    (12, "root lifts it", |it| it.text("/etc/profile.d/timeout.sh", "TMOUT=600\n").text("/root/.profile", "TMOUT=0\n")),
    (13, "md5 in PAM", |it| it.replace(PASSWORD, "yescrypt", "md5")),
    (13, "an old hash", |it| it.append(SHADOW, "lee:$1$salt$hashhash:20000:1:90:7:::\n")),
    (14, "the current folder", |it| it.replace("/etc/profile", "PATH=\"/usr/local/sbin", "PATH=\".:/usr/local/sbin")),
    (14, "an empty part", |it| it.replace("/etc/profile", "/usr/local/sbin:", "/usr/local/sbin::")),
    (14, "a folder that everybody writes", |it| it.mode("/usr/local/sbin", 0o777)),
    (14, "root's home", |it| it.mode("/root", 0o777)),
    (15, "a file of nobody's", |it| it.file("/srv/left", 0o644, "").owner("/srv/left", 4242)),
    (16, "passwd", |it| it.mode(PASSWD, 0o666)),
    (17, "a unit", |it| it.file("/etc/systemd/system/job.service", 0o666, "")),
    (17, "somebody's start script", |it| person(it).file("/etc/init.d/job", 0o755, "").owner("/etc/init.d/job", KIM)),
    (18, "shadow", |it| it.mode(SHADOW, 0o644)),
    (19, "hosts", |it| it.mode("/etc/hosts", 0o666)),
    (20, "xinetd", |it| it.file("/etc/xinetd.conf", 0o644, "")),
    (21, "rsyslog", |it| it.mode("/etc/rsyslog.conf", 0o666)),
    (22, "services", |it| it.mode("/etc/services", 0o666)),
    (23, "a set-id program in a home", |it| it.file("/home/x/tool", 0o4755, "")),
    (24, "a start file", |it| it.mode("/root/.profile", 0o666)),
    (25, "a file that everybody writes", |it| it.file("/etc/open.conf", 0o666, "")),
    (26, "a plain file in dev", |it| it.file("/dev/notes", 0o600, "")),
    (27, "it trusts everybody", |it| it.file("/etc/hosts.equiv", 0o600, "+ +\n")),
    (28, "no firewall", |it| it.command(IPTABLES, "-P INPUT ACCEPT\n").command(IP6TABLES, "-P INPUT ACCEPT\n")),
    (28, "open to everybody", |it| it.add_to_command(IPTABLES, "-A INPUT -p tcp --dport 22 -j ACCEPT\n")),
    (29, "hosts.lpd", |it| it.file("/etc/hosts.lpd", 0o644, "")),
    (30, "a lax mask", |it| it.replace("/etc/profile", "umask 022", "umask 002")),
    (30, "root's own mask", |it| it.text("/root/.profile", "umask 000\n")),
    (31, "a home that everybody writes", |it| person(it).mode("/home/kim", 0o777)),
    (31, "another's home", |it| person(it).owner("/home/kim", 0)),
    (32, "a home that does not exist", |it| it.append(PASSWD, "yun:x:1004:1::/home/yun:/bin/bash\n")),
    (33, "a name to be overlooked", |it| it.file("/usr/lib/...", 0o644, "")),
    (34, "finger by xinetd", |it| it.file("/etc/xinetd.d/finger", 0o600, "service finger\n{\n  disable = no\n}\n")),
    (34, "finger by a socket", |it| it.add_to_command(UNIT_FILES, "finger.socket enabled enabled\n")),
    (35, "anonymous by default", |it| vsftpd(it).without("/etc/vsftpd.conf", "anonymous_enable")),
    (35, "guests in Samba", |it| on(it, "smbd").file("/etc/samba/smb.conf", 0o644, "[open]\n  path = /srv\n  guest ok = yes\n")),
    (36, "rlogin", |it| it.add_to_command(UNIT_FILES, "rlogin.socket enabled enabled\n")),
    (37, "crontab for everybody", |it| it.mode("/usr/bin/crontab", 0o2755)),
    (37, "a readable job", |it| it.file("/etc/cron.d/backup", 0o644, "")),
    (38, "echo", |it| it.file("/etc/inetd.conf", 0o600, "echo stream tcp nowait root internal\n")),
    (39, "a server of nothing", |it| listens(on(it, "nfs-server"), "tcp", 2049, "nfsd")),
    (40, "to everybody", |it| nfs(it).text("/etc/exports", "/srv *(ro)\n")),
    (40, "root is trusted", |it| nfs(it).text("/etc/exports", "/srv 10.0.0.5(rw,no_root_squash)\n")),
    (41, "autofs", |it| on(it, "autofs")),
    (42, "rpcbind for nobody", |it| listens(on(it, "rpcbind"), "tcp", 111, "rpcbind")),
    (42, "rusersd", |it| it.add_to_command(PROCESSES, "rpc.rusersd\n")),
    (43, "ypbind", |it| it.add_to_command(PROCESSES, "ypbind\n")),
    (44, "tftp", |it| listens(it, "udp", 69, "in.tftpd")),
    (45, "a pending update", |it| postfix(it).add_to_command(UPGRADES, "Inst postfix [3.7.10] (3.7.11 Debian-Security:12/stable-security [amd64])\n")),
    (46, "everybody runs postsuper", |it| postfix(it).mode("/usr/sbin/postsuper", 0o755)),
    (47, "an open relay", |it| { let it = postfix(it); it.command(POSTCONF, "mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions = permit\nsmtpd_recipient_restrictions =\ndisable_vrfy_command = no\n") }),
    (48, "vrfy", |it| { let it = postfix(it); it.command(POSTCONF, "mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = reject_unauth_destination\nsmtpd_recipient_restrictions =\ndisable_vrfy_command = no\n") }),
    (49, "a pending update of BIND", |it| named(it).add_to_command(UPGRADES, "Inst bind9 [9.18.1] (9.18.2 Debian-Security:12/stable-security [amd64])\n")),
    (50, "any by another name", |it| named(it).command(NAMED, "acl \"friends\" {\n\t\"any\";\n};\noptions { allow-transfer { \"friends\"; }; };\n")),
    (50, "any", |it| named(it).command(NAMED, "options { allow-transfer { any; }; };\n")),
    (50, "nothing said", |it| named(it).command(NAMED, "options { directory \"/x\"; };\nzone \"a\" { type master; };\n")),
    (51, "any", |it| named(it).command(NAMED, "options { allow-transfer { none; }; };\nzone \"a\" { type master; allow-update { any; }; };\n")),
    (52, "telnet by a socket", |it| it.add_to_command(UNIT_FILES, "telnet.socket enabled enabled\n")),
    (53, "no banner", |it| vsftpd(it).without("/etc/vsftpd.conf", "ftpd_banner")),
    (54, "no TLS", |it| vsftpd(it).without("/etc/vsftpd.conf", "ssl_enable")),
    (54, "another server", |it| listens(it, "tcp", 21, "pure-ftpd")),
    (55, "ftp has a shell", |it| it.append(PASSWD, "ftp:x:110:1::/srv/ftp:/bin/sh\n")),
    (56, "from everywhere", |it| vsftpd(it).command(IPTABLES, "-P INPUT ACCEPT\n").command(IP6TABLES, "-P INPUT ACCEPT\n")),
    (57, "root", |it| vsftpd(it).text("/etc/vsftpd.user_list", "daemon\n")),
    (57, "a list of the allowed", |it| vsftpd(it).append("/etc/vsftpd.conf", "userlist_deny=NO\n")),
    (58, "snmpd", snmpd),
    (59, "version 2c", community),
    (60, "public", |it| snmpd(it).text("/etc/snmp/snmpd.conf", "rocommunity public 10.0.0.5\n")),
    (60, "too short", |it| snmpd(it).text("/etc/snmp/snmpd.conf", "com2sec me 10.0.0.5 abc123\n")),
    (61, "from everywhere", |it| snmpd(it).text("/etc/snmp/snmpd.conf", "rocommunity Kq7-vault9\n")),
    (62, "what the system shipped", |it| it.text("/etc/issue", "Debian GNU/Linux 12 \\n \\l\n")),
    (62, "no banner in ssh", |it| it.without(SSHD, "Banner").command(SSHD_T, "permitrootlogin no\nbanner none\n")),
    (63, "sudoers", |it| it.mode("/etc/sudoers", 0o666)),
    (63, "a file of sudoers.d", |it| it.file("/etc/sudoers.d/kim", 0o666, "")),
    (64, "no more support", |it| it.text("/etc/os-release", "ID=debian\nVERSION_ID=\"10\"\n")),
    (64, "a pending security update", |it| it.add_to_command(UPGRADES, "Inst openssl [3.0.1] (3.0.2 Debian-Security:12/stable-security [amd64])\n")),
    (65, "no clock", |it| it.command(UNIT_FILES, "ssh.service enabled enabled\nrsyslog.service enabled enabled\n").command(UNITS, "ssh.service loaded active running x\nrsyslog.service loaded active running x\n").command(PROCESSES, "sshd\nrsyslogd\n")),
    (66, "no records", |it| it.command(UNIT_FILES, "ssh.service enabled enabled\nchrony.service enabled enabled\n").command(UNITS, "ssh.service loaded active running x\n").command(PROCESSES, "sshd\nchronyd\n")),
    (66, "no rule", |it| it.text("/etc/rsyslog.conf", "kern.* /var/log/kern.log\n")),
    (67, "a log for everybody", |it| it.mode("/var/log/auth.log", 0o666)),
    (67, "somebody's log", |it| person(it).owner("/var/log/auth.log", KIM)),
];

#[test]
fn every_change_for_the_worse_makes_its_item_vulnerable_and_hiding_it_never_good() {
    let mut wrong = Vec::new();
    let good = hardened().snapshot();
    for (number, name, worsen) in WORSE {
        let seen = worsen(hardened()).snapshot();
        let hidden = without_what_differs(&seen, &good);
        let answers = [seen, hidden].map(|it| {
            let report = check(&it, Digest::of(b""));
            report.items[usize::from(*number) - 1].clone()
        });
        let as_it_should_be =
            answers[0].answer == Answer::Vulnerable && answers[1].answer != Answer::Good;
        if !as_it_should_be {
            wrong.push(format!("U-{number:02} {name}: {answers:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The snapshot of somebody who could not look at what differs.
fn without_what_differs(seen: &Snapshot, good: &Snapshot) -> Snapshot {
    let why = || "Permission denied".to_owned();
    let mut hidden = seen.clone();
    for (path, it) in &mut hidden.files {
        if good.files.get(path) != Some(it) {
            *it = Seen::Unreadable { why: why() };
        }
    }
    for (path, it) in &mut hidden.folders {
        if good.folders.get(path) != Some(it) {
            *it = Listing::Unreadable { why: why() };
        }
    }
    for (line, it) in &mut hidden.commands {
        if good.commands.get(line) != Some(it) {
            *it = Ran::Failed { why: why() };
        }
    }
    if hidden.sweep != good.sweep {
        hidden.sweep = None;
    }
    hidden
}

#[test]
fn an_expired_account_is_neither_called_good_nor_taken_for_one_in_use() {
    // The snapshots are of day 20,779 since 1970.
    for (line, answer) in [
        ("lee:$6$s$h:18000:0:99999:7::20778:\n", Answer::NeedsAPerson),
        ("lee:$6$s$h:18000:0:99999:7::20780:\n", Answer::Vulnerable),
        ("lee:$6$s$h:18000:0:99999:7:::\n", Answer::Vulnerable),
        ("lee:$6$s$h:18000:1:90:7::20778:\n", Answer::Good),
        // Nobody logs in with this one.
        ("lee:!:18000:0:99999:7:::\n", Answer::Good),
    ] {
        let host = hardened().append(PASSWD, "lee:x:1001:1::/home/lee:/bin/bash\n");
        assert_eq!(host.append(SHADOW, line).answer("U-02"), answer, "{line}");
    }
}

#[test]
fn every_item_has_a_vulnerable_host_and_there_are_more_than_40_hosts() {
    for number in 1..=67_u8 {
        assert!(WORSE.iter().any(|it| it.0 == number), "U-{number:02}");
    }
    assert!(WORSE.len() > 40);
}

/// The items that are vulnerable after the first change for the worse, and
/// good after the second one; none where the second is not for the worse.
fn made_good_by(first: usize, second: usize) -> Option<Vec<String>> {
    let start = hardened();
    let before = WORSE[first].2(start.clone());
    let after = WORSE[second].2(before.clone());
    // One that writes over what the other wrote mends it, and is no change
    // for the worse; one that cannot find what it changes is none at all.
    if !after.keeps_what_is_new_in(&before, &start) {
        return None;
    }
    let (before, after) = (before.report(), after.report());
    let items = before.items.iter().zip(&after.items);
    let turned =
        items.filter(|(old, new)| old.answer == Answer::Vulnerable && new.answer == Answer::Good);
    let (first, second) = (WORSE[first].1, WORSE[second].1);
    let told = turned.map(|(it, _)| format!("{} by {first} and {second}", it.id));
    Some(told.collect())
}

/// Minutes; the law below looks at some of the pairs each time.
#[test]
#[ignore = "goes through 12,000 pairs; run by hand where an item or a change is new"]
fn no_pair_of_changes_for_the_worse_makes_good_of_vulnerable() {
    let pairs = (0..WORSE.len()).flat_map(|first| (0..WORSE.len()).map(move |it| (first, it)));
    let judged: Vec<_> = pairs
        .filter_map(|(first, second)| made_good_by(first, second))
        .collect();
    assert!(judged.len() > 9_000, "{}", judged.len());
    assert_eq!(judged.concat(), Vec::<String>::new());
}

/// The commands whose outputs somebody may forget to bring.
const COMMANDS: [&str; 9] = [
    SSHD_T,
    SSHD_T_ROOT,
    SOCKETS,
    PROCESSES,
    UNIT_FILES,
    UNITS,
    IPTABLES,
    NFT,
    UPGRADES,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn a_change_for_the_worse_never_makes_good_of_vulnerable(
        first in 0..WORSE.len(),
        second in 0..WORSE.len(),
    ) {
        let made_good = made_good_by(first, second);
        prop_assume!(made_good.is_some());
        prop_assert_eq!(made_good, Some(Vec::new()));
    }

    #[test]
    fn what_is_not_known_makes_nothing_good(
        worse in 0..WORSE.len(),
        missing in proptest::collection::vec(0..COMMANDS.len(), 1..5),
    ) {
        let before = WORSE[worse].2(hardened());
        let after = missing.iter().fold(before.clone(), |it, at| it.no_command(COMMANDS[*at]));
        let (before, after) = (before.report(), after.report());
        for (old, new) in before.items.iter().zip(&after.items) {
            prop_assert!(
                new.answer != Answer::Good || old.answer == Answer::Good,
                "{} was {:?} with {}", old.id, old.answer, WORSE[worse].1
            );
        }
    }
}
