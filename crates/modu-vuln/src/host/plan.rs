//! What must be seen of a host. The plan grows with what is known: homes are
//! named by `/etc/passwd`, further files by `Include` lines. Whoever collects
//! asks again until nothing new is wanted.

use super::config::services::{PROCESSES, SOCKETS, UNIT_FILES, UNITS};
use super::config::{accounts, shell, sshd};
use super::keep::Keep;
use super::snapshot::Snapshot;

/// Rounds after which no further wishes are granted: includes of includes.
pub const ROUNDS: usize = 8;

/// Something to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// Kind, owner and permissions of a path.
    State(String),
    /// These, and the text of a file.
    Text(String, Keep),
    /// The names in a folder.
    Names(String),
    /// The state of everything in a folder, so many levels deep.
    States(String, usize),
    /// The text of every file of a folder, one level.
    Texts(String, Keep),
    /// What a command prints.
    Command(Vec<String>, Keep),
}

/// Files whose text is wanted.
const TEXTS: &[(&str, Keep)] = &[
    ("/etc/os-release", Keep::All),
    ("/proc/sys/kernel/osrelease", Keep::All),
    (accounts::PASSWD, Keep::Passwd),
    (accounts::GROUP, Keep::Group),
    (accounts::SHADOW, Keep::Shadow),
    ("/etc/nsswitch.conf", Keep::All),
    ("/etc/login.defs", Keep::All),
    ("/etc/security/pwquality.conf", Keep::All),
    ("/etc/security/faillock.conf", Keep::All),
    ("/etc/security/pwhistory.conf", Keep::All),
    ("/etc/securetty", Keep::All),
    ("/etc/pam.conf", Keep::All),
    (sshd::CONFIG, Keep::All),
    ("/etc/profile", Keep::Shell),
    ("/etc/bash.bashrc", Keep::Shell),
    ("/etc/bashrc", Keep::Shell),
    ("/etc/csh.cshrc", Keep::Shell),
    ("/etc/csh.login", Keep::Shell),
    ("/etc/environment", Keep::Shell),
    ("/etc/inetd.conf", Keep::Settings),
    ("/etc/xinetd.conf", Keep::Settings),
    ("/etc/hosts.allow", Keep::All),
    ("/etc/hosts.deny", Keep::All),
    ("/etc/hosts.equiv", Keep::All),
    ("/etc/exports", Keep::All),
    ("/etc/rsyslog.conf", Keep::Settings),
    ("/etc/syslog.conf", Keep::Settings),
    ("/etc/systemd/journald.conf", Keep::All),
    ("/etc/cron.allow", Keep::All),
    ("/etc/at.allow", Keep::All),
    ("/etc/vsftpd.conf", Keep::Settings),
    ("/etc/vsftpd/vsftpd.conf", Keep::Settings),
    ("/etc/vsftpd.user_list", Keep::All),
    ("/etc/vsftpd/user_list", Keep::All),
    ("/etc/vsftpd/ftpusers", Keep::All),
    ("/etc/proftpd.conf", Keep::Settings),
    ("/etc/proftpd/proftpd.conf", Keep::Settings),
    ("/etc/ftpusers", Keep::All),
    ("/etc/snmp/snmpd.conf", Keep::Snmp),
    ("/etc/samba/smb.conf", Keep::Settings),
    ("/etc/mail/sendmail.cf", Keep::Settings),
    ("/etc/mail/sendmail.mc", Keep::Settings),
    ("/etc/postfix/main.cf", Keep::Settings),
    ("/etc/exim4/update-exim4.conf.conf", Keep::Settings),
    ("/etc/bind/named.conf", Keep::Settings),
    ("/etc/bind/named.conf.options", Keep::Settings),
    ("/etc/bind/named.conf.local", Keep::Settings),
    ("/etc/named.conf", Keep::Settings),
    ("/etc/issue", Keep::All),
    ("/etc/issue.net", Keep::All),
    ("/etc/motd", Keep::All),
    ("/etc/chrony.conf", Keep::Settings),
    ("/etc/chrony/chrony.conf", Keep::Settings),
    ("/etc/ntp.conf", Keep::Settings),
    ("/etc/ntpsec/ntp.conf", Keep::Settings),
    ("/etc/systemd/timesyncd.conf", Keep::All),
];

/// Folders whose files' texts are wanted.
const TEXT_FOLDERS: &[(&str, Keep)] = &[
    ("/etc/pam.d", Keep::All),
    ("/usr/lib/pam.d", Keep::All),
    ("/etc/security/pwquality.conf.d", Keep::All),
    ("/etc/ssh/sshd_config.d", Keep::All),
    ("/etc/profile.d", Keep::Shell),
    ("/etc/xinetd.d", Keep::Settings),
    ("/etc/exports.d", Keep::All),
    ("/etc/rsyslog.d", Keep::Settings),
    ("/etc/systemd/journald.conf.d", Keep::All),
    ("/etc/systemd/timesyncd.conf.d", Keep::All),
    ("/etc/chrony/conf.d", Keep::Settings),
    ("/etc/chrony/sources.d", Keep::Settings),
];

/// Paths whose state is wanted.
const STATES: &[&str] = &[
    "/etc/hosts",
    "/etc/services",
    "/etc/hosts.lpd",
    "/etc/crontab",
    "/etc/cron.deny",
    "/etc/at.deny",
    "/etc/sudoers",
    "/etc/systemd/system.conf",
    "/usr/bin/sudo",
    "/usr/bin/su",
    "/bin/su",
    "/usr/bin/crontab",
    "/usr/bin/at",
    "/usr/sbin/postsuper",
    "/usr/sbin/exiqgrep",
    "/usr/sbin/exim4",
    "/usr/sbin/sendmail",
    "/var/log",
    "/etc/rc.local",
    "/etc/rc.d/rc.local",
];

/// Folders within which every state is wanted, so many levels deep.
const STATE_FOLDERS: &[(&str, usize)] = &[
    ("/etc/init.d", 1),
    ("/etc/rc.d", 2),
    ("/etc/systemd/system", 3),
    ("/usr/lib/systemd/system", 2),
    ("/lib/systemd/system", 2),
    ("/etc/cron.d", 1),
    ("/etc/cron.hourly", 1),
    ("/etc/cron.daily", 1),
    ("/etc/cron.weekly", 1),
    ("/etc/cron.monthly", 1),
    ("/var/spool/cron", 2),
    ("/var/spool/at", 1),
    ("/etc/sudoers.d", 1),
    ("/var/log", 4),
];

/// Start files in homes.
pub(crate) const HOME_FILES: [&str; 9] = [
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".cshrc",
    ".login",
    ".kshrc",
    ".zshrc",
    ".zprofile",
];

/// More of them, of which the state alone matters.
pub(crate) const HOME_STATES: [&str; 4] = [".exrc", ".netrc", ".tcshrc", ".bash_logout"];

/// How to ask dpkg for its packages.
pub(crate) const DPKG: &str =
    "dpkg-query -W -f=${binary:Package}\\t${Version}\\t${db:Status-Status}\\n";
/// How to ask rpm for its packages.
pub(crate) const RPM: &str = "rpm -qa --qf %{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n";
/// What apt would change; it changes nothing and asks no server.
pub(crate) const UPGRADES: &str = "apt-get -s -o Debug::NoLocking=1 upgrade";
/// The packet filter, in its two languages.
pub(crate) const IPTABLES: &str = "iptables -S INPUT";
/// The same for IPv6.
pub(crate) const IP6TABLES: &str = "ip6tables -S INPUT";
/// See [`IPTABLES`].
pub(crate) const NFT: &str = "nft list ruleset";
/// What postfix works with.
pub(crate) const POSTCONF: &str = "postconf mail_version mynetworks inet_interfaces smtpd_relay_restrictions smtpd_recipient_restrictions disable_vrfy_command smtpd_banner";
/// What single services of postfix have of their own.
pub(crate) const POSTCONF_SERVICES: &str = "postconf -P";
/// named's settings with all includes, without its keys.
pub(crate) const NAMED: &str = "named-checkconf -p -x";
/// Whether the clock is held against others.
pub(crate) const TIME: &str = "timedatectl show";

const COMMANDS: &[(&str, Keep)] = &[
    (sshd::PRINT, Keep::All),
    (sshd::PRINT_ROOT, Keep::All),
    (SOCKETS, Keep::All),
    (PROCESSES, Keep::All),
    (UNIT_FILES, Keep::All),
    (UNITS, Keep::All),
    (DPKG, Keep::All),
    (RPM, Keep::All),
    (UPGRADES, Keep::All),
    (IPTABLES, Keep::All),
    (IP6TABLES, Keep::All),
    (NFT, Keep::All),
    (POSTCONF, Keep::All),
    (POSTCONF_SERVICES, Keep::Settings),
    (NAMED, Keep::Settings),
    (TIME, Keep::All),
];

/// Everything that is wanted, given what is known. What is known already is
/// wanted still; whoever collects passes over it.
#[must_use]
pub fn wanted(known: &Snapshot) -> Vec<Want> {
    let mut wants = Vec::new();
    let own = str::to_owned;
    wants.extend(
        TEXTS
            .iter()
            .map(|(path, keep)| Want::Text(own(path), *keep)),
    );
    let folders = TEXT_FOLDERS.iter();
    wants.extend(folders.map(|(path, keep)| Want::Texts(own(path), *keep)));
    wants.extend(STATES.iter().map(|path| Want::State(own(path))));
    let folders = STATE_FOLDERS.iter();
    wants.extend(folders.map(|(path, depth)| Want::States(own(path), *depth)));
    wants.extend(
        super::items::programs()
            .into_iter()
            .map(|path| Want::State(own(path))),
    );
    wants.extend(COMMANDS.iter().map(|(line, keep)| {
        let words = words(line);
        Want::Command(words, *keep)
    }));
    ssh_units(&mut wants);
    includes(known, &mut wants);
    homes(known, &mut wants);
    search_paths(known, &mut wants);
    wants
}

/// A command's words. The formats of packages hold no spaces.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn ssh_units(wants: &mut Vec<Want>) {
    let (files, folders) = sshd::places();
    wants.extend(files.into_iter().map(|it| Want::Text(it, Keep::All)));
    wants.extend(folders.into_iter().map(|it| Want::Texts(it, Keep::All)));
}

/// Files that sshd's `Include` lines name, and its banner.
fn includes(known: &Snapshot, wants: &mut Vec<Want>) {
    let files = sshd::files(known);
    for pattern in &files.unread {
        match pattern.rsplit_once('/') {
            Some((folder, name)) if name.contains(['*', '?', '[']) => {
                if !folder.contains(['*', '?', '[']) {
                    wants.push(Want::Texts(folder.to_owned(), Keep::All));
                }
            }
            _ => wants.push(Want::Text(pattern.clone(), Keep::All)),
        }
    }
    let banners = files.stated.iter().filter(|it| it.keyword == "banner");
    for banner in banners.filter(|it| it.value.starts_with('/')) {
        wants.push(Want::Text(banner.value.clone(), Keep::All));
    }
}

fn homes(known: &Snapshot, wants: &mut Vec<Want>) {
    for user in accounts::users(known) {
        let is_person = user.has_shell() || user.uid.is_some_and(|uid| uid >= 1000);
        if !is_person || !user.home.starts_with('/') {
            continue;
        }
        let home = user.home.trim_end_matches('/');
        wants.push(Want::State(match home {
            "" => "/".to_owned(),
            _ => home.to_owned(),
        }));
        if !user.has_shell() {
            continue;
        }
        let files = HOME_FILES.iter();
        wants.extend(files.map(|file| Want::Text(format!("{home}/{file}"), Keep::Shell)));
        let files = HOME_STATES.iter();
        wants.extend(files.map(|file| Want::State(format!("{home}/{file}"))));
        wants.push(Want::Text(format!("{home}/.rhosts"), Keep::All));
    }
}

/// Folders of search paths.
fn search_paths(known: &Snapshot, wants: &mut Vec<Want>) {
    let mut files = shell::login_files(known);
    files.push("/etc/environment".to_owned());
    files.extend(HOME_FILES.iter().map(|file| format!("/root/{file}")));
    for file in files {
        for set in shell::assignments(known, &file, "PATH") {
            let folders = set.value.split(':').filter(|it| it.starts_with('/'));
            wants.extend(
                folders
                    .filter(|it| !it.contains('$'))
                    .map(|it| Want::State(it.to_owned())),
            );
        }
    }
}

/// Whether a name is hidden where hidden names are unusual: outside of homes,
/// or made of dots and spaces to be overlooked.
#[must_use]
pub fn is_oddly_hidden(path: &str) -> bool {
    const USUAL: [&str; 13] = [
        "/.dockerenv",
        "/.autorelabel",
        "/etc/.pwd.lock",
        "/etc/.updated",
        "/etc/.java",
        "/etc/.git",
        "/etc/.gitignore",
        "/etc/.etckeeper",
        "/tmp/.X11-unix",
        "/tmp/.ICE-unix",
        "/tmp/.XIM-unix",
        "/tmp/.font-unix",
        "/tmp/.Test-unix",
    ];
    const PLACES: [&str; 12] = [
        "",
        "/etc",
        "/bin",
        "/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/usr/lib",
        "/lib",
        "/boot",
        "/tmp",
        "/var/tmp",
        "/var",
    ];
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    if !name.starts_with('.') {
        return false;
    }
    let deceives = name.trim_matches(['.', ' ', '\t']).is_empty();
    let placed = PLACES.contains(&folder) || folder == "/dev" || folder.starts_with("/dev/");
    deceives || (placed && !USUAL.contains(&path) && name != ".placeholder")
}
