//! The flow of people into a cohort as a picture (SVG): who came, who was left
//! out and why, who stayed, and what happened to them.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use modu_kernel::{Language, Output};

use super::report::{CohortReport, LeftOut};

const WIDTH: usize = 820;
const LEFT: usize = 20;
const BOX: usize = 320;
const SIDE: usize = 400;
const LINE: usize = 20;
const PADDING: usize = 12;
const GAP: usize = 26;
/// What fits on a line, in halves of a Korean letter.
const UNITS: usize = 52;

/// The picture as an output of the run.
pub(super) fn output(report: &CohortReport, language: Language) -> Output {
    Output {
        name: format!("flow.{language}.svg"),
        media_type: "image/svg+xml".to_owned(),
        bytes: picture(report, language).into_string().into_bytes(),
    }
}

/// The picture, to stand alone or in a page.
pub(super) fn picture(report: &CohortReport, language: Language) -> Markup {
    let stages = stages(report, language);
    let mut top = 10;
    let mut drawn = Vec::new();
    for (place, stage) in stages.iter().enumerate() {
        let last = place + 1 == stages.len();
        let height = PADDING * 2 + LINE * stage.lines.len();
        let side = PADDING * 2 + LINE * (stage.left_out.len() + 1);
        drawn.push(html! { (stage_box(LEFT, BOX, top, &stage.lines)) });
        let middle = LEFT + BOX / 2;
        let bottom = top + height;
        let mut next = bottom + GAP;
        if !stage.left_out.is_empty() {
            let mut lines = vec![stage.heading.clone()];
            lines.extend(stage.left_out.iter().cloned());
            let at = bottom + GAP / 2;
            let line = at + side / 2;
            drawn.push(html! {
                (stage_box(SIDE, WIDTH - SIDE - 10, at, &lines))
                line x1=(middle) y1=(line) x2=(SIDE) y2=(line) stroke="#5b6472" {}
            });
            next = at + side + GAP / 2;
        }
        if !last {
            drawn.push(html! {
                line x1=(middle) y1=(bottom) x2=(middle) y2=(next) stroke="#5b6472" {}
                path d=(format!("M{} {} l-5 -8 h10 z", middle, next)) fill="#5b6472" {}
            });
        }
        top = next;
    }
    let title = language.pick("코호트의 흐름", "flow into the cohort");
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {top}"))
            width=(WIDTH) height=(top) role="img" aria-label=(title)
            font-family="system-ui, sans-serif" font-size="13" {
            title { (title) }
            @for part in &drawn { (part) }
        }
    }
}

/// What stands in one box, and who was left out behind it.
struct Stage {
    lines: Vec<String>,
    heading: String,
    left_out: Vec<String>,
}

fn stages(report: &CohortReport, language: Language) -> Vec<Stage> {
    let out = language.pick("빠진 까닭", "left out because").to_owned();
    let told = |left_out: &[LeftOut]| {
        let lines = left_out.iter().map(|it| {
            let count = it.count.text(language);
            format!("{}: {count}", it.label.get(language))
        });
        lines.collect::<Vec<_>>()
    };
    let counted = |ko: &str, en: &str, count: crate::privacy::Count| {
        format!("{}: {}", language.pick(ko, en), count.text(language))
    };
    let mut last = vec![
        counted("코호트의 행", "rows of the cohort", report.rows),
        counted("그 사람 수", "of so many people", report.people_in),
    ];
    last.extend(report.events.iter().map(|event| {
        let count = event.count.text(language);
        format!("· {}: {count}", event.label.get(language))
    }));
    vec![
        Stage {
            lines: vec![counted(
                "기록에 있는 사람",
                "people among the records",
                report.people,
            )],
            heading: out.clone(),
            left_out: told(&report.people_left_out),
        },
        Stage {
            lines: vec![counted("기준 사건", "index events", report.index_events)],
            heading: out,
            left_out: told(&report.index_events_left_out),
        },
        Stage {
            lines: last,
            heading: String::new(),
            left_out: Vec::new(),
        },
    ]
}

fn stage_box(x: usize, width: usize, y: usize, lines: &[String]) -> Markup {
    let height = PADDING * 2 + LINE * lines.len();
    html! {
        rect x=(x) y=(y) width=(width) height=(height) rx="6" fill="#f6f8fb" stroke="#5b6472" {}
        @for (place, line) in lines.iter().enumerate() {
            text x=(x + PADDING) y=(y + PADDING + LINE * place + 14) fill="#1b2330" {
                (fitted(line)) title { (line) }
            }
        }
    }
}

/// A line as far as it fits; the whole is its title.
fn fitted(line: &str) -> String {
    let mut units = 0;
    let mut text = String::new();
    for letter in line.chars() {
        units += if letter.is_ascii() { 1 } else { 2 };
        if units > UNITS {
            // The number behind the colon is what matters most.
            let count = line.rsplit_once(": ").map_or("", |(_, count)| count);
            let kept: String = text
                .chars()
                .take(text.chars().count().saturating_sub(8))
                .collect();
            return format!("{kept}…: {count}");
        }
        text.push(letter);
    }
    text
}

/// A page that loads nothing and runs nothing.
pub(super) fn document(title: &str, language: Language, body: &Markup) -> Markup {
    const POLICY: &str =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
    }
}
