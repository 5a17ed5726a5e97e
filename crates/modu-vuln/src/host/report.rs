//! What the check of a host says.

use modu_kernel::{Digest, Finding, Label, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Case, Evidence};
use super::config::accounts;
use super::guide::{ITEMS, Importance, Item};
use super::items;
use super::snapshot::{Origin, Owners, Snapshot};

const SCHEMA: &str = "modu.vuln.host/1";

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostReport {
    /// The schema's name.
    pub schema: String,
    /// The host's name.
    pub host: String,
    /// Its system, as it calls itself.
    pub system: String,
    /// Its kernel's release.
    pub kernel: String,
    /// When it was seen, RFC 3339.
    pub taken: String,
    /// From where.
    pub origin: Origin,
    /// SHA-256 of the snapshot that was judged.
    pub snapshot: Digest,
    /// Items by answer; the four add up to all.
    pub counts: Counts,
    /// The same by importance: high, medium, low.
    pub by_importance: Vec<(Importance, Counts)>,
    /// Every item, ascending.
    pub items: Vec<ItemReport>,
}

/// Items by answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// All of them.
    pub items: u64,
    /// 취약.
    pub vulnerable: u64,
    /// 확인 필요.
    pub needs_a_person: u64,
    /// 양호.
    pub good: u64,
    /// 해당 없음.
    pub not_applicable: u64,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemReport {
    /// `U-01`.
    pub id: String,
    /// 상, 중, 하.
    pub importance: Importance,
    /// Its name in the guide.
    pub title: Label,
    /// Why it matters.
    pub why: Label,
    /// The answer.
    pub answer: Answer,
    /// What is wrong.
    pub wrong: Vec<Label>,
    /// What a person must decide, and why.
    pub unsure: Vec<Label>,
    /// What is as it should be, or is not there.
    pub well: Vec<Label>,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// How many further pieces there were.
    pub more_evidence: u64,
    /// What to do.
    pub remedy: Label,
}

impl Counts {
    fn add(&mut self, answer: Answer) {
        self.items += 1;
        *match answer {
            Answer::Vulnerable => &mut self.vulnerable,
            Answer::NeedsAPerson => &mut self.needs_a_person,
            Answer::Good => &mut self.good,
            Answer::NotApplicable => &mut self.not_applicable,
        } += 1;
    }

    /// The number of an answer.
    #[must_use]
    pub fn of(&self, answer: Answer) -> u64 {
        match answer {
            Answer::Vulnerable => self.vulnerable,
            Answer::NeedsAPerson => self.needs_a_person,
            Answer::Good => self.good,
            Answer::NotApplicable => self.not_applicable,
        }
    }
}

pub(super) fn of(host: &Snapshot, digest: Digest) -> HostReport {
    let items: Vec<ItemReport> = ITEMS
        .iter()
        .flat_map(|group| group.iter())
        .map(|item| judge(host, item))
        .collect();
    let mut counts = Counts::default();
    let mut by_importance = Importance::ALL.map(|it| (it, Counts::default()));
    for item in &items {
        counts.add(item.answer);
        for (importance, counts) in &mut by_importance {
            if *importance == item.importance {
                counts.add(item.answer);
            }
        }
    }
    HostReport {
        schema: SCHEMA.to_owned(),
        host: host.host.clone(),
        system: system(host),
        kernel: first_line(host, "/proc/sys/kernel/osrelease"),
        taken: host.taken.clone(),
        origin: host.origin,
        snapshot: digest,
        counts,
        by_importance: by_importance.to_vec(),
        items,
    }
}

fn judge(host: &Snapshot, item: &Item) -> ItemReport {
    let mut case = Case::new(host);
    // Without users nothing can be said of who may do what.
    if accounts::users(host).is_empty() {
        case.unsure(
            "/etc/passwd를 읽지 못해 아무것도 판정할 수 없음",
            "without /etc/passwd nothing can be judged",
        );
    }
    items::check(item.number, &mut case);
    if host.owners == Owners::Unknown && items::needs_owners(item.number) {
        case.unsure(
            "복사한 파일의 소유자와 권한은 호스트의 것이 아닐 수 있음(--states나 --mounted가 필요함)",
            "owners and permissions of a copy may not be the host's (it needs --states or --mounted)",
        );
    }
    let answer = case.answer();
    if answer == Answer::NeedsAPerson && case.unsure.is_empty() {
        case.unsure("판정할 근거를 찾지 못함", "nothing was found to judge by");
    }
    let mut well = case.well;
    well.append(&mut case.absent);
    ItemReport {
        id: item.id(),
        importance: item.importance,
        title: item.title(),
        why: item.why(),
        answer,
        wrong: case.wrong,
        unsure: case.unsure,
        well,
        evidence: case.evidence,
        more_evidence: case.more_evidence,
        remedy: item.remedy(),
    }
}

fn system(host: &Snapshot) -> String {
    let text = host.text("/etc/os-release").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or_default().trim_matches('"').to_owned()
}

fn first_line(host: &Snapshot, path: &str) -> String {
    let line = host.text(path).and_then(|text| text.lines().next());
    line.unwrap_or_default().trim().to_owned()
}

pub(super) fn findings(report: &HostReport) -> Vec<Finding> {
    let unsure = report.counts.needs_a_person;
    if unsure == 0 {
        return Vec::new();
    }
    vec![Finding {
        severity: Severity::Warning,
        code: "items.needs_a_person".to_owned(),
        place: super::INPUT.to_owned(),
        message: Label::new(
            format!("{unsure}개 항목은 사람이 확인해야 합니다. 양호하다는 뜻이 아닙니다."),
            format!("{unsure} items need a person; that does not make them good."),
        ),
    }]
}

/// Every item as a table that a Korean spreadsheet opens: UTF-8 with its
/// mark.
pub(super) fn csv(report: &HostReport) -> String {
    let mut text = String::from(
        "\u{feff}id,importance,title_ko,title_en,answer,reasons_ko,reasons_en,remedy_ko,remedy_en\r\n",
    );
    for item in &report.items {
        let reasons = |pick: fn(&Label) -> &str| {
            let all = item.wrong.iter().chain(&item.unsure).chain(&item.well);
            all.map(pick).collect::<Vec<_>>().join("\n")
        };
        let cells = [
            item.id.clone(),
            item.importance.label().ko,
            item.title.ko.clone(),
            item.title.en.clone(),
            item.answer.label().ko,
            reasons(|it| &it.ko),
            reasons(|it| &it.en),
            item.remedy.ko.clone(),
            item.remedy.en.clone(),
        ];
        let cells: Vec<String> = cells.iter().map(|it| cell(it)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell (RFC 4180); one that a spreadsheet would take for a formula gets an
/// apostrophe: names come from the host's users.
fn cell(text: &str) -> String {
    let mark = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => "'",
        false => "",
    };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}
