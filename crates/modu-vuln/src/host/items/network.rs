//! U-34, U-36, U-38, U-39, U-41 to U-44, U-52, U-58: services that should be
//! off, and U-27 and U-28: whom the host trusts and lets in.

use super::super::answer::Case;
use super::super::config::services::{self, Service, State};
use super::super::config::{accounts, lines};
use super::super::plan::{IP6TABLES, IPTABLES, NFT};
use super::super::snapshot::{Ran, octal};

const fn service(
    name: &'static str,
    units: &'static [&'static str],
    processes: &'static [&'static str],
    ports: &'static [(&'static str, u16)],
    inetd: &'static [&'static str],
) -> Service {
    Service {
        name,
        units,
        programs: &[],
        processes,
        ports,
        inetd,
    }
}

const FINGER: Service = service(
    "finger",
    &["finger", "fingerd", "cfingerd"],
    &["fingerd", "in.fingerd", "cfingerd"],
    &[("tcp", 79)],
    &["finger"],
);
const R_SERVICES: Service = service(
    "rsh/rlogin/rexec",
    &["rsh", "rlogin", "rexec", "rshd", "rlogind"],
    &[
        "rshd",
        "rlogind",
        "rexecd",
        "in.rshd",
        "in.rlogind",
        "in.rexecd",
    ],
    &[("tcp", 512), ("tcp", 513), ("tcp", 514)],
    &["shell", "login", "exec", "rsh", "rlogin", "rexec"],
);
const SMALL: Service = service(
    "echo/discard/daytime/chargen",
    &["echo", "discard", "daytime", "chargen"],
    &[],
    &[
        ("tcp", 7),
        ("udp", 7),
        ("tcp", 9),
        ("udp", 9),
        ("tcp", 13),
        ("udp", 13),
        ("tcp", 19),
        ("udp", 19),
    ],
    &[
        "echo",
        "discard",
        "daytime",
        "chargen",
        "echo-dgram",
        "echo-stream",
        "discard-dgram",
        "discard-stream",
        "daytime-dgram",
        "daytime-stream",
        "chargen-dgram",
        "chargen-stream",
    ],
);
pub(crate) const NFS: Service = Service {
    programs: &["/usr/sbin/rpc.nfsd"],
    ..service(
        "NFS server",
        &["nfs-server", "nfs-kernel-server", "nfsd", "nfs"],
        &["nfsd", "rpc.nfsd", "rpc.mountd"],
        &[("tcp", 2049), ("udp", 2049)],
        &[],
    )
};
const AUTOMOUNT: Service = Service {
    programs: &["/usr/sbin/automount"],
    ..service(
        "automounter",
        &["autofs"],
        &["automount", "automountd"],
        &[],
        &[],
    )
};
const RPC: Service = service(
    "old RPC services",
    &["rusersd", "rwalld", "sprayd", "rstatd", "rexd", "rquotad"],
    &[
        "rpc.cmsd",
        "rpc.ttdbserverd",
        "sadmind",
        "rpc.rusersd",
        "rusersd",
        "rpc.walld",
        "rwalld",
        "rpc.sprayd",
        "sprayd",
        "rpc.rstatd",
        "rstatd",
        "rpc.nisd",
        "rpc.rexd",
        "rexd",
        "rpc.pcnfsd",
        "rpc.ypupdated",
        "rpc.rquotad",
        "kcms_server",
        "cachefsd",
    ],
    &[],
    &[
        "rusersd",
        "walld",
        "sprayd",
        "rstatd",
        "rexd",
        "rquotad",
        "ttdbserverd",
        "cmsd",
        "sadmind",
        "kcms_server",
    ],
);
const PORTMAP: Service = Service {
    programs: &["/usr/sbin/rpcbind", "/sbin/rpcbind"],
    ..service(
        "rpcbind",
        &["rpcbind", "portmap"],
        &["rpcbind", "portmap"],
        &[("tcp", 111), ("udp", 111)],
        &[],
    )
};
const NIS: Service = service(
    "NIS",
    &["ypserv", "ypbind", "yppasswdd", "ypxfrd", "nis"],
    &["ypserv", "ypbind", "rpc.yppasswdd", "ypxfrd", "rpc.nisd"],
    &[],
    &[],
);
const TFTP: Service = Service {
    programs: &["/usr/sbin/in.tftpd"],
    ..service(
        "tftp",
        &["tftp", "tftpd", "tftpd-hpa", "atftpd"],
        &["in.tftpd", "tftpd", "atftpd"],
        &[("udp", 69)],
        &["tftp"],
    )
};
const TALK: Service = service(
    "talk",
    &["talk", "ntalk", "talkd"],
    &["talkd", "in.talkd", "in.ntalkd", "ntalkd"],
    &[("udp", 517), ("udp", 518)],
    &["talk", "ntalk"],
);

/// Every service of this file.
pub(crate) const ALL: [Service; 10] = [
    FINGER, R_SERVICES, SMALL, NFS, AUTOMOUNT, RPC, PORTMAP, NIS, TFTP, TALK,
];

/// A service that should be off.
pub(super) fn should_be_off(case: &mut Case<'_>, service: &Service) -> State {
    let state = services::look(case, service);
    let name = service.name;
    match state {
        State::On => case.wrong(format!("{name}이(가) 켜져 있음"), format!("{name} is on")),
        State::Off => case.well(
            format!("{name}: 설치되어 있지만 꺼져 있음"),
            format!("{name}: installed and off"),
        ),
        State::Absent => case.well(format!("{name}: 없음"), format!("{name}: not here")),
        State::Unknown => {}
    }
    state
}

/// U-34.
pub(super) fn finger(case: &mut Case<'_>) {
    should_be_off(case, &FINGER);
}

/// U-36.
pub(super) fn r_services(case: &mut Case<'_>) {
    should_be_off(case, &R_SERVICES);
}

/// U-38.
pub(super) fn small_services(case: &mut Case<'_>) {
    should_be_off(case, &SMALL);
}

/// U-39. A server with something to export may be needed; that is not ours to
/// say.
pub(super) fn nfs(case: &mut Case<'_>) {
    if services::look(case, &NFS) != State::On {
        if case.unsure.is_empty() {
            case.well("NFS 서버가 꺼져 있음", "the NFS server is off");
        }
        return;
    }
    let text = case.text("/etc/exports").unwrap_or_default();
    let mut exports = lines::of(text).peekable();
    if exports.peek().is_none() {
        case.wrong(
            "NFS 서버가 켜져 있는데 내보내는 것이 없음",
            "the NFS server is on and exports nothing",
        );
        return;
    }
    for line in exports {
        case.quote("/etc/exports", line.number, line.text);
    }
    case.unsure(
        "NFS 서버가 켜져 있음: 꼭 필요한지 확인해야 함",
        "the NFS server is on: is it needed?",
    );
}

/// U-41.
pub(super) fn automount(case: &mut Case<'_>) {
    should_be_off(case, &AUTOMOUNT);
}

/// U-42.
pub(super) fn rpc(case: &mut Case<'_>) {
    should_be_off(case, &RPC);
    if services::look(case, &PORTMAP) == State::On {
        let needed = [&NFS, &NIS].map(|it| services::look(case, it) == State::On);
        match needed.contains(&true) {
            true => case.unsure(
                "rpcbind가 켜져 있고 NFS나 NIS가 그것을 씀",
                "rpcbind is on, and NFS or NIS uses it",
            ),
            false => case.wrong(
                "쓰는 서비스가 없는데 rpcbind가 켜져 있음",
                "rpcbind is on, and nothing uses it",
            ),
        }
    }
}

/// U-43.
pub(super) fn nis(case: &mut Case<'_>) {
    should_be_off(case, &NIS);
}

/// U-44.
pub(super) fn tftp_and_talk(case: &mut Case<'_>) {
    should_be_off(case, &TFTP);
    should_be_off(case, &TALK);
}

/// U-27.
pub(super) fn trust_files(case: &mut Case<'_>) {
    let mut files = vec![("/etc/hosts.equiv".to_owned(), 0)];
    for user in accounts::with_shell(case.host) {
        let home = user.home.trim_end_matches('/');
        files.push((format!("{home}/.rhosts"), user.uid.unwrap_or(u32::MAX)));
    }
    let mut found = false;
    for (path, uid) in files {
        let Some(entry) = case.entry(&path) else {
            continue;
        };
        found = true;
        case.quote_mode(&path, entry);
        let owned = entry.uid == 0 || entry.uid == uid;
        if !owned || entry.mode & 0o177 != 0 {
            let mode = octal(entry.mode);
            case.wrong(
                format!("{path}의 소유자나 권한({mode})이 느슨함"),
                format!("owner or permissions ({mode}) of {path} are lax"),
            );
        }
        for line in case.text(&path).into_iter().flat_map(lines::of) {
            if line.words().iter().any(|it| it.starts_with('+')) {
                case.quote(&path, line.number, line.text);
                case.wrong(
                    format!("{path}이(가) 모두를 믿음(+)"),
                    format!("{path} trusts everybody (+)"),
                );
            }
        }
        case.unsure(
            format!("{path}이(가) 있음: 지울 수 있는지 확인해야 함"),
            format!("{path} is there: can it be deleted?"),
        );
    }
    if !found {
        case.well(
            "hosts.equiv와 .rhosts가 없음",
            "there is no hosts.equiv and no .rhosts",
        );
    }
}

/// How a packet filter lets strangers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    /// Refused by default; what is let in is named by its source.
    Closed,
    /// Something is let in from everywhere, or nothing is filtered.
    Open,
    /// It cannot be told.
    Unknown,
}

/// U-28.
pub(super) fn filter(case: &mut Case<'_>) {
    let sockets = services::sockets(case.host);
    let reachable = sockets.as_deref().map(|it| {
        let outside = |address: &str| {
            !(address.starts_with("127.")
                || address.starts_with("[::1]")
                || address.contains("%lo"))
        };
        it.iter()
            .filter(|it| outside(it.address))
            .collect::<Vec<_>>()
    });
    match reachable.as_deref() {
        Some([]) => {
            case.well(
                "밖에서 닿는 포트가 없음",
                "no port can be reached from outside",
            );
            return;
        }
        Some(sockets) => {
            for socket in sockets.iter().take(10) {
                case.quote_command(services::SOCKETS, socket.line);
            }
        }
        None => {}
    }
    match packet_filter(case) {
        Filter::Closed => case.well(
            "방화벽이 기본으로 거부하고 허용할 주소를 적음",
            "the firewall refuses by default and names who is let in",
        ),
        Filter::Open => case.wrong(
            "방화벽이 없거나 어디서나 닿는 포트를 열어 둠",
            "there is no firewall, or it opens ports to everybody",
        ),
        Filter::Unknown => case.unsure(
            "방화벽의 규칙을 끝까지 풀 수 없음: 허용된 주소를 확인해야 함",
            "the firewall's rules cannot be followed to their end: see whom they let in",
        ),
    }
    for line in case.text("/etc/hosts.deny").into_iter().flat_map(lines::of) {
        case.quote("/etc/hosts.deny", line.number, line.text);
    }
}

/// What iptables (both families) and nftables come to.
pub(super) fn packet_filter(case: &mut Case<'_>) -> Filter {
    let nft = case.host.commands.get(NFT);
    let by_nft = match nft {
        Some(Ran::Done {
            exit: 0,
            output,
            complete: true,
            ..
        }) => Some(nft_filter(output)),
        Some(Ran::Missing) => Some(Filter::Open),
        _ => None,
    };
    if by_nft == Some(Filter::Closed) {
        quote_first_lines(case, NFT);
        return Filter::Closed;
    }
    let mut families = [IPTABLES, IP6TABLES].map(|command| match case.host.commands.get(command) {
        Some(Ran::Done {
            exit: 0,
            output,
            complete: true,
            ..
        }) => Some(iptables_filter(output)),
        Some(Ran::Missing) => Some(Filter::Open),
        _ => None,
    });
    quote_first_lines(case, IPTABLES);
    quote_first_lines(case, IP6TABLES);
    quote_first_lines(case, NFT);
    families.sort_by_key(|it| *it != Some(Filter::Unknown));
    match (families, by_nft) {
        ([Some(Filter::Closed), Some(Filter::Closed)], _) => Filter::Closed,
        ([None, _] | [_, None], _) | (_, None) => Filter::Unknown,
        (all, nft) if all.contains(&Some(Filter::Unknown)) || nft == Some(Filter::Unknown) => {
            Filter::Unknown
        }
        _ => Filter::Open,
    }
}

fn quote_first_lines(case: &mut Case<'_>, command: &str) {
    let host = case.host;
    for line in host
        .output(command)
        .into_iter()
        .flat_map(str::lines)
        .take(6)
    {
        case.quote_command(command, line);
    }
}

fn iptables_filter(rules: &str) -> Filter {
    let rules: Vec<&str> = rules.lines().map(str::trim).collect();
    let refuses = rules.iter().any(|it| {
        ["-P INPUT DROP", "-A INPUT -j DROP"].contains(it) || it.starts_with("-A INPUT -j REJECT")
    });
    let mut unknown = false;
    for rule in &rules {
        let target = rule.split_once(" -j ").map(|(_, rest)| rest);
        let harmless = ["-i lo ", "ESTABLISHED", "-p icmp", "-p ipv6-icmp"];
        match target.and_then(|it| it.split(' ').next()) {
            Some("ACCEPT") => {
                let named = rule.contains(" -s ")
                    && !rule.contains(" -s 0.0.0.0/0")
                    && !rule.contains(" -s ::/0");
                let new = rule.contains("NEW");
                let passing = harmless.iter().any(|it| rule.contains(it)) && !new;
                if !named && !passing {
                    return Filter::Open;
                }
            }
            Some("DROP" | "REJECT" | "LOG" | "NFLOG") | None => {}
            Some(_) => unknown = true,
        }
    }
    match (unknown, refuses) {
        (true, _) => Filter::Unknown,
        (false, true) => Filter::Closed,
        (false, false) => Filter::Open,
    }
}

/// The chains that hook into input. A set, a map or a jump is beyond us.
fn nft_filter(rules: &str) -> Filter {
    let mut table = "";
    let mut in_chain = false;
    let (mut hooked, mut refuses, mut opens, mut unknown, mut both) =
        (false, false, false, false, false);
    for line in rules.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("table ") {
            table = rest.split(' ').next().unwrap_or_default();
        } else if line.starts_with("type filter hook input") {
            in_chain = true;
            hooked = true;
            both |= table == "inet";
            refuses |= line.contains("policy drop");
        } else if line == "}" {
            in_chain = false;
        } else if in_chain {
            let words: Vec<&str> = line.split_whitespace().collect();
            let jumps = words.iter().any(|it| ["jump", "goto", "vmap"].contains(it));
            let named = line.contains("saddr") && !line.contains("saddr 0.0.0.0/0");
            let harmless = line.contains("iif \"lo\"")
                || line.contains("iifname \"lo\"")
                || (line.contains("ct state") && !line.contains("new"))
                || line.contains("icmp");
            unknown |= jumps || line.contains('@');
            opens |= words.contains(&"accept") && !named && !harmless;
        }
    }
    match (hooked, opens, unknown, refuses && both) {
        (false, ..) => Filter::Open,
        (_, true, _, _) => Filter::Open,
        (_, _, true, _) => Filter::Unknown,
        (_, _, _, true) => Filter::Closed,
        _ => Filter::Unknown,
    }
}
