//! What a scan says.

use jiff::Timestamp;
use modu_kernel::{Label, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ClearedFinding;
use super::matcher::{Matcher, Scanned, Verdict};
use crate::VulnError;
use crate::advisory::{Bundle, Freshness};
use crate::index::Index;
use crate::limits;
use crate::table::Table;

const SCHEMA: &str = "modu.vuln.scan/4";

/// The report of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScanReport {
    /// The schema's name.
    pub schema: String,
    /// What the inventory is of, as it says itself.
    pub asset: String,
    /// What the advisories' bundle says of itself.
    pub bundle: ScannedBundle,
    /// Advisories that were held against the inventory; CVE records among them
    /// where it names a product by CPE only.
    pub advisories: u64,
    /// Components by answer; the three add up to all.
    pub counts: Counts,
    /// Pairs of a component and an advisory.
    pub findings: u64,
    /// Why components are undecidable, and how many.
    pub undecided: Vec<(Undecided, u64)>,
    /// Affected components, at most [`limits::LISTED`]; all are in the CSV.
    pub listed: Vec<Listed>,
    /// Findings that statements of makers cleared; none of them counts above.
    pub cleared: u64,
    /// Those, with who says so, at most [`limits::LISTED`]; all are in the CSV.
    pub listed_cleared: Vec<ClearedFinding>,
    /// The answer.
    pub answer: Answer,
}

/// The bundle that was held against an inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScannedBundle {
    /// Which of its publisher's row.
    pub sequence: Option<u64>,
    /// When it was made.
    pub made: Option<String>,
    /// Whether it may be relied on at the time of the scan.
    pub freshness: Freshness,
}

impl ScannedBundle {
    /// What a bundle says of itself, and whether it may be relied on at a time.
    ///
    /// # Errors
    /// [`VulnError`] where the time that it was made cannot be reckoned with.
    pub fn of(bundle: &Bundle, at: Timestamp) -> Result<Self, VulnError> {
        let header = bundle.header();
        let freshness = header.map(|header| header.freshness(at)).transpose()?;
        Ok(Self {
            sequence: header.map(|header| header.sequence),
            made: header.map(|header| header.made.clone()),
            freshness: freshness.unwrap_or(Freshness::Unstated),
        })
    }

    /// A sentence for the reader, where it may not be relied on.
    #[must_use]
    pub fn label(&self) -> Label {
        let made = self.made.as_deref().unwrap_or("?");
        match self.freshness {
            Freshness::Fresh => Label::new(
                format!("권고 묶음은 {made}에 만든 것입니다."),
                format!("The advisories are of {made}."),
            ),
            Freshness::Stale => Label::new(
                format!(
                    "권고 묶음이 스스로 밝힌 기한을 넘겼습니다({made}에 만듦). 아무것도 깨끗하다고 하지 않습니다."
                ),
                format!(
                    "The advisories are past their stated age (made {made}): nothing is called clean."
                ),
            ),
            Freshness::NotYet => Label::new(
                format!(
                    "권고 묶음이 검사 시각보다 뒤에 만들어졌습니다({made}). 시계를 확인하십시오."
                ),
                format!(
                    "The advisories were made after the time of the scan ({made}): check the clocks."
                ),
            ),
            Freshness::Unstated => Label::new(
                "권고 묶음이 언제 만든 것인지 밝히지 않습니다. 아무것도 깨끗하다고 하지 않습니다.",
                "The advisories do not say how old they are: nothing is called clean.",
            ),
        }
    }
}

/// The answer to "is anything affected?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Something is.
    Affected,
    /// Nothing is known to be, and the advisories may not be relied on.
    Stale,
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
    /// Its package URL without version and qualifiers, or its CPE name up to
    /// the product, or its name.
    pub component: String,
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
    /// Neither a package URL nor a CPE name that can be read.
    NoPackageUrl,
    /// Its package URL is of no ecosystem that the advisories know.
    UnknownEcosystem,
    /// The bundle has no advisory of its ecosystem.
    NotCovered,
    /// Its package URL does not say which release of a distribution it is of.
    NoRelease,
    /// No version.
    NoVersion,
    /// The advisories are past their age, or do not say it.
    Stale,
    /// Its version, or one that an advisory names, has no place in the order.
    NotOrdered,
    /// Sought by its CPE name, and no CVE record names its product.
    UnknownProduct,
    /// Its CPE name or version leaves open whether a CVE record applies.
    LeftOpen,
}

impl Undecided {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NoPackageUrl,
        Self::UnknownEcosystem,
        Self::NotCovered,
        Self::NoRelease,
        Self::NoVersion,
        Self::Stale,
        Self::NotOrdered,
        Self::UnknownProduct,
        Self::LeftOpen,
    ];

    /// The reason in words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::NoPackageUrl => (
                "읽을 수 있는 패키지 URL도 CPE 이름도 없음",
                "no readable package URL or CPE name",
            ),
            Self::UnknownEcosystem => ("모르는 생태계", "an unknown ecosystem"),
            Self::NotCovered => (
                "권고 묶음이 다루지 않는 생태계",
                "an ecosystem that the bundle does not cover",
            ),
            Self::NoRelease => (
                "배포판의 어느 판인지 알 수 없음",
                "no release of its distribution",
            ),
            Self::NoVersion => ("버전이 없음", "no version"),
            Self::Stale => ("권고가 오래됨", "the advisories are past their age"),
            Self::NotOrdered => (
                "버전의 앞뒤를 가릴 수 없음",
                "a version without a place in the order",
            ),
            Self::UnknownProduct => (
                "어느 CVE 기록도 그 CPE 제품을 말하지 않음",
                "no CVE record names its product by CPE",
            ),
            Self::LeftOpen => (
                "CPE 이름이나 버전만으로는 CVE가 해당하는지 알 수 없음",
                "its CPE name or version leaves open whether a CVE record applies",
            ),
        };
        Label::new(ko, en)
    }
}

pub(super) fn of(
    asset: &str,
    scanned: &[Scanned<'_>],
    matcher: &Matcher<'_>,
    index: &Index,
    bundle: ScannedBundle,
) -> ScanReport {
    let mut counts = Counts {
        components: scanned.len() as u64,
        ..Counts::default()
    };
    let mut undecided = Undecided::ALL.map(|reason| (reason, 0));
    let (mut findings, mut listed) = (0, Vec::new());
    for one in scanned {
        match one.verdict {
            Verdict::NotAffected => counts.not_affected += 1,
            Verdict::Undecidable(reason) => {
                counts.undecidable += 1;
                for (known, count) in &mut undecided {
                    *count += u64::from(*known == reason);
                }
            }
            Verdict::Affected(..) => {
                let hits = matcher.hits(one.verdict);
                counts.affected += 1;
                findings += hits.len() as u64;
                if listed.len() < limits::LISTED {
                    listed.push(Listed {
                        component: one.component.to_owned(),
                        version: one.version.as_ref().to_owned(),
                        advisories: hits.iter().map(|it| index.id(*it).to_owned()).collect(),
                    });
                }
            }
        }
    }
    ScanReport {
        schema: SCHEMA.into(),
        asset: asset.to_owned(),
        advisories: index.len() as u64,
        counts,
        findings,
        undecided: undecided
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect(),
        listed,
        cleared: 0,
        listed_cleared: Vec::new(),
        answer: match (counts.affected, bundle.freshness, counts.undecidable) {
            (1.., ..) => Answer::Affected,
            (0, Freshness::Fresh, 0) => Answer::NotAffected,
            (0, Freshness::Fresh, _) => Answer::Undecidable,
            (0, ..) => Answer::Stale,
        },
        bundle,
    }
}

pub(super) fn outputs(
    asset: &str,
    scanned: &[Scanned<'_>],
    matcher: &Matcher<'_>,
    index: &Index,
) -> Vec<Output> {
    let mut components = Table::new(&["component", "version", "answer", "why"]);
    let mut findings = Table::new(&["asset", "component", "version", "advisory", "names"]);
    let reasons = Undecided::ALL.map(|reason| (reason, reason.label().en));
    for one in scanned {
        let (answer, why) = match one.verdict {
            Verdict::Affected(..) => ("affected", ""),
            Verdict::NotAffected => ("not_affected", ""),
            Verdict::Undecidable(reason) => {
                let words = reasons.iter().find(|(known, _)| *known == reason);
                ("undecidable", words.map_or("", |(_, words)| words.as_str()))
            }
        };
        components.row(&[one.component, &one.version, answer, why]);
        for advisory in matcher.hits(one.verdict) {
            let (id, names) = (index.id(*advisory), index.names(*advisory));
            findings.row(&[asset, one.component, &one.version, id, names]);
        }
    }
    vec![
        components.output("components.csv"),
        findings.output("findings.csv"),
    ]
}

/// Findings that statements cleared, with who says so.
pub(super) fn statements(asset: &str, cleared: &[ClearedFinding]) -> Output {
    let mut table = Table::new(&[
        "asset",
        "component",
        "version",
        "advisory",
        "statement",
        "author",
        "why",
    ]);
    for one in cleared {
        table.row(&[
            asset,
            &one.component,
            &one.version,
            &one.advisory,
            &one.statement,
            &one.author,
            &one.why,
        ]);
    }
    table.output("statements.csv")
}
