//! U-35 and U-40: shares.

use super::super::answer::Case;
use super::super::config::lines::{self, Line};
use super::super::config::services::{self, Service, State};
use super::ftp;
use super::network::NFS;
use super::permissions::at_most;

pub(crate) const SAMBA: Service = Service {
    name: "Samba",
    units: &["smb", "smbd", "samba"],
    programs: &["/usr/sbin/smbd"],
    processes: &["smbd"],
    ports: &[("tcp", 445), ("tcp", 139)],
    inetd: &[],
};

/// U-35.
pub(super) fn anonymous(case: &mut Case<'_>) {
    ftp::anonymous(case);
    match services::look(case, &SAMBA) {
        State::On => samba_guests(case),
        State::Off | State::Absent => {
            case.well("Samba: 꺼져 있거나 없음", "Samba: off or not here")
        }
        State::Unknown => {}
    }
    match services::look(case, &NFS) {
        State::On => {
            for (path, line) in exports(case) {
                if line.text.contains("anonuid=0") || line.text.contains("anongid=0") {
                    case.quote(&path, line.number, line.text);
                    case.wrong(
                        "이름 없는 사용자가 NFS에서 root가 됨(anonuid=0)",
                        "anonymous users become root on NFS (anonuid=0)",
                    );
                }
            }
            case.well("NFS의 내보내기를 봄", "the NFS exports were looked at");
        }
        State::Off | State::Absent => case.well("NFS: 꺼져 있거나 없음", "NFS: off or not here"),
        State::Unknown => {}
    }
}

fn samba_guests(case: &mut Case<'_>) {
    let path = "/etc/samba/smb.conf";
    let Some(text) = case.text(path) else {
        case.unsure("smb.conf가 없음", "there is no smb.conf");
        return;
    };
    for line in lines::of(text) {
        let (key, value) = match line.text.split_once('=') {
            Some((key, value)) => (key.trim().to_lowercase(), value.trim().to_lowercase()),
            None => continue,
        };
        let yes = ["yes", "true", "1"].contains(&value.as_str());
        match key.as_str() {
            "guest ok" | "public" | "guest only" if yes => {
                case.quote(path, line.number, line.text);
                case.wrong(
                    "이름 없이 쓸 수 있는 Samba 공유가 있음",
                    "a Samba share is open to guests",
                );
            }
            "map to guest" if value != "never" => {
                case.quote(path, line.number, line.text);
                case.unsure(
                    "로그인에 실패한 사람이 손님이 됨(map to guest)",
                    "failed logins become guests (map to guest)",
                );
            }
            "usershare allow guests" if yes => {
                case.quote(path, line.number, line.text);
                case.unsure(
                    "사용자가 손님에게 공유를 열 수 있음",
                    "users may open shares to guests",
                );
            }
            "include" | "registry shares" | "config backend" => {
                case.quote(path, line.number, line.text);
                case.unsure(
                    "Samba 설정의 일부가 다른 곳에 있음",
                    "a part of Samba's settings is elsewhere",
                );
            }
            _ => {}
        }
    }
    case.well("smb.conf를 끝까지 봄", "smb.conf was read to its end");
}

/// Lines of exports(5).
fn exports<'a>(case: &mut Case<'a>) -> Vec<(String, Line<'a>)> {
    let host = case.host;
    case.names("/etc/exports.d");
    let mut files = vec!["/etc/exports".to_owned()];
    files.extend(lines::files_of(host, "/etc/exports.d", ".exports"));
    let mut found = Vec::new();
    for path in files {
        for line in case.text(&path).into_iter().flat_map(lines::of) {
            if line.text.ends_with('\\') {
                case.unsure(
                    format!("{path}의 이어진 줄은 풀지 않음"),
                    format!("continued lines of {path} are not followed"),
                );
            }
            found.push((path.clone(), line));
        }
    }
    found
}

/// U-40.
pub(super) fn nfs_access(case: &mut Case<'_>) {
    match services::look(case, &NFS) {
        State::Off | State::Absent => {
            case.not_here("NFS 서버를 쓰지 않음", "the NFS server is not used");
            return;
        }
        State::Unknown => return,
        State::On => {}
    }
    at_most(case, "/etc/exports", 0o644, &[]);
    for (path, line) in exports(case) {
        case.quote(&path, line.number, line.text);
        judge(case, line);
    }
}

fn judge(case: &mut Case<'_>, line: Line<'_>) {
    let mut words = line.text.split_whitespace();
    let folder = words.next().unwrap_or_default();
    let clients: Vec<&str> = words.collect();
    let mut open = clients.is_empty();
    for client in clients {
        let name = client.split('(').next().unwrap_or_default();
        let options = client.split_once('(').map_or("", |(_, rest)| rest);
        if name.starts_with('-') {
            case.unsure(
                format!("{folder}: 줄 앞의 기본 옵션은 풀지 않음"),
                format!("{folder}: options that hold for the line are not followed"),
            );
            continue;
        }
        open |= ["", "*", "0.0.0.0/0", "::/0", "*.*"].contains(&name);
        if options.split([',', ')']).any(|it| it == "no_root_squash") {
            case.wrong(
                format!("{folder}: {name}의 root를 그대로 믿음(no_root_squash)"),
                format!("{folder}: it trusts root of {name} (no_root_squash)"),
            );
        }
    }
    match open {
        true => case.wrong(
            format!("{folder}: 모두에게 내보냄"),
            format!("{folder}: exported to everybody"),
        ),
        false => case.well(
            format!("{folder}: 적힌 호스트에만 내보냄"),
            format!("{folder}: exported to named hosts"),
        ),
    }
}
