//! U-49 to U-51: BIND.

use super::super::answer::Case;
use super::super::config::services::{self, Service, State};
use super::super::plan::NAMED;
use super::records::{pending, version_of};

pub(crate) const BIND: Service = Service {
    name: "named",
    units: &["named", "bind9", "named-chroot"],
    programs: &["/usr/sbin/named"],
    processes: &["named"],
    ports: &[],
    inetd: &[],
};
/// Other name servers that answer others.
const OTHER: Service = Service {
    name: "another name server",
    units: &["unbound", "knot", "nsd", "pdns", "dnsmasq", "pdns-recursor"],
    programs: &[],
    processes: &["unbound", "knotd", "nsd", "pdns_server", "dnsmasq"],
    ports: &[],
    inetd: &[],
};

/// Whether named runs; where no name server does, the case is well.
fn running(case: &mut Case<'_>) -> bool {
    let named = services::look(case, &BIND);
    let other = services::look(case, &OTHER);
    if other == State::On {
        case.unsure(
            "BIND가 아닌 이름 서버가 돌고 있음: 그 설정을 확인해야 함",
            "a name server other than BIND runs: see its settings",
        );
    }
    match services::sockets(case.host) {
        Some(sockets) => {
            let mut port = sockets.iter().filter(|it| it.port == 53);
            let stranger = port.find(|it| {
                ![
                    "named",
                    "systemd-resolve",
                    "unbound",
                    "knotd",
                    "nsd",
                    "pdns_server",
                    "dnsmasq",
                ]
                .contains(&it.process)
            });
            if let Some(socket) = stranger.filter(|_| named != State::On) {
                case.quote_command(services::SOCKETS, socket.line);
                case.unsure(
                    "53번 포트를 모르는 프로그램이 들음",
                    "a program that is not known listens on port 53",
                );
            }
        }
        None => case.unsure(
            "53번 포트를 듣는지 알 수 없음",
            "whether anything listens on port 53 is not known",
        ),
    }
    if named != State::On && case.unsure.is_empty() {
        case.well("이름 서버가 돌지 않음", "no name server runs");
    }
    named == State::On
}

/// U-49.
pub(super) fn version(case: &mut Case<'_>) {
    if !running(case) {
        return;
    }
    if pending(case, "bind") {
        case.wrong("BIND의 갱신이 밀려 있음", "an update of BIND is pending");
    }
    version_of(case, "bind");
    case.unsure(
        "BIND의 버전을 권고와 견주어야 함(modu vuln scan)",
        "hold the version of BIND against advisories (modu vuln scan)",
    );
}

/// A statement of `named.conf` within its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    /// Blocks from the outside in, such as `zone "example.kr"`.
    within: Vec<String>,
    name: String,
    /// What stands within its braces, or behind its name.
    value: Vec<String>,
}

/// Every statement of the settings that `named-checkconf -p` prints: words,
/// braces and semicolons.
fn statements(text: &str) -> Vec<Statement> {
    let spaced = text
        .replace('{', " { ")
        .replace('}', " } ")
        .replace(';', " ; ");
    let mut found = Vec::new();
    let mut within: Vec<Vec<String>> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for word in spaced.split_whitespace() {
        match word {
            "{" => within.push(std::mem::take(&mut words)),
            "}" => {
                words.clear();
                within.pop();
            }
            ";" => {
                let value = std::mem::take(&mut words);
                if !value.is_empty() {
                    let names = within.iter().map(|it| it.join(" "));
                    found.push(Statement {
                        within: names.collect(),
                        name: value.first().cloned().unwrap_or_default(),
                        value: value.into_iter().skip(1).collect(),
                    });
                }
            }
            word => words.push(word.to_owned()),
        }
    }
    found
}

fn printed<'a>(case: &mut Case<'a>) -> Option<Vec<Statement>> {
    let Some(output) = case.host.output(NAMED) else {
        case.unsure(
            "named-checkconf를 실행하지 못해 유효한 설정을 알 수 없음",
            "named-checkconf could not be run, so what is in effect is not known",
        );
        return None;
    };
    Some(statements(output))
}

/// What a list such as `allow-transfer` holds: where it stands, its members.
fn lists(all: &[Statement], name: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for statement in all {
        let Some(inner) = statement.within.last() else {
            continue;
        };
        if inner.split(' ').next() != Some(name) {
            continue;
        }
        let place = statement.within[..statement.within.len() - 1].join(" / ");
        let mut member = vec![statement.name.clone()];
        member.extend(statement.value.iter().cloned());
        let member = member
            .join(" ")
            .replace("\"any\"", "any")
            .replace("\"none\"", "none");
        match found.iter_mut().find(|(known, _)| *known == place) {
            Some((_, members)) => members.push(member),
            None => found.push((place, vec![member])),
        }
    }
    found
}

/// Whether a member of a list lets everybody in; names of `acl` blocks are
/// followed.
fn opens(all: &[Statement], member: &str, depth: usize) -> bool {
    let member = member.trim_matches('"');
    if member == "any" || member.ends_with("/0") {
        return true;
    }
    let inner = all.iter().filter(|it| {
        let block = it.within.last().map(String::as_str).unwrap_or_default();
        let named = block.strip_prefix("acl ").map(|it| it.trim_matches('"'));
        it.within.len() == 1 && named == Some(member)
    });
    let mut inner = inner.map(|it| it.name.as_str());
    depth > 0 && inner.any(|it| opens(all, it, depth - 1))
}

/// U-50. Without a list everybody may transfer (BIND 9, until 9.20).
pub(super) fn transfers(case: &mut Case<'_>) {
    if !running(case) {
        return;
    }
    let Some(all) = printed(case) else {
        return;
    };
    let lists = lists(&all, "allow-transfer");
    for (place, members) in &lists {
        let text = format!("{place}: allow-transfer {{ {} }}", members.join("; "));
        case.quote_command(NAMED, &text);
        match members.iter().any(|it| opens(&all, it, 4)) {
            true => case.wrong(
                format!("{place}: 누구나 영역을 받을 수 있음"),
                format!("{place}: everybody may transfer"),
            ),
            false => case.well(
                format!("{place}: 적힌 곳만 영역을 받음"),
                format!("{place}: only named hosts may transfer"),
            ),
        }
    }
    let general = lists.iter().any(|(place, _)| place == "options");
    let serving = all.iter().filter(|it| it.name == "type").filter(|it| {
        let kind = it.value.first().map(String::as_str);
        matches!(kind, Some("master" | "primary" | "slave" | "secondary"))
    });
    let mut zones = 0;
    for statement in serving {
        zones += 1;
        let zone = statement.within.join(" / ");
        let own = lists.iter().any(|(place, _)| *place == zone);
        if !own && !general {
            case.quote_command(NAMED, &zone);
            case.wrong(
                format!("{zone}: allow-transfer가 없어 누구나 받을 수 있음"),
                format!("{zone}: without allow-transfer everybody may transfer"),
            );
        }
    }
    if zones == 0 && lists.is_empty() {
        case.well("스스로 맡은 영역이 없음", "it serves no zones of its own");
    }
}

/// U-51.
pub(super) fn updates(case: &mut Case<'_>) {
    if !running(case) {
        return;
    }
    let Some(all) = printed(case) else {
        return;
    };
    for (place, members) in lists(&all, "allow-update") {
        let text = format!("{place}: allow-update {{ {} }}", members.join("; "));
        case.quote_command(NAMED, &text);
        let open = members.iter().any(|it| opens(&all, it, 4));
        let safe = members
            .iter()
            .all(|it| it == "none" || it.starts_with("key "));
        match (open, safe) {
            (true, _) => case.wrong(
                format!("{place}: 누구나 기록을 바꿀 수 있음"),
                format!("{place}: everybody may update"),
            ),
            (_, true) => case.well(
                format!("{place}: 열쇠가 있어야만 바꿈"),
                format!("{place}: updates need a key, or are off"),
            ),
            _ => case.unsure(
                format!("{place}: 주소만 믿고 바꾸게 함(주소는 속일 수 있음)"),
                format!("{place}: updates trust addresses, which can be forged"),
            ),
        }
    }
    if all.iter().any(|it| {
        it.within
            .iter()
            .any(|block| block.starts_with("update-policy"))
            || it.name == "update-policy"
    }) {
        case.unsure(
            "update-policy의 규칙을 확인해야 함",
            "see the rules of update-policy",
        );
    }
    case.well(
        "allow-update를 모두 봄(없으면 바꿀 수 없음)",
        "every allow-update was looked at (none means no updates)",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_with_the_block_they_stand_in() {
        let text = "options {\n\tallow-transfer {\n\t\t\"none\";\n\t};\n};\nzone \"a.kr\" {\n\ttype master;\n\tallow-transfer { 10.0.0.1/32; key \"k\"; };\n};\n";
        let lists = lists(&statements(text), "allow-transfer");
        assert_eq!(
            lists,
            [
                ("options".to_owned(), vec!["none".to_owned()]),
                (
                    "zone \"a.kr\"".to_owned(),
                    vec!["10.0.0.1/32".to_owned(), "key \"k\"".to_owned()]
                ),
            ]
        );
    }
}
