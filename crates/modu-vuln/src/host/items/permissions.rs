//! Owners and permissions of single files and of folders.

use super::super::answer::Case;
use super::super::config::accounts::{self, name_of_group, name_of_user};
use super::super::snapshot::{Entry, Kind, octal};

/// Bits that `most` does not allow.
fn beyond(entry: &Entry, most: u32) -> u32 {
    entry.mode & 0o777 & !most
}

/// Judges one path: owned by root (or one of `owners`), with at most these
/// permissions. Answers whether it is there.
pub(super) fn at_most(case: &mut Case<'_>, path: &str, most: u32, owners: &[&str]) -> bool {
    let Some(entry) = case.entry(path) else {
        case.quote_absence(path);
        return false;
    };
    case.quote_mode(path, entry);
    let owner = name_of_user(case.host, entry.uid);
    let owned = entry.uid == 0 || owners.contains(&owner.as_str());
    if !owned {
        case.wrong(
            format!("{path}의 소유자가 root가 아니라 {owner}"),
            format!("{path} belongs to {owner}, not to root"),
        );
    }
    let narrow = beyond(entry, most) == 0;
    let (has, most) = (octal(entry.mode), octal(most));
    if !narrow {
        case.wrong(
            format!("{path}의 권한 {has}이(가) {most}보다 넓음"),
            format!("{path} has {has}, more than {most}"),
        );
    }
    if owned && narrow {
        case.well(
            format!("{path}: {owner}, {has}"),
            format!("{path}: {owner}, {has}"),
        );
    }
    true
}

/// Everything that was seen below a folder. Where a folder within could not be
/// looked into, or was too deep, the case is unsure.
fn below<'a>(case: &mut Case<'a>, folder: &str) -> Vec<&'a str> {
    let start = format!("{folder}/");
    let host = case.host;
    let all = host.files.range(start.clone()..);
    let found: Vec<&str> = all
        .map(|(path, _)| path.as_str())
        .take_while(|path| path.starts_with(&start))
        .collect();
    for path in &found {
        let entry = host.entry(path);
        let own = entry.is_some_and(|it| it.kind == Kind::Folder && it.leads_to.is_none());
        if own {
            case.names(path);
        }
    }
    found
}

/// U-16.
pub(super) fn passwd(case: &mut Case<'_>) {
    if !at_most(case, "/etc/passwd", 0o644, &[]) {
        case.unsure("/etc/passwd가 없음", "there is no /etc/passwd");
    }
}

/// U-17.
pub(super) fn start_scripts(case: &mut Case<'_>) {
    const FOLDERS: [&str; 5] = [
        "/etc/init.d",
        "/etc/rc.d",
        "/etc/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ];
    let mut judged = 0;
    let mut bad = false;
    let mut paths: Vec<String> = vec!["/etc/rc.local".to_owned()];
    for folder in FOLDERS {
        case.names(folder);
        let files = below(case, folder).into_iter();
        paths.extend(files.map(str::to_owned));
        paths.push(folder.to_owned());
    }
    for path in paths {
        let Some(entry) = case.entry(&path) else {
            continue;
        };
        if entry.kind == Kind::Other {
            continue;
        }
        judged += 1;
        if entry.uid != 0 || entry.mode & 0o002 != 0 {
            bad = true;
            case.quote_mode(&path, entry);
            case.wrong(
                format!("{path}을(를) root 아닌 이가 고칠 수 있음"),
                format!("others than root may change {path}"),
            );
        } else if entry.mode & 0o020 != 0 && entry.gid != 0 {
            case.quote_mode(&path, entry);
            case.unsure(
                format!("{path}을(를) 그룹이 고칠 수 있음"),
                format!("a group may change {path}"),
            );
        }
    }
    match (judged, bad) {
        (0, _) => case.unsure("시작 스크립트를 찾지 못함", "no start script was found"),
        (_, false) => case.well(
            format!("시작 스크립트와 유닛 {judged}개를 root만 고칠 수 있음"),
            format!("only root may change {judged} start scripts and units"),
        ),
        _ => {}
    }
}

/// U-18. Distributions of Debian's family let group shadow read the file: that
/// is beyond the guide's bound and has its reason, so a person decides.
pub(super) fn shadow(case: &mut Case<'_>) {
    let path = accounts::SHADOW;
    let Some(entry) = case.entry(path) else {
        case.quote_absence(path);
        case.unsure("/etc/shadow가 없음", "there is no /etc/shadow");
        return;
    };
    case.quote_mode(path, entry);
    let group = name_of_group(case.host, entry.gid);
    let groups = accounts::groups(case.host);
    let members = groups
        .iter()
        .find(|it| it.gid == Some(entry.gid))
        .is_some_and(|it| !it.members.is_empty());
    let mode = octal(entry.mode);
    match (entry.uid, entry.mode & 0o777) {
        (0, 0 | 0o400) => case.well(format!("root, {mode}"), format!("root, {mode}")),
        (0, 0o600) => case.unsure(
            format!("{mode}: 소유자만 읽지만 기준(0400)보다 넓음"),
            format!("{mode}: for its owner only, yet more than 0400"),
        ),
        (0, 0o640 | 0o440) if group == "shadow" && !members => case.unsure(
            format!("{mode} root:shadow: 배포판의 기본값이지만 기준(0400)보다 넓음. 그대로 둘 까닭을 적어야 함"),
            format!("{mode} root:shadow is the distribution's own and more than 0400: write down why it stays"),
        ),
        (0, _) => case.wrong(
            format!("권한 {mode}이(가) 0400보다 넓음"),
            format!("{mode} is more than 0400"),
        ),
        (uid, _) => case.wrong(
            format!("소유자가 root가 아니라 {}", name_of_user(case.host, uid)),
            format!("it belongs to {}, not to root", name_of_user(case.host, uid)),
        ),
    }
}

/// U-19.
pub(super) fn hosts(case: &mut Case<'_>) {
    if !at_most(case, "/etc/hosts", 0o644, &[]) {
        case.not_here("/etc/hosts가 없음", "there is no /etc/hosts");
    }
}

/// U-20.
pub(super) fn super_server(case: &mut Case<'_>) {
    let mut found = false;
    for path in ["/etc/inetd.conf", "/etc/xinetd.conf"] {
        found |= at_most(case, path, 0o600, &[]);
    }
    for name in case.names("/etc/xinetd.d").to_vec() {
        found |= at_most(case, &format!("/etc/xinetd.d/{name}"), 0o600, &[]);
    }
    if found {
        return;
    }
    let path = "/etc/systemd/system.conf";
    let Some(entry) = case.entry(path) else {
        case.not_here(
            "inetd, xinetd, systemd의 설정 파일이 없음",
            "there are no settings of inetd, xinetd or systemd",
        );
        return;
    };
    case.quote_mode(path, entry);
    let mode = octal(entry.mode);
    match (entry.uid, beyond(entry, 0o600)) {
        (0, 0) => case.well(format!("{path}: root, {mode}"), format!("{path}: root, {mode}")),
        (0, more) if more & 0o022 == 0 => case.unsure(
            format!("(x)inetd는 없고 {path}은(는) root만 고치지만 남도 읽음({mode}): 600을 적용할지 정해야 함"),
            format!("there is no (x)inetd; only root changes {path}, but others read it ({mode}): decide whether 600 applies"),
        ),
        _ => case.wrong(
            format!("{path}을(를) root 아닌 이가 고칠 수 있음({mode})"),
            format!("others than root may change {path} ({mode})"),
        ),
    }
}

/// U-21.
pub(super) fn log_settings(case: &mut Case<'_>) {
    let mut found = false;
    for path in ["/etc/rsyslog.conf", "/etc/syslog.conf"] {
        found |= at_most(case, path, 0o640, &["bin", "sys"]);
    }
    for name in case.names("/etc/rsyslog.d").to_vec() {
        found |= at_most(
            case,
            &format!("/etc/rsyslog.d/{name}"),
            0o640,
            &["bin", "sys"],
        );
    }
    if !found {
        case.not_here(
            "rsyslog와 syslog의 설정 파일이 없음",
            "there are no settings of rsyslog or syslog",
        );
    }
}

/// U-22.
pub(super) fn services(case: &mut Case<'_>) {
    if !at_most(case, "/etc/services", 0o644, &["bin", "sys"]) {
        case.not_here("/etc/services가 없음", "there is no /etc/services");
    }
}

/// U-29.
pub(super) fn line_printer(case: &mut Case<'_>) {
    if !at_most(case, "/etc/hosts.lpd", 0o600, &[]) {
        case.well("hosts.lpd가 없음", "there is no hosts.lpd");
    }
}

/// People: those with a shell, and ordinary accounts.
fn people<'a>(case: &Case<'a>) -> Vec<accounts::User<'a>> {
    let users = accounts::users(case.host).into_iter();
    users
        .filter(|it| it.uid != Some(65534))
        .filter(|it| it.has_shell() || it.uid.is_some_and(|uid| uid >= 1000))
        .collect()
}

fn home_of(user: &accounts::User<'_>) -> String {
    match user.home.trim_end_matches('/') {
        "" => "/".to_owned(),
        home => home.to_owned(),
    }
}

/// U-31.
pub(super) fn homes(case: &mut Case<'_>) {
    let mut judged = 0;
    let mut bad = false;
    for user in people(case) {
        let home = home_of(&user);
        if !home.starts_with('/') {
            continue;
        }
        let Some(entry) = case.entry(&home) else {
            continue;
        };
        judged += 1;
        let owned = Some(entry.uid) == user.uid;
        if owned && entry.mode & 0o002 == 0 {
            continue;
        }
        bad = true;
        case.quote_mode(&home, entry);
        let name = user.name;
        match owned {
            false => case.wrong(
                format!("{name}의 홈 {home}이(가) 그 계정의 것이 아님"),
                format!("the home {home} does not belong to {name}"),
            ),
            true => case.wrong(
                format!("{name}의 홈 {home}을(를) 남이 쓸 수 있음"),
                format!("others may write {home} of {name}"),
            ),
        }
    }
    match (judged, bad) {
        (0, _) => case.unsure("본 홈이 없음", "no home was seen"),
        (_, false) => case.well(
            format!("홈 {judged}개를 주인만 쓸 수 있음"),
            format!("only their owners may write {judged} homes"),
        ),
        _ => {}
    }
}

/// U-32.
pub(super) fn homes_exist(case: &mut Case<'_>) {
    case.text(accounts::PASSWD);
    let mut bad = false;
    for user in people(case) {
        let home = home_of(&user);
        let name = user.name;
        let exists =
            home.starts_with('/') && case.entry(&home).is_some_and(|it| it.kind == Kind::Folder);
        let at_top = home == "/" && user.uid != Some(0);
        if exists && !at_top {
            continue;
        }
        bad = true;
        case.quote(accounts::PASSWD, user.line.number, user.line.text);
        case.wrong(
            format!("{name}의 홈 {home}이(가) 없거나 홈이 될 수 없음"),
            format!("the home {home} of {name} does not exist or cannot be one"),
        );
    }
    if !bad {
        case.well("모든 홈이 있음", "every home exists");
    }
}

/// U-37.
pub(super) fn jobs(case: &mut Case<'_>) {
    let mut found = false;
    for program in ["/usr/bin/crontab", "/usr/bin/at"] {
        found |= at_most(case, program, 0o750, &[]);
    }
    let files = [
        "/etc/crontab",
        "/etc/cron.allow",
        "/etc/cron.deny",
        "/etc/at.allow",
        "/etc/at.deny",
    ];
    for path in files {
        found |= at_most(case, path, 0o640, &[]);
    }
    for name in case.names("/etc/cron.d").to_vec() {
        if !name.starts_with('.') {
            found |= at_most(case, &format!("/etc/cron.d/{name}"), 0o640, &[]);
        }
    }
    for folder in ["/var/spool/cron", "/var/spool/at"] {
        tables(case, folder);
    }
    for folder in ["hourly", "daily", "weekly", "monthly"] {
        scripts(case, &format!("/etc/cron.{folder}"));
    }
    if !found {
        case.not_here("cron과 at이 없음", "there is neither cron nor at");
    }
}

/// Users' tables of jobs belong to their users.
fn tables(case: &mut Case<'_>, folder: &str) {
    case.names(folder);
    for path in below(case, folder) {
        let Some(entry) = case.entry(path) else {
            continue;
        };
        let most = match entry.kind {
            Kind::Folder => 0o1775,
            _ => 0o640,
        };
        if beyond(entry, most) != 0 {
            case.quote_mode(path, entry);
            case.wrong(
                format!("{path}의 권한 {}이(가) 넓음", octal(entry.mode)),
                format!("{path} has {}, too much", octal(entry.mode)),
            );
        }
    }
}

/// Scripts are programs: what counts is who may change them.
fn scripts(case: &mut Case<'_>, folder: &str) {
    case.names(folder);
    for path in below(case, folder) {
        let Some(entry) = case.entry(path) else {
            continue;
        };
        if entry.uid != 0 || entry.mode & 0o022 != 0 {
            case.quote_mode(path, entry);
            case.wrong(
                format!("{path}을(를) root 아닌 이가 고칠 수 있음"),
                format!("others than root may change {path}"),
            );
        }
    }
}

/// U-63.
pub(super) fn sudoers(case: &mut Case<'_>) {
    let mut found = at_most(case, "/etc/sudoers", 0o640, &[]);
    for name in case.names("/etc/sudoers.d").to_vec() {
        found |= at_most(case, &format!("/etc/sudoers.d/{name}"), 0o640, &[]);
    }
    if let Some(entry) = case.entry("/etc/sudoers.d")
        && (entry.uid != 0 || entry.mode & 0o022 != 0)
    {
        case.quote_mode("/etc/sudoers.d", entry);
        case.wrong(
            "/etc/sudoers.d에 root 아닌 이가 파일을 둘 수 있음",
            "others than root may put files into /etc/sudoers.d",
        );
    }
    if !found {
        case.not_here("sudo 설정이 없음", "there are no settings of sudo");
    }
}

/// U-67.
pub(super) fn logs(case: &mut Case<'_>) {
    let mut judged = 0;
    let mut bad = false;
    case.names("/var/log");
    let mut paths = vec!["/var/log"];
    paths.extend(below(case, "/var/log"));
    for path in paths {
        let Some(entry) = case.entry(path) else {
            continue;
        };
        judged += 1;
        let owner = name_of_user(case.host, entry.uid);
        let most = match entry.kind {
            Kind::Folder => 0o775,
            _ => 0o644,
        };
        let accounting = name_of_group(case.host, entry.gid) == "utmp";
        let more = beyond(entry, most);
        let mode = octal(entry.mode);
        let sticky = entry.kind == Kind::Folder && entry.mode & 0o1000 != 0;
        if more & 0o002 != 0 && !sticky || (more != 0 && !accounting) {
            bad = true;
            case.quote_mode(path, entry);
            case.wrong(
                format!("{path}의 권한 {mode}이(가) {}보다 넓음", octal(most)),
                format!("{path} has {mode}, more than {}", octal(most)),
            );
        } else if more != 0 {
            case.quote_mode(path, entry);
            case.unsure(
                format!("{path}을(를) utmp 그룹이 쓸 수 있음({mode}): 배포판의 기본값"),
                format!("group utmp may write {path} ({mode}), as distributions have it"),
            );
        }
        if entry.uid >= 1000 && entry.uid != 65534 {
            bad = true;
            case.quote_mode(path, entry);
            case.wrong(
                format!("{path}의 소유자가 일반 계정 {owner}"),
                format!("{path} belongs to the ordinary account {owner}"),
            );
        } else if entry.uid != 0 {
            case.quote_mode(path, entry);
            case.unsure(
                format!("{path}의 소유자가 {owner}: 그 서비스의 로그인지 확인해야 함"),
                format!("{path} belongs to {owner}: is it that service's log?"),
            );
        }
    }
    match (judged, bad) {
        (0, _) => case.unsure("/var/log를 보지 못함", "/var/log was not seen"),
        (_, false) => case.well(
            format!("로그 {judged}개를 보았고 남이 고칠 수 있는 것이 없음"),
            format!("of {judged} logs none may be changed by others"),
        ),
        _ => {}
    }
}
