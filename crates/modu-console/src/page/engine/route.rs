//! `route`: the internet's routes. Announcements and authorisations are public,
//! and so is what follows from them.

use super::{EnginePage, Open, Words};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "route",
    title: Words("RPKI 인터넷 경로 보안", "Internet routes"),
    about: Words(
        "경로를 검증하고, 바꾸기 전에 무엇이 끊길지 말합니다.",
        "Validates routes, and says before a change what it would break.",
    ),
    runs: &[
        ("validate", Words("검증", "Validation")),
        ("coverage", Words("보급 현황", "Coverage")),
        ("whatif", Words("바꾸기 전 점검", "What a change would do")),
        ("plan", Words("발급 계획", "Plan")),
        ("hold", Words("보류", "Hold")),
        ("answer", Words("보류에 대한 답", "Answer to a hold")),
        ("watch", Words("경로 살핌", "Watch")),
        ("history", Words("변화의 까닭", "Why it changed")),
    ],
    facts: &[
        ("validate", "/time", Words("기준 시각", "As of")),
        (
            "validate",
            "/vrps",
            Words("검증된 ROA 항목(VRP)", "Validated ROA payloads"),
        ),
        ("validate", "/aspas", Words("ASPA", "ASPAs")),
        ("validate", "/anchors", Words("신뢰 뿌리", "Trust anchors")),
        (
            "coverage",
            "/announcements",
            Words("경로 알림", "Announcements"),
        ),
        ("coverage", "/times", Words("시점", "Points in time")),
        (
            "coverage",
            "/all/0/valid",
            Words("유효(첫 시점)", "Valid at the first"),
        ),
        (
            "coverage",
            "/all/0/invalid",
            Words("무효(첫 시점)", "Invalid at the first"),
        ),
        (
            "coverage",
            "/all/0/not_found",
            Words("ROA 없음(첫 시점)", "Without a ROA at the first"),
        ),
        ("whatif", "/answer", Words("답", "Answer")),
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
        ("plan", "/steps", Words("안전한 단계", "Safe steps")),
        ("plan", "/waiting", Words("기다릴 것", "Must wait")),
        ("hold", "/anchor", Words("신뢰 뿌리", "Trust anchor")),
        ("hold", "/decision", Words("결정", "Decision")),
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
    ],
    facts_open: Open::ToAll,
    open,
};

fn open(name: &str) -> Open {
    match name {
        "coverage.ko.svg" | "coverage.en.svg" | "coverage.csv" | "changed.csv" => Open::ToAll,
        "changes.json" | "history.ko.svg" | "history.en.svg" => Open::ToAll,
        _ => Open::Never,
    }
}
