//! What the reader of a cohort should know of its data. Numbers only, small
//! ones withheld, and nothing by which a person could be found.

use modu_kernel::{Finding, Label, Severity};

use super::Plan;
use super::reason::Reason;
use super::report::CohortReport;
use super::tally::Tally;
use crate::privacy::Count;
use crate::records::Records;

pub(super) fn of(
    plan: &Plan,
    records: &Records,
    tally: &Tally,
    report: &CohortReport,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    of_records(report, &mut findings);
    of_values(records, &mut findings);
    of_people(records, tally, &mut findings);
    of_time(plan, tally, &mut findings);
    of_table(report, &mut findings);
    findings
}

fn finding(severity: Severity, code: &str, place: &str, ko: String, en: String) -> Finding {
    Finding {
        severity,
        code: code.to_owned(),
        place: place.to_owned(),
        message: Label::new(ko, en),
    }
}

/// A number in both languages.
fn both(count: Count) -> (String, String) {
    use modu_kernel::Language::{En, Ko};
    (count.text(Ko), count.text(En))
}

fn of_records(report: &CohortReport, findings: &mut Vec<Finding>) {
    for counted in report.records.iter().filter(|it| it.fate.is_fault()) {
        let name = serde_json::to_value(counted.fate).unwrap_or_default();
        let label = counted.fate.label();
        let (ko, en) = both(counted.records);
        findings.push(finding(
            Severity::Warning,
            &format!("records.{}", name.as_str().unwrap_or_default()),
            "records",
            format!("{}: {ko}건. 쓰지 않고 따로 세었습니다.", label.ko),
            format!("Records {}: {en}. They were set apart, not used.", label.en),
        ));
    }
}

fn of_values(records: &Records, findings: &mut Vec<Finding>) {
    for (concept, problems) in &records.header.values {
        for (problem, count) in problems {
            let name = serde_json::to_value(problem).unwrap_or_default();
            let label = problem.label();
            let (ko, en) = both(Count::new(*count));
            findings.push(finding(
                Severity::Warning,
                &format!("values.{}", name.as_str().unwrap_or_default()),
                &format!("concepts.{concept}"),
                format!("값 {ko}개를 쓰지 못했습니다: {}.", label.ko),
                format!("{en} values could not be used: {}.", label.en),
            ));
        }
    }
}

fn of_people(records: &Records, tally: &Tally, findings: &mut Vec<Finding>) {
    let left_out = |reason| tally.reasons.get(&reason).copied().unwrap_or(0);
    let found = [
        (
            left_out(Reason::DeathBeforeBirth),
            "people.death_before_birth",
            "출생보다 사망이 앞선 사람: {}명. 뺐습니다.",
            "People who died before they were born: {}. Left out.",
        ),
        (
            left_out(Reason::Duplicate),
            "people.duplicate",
            "식별번호가 같은 다른 환자 기록이 있는 사람: {}명. 이력이 나뉘어 있어 뺐습니다. 병원에서 합치십시오.",
            "Patients whose identifier another patient has as well: {}. Their history is split, so they were left out; merge them at the source.",
        ),
        (
            left_out(Reason::DeathUndated),
            "people.death_undated",
            "사망했으나 사망일을 모르는 사람: {}명. 뺐습니다.",
            "People who are dead, and nobody says since when: {}. Left out.",
        ),
        (
            records.header.namesakes,
            "people.namesakes",
            "이름·생년월일·성별이 같은 다른 사람이 있는 사람: {}명. 같은 사람인지 병원에서 확인하십시오.",
            "People with the name, birth date and sex of another: {}. Check at the source whether they are the same.",
        ),
        (
            tally.facts_after_death,
            "people.facts_after_death",
            "사망 뒤의 기록이 있는 사람: {}명.",
            "People of whom something is told after their death: {}.",
        ),
        (
            tally.facts_before_birth,
            "people.facts_before_birth",
            "출생 전의 기록이 있는 사람: {}명.",
            "People of whom something is told before their birth: {}.",
        ),
    ];
    for (count, code, ko, en) in found {
        push_counted(count, code, "records", (ko, en), findings);
    }
}

/// Adds a finding of so many people, unless there are none.
fn push_counted(
    count: u64,
    code: &str,
    place: &str,
    (ko, en): (&str, &str),
    findings: &mut Vec<Finding>,
) {
    if count == 0 {
        return;
    }
    let (told_ko, told_en) = both(Count::new(count));
    let (ko, en) = (ko.replace("{}", &told_ko), en.replace("{}", &told_en));
    findings.push(finding(Severity::Warning, code, place, ko, en));
}

fn of_time(plan: &Plan, tally: &Tally, findings: &mut Vec<Finding>) {
    let left_out = |reason| tally.reasons.get(&reason).copied().unwrap_or(0);
    push_counted(
        left_out(Reason::EventAtPrediction),
        "leakage.event_at_prediction",
        "outcome",
        (
            "예측하는 때나 그 전에 이미 사건이 난 것: {}건. 예측이 아니라 누출이므로 뺐습니다.",
            "Events at or before the prediction: {}. That is leakage and no prediction, so they were left out.",
        ),
        findings,
    );
    for (place, people) in tally.known_later() {
        let name = &plan.definition.predictor[place].name;
        push_counted(
            people,
            "leakage.known_later",
            &format!("predictor `{name}`"),
            (
                "예측할 때는 아직 알려지지 않았던 값이 있어 쓰지 않은 사람: {}명.",
                "People of whom a value was left out because it was not known yet at the prediction: {}.",
            ),
            findings,
        );
    }
    let late = (plan.definition.include.iter()).filter(|criterion| criterion.window.to > 0);
    for criterion in late {
        push_counted(
            tally.late_entries(),
            "immortal_time",
            &format!("include `{}`", criterion.name),
            (
                "예측 뒤에야 채워지는 조건이라 그때까지는 사건이 날 수 없습니다(불멸 시간). 행 {}개를 그때부터 위험에 든 것으로 셉니다.",
                "It is met only after the prediction, and until then no event can be seen (immortal time): {} rows are at risk from then on only.",
            ),
            findings,
        );
        push_counted(
            left_out(Reason::BeforeEntry),
            "immortal_time.ended_before",
            &format!("include `{}`", criterion.name),
            (
                "그 조건을 채우기 전에 추적이 끝난 것: {}건.",
                "Ended before that was met: {}.",
            ),
            findings,
        );
    }
}

fn of_table(report: &CohortReport, findings: &mut Vec<Finding>) {
    if report.rows == Count::Of(0) {
        findings.push(finding(
            Severity::Problem,
            "cohort.empty",
            "table",
            "코호트에 아무도 없어 표를 만들지 않았습니다. 흐름도에서 어디서 모두 빠졌는지 보십시오.".to_owned(),
            "Nobody is in the cohort, so there is no table; the flow shows where all were left out.".to_owned(),
        ));
        return;
    }
    let outcome = report.events.iter().find(|event| event.code == 1);
    if outcome.is_some_and(|event| event.count == Count::Of(0)) {
        findings.push(finding(
            Severity::Problem,
            "cohort.no_outcome",
            "table",
            "아무에게도 결과 사건이 없어 아무 모형도 맞출 수 없습니다.".to_owned(),
            "Nobody had the outcome, so no model can be fitted.".to_owned(),
        ));
    }
    if let Some(export) = report.export.as_ref().filter(|export| !export.made) {
        let (ko, en) = both(export.rows_below);
        findings.push(finding(
            Severity::Problem,
            "export.refused",
            "export",
            format!("내보낼 표를 만들지 않았습니다: 행 {ko}개의 조합에 사람이 {}명이 안 됩니다.", export.k),
            format!("No table was made for others: {en} rows have a combination of fewer than {} people.", export.k),
        ));
    }
}
