//! U-58 to U-61: SNMP.

use super::super::answer::Case;
use super::super::config::lines::{self, Line};
use super::super::config::services::{self, Service, State};
use super::network::should_be_off;

pub(crate) const SNMP: Service = Service {
    name: "SNMP",
    units: &["snmpd"],
    programs: &["/usr/sbin/snmpd"],
    processes: &["snmpd"],
    ports: &[("udp", 161), ("tcp", 161)],
    inetd: &[],
};

const CONFIG: &str = "/etc/snmp/snmpd.conf";

/// U-58.
pub(super) fn running(case: &mut Case<'_>) {
    should_be_off(case, &SNMP);
}

/// A community with its source: empty where every address may use it.
struct Community<'a> {
    line: Line<'a>,
    strength: &'a str,
    source: &'a str,
}

/// The communities; none where SNMP does not run or its settings are not
/// known, which the case has then been told.
fn communities<'a>(case: &mut Case<'a>) -> Option<Vec<Community<'a>>> {
    match services::look(case, &SNMP) {
        State::On => {}
        State::Unknown => return None,
        State::Off | State::Absent => {
            case.well("SNMP를 쓰지 않음", "SNMP is not used");
            return None;
        }
    }
    let Some(text) = case.text(CONFIG) else {
        case.unsure(
            "snmpd가 돌지만 설정 파일을 찾지 못함",
            "snmpd runs and its settings were not found",
        );
        return None;
    };
    let mut found = Vec::new();
    for line in lines::of(text) {
        let words = line.words();
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        match word(0).to_lowercase().as_str() {
            "rocommunity" | "rwcommunity" | "rocommunity6" | "rwcommunity6" => {
                found.push(Community {
                    line,
                    strength: word(1),
                    source: word(2),
                });
            }
            "com2sec" | "com2sec6" => {
                let at = if word(1) == "-Cn" { 4 } else { 2 };
                found.push(Community {
                    line,
                    strength: word(at + 1),
                    source: word(at),
                });
            }
            "includefile" | "includedir" | "includeallinglob" => {
                case.quote(CONFIG, line.number, line.text);
                case.unsure(
                    "snmpd 설정의 일부가 다른 파일에 있음",
                    "a part of snmpd's settings is in other files",
                );
            }
            _ => {}
        }
    }
    for community in &found {
        case.quote(CONFIG, community.line.number, community.line.text);
    }
    Some(found)
}

/// U-59.
pub(super) fn version(case: &mut Case<'_>) {
    let Some(communities) = communities(case) else {
        return;
    };
    if !communities.is_empty() {
        case.wrong(
            "SNMP 1이나 2c를 씀(커뮤니티가 있음)",
            "SNMP 1 or 2c is used (there are communities)",
        );
        return;
    }
    let text = case.host.text(CONFIG).unwrap_or_default();
    let mut users = 0;
    for line in lines::of(text) {
        let words = line.words();
        let directive = words.first().map(|it| it.to_lowercase());
        if !matches!(directive.as_deref(), Some("rouser" | "rwuser")) {
            continue;
        }
        users += 1;
        case.quote(CONFIG, line.number, line.text);
        match words.get(2).map(|it| it.to_lowercase()).as_deref() {
            Some("priv" | "authpriv") => case.well(
                "SNMP 3, 인증과 암호화",
                "SNMP 3 with authentication and encryption",
            ),
            Some("noauth") => case.wrong(
                "SNMP 3이지만 인증하지 않음(noauth)",
                "SNMP 3 without authentication (noauth)",
            ),
            _ => case.unsure(
                "SNMP 3이지만 암호화를 요구하지 않음",
                "SNMP 3 that does not demand encryption",
            ),
        }
    }
    if users == 0 {
        case.unsure(
            "커뮤니티도 사용자도 찾지 못함",
            "neither communities nor users were found",
        );
    }
}

/// U-60. The snapshot knows a community only by its strength.
pub(super) fn strength(case: &mut Case<'_>) {
    let Some(communities) = communities(case) else {
        return;
    };
    if communities.is_empty() {
        case.not_here("커뮤니티를 쓰지 않음", "no community is used");
    }
    for community in communities {
        let number = community.line.number;
        let kinds = community.strength.trim_matches(['<', '>']);
        let length = kinds
            .strip_prefix("length=")
            .and_then(|it| it.split('+').next())
            .and_then(|it| it.parse::<u32>().ok());
        let has = |kind: &str| kinds.split('+').any(|it| it == kind);
        match length {
            None => case.wrong(
                format!("{CONFIG}:{number}: 누구나 아는 이름 {}", community.strength),
                format!("{CONFIG}:{number}: the well-known {}", community.strength),
            ),
            Some(length)
                if has("letters")
                    && has("digits")
                    && (length >= 10 || (has("signs") && length >= 8)) =>
            {
                case.well(
                    format!("{CONFIG}:{number}: {length}자"),
                    format!("{CONFIG}:{number}: {length} characters"),
                );
            }
            Some(length) => case.wrong(
                format!("{CONFIG}:{number}: 단순함({length}자)"),
                format!("{CONFIG}:{number}: too simple ({length} characters)"),
            ),
        }
    }
}

/// U-61.
pub(super) fn sources(case: &mut Case<'_>) {
    let Some(communities) = communities(case) else {
        return;
    };
    if communities.is_empty() {
        case.unsure(
            "SNMP 3만 쓰면 방화벽과 보기(view)를 확인해야 함",
            "with SNMP 3 alone see the firewall and the views",
        );
    }
    for community in communities {
        let source = community.source;
        let number = community.line.number;
        match ["", "default", "0.0.0.0/0", "::/0", "0.0.0.0"].contains(&source) {
            true => case.wrong(
                format!("{CONFIG}:{number}: 어느 주소에서나 물을 수 있음"),
                format!("{CONFIG}:{number}: every address may ask"),
            ),
            false => case.well(
                format!("{CONFIG}:{number}: {source}만"),
                format!("{CONFIG}:{number}: {source} only"),
            ),
        }
    }
}
