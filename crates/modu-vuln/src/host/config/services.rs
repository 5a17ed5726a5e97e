//! Whether a network service runs, would start, is only installed, or is not
//! here: units of systemd, entries of (x)inetd, listening sockets, processes.

use super::super::answer::Case;
use super::super::snapshot::{Ran, Seen, Snapshot};
use super::lines::{self, Line};

pub(crate) const SOCKETS: &str = "ss -Hlntup";
pub(crate) const PROCESSES: &str = "ps -eo comm=";
pub(crate) const UNIT_FILES: &str = "systemctl list-unit-files --no-legend --no-pager --all";
pub(crate) const UNITS: &str = "systemctl list-units --no-legend --no-pager --plain --all";

/// What betrays a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Service {
    /// As people call it.
    pub(crate) name: &'static str,
    /// Units without their ending.
    pub(crate) units: &'static [&'static str],
    /// Where the program lies.
    pub(crate) programs: &'static [&'static str],
    /// Names of its processes, at most 15 letters as the kernel keeps them.
    pub(crate) processes: &'static [&'static str],
    /// Ports that it listens on.
    pub(crate) ports: &'static [(&'static str, u16)],
    /// Names of its entries in (x)inetd.
    pub(crate) inetd: &'static [&'static str],
}

/// How it stands with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It runs or will start.
    On,
    /// It is installed, does not run and will not start.
    Off,
    /// There is no trace of it.
    Absent,
    /// It cannot be told; the case has been made unsure.
    Unknown,
}

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Socket<'a> {
    pub(crate) line: &'a str,
    pub(crate) protocol: &'a str,
    pub(crate) address: &'a str,
    pub(crate) port: u16,
    /// Empty where `ss` could not say.
    pub(crate) process: &'a str,
}

/// Listening sockets, where `ss` could be run.
pub(crate) fn sockets(host: &Snapshot) -> Option<Vec<Socket<'_>>> {
    let output = host.output(SOCKETS)?;
    let sockets = output.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (address, port) = words.get(4)?.rsplit_once(':')?;
        let process = line
            .split_once("((\"")
            .and_then(|(_, rest)| rest.split('"').next());
        Some(Socket {
            line,
            protocol: words.first()?,
            address,
            port: port.parse().ok()?,
            process: process.unwrap_or_default(),
        })
    });
    Some(sockets.collect())
}

/// Entries of inetd and xinetd that are switched on, by the service's name.
pub(crate) fn inetd_entries(host: &Snapshot) -> Vec<(String, Line<'_>, &str)> {
    let mut found = Vec::new();
    let path = "/etc/inetd.conf";
    for line in host.text(path).into_iter().flat_map(lines::of) {
        if let Some(name) = line.words().first() {
            found.push((path.to_owned(), line, *name));
        }
    }
    let mut paths = lines::files_of(host, "/etc/xinetd.d", "");
    paths.push("/etc/xinetd.conf".to_owned());
    for path in paths {
        let mut current: Option<(Line<'_>, &str, bool)> = None;
        for line in host.text(&path).into_iter().flat_map(lines::of) {
            let words = line.words();
            match (words.first().copied(), &mut current) {
                (Some("service"), _) => {
                    current = words.get(1).map(|name| (line, *name, true));
                }
                (Some("disable"), Some((_, _, on))) => {
                    *on = !words
                        .last()
                        .is_some_and(|it| it.eq_ignore_ascii_case("yes"));
                }
                (Some("}"), _) => {
                    if let Some((line, name, true)) = current.take() {
                        found.push((path.clone(), line, name));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Looks at a service and quotes what was seen of it.
pub(crate) fn look(case: &mut Case<'_>, service: &Service) -> State {
    let mut seen = Seeing::default();
    look_at_units(case, service, &mut seen);
    look_at_inetd(case, service, &mut seen);
    look_at_sockets(case, service, &mut seen);
    look_at_processes(case, service, &mut seen);
    for program in service.programs {
        match case.host.files.get(*program) {
            Some(Seen::There(_)) => {
                seen.installed = true;
                case.piece((*program).to_owned(), "(present)", None);
            }
            Some(Seen::Absent) => {}
            _ => seen.blind.push(program),
        }
    }
    match (seen.on, seen.blind.is_empty(), seen.installed) {
        (true, _, _) => State::On,
        (false, false, _) => {
            let blind = seen.blind.join(", ");
            case.unsure(
                format!("{}이(가) 켜져 있는지 알 수 없음: {blind}", service.name),
                format!("whether {} is on cannot be told: {blind}", service.name),
            );
            State::Unknown
        }
        (false, true, true) => State::Off,
        (false, true, false) => State::Absent,
    }
}

#[derive(Default)]
struct Seeing {
    on: bool,
    installed: bool,
    blind: Vec<&'static str>,
}

fn look_at_units(case: &mut Case<'_>, service: &Service, seen: &mut Seeing) {
    let host = case.host;
    let is_ours = |unit: &str| {
        let stem = unit
            .trim_end_matches(".service")
            .trim_end_matches(".socket");
        let stem = stem.split('@').next().unwrap_or(stem);
        let kind = unit.ends_with(".service") || unit.ends_with(".socket");
        kind && service.units.contains(&stem)
    };
    for line in host.output(UNIT_FILES).into_iter().flat_map(str::lines) {
        let mut words = line.split_whitespace();
        let (unit, state) = (words.next().unwrap_or_default(), words.next());
        if !is_ours(unit) {
            continue;
        }
        case.quote_command(UNIT_FILES, line);
        match state {
            Some("enabled" | "enabled-runtime" | "linked" | "linked-runtime") => seen.on = true,
            Some("generated") => seen.blind.push("a unit made from a start script"),
            Some("masked" | "masked-runtime") => {}
            _ => seen.installed = true,
        }
    }
    for line in host.output(UNITS).into_iter().flat_map(str::lines) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_some_and(|it| is_ours(it)) && words.get(2) == Some(&"active") {
            case.quote_command(UNITS, line);
            seen.on = true;
        }
    }
}

fn look_at_inetd(case: &mut Case<'_>, service: &Service, seen: &mut Seeing) {
    for path in ["/etc/inetd.conf", "/etc/xinetd.conf"] {
        case.text(path);
    }
    for path in case.files_of("/etc/xinetd.d", "") {
        case.text(&path);
    }
    for (path, line, name) in inetd_entries(case.host) {
        if service.inetd.contains(&name) {
            case.quote(&path, line.number, line.text);
            seen.on = true;
        }
    }
}

fn look_at_sockets(case: &mut Case<'_>, service: &Service, seen: &mut Seeing) {
    let Some(sockets) = sockets(case.host) else {
        if !service.ports.is_empty() {
            seen.blind.push(SOCKETS);
        }
        return;
    };
    for socket in sockets {
        let is_port = service.ports.contains(&(socket.protocol, socket.port));
        let is_process = service.processes.contains(&socket.process);
        if !is_port && !is_process {
            continue;
        }
        case.quote_command(SOCKETS, socket.line);
        // A super-server and systemd listen for others.
        let stands_in = ["", "systemd", "xinetd", "inetd"].contains(&socket.process);
        match is_process || stands_in {
            true => seen.on = true,
            false => seen.blind.push("another program listens on its port"),
        }
    }
}

fn look_at_processes(case: &mut Case<'_>, service: &Service, seen: &mut Seeing) {
    let host = case.host;
    let processes = host.output(PROCESSES);
    if service.ports.is_empty() && processes.is_none() {
        seen.blind.push(PROCESSES);
    }
    for line in processes.into_iter().flat_map(str::lines) {
        if service.processes.contains(&line.trim()) {
            case.quote_command(PROCESSES, line);
            seen.on = true;
        }
    }
    look_at_what_would_start(case, service, seen);
}

/// Without the list of units it is not known what would start. A host that
/// has no systemd has start scripts, and those are looked at.
fn look_at_what_would_start(case: &mut Case<'_>, service: &Service, seen: &mut Seeing) {
    let host = case.host;
    if host.output(UNIT_FILES).is_some() {
        return;
    }
    if !matches!(host.commands.get(UNIT_FILES), Some(Ran::Missing)) {
        seen.blind.push(UNIT_FILES);
        return;
    }
    let scripts = host.names("/etc/init.d");
    let scripted = scripts
        .iter()
        .any(|it| service.units.contains(&it.as_str()));
    let has_program = |program: &&str| host.entry(program).is_some();
    if scripted || service.programs.iter().any(has_program) {
        seen.blind.push("whether a start script would start it");
    }
}
