//! U-04, U-05, U-07 to U-11: who there is.

use std::collections::BTreeMap;

use super::super::answer::Case;
use super::super::config::accounts::{self, GROUP, PASSWD, SHADOW};

/// Users that come from elsewhere cannot be counted here.
pub(super) fn mind_other_sources(case: &mut Case<'_>) {
    case.text("/etc/nsswitch.conf");
    for (line, source) in accounts::other_sources(case.host) {
        case.quote("/etc/nsswitch.conf", line.number, line.text);
        case.unsure(
            format!("계정을 {source}에서도 가져옴: 그쪽도 확인해야 함"),
            format!("users also come from {source}: look there too"),
        );
    }
}

/// U-04.
pub(super) fn shadowed(case: &mut Case<'_>) {
    let host = case.host;
    case.text(PASSWD);
    let mut all_moved = true;
    for user in accounts::users(host) {
        match user.password {
            "x" | "*" | "!" | "!!" => {}
            "" => {
                all_moved = false;
                case.quote(PASSWD, user.line.number, user.line.text);
                case.wrong(
                    format!("{}의 비밀번호 칸이 비어 있음", user.name),
                    format!("{} has an empty password field", user.name),
                );
            }
            _ => {
                all_moved = false;
                case.quote(PASSWD, user.line.number, user.line.text);
                case.wrong(
                    format!("{}의 해시가 /etc/passwd에 있음", user.name),
                    format!("the hash of {} is in /etc/passwd", user.name),
                );
            }
        }
    }
    match case.entry(SHADOW) {
        Some(entry) if all_moved => {
            case.quote_mode(SHADOW, entry);
            case.well(
                "모든 계정이 /etc/shadow를 씀",
                "every account uses /etc/shadow",
            );
        }
        Some(_) => {}
        None => case.wrong("/etc/shadow가 없음", "there is no /etc/shadow"),
    }
    mind_other_sources(case);
}

/// U-05.
pub(super) fn other_roots(case: &mut Case<'_>) {
    case.text(PASSWD);
    let mut found = false;
    for user in accounts::users(case.host) {
        match user.uid {
            Some(0) if user.name != "root" => {
                found = true;
                case.quote(PASSWD, user.line.number, user.line.text);
                case.wrong(
                    format!("{}의 UID가 0", user.name),
                    format!("{} has UID 0", user.name),
                );
            }
            Some(0) => case.quote(PASSWD, user.line.number, user.line.text),
            Some(_) => {}
            None => {
                case.quote(PASSWD, user.line.number, user.line.text);
                case.unsure(
                    format!("{}의 UID를 읽을 수 없음", user.name),
                    format!("the UID of {} cannot be read", user.name),
                );
            }
        }
    }
    if !found {
        case.well("UID 0은 root뿐", "root alone has UID 0");
    }
    mind_other_sources(case);
}

/// U-10.
pub(super) fn shared_uids(case: &mut Case<'_>) {
    case.text(PASSWD);
    let mut by_uid: BTreeMap<u32, Vec<accounts::User<'_>>> = BTreeMap::new();
    for user in accounts::users(case.host) {
        match user.uid {
            Some(uid) => by_uid.entry(uid).or_default().push(user),
            None => {
                case.quote(PASSWD, user.line.number, user.line.text);
                case.unsure(
                    format!("{}의 UID를 읽을 수 없음", user.name),
                    format!("the UID of {} cannot be read", user.name),
                );
            }
        }
    }
    let count = by_uid.len();
    let mut twice = false;
    for (uid, users) in by_uid {
        if users.len() < 2 {
            continue;
        }
        twice = true;
        for user in &users {
            case.quote(PASSWD, user.line.number, user.line.text);
        }
        let names: Vec<&str> = users.iter().map(|it| it.name).collect();
        let names = names.join(", ");
        case.wrong(
            format!("UID {uid}을(를) 함께 씀: {names}"),
            format!("UID {uid} belongs to several: {names}"),
        );
    }
    if !twice {
        case.well(
            format!("UID {count}개가 모두 다름"),
            format!("{count} UIDs, none twice"),
        );
    }
    mind_other_sources(case);
}

/// Accounts that systems make for themselves and that nobody logs in with.
const SYSTEM: [&str; 26] = [
    "adm", "backup", "bin", "daemon", "diag", "ftp", "games", "gnats", "gopher", "irc", "list",
    "listen", "lp", "mail", "man", "news", "noaccess", "nobody", "nobody4", "nuucp", "operator",
    "proxy", "sys", "uucp", "www-data", "guest",
];

/// U-07.
pub(super) fn unneeded(case: &mut Case<'_>) {
    const DORMANT: [&str; 7] = ["games", "gopher", "guest", "lp", "nuucp", "test", "uucp"];
    const PRINTING: [&str; 3] = ["lp", "nuucp", "uucp"];
    case.text(PASSWD);
    case.text(SHADOW);
    let shadows = accounts::shadows(case.host);
    let has_password = |name: &str| {
        let shadow = shadows.iter().find(|it| it.name == name);
        shadow.is_some_and(accounts::Shadow::has_password)
    };
    let mut found = false;
    for user in accounts::users(case.host) {
        let name = user.name;
        let dormant = DORMANT.contains(&name);
        let person = user.has_shell() && user.uid != Some(0);
        if !person && !PRINTING.contains(&name) {
            continue;
        }
        found = true;
        case.quote(PASSWD, user.line.number, user.line.text);
        if dormant && person && has_password(name) {
            case.wrong(
                format!("기본 계정 {name}으로 로그인할 수 있음"),
                format!("one can log in as {name}, which nobody needs"),
            );
        } else if person {
            case.unsure(
                format!("{name}: 쓰임과 담당자를 확인해야 함"),
                format!("{name}: what is it for, and whose is it?"),
            );
        } else {
            case.unsure(
                format!("{name}: 잠겨 있지만 쓰지 않으면 지움"),
                format!("{name}: it is locked; delete it if nothing needs it"),
            );
        }
    }
    if !found {
        case.well(
            "root 말고는 로그인할 수 있는 계정이 없음",
            "nobody but root can log in",
        );
    }
    mind_other_sources(case);
}

/// U-08.
pub(super) fn administrators(case: &mut Case<'_>) {
    case.text(GROUP);
    case.text(PASSWD);
    let users = accounts::users(case.host);
    let mut found = false;
    for group in accounts::groups(case.host) {
        let administers = group.gid == Some(0) || ["wheel", "sudo", "admin"].contains(&group.name);
        let members: Vec<&str> = group
            .members
            .iter()
            .copied()
            .filter(|it| *it != "root")
            .collect();
        if !administers || members.is_empty() {
            continue;
        }
        found = true;
        case.quote(GROUP, group.line.number, group.line.text);
        for member in members {
            let group = group.name;
            let uid = users.iter().find(|it| it.name == member).map(|it| it.uid);
            match uid {
                Some(Some(1000..)) => case.unsure(
                    format!("{member}이(가) {group} 그룹에 있음: 관리자인지 확인해야 함"),
                    format!("{member} is in group {group}: an administrator?"),
                ),
                Some(_) => case.wrong(
                    format!("시스템 계정 {member}이(가) {group} 그룹에 있음"),
                    format!("the system's account {member} is in group {group}"),
                ),
                None => case.wrong(
                    format!("없는 계정 {member}이(가) {group} 그룹에 적혀 있음"),
                    format!("{member}, who does not exist, is in group {group}"),
                ),
            }
        }
    }
    for user in &users {
        if user.gid == Some(0) && user.uid != Some(0) && user.has_shell() {
            found = true;
            case.quote(PASSWD, user.line.number, user.line.text);
            case.wrong(
                format!("{}의 기본 그룹이 root", user.name),
                format!("{} has root as primary group", user.name),
            );
        }
    }
    if !found {
        case.well(
            "관리자 그룹에 root 말고는 없음",
            "nobody but root is in an administrators' group",
        );
    }
    mind_other_sources(case);
}

/// U-09. Groups of the system (below 1000) have members only where something
/// is installed, so that empty ones are no fault.
pub(super) fn orphan_groups(case: &mut Case<'_>) {
    case.text(GROUP);
    case.text(PASSWD);
    let users = accounts::users(case.host);
    let groups = accounts::groups(case.host);
    let mut found = false;
    for user in &users {
        let known = groups.iter().any(|it| it.gid == user.gid);
        if !known {
            found = true;
            case.quote(PASSWD, user.line.number, user.line.text);
            case.wrong(
                format!("{}의 기본 그룹이 /etc/group에 없음", user.name),
                format!("the primary group of {} is not in /etc/group", user.name),
            );
        }
    }
    for group in &groups {
        let ordinary = group.gid.is_some_and(|it| it >= 1000 && it != 65534);
        let used = !group.members.is_empty() || users.iter().any(|it| it.gid == group.gid);
        if ordinary && !used {
            found = true;
            case.quote(GROUP, group.line.number, group.line.text);
            case.wrong(
                format!("{} 그룹을 쓰는 계정이 없음", group.name),
                format!("no account uses group {}", group.name),
            );
        }
    }
    if !found {
        case.well(
            "모든 계정의 그룹이 있고, 일반 그룹마다 계정이 있음",
            "every account's group exists, and every ordinary group has an account",
        );
    }
    mind_other_sources(case);
}

/// U-11.
pub(super) fn shells(case: &mut Case<'_>) {
    case.text(PASSWD);
    let mut found = false;
    for user in accounts::users(case.host) {
        let system = user.uid.is_none_or(|it| it < 1000 || it == 65534);
        if !user.has_shell() || user.uid == Some(0) || !(system || SYSTEM.contains(&user.name)) {
            continue;
        }
        found = true;
        case.quote(PASSWD, user.line.number, user.line.text);
        match SYSTEM.contains(&user.name) {
            true => case.wrong(
                format!("로그인하지 않는 계정 {}에 셸이 있음", user.name),
                format!("{} never logs in and has a shell", user.name),
            ),
            false => case.unsure(
                format!(
                    "시스템 계정 {}에 셸이 있음: 필요한지 확인해야 함",
                    user.name
                ),
                format!(
                    "the system's account {} has a shell: is it needed?",
                    user.name
                ),
            ),
        }
    }
    if !found {
        case.well(
            "시스템 계정에 로그인 셸이 없음",
            "no account of the system has a shell",
        );
    }
    mind_other_sources(case);
}
