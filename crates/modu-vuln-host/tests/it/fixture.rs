//! Hosts made of a folder, the outputs of the commands it needs, and a list
//! of owners and permissions. They start from one host on which all is well.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use modu_kernel::{Digest, NoProgress};
use modu_vuln::host::{Answer, HostReport, ItemReport, Snapshot, check};
use modu_vuln_host::{Options, collect};

/// A host to be laid out on disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fixture {
    files: BTreeMap<String, (u32, u32, u32, String)>,
    folders: BTreeMap<String, (u32, u32, u32)>,
    links: BTreeMap<String, String>,
    commands: BTreeMap<String, String>,
    /// What was to be replaced and is not there: no such host can be laid out.
    not_there: Vec<String>,
}

impl Fixture {
    pub(crate) fn file(mut self, path: &str, mode: u32, text: &str) -> Self {
        self.files.insert(path.into(), (mode, 0, 0, text.into()));
        self
    }

    /// The same with new text, or a new file of mode 0644.
    pub(crate) fn text(mut self, path: &str, text: &str) -> Self {
        let old = self.files.get(path);
        let (mode, uid, gid) = old.map_or((0o644, 0, 0), |it| (it.0, it.1, it.2));
        self.files
            .insert(path.into(), (mode, uid, gid, text.into()));
        self
    }

    /// Adds to a text.
    pub(crate) fn append(self, path: &str, more: &str) -> Self {
        let old = self.files.get(path).map(|it| it.3.clone());
        let text = old.unwrap_or_default() + more;
        self.text(path, &text)
    }

    /// Takes the lines that hold a word out of a text.
    pub(crate) fn without(self, path: &str, word: &str) -> Self {
        let old = self.files.get(path).map(|it| it.3.clone());
        let text: String = old
            .unwrap_or_default()
            .lines()
            .filter(|line| !line.contains(word))
            .map(|line| format!("{line}\n"))
            .collect();
        self.text(path, &text)
    }

    pub(crate) fn replace(mut self, path: &str, from: &str, to: &str) -> Self {
        let old = self.files.get(path).map(|it| it.3.clone());
        let old = old.unwrap_or_default();
        if !old.contains(from) {
            self.not_there.push(format!("{path} holds no {from:?}"));
        }
        self.text(path, &old.replace(from, to))
    }

    pub(crate) fn folder(mut self, path: &str, mode: u32, uid: u32) -> Self {
        self.folders.insert(path.into(), (mode, uid, uid));
        self
    }

    pub(crate) fn link(mut self, path: &str, to: &str) -> Self {
        self.links.insert(path.into(), to.into());
        self
    }

    pub(crate) fn mode(mut self, path: &str, mode: u32) -> Self {
        if let Some(file) = self.files.get_mut(path) {
            file.0 = mode;
        } else {
            self.folders.entry(path.into()).or_insert((0o755, 0, 0)).0 = mode;
        }
        self
    }

    pub(crate) fn owner(mut self, path: &str, uid: u32) -> Self {
        if let Some(file) = self.files.get_mut(path) {
            file.1 = uid;
        } else {
            self.folders.entry(path.into()).or_insert((0o755, 0, 0)).1 = uid;
        }
        self
    }

    pub(crate) fn remove(mut self, path: &str) -> Self {
        self.files.remove(path);
        self.folders.remove(path);
        self
    }

    pub(crate) fn command(mut self, line: &str, output: &str) -> Self {
        self.commands.insert(line.into(), output.into());
        self
    }

    pub(crate) fn add_to_command(mut self, line: &str, more: &str) -> Self {
        self.commands.entry(line.into()).or_default().push_str(more);
        self
    }

    pub(crate) fn no_command(mut self, line: &str) -> Self {
        self.commands.remove(line);
        self
    }

    /// Whether everything that `before` has and `start` has not is here still,
    /// perhaps with more behind it, and whether it could be made at all.
    pub(crate) fn keeps_what_is_new_in(&self, before: &Self, start: &Self) -> bool {
        let files = before
            .files
            .iter()
            .filter(|(path, it)| start.files.get(*path) != Some(it));
        let mut files = files.map(|(path, it)| (it, self.files.get(path)));
        let commands = before.commands.iter();
        let commands = commands.filter(|(line, it)| start.commands.get(*line) != Some(it));
        let mut commands = commands.map(|(line, it)| (it, self.commands.get(line)));
        let folders = before.folders.iter();
        let mut folders = folders.filter(|(path, it)| start.folders.get(*path) != Some(it));
        let removed =
            |path: &String| !before.files.contains_key(path) && self.files.contains_key(path);
        self.not_there.is_empty()
            && files.all(|(old, new)| {
                new.is_some_and(|new| new.0 == old.0 && new.1 == old.1 && new.3.starts_with(&old.3))
            })
            && commands.all(|(old, new)| new.is_some_and(|new| new.starts_with(old.as_str())))
            && folders.all(|(path, it)| self.folders.get(path) == Some(it))
            && !start.files.keys().any(removed)
    }

    /// Lays it out, looks at it, and gives what was seen.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let place = tempfile::tempdir().unwrap();
        self.lay_out(place.path());
        collect(&options(place.path()), &NoProgress).unwrap()
    }

    pub(crate) fn lay_out(&self, place: &Path) {
        assert_eq!(self.not_there, Vec::<String>::new());
        let root = place.join("root");
        let commands = place.join("commands");
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(&commands).unwrap();
        let mut states = String::new();
        let mut made = std::collections::BTreeSet::new();
        for (path, (mode, uid, gid)) in &self.folders {
            fs::create_dir_all(root.join(&path[1..])).unwrap();
            made.insert(path.clone());
            states.push_str(&format!("{mode:o} {uid} {gid} {path}\n"));
        }
        for (path, (mode, uid, gid, text)) in &self.files {
            let on_disk = root.join(&path[1..]);
            fs::create_dir_all(on_disk.parent().unwrap()).unwrap();
            fs::write(on_disk, text).unwrap();
            states.push_str(&format!("{mode:o} {uid} {gid} {path}\n"));
        }
        for (path, to) in &self.links {
            let on_disk = root.join(&path[1..]);
            fs::create_dir_all(on_disk.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(to, on_disk).unwrap();
        }
        // Folders on the way belong to root, whoever runs this test.
        let mut waiting = vec![root.clone()];
        while let Some(folder) = waiting.pop() {
            let inside = folder.strip_prefix(&root).unwrap();
            let inside = format!("/{}", inside.display());
            if !made.contains(&inside) {
                states.push_str(&format!("755 0 0 {inside}\n"));
            }
            for entry in fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    waiting.push(entry.path());
                }
                if entry.file_type().unwrap().is_symlink() {
                    let inside = entry.path();
                    let inside = inside.strip_prefix(&root).unwrap().display().to_string();
                    states.push_str(&format!("777 0 0 /{inside}\n"));
                }
            }
        }
        for (line, output) in &self.commands {
            fs::write(commands.join(line.replace('/', "%2F")), output).unwrap();
        }
        fs::write(place.join("states"), states).unwrap();
    }

    pub(crate) fn report(&self) -> HostReport {
        check(&self.snapshot(), Digest::of(b""))
    }

    pub(crate) fn item(&self, id: &str) -> ItemReport {
        let report = self.report();
        report.items.into_iter().find(|it| it.id == id).unwrap()
    }

    pub(crate) fn answer(&self, id: &str) -> Answer {
        self.item(id).answer
    }
}

pub(crate) fn options(place: &Path) -> Options {
    Options {
        root: Some(place.join("root")),
        commands: Some(place.join("commands")),
        states: Some(place.join("states")),
        mounted: false,
        command_time: Duration::from_secs(5),
        sweep_time: Some(Duration::from_secs(60)),
        taken: "2026-11-22T00:00:00Z".to_owned(),
    }
}

pub(crate) const SSHD_T: &str = "sshd -T";
pub(crate) const SSHD_T_ROOT: &str = "sshd -T -C user=root,host=host.invalid,addr=192.0.2.1";
pub(crate) const SOCKETS: &str = "ss -Hlntup";
pub(crate) const PROCESSES: &str = "ps -eo comm=";
pub(crate) const UNIT_FILES: &str = "systemctl list-unit-files --no-legend --no-pager --all";
pub(crate) const UNITS: &str = "systemctl list-units --no-legend --no-pager --plain --all";
pub(crate) const IPTABLES: &str = "iptables -S INPUT";
pub(crate) const IP6TABLES: &str = "ip6tables -S INPUT";
pub(crate) const NFT: &str = "nft list ruleset";
pub(crate) const UPGRADES: &str = "apt-get -s -o Debug::NoLocking=1 upgrade";
pub(crate) const POSTCONF: &str = "postconf mail_version mynetworks inet_interfaces smtpd_relay_restrictions smtpd_recipient_restrictions disable_vrfy_command smtpd_banner";
pub(crate) const POSTCONF_SERVICES: &str = "postconf -P";
pub(crate) const NAMED: &str = "named-checkconf -p -x";
pub(crate) const TIME: &str = "timedatectl show";

/// A Debian host on which everything that can be decided is well.
pub(crate) fn hardened() -> Fixture {
    let fixture = Fixture::default()
        .file("/etc/os-release", 0o644, "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n")
        .file("/etc/hostname", 0o644, "fixture\n")
        .file("/proc/sys/kernel/osrelease", 0o444, "6.1.0-27-amd64\n")
        .file("/etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n")
        .file("/etc/group", 0o644, "root:x:0:\ndaemon:x:1:\nwheel:x:10:\nshadow:x:42:\nnogroup:x:65534:\n")
        .file("/etc/shadow", 0o400, "root:$y$j9T$c2FsdA$c2VjcmV0aGFzaA:20000:1:90:7:::\ndaemon:*:20000:1:90:7:::\nnobody:*:20000:1:90:7:::\n")
        .file("/etc/nsswitch.conf", 0o644, "passwd: files systemd\ngroup: files systemd\n")
        .file("/etc/login.defs", 0o644, "PASS_MAX_DAYS 90\nPASS_MIN_DAYS 1\nPASS_WARN_AGE 7\nUMASK 022\nENCRYPT_METHOD YESCRYPT\nENV_SUPATH PATH=/usr/sbin:/usr/bin\nENV_PATH PATH=/usr/bin\n")
        .file("/etc/security/pwquality.conf", 0o644, "minlen = 9\nminclass = 3\nenforce_for_root\n")
        .file("/etc/security/faillock.conf", 0o644, "deny = 5\nunlock_time = 600\n")
        .file("/etc/pam.d/common-auth", 0o644, "auth required pam_faillock.so preauth\nauth [success=1 default=ignore] pam_unix.so\nauth [default=die] pam_faillock.so authfail\nauth sufficient pam_faillock.so authsucc\nauth requisite pam_deny.so\nauth required pam_permit.so\n")
        .file("/etc/pam.d/common-account", 0o644, "account required pam_faillock.so\naccount required pam_unix.so\n")
        .file("/etc/pam.d/common-password", 0o644, "password requisite pam_pwquality.so retry=3\npassword required pam_pwhistory.so remember=4 use_authtok enforce_for_root\npassword [success=1 default=ignore] pam_unix.so use_authtok yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n")
        .file("/etc/pam.d/common-session", 0o644, "session required pam_unix.so\nsession optional pam_umask.so nousergroups\n")
        .file("/etc/pam.d/passwd", 0o644, "@include common-password\n")
        .file("/etc/pam.d/login", 0o644, "@include common-auth\n@include common-account\n@include common-session\n@include common-password\n")
        .file("/etc/pam.d/sshd", 0o644, "@include common-auth\n@include common-account\n@include common-session\n@include common-password\n")
        .file("/etc/pam.d/su", 0o644, "auth sufficient pam_rootok.so\nauth required pam_wheel.so use_uid group=wheel\n@include common-auth\n@include common-account\n@include common-session\n")
        .file("/usr/bin/su", 0o4755, "")
        .file("/usr/sbin/sshd", 0o755, "")
        .file("/etc/ssh/sshd_config", 0o600, "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nBanner /etc/issue.net\nUsePAM yes\n")
        .folder("/etc/ssh/sshd_config.d", 0o755, 0)
        .file("/etc/profile", 0o644, "PATH=\"/usr/local/sbin:/usr/sbin:/usr/bin\"\nexport PATH\numask 022\nfor i in /etc/profile.d/*.sh; do\n  . \"$i\"\ndone\n")
        .file("/etc/profile.d/timeout.sh", 0o644, "readonly TMOUT=600\nexport TMOUT\n")
        .file("/root/.profile", 0o644, "")
        .folder("/root", 0o700, 0)
        .folder("/usr/local/sbin", 0o755, 0)
        .folder("/usr/sbin", 0o755, 0)
        .folder("/usr/bin", 0o755, 0)
        .file("/etc/hosts", 0o644, "127.0.0.1 localhost\n")
        .file("/etc/services", 0o644, "ssh 22/tcp\n")
        .file("/etc/rsyslog.conf", 0o640, "auth,authpriv.* /var/log/auth.log\nkern.* /var/log/kern.log\ncron.* /var/log/cron.log\n*.info /var/log/syslog\n")
        .file("/etc/systemd/system.conf", 0o600, "[Manager]\n")
        .file("/etc/crontab", 0o640, "")
        .file("/etc/cron.allow", 0o640, "root\n")
        .file("/usr/bin/crontab", 0o750, "")
        .folder("/etc/cron.d", 0o755, 0)
        .folder("/etc/systemd/system", 0o755, 0)
        .file("/etc/sudoers", 0o440, "")
        .file("/usr/bin/sudo", 0o4755, "")
        .file("/etc/issue", 0o644, "Authorised use only. All activity is recorded.\n")
        .file("/etc/issue.net", 0o644, "Authorised use only. All activity is recorded.\n")
        .file("/etc/motd", 0o644, "Authorised use only. All activity is recorded.\n")
        .file("/etc/chrony/chrony.conf", 0o644, "server time.example.kr iburst\n")
        .folder("/var/log", 0o755, 0)
        .file("/var/log/auth.log", 0o640, "");
    commands(fixture)
}

fn commands(fixture: Fixture) -> Fixture {
    fixture
        .command(SSHD_T, "port 22\npermitrootlogin no\nbanner /etc/issue.net\nusepam yes\n")
        .command(SSHD_T_ROOT, "port 22\npermitrootlogin no\n")
        .command(SOCKETS, "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=700,fd=3))\n")
        .command(PROCESSES, "systemd\nsshd\nrsyslogd\nchronyd\ncron\n")
        .command(UNIT_FILES, "chrony.service enabled enabled\ncron.service enabled enabled\nrsyslog.service enabled enabled\nssh.service enabled enabled\n")
        .command(UNITS, "chrony.service loaded active running chrony\ncron.service loaded active running cron\nrsyslog.service loaded active running log\nssh.service loaded active running sshd\n")
        .command(IPTABLES, "-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT\n")
        .command(IP6TABLES, "-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n")
        .command(NFT, "")
        .command(UPGRADES, "Reading package lists...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n")
        .command(TIME, "NTP=yes\nNTPSynchronized=yes\n")
}
