//! What is said of a plant's assets.

use modu_kernel::{Label, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::weigh::{Affecting, Weighed};
use crate::advisory::Freshness;
use crate::advisory::csaf::{Remedy, RemedyKind, Vulnerability};
use crate::limits;
use crate::scan::{Answer, ScannedBundle};
use crate::table::Table;

const SCHEMA: &str = "modu.vuln.assets/1";

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssetsReport {
    /// The schema's name.
    pub schema: String,
    /// What the advisories' bundle says of itself.
    pub bundle: ScannedBundle,
    /// Advisories that were held against the assets.
    pub advisories: u64,
    /// Assets by answer; the three add up to all.
    pub counts: AssetCounts,
    /// Pairs of an asset and an advisory that affects it.
    pub findings: u64,
    /// Why assets are not affected, and how many; they add up to these.
    pub cleared: Vec<(Cleared, u64)>,
    /// Why assets are undecidable, and how many; they add up to these.
    pub undecided: Vec<(Undecided, u64)>,
    /// Affected assets, at most [`limits::LISTED`]; all are in the CSV.
    pub listed: Vec<ListedAsset>,
    /// Undecidable assets, at most as many.
    pub listed_undecided: Vec<UndecidedAsset>,
    /// Faults that assets were said not to have though another advisory or the
    /// ranges say otherwise: asset, fault, advisory, who said it and why.
    pub statements: Vec<[String; 5]>,
    /// The answer.
    pub answer: Answer,
}

/// Assets by answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssetCounts {
    /// All of them.
    pub assets: u64,
    /// Affected by at least one advisory.
    pub affected: u64,
    /// Affected by none.
    pub not_affected: u64,
    /// It cannot be told.
    pub undecidable: u64,
}

/// Why an asset is not affected.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Cleared {
    /// Its vendor or another publisher says so.
    ByStatement,
    /// Advisories name the product, with other versions.
    OtherVersions,
    /// Advisories name its vendor's other products only.
    NotNamed,
}

/// Why an asset cannot be decided, the first that holds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// No advisory of the bundle is of its vendor.
    UnknownVendor,
    /// The list has no version for it.
    NoFirmware,
    /// Its version cannot be read.
    UnreadableFirmware,
    /// The vendor's range cannot be read.
    UnreadableRange,
    /// Whether its version is in the range only the vendor knows.
    NotOrdered,
    /// The vendor does not know yet.
    UnderInvestigation,
    /// It may or may not be a product that an advisory names.
    AmbiguousProduct,
    /// Its CPE name or version leaves open whether a CVE record applies.
    OpenName,
    /// Nothing is known to affect it, and the advisories are past their age.
    Stale,
}

/// An affected asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedAsset {
    /// Its identifier.
    pub asset: String,
    /// Vendor and product, as the list has them.
    pub component: String,
    /// Its version, as the list has it.
    pub version: String,
    /// The advisories.
    pub advisories: Vec<ListedAdvisory>,
}

/// An advisory that affects an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedAdvisory {
    /// Its identifier.
    pub id: String,
    /// One line.
    pub title: String,
    /// Where a person reads it, with what to do.
    pub url: Option<String>,
    /// Identifiers of the faults.
    pub names: Vec<String>,
    /// The best remedy that it offers.
    pub remedy: Option<RemedyKind>,
}

/// An undecidable asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UndecidedAsset {
    /// Its identifier.
    pub asset: String,
    /// Vendor and product, as the list has them.
    pub component: String,
    /// Its version, as the list has it.
    pub version: String,
    /// Why.
    pub why: Undecided,
    /// Advisories of which it cannot be told.
    pub advisories: Vec<String>,
    /// The nearest names of products in them.
    pub candidates: Vec<String>,
}

impl Cleared {
    const ALL: [Self; 3] = [Self::ByStatement, Self::OtherVersions, Self::NotNamed];

    /// The reason in words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::ByStatement => (
                "발행자가 영향이 없다고 밝힘",
                "its publisher says that it is not",
            ),
            Self::OtherVersions => (
                "권고가 그 제품의 다른 버전만 다룸",
                "advisories name other versions of the product",
            ),
            Self::NotNamed => (
                "제조사의 권고가 그 제품을 다루지 않음",
                "its vendor's advisories do not name the product",
            ),
        };
        Label::new(ko, en)
    }
}

impl Undecided {
    const ALL: [Self; 9] = [
        Self::UnknownVendor,
        Self::NoFirmware,
        Self::UnreadableFirmware,
        Self::UnreadableRange,
        Self::NotOrdered,
        Self::UnderInvestigation,
        Self::AmbiguousProduct,
        Self::OpenName,
        Self::Stale,
    ];

    /// The reason in words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::UnknownVendor => (
                "묶음에 그 제조사의 권고가 없음",
                "no advisory of the bundle is of its vendor",
            ),
            Self::NoFirmware => ("펌웨어 버전이 적혀 있지 않음", "no version of its firmware"),
            Self::UnreadableFirmware => (
                "펌웨어 버전을 읽을 수 없음",
                "a version of its firmware that cannot be read",
            ),
            Self::UnreadableRange => (
                "제조사가 쓴 범위를 읽을 수 없음",
                "a vendor's range that cannot be read",
            ),
            Self::NotOrdered => (
                "버전의 앞뒤를 제조사만 앎",
                "a version whose place only the vendor knows",
            ),
            Self::UnderInvestigation => (
                "제조사가 아직 조사하고 있음",
                "the vendor is still investigating",
            ),
            Self::AmbiguousProduct => (
                "권고의 제품과 같은 것인지 알 수 없음",
                "it may or may not be a product that an advisory names",
            ),
            Self::OpenName => (
                "CPE 이름이나 버전만으로는 CVE가 해당하는지 알 수 없음",
                "its CPE name or version leaves open whether a CVE record applies",
            ),
            Self::Stale => ("권고가 오래됨", "the advisories are past their age"),
        };
        Label::new(ko, en)
    }
}

/// What a weighed asset comes to.
enum Verdict {
    Affected,
    NotAffected(Cleared),
    Undecidable(Undecided),
}

impl Weighed<'_> {
    fn verdict(&self) -> Verdict {
        match self.why() {
            _ if self.is_affected() => Verdict::Affected,
            Some(why) => Verdict::Undecidable(why),
            None if !self.cleared.is_empty() => Verdict::NotAffected(Cleared::ByStatement),
            None if self.named => Verdict::NotAffected(Cleared::OtherVersions),
            None => Verdict::NotAffected(Cleared::NotNamed),
        }
    }

    fn component(&self) -> String {
        let model = self.asset.model.as_deref().unwrap_or_default();
        let text = format!("{} {} {model}", self.asset.vendor, self.asset.product);
        text.trim_end().to_owned()
    }

    fn version(&self) -> String {
        self.asset.firmware.clone().unwrap_or_default()
    }
}

pub(super) fn of(weighed: &[Weighed<'_>], advisories: u64, bundle: ScannedBundle) -> AssetsReport {
    let freshness = bundle.freshness;
    let mut report = AssetsReport {
        schema: SCHEMA.into(),
        bundle,
        advisories,
        counts: AssetCounts {
            assets: weighed.len() as u64,
            ..AssetCounts::default()
        },
        findings: 0,
        cleared: Cleared::ALL.map(|reason| (reason, 0)).to_vec(),
        undecided: Undecided::ALL.map(|reason| (reason, 0)).to_vec(),
        listed: Vec::new(),
        listed_undecided: Vec::new(),
        statements: Vec::new(),
        answer: Answer::NotAffected,
    };
    for one in weighed {
        report.add(one);
    }
    report.cleared.retain(|(_, count)| *count > 0);
    report.undecided.retain(|(_, count)| *count > 0);
    report.answer = match (report.counts.affected, freshness, report.counts.undecidable) {
        (1.., ..) => Answer::Affected,
        (0, Freshness::Fresh, 0) => Answer::NotAffected,
        (0, Freshness::Fresh, _) => Answer::Undecidable,
        (0, ..) => Answer::Stale,
    };
    report
}

impl AssetsReport {
    fn add(&mut self, one: &Weighed<'_>) {
        self.findings += (one.affected.len() + one.applying().count()) as u64;
        match one.verdict() {
            Verdict::Affected => {
                self.counts.affected += 1;
                if self.listed.len() < limits::LISTED {
                    self.listed.push(listed(one));
                }
            }
            Verdict::NotAffected(reason) => {
                self.counts.not_affected += 1;
                count(&mut self.cleared, reason);
            }
            Verdict::Undecidable(why) => {
                self.counts.undecidable += 1;
                count(&mut self.undecided, why);
                if self.listed_undecided.len() < limits::LISTED {
                    self.listed_undecided.push(listed_undecided(one, why));
                }
            }
        }
        for statement in &one.cleared {
            if self.statements.len() < limits::LISTED {
                self.statements.push([
                    one.asset.asset.clone(),
                    statement.fault.to_owned(),
                    statement.advisory.to_owned(),
                    statement.publisher.to_owned(),
                    statement.why.unwrap_or_default().to_owned(),
                ]);
            }
        }
    }
}

fn count<T: PartialEq>(counts: &mut [(T, u64)], reason: T) {
    for (known, count) in counts {
        *count += u64::from(*known == reason);
    }
}

fn listed(one: &Weighed<'_>) -> ListedAsset {
    let advisories = one.affected.values().map(|affecting| ListedAdvisory {
        id: affecting.advisory.id.clone(),
        title: affecting.advisory.title.clone(),
        url: affecting.advisory.url.clone(),
        names: affecting.names().into_iter().map(str::to_owned).collect(),
        remedy: affecting.remedies().map(|(_, remedy)| remedy.kind).min(),
    });
    ListedAsset {
        asset: one.asset.asset.clone(),
        component: one.component(),
        version: one.version(),
        advisories: advisories.chain(one.applying().map(of_record)).collect(),
    }
}

/// A CVE record, which has no remedies of its own.
fn of_record(id: &str) -> ListedAdvisory {
    ListedAdvisory {
        id: id.to_owned(),
        title: String::new(),
        url: Some(format!("https://www.cve.org/CVERecord?id={id}")),
        names: vec![id.to_owned()],
        remedy: None,
    }
}

/// Advisories and CVE records of which it cannot be told.
fn open(one: &Weighed<'_>) -> Vec<String> {
    let records = one.records.iter().filter(|(_, applies)| !**applies);
    let records = records.map(|(id, _)| *id);
    one.undecided
        .keys()
        .copied()
        .chain(records)
        .map(str::to_owned)
        .collect()
}

fn listed_undecided(one: &Weighed<'_>, why: Undecided) -> UndecidedAsset {
    UndecidedAsset {
        asset: one.asset.asset.clone(),
        component: one.component(),
        version: one.version(),
        why,
        advisories: open(one),
        candidates: one.candidates().into_iter().map(str::to_owned).collect(),
    }
}

impl<'a> Affecting<'a> {
    /// Remedies for the products that the asset is, with their faults.
    fn remedies(&self) -> impl Iterator<Item = (&'a Vulnerability, &'a Remedy)> + '_ {
        let faults = self.faults.iter();
        let faults = faults.filter_map(|place| self.advisory.vulnerabilities.get(*place));
        let remedies = faults.flat_map(|fault| fault.remedies.iter().map(move |it| (fault, it)));
        remedies.filter(|(_, remedy)| {
            let products = &remedy.products;
            products.is_empty() || products.iter().any(|it| self.products.contains(it))
        })
    }
}

pub(super) fn outputs(weighed: &[Weighed<'_>]) -> Vec<Output> {
    let mut assets = Table::new(&[
        "asset",
        "vendor",
        "product",
        "model",
        "firmware",
        "answer",
        "why",
        "advisories",
        "undecided",
        "candidates",
        "statements",
    ]);
    let mut findings = Table::new(&["asset", "component", "version", "advisory", "names"]);
    let mut remedies = Table::new(&[
        "asset",
        "advisory",
        "names",
        "kind",
        "details",
        "remedy_url",
        "advisory_url",
    ]);
    for one in weighed {
        assets.row(&row(one).each_ref().map(String::as_str));
        for affecting in one.affected.values() {
            let names = joined(affecting.names(), " ");
            let id = &affecting.advisory.id;
            findings.row(&[
                &one.asset.asset,
                &one.component(),
                &one.version(),
                id,
                &names,
            ]);
            add_remedies(&mut remedies, &one.asset.asset, affecting);
        }
        for id in one.applying() {
            findings.row(&[&one.asset.asset, &one.component(), &one.version(), id, id]);
        }
    }
    vec![
        assets.output("assets.csv"),
        findings.output("findings.csv"),
        remedies.output("remedies.csv"),
    ]
}

fn joined<'a>(texts: impl IntoIterator<Item = &'a str>, sign: &str) -> String {
    texts.into_iter().collect::<Vec<_>>().join(sign)
}

fn row(one: &Weighed<'_>) -> [String; 11] {
    let (answer, why) = match one.verdict() {
        Verdict::Affected => ("affected", String::new()),
        Verdict::NotAffected(reason) => ("not_affected", reason.label().en),
        Verdict::Undecidable(reason) => ("undecidable", reason.label().en),
    };
    let statements = one.cleared.iter().map(|it| {
        let why = it.why.unwrap_or("no reason given");
        format!("{} ({}, {}): {why}", it.fault, it.advisory, it.publisher)
    });
    let asset = one.asset;
    [
        asset.asset.clone(),
        asset.vendor.clone(),
        asset.product.clone(),
        asset.model.clone().unwrap_or_default(),
        one.version(),
        answer.to_owned(),
        why,
        joined(one.affected.keys().copied().chain(one.applying()), " "),
        open(one).join(" "),
        joined(one.candidates(), "; "),
        statements.collect::<Vec<_>>().join("; "),
    ]
}

/// What is said of several faults in the same words is one row.
fn add_remedies(table: &mut Table, asset: &str, affecting: &Affecting<'_>) {
    let mut rows: Vec<(&Remedy, Vec<&str>)> = Vec::new();
    for (fault, remedy) in affecting.remedies() {
        let same = |(other, _): &&mut (&Remedy, Vec<&str>)| {
            (other.kind, &other.details, &other.url) == (remedy.kind, &remedy.details, &remedy.url)
        };
        match rows.iter_mut().find(same) {
            Some((_, names)) => names.extend(fault.names()),
            None => rows.push((remedy, fault.names().collect())),
        }
    }
    rows.sort_by_key(|(remedy, _)| remedy.kind);
    for (remedy, names) in rows {
        table.row(&[
            asset,
            &affecting.advisory.id,
            &names.join(" "),
            remedy.kind.as_str(),
            &remedy.details,
            remedy.url.as_deref().unwrap_or_default(),
            affecting.advisory.url.as_deref().unwrap_or_default(),
        ]);
    }
}
