//! U-02, U-03, U-06, U-13: passwords, and who gets past them.

use super::super::answer::Case;
use super::super::config::accounts::{self, SHADOW};
use super::super::config::lines::Setting;
use super::super::config::pam::{self, Module, Reply, Stack};
use super::super::config::sshd;
use super::super::snapshot::Snapshot;
use super::accounts::mind_other_sources;

const LOGIN_DEFS: &str = "/etc/login.defs";

/// Modules that ask for a secret or refuse: a wrong password makes them fail.
const ASKING: [&str; 10] = [
    "pam_unix",
    "pam_sss",
    "pam_ldap",
    "pam_krb5",
    "pam_winbind",
    "pam_systemd_home",
    "pam_fprintd",
    "pam_u2f",
    "pam_deny",
    "pam_rootok",
];

/// U-02.
pub(super) fn policy(case: &mut Case<'_>) {
    ageing_of_new(case);
    ageing_of_existing(case);
    // An expired password is changed in the stack of what one logs in with.
    for service in ["passwd", "login", "sshd"] {
        let stack = pam::stack(case.host, service, "password");
        mind_unread(case, &stack, service);
        if service != "passwd" && stack.modules.is_empty() {
            continue;
        }
        quality(case, &stack);
        history(case, &stack);
    }
    mind_other_sources(case);
}

fn mind_unread(case: &mut Case<'_>, stack: &Stack<'_>, service: &str) {
    for unread in &stack.unread {
        case.unsure(
            format!("{service}의 PAM 설정 {unread}을(를) 읽지 못함"),
            format!("{unread} of the PAM settings of {service} could not be read"),
        );
    }
}

fn quote_module(case: &mut Case<'_>, module: &Module<'_>) {
    case.quote(&module.path, module.line.number, module.line.text);
}

fn quote_setting(case: &mut Case<'_>, setting: &Setting<'_>) {
    case.quote(&setting.path, setting.line.number, setting.line.text);
}

fn ageing_of_new(case: &mut Case<'_>) {
    case.text(LOGIN_DEFS);
    let files = [LOGIN_DEFS.to_owned()];
    for (key, most, least) in [("PASS_MAX_DAYS", 90, 1), ("PASS_MIN_DAYS", i64::MAX, 1)] {
        let setting = case.setting(&files, key);
        let days = setting.as_ref().and_then(|it| it.value.parse::<i64>().ok());
        if let Some(setting) = &setting {
            quote_setting(case, setting);
        }
        match days {
            Some(days) if days >= least && days <= most => case.well(
                format!("{key} {days} (새 계정)"),
                format!("{key} {days}, for new accounts"),
            ),
            Some(days) => case.wrong(
                format!("{key}이(가) {days}: 새 계정의 비밀번호가 기준을 벗어남"),
                format!("{key} is {days}: new accounts get passwords beyond the bound"),
            ),
            None => case.wrong(
                format!("{key}이(가) login.defs에 없음"),
                format!("login.defs does not set {key}"),
            ),
        }
    }
}

/// login.defs is read when an account is made; what holds for an account is
/// in its line of the shadow file.
fn ageing_of_existing(case: &mut Case<'_>) {
    case.text(SHADOW);
    let today = today(case.host);
    let mut all_well = true;
    let mut judged = 0;
    for shadow in accounts::shadows(case.host) {
        if !shadow.has_password() {
            continue;
        }
        judged += 1;
        let name = shadow.name;
        let too_long = !shadow.maximum.is_some_and(|days| (1..=90).contains(&days));
        let too_short = shadow.minimum.is_none_or(|days| days < 1);
        if !too_long && !too_short {
            continue;
        }
        all_well = false;
        case.quote(SHADOW, shadow.line.number, shadow.line.text);
        let expires = shadow.line.text.split(':').nth(7);
        let expires = expires.and_then(|it| it.trim().parse::<i64>().ok());
        if let (Some(today), Some(day)) = (today, expires)
            && day < today
        {
            case.unsure(
                format!("{name}은(는) 만료된 계정이지만 사용 기간이 정해져 있지 않음: 지울지 정해야 함"),
                format!("{name} has expired, and its password has no bounds: decide whether to delete it"),
            );
            continue;
        }
        if too_long {
            case.wrong(
                format!("{name}의 최대 사용 기간이 90일을 넘거나 없음"),
                format!("the password of {name} may be older than 90 days"),
            );
        }
        if too_short {
            case.wrong(
                format!("{name}의 최소 사용 기간이 1일보다 짧음"),
                format!("{name} may change the password again at once"),
            );
        }
    }
    if all_well && case.host.text(SHADOW).is_some() {
        case.well(
            format!("비밀번호가 있는 계정 {judged}개가 모두 최대 90일, 최소 1일"),
            format!("all of {judged} accounts with a password have at most 90 and at least 1 day"),
        );
    }
}

/// Days since 1970 on which the host was seen.
fn today(host: &Snapshot) -> Option<i64> {
    let date: jiff::civil::Date = host.taken.get(..10)?.parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    Some(date.duration_since(epoch).as_hours() / 24)
}

/// What a checker of new passwords demands.
struct Demands {
    length: i64,
    kinds: i64,
    enforced: bool,
    for_root: bool,
}

fn quality(case: &mut Case<'_>, stack: &Stack<'_>) {
    let found = stack
        .find("pam_pwquality")
        .or_else(|| stack.find("pam_cracklib"));
    let Some((at, module)) = found else {
        match stack.find("pam_passwdqc") {
            Some((_, module)) => {
                quote_module(case, module);
                case.unsure(
                    "pam_passwdqc를 씀: min 값을 직접 확인해야 함",
                    "pam_passwdqc is used: read its min values",
                );
            }
            None => case.wrong(
                "새 비밀번호의 복잡성을 확인하는 PAM 모듈이 없음",
                "no PAM module looks at new passwords",
            ),
        }
        return;
    };
    quote_module(case, module);
    let walk = stack.walk(|it| match (std::ptr::eq(it, module), it.name) {
        (true, _) | (_, "pam_deny") => Reply::Failure,
        _ => Reply::Success,
    });
    if walk.granted || !walk.asked.contains(&at) {
        case.wrong(
            format!("{}이(가) 거절해도 새 비밀번호가 받아들여짐", module.name),
            format!("a new password is taken though {} refuses it", module.name),
        );
        return;
    }
    let demands = demands(case, module);
    if !demands.enforced {
        case.wrong(
            "enforcing = 0: 경고만 하고 받아들임",
            "enforcing = 0: it warns and takes the password",
        );
    }
    if !demands.for_root {
        case.wrong(
            "enforce_for_root가 없어 root의 비밀번호에는 적용되지 않음",
            "without enforce_for_root it does not hold for root's password",
        );
    }
    let (length, kinds) = (demands.length, demands.kinds);
    let ko = format!("유효한 최소 길이 {length}, 문자 종류 {kinds}");
    let en = format!("effective least length {length}, kinds of letters {kinds}");
    match (length, kinds) {
        (8.., 3..) | (10.., 2) => case.well(ko, en),
        (8.., 2) => case.unsure(
            format!("{ko}: 두 종류면 10자가 권고됨"),
            format!("{en}: with two kinds 10 letters are advised"),
        ),
        _ => case.wrong(ko, en),
    }
}

/// libpwquality reads `pwquality.conf.d` first and the main file after it;
/// arguments overrule both (pwquality.conf(5)). pam_cracklib has arguments
/// only, with other defaults.
fn demands(case: &mut Case<'_>, module: &Module<'_>) -> Demands {
    let cracklib = module.name == "pam_cracklib";
    let mut files = case.files_of("/etc/security/pwquality.conf.d", ".conf");
    files.push("/etc/security/pwquality.conf".to_owned());
    if cracklib {
        files.clear();
    }
    let mut number = |key: &str, default: i64| {
        if let Some(value) = module.argument(key) {
            return value.parse().unwrap_or(default);
        }
        let Some(setting) = case.setting(&files, key) else {
            return default;
        };
        quote_setting(case, &setting);
        setting.value.parse().unwrap_or(default)
    };
    let (length, credit) = if cracklib { (9, 1) } else { (8, 0) };
    let minlen = number("minlen", length);
    let credits = ["dcredit", "ucredit", "lcredit", "ocredit"].map(|key| number(key, credit));
    let gained: i64 = credits.iter().filter(|it| **it > 0).sum();
    let demanded = credits.iter().filter(|it| **it < 0).count() as i64;
    let kinds = demanded.max(number("minclass", 0));
    let enforced = number("enforcing", 1) != 0;
    let for_root = case.setting(&files, "enforce_for_root");
    if let Some(setting) = &for_root {
        quote_setting(case, setting);
    }
    Demands {
        length: minlen - gained,
        kinds,
        enforced,
        for_root: module.has("enforce_for_root") || for_root.is_some(),
    }
}

fn history(case: &mut Case<'_>, stack: &Stack<'_>) {
    let number = |module: &Module<'_>| {
        module
            .argument("remember")
            .and_then(|it| it.parse::<i64>().ok())
    };
    let unix_at = stack.find("pam_unix").map_or(usize::MAX, |(at, _)| at);
    let kept = stack.find("pam_pwhistory").filter(|(_, it)| it.binds());
    if let Some((at, module)) = kept {
        quote_module(case, module);
        let files = ["/etc/security/pwhistory.conf".to_owned()];
        let setting = case.setting(&files, "remember");
        if let Some(setting) = &setting {
            quote_setting(case, setting);
        }
        let told = setting.and_then(|it| it.value.parse().ok());
        let remember = number(module).or(told).unwrap_or(10);
        let root =
            module.has("enforce_for_root") || case.setting(&files, "enforce_for_root").is_some();
        if at > unix_at {
            case.wrong(
                "pam_pwhistory가 pam_unix 뒤에 있어 바뀐 다음에야 봄",
                "pam_pwhistory stands behind pam_unix and looks too late",
            );
        }
        if !root {
            case.unsure(
                "pam_pwhistory에 enforce_for_root가 없음: root가 옛 비밀번호를 다시 쓸 수 있음",
                "pam_pwhistory lacks enforce_for_root: root may use an old password again",
            );
        }
        remembers(case, remember);
        return;
    }
    let unix = stack.find("pam_unix").map(|(_, it)| it);
    if let Some(module) = unix.filter(|it| number(it).is_some()) {
        quote_module(case, module);
        remembers(case, number(module).unwrap_or(0));
        return;
    }
    case.wrong(
        "최근 비밀번호를 기억하지 않음(pam_pwhistory나 remember가 없음)",
        "old passwords are not remembered (no pam_pwhistory, no remember)",
    );
}

fn remembers(case: &mut Case<'_>, count: i64) {
    match count {
        4.. => case.well(
            format!("최근 비밀번호 {count}개를 기억함"),
            format!("the last {count} passwords are remembered"),
        ),
        _ => case.wrong(
            format!("최근 비밀번호를 {count}개만 기억함"),
            format!("only the last {count} passwords are remembered"),
        ),
    }
}

/// U-03.
pub(super) fn lockout(case: &mut Case<'_>) {
    for service in ["login", "sshd"] {
        let present = service == "login" || case.host.entry("/usr/sbin/sshd").is_some();
        if present {
            lockout_of(case, service);
        }
    }
    mind_other_sources(case);
}

fn is_counter(module: &Module<'_>) -> bool {
    ["pam_faillock", "pam_tally2", "pam_tally"].contains(&module.name)
}

/// Whether sshd uses PAM at all; otherwise its stack says nothing.
fn sshd_asks_pam(case: &mut Case<'_>) -> bool {
    let host = case.host;
    let printed = host.output(sshd::PRINT).unwrap_or_default();
    let said = sshd::printed(printed, "usepam").first().copied();
    let files = sshd::files(host);
    let value = match (said, files.first("usepam")) {
        (Some((line, value)), _) => {
            case.quote_command(sshd::PRINT, line);
            Some(value.to_owned())
        }
        (None, Some(stated)) if files.unread.is_empty() => {
            case.quote(&stated.path, stated.line.number, stated.line.text);
            Some(stated.value.to_lowercase())
        }
        _ => None,
    };
    match value.as_deref() {
        Some("yes") => true,
        Some("no") => {
            case.wrong(
                "sshd가 PAM을 쓰지 않아 실패를 세지 않음(UsePAM no)",
                "sshd does not use PAM, so nothing counts failures (UsePAM no)",
            );
            false
        }
        _ => {
            case.unsure(
                "sshd가 PAM을 쓰는지 알 수 없음(UsePAM)",
                "whether sshd uses PAM is not known (UsePAM)",
            );
            true
        }
    }
}

fn lockout_of(case: &mut Case<'_>, service: &str) {
    if service == "sshd" && !sshd_asks_pam(case) {
        return;
    }
    let stack = pam::stack(case.host, service, "auth");
    mind_unread(case, &stack, service);
    let counters: Vec<&Module<'_>> = stack.modules.iter().filter(|it| is_counter(it)).collect();
    for module in &counters {
        quote_module(case, module);
        if module.argument("conf").is_some() {
            case.unsure(
                "pam_faillock이 다른 설정 파일을 씀(conf=)",
                "pam_faillock uses another file of settings (conf=)",
            );
        }
    }
    if counters.is_empty() {
        case.wrong(
            format!("{service}의 인증에 실패를 세는 모듈이 없음"),
            format!("nothing counts failures in the authentication of {service}"),
        );
        return;
    }
    // A wrong password: is the failure counted?
    let wrong = stack.walk(|it| match it.name {
        name if ASKING.contains(&name) => Reply::Failure,
        _ if is_counter(it) && it.has("authfail") => Reply::Ignore,
        _ => Reply::Success,
    });
    let counts = wrong.asked.iter().filter_map(|at| stack.modules.get(*at));
    let counted = counts
        .filter(|it| is_counter(it))
        .any(|it| it.name != "pam_faillock" || it.has("authfail"));
    if !counted {
        case.wrong(
            format!("{service}: 틀린 비밀번호가 실패를 세는 모듈에 닿지 않음"),
            format!("{service}: a wrong password does not reach what counts failures"),
        );
    }
    // The right password on a locked account: is it refused?
    let locked = stack.walk(|it| match it.name {
        "pam_deny" | "pam_rootok" => Reply::Failure,
        _ if is_counter(it) && !it.has("authfail") => Reply::Failure,
        _ => Reply::Success,
    });
    if locked.granted {
        case.wrong(
            format!("{service}: 잠긴 계정도 맞는 비밀번호로 들어감(preauth가 막지 않음)"),
            format!("{service}: a locked account gets in with the right password (preauth does not refuse)"),
        );
    }
    threshold(case, service, &counters);
}

fn threshold(case: &mut Case<'_>, service: &str, counters: &[&Module<'_>]) {
    let files = ["/etc/security/faillock.conf".to_owned()];
    let setting = case.setting(&files, "deny");
    let in_file = setting.as_ref().and_then(|it| it.value.parse::<i64>().ok());
    let mut denies: Vec<i64> = Vec::new();
    for module in counters {
        let told = module.argument("deny").and_then(|it| it.parse().ok());
        // pam_faillock locks after 3 where nothing is said, pam_tally2 never.
        let default = match module.name {
            "pam_faillock" => in_file.or(Some(3)),
            _ => None,
        };
        denies.extend(told.or(default));
    }
    if let Some(setting) = &setting {
        quote_setting(case, setting);
    }
    let most = denies.iter().max().copied();
    let never = denies.contains(&0) || denies.is_empty();
    match most {
        Some(most @ 1..=10) if !never => case.well(
            format!("{service}: {most}번 실패하면 잠김"),
            format!("{service}: locked after {most} failures"),
        ),
        Some(most) if !never => case.wrong(
            format!("{service}: {most}번까지 실패할 수 있음"),
            format!("{service}: {most} failures are allowed"),
        ),
        _ => case.wrong(
            format!("{service}: 실패해도 잠기지 않음(deny가 없거나 0)"),
            format!("{service}: never locked (no deny, or 0)"),
        ),
    }
}

/// U-06.
pub(super) fn su(case: &mut Case<'_>) {
    let programs = ["/usr/bin/su", "/bin/su"];
    let mut present = None;
    for program in programs {
        if let Some(entry) = case.entry(program) {
            case.quote_mode(program, entry);
            present = Some(entry);
        }
    }
    let Some(entry) = present else {
        case.not_here("su가 없음", "there is no su");
        return;
    };
    if entry.mode & 0o001 == 0 {
        case.well(
            "su를 정해진 그룹만 실행할 수 있음",
            "only one group may run su",
        );
        return;
    }
    let stack = pam::stack(case.host, "su", "auth");
    mind_unread(case, &stack, "su");
    let Some((at, module)) = stack.find("pam_wheel") else {
        case.wrong(
            "모든 사용자가 su를 쓸 수 있음(pam_wheel이 없음)",
            "every user may use su (no pam_wheel)",
        );
        return;
    };
    quote_module(case, module);
    if module.has("deny") {
        case.unsure(
            "pam_wheel이 deny로 쓰임: 그룹 밖의 모두가 su를 쓸 수 있음",
            "pam_wheel is used with deny: everybody outside of the group may use su",
        );
        return;
    }
    let walk = stack.walk(|it| match it.name {
        "pam_wheel" | "pam_rootok" | "pam_deny" => Reply::Failure,
        _ => Reply::Success,
    });
    if walk.granted || !walk.asked.contains(&at) {
        case.wrong(
            "pam_wheel이 있지만 그룹 밖의 사용자도 비밀번호만 맞으면 통과함",
            "pam_wheel is there, yet users outside of the group pass with the password",
        );
        return;
    }
    let wanted = module.argument("group").unwrap_or("wheel");
    let groups = accounts::groups(case.host);
    if let Some(group) = groups.iter().find(|it| it.name == wanted) {
        case.quote(accounts::GROUP, group.line.number, group.line.text);
    }
    case.well(
        format!("{wanted} 그룹만 su를 쓸 수 있음"),
        format!("only group {wanted} may use su"),
    );
}

/// U-13.
pub(super) fn hashes(case: &mut Case<'_>) {
    const STRONG: [&str; 6] = [
        "yescrypt",
        "gost_yescrypt",
        "sha512",
        "sha256",
        "blowfish",
        "bcrypt",
    ];
    let stack = pam::stack(case.host, "passwd", "password");
    mind_unread(case, &stack, "passwd");
    let files = [LOGIN_DEFS.to_owned()];
    let setting = case.setting(&files, "ENCRYPT_METHOD");
    if let Some(setting) = &setting {
        quote_setting(case, setting);
    }
    let method = setting.map(|it| it.value.to_lowercase());
    let is_strong = |name: &str| STRONG.contains(&name);
    let unix = stack.find("pam_unix").map(|(_, it)| it);
    let argument = unix.and_then(|module| {
        let known = |it: &&&str| is_strong(it) || ["md5", "bigcrypt"].contains(*it);
        module.arguments.iter().find(known).copied()
    });
    if let Some(module) = unix {
        quote_module(case, module);
    }
    match (argument, method.as_deref()) {
        (Some(name), _) if is_strong(name) => case.well(
            format!("새 해시는 {name} (pam_unix)"),
            format!("new hashes are {name} (pam_unix)"),
        ),
        (None, Some(name)) if is_strong(name) && unix.is_some() => case.well(
            format!("새 해시는 {name} (login.defs)"),
            format!("new hashes are {name} (login.defs)"),
        ),
        (None, _) if unix.is_none() => case.unsure(
            "pam_unix가 비밀번호 스택에 없음",
            "no pam_unix in the stack for passwords",
        ),
        (name, method) => {
            let name = name.or(method).unwrap_or("DES").to_owned();
            case.wrong(
                format!("새 해시의 방식이 약함: {name}"),
                format!("new hashes are weak: {name}"),
            );
        }
    }
    existing_hashes(case);
    mind_other_sources(case);
}

fn existing_hashes(case: &mut Case<'_>) {
    const WEAK: [&str; 6] = [
        "descrypt",
        "bsdicrypt",
        "md5crypt",
        "nt",
        "sunmd5",
        "sha1crypt",
    ];
    case.text(SHADOW);
    for shadow in accounts::shadows(case.host) {
        let hash = shadow.password.trim_start_matches('!');
        let scheme = hash.trim_start_matches('<').trim_end_matches('>');
        let name = shadow.name;
        if WEAK.contains(&scheme) {
            case.quote(SHADOW, shadow.line.number, shadow.line.text);
            case.wrong(
                format!("{name}의 해시가 약함: {scheme}"),
                format!("the hash of {name} is weak: {scheme}"),
            );
        } else if scheme == "unknown" {
            case.quote(SHADOW, shadow.line.number, shadow.line.text);
            case.unsure(
                format!("{name}의 해시 방식을 알 수 없음"),
                format!("the scheme of the hash of {name} is not known"),
            );
        }
    }
}
