//! The report of states as a page, Korean and English.

use maud::{Markup, html};
use modu_kernel::{Finding, Label, Language, Output, grouped};

use super::report::{AtDay, Cumulative, StatesReport, Transition};
use crate::picture::{self, Point};
use crate::sheet::{self, interval, number};

/// The pages.
pub(super) fn pages(report: &StatesReport, findings: &[Finding], course: &[AtDay]) -> [Output; 2] {
    [Language::Ko, Language::En].map(|language| {
        let title = language.pick("상태와 옮겨 감", "States and moves");
        let body = html! {
            p {
                @match language {
                    Language::Ko => { (grouped(report.people)) "명." },
                    Language::En => { (grouped(report.people)) " people." },
                }
            }
            (shares(report, language))
            figure {
                (drawn(report, course, language))
                figcaption { (language.pick("상태별 비율과 95 % 구간", "Share in each state with its interval")) }
            }
            (transitions(report, language))
            (sheet::findings(findings, language))
        };
        sheet::output(language, title, &body)
    })
}

fn shares(report: &StatesReport, language: Language) -> Markup {
    html! {
        h2 { (language.pick("어느 상태에 있나", "Where people are")) }
        table {
            tr {
                th {}
                @for state in &report.states { th { (state.get(language)) } }
            }
            @for at in &report.by_day {
                tr {
                    th { (sheet::days(at.day, language)) }
                    @for state in &at.states {
                        td {
                            (state.share.map_or("–".to_owned(), |it| number(it.get())))
                            @if let Some(limits) = &state.interval { " (" (interval(limits)) ")" }
                        }
                    }
                }
            }
        }
        p.note {
            (language.pick(
                "올런·요한센. 구간은 다음에 어디로 가는지가 지금의 상태에만 달렸다고 봅니다. 5명 미만이 거친 상태는 말하지 않습니다.",
                "By Aalen and Johansen. The intervals suppose that where one goes next depends on the present state only. States that fewer than five people had been in are not told.",
            ))
        }
    }
}

fn drawn(report: &StatesReport, course: &[AtDay], language: Language) -> Markup {
    let of_state = |place: usize| -> Vec<Point> {
        let points = course.iter().filter_map(|at| {
            let state = at.states.get(place)?;
            Some(Point {
                day: at.day,
                value: state.share?.get(),
                interval: state.interval,
            })
        });
        points.collect()
    };
    let told = report.by_day.last().map_or(&[][..], |last| &last.states);
    let lines = report.states.iter().zip(told).enumerate();
    let lines = lines.filter(|(_, (_, state))| state.share.is_some());
    let lines: Vec<(&Label, Vec<Point>)> = lines
        .map(|(place, (label, _))| (label, of_state(place)))
        .collect();
    picture::shares(&lines, language)
}

fn transitions(report: &StatesReport, language: Language) -> Markup {
    let name = |state: u16| {
        let place = usize::from(state).checked_sub(1);
        let label = place.and_then(|place| report.states.get(place));
        label.map_or("", |label| label.get(language))
    };
    let row = |it: &Transition| {
        html! {
            tr {
                th { (name(it.from)) " → " (name(it.to)) }
                td { (it.moves.text(language)) }
                td {
                    (it.a_year.map_or("–".to_owned(), |it| number(it.get())))
                    @if let Some(limits) = &it.interval { " (" (interval(limits)) ")" }
                }
                @for at in &it.cumulative { td { (cumulative(at)) } }
            }
        }
    };
    html! {
        h2 { (language.pick("얼마나 자주 옮겨 가나", "How often people move")) }
        table {
            tr {
                th {}
                th { (language.pick("횟수", "moves")) }
                th { (language.pick("한 해에", "a year")) }
                @for at in &report.by_day {
                    th { (language.pick("쌓인 강도, ", "intensity by ")) (sheet::days(at.day, language)) }
                }
            }
            @for it in &report.transitions { (row(it)) }
        }
    }
}

fn cumulative(at: &Cumulative) -> Markup {
    html! {
        (at.intensity.map_or("–".to_owned(), |it| number(it.get())))
        @if let Some(limits) = &at.interval { " (" (interval(limits)) ")" }
    }
}
