//! The sentences of the reports, in Korean and English.

use modu_kernel::{Finding, Label, Severity};
use modu_statistics::{IntervalMethod, ShareInterval};

use super::bench::{Bench, Rows};
use crate::dataset::finding;
use crate::need::{Incumbent, Need, SmallMember, Task, metric_label};
use crate::report::{
    Measurement, Measures, MetricMeasure, NotMeasured, NotMeasuredReason, SolutionSection,
};

/// How the intervals were made.
pub(super) fn method(need: &Need, competitors: usize) -> Label {
    let replicates = need.statistics.replicates;
    let parts = [
        match need.statistics.interval {
            IntervalMethod::Percentile => Label::new(
                format!("부트스트랩 {replicates}회, 백분위 신뢰구간."),
                format!("Bootstrap of {replicates} replicates, percentile intervals."),
            ),
            IntervalMethod::BiasCorrectedAccelerated => Label::new(
                format!("부트스트랩 {replicates}회, 치우침 보정 가속(BCa) 신뢰구간."),
                format!(
                    "Bootstrap of {replicates} replicates, bias-corrected and accelerated (BCa) intervals."
                ),
            ),
            IntervalMethod::Expanded => Label::new(
                format!(
                    "부트스트랩 {replicates}회, 치우침 보정 가속(BCa) 신뢰구간을 분산 추정의 불확실성만큼 넓혔습니다."
                ),
                format!(
                    "Bootstrap of {replicates} replicates, bias-corrected and accelerated (BCa) intervals, expanded by the uncertainty of their variance."
                ),
            ),
        },
        intervals_of_shares(need),
        what_is_drawn(need),
        Label::new(
            "지표마다 모든 솔루션과 집단에 같은 재표집을 써서 짝지어 비교합니다.",
            "Of each metric the same resamples serve all solutions and groups, so that comparisons are paired.",
        ),
        what_is_judged(need),
        holm(competitors),
    ];
    let join = |pick: fn(&Label) -> &String| {
        let parts = parts.iter().map(pick).filter(|part| !part.is_empty());
        parts.cloned().collect::<Vec<_>>().join(" ")
    };
    Label::new(join(|part| &part.ko), join(|part| &part.en))
}

fn intervals_of_shares(need: &Need) -> Label {
    if need.cluster.is_some() || matches!(need.task, Task::Regression | Task::Ranking) {
        return Label::new("", "");
    }
    match need.statistics.share_interval {
        None => Label::new(
            "0이나 1인 비율에는 정확한 클로퍼-피어슨 구간을 보입니다.",
            "A share of 0 or 1 is shown with the exact interval of Clopper and Pearson.",
        ),
        Some(ShareInterval::ClopperPearson) => Label::new(
            "비율(정확도, 정밀도, 재현율, 오경보율, 선정 비율)에는 정확한 클로퍼-피어슨 구간을 보입니다.",
            "Shares (accuracy, precision, recall, false-alarm rate, selection rate) are shown with the exact interval of Clopper and Pearson.",
        ),
        Some(ShareInterval::Wilson) => Label::new(
            "비율(정확도, 정밀도, 재현율, 오경보율, 선정 비율)에는 윌슨 구간을 보입니다.",
            "Shares (accuracy, precision, recall, false-alarm rate, selection rate) are shown with Wilson's interval.",
        ),
    }
}

fn what_is_drawn(need: &Need) -> Label {
    match (need.task, need.cluster) {
        (Task::Ranking, _) => {
            Label::new("질의를 통째로 다시 뽑습니다.", "Whole queries are drawn.")
        }
        (_, Some(_)) => Label::new(
            "한 단위에 속한 행들을 통째로 다시 뽑습니다.",
            "The rows that belong together are drawn as a whole.",
        ),
        (Task::Regression, None) => Label::new(
            "모든 행에서 다시 뽑습니다.",
            "Rows are drawn among all rows.",
        ),
        (Task::Binary | Task::Multiclass, None) => Label::new(
            "재현율, 오경보율, 균형 정확도, ROC 곡선 아래 면적은 부류 안에서, 부류의 비율에 따라 달라지는 나머지 지표는 모든 행에서 다시 뽑습니다.",
            "Rows are drawn within each class for recall, false-alarm rate, balanced accuracy and the area under the ROC curve, and among all rows for every other metric, as these move with the share of the classes.",
        ),
    }
}

fn what_is_judged(need: &Need) -> Label {
    let classes = matches!(need.task, Task::Binary | Task::Multiclass);
    if classes && need.cluster.is_none() {
        return Label::new(
            "기준은 추정값이 아니라 불리한 쪽 한쪽 신뢰한계로 판정하며, 정확도, 정밀도, 재현율, 오경보율, 선정 비율은 부트스트랩 한계와 정확한 클로퍼-피어슨 한계 가운데 더 불리한 쪽을 씁니다.",
            "Criteria are judged on the one-sided confidence limit on the unfavourable side, not on the estimate; for accuracy, precision, recall, false-alarm rate and selection rate it is the worse of the bootstrap's limit and the exact one of Clopper and Pearson.",
        );
    }
    Label::new(
        "기준은 추정값이 아니라 불리한 쪽 한쪽 신뢰한계로 판정합니다.",
        "Criteria are judged on the one-sided confidence limit on the unfavourable side, not on the estimate.",
    )
}

fn holm(competitors: usize) -> Label {
    if competitors <= 1 {
        return Label::new("", "");
    }
    Label::new(
        format!(
            "솔루션 {competitors}개가 겨루므로, 하나라도 잘못 도입할 확률이 신뢰수준 밖을 넘지 않도록 홀름 절차로 단계마다 신뢰수준을 높였습니다."
        ),
        format!(
            "As {competitors} solutions compete, their confidence is raised by Holm's step-down procedure, so that the chance of adopting any of them falsely stays within the stated level."
        ),
    )
}

/// The stated binning of reliability curves.
pub(super) fn binning() -> Label {
    Label::new(
        "점수 0에서 1까지를 같은 너비의 열 칸으로 나누었습니다",
        "ten bins of equal width over scores from 0 to 1",
    )
}

/// The recorded incumbent's column.
pub(super) fn recorded_column(need: &Need) -> String {
    match need.incumbent {
        Some(Incumbent::Recorded(column)) => need
            .columns
            .get(column)
            .map_or_else(String::new, |column| column.name.clone()),
        _ => String::new(),
    }
}

/// What limits this run, beside the data's own findings.
pub(super) fn findings(bench: &Bench<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, group) in bench.need.groups.iter().enumerate() {
        for (member, declared) in group.members.iter().enumerate() {
            let of = Rows::Member {
                group: index,
                member,
            };
            let (rows, positives) = bench.size(of);
            let statistics = &bench.need.statistics;
            let few = bench.clusters_of(of).unwrap_or(rows) < statistics.minimum_group
                || positives.is_some_and(|positives| {
                    positives.min(rows - positives) < statistics.minimum_positives
                });
            if few {
                let (ko, en) = match group.small {
                    SmallMember::Judge => (
                        "판정하기에 너무 작은 집단입니다. 이 집단의 기준은 '자료 부족'이 됩니다.",
                        "The group is too small to be judged; criteria on it answer \"not enough data\".",
                    ),
                    SmallMember::Report => (
                        "판정하기에 너무 작은 집단입니다. 수요서에 따라 보고만 하고, 나머지 집단이 기준을 정합니다.",
                        "The group is too small to be judged; by the need it is reported, and the other members decide.",
                    ),
                };
                findings.push(finding(
                    Severity::Warning,
                    "group.small",
                    &format!("group {}, member {}", group.id, declared.id),
                    ko,
                    en,
                ));
            }
        }
        let outside = bench.groups.get(index).map_or(0, |rows| rows.outside);
        if outside > 0 {
            let share = 100.0 * outside as f64 / bench.size(Rows::All).0.max(1) as f64;
            let share = if share < 0.1 {
                "< 0.1".to_owned()
            } else {
                format!("{share:.1}")
            };
            findings.push(finding(
                Severity::Warning,
                "group.outside",
                &format!("group {}", group.id),
                &format!("행의 {share}%가 어느 구성원에도 들지 않아 집단 비교에서 빠집니다. 이들에 대한 기준은 아무것도 판정하지 않습니다."),
                &format!("{share}% of the rows belong to no member and are left out of the group's comparison; no criterion on the group judges them."),
            ));
        }
    }
    let registered = bench.need.statistics.contenders.unwrap_or(1) as usize;
    let competitors = bench.contenders.solutions.len().max(registered) as f64;
    let tail = (1.0 - bench.confidence.get()) / competitors;
    if tail * f64::from(bench.need.statistics.replicates) < 10.0 {
        findings.push(finding(
            Severity::Warning,
            "statistics.few_replicates",
            "need, key `statistics.replicates`",
            "솔루션 수에 견주어 재표집이 적어 신뢰한계가 거칩니다. replicates를 늘리십시오.",
            "There are few replicates for so many solutions, so the limits are coarse; raise replicates.",
        ));
    }
    findings
}

/// Everything that was not measured: what the numbers lack, then what no
/// demonstration on recorded data can tell.
pub(super) fn not_measured(bench: &Bench<'_>, solutions: &[SolutionSection]) -> Vec<NotMeasured> {
    let mut list = Vec::new();
    for solution in solutions {
        collect(&solution.name, &solution.measures, bench, &mut list);
    }
    list.extend(standing());
    list
}

/// One entry per solution, rows and reason.
fn collect(name: &Label, measures: &Measures, bench: &Bench<'_>, list: &mut Vec<NotMeasured>) {
    absent(name, &bench.rows_name(Rows::All), &measures.overall, list);
    let nothing = |metrics: &[MetricMeasure]| {
        metrics
            .iter()
            .all(|metric| metric.measurement.value().is_none())
    };
    if nothing(&measures.overall) {
        return;
    }
    for group in &measures.groups {
        for member in &group.members {
            let rows = Label::new(
                format!("{} '{}'", group.name.ko, member.name.ko),
                format!("{} '{}'", group.name.en, member.name.en),
            );
            absent(name, &rows, &member.metrics, list);
        }
    }
}

fn absent(name: &Label, rows: &Label, metrics: &[MetricMeasure], list: &mut Vec<NotMeasured>) {
    let mut reasons: Vec<(NotMeasuredReason, Vec<Label>)> = Vec::new();
    for metric in metrics {
        if let Measurement::NotMeasured { reason } = &metric.measurement {
            let label = metric_label(metric.metric);
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, labels)) => labels.push(label),
                None => reasons.push((*reason, vec![label])),
            }
        }
    }
    for (reason, labels) in reasons {
        let join = |pick: fn(&Label) -> &String| {
            labels
                .iter()
                .map(pick)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        };
        list.push(NotMeasured {
            what: Label::new(
                format!("{} — {}: {}", name.ko, rows.ko, join(|label| &label.ko)),
                format!("{} — {}: {}", name.en, rows.en, join(|label| &label.en)),
            ),
            reason: reason.label(),
        });
    }
}

/// What recorded data cannot tell.
pub(super) fn standing() -> Vec<NotMeasured> {
    [
        (
            ("도입한 뒤의 변화", "Change after adoption"),
            (
                "결과는 이 자료와 닮은 대상에만 통합니다. 사람과 제도가 바뀌면 같은 기준으로 다시 실증하십시오.",
                "The result holds for units like those in the data; when people or rules change, run the same criteria again.",
            ),
        ),
        (
            ("참값의 옳고 그름", "Whether the labels are right"),
            (
                "라벨을 참으로 보고 쟀습니다. 라벨에 밴 치우침은 드러나지 않습니다.",
                "The labels are taken as the truth; a bias within them does not show.",
            ),
        ),
        (
            ("학습에 쓰인 행", "Rows seen in training"),
            (
                "공급기업이 이 행들로 학습했는지는 결과만으로 알 수 없습니다. 공급기업이 본 적 없는 자료를 쓰십시오.",
                "The results cannot tell whether a supplier trained on these rows; use data that no supplier has seen.",
            ),
        ),
        (
            ("적어 두지 않은 집단", "Groups that the need does not name"),
            (
                "수요서에 적은 집단만 쟀습니다.",
                "Only the groups that the need names were measured.",
            ),
        ),
    ]
    .into_iter()
    .map(|((what_ko, what_en), (reason_ko, reason_en))| NotMeasured {
        what: Label::new(what_ko, what_en),
        reason: Label::new(reason_ko, reason_en),
    })
    .collect()
}

/// How the owner checks and replays.
pub(super) fn owner_steps() -> Vec<Label> {
    vec![
        Label::new(
            "`modu evidence verify`로 증거 묶음을 확인합니다: 누가 서명했는지, 기준이 실행보다 먼저 기록되었는지.",
            "Check the evidence bundle with `modu evidence verify`: who signed it, and that the criteria were logged before the run.",
        ),
        Label::new(
            "`modu evidence replay`로 같은 입력을 다시 실행합니다. 한 바이트까지 같은 결과가 나와야 합니다.",
            "Run the same inputs again with `modu evidence replay`; the result must be the same, byte for byte.",
        ),
        Label::new(
            "입력의 SHA-256이 아래 목록과 같은지 확인합니다.",
            "Compare the SHA-256 of each input with the list.",
        ),
    ]
}

/// How somebody without the data checks.
pub(super) fn released_steps() -> Vec<Label> {
    vec![
        Label::new(
            "`modu evidence verify`로 증거 묶음을 확인합니다: 누가 서명했는지, 기준이 실행보다 먼저 기록되었는지.",
            "Check the evidence bundle with `modu evidence verify`: who signed it, and that the criteria were logged before the run.",
        ),
        Label::new(
            "수요서와 솔루션 파일의 SHA-256이 아래 목록과 같은지 확인합니다.",
            "Compare the SHA-256 of the need and the solution files with the list.",
        ),
        Label::new(
            "자료를 받은 감사자는 자료가 위에 적힌 것과 같은지 확인하고 다시 실행할 수 있습니다.",
            "An auditor who is given the data can check that it is the one named above, and replay the run.",
        ),
    ]
}
