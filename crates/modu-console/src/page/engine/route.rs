//! `route`: the internet's routes. Announcements and authorisations are public,
//! and so is what follows from them.

use maud::{Markup, html};
use serde_json::Value;

use super::table::{self, Column, Teller, table};
use super::{EnginePage, Open, Words};
use crate::page::report::{count, list, text};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "route",
    title: Words("RPKI 인터넷 경로 보안", "Internet routes"),
    about: Words(
        "경로를 검증하고, 바꾸기 전에 무엇이 끊길지 말합니다.",
        "Validates routes, and says before a change what it would break.",
    ),
    runs: &[
        ("coverage", Words("보급 현황", "Coverage")),
        ("whatif", Words("바꾸기 전 점검", "What a change would do")),
        ("plan", Words("발급 계획", "Plan")),
        ("hold", Words("보류", "Hold")),
        ("answer", Words("보류에 대한 답", "Answer to a hold")),
        ("watch", Words("경로 살핌", "Watch")),
        ("history", Words("변화의 까닭", "Why it changed")),
        ("validate", Words("검증", "Validation")),
    ],
    facts: &[
        ("validate", "/time", Words("기준 시각", "As of")),
        (
            "validate",
            "/vrps",
            Words("검증된 ROA 항목(VRP)", "Validated ROA payloads"),
        ),
        ("validate", "/aspas", Words("ASPA", "ASPAs")),
        (
            "coverage",
            "/announcements",
            Words("경로 알림", "Announcements"),
        ),
        (
            "whatif",
            "/announcements",
            Words("살핀 알림", "Announcements looked at"),
        ),
        (
            "whatif",
            "/broken",
            Words("끊기는 알림", "Announcements that break"),
        ),
        (
            "whatif",
            "/allowed",
            Words("끊겨도 되는 수", "Allowed to break"),
        ),
        ("plan", "/announcements", Words("알림", "Announcements")),
        ("plan", "/valid_now", Words("지금 유효", "Valid now")),
        (
            "plan",
            "/valid_then",
            Words("계획 뒤 유효", "Valid after the plan"),
        ),
        ("hold", "/anchor", Words("신뢰 뿌리", "Trust anchor")),
        ("hold", "/total", Words("VRP", "VRPs")),
        ("hold", "/lost", Words("사라진 VRP", "VRPs gone")),
        (
            "hold",
            "/without_evidence",
            Words("까닭 없이 사라진 VRP", "Gone without evidence"),
        ),
        (
            "hold",
            "/held",
            Words("지켜 둔 VRP", "VRPs that routers keep"),
        ),
        ("answer", "/anchor", Words("신뢰 뿌리", "Trust anchor")),
        ("answer", "/vrps", Words("VRP", "VRPs")),
        ("watch", "/peers", Words("들은 이웃", "Peers heard")),
        ("watch", "/open", Words("열린 경보", "Open alerts")),
        ("watch", "/opened", Words("새로 열림", "Opened")),
        ("watch", "/closed", Words("닫힘", "Closed")),
        (
            "history",
            "/tally/authorities",
            Words("인증기관", "Authorities"),
        ),
        (
            "history",
            "/tally/kept",
            Words("앞의 상태로 대신함", "Kept from before"),
        ),
        (
            "history",
            "/tally/refused",
            Words("쓰지 못함", "Not usable"),
        ),
    ],
    facts_open: Open::ToAll,
    tells: None,
    details,
    open,
    behind_link: None,
};

fn open(name: &str) -> Open {
    match name {
        "coverage.ko.svg" | "coverage.en.svg" | "coverage.csv" | "changed.csv" => Open::ToAll,
        "changes.json" | "history.ko.svg" | "history.en.svg" => Open::ToAll,
        _ => Open::Never,
    }
}

fn details(visit: &Teller<'_>, run: &str, report: &Value) -> Markup {
    match run {
        "validate" => validate(visit, report),
        "coverage" => coverage(visit, report),
        "whatif" => whatif(visit, report),
        "plan" => plan(visit, report),
        "hold" => hold(visit, report),
        "answer" => answer(visit, report),
        "watch" => watch(visit, report),
        "history" => history(visit, report),
        _ => html! {},
    }
}

/// A yes or a no of the gate, in words.
fn verdict(good: bool, words: &str) -> Markup {
    let (kind, sign) = if good {
        ("good", "✓")
    } else {
        ("bad", "✗")
    };
    html! { p { span .verdict .(kind) { span aria-hidden="true" { (sign) } " " (words) } } }
}

fn validate(visit: &Teller<'_>, report: &Value) -> Markup {
    let columns = [
        Column("신뢰 뿌리", "Trust anchor", "/name"),
        Column("쓸 수 있음", "Usable", "/valid"),
        Column("인증기관", "Authorities", "/authorities"),
        Column("VRP", "VRPs", "/vrps"),
        Column("까닭", "Why not", "/reason"),
    ];
    let caption = ("신뢰 뿌리마다", "By trust anchor");
    table(visit, caption, list(report, "anchors"), &columns)
}

fn coverage(visit: &Teller<'_>, report: &Value) -> Markup {
    let times = list(report, "times").iter();
    let times = times.map(|time| time.as_str().unwrap_or_default());
    let times: Vec<_> = times
        .map(|time| crate::page::local::written(visit.language, time))
        .collect();
    let all = times.iter().cloned().zip(list(report, "all"));
    // A group's last tally is of the last time.
    let last = |name: &str| -> Vec<(String, &Value)> {
        let groups = list(report, name).iter();
        groups
            .filter_map(|group| {
                let tally = list(group, "tallies").last()?;
                Some((text(group, "name").to_owned(), tally))
            })
            .collect()
    };
    let (organisations, networks) = (last("organisations"), last("networks"));
    html! {
        (table::routes(visit, ("시점마다", "By time"), all))
        @if !organisations.is_empty() {
            (table::routes(visit, ("기관마다, 마지막 시점", "By organisation, at the last time"), organisations.into_iter()))
        }
        @if !networks.is_empty() { details {
            summary { (visit.say("망(AS)마다", "By network (AS)")) }
            (table::routes(visit, ("망마다, 마지막 시점", "By network, at the last time"), networks.into_iter()))
        } }
    }
}

fn whatif(visit: &Teller<'_>, report: &Value) -> Markup {
    let within = text(report, "answer") == "within_allowance";
    let answer = match within {
        true => visit.say("바꾸어도 됩니다", "The change may be made"),
        false => visit.say("너무 많이 끊깁니다", "It would break too much"),
    };
    let before_and_after = [("before", "전", "before"), ("after", "뒤", "after")];
    let tallies = before_and_after.iter().filter_map(|(member, ko, en)| {
        Some((visit.language.pick(ko, en).to_owned(), report.get(member)?))
    });
    let harms = [
        (
            "turns_invalid",
            "무효가 됨: 걸러집니다",
            "turns invalid: filtered",
        ),
        ("loses_last_valid", "보호를 잃음", "loses its protection"),
    ];
    let broken = list(report, "broken_listed");
    let mut broken = table::in_words(visit, broken, &["/harm/kind"], &harms);
    // The number of a network is a name: nobody counts with it.
    for row in &mut broken {
        if let Some(origin) = row.pointer_mut("/origin")
            && let Some(number) = origin.as_u64()
        {
            *origin = Value::String(format!("AS{number}"));
        }
    }
    let columns = [
        Column("주소 블록", "Prefix", "/prefix"),
        Column("출발 AS", "Origin AS", "/origin"),
        Column("본 이웃", "Peers", "/peers"),
        Column("어떻게", "How", "/harm/kind"),
    ];
    html! {
        (verdict(within, answer))
        (table::routes(visit, ("알림", "Announcements"), tallies))
        (table(visit, ("끊기는 알림", "What breaks"), &broken, &columns))
    }
}

fn plan(visit: &Teller<'_>, report: &Value) -> Markup {
    let steps = [
        Column("발급할 ROA", "ROA to issue", "/roa"),
        Column(
            "허가하는 알림",
            "Announcements it authorises",
            "/authorises",
        ),
    ];
    let waiting = [
        Column("기다릴 ROA", "ROA that must wait", "/roa"),
        Column("남의 알림", "Announcements of others", "/others"),
        Column("먼저 발급할 것", "To be issued first", "/publish_first"),
    ];
    html! {
        (table(visit, ("안전한 차례", "Safe steps, in order"), list(report, "steps"), &steps))
        (table(visit, ("기다릴 것", "What must wait"), list(report, "waiting"), &waiting))
    }
}

fn hold(visit: &Teller<'_>, report: &Value) -> Markup {
    let accepted = text(report, "decision") == "accept";
    let decision = match accepted {
        true => visit.say(
            "받아들임: 라우터에 그대로 알립니다",
            "Accepted: routers are told",
        ),
        false => visit.say(
            "보류: 까닭 없이 사라진 것을 라우터가 지킵니다",
            "Held: routers keep what is gone without evidence",
        ),
    };
    let columns = [
        Column("까닭", "Why", "/label"),
        Column("증거가 됨", "Is evidence", "/evidence"),
        Column("VRP", "VRPs", "/vrps"),
        Column("ASPA", "ASPAs", "/aspas"),
    ];
    html! {
        (verdict(accepted, decision))
        dl .facts {
            @if let Some(time) = table::moment(visit, report, "time") {
                dt { (visit.say("기준 시각", "As of")) } dd { (time) }
            }
            @if let Some(until) = table::moment(visit, report, "until") {
                dt { (visit.say("늦어도 이때까지", "At the latest until")) } dd { (until) }
            }
        }
        (table(visit, ("왜 사라졌는가", "Why they are gone"), list(report, "causes"), &columns))
    }
}

fn answer(visit: &Teller<'_>, report: &Value) -> Markup {
    let answers = [
        (
            "release",
            "놓아줌: 사라진 것이 맞습니다",
            "released: the loss is real",
        ),
        (
            "reject",
            "지킴: 사라진 것이 아닙니다",
            "rejected: the loss is not real",
        ),
    ];
    html! { p { (table::word(visit, &answers, text(report, "answer"))) } }
}

fn watch(visit: &Teller<'_>, report: &Value) -> Markup {
    let quiet = text(report, "answer") == "quiet";
    let answer = match quiet {
        true => visit.say("조용함", "Quiet"),
        false => visit.say("경보가 열려 있음", "An alert is open"),
    };
    let name = visit.say("들은 알림", "Announcements heard").to_owned();
    let origins = report.get("origins").map(|tally| (name, tally));
    html! {
        (verdict(quiet, answer))
        (table::routes(visit, ("출발지 검증", "Origin validation"), origins.into_iter()))
    }
}

fn history(visit: &Teller<'_>, report: &Value) -> Markup {
    let columns = [
        Column("신뢰 뿌리", "Trust anchor", "/name"),
        Column("VRP", "VRPs", "/vrps"),
        Column("생김", "Appeared", "/appeared"),
        Column("사라짐", "Vanished", "/vanished"),
        Column("까닭 없이", "Unexplained", "/unexplained"),
        Column("쓰지 못한 까닭", "Why not usable", "/failure"),
    ];
    let tally = report.get("tally").unwrap_or(&Value::Null);
    html! {
        dl .facts {
            @if let Some(earlier) = table::moment(visit, report, "earlier") {
                dt { (visit.say("앞의 실행", "The run before")) } dd { (earlier) }
            }
            @if let Some(time) = table::moment(visit, report, "time") {
                dt { (visit.say("이 실행", "This run")) } dd { (time) }
            }
        }
        (table(visit, ("신뢰 뿌리마다", "By trust anchor"), list(tally, "anchors"), &columns))
        @if count(tally, "aspas_changed") > 0 {
            p { (visit.say("바뀐 ASPA: ", "ASPAs that changed: ")) (count(tally, "aspas_changed")) }
        }
        p .hint { (visit.say(
            "그때의 표는 modu route at TIME, 한 경로의 까닭은 modu route why PREFIX AS로 봅니다. 이 페이지의 ‘이때의 모습’으로 지난 실행을 봅니다.",
            "The table of a time: modu route at TIME; why a route is as it is: modu route why PREFIX AS. ‘As it was at’ on this page shows earlier runs.",
        )) }
    }
}
