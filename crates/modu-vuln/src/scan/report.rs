//! What a scan says.

use modu_kernel::{Label, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Scanned, Verdict};
use crate::limits;

const SCHEMA: &str = "modu.vuln.scan/1";

/// The report of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScanReport {
    /// The schema's name.
    pub schema: String,
    /// Advisories that were held against the inventory.
    pub advisories: u64,
    /// Components by answer; the three add up to all.
    pub counts: Counts,
    /// Pairs of a component and an advisory.
    pub findings: u64,
    /// Why components are undecidable, and how many.
    pub undecided: Vec<(Undecided, u64)>,
    /// Affected components, at most [`limits::LISTED`]; all are in the CSV.
    pub listed: Vec<Listed>,
    /// The answer.
    pub answer: Answer,
}

/// The answer to "is anything affected?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Something is.
    Affected,
    /// Nothing is known to be, and something could not be decided.
    Undecidable,
    /// Nothing is.
    NotAffected,
}

/// Components by answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// All of them.
    pub components: u64,
    /// Affected by at least one advisory.
    pub affected: u64,
    /// Affected by none, and everything could be read.
    pub not_affected: u64,
    /// It cannot be told.
    pub undecidable: u64,
}

/// An affected component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The advisories.
    pub advisories: Vec<String>,
}

/// Why a component cannot be decided.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// No package URL that can be read.
    NoPackageUrl,
    /// Its package URL is of no ecosystem that the advisories know.
    UnknownEcosystem,
    /// The bundle has no advisory of its ecosystem.
    NotCovered,
    /// No version.
    NoVersion,
    /// Its version, or one that an advisory names, has no place in the order.
    NotOrdered,
}

impl Undecided {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::NoPackageUrl,
        Self::UnknownEcosystem,
        Self::NotCovered,
        Self::NoVersion,
        Self::NotOrdered,
    ];

    /// The reason in words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::NoPackageUrl => ("읽을 수 있는 패키지 URL이 없음", "no readable package URL"),
            Self::UnknownEcosystem => ("모르는 생태계", "an unknown ecosystem"),
            Self::NotCovered => (
                "권고 묶음이 다루지 않는 생태계",
                "an ecosystem that the bundle does not cover",
            ),
            Self::NoVersion => ("버전이 없음", "no version"),
            Self::NotOrdered => (
                "버전의 앞뒤를 가릴 수 없음",
                "a version without a place in the order",
            ),
        };
        Label::new(ko, en)
    }
}

pub(super) fn of(scanned: &[Scanned<'_>], advisories: u64) -> ScanReport {
    let mut counts = Counts {
        components: scanned.len() as u64,
        ..Counts::default()
    };
    let mut undecided = Undecided::ALL.map(|reason| (reason, 0));
    let (mut findings, mut listed) = (0, Vec::new());
    for one in scanned {
        match &one.verdict {
            Verdict::NotAffected => counts.not_affected += 1,
            Verdict::Undecidable(reason) => {
                counts.undecidable += 1;
                for (known, count) in &mut undecided {
                    *count += u64::from(known == reason);
                }
            }
            Verdict::Affected(advisories) => {
                counts.affected += 1;
                findings += advisories.len() as u64;
                if listed.len() < limits::LISTED {
                    listed.push(Listed {
                        name: one.component.name.clone(),
                        version: one.version.unwrap_or_default().to_owned(),
                        advisories: advisories.keys().cloned().collect(),
                    });
                }
            }
        }
    }
    ScanReport {
        schema: SCHEMA.into(),
        advisories,
        counts,
        findings,
        undecided: undecided
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect(),
        listed,
        answer: match (counts.affected, counts.undecidable) {
            (1.., _) => Answer::Affected,
            (0, 1..) => Answer::Undecidable,
            (0, 0) => Answer::NotAffected,
        },
    }
}

pub(super) fn outputs(scanned: &[Scanned<'_>]) -> Vec<Output> {
    let mut components = String::from("name,version,answer,why\n");
    let mut findings = String::from("name,version,advisory,aliases\n");
    for one in scanned {
        let name = cell(&one.component.name);
        let version = cell(one.version.unwrap_or_default());
        let (answer, why) = match &one.verdict {
            Verdict::Affected(_) => ("affected", String::new()),
            Verdict::NotAffected => ("not_affected", String::new()),
            Verdict::Undecidable(reason) => ("undecidable", reason.label().en),
        };
        components.push_str(&format!("{name},{version},{answer},{}\n", cell(&why)));
        if let Verdict::Affected(advisories) = &one.verdict {
            for (advisory, aliases) in advisories {
                let aliases = cell(&aliases.join(" "));
                findings.push_str(&format!("{name},{version},{},{aliases}\n", cell(advisory)));
            }
        }
    }
    let csv = |name: &str, text: String| Output {
        name: name.into(),
        media_type: "text/csv".into(),
        bytes: text.into_bytes(),
    };
    vec![
        csv("components.csv", components),
        csv("findings.csv", findings),
    ]
}

/// A cell of a CSV (RFC 4180). One that a spreadsheet would take for a formula
/// gets an apostrophe: names come from strangers.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}
