//! `vuln`: which asset is exposed to what. An attacker would like to know, so
//! nothing of it is for everybody.

use super::{EnginePage, Open, Words};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "vuln",
    title: Words("고위험 취약점 관리", "Vulnerabilities"),
    about: Words(
        "어느 자산이 무엇에 노출되었고 언제까지 고쳐야 하는지, 고쳤는지를 증거로 남깁니다.",
        "Which asset is exposed to what, by when it must be fixed, and the proof that it was.",
    ),
    runs: &[
        ("assets", Words("자산 목록", "Assets")),
        ("bundle", Words("권고 묶음", "Advisories")),
        ("scan", Words("노출 점검", "Exposure")),
        ("decide", Words("기한 결정", "Decisions")),
        ("due", Words("기한별 의무", "Duties by date")),
        ("fix", Words("조치 확인", "Fixes")),
        ("except", Words("예외", "Exceptions")),
        ("host", Words("서버 점검", "Host check")),
    ],
    facts: &[
        ("scan", "/asset", Words("자산", "Asset")),
        (
            "scan",
            "/advisories",
            Words("견준 권고", "Advisories held against it"),
        ),
        (
            "scan",
            "/counts/affected",
            Words("영향 있음", "Affected components"),
        ),
        (
            "scan",
            "/counts/undecidable",
            Words("판단할 수 없음", "Undecidable components"),
        ),
        ("scan", "/findings", Words("노출 건수", "Findings")),
        (
            "scan",
            "/cleared",
            Words("제조사가 해당 없다 한 것", "Cleared by makers"),
        ),
        ("due", "/day", Words("기준일", "Day")),
        ("due", "/overdue", Words("기한 지남", "Overdue")),
        (
            "due",
            "/fixed/in_time",
            Words("기한 안에 조치", "Fixed in time"),
        ),
        ("due", "/fixed/late", Words("늦게 조치", "Fixed late")),
        ("due", "/listed", Words("열린 의무", "Listed")),
        ("host", "/host", Words("서버", "Host")),
        ("host", "/taken", Words("점검 시각", "Seen at")),
        ("host", "/counts/items", Words("항목", "Items")),
        ("host", "/counts/vulnerable", Words("취약", "Vulnerable")),
        (
            "host",
            "/counts/needs_a_person",
            Words("확인 필요", "Needs a person"),
        ),
        ("host", "/counts/good", Words("양호", "Good")),
    ],
    facts_open: Open::Inside,
    open,
};

fn open(name: &str) -> Open {
    match name {
        "report.ko.html" | "report.en.html" | "due.csv" => Open::Inside,
        _ => Open::Never,
    }
}
