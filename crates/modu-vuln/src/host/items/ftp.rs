//! U-53 to U-57, and FTP's part of U-35.

use super::super::answer::Case;
use super::super::config::lines::{self, Setting};
use super::super::config::services::{self, Service, State};
use super::super::config::{accounts, pam};
use super::network::{Filter, packet_filter};

pub(crate) const VSFTPD: Service = Service {
    name: "vsftpd",
    units: &["vsftpd"],
    programs: &["/usr/sbin/vsftpd"],
    processes: &["vsftpd"],
    ports: &[],
    inetd: &[],
};
pub(crate) const PROFTPD: Service = Service {
    name: "proftpd",
    units: &["proftpd"],
    programs: &["/usr/sbin/proftpd"],
    processes: &["proftpd"],
    ports: &[],
    inetd: &[],
};
/// Any other that listens on FTP's port.
pub(crate) const OTHER: Service = Service {
    name: "FTP",
    units: &["pure-ftpd", "ftpd", "inetutils-ftpd"],
    programs: &[],
    processes: &["pure-ftpd", "ftpd", "in.ftpd"],
    ports: &[],
    inetd: &["ftp"],
};

#[derive(Debug, Clone, Copy)]
struct Ftp {
    vsftpd: bool,
    proftpd: bool,
    other: bool,
}

/// Looks; where none runs the case is well.
fn running(case: &mut Case<'_>) -> Option<Ftp> {
    let on = |case: &mut Case<'_>, service: &Service| services::look(case, service) == State::On;
    let mut ftp = Ftp {
        vsftpd: on(case, &VSFTPD),
        proftpd: on(case, &PROFTPD),
        other: on(case, &OTHER),
    };
    let known = ftp.vsftpd || ftp.proftpd;
    match services::sockets(case.host) {
        Some(sockets) => {
            for socket in sockets
                .iter()
                .filter(|it| it.protocol == "tcp" && it.port == 21)
            {
                case.quote_command(services::SOCKETS, socket.line);
                ftp.other |= !known;
            }
        }
        None => case.unsure(
            "21번 포트를 듣는지 알 수 없음",
            "whether anything listens on port 21 is not known",
        ),
    }
    if known || ftp.other {
        if ftp.other {
            case.unsure(
                "모르는 FTP 서버가 돌고 있음: 그 설정을 확인해야 함",
                "an FTP server that is not known here runs: see its settings",
            );
        }
        return Some(ftp);
    }
    if case.unsure.is_empty() {
        case.well("FTP 서비스가 돌지 않음", "no FTP service runs");
    }
    None
}

/// Where a server's settings are: the first that is there.
fn settings_of(case: &mut Case<'_>, paths: [&str; 2]) -> Option<String> {
    let path = paths
        .into_iter()
        .find(|path| case.host.entry(path).is_some());
    match path {
        Some(path) => case.text(path).map(|_| path.to_owned()),
        None => {
            case.unsure(
                format!("{}이(가) 없음", paths[0]),
                format!("there is no {}", paths[0]),
            );
            None
        }
    }
}

fn vsftpd<'a>(case: &mut Case<'a>, key: &str) -> Option<Option<Setting<'a>>> {
    let path = settings_of(case, ["/etc/vsftpd.conf", "/etc/vsftpd/vsftpd.conf"])?;
    let setting = case.setting(&[path], key);
    if let Some(setting) = &setting {
        case.quote(&setting.path, setting.line.number, setting.line.text);
    }
    Some(setting)
}

/// A switch of vsftpd; its own default where nothing is said.
fn vsftpd_is(case: &mut Case<'_>, key: &str, default: bool) -> Option<bool> {
    let setting = vsftpd(case, key)?;
    Some(setting.map_or(default, |it| {
        ["yes", "true", "1"].contains(&it.value.to_lowercase().as_str())
    }))
}

fn proftpd<'a>(case: &mut Case<'a>, key: &str) -> Option<Option<Setting<'a>>> {
    let path = settings_of(case, ["/etc/proftpd/proftpd.conf", "/etc/proftpd.conf"])?;
    let paths = [path];
    if let Some(include) = case.setting(&paths, "Include") {
        case.quote(&include.path, include.line.number, include.line.text);
        case.unsure(
            "proftpd 설정의 일부가 다른 파일에 있음(Include)",
            "a part of proftpd's settings is in other files (Include)",
        );
    }
    let setting = case.setting(&paths, key);
    if let Some(setting) = &setting {
        case.quote(&setting.path, setting.line.number, setting.line.text);
    }
    Some(setting)
}

/// FTP's part of U-35.
pub(super) fn anonymous(case: &mut Case<'_>) {
    let Some(ftp) = running(case) else {
        return;
    };
    if ftp.vsftpd {
        match vsftpd_is(case, "anonymous_enable", true) {
            Some(true) => case.wrong(
                "vsftpd가 이름 없는 접속을 받음(anonymous_enable, 적지 않으면 YES)",
                "vsftpd lets anonymous users in (anonymous_enable, YES if unsaid)",
            ),
            Some(false) => case.well("vsftpd: anonymous_enable=NO", "vsftpd: anonymous_enable=NO"),
            None => {}
        }
    }
    if ftp.proftpd {
        match proftpd(case, "<Anonymous") {
            Some(Some(_)) => case.wrong(
                "proftpd에 <Anonymous> 블록이 있음",
                "proftpd has a block <Anonymous>",
            ),
            Some(None) => case.well("proftpd: <Anonymous>가 없음", "proftpd: no <Anonymous>"),
            None => {}
        }
    }
}

/// U-53.
pub(super) fn banner(case: &mut Case<'_>) {
    let Some(ftp) = running(case) else {
        return;
    };
    if ftp.vsftpd {
        let text = vsftpd(case, "ftpd_banner");
        let file = vsftpd(case, "banner_file");
        match (text.flatten(), file.flatten()) {
            (_, Some(_)) => case.unsure(
                "배너 파일의 글을 확인해야 함(banner_file)",
                "see the text of the banner's file (banner_file)",
            ),
            (Some(setting), None) => banner_text(case, setting.value),
            (None, None) => case.wrong(
                "vsftpd가 이름과 버전을 알림(ftpd_banner가 없음)",
                "vsftpd tells its name and version (no ftpd_banner)",
            ),
        }
    }
    if ftp.proftpd {
        let setting = proftpd(case, "ServerIdent").flatten();
        let value = setting.map(|it| it.value.to_owned()).unwrap_or_default();
        let lower = value.to_lowercase();
        match (lower == "off", lower.strip_prefix("on ")) {
            (true, _) => case.well("proftpd: ServerIdent off", "proftpd: ServerIdent off"),
            (_, Some(text)) => banner_text(case, text),
            _ => case.wrong(
                "proftpd가 이름과 버전을 알림(ServerIdent)",
                "proftpd tells its name and version (ServerIdent)",
            ),
        }
    }
}

fn banner_text(case: &mut Case<'_>, text: &str) {
    let lower = text.to_lowercase();
    let names = [
        "vsftp", "proftp", "linux", "debian", "ubuntu", "centos", "red hat",
    ];
    match names.iter().any(|it| lower.contains(it)) {
        true => case.wrong(
            format!("배너가 제품을 알림: {text}"),
            format!("the banner names the product: {text}"),
        ),
        false => case.well(format!("배너: {text}"), format!("the banner: {text}")),
    }
}

/// U-54.
pub(super) fn encrypted(case: &mut Case<'_>) {
    let Some(ftp) = running(case) else {
        return;
    };
    if ftp.vsftpd {
        let ssl = vsftpd_is(case, "ssl_enable", false);
        let logins = vsftpd_is(case, "force_local_logins_ssl", true);
        let data = vsftpd_is(case, "force_local_data_ssl", true);
        let anonymous = vsftpd_is(case, "anonymous_enable", true);
        match (ssl, logins, data, anonymous) {
            (Some(true), Some(true), Some(true), Some(false)) => case.well(
                "vsftpd가 로그인과 데이터에 TLS를 강제함",
                "vsftpd forces TLS for login and data",
            ),
            (None, ..) => {}
            _ => case.wrong(
                "vsftpd가 암호화하지 않은 접속을 받음",
                "vsftpd takes unencrypted connections",
            ),
        }
    }
    if ftp.proftpd {
        let engine = proftpd(case, "TLSEngine").flatten();
        let required = proftpd(case, "TLSRequired").flatten();
        let is_on =
            |it: Option<Setting<'_>>| it.is_some_and(|it| it.value.eq_ignore_ascii_case("on"));
        match is_on(engine) && is_on(required) {
            true => case.well("proftpd: TLSRequired on", "proftpd: TLSRequired on"),
            false => case.wrong(
                "proftpd가 암호화하지 않은 접속을 받음",
                "proftpd takes unencrypted connections",
            ),
        }
    }
    if ftp.other {
        case.wrong("FTP 서비스가 켜져 있음", "an FTP service is on");
    }
}

/// U-55.
pub(super) fn shell(case: &mut Case<'_>) {
    case.text(accounts::PASSWD);
    let users = accounts::users(case.host);
    let Some(user) = users.iter().find(|it| it.name == "ftp") else {
        case.well("ftp 계정이 없음", "there is no account ftp");
        return;
    };
    case.quote(accounts::PASSWD, user.line.number, user.line.text);
    match user.has_shell() {
        true => case.wrong("ftp 계정에 셸이 있음", "the account ftp has a shell"),
        false => case.well("ftp 계정에 셸이 없음", "the account ftp has no shell"),
    }
}

/// U-56.
pub(super) fn access(case: &mut Case<'_>) {
    let Some(ftp) = running(case) else {
        return;
    };
    let mut limited = false;
    if ftp.vsftpd && vsftpd_is(case, "tcp_wrappers", false) == Some(true) {
        let denies = |line: &lines::Line<'_>| {
            let (who, whom) = line.text.split_once(':').unwrap_or((line.text, ""));
            (who.contains("vsftpd") || who.contains("ALL")) && whom.trim() == "ALL"
        };
        let text = case.text("/etc/hosts.deny").unwrap_or_default();
        if let Some(line) = lines::of(text).find(denies) {
            case.quote("/etc/hosts.deny", line.number, line.text);
            limited = true;
        }
    }
    if ftp.proftpd {
        let denies = proftpd(case, "DenyAll").flatten();
        let block = proftpd(case, "<Limit").flatten();
        limited |= denies.is_some() && block.is_some_and(|it| it.value.contains("LOGIN"));
    }
    match (limited, packet_filter(case)) {
        (true, _) | (_, Filter::Closed) => {
            case.well("정해진 주소만 FTP에 닿음", "only named addresses reach FTP")
        }
        (_, Filter::Open) => {
            case.wrong("어디서나 FTP에 닿음", "FTP can be reached from everywhere")
        }
        (_, Filter::Unknown) => case.unsure(
            "FTP에 닿을 수 있는 주소를 알 수 없음",
            "who may reach FTP cannot be told",
        ),
    }
}

/// U-57.
pub(super) fn no_root(case: &mut Case<'_>) {
    let Some(ftp) = running(case) else {
        return;
    };
    if ftp.vsftpd {
        match root_is_denied_by_pam(case) || root_is_denied_by_list(case) {
            true => case.well("vsftpd가 root를 막음", "vsftpd keeps root out"),
            false => case.wrong(
                "root가 vsftpd로 로그인할 수 있음",
                "root may log in to vsftpd",
            ),
        }
    }
    if ftp.proftpd {
        let setting = proftpd(case, "RootLogin").flatten();
        match setting.is_some_and(|it| it.value.eq_ignore_ascii_case("on")) {
            true => case.wrong("proftpd: RootLogin on", "proftpd: RootLogin on"),
            false => case.well("proftpd가 root를 막음", "proftpd keeps root out"),
        }
    }
}

fn names_root(case: &mut Case<'_>, path: &str) -> bool {
    let text = case.host.text(path).unwrap_or_default();
    let line = lines::of(text).find(|it| it.text == "root");
    if let Some(line) = line {
        case.quote(path, line.number, line.text);
    }
    line.is_some()
}

fn root_is_denied_by_pam(case: &mut Case<'_>) -> bool {
    let stack = pam::stack(case.host, "vsftpd", "auth");
    let mut denied = false;
    for module in stack.modules.iter().filter(|it| it.name == "pam_listfile") {
        let file = module.argument("file").unwrap_or_default().to_owned();
        case.quote(&module.path, module.line.number, module.line.text);
        let denies = module.argument("sense") == Some("deny") && module.binds();
        denied |= denies && names_root(case, &file);
    }
    denied
}

fn root_is_denied_by_list(case: &mut Case<'_>) -> bool {
    if vsftpd_is(case, "userlist_enable", false) != Some(true) {
        return false;
    }
    let denies = vsftpd_is(case, "userlist_deny", true) == Some(true);
    let told = vsftpd(case, "userlist_file").flatten();
    let path = told.map_or("/etc/vsftpd.user_list", |it| it.value);
    let known = case.host.text(path).is_some();
    known && names_root(case, path) == denies
}
