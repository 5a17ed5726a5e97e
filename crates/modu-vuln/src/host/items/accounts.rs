//! U-04, U-05, U-07 to U-11: who there is.

use std::collections::BTreeMap;

use super::super::answer::Case;
use super::super::config::accounts::{self, PASSWD, SHADOW};

/// Users that come from elsewhere cannot be counted here.
pub(super) fn mind_other_sources(case: &mut Case<'_>) {
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
