//! The owner's page of a watch: each criterion before and after, and the drift
//! of inputs and scores.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;
use modu_statistics::drift::{DriftResult, DriftTest, StabilityBin};

use super::number::{ABSENT, as_written, count, decimal, digits, p_value};
use super::page::{self, Section};
use super::svg::{Strip, StripRow};
use super::verdict;
use crate::report::{InputName, Measurement};
use crate::watch::report::{
    DriftSection, WatchAnswer, WatchReport, WatchedColumn, WatchedCriterion,
};

/// The page as one HTML document.
pub(super) fn document(report: &WatchReport, language: Language) -> String {
    let t = |ko, en| language.pick(ko, en);
    let head = page::Head {
        kind: t(
            "채택 뒤 지켜보기 (자료 소유자용)",
            "After adoption (for the data's owner)",
        ),
        question: report.question.get(language),
        lead: html! {
            p class="answer" { (badge(report.answer, language)) " " (report.solution.name.get(language)) }
            p class="counted" { (report.reason.get(language)) }
            (super::when(report.time.as_deref(), language))
        },
        footer: t(
            "이 쪽에는 자료의 분포가 들어 있습니다. 밖으로는 released.json을 내보내십시오.",
            "This page holds distributions of the data. Release released.json instead.",
        ),
    };
    let section = |id, title, body| Section { id, title, body };
    let sections = [
        section(
            "criteria",
            t("기준: 채택 때와 지금", "Criteria: then and now"),
            criteria(report, language),
        ),
        section(
            "drift",
            t("입력과 점수의 분포", "Inputs and scores"),
            drift(&report.drift, language),
        ),
        section(
            "basis",
            t("무엇과 무엇을 견주었나", "What was compared"),
            basis(report, language),
        ),
        section(
            "verify",
            t("확인하고 다시 돌리기", "Verify and replay"),
            inputs(&report.inputs, language),
        ),
    ];
    page::document(language, &head, &sections)
}

fn words(answer: WatchAnswer, language: Language) -> &'static str {
    match answer {
        WatchAnswer::Keep => language.pick("유지", "Keep"),
        WatchAnswer::Decayed => language.pick("나빠짐", "Decayed"),
        WatchAnswer::CannotTell => language.pick("알 수 없음", "Cannot tell"),
        WatchAnswer::NotEnoughData => language.pick("자료 부족", "Not enough data"),
    }
}

fn badge(answer: WatchAnswer, language: Language) -> Markup {
    let class = match answer {
        WatchAnswer::Keep => "good",
        WatchAnswer::Decayed => "bad",
        WatchAnswer::CannotTell | WatchAnswer::NotEnoughData => "unsure",
    };
    html! { span class=(format_args!("badge {class}")) { (words(answer, language)) } }
}

fn criteria(report: &WatchReport, language: Language) -> Markup {
    let rate = as_written(report.false_alarm_rate.get());
    html! {
        p class="note" { (match language {
            Language::Ko => format!(
                "변화는 서로 다른 두 표본의 차이이며, 0보다 작으면 나빠진 것입니다. 아무것도 바뀌지 않았다면 어느 기준이든 나빠졌다고 잘못 말할 확률은 {rate} 이하입니다(홀름 보정). 허용한 변화: {}.",
                as_written(report.tolerance.get())
            ),
            Language::En => format!(
                "The change is that between two independent samples; below 0 it is worse. If nothing has changed, the chance that any criterion is called worse is at most {rate} (Holm). Tolerated: {}.",
                as_written(report.tolerance.get())
            ),
        }) }
        @for (index, criterion) in report.criteria.iter().enumerate() {
            article class="criterion" aria-labelledby=(format_args!("criterion-{index}")) {
                h3 id=(format_args!("criterion-{index}")) {
                    span class="ordinal" { (index + 1) } " " (criterion.metric_name.get(language))
                    " " code class="id" { (criterion.id) }
                    span class="over" { (criterion.over_name.get(language)) " " (bound(criterion)) }
                }
                (table(criterion, language))
            }
        }
    }
}

fn bound(criterion: &WatchedCriterion) -> String {
    criterion.threshold.map_or_else(String::new, |threshold| {
        format!(
            "{} {}",
            criterion.direction.sign(),
            as_written(threshold.get())
        )
    })
}

/// Two lines a part: then, and now.
fn table(criterion: &WatchedCriterion, language: Language) -> Markup {
    let t = |ko, en| language.pick(ko, en);
    let digits = digits(criterion.metric);
    let rows: Vec<[Option<StripRow>; 2]> = criterion
        .parts
        .iter()
        .map(|part| {
            [
                strip_row(&part.then, "si"),
                strip_row(&part.now, verdict::class(part.verdict)),
            ]
        })
        .collect();
    let drawn: Vec<StripRow> = rows.iter().flatten().flatten().copied().collect();
    let threshold = criterion
        .threshold
        .map(|it| (it.get(), criterion.direction));
    let strip = Strip::new(&drawn, threshold);
    let picture = |row: &Option<StripRow>| {
        html! {
            td class="picture" { @if let Some(row) = row { (strip.draw(*row)) } }
        }
    };
    page::table_under_heading(
        criterion.metric_name.get(language),
        &html! {
            thead { tr {
                th scope="col" { (t("행", "Rows")) }
                th scope="col" { (t("때", "Time")) }
                th scope="col" class="number" { (t("값과 구간", "Value and interval")) }
                th scope="col" class="picture" { (t("그림", "Picture")) }
                th scope="col" class="number" { (t("변화", "Change")) }
                th scope="col" class="number" { (t("p (홀름)", "p (Holm)")) }
                th scope="col" { (t("판정", "Answer")) }
            } }
            tbody { @for (part, [then, now]) in criterion.parts.iter().zip(&rows) {
                tr {
                    th scope="row" { (part.name.get(language)) }
                    td { (t("채택 때", "then")) }
                    td class="number" { (value(&part.then, digits)) }
                    (picture(then))
                    td class="number" { (ABSENT) } td class="number" { (ABSENT) } td { (ABSENT) }
                }
                tr {
                    th scope="row" { (part.name.get(language)) }
                    td { (t("지금", "now")) }
                    td class="number" { (value(&part.now, digits)) }
                    (picture(now))
                    td class="number" { (value(&part.change, digits)) }
                    td class="number" { (part.holm_p_value.map_or_else(|| ABSENT.to_owned(), p_value)) }
                    td { (badge(part.answer, language)) span class="interval" { (part.reason.get(language)) } }
                }
            } }
        },
    )
}

fn strip_row(measurement: &Measurement, class: &'static str) -> Option<StripRow> {
    Some(StripRow {
        estimate: measurement.value()?.get(),
        interval: measurement
            .interval()
            .map(|i| (i.lower.get(), i.upper.get())),
        limits: [None, None],
        class,
    })
}

fn value(measurement: &Measurement, digits: usize) -> String {
    match measurement {
        Measurement::Measured { value, interval } => format!(
            "{} {}",
            decimal(value.get(), digits),
            super::number::interval(*interval, digits)
        ),
        Measurement::NotMeasured { .. } => ABSENT.to_owned(),
    }
}

fn drift(section: &DriftSection, language: Language) -> Markup {
    let t = |ko, en| language.pick(ko, en);
    let rate = as_written(section.false_alarm_rate.get());
    html! {
        p { (match (language, section.alarm) {
            (Language::Ko, true) => "분포가 채택 때와 다릅니다.",
            (Language::Ko, false) => "분포가 채택 때와 다르다는 증거가 없습니다.",
            (Language::En, true) => "The distributions differ from those at adoption.",
            (Language::En, false) => "Nothing shows that the distributions differ from those at adoption.",
        }) " " (match language {
            Language::Ko => format!("라벨 없이 봅니다. 아무것도 바뀌지 않았다면 경보가 하나라도 울릴 확률은 {rate} 이하입니다(홀름 보정)."),
            Language::En => format!("No label is needed. If nothing has changed, the chance of any alarm is at most {rate} (Holm)."),
        }) }
        (page::table(
            t("열마다: 안정성 지수(PSI)와 두 표본 검정", "By column: stability index (PSI) and two-sample test"),
            &html! {
                thead { tr {
                    th scope="col" { (t("열", "Column")) }
                    th scope="col" { (t("경보", "Alarm")) }
                    th scope="col" class="number" { "PSI" }
                    th scope="col" class="number" { (t("경보가 울리는 값", "Rings at")) }
                    th scope="col" class="number" { (t("두 표본 검정", "Two-sample test")) }
                    th scope="col" class="picture" { (t("채택 때(위)와 지금(아래)의 몫", "Shares then (above) and now (below)")) }
                } }
                tbody { @for column in &section.columns { (line(column, language)) } }
            },
        ))
    }
}

fn line(column: &WatchedColumn, language: Language) -> Markup {
    let of = |wanted: fn(DriftTest) -> bool| {
        column
            .drift
            .results
            .iter()
            .find(|result| wanted(result.test))
    };
    let index = of(|test| test == DriftTest::PopulationStability);
    let other = of(|test| test != DriftTest::PopulationStability);
    let threshold = |result: Option<&DriftResult>| {
        let threshold = result.and_then(|it| it.threshold);
        threshold.map_or_else(|| ABSENT.to_owned(), |it: Finite| decimal(it.get(), 4))
    };
    html! { tr {
        th scope="row" {
            (column.label.get(language))
            @if let Some(name) = &column.column { " " code class="id" { (name) } }
        }
        td { @if column.drift.alarm {
            span class="verdict bad" { (language.pick("울림", "rings")) }
        } @else { (language.pick("조용함", "silent")) } }
        td class="number" { (decimal(column.drift.stability.index.get(), 4)) }
        td class="number" { (threshold(index)) }
        td class="number" { @if let Some(test) = other {
            (test_name(test.test, language)) " " (decimal(test.statistic.get(), 4))
            span class="interval" { "p " (p_value(test.adjusted_p_value)) }
        } }
        td class="picture" { (bars(&column.drift.stability.bins)) }
    } }
}

fn test_name(test: DriftTest, language: Language) -> &'static str {
    match test {
        DriftTest::PopulationStability => "PSI",
        DriftTest::Smirnov => language.pick("스미르노프", "Smirnov"),
        DriftTest::ChiSquare => language.pick("카이제곱", "chi-square"),
    }
}

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 24.0;

/// The bins' shares: those of the adoption grow upwards, those of now hang
/// down. The table beside holds what it says, so it is not read aloud.
#[expect(
    clippy::cast_precision_loss,
    reason = "rows of a data set stay below 2^53"
)]
fn bars(bins: &[StabilityBin]) -> Markup {
    let rows = |of: fn(&StabilityBin) -> u64| bins.iter().map(of).sum::<u64>().max(1) as f64;
    let (then, now) = (rows(|bin| bin.reference), rows(|bin| bin.current));
    let shares: Vec<[f64; 2]> = bins
        .iter()
        .map(|bin| [bin.reference as f64 / then, bin.current as f64 / now])
        .collect();
    let tallest = shares.iter().flatten().copied().fold(1e-9, f64::max);
    let (middle, step) = (HEIGHT / 2.0, WIDTH / shares.len().max(1) as f64);
    let bar = |class: &str, x: f64, y: f64, height: f64| {
        html! {
            rect class=(class) x=(number(x)) y=(number(y)) width=(number((step - 1.0).max(0.5))) height=(number(height)) {}
        }
    };
    html! {
        svg class="strip" viewBox=(format_args!("0 0 {WIDTH} {HEIGHT}")) aria-hidden="true" {
            @for (index, [then, now]) in shares.iter().enumerate() {
                @let x = index as f64 * step;
                @let (up, down) = (then / tallest * middle, now / tallest * middle);
                (bar("then", x, middle - up, up))
                (bar("now", x, middle, down))
            }
        }
    }
}

fn number(value: f64) -> String {
    format!("{value:.2}")
}

fn basis(report: &WatchReport, language: Language) -> Markup {
    let t = |ko, en| language.pick(ko, en);
    let data = &report.data;
    let rows = |rows: u64| match language {
        Language::Ko => format!("{}행 ", count(rows)),
        Language::En => format!("{} rows ", count(rows)),
    };
    page::terms(&[
        (
            t("솔루션", "Solution"),
            html! {
                (report.solution.name.get(language)) " · " (report.solution.supplier.get(language)) " · "
                (t("버전", "version")) " " (report.solution.version)
            },
        ),
        (
            t("근거가 된 실행", "Evidence it departs from"),
            html! {
                (t("기록 ", "log entry ")) (report.adopted.log_index) (t("번", "")) " "
                code class="digest" { (report.adopted.entry) }
            },
        ),
        (
            t("채택 때의 자료", "Rows then"),
            html! {
                (rows(data.reference_rows)) code class="digest" { (data.reference) }
            },
        ),
        (
            t("새 자료", "Rows now"),
            html! {
                (rows(data.current_rows)) code class="digest" { (data.current) }
            },
        ),
        (
            t("수요 문서", "Need"),
            html! {
                code { (report.need) } " " code class="digest" { (report.need_digest) }
            },
        ),
    ])
}

fn inputs(inputs: &[InputName], language: Language) -> Markup {
    html! {
        p { (language.pick("같은 입력을 다시 돌리면 한 바이트까지 같은 결과가 나옵니다: ", "The same inputs give the same result, byte for byte: "))
            code { "modu evidence replay" } }
        (page::table(
            language.pick("이 실행에 들어간 것", "What went into this run"),
            &html! {
                thead { tr {
                    th scope="col" { (language.pick("입력", "Input")) }
                    th scope="col" { "SHA-256" }
                } }
                tbody { @for input in inputs { tr {
                    th scope="row" { code { (input.name) } }
                    td { code class="digest" { (input.digest) } }
                } } }
            },
        ))
    }
}
