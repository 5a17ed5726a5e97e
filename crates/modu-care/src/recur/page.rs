//! The report of recurrent events as a page, Korean and English.

use maud::{Markup, html};
use modu_kernel::{Finding, Language, Output, grouped};
use modu_survival::recurrent::Layout;

use super::report::{MeanNumber, RecurReport};
use crate::picture;
use crate::sheet::{self, interval, number};

/// The pages.
pub(super) fn pages(
    report: &RecurReport,
    findings: &[Finding],
    course: &[MeanNumber],
) -> [Output; 2] {
    [Language::Ko, Language::En].map(|language| {
        let title = language.pick("되풀이되는 사건", "Events that come again");
        let body = html! {
            (made_of(report, language))
            (sheet::terms(&report.terms, &[], language))
            (means(report, language))
            (drawn(course, language))
            (sheet::findings(findings, language))
        };
        sheet::output(language, title, &body)
    })
}

/// What is compared, in words.
fn compared(layout: Layout, language: Language) -> &'static str {
    match layout {
        Layout::AndersenGill => language.pick(
            "앤더슨·길: 시작부터 같은 시간에 있는 모든 구간을 견줍니다.",
            "Andersen and Gill: all stretches at the same time since the start are compared.",
        ),
        Layout::TotalTime => language.pick(
            "프렌티스·윌리엄스·피터슨(시작부터의 시간): 같은 번째 사건을 기다리는 구간끼리 견줍니다.",
            "Prentice, Williams and Peterson, time since the start: stretches that wait for an event of the same number are compared.",
        ),
        Layout::GapTime => language.pick(
            "프렌티스·윌리엄스·피터슨(앞 사건부터의 시간): 같은 번째 사건을 기다리는 구간끼리 견줍니다.",
            "Prentice, Williams and Peterson, time since the last event: stretches that wait for an event of the same number are compared.",
        ),
    }
}

fn made_of(report: &RecurReport, language: Language) -> Markup {
    let ended = report.ended.text(language);
    html! {
        p {
            @match language {
                Language::Ko => {
                    (grouped(report.people)) "명, 사건 " (grouped(report.events)) "건. 사망처럼 관찰을 끝낸 사건이 있는 사람 " (ended) "."
                },
                Language::En => {
                    (grouped(report.people)) " people, " (grouped(report.events))
                    " events. People whose watching something else ended, such as death: " (ended) "."
                },
            }
        }
        p.note { (compared(report.layout, language)) }
        table {
            tr {
                th { (language.pick("사건 수", "events")) }
                th { (language.pick("사람", "people")) }
            }
            @for (events, people) in report.people_by_events.iter().enumerate() {
                @let last = events + 1 == report.people_by_events.len();
                tr {
                    th { (events) @if last { (language.pick(" 이상", " or more")) } }
                    td { (grouped(*people)) }
                }
            }
        }
    }
}

fn means(report: &RecurReport, language: Language) -> Markup {
    html! {
        h2 { (language.pick("한 사람이 그때까지 겪는 사건 수(평균)", "Events that a person has had by then, on average")) }
        table {
            tr {
                th {}
                th { (language.pick("사건 수", "events")) }
                th { (language.pick("그때 살핀 사람", "people watched then")) }
            }
            @for mean in &report.means {
                tr {
                    th { (sheet::days(mean.day, language)) }
                    td {
                        (mean.number.map_or("–".to_owned(), |it| number(it.get())))
                        @if let Some(limits) = &mean.interval { " (" (interval(limits)) ")" }
                    }
                    td { (mean.watched.text(language)) }
                }
            }
        }
        p.note {
            (language.pick(
                "모형 없이 센 것입니다. 사망한 사람은 그 뒤 사건이 없습니다(고시·린). 구간은 사람을 다시 뽑아 얻었습니다.",
                "Counted without a model; the dead have no more events (Ghosh and Lin). Intervals are from resamples of people.",
            ))
        }
    }
}

fn drawn(course: &[MeanNumber], language: Language) -> Markup {
    let points: Vec<picture::Point> = course
        .iter()
        .filter_map(|it| {
            Some(picture::Point {
                day: it.day,
                value: it.number?.get(),
                interval: it.interval,
            })
        })
        .collect();
    html! {
        figure {
            (picture::mean_number(&points, language))
            figcaption { (language.pick("평균 사건 수와 95 % 구간", "Mean number of events with its interval")) }
        }
    }
}
