//! U-12, U-14, U-24, U-30: what start files of shells set.

use super::super::answer::Case;
use super::super::config::{accounts, lines, pam, shell};
use super::super::plan::{HOME_FILES, HOME_STATES};
use super::super::snapshot::octal;

fn quote(case: &mut Case<'_>, set: &shell::Set<'_>) {
    case.quote(&set.path, set.line.number, set.line.text);
}

/// Start files of people's homes.
fn home_files(case: &Case<'_>) -> Vec<(String, u32)> {
    let users = accounts::with_shell(case.host);
    let files = users.iter().flat_map(|user| {
        let home = user.home.trim_end_matches('/');
        let uid = user.uid.unwrap_or(u32::MAX);
        HOME_FILES.map(|file| (format!("{home}/{file}"), uid))
    });
    files.collect()
}

/// Reads a start file for what it says of the case; a line that was kept back
/// because of a secret may say anything.
fn mind(case: &mut Case<'_>, path: &str) {
    let text = case.text(path).unwrap_or_default();
    if text.contains("<hidden>") {
        case.unsure(
            format!("{path}의 한 줄은 비밀이 섞여 있어 수집하지 않음"),
            format!("a line of {path} holds a secret and was not collected"),
        );
    }
}

/// Marks the case unsure where a system's start file could not be read.
fn mind_unread(case: &mut Case<'_>) {
    for path in shell::login_files(case.host) {
        mind(case, &path);
    }
    case.names("/etc/profile.d");
    let known = shell::login_files(case.host);
    for path in &known {
        for set in shell::sourced(case.host, path) {
            let elsewhere = !set.conditional && !known.iter().any(|it| it == set.value);
            if elsewhere {
                quote(case, &set);
                case.unsure(
                    format!("{path}이(가) 다른 파일도 읽음: {}", set.value),
                    format!("{path} reads another file: {}", set.value),
                );
            }
        }
    }
}

/// U-12.
pub(super) fn time_limit(case: &mut Case<'_>) {
    mind_unread(case);
    let host = case.host;
    let mut effective: Option<shell::Set<'_>> = None;
    let mut fixed = false;
    for path in shell::login_files(host) {
        for set in shell::assignments(host, &path, "TMOUT") {
            quote(case, &set);
            if set.conditional {
                case.unsure(
                    format!(
                        "{}:{}의 TMOUT은 조건에 달려 있음",
                        set.path, set.line.number
                    ),
                    format!(
                        "TMOUT in {}:{} depends on a condition",
                        set.path, set.line.number
                    ),
                );
            } else if !fixed {
                let text = set.line.text;
                fixed = text.contains("readonly")
                    || text.contains("declare -")
                    || text.contains("typeset -");
                effective = Some(set);
            }
        }
        let text = host.text(&path).unwrap_or_default();
        for line in lines::of(text) {
            if line.text.contains("unset") && line.text.contains("TMOUT") {
                case.quote(&path, line.number, line.text);
                case.unsure("TMOUT을 지우는 줄이 있음", "a line unsets TMOUT");
            }
        }
    }
    match &effective {
        Some(set) => judge_limit(case, set),
        None => case.wrong(
            "모든 사용자에게 걸리는 TMOUT이 없음",
            "no TMOUT holds for everybody",
        ),
    }
    if !fixed {
        own_limits(case);
    }
    other_shells(case);
}

fn judge_limit(case: &mut Case<'_>, set: &shell::Set<'_>) {
    if set.path == "/etc/bashrc" {
        case.unsure(
            "/etc/bashrc는 사용자의 ~/.bashrc가 불러야 읽힘",
            "/etc/bashrc is read only where a user's ~/.bashrc calls it",
        );
    }
    let profile = case.host.text("/etc/profile").unwrap_or_default();
    if set.path.starts_with("/etc/profile.d/") && !profile.contains("profile.d") {
        case.unsure(
            "/etc/profile이 profile.d를 읽지 않음",
            "/etc/profile does not read profile.d",
        );
    }
    match set.value.parse::<u32>() {
        Ok(seconds @ 1..=600) => case.well(
            format!("TMOUT {seconds}초"),
            format!("TMOUT is {seconds} seconds"),
        ),
        Ok(seconds) => case.wrong(
            format!("TMOUT이 {seconds}: 600초 이하여야 함(0은 끝나지 않음)"),
            format!("TMOUT is {seconds}: at most 600, and 0 is never"),
        ),
        Err(_) => case.unsure(
            format!("TMOUT의 값을 알 수 없음: {}", set.value),
            format!("TMOUT is not a number: {}", set.value),
        ),
    }
}

/// Users may lift a limit that is not read-only.
fn own_limits(case: &mut Case<'_>) {
    for (path, _) in home_files(case) {
        mind(case, &path);
        for set in shell::assignments(case.host, &path, "TMOUT") {
            if !matches!(set.value.parse::<u32>(), Ok(1..=600)) {
                quote(case, &set);
                case.wrong(
                    format!("{path}에서 TMOUT을 {}(으)로 바꿈", set.value),
                    format!("{path} sets TMOUT to {}", set.value),
                );
            }
        }
    }
}

fn other_shells(case: &mut Case<'_>) {
    let host = case.host;
    let users = accounts::with_shell(host);
    if users.iter().any(|it| it.shell.ends_with("csh")) {
        let files = ["/etc/csh.cshrc", "/etc/csh.login"];
        let sets = files.iter().flat_map(|path| {
            let mut sets = shell::assignments(host, path, "autologout");
            sets.extend(shell::assignments(host, path, "set autologout"));
            sets
        });
        let sets: Vec<_> = sets.collect();
        let within = sets
            .iter()
            .any(|set| matches!(set.value.trim().parse::<u32>(), Ok(1..=10)));
        for set in &sets {
            quote(case, set);
        }
        if !within {
            case.wrong(
                "csh를 쓰는 계정이 있는데 autologout이 10분 이하로 걸려 있지 않음",
                "accounts use csh, and no autologout of at most 10 minutes is set",
            );
        }
    }
    let others = users.iter().filter(|it| {
        let name = it.shell.rsplit('/').next().unwrap_or_default();
        !it.shell.ends_with("csh")
            && !["sh", "bash", "dash", "ksh", "mksh", "rbash", ""].contains(&name)
    });
    for user in others {
        case.unsure(
            format!(
                "{}의 셸 {}은(는) /etc/profile을 읽지 않을 수 있음",
                user.name, user.shell
            ),
            format!(
                "the shell {} of {} may not read /etc/profile",
                user.shell, user.name
            ),
        );
    }
}

/// U-14.
pub(super) fn search_path(case: &mut Case<'_>) {
    mind_unread(case);
    let host = case.host;
    let root = accounts::users(host)
        .into_iter()
        .find(|it| it.name == "root")
        .map_or("/root", |it| it.home);
    root_home(case, root);
    let mut files = shell::login_files(host);
    files.push("/etc/environment".to_owned());
    files.extend(HOME_FILES.map(|file| format!("{root}/{file}")));
    for path in files {
        mind(case, &path);
        for set in shell::assignments(host, &path, "PATH") {
            quote(case, &set);
            folders_of(case, set.value, set.conditional);
        }
    }
    let defs = ["/etc/login.defs".to_owned()];
    if let Some(setting) = case.setting(&defs, "ENV_SUPATH") {
        case.quote(&setting.path, setting.line.number, setting.line.text);
        folders_of(case, setting.value.trim_start_matches("PATH="), false);
    }
}

fn root_home(case: &mut Case<'_>, home: &str) {
    let Some(entry) = case.entry(home) else {
        case.unsure(
            format!("root의 홈 {home}이(가) 없음"),
            format!("root's home {home} does not exist"),
        );
        return;
    };
    case.quote_mode(home, entry);
    let open = entry.mode & 0o002 != 0 || (entry.mode & 0o020 != 0 && entry.gid != 0);
    match (entry.uid, open) {
        (0, false) => case.well(
            format!("{home}은(는) root만 쓸 수 있음"),
            format!("only root may write {home}"),
        ),
        _ => case.wrong(
            format!(
                "{home}을(를) root 아닌 이가 쓸 수 있음({})",
                octal(entry.mode)
            ),
            format!("others than root may write {home} ({})", octal(entry.mode)),
        ),
    }
}

fn folders_of(case: &mut Case<'_>, value: &str, conditional: bool) {
    let parts: Vec<&str> = value.split(':').collect();
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.iter().enumerate() {
        let variable = part.contains('$');
        match *part {
            "" | "." | ".." if at == last && last > 0 => case.unsure(
                format!("PATH의 끝에 현재 폴더가 있음: {value}"),
                format!("the current folder ends PATH: {value}"),
            ),
            "" | "." | ".." if !conditional => case.wrong(
                format!("PATH의 앞이나 가운데에 현재 폴더가 있음: {value}"),
                format!("the current folder is in front or amid PATH: {value}"),
            ),
            "" | "." | ".." => case.unsure(
                format!("조건에 따라 PATH에 현재 폴더가 들어감: {value}"),
                format!("under a condition the current folder is in PATH: {value}"),
            ),
            "$PATH" | "${PATH}" => {}
            _ if variable && (part.starts_with("$HOME/") || part.starts_with("${HOME}/")) => {}
            _ if variable => case.unsure(
                format!("PATH의 {part}을(를) 풀 수 없음"),
                format!("{part} in PATH cannot be resolved"),
            ),
            folder if folder.starts_with('/') => folder_of(case, folder),
            folder if folder.starts_with("~/") => {}
            folder => case.wrong(
                format!("PATH에 상대 경로가 있음: {folder}"),
                format!("PATH holds a relative folder: {folder}"),
            ),
        }
    }
}

fn folder_of(case: &mut Case<'_>, folder: &str) {
    let Some(entry) = case.entry(folder) else {
        return;
    };
    if entry.uid != 0 || entry.mode & 0o002 != 0 {
        case.quote_mode(folder, entry);
        case.wrong(
            format!("PATH의 {folder}을(를) root 아닌 이가 쓸 수 있음"),
            format!("others than root may write {folder} of PATH"),
        );
    } else if entry.mode & 0o020 != 0 && entry.gid != 0 {
        case.quote_mode(folder, entry);
        case.unsure(
            format!("PATH의 {folder}을(를) 그룹이 쓸 수 있음"),
            format!("a group may write {folder} of PATH"),
        );
    }
}

/// U-24.
pub(super) fn start_files(case: &mut Case<'_>) {
    let mut files: Vec<(String, u32)> = shell::login_files(case.host)
        .into_iter()
        .chain(["/etc/csh.cshrc", "/etc/csh.login", "/etc/environment"].map(str::to_owned))
        .map(|path| (path, 0))
        .collect();
    files.extend(home_files(case));
    for user in accounts::with_shell(case.host) {
        let home = user.home.trim_end_matches('/');
        let uid = user.uid.unwrap_or(u32::MAX);
        files.extend(HOME_STATES.map(|file| (format!("{home}/{file}"), uid)));
    }
    let mut judged = 0;
    let mut bad = false;
    for (path, uid) in files {
        let Some(entry) = case.entry(&path) else {
            continue;
        };
        judged += 1;
        let owned = entry.uid == 0 || entry.uid == uid;
        if owned && entry.mode & 0o022 == 0 {
            continue;
        }
        bad = true;
        case.quote_mode(&path, entry);
        case.wrong(
            format!("{path}을(를) 주인 아닌 이가 고칠 수 있음"),
            format!("others than its owner may change {path}"),
        );
    }
    if !bad {
        case.well(
            format!("시작 파일 {judged}개를 주인만 고칠 수 있음"),
            format!("only their owners may change {judged} start files"),
        );
    }
}

/// U-30.
pub(super) fn mask(case: &mut Case<'_>) {
    mind_unread(case);
    let host = case.host;
    let mut settled = false;
    for path in shell::login_files(host) {
        for set in shell::umasks(host, &path) {
            quote(case, &set);
            settled |= judge_mask(case, set.value, set.conditional);
        }
    }
    for (path, _) in home_files(case) {
        mind(case, &path);
        for set in shell::umasks(host, &path) {
            quote(case, &set);
            judge_mask(case, set.value, set.conditional);
        }
    }
    if settled {
        return;
    }
    let defs = ["/etc/login.defs".to_owned()];
    let Some(setting) = case.setting(&defs, "UMASK") else {
        case.unsure(
            "umask를 정하는 곳이 없음: 프로그램의 기본값에 달려 있음",
            "nothing sets the mask: it depends on programs' defaults",
        );
        return;
    };
    case.quote(&setting.path, setting.line.number, setting.line.text);
    judge_mask(case, setting.value, false);
    let stack = pam::stack(host, "login", "session");
    let Some((_, module)) = stack.find("pam_umask") else {
        case.unsure(
            "login.defs의 UMASK를 적용하는 pam_umask가 없음",
            "no pam_umask applies UMASK of login.defs",
        );
        return;
    };
    case.quote(&module.path, module.line.number, module.line.text);
    let groups = case.setting(&defs, "USERGROUPS_ENAB");
    let lax = groups.is_some_and(|it| it.value.eq_ignore_ascii_case("yes"));
    if (lax || module.has("usergroups")) && !module.has("nousergroups") {
        case.unsure(
            "사용자 그룹이 켜져 있어 022가 002로 느슨해질 수 있음",
            "with user groups 022 may become 002",
        );
    }
    if let Some(value) = module.argument("umask") {
        judge_mask(case, value, false);
    }
}

/// Judges a mask; says whether it settles what a login shell gets.
fn judge_mask(case: &mut Case<'_>, value: &str, conditional: bool) -> bool {
    match (shell::mask(value), conditional) {
        (Some(mask), false) if mask & 0o022 == 0o022 => {
            case.well(format!("umask {value}"), format!("umask {value}"));
            true
        }
        (Some(mask), true) if mask & 0o022 == 0o022 => false,
        (Some(_), false) => {
            case.wrong(
                format!("umask {value}: 남이 새 파일을 쓸 수 있음"),
                format!("umask {value}: others may write new files"),
            );
            true
        }
        (Some(_), true) => {
            case.unsure(
                format!("조건에 따라 umask {value}이(가) 됨"),
                format!("under a condition the mask is {value}"),
            );
            false
        }
        (None, _) => {
            case.unsure(
                format!("umask {value}을(를) 읽을 수 없음"),
                format!("umask {value} cannot be read"),
            );
            false
        }
    }
}
