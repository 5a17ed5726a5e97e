//! U-01 and U-52: logging in from afar.

use super::super::answer::Case;
use super::super::config::services::{self, Service, State};
use super::super::config::{lines, pam, sshd};
use super::super::snapshot::Ran;
use super::network::should_be_off;

pub(crate) const SSH: Service = Service {
    name: "sshd",
    units: &["ssh", "sshd"],
    programs: &["/usr/sbin/sshd", "/usr/local/sbin/sshd"],
    processes: &["sshd", "sshd-session"],
    ports: &[("tcp", 22)],
    inetd: &["ssh"],
};

pub(crate) const TELNET: Service = Service {
    name: "telnet",
    units: &["telnet", "telnetd", "inetutils-telnetd"],
    programs: &["/usr/sbin/telnetd", "/usr/sbin/in.telnetd"],
    processes: &["telnetd", "in.telnetd"],
    ports: &[("tcp", 23)],
    inetd: &["telnet", "telnets"],
};

/// U-01.
pub(super) fn root_login(case: &mut Case<'_>) {
    if services::look(case, &TELNET) == State::On {
        telnet_as_root(case);
    }
    let ssh = services::look(case, &SSH);
    other_servers(case);
    match ssh {
        State::Absent => case.well(
            "원격 접속 서비스가 없음(sshd, telnet)",
            "there is no service for remote logins (sshd, telnet)",
        ),
        State::Off => {
            case.well(
                "sshd가 꺼져 있고 시작되지도 않음",
                "sshd does not run and would not start",
            );
        }
        State::Unknown if case.host.entry(SSH.programs[0]).is_none() => {}
        State::On | State::Unknown => ssh_as_root(case),
    }
}

/// An sshd on a port that its settings do not name works with others, and
/// dropbear with its own.
fn other_servers(case: &mut Case<'_>) {
    let host = case.host;
    let printed = host.output(sshd::PRINT).unwrap_or_default();
    let mut ports: Vec<u16> = sshd::printed(printed, "port")
        .iter()
        .filter_map(|(_, port)| port.parse().ok())
        .collect();
    if ports.is_empty() {
        let files = sshd::files(host);
        let stated = files.stated.iter().filter(|it| it.keyword == "port");
        ports.extend(stated.filter_map(|it| it.value.parse::<u16>().ok()));
    }
    if ports.is_empty() {
        ports.push(22);
    }
    for socket in services::sockets(host).unwrap_or_default() {
        let own = SSH.processes.contains(&socket.process);
        if (own && !ports.contains(&socket.port)) || socket.process == "dropbear" {
            case.quote_command(services::SOCKETS, socket.line);
            let port = socket.port;
            case.unsure(
                format!("{port}번 포트의 ssh 서버는 다른 설정으로 돎"),
                format!("the ssh server on port {port} works with other settings"),
            );
        }
    }
}

fn telnet_as_root(case: &mut Case<'_>) {
    let stack = pam::stack(case.host, "login", "auth");
    let Some((_, module)) = stack.find("pam_securetty").filter(|(_, it)| it.binds()) else {
        case.wrong(
            "telnet이 켜져 있고 pam_securetty가 root를 막지 않음",
            "telnet is on and no pam_securetty keeps root out",
        );
        return;
    };
    case.quote(&module.path, module.line.number, module.line.text);
    let text = case.text("/etc/securetty");
    for line in text.into_iter().flat_map(lines::of) {
        if line.text.starts_with("pts") {
            case.quote("/etc/securetty", line.number, line.text);
            case.wrong(
                "/etc/securetty가 원격 터미널(pts)에서 root를 허용함",
                "/etc/securetty lets root in from remote terminals (pts)",
            );
        }
    }
    if text.is_none() {
        case.unsure(
            "telnet이 켜져 있고 /etc/securetty가 없음: pam_securetty의 판단을 확인해야 함",
            "telnet is on and there is no /etc/securetty: see what pam_securetty does",
        );
    }
}

fn ssh_as_root(case: &mut Case<'_>) {
    const KEYWORD: &str = "permitrootlogin";
    let host = case.host;
    let files = sshd::files(host);
    for path in &files.unread {
        case.unsure(
            format!("sshd 설정 {path}을(를) 읽지 못함"),
            format!("sshd's {path} could not be read"),
        );
    }
    mind_start_options(case);
    let printed = host.output(sshd::PRINT);
    let values = printed.map(|output| sshd::printed(output, KEYWORD));
    match values.as_deref() {
        Some([(line, value), ..]) => {
            case.quote_command(sshd::PRINT, line);
            judge(case, value, "sshd -T");
        }
        _ => resolve(case, &files),
    }
    if let Some(output) = host.output(sshd::PRINT_ROOT) {
        for (line, value) in sshd::printed(output, KEYWORD) {
            case.quote_command(sshd::PRINT_ROOT, line);
            judge(case, value, "sshd -T -C user=root");
        }
    }
    for stated in files.for_root(KEYWORD) {
        case.quote(&stated.path, stated.line.number, stated.line.text);
        if !stated.value.eq_ignore_ascii_case("no") {
            let block = stated.matching.as_deref().unwrap_or_default();
            case.wrong(
                format!("Match {block} 블록이 root 로그인을 다시 엶"),
                format!("the block Match {block} lets root in again"),
            );
        }
    }
    for stated in sshd::overruling(host) {
        match stated.keyword.as_str() {
            "-f" => {
                case.quote(&stated.path, stated.line.number, stated.line.text);
                case.unsure(
                    format!("sshd가 다른 설정 파일로 시작됨: {}", stated.value),
                    format!("sshd is started with another file: {}", stated.value),
                );
            }
            KEYWORD => {
                case.quote(&stated.path, stated.line.number, stated.line.text);
                judge(case, &stated.value, "the daemon's options");
            }
            _ => {}
        }
    }
}

/// Options of the daemon's command line that could not be read are not known.
fn mind_start_options(case: &mut Case<'_>) {
    let (files, folders) = sshd::places();
    for path in files {
        case.text(&path);
    }
    for folder in folders {
        for path in case.files_of(&folder, ".conf") {
            case.text(&path);
        }
    }
}

fn judge(case: &mut Case<'_>, value: &str, whence: &str) {
    match value.to_lowercase().as_str() {
        "no" => case.well(
            format!("유효한 값이 PermitRootLogin no ({whence})"),
            format!("the effective value is PermitRootLogin no ({whence})"),
        ),
        "yes" => case.wrong(
            format!("유효한 값이 PermitRootLogin yes ({whence}): root가 비밀번호로도 로그인할 수 있음"),
            format!("the effective value is PermitRootLogin yes ({whence}): root may log in, even with a password"),
        ),
        "prohibit-password" | "without-password" | "forced-commands-only" => case.wrong(
            format!("유효한 값이 PermitRootLogin {value} ({whence}): root가 열쇠로 바로 로그인할 수 있음"),
            format!("the effective value is PermitRootLogin {value} ({whence}): root may log in with a key"),
        ),
        _ => case.unsure(
            format!("PermitRootLogin의 값을 알 수 없음: {value} ({whence})"),
            format!("PermitRootLogin has an unknown value: {value} ({whence})"),
        ),
    }
}

/// Where sshd could not say it: as the manual says.
fn resolve(case: &mut Case<'_>, files: &sshd::Files<'_>) {
    if let Some(Ran::Done { errors, exit, .. }) = case.host.commands.get(sshd::PRINT) {
        let first = errors.lines().next().unwrap_or_default();
        case.piece(
            format!("$ {}", sshd::PRINT),
            &format!("exit {exit}: {first}"),
            None,
        );
        if errors.contains("Bad configuration") || errors.contains("bad configuration") {
            case.unsure(
                "sshd가 설정을 읽지 못함: 돌고 있는 sshd는 더 옛 설정을 씀",
                "sshd cannot read its settings: the running one works with older ones",
            );
        }
    }
    match files.first("permitrootlogin") {
        Some(stated) => {
            case.quote(&stated.path, stated.line.number, stated.line.text);
            let whence = format!("{}:{}", stated.path, stated.line.number);
            judge(case, &stated.value, &whence);
        }
        None if files.unread.is_empty() => judge(case, "prohibit-password", "the default"),
        None => {}
    }
}

/// U-52.
pub(super) fn telnet(case: &mut Case<'_>) {
    should_be_off(case, &TELNET);
}
