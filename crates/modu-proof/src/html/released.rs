//! The criteria as the released report shows them: verdicts and numbers
//! rounded to what their intervals support, nothing else about the data.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;

use super::decision::{Judged, deciding_part};
use super::number::{ABSENT, as_written, count, decimal};
use super::{criteria, page, verdict};
use crate::report::{
    CriterionSummary, PublishedData, ReleasedCriterion, ReleasedPart, ReleasedReport,
    ReleasedSolution, Source,
};

/// The solutions for the first section.
pub(super) fn judged<'a>(
    solutions: &'a [ReleasedSolution],
    criteria: &[CriterionSummary],
    language: Language,
) -> Vec<Judged<'a>> {
    let cells = |solution: &ReleasedSolution| {
        let cell = |(result, criterion): (&ReleasedCriterion, &CriterionSummary)| {
            let told = |part: &ReleasedPart| (part.verdict, part.estimate.map(Finite::get));
            let part = deciding_part(result.verdict, criterion.direction, &result.parts, told);
            let value = part.and_then(|part| number(part.estimate, part));
            (result.verdict, value)
        };
        solution.criteria.iter().zip(criteria).map(cell).collect()
    };
    let one = |solution: &'a ReleasedSolution| Judged {
        name: solution.name.get(language),
        supplier: solution.supplier.get(language),
        version: &solution.version,
        decision: &solution.decision,
        cells: cells(solution),
        reasons: Vec::new(),
    };
    solutions.iter().map(one).collect()
}

/// All criteria, in the order of the need.
pub(super) fn section(report: &ReleasedReport, language: Language) -> Markup {
    html! { @for (index, criterion) in report.need.criteria.iter().enumerate() {
        article class="criterion" aria-labelledby=(format_args!("criterion-{index}")) {
            (criteria::heading(index, criterion, language))
            (table(report, index, criterion, language))
        }
    } }
}

fn table(
    report: &ReleasedReport,
    index: usize,
    criterion: &CriterionSummary,
    language: Language,
) -> Markup {
    let lines: Vec<(&ReleasedSolution, &ReleasedPart)> = report
        .solutions
        .iter()
        .filter_map(|solution| Some((solution, solution.criteria.get(index)?)))
        .flat_map(|(solution, result)| result.parts.iter().map(move |part| (solution, part)))
        .collect();
    let heads = heads(criterion, language);
    page::table_under_heading(
        &format!(
            "{}: {}",
            criterion.metric_name.get(language),
            language.pick("판정", "verdicts")
        ),
        &html! {
            thead { tr {
                th scope="col" { (language.pick("솔루션", "Solution")) }
                th scope="col" { (language.pick("판정", "Verdict")) }
                @for head in &heads { th scope="col" class="number" { (head) } }
            } }
            tbody { @for (solution, part) in lines { tr {
                th scope="row" {
                    (solution.name.get(language))
                    @if part.member.is_some() { span class="over" { (part.name.get(language)) } }
                }
                td {
                    (verdict::verdict(part.verdict, language))
                    @if let Some(reason) = &part.reason { span class="interval" { (reason.get(language)) } }
                    @if part.source == Source::EarlierSubmission { span class="interval" {
                        (language.pick("이 공급자에게 앞서 알린 값", "as this supplier was told before"))
                    } }
                }
                @for value in values(criterion, part) { td class="number" { (value) } }
            } } }
        },
    )
}

fn heads(criterion: &CriterionSummary, language: Language) -> Vec<&'static str> {
    let mut heads = vec![language.pick("추정값", "Estimate")];
    if criterion.threshold.is_some() {
        heads.push(language.pick("판정 한계", "Judged limit"));
        heads.push(language.pick("기준", "Threshold"));
    }
    if criterion.margin.is_some() {
        heads.push(language.pick("현행보다", "Over today"));
        heads.push(language.pick("그 한계", "Its limit"));
        heads.push(language.pick("여유폭", "Margin"));
    }
    heads
}

fn values(criterion: &CriterionSummary, part: &ReleasedPart) -> Vec<String> {
    let shown = |value| number(value, part).unwrap_or_else(|| ABSENT.to_owned());
    let mut values = vec![shown(part.estimate)];
    if let Some(threshold) = criterion.threshold {
        values.push(shown(part.limit));
        values.push(format!(
            "{} {}",
            criterion.direction.sign(),
            as_written(threshold.get())
        ));
    }
    if let Some(margin) = criterion.margin {
        values.push(shown(part.improvement));
        values.push(shown(part.improvement_limit));
        values.push(format!("≥ {}", as_written(margin.get())));
    }
    values
}

/// A number with the digits that its interval supports.
fn number(value: Option<Finite>, part: &ReleasedPart) -> Option<String> {
    value.map(|value| decimal(value.get(), usize::from(part.digits.unwrap_or(2))))
}

/// What may be said of the data.
pub(super) fn data(report: &ReleasedReport, language: Language) -> Markup {
    html! {
        p { (match (language, report.data) {
            (Language::Ko, PublishedData::Commitment(_)) => format!(
                "약 {}행. 자료는 기관 밖으로 나가지 않았습니다. 아래 약속값은 자료를 드러내지 않으면서, 나중에 같은 자료였음을 보일 수 있게 합니다.",
                count(report.rows_about)
            ),
            (Language::En, PublishedData::Commitment(_)) => format!(
                "About {} rows. The data did not leave its owner. The commitment below does not reveal it, and lets the owner show later that it was this data.",
                count(report.rows_about)
            ),
            (Language::Ko, PublishedData::Digest(_)) => format!(
                "약 {}행. 이미 공개된 자료이므로 해시값으로 적습니다.",
                count(report.rows_about)
            ),
            (Language::En, PublishedData::Digest(_)) => format!(
                "About {} rows. The data is public, so it is named by its digest.",
                count(report.rows_about)
            ),
        }) }
        (page::terms(&[(
            language.pick("자료의 이름", "Named by"),
            super::data::published(&report.data, language),
        )]))
    }
}
