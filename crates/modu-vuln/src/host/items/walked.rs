//! U-15, U-23, U-25, U-26, U-33: what the walk over the file systems found.

use super::super::answer::Case;
use super::super::config::accounts::{self, name_of_group, name_of_user};
use super::super::snapshot::{Found, Spot, Sweep, octal};

/// The walk; the case is unsure where it was not made, or not to its end.
fn sweep<'a>(case: &mut Case<'a>, found: fn(&Sweep) -> &Found) -> Option<&'a Found> {
    let Some(sweep) = &case.host.sweep else {
        case.unsure(
            "파일 시스템을 훑지 않음",
            "the file systems were not walked",
        );
        return None;
    };
    let missed = sweep.skipped.iter().filter(|it| it.matters);
    for skipped in missed {
        case.unsure(
            format!("{}을(를) 보지 못함: {}", skipped.path, skipped.why),
            format!("{} was not looked at: {}", skipped.path, skipped.why),
        );
    }
    if !sweep.complete {
        case.unsure("끝까지 훑지 못함", "the walk did not reach its end");
    }
    let found = found(sweep);
    if found.more > 0 {
        case.unsure(
            format!("한도를 넘은 {}개는 적지 못함", found.more),
            format!("{} more are beyond the limit", found.more),
        );
    }
    Some(found)
}

fn quote(case: &mut Case<'_>, spot: &Spot) {
    let owner = name_of_user(case.host, spot.uid);
    let group = name_of_group(case.host, spot.gid);
    let quote = format!("{} {owner}:{group}", octal(spot.mode));
    case.piece(spot.path.clone(), &quote, None);
}

fn entries(case: &Case<'_>) -> u64 {
    case.host.sweep.as_ref().map_or(0, |it| it.entries)
}

/// U-15.
pub(super) fn unowned(case: &mut Case<'_>) {
    let Some(found) = sweep(case, |it| &it.unowned) else {
        return;
    };
    for spot in &found.listed {
        quote(case, spot);
    }
    let count = found.listed.len() as u64 + found.more;
    case.text("/etc/nsswitch.conf");
    let elsewhere = !accounts::other_sources(case.host).is_empty();
    let ko = format!("주인이나 그룹의 이름이 없는 것이 {count}개");
    let en = format!("{count} belong to a user or group without a name");
    match (count, elsewhere) {
        (0, _) => {
            let entries = entries(case);
            case.well(
                format!("{entries}개를 보았고 모두 주인이 있음"),
                format!("all of {entries} entries have an owner"),
            );
        }
        (_, true) => case.unsure(
            ko + " (계정을 다른 곳에서도 가져옴)",
            en + " (users come from elsewhere too)",
        ),
        (_, false) => case.wrong(ko, en),
    }
}

/// Set-id programs without which ordinary work is not possible.
const NEEDED: [&str; 40] = [
    "bwrap",
    "chage",
    "chfn",
    "chsh",
    "crontab",
    "dbus-daemon-launch-helper",
    "dotlockfile",
    "expiry",
    "fusermount",
    "fusermount3",
    "gpasswd",
    "grub2-set-bootflag",
    "locate",
    "mail-lock",
    "mail-touchlock",
    "mail-unlock",
    "mount",
    "mount.nfs",
    "pam_extrausers_chkpwd",
    "pam_timestamp_check",
    "passwd",
    "pkexec",
    "plocate",
    "polkit-agent-helper-1",
    "postdrop",
    "postqueue",
    "ssh-agent",
    "ssh-keysign",
    "su",
    "sudo",
    "sudoedit",
    "umount",
    "unix_chkpwd",
    "userhelper",
    "usernetctl",
    "utempter",
    "wall",
    "write",
    "write.ul",
    "Xorg.wrap",
];

/// U-23.
pub(super) fn set_id(case: &mut Case<'_>) {
    let Some(found) = sweep(case, |it| &it.set_id) else {
        return;
    };
    for spot in &found.listed {
        quote(case, spot);
        let path = &spot.path;
        let system = [
            "/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/opt/", "/snap/",
        ];
        let placed = system.iter().any(|it| path.starts_with(it));
        let name = path.rsplit('/').next().unwrap_or_default();
        if spot.mode & 0o002 != 0 || !placed {
            case.wrong(
                format!("{path}: set-id 프로그램이 남이 고칠 수 있거나 낯선 곳에 있음"),
                format!("{path}: a set-id program that others may change or in a strange place"),
            );
        } else if !NEEDED.contains(&name)
            || path.starts_with("/opt/")
            || path.starts_with("/usr/local/")
        {
            case.unsure(
                format!("{path}: set-id가 필요한지 확인해야 함"),
                format!("{path}: does it need its set-id bit?"),
            );
        }
    }
    let count = found.listed.len();
    case.well(
        format!("set-id 프로그램 {count}개를 봄"),
        format!("{count} set-id programs were seen"),
    );
}

/// U-25.
pub(super) fn world_writable(case: &mut Case<'_>) {
    let Some(found) = sweep(case, |it| &it.world_writable) else {
        return;
    };
    for spot in &found.listed {
        let path = &spot.path;
        quote(case, spot);
        let passing = ["/tmp/", "/var/tmp/", "/dev/shm/", "/run/", "/var/spool/"];
        match passing.iter().any(|it| path.starts_with(it)) {
            true => case.unsure(
                format!("{path}: 임시 폴더의 파일을 누구나 쓸 수 있음"),
                format!("{path}: everybody may write this passing file"),
            ),
            false => case.wrong(
                format!("{path}: 누구나 쓸 수 있음"),
                format!("{path}: everybody may write it"),
            ),
        }
    }
    if found.listed.is_empty() {
        let entries = entries(case);
        case.well(
            format!("{entries}개를 보았고 누구나 쓸 수 있는 것이 없음"),
            format!("of {entries} entries none may be written by everybody"),
        );
    }
}

/// U-26.
pub(super) fn plain_in_dev(case: &mut Case<'_>) {
    let Some(found) = sweep(case, |it| &it.plain_in_dev) else {
        return;
    };
    for spot in &found.listed {
        quote(case, spot);
        case.wrong(
            format!("{}: /dev에 있는 장치 아닌 파일", spot.path),
            format!("{}: a file in /dev that is no device", spot.path),
        );
    }
    if found.listed.is_empty() {
        case.well(
            "/dev에 장치 아닌 파일이 없음",
            "no file in /dev but devices",
        );
    }
}

/// U-33.
pub(super) fn hidden(case: &mut Case<'_>) {
    let Some(found) = sweep(case, |it| &it.hidden) else {
        return;
    };
    for spot in &found.listed {
        quote(case, spot);
        let name = spot.path.rsplit('/').next().unwrap_or_default();
        match name.trim_matches(['.', ' ', '\t']).is_empty() {
            true => case.wrong(
                format!("{:?}: 눈에 띄지 않게 지은 이름", spot.path),
                format!("{:?}: a name made to be overlooked", spot.path),
            ),
            false => case.unsure(
                format!("{}: 숨겨진 것이 왜 여기 있는지 확인해야 함", spot.path),
                format!("{}: why is it hidden here?", spot.path),
            ),
        }
    }
    if found.listed.is_empty() {
        case.well(
            "낯선 곳에 숨겨진 파일이 없음",
            "nothing is hidden in unusual places",
        );
    }
}
