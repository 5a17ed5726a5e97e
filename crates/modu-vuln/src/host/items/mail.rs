//! U-45 to U-48: mail.

use super::super::answer::Case;
use super::super::config::lines;
use super::super::config::services::{self, Service, State};
use super::super::plan::{POSTCONF, POSTCONF_SERVICES};
use super::super::snapshot::octal;
use super::records::{pending, version_of};

pub(crate) const POSTFIX: Service = Service {
    name: "postfix",
    units: &["postfix"],
    programs: &[
        "/usr/sbin/postsuper",
        "/usr/lib/postfix/sbin/master",
        "/usr/libexec/postfix/master",
    ],
    processes: &["master"],
    ports: &[],
    inetd: &[],
};
pub(crate) const SENDMAIL: Service = Service {
    name: "sendmail",
    units: &["sendmail"],
    programs: &["/etc/mail/sendmail.cf"],
    processes: &["sendmail", "sendmail-mta"],
    ports: &[],
    inetd: &["smtp"],
};
pub(crate) const EXIM: Service = Service {
    name: "exim",
    units: &["exim4", "exim"],
    programs: &["/usr/sbin/exim4", "/usr/sbin/exim"],
    processes: &["exim4", "exim"],
    ports: &[],
    inetd: &[],
};
/// Whatever listens for mail.
const OTHER: Service = Service {
    name: "a mail service",
    units: &["opensmtpd", "qmail", "nullmailer"],
    programs: &[],
    processes: &["smtpd", "qmail-smtpd"],
    ports: &[],
    inetd: &[],
};

const SENDMAIL_CF: &str = "/etc/mail/sendmail.cf";

/// Which mail services run.
#[derive(Debug, Clone, Copy)]
struct Mail {
    postfix: bool,
    sendmail: bool,
    exim: bool,
    other: bool,
}

/// Looks; where none runs the case is told that it is well.
fn running(case: &mut Case<'_>) -> Option<Mail> {
    let on = |case: &mut Case<'_>, service: &Service| services::look(case, service) == State::On;
    let mut mail = Mail {
        postfix: on(case, &POSTFIX),
        sendmail: on(case, &SENDMAIL),
        exim: on(case, &EXIM),
        other: on(case, &OTHER),
    };
    let known = mail.postfix || mail.sendmail || mail.exim;
    match services::sockets(case.host) {
        Some(sockets) => {
            for socket in sockets
                .iter()
                .filter(|it| it.protocol == "tcp" && it.port == 25)
            {
                case.quote_command(services::SOCKETS, socket.line);
                mail.other |= !known;
            }
        }
        None => case.unsure(
            "25번 포트를 듣는지 알 수 없음",
            "whether anything listens on port 25 is not known",
        ),
    }
    if known || mail.other {
        return Some(mail);
    }
    if case.unsure.is_empty() {
        case.well("메일 서비스가 돌지 않음", "no mail service runs");
    }
    None
}

fn unknown_service(case: &mut Case<'_>, mail: Mail) {
    if mail.other {
        case.unsure(
            "모르는 메일 서비스가 돌고 있음: 그 설정을 확인해야 함",
            "a mail service that is not known here runs: see its settings",
        );
    }
}

/// U-45.
pub(super) fn version(case: &mut Case<'_>) {
    let Some(mail) = running(case) else {
        return;
    };
    unknown_service(case, mail);
    let all = [
        (mail.postfix, "postfix"),
        (mail.sendmail, "sendmail"),
        (mail.exim, "exim"),
    ];
    for (_, package) in all.into_iter().filter(|(on, _)| *on) {
        if pending(case, package) {
            case.wrong(
                format!("{package}의 갱신이 밀려 있음"),
                format!("an update of {package} is pending"),
            );
        }
        version_of(case, package);
        case.unsure(
            format!("{package}의 버전을 권고와 견주어야 함(modu vuln scan)"),
            format!("hold the version of {package} against advisories (modu vuln scan)"),
        );
    }
}

/// What sendmail's PrivacyOptions hold, with its line quoted.
fn privacy(case: &mut Case<'_>) -> Option<String> {
    let text = case.text(SENDMAIL_CF)?;
    let line = lines::of(text)
        .filter(|it| it.text.starts_with("O PrivacyOptions") || it.text.starts_with("Op"))
        .last();
    let line = line?;
    case.quote(SENDMAIL_CF, line.number, line.text);
    Some(line.text.to_lowercase())
}

/// U-46.
pub(super) fn queue(case: &mut Case<'_>) {
    let Some(mail) = running(case) else {
        return;
    };
    unknown_service(case, mail);
    if mail.sendmail {
        match privacy(case).is_some_and(|it| it.contains("restrictqrun")) {
            true => case.well("sendmail: restrictqrun", "sendmail: restrictqrun"),
            false => case.wrong(
                "sendmail의 PrivacyOptions에 restrictqrun이 없음",
                "sendmail's PrivacyOptions lack restrictqrun",
            ),
        }
    }
    for (on, program) in [
        (mail.postfix, "/usr/sbin/postsuper"),
        (mail.exim, "/usr/sbin/exiqgrep"),
    ] {
        if !on {
            continue;
        }
        let Some(entry) = case.entry(program) else {
            case.unsure(
                format!("{program}이(가) 없음"),
                format!("there is no {program}"),
            );
            continue;
        };
        case.quote_mode(program, entry);
        let mode = octal(entry.mode);
        match entry.mode & 0o001 {
            0 => case.well(
                format!("{program}을(를) 남이 실행할 수 없음({mode})"),
                format!("others may not run {program} ({mode})"),
            ),
            _ => case.wrong(
                format!("{program}을(를) 누구나 실행할 수 있음({mode})"),
                format!("everybody may run {program} ({mode})"),
            ),
        }
    }
}

/// One of postfix's settings as it is in effect.
fn postfix(case: &mut Case<'_>, key: &str) -> Option<String> {
    let Some(output) = case.host.output(POSTCONF) else {
        case.unsure(
            "postconf를 실행하지 못해 유효한 값을 알 수 없음",
            "postconf could not be run, so what is in effect is not known",
        );
        return None;
    };
    if let Some(overrides) = case.host.output(POSTCONF_SERVICES) {
        for line in overrides
            .lines()
            .filter(|line| line.contains(&format!("/{key}")))
        {
            case.quote_command(POSTCONF_SERVICES, line);
            case.unsure(
                format!("master.cf의 한 서비스가 {key}을(를) 다르게 씀"),
                format!("a service of master.cf has its own {key}"),
            );
        }
    }
    let line = output.lines().find(|line| {
        line.split_once('=')
            .is_some_and(|(name, _)| name.trim() == key)
    })?;
    case.quote_command(POSTCONF, line);
    line.split_once('=')
        .map(|(_, value)| value.trim().to_owned())
}

/// U-47.
pub(super) fn relay(case: &mut Case<'_>) {
    let Some(mail) = running(case) else {
        return;
    };
    let listens = services::sockets(case.host).unwrap_or_default();
    let outside = listens
        .iter()
        .filter(|it| it.protocol == "tcp" && [25, 465, 587].contains(&it.port))
        .any(|it| !it.address.starts_with("127.") && it.address != "[::1]");
    if !outside && case.unsure.is_empty() {
        case.well("메일을 루프백에서만 받음", "mail is taken on loopback only");
        return;
    }
    unknown_service(case, mail);
    if mail.postfix {
        relay_of_postfix(case);
    }
    if mail.sendmail {
        let text = case.host.text("/etc/mail/sendmail.mc").unwrap_or_default();
        for (index, line) in text.lines().enumerate() {
            if line.contains("promiscuous_relay") && !line.trim().starts_with("dnl") {
                case.quote("/etc/mail/sendmail.mc", index + 1, line);
                case.wrong(
                    "sendmail이 누구의 메일이든 전함(promiscuous_relay)",
                    "sendmail relays for everybody (promiscuous_relay)",
                );
            }
        }
        case.unsure(
            "sendmail의 릴레이 규칙(access, relay-domains)을 확인해야 함",
            "see sendmail's rules for relaying (access, relay-domains)",
        );
    }
    if mail.exim {
        relay_of_exim(case);
    }
}

fn relay_of_postfix(case: &mut Case<'_>) {
    let networks = postfix(case, "mynetworks");
    let open = networks.as_deref().is_some_and(|it| {
        let mut parts = it.split([' ', ',']);
        parts.any(|it| it.ends_with("/0") || it == "*")
    });
    if open {
        case.wrong(
            "mynetworks에 모든 주소가 들어 있음",
            "mynetworks holds every address",
        );
    }
    let relay = postfix(case, "smtpd_relay_restrictions").unwrap_or_default();
    let recipient = postfix(case, "smtpd_recipient_restrictions").unwrap_or_default();
    let refuses = |list: &str| {
        let mut words = list.split([' ', ',']).filter(|it| !it.is_empty());
        let found = words.find(|it| {
            [
                "permit",
                "reject",
                "reject_unauth_destination",
                "defer_unauth_destination",
                "defer",
            ]
            .contains(it)
        });
        found.is_some_and(|it| it != "permit")
    };
    match refuses(&relay) || refuses(&recipient) {
        true => case.well(
            "남의 메일을 전하지 않음(reject_unauth_destination)",
            "mail of others is not relayed (reject_unauth_destination)",
        ),
        false if case.host.output(POSTCONF).is_some() => case.wrong(
            "남의 메일을 막는 규칙이 없음",
            "no rule refuses mail of others",
        ),
        false => {}
    }
}

fn relay_of_exim(case: &mut Case<'_>) {
    let path = "/etc/exim4/update-exim4.conf.conf";
    let text = case.host.text(path).unwrap_or_default();
    for line in lines::of(text) {
        let (key, value) = line.pair();
        let value = value.trim_matches('\'');
        if key == "dc_relay_nets" && (value.contains("/0") || value.contains('*')) {
            case.quote(path, line.number, line.text);
            case.wrong(
                "exim이 모든 주소의 메일을 전함(dc_relay_nets)",
                "exim relays for every address (dc_relay_nets)",
            );
        }
    }
    case.unsure("exim의 ACL을 확인해야 함", "see the access lists of exim");
}

/// U-48.
pub(super) fn vrfy(case: &mut Case<'_>) {
    let Some(mail) = running(case) else {
        return;
    };
    unknown_service(case, mail);
    if mail.postfix {
        match postfix(case, "disable_vrfy_command").as_deref() {
            Some("yes") => case.well("postfix: VRFY를 끔", "postfix: VRFY is off"),
            Some(_) => case.wrong("postfix: VRFY에 답함", "postfix: VRFY is answered"),
            None => case.unsure("postfix: VRFY를 알 수 없음", "postfix: VRFY is not known"),
        }
    }
    if mail.sendmail {
        let options = privacy(case).unwrap_or_default();
        let both = options.contains("noexpn") && options.contains("novrfy");
        match both || options.contains("goaway") {
            true => case.well(
                "sendmail: EXPN과 VRFY를 끔",
                "sendmail: EXPN and VRFY are off",
            ),
            false => case.wrong(
                "sendmail: EXPN이나 VRFY에 답함",
                "sendmail: EXPN or VRFY is answered",
            ),
        }
    }
    if mail.exim {
        case.unsure(
            "exim: acl_smtp_vrfy와 acl_smtp_expn을 확인해야 함",
            "exim: see acl_smtp_vrfy and acl_smtp_expn",
        );
    }
}
