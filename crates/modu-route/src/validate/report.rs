//! The report of a validation run.

use std::collections::BTreeMap;

use modu_kernel::{Finding, Label, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tree::{Decision, Kind, ObjectOutcome, Reason, ValidatedTree};
use crate::instant;
use crate::router_table::RouterTable;
use crate::slurm::ExceptionReport;

/// What a validation run came to. Each authority and object stands in the
/// output `validated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateReport {
    /// `modu.route.validate/1`.
    pub schema: String,
    /// The instant validated for, RFC 3339.
    pub time: String,
    /// Each trust anchor.
    pub anchors: Vec<AnchorReport>,
    /// Publication points.
    pub points: PointCounts,
    /// Objects of the points that stand.
    pub objects: ObjectCounts,
    /// Different VRPs of all trust anchors, with local exceptions.
    pub vrps: u64,
    /// Customers with ASPAs, with local exceptions.
    pub aspas: u64,
    /// How often each reason was met, by its code.
    pub reasons: BTreeMap<String, u64>,
    /// What local exceptions changed, where there are some.
    pub exceptions: Option<ExceptionReport>,
}

/// What came of a trust anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorReport {
    /// Its locator's name.
    pub name: String,
    /// Why there is none, or why the certificate that was fetched is not used
    /// but the one believed before.
    pub reason: Option<String>,
    /// Whether there is one.
    pub valid: bool,
    /// Authorities under it.
    pub authorities: u64,
    /// Its VRPs, each time it stands in a ROA.
    pub vrps: u64,
}

/// Publication points by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointCounts {
    /// What was fetched stands.
    pub current: u64,
    /// The last good state stands.
    pub kept: u64,
    /// Nothing can be used.
    pub refused: u64,
}

/// Objects by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectCounts {
    /// Valid ROAs.
    pub roas: u64,
    /// Valid ASPAs.
    pub aspas: u64,
    /// Valid certificates of authorities.
    pub authorities: u64,
    /// Revocation lists.
    pub revocation_lists: u64,
    /// Recognised and passed over.
    pub passed_over: u64,
    /// Not to be believed.
    pub rejected: u64,
    /// Of those that are believed, how many have bytes behind their DER.
    pub trailing: u64,
}

const SCHEMA: &str = "modu.route.validate/1";

/// Counts a tree and what routers are told of it.
#[must_use]
pub fn report_of(
    tree: &ValidatedTree,
    table: &RouterTable,
    exceptions: Option<ExceptionReport>,
) -> (ValidateReport, Vec<Finding>) {
    let mut report = ValidateReport {
        schema: SCHEMA.into(),
        time: instant::written(tree.time),
        anchors: anchors(tree),
        points: PointCounts::default(),
        objects: ObjectCounts::default(),
        vrps: table.rows().len() as u64,
        aspas: table.aspas().len() as u64,
        reasons: BTreeMap::new(),
        exceptions,
    };
    let mut passed_over: BTreeMap<Kind, u64> = BTreeMap::new();
    let reasons = &mut report.reasons;
    let mut met = |reason: &Reason| match reasons.get_mut(&reason.code) {
        Some(count) => *count += 1,
        None => drop(reasons.insert(reason.code.clone(), 1)),
    };
    for anchor in &tree.anchors {
        anchor
            .authority
            .as_ref()
            .err()
            .into_iter()
            .for_each(&mut met);
        anchor.kept.iter().for_each(&mut met);
    }
    for authority in &tree.authorities {
        let (count, reason) = match &authority.decision {
            Decision::Current(_) => (&mut report.points.current, None),
            Decision::Kept(fallback) => (&mut report.points.kept, Some(&fallback.reason)),
            Decision::Refused(reason) => (&mut report.points.refused, Some(reason)),
        };
        *count += 1;
        reason.into_iter().for_each(&mut met);
        for object in authority.objects.iter() {
            report.objects.trailing += u64::from(object.trailing);
            let count = match &object.outcome {
                ObjectOutcome::Roa(..) => &mut report.objects.roas,
                ObjectOutcome::Aspa(..) => &mut report.objects.aspas,
                ObjectOutcome::Authority(_) => &mut report.objects.authorities,
                ObjectOutcome::RevocationList(_) => &mut report.objects.revocation_lists,
                ObjectOutcome::PassedOver(kind) => {
                    *passed_over.entry(*kind).or_default() += 1;
                    &mut report.objects.passed_over
                }
                ObjectOutcome::Rejected(reason) => {
                    met(reason);
                    &mut report.objects.rejected
                }
            };
            *count += 1;
        }
    }
    let findings = findings(tree, &report, &passed_over);
    (report, findings)
}

fn anchors(tree: &ValidatedTree) -> Vec<AnchorReport> {
    let mut anchors: Vec<AnchorReport> = (tree.anchors.iter())
        .map(|anchor| AnchorReport {
            name: anchor.name.clone(),
            reason: (anchor.authority.as_ref().err())
                .or(anchor.kept.as_ref())
                .map(|reason| format!("{}: {}", reason.code, reason.detail)),
            valid: anchor.authority.is_ok(),
            authorities: 0,
            vrps: 0,
        })
        .collect();
    for authority in &tree.authorities {
        let Some(anchor) = anchors.get_mut(usize::from(authority.anchor)) else {
            continue;
        };
        anchor.authorities += 1;
        for object in authority.objects.iter() {
            if let ObjectOutcome::Roa(_, vrps) = &object.outcome {
                anchor.vrps += vrps.len() as u64;
            }
        }
    }
    anchors
}

fn findings(
    tree: &ValidatedTree,
    report: &ValidateReport,
    passed_over: &BTreeMap<Kind, u64>,
) -> Vec<Finding> {
    let finding = |severity, code: &str, place: &str, message| Finding {
        severity,
        code: code.into(),
        place: place.into(),
        message,
    };
    let mut findings = Vec::new();
    for anchor in &report.anchors {
        let Some(reason) = &anchor.reason else {
            continue;
        };
        let (severity, message) = match anchor.valid {
            true => (
                Severity::Warning,
                Label::new(
                    format!(
                        "트러스트 앵커 {}: 앞서 믿던 인증서를 씁니다 ({reason})",
                        anchor.name
                    ),
                    format!(
                        "trust anchor {}: the certificate believed before stands in ({reason})",
                        anchor.name
                    ),
                ),
            ),
            false => (
                Severity::Problem,
                Label::new(
                    format!("트러스트 앵커 {}를 쓸 수 없습니다 ({reason})", anchor.name),
                    format!("trust anchor {} cannot be used ({reason})", anchor.name),
                ),
            ),
        };
        findings.push(finding(severity, "anchor", &anchor.name, message));
    }
    for (code, count) in &report.reasons {
        let message = Label::new(
            format!("{count}번: {}", first_of(tree, code)),
            format!("{count} times, such as {}", first_of(tree, code)),
        );
        findings.push(finding(Severity::Warning, code, "repository", message));
    }
    if let Some(place) = first_trailing(tree) {
        let count = report.objects.trailing;
        let message = Label::new(
            format!("객체 {count}개는 끝난 뒤에 다른 바이트가 더 있습니다. 믿되 알립니다: {place}"),
            format!(
                "{count} objects are believed although bytes follow their end, such as {place}"
            ),
        );
        findings.push(finding(
            Severity::Warning,
            "object.trailing",
            "repository",
            message,
        ));
    }
    if let Some(exceptions) = &report.exceptions {
        let (filtered, added) = (
            exceptions.vrps_filtered + exceptions.aspas_filtered.len() as u64,
            exceptions.vrps_added + exceptions.aspas_added.len() as u64,
        );
        let message = Label::new(
            format!("로컬 예외(SLURM)로 인가 {filtered}개를 빼고 {added}개를 더했습니다."),
            format!(
                "local exceptions (SLURM) took away {filtered} authorisations and added {added}."
            ),
        );
        findings.push(finding(Severity::Note, "slurm", "slurm", message));
    }
    for (kind, count) in passed_over {
        let (ko, en) = name_of(*kind);
        let message = Label::new(
            format!("{ko} {count}개는 알아보고 지나쳤습니다."),
            format!("{count} {en} were recognised and passed over."),
        );
        findings.push(finding(
            Severity::Note,
            "passed_over",
            "repository",
            message,
        ));
    }
    findings
}

/// The first object with bytes behind its DER.
fn first_trailing(tree: &ValidatedTree) -> Option<String> {
    tree.authorities.iter().find_map(|authority| {
        let object = authority.objects.iter().find(|object| object.trailing)?;
        Some(format!("{}{}", authority.folder, object.name))
    })
}

/// Where a reason was met first, and with what detail.
fn first_of(tree: &ValidatedTree, code: &str) -> String {
    let of_anchors = tree.anchors.iter().flat_map(|anchor| {
        let reasons = anchor.authority.as_ref().err().into_iter();
        let reasons = reasons.chain(&anchor.kept);
        reasons.map(|reason| (anchor.name.clone(), reason))
    });
    let of_authorities = tree.authorities.iter().flat_map(|authority| {
        let point = match &authority.decision {
            Decision::Current(_) => None,
            Decision::Kept(fallback) => Some(&fallback.reason),
            Decision::Refused(reason) => Some(reason),
        };
        let point = point.map(|reason| (authority.manifest_uri.to_string(), reason));
        let objects = authority.objects.iter().filter_map(|object| {
            let ObjectOutcome::Rejected(reason) = &object.outcome else {
                return None;
            };
            (reason.code == code).then(|| (format!("{}{}", authority.folder, object.name), reason))
        });
        point.into_iter().chain(objects)
    });
    let first = of_anchors
        .chain(of_authorities)
        .find(|(_, reason)| reason.code == code);
    first.map_or_else(String::new, |(place, reason)| {
        format!("{place}: {}", reason.detail)
    })
}

/// Kinds of objects for people, in Korean and English.
fn name_of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::RouterKey => ("라우터 인증서", "router certificates"),
        Kind::Checklist => ("서명된 점검표(RSC)", "signed checklists (RSC)"),
        Kind::AnchorKey => ("트러스트 앵커 키(TAK)", "trust anchor keys (TAK)"),
        Kind::PrefixList => ("서명된 프리픽스 목록(SPL)", "signed prefix lists (SPL)"),
        Kind::Ghostbusters => ("연락처(Ghostbusters)", "Ghostbusters records"),
        Kind::Unknown => ("모르는 종류의 파일", "files of unknown kinds"),
    }
}
