//! U-62, and U-64 to U-66: warnings, updates, clocks, records.

use super::super::answer::Case;
use super::super::config::lines;
use super::super::config::services::{self, Service, State};
use super::super::config::sshd;
use super::super::plan::{DPKG, RPM, TIME, UPGRADES};
use super::remote::{SSH, TELNET};

/// Updates of packages whose name starts so, as the package manager knows
/// them; quoted.
pub(super) fn pending(case: &mut Case<'_>, package: &str) -> bool {
    let host = case.host;
    let start = format!("Inst {package}");
    let lines = host.output(UPGRADES).into_iter().flat_map(str::lines);
    let found: Vec<&str> = lines.filter(|line| line.starts_with(&start)).collect();
    for line in &found {
        case.quote_command(UPGRADES, line);
    }
    !found.is_empty()
}

/// Quotes the installed versions of packages whose name starts so.
pub(super) fn version_of(case: &mut Case<'_>, package: &str) {
    let host = case.host;
    for command in [DPKG, RPM] {
        for line in host.output(command).into_iter().flat_map(str::lines) {
            if line.starts_with(package) {
                case.quote_command(command, line);
            }
        }
    }
}

/// U-62.
pub(super) fn warnings(case: &mut Case<'_>) {
    for path in ["/etc/issue", "/etc/motd"] {
        warning(case, path);
    }
    if services::look(case, &TELNET) == State::On {
        warning(case, "/etc/issue.net");
    }
    if services::look(case, &SSH) == State::On {
        ssh_banner(case);
    }
    let sockets = services::sockets(case.host).unwrap_or_default();
    for (port, name) in [(21, "FTP"), (25, "SMTP"), (53, "DNS")] {
        let listening = sockets
            .iter()
            .find(|it| it.port == port && it.process != "systemd-resolve");
        if let Some(socket) = listening {
            case.quote_command(services::SOCKETS, socket.line);
            case.unsure(
                format!("{name} 서비스의 배너를 확인해야 함"),
                format!("see the banner of the service for {name}"),
            );
        }
    }
}

fn ssh_banner(case: &mut Case<'_>) {
    let printed = case.host.output(sshd::PRINT);
    let from_sshd = printed.and_then(|it| sshd::printed(it, "banner").first().copied());
    let path = match from_sshd {
        Some((line, value)) => {
            case.quote_command(sshd::PRINT, line);
            value.to_owned()
        }
        None => {
            let files = sshd::files(case.host);
            let stated = files.first("banner");
            if let Some(stated) = stated {
                case.quote(&stated.path, stated.line.number, stated.line.text);
            }
            stated.map_or("none".to_owned(), |it| it.value.clone())
        }
    };
    match path.starts_with('/') {
        true => warning(case, &path),
        false => case.wrong("sshd에 Banner가 없음", "sshd has no Banner"),
    }
}

/// Whether a text warns: what systems ship there names themselves.
fn warning(case: &mut Case<'_>, path: &str) {
    const WARNS: [&str; 18] = [
        "경고",
        "금지",
        "허가",
        "승인",
        "인가",
        "무단",
        "처벌",
        "감시",
        "authori",
        "prohibit",
        "warning",
        "monitor",
        "recorded",
        "restricted",
        "prosecut",
        "forbidden",
        "consent",
        "private system",
    ];
    let text = case.text(path).unwrap_or_default();
    let lower = text.to_lowercase();
    if let Some((index, line)) = text
        .lines()
        .enumerate()
        .find(|(_, it)| !it.trim().is_empty())
    {
        case.quote(path, index + 1, line);
    } else {
        case.quote_absence(path);
    }
    let tells = [
        "\\r",
        "\\v",
        "\\s",
        "\\m",
        "gnu/linux",
        "ubuntu ",
        "centos",
        "red hat",
        "rocky linux",
    ];
    let names_itself = tells.iter().any(|it| lower.contains(it));
    let warns = WARNS.iter().any(|it| lower.contains(it));
    match (lower.trim().is_empty(), warns, names_itself) {
        (true, ..) => case.wrong(
            format!("{path}에 경고가 없음"),
            format!("{path} holds no warning"),
        ),
        (_, false, true) => case.wrong(
            format!("{path}이(가) 경고 없이 시스템을 알림"),
            format!("{path} names the system and does not warn"),
        ),
        (_, true, true) => case.unsure(
            format!("{path}이(가) 경고하지만 시스템도 알림"),
            format!("{path} warns and names the system too"),
        ),
        (_, true, false) => case.well(format!("{path}에 경고가 있음"), format!("{path} warns")),
        (_, false, false) => case.unsure(
            format!("{path}의 글이 경고인지 확인해야 함"),
            format!("is the text of {path} a warning?"),
        ),
    }
}

/// When public support of a release ended: release notes of debian.org/releases
/// (with its long-term support) and of CentOS.
const ENDED: [(&str, &str, &str); 8] = [
    ("debian", "8", "2020-06-30"),
    ("debian", "9", "2022-06-30"),
    ("debian", "10", "2024-06-30"),
    ("debian", "11", "2026-08-31"),
    ("debian", "12", "2028-06-30"),
    ("centos", "6", "2020-11-30"),
    ("centos", "7", "2024-06-30"),
    ("centos", "8", "2021-12-31"),
];

/// U-64. What is pending can be seen; that patches are applied by a policy and
/// in time cannot.
pub(super) fn patches(case: &mut Case<'_>) {
    let path = "/etc/os-release";
    let text = case.text(path).unwrap_or_default();
    let value = |key: &str| {
        let found = lines::of(text).find(|it| it.pair().0 == key);
        found.map(|it| (it, it.pair().1.trim_matches('"')))
    };
    if let (Some((line, id)), Some((_, version))) = (value("ID"), value("VERSION_ID")) {
        case.quote(path, line.number, &format!("{id} {version}"));
        let major = version.split('.').next().unwrap_or_default();
        let ended = ENDED.iter().find(|it| it.0 == id && it.1 == major);
        let today = case.host.taken.get(..10).unwrap_or_default();
        if let Some((_, _, end)) = ended
            && *end < today
        {
            case.wrong(
                format!("{id} {version}의 지원이 {end}에 끝남"),
                format!("support of {id} {version} ended on {end}"),
            );
        }
    }
    let host = case.host;
    let upgrades = host.output(UPGRADES).into_iter().flat_map(str::lines);
    let security = upgrades.filter(|line| {
        let lower = line.to_lowercase();
        lower.starts_with("inst ") && lower.contains("security")
    });
    let security: Vec<&str> = security.collect();
    for line in &security {
        case.quote_command(UPGRADES, line);
    }
    if !security.is_empty() {
        let count = security.len();
        case.wrong(
            format!("보안 갱신 {count}개가 밀려 있음"),
            format!("{count} security updates are pending"),
        );
    }
    case.unsure(
        "갱신 목록이 언제 받은 것인지, 적용 정책과 기록이 있는지 확인해야 함",
        "see how old the lists of updates are, and whether there are a policy and records",
    );
}

const CHRONY: Service = time_service("chrony", &["chrony", "chronyd"], &["chronyd"]);
const NTPD: Service = time_service("ntpd", &["ntp", "ntpd", "ntpsec", "openntpd"], &["ntpd"]);
const TIMESYNCD: Service = time_service(
    "systemd-timesyncd",
    &["systemd-timesyncd"],
    &["systemd-timesyn", "systemd-timesyncd"],
);

const fn time_service(
    name: &'static str,
    units: &'static [&'static str],
    processes: &'static [&'static str],
) -> Service {
    Service {
        name,
        units,
        programs: &[],
        processes,
        ports: &[],
        inetd: &[],
    }
}

/// U-65.
pub(super) fn clock(case: &mut Case<'_>) {
    let on = |case: &mut Case<'_>, service: &Service| services::look(case, service) == State::On;
    let chrony = on(case, &CHRONY);
    let ntpd = on(case, &NTPD);
    let timesyncd = on(case, &TIMESYNCD);
    if !chrony && !ntpd && !timesyncd {
        case.wrong(
            "시각을 맞추는 서비스가 돌지 않음",
            "no service holds the clock against others",
        );
        return;
    }
    let synchronised = case.host.output(TIME);
    let synchronised =
        synchronised.and_then(|it| it.lines().find(|line| line.starts_with("NTPSynchronized=")));
    if let Some(line) = synchronised {
        case.quote_command(TIME, line);
    }
    if synchronised == Some("NTPSynchronized=no") {
        case.unsure(
            "서비스는 돌지만 아직 시각이 맞지 않음",
            "the service runs, and the clock is not held yet",
        );
    }
    let mut paths: Vec<String> = [
        "/etc/chrony.conf",
        "/etc/chrony/chrony.conf",
        "/etc/ntp.conf",
        "/etc/ntpsec/ntp.conf",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(case.files_of("/etc/chrony/conf.d", ".conf"));
    paths.extend(case.files_of("/etc/chrony/sources.d", ".sources"));
    let mut servers = 0;
    for path in paths {
        let text = case.host.text(&path).unwrap_or_default();
        for line in lines::of(text) {
            let word = line.words().first().map(|it| it.to_lowercase());
            if matches!(
                word.as_deref(),
                Some("server" | "pool" | "peer" | "refclock")
            ) {
                case.quote(&path, line.number, line.text);
                servers += 1;
            }
        }
    }
    match (servers, timesyncd, synchronised) {
        (1.., _, _) => case.well(
            format!("시각 서버 {servers}개를 따름"),
            format!("{servers} servers of time are followed"),
        ),
        (0, true, Some("NTPSynchronized=yes")) => case.well(
            "systemd-timesyncd가 시각을 맞춤",
            "systemd-timesyncd holds the clock",
        ),
        _ => case.unsure(
            "따르는 시각 서버를 찾지 못함",
            "no server of time was found in the settings",
        ),
    }
}

const RSYSLOG: Service = time_service("rsyslog", &["rsyslog", "syslog"], &["rsyslogd", "syslogd"]);
const SYSLOG_NG: Service = time_service("syslog-ng", &["syslog-ng"], &["syslog-ng"]);

/// U-66. Whether the records are what the policy wants is for a person.
pub(super) fn logging(case: &mut Case<'_>) {
    let rsyslog = services::look(case, &RSYSLOG);
    let other = services::look(case, &SYSLOG_NG);
    let volatile = journal_is_volatile(case);
    let known = rsyslog != State::Unknown && other != State::Unknown;
    let on = rsyslog == State::On || other == State::On;
    if known && !on && volatile {
        case.wrong(
            "기록을 디스크에 남기는 서비스가 없음(journald는 재부팅하면 잊음)",
            "nothing keeps records on disk (journald forgets at reboot)",
        );
        return;
    }
    if rsyslog == State::On {
        let mut files = vec![
            "/etc/rsyslog.conf".to_owned(),
            "/etc/syslog.conf".to_owned(),
        ];
        files.extend(case.files_of("/etc/rsyslog.d", ".conf"));
        let mut rules = 0;
        for path in files {
            let text = case.host.text(&path).unwrap_or_default();
            for line in lines::of(text).filter(|it| is_rule(it.text)) {
                case.quote(&path, line.number, line.text);
                rules += 1;
            }
        }
        if rules == 0 {
            case.wrong(
                "rsyslog가 돌지만 인증을 기록하는 규칙이 없음",
                "rsyslog runs, and no rule records authentication",
            );
        }
    }
    case.unsure(
        "기록이 조직의 정책과 맞는지 확인해야 함",
        "see whether the records are what the policy wants",
    );
}

/// A rule that records authentication, in either language of rsyslog.
fn is_rule(text: &str) -> bool {
    let selector = text.split_whitespace().next().unwrap_or_default();
    let records = selector.contains("auth") || selector.starts_with("*.");
    (records && !selector.contains("auth,authpriv.none") && selector.contains('.'))
        || text.contains("$syslogfacility-text") && text.contains("auth")
}

/// journald keeps records where `/var/log/journal` is, unless told otherwise.
fn journal_is_volatile(case: &mut Case<'_>) -> bool {
    let mut paths = case.files_of("/etc/systemd/journald.conf.d", ".conf");
    paths.insert(0, "/etc/systemd/journald.conf".to_owned());
    let setting = case.setting(&paths, "Storage");
    if let Some(setting) = &setting {
        case.quote(&setting.path, setting.line.number, setting.line.text);
    }
    let kept = case.host.entry("/var/log/journal").is_some();
    match setting.map(|it| it.value.to_lowercase()).as_deref() {
        Some("persistent") => false,
        Some("volatile" | "none") => true,
        _ => !kept,
    }
}
