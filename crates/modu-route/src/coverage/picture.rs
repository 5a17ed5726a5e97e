//! The picture: all announcements over time, and who is where at the end.
//! Invalid is hatched, so that the three differ in more than colour.

use maud::{Markup, PreEscaped, html};
use modu_kernel::Language;

use super::{CoverageReport, Group};
use crate::whatif::Tally;

const WIDTH: f64 = 960.0;
/// Where bars begin; names stand before it.
const LEFT: f64 = 250.0;
/// Where bars end; numbers stand behind it.
const RIGHT: f64 = 780.0;
const TIME_TOP: f64 = 110.0;
const TIME_HEIGHT: f64 = 160.0;
const ROW: f64 = 26.0;
/// Rows of groups at most; the CSV holds all.
const ROWS: usize = 20;
/// Labels of times at most, so that they do not overlap.
const LABELS: usize = 5;

const STYLE: &str = "text{font-family:'Noto Sans KR','Noto Sans CJK KR',sans-serif;font-size:13px;fill:#1f2328}\
.title{font-size:19px;font-weight:600}.note{font-size:12px;fill:#59636e}\
.valid{fill:#2f7d5b}.invalid{fill:url(#hatch)}.not-found{fill:#c9ced4}\
.axis{stroke:#8c959f;stroke-width:1;fill:none}.paper{fill:#fff}";

/// Draws a report. The same report gives the same bytes.
pub(super) fn draw(report: &CoverageReport, language: Language) -> String {
    let (groups, heading) = match report.organisations.is_empty() {
        true => (&report.networks, language.pick("AS별", "By network")),
        false => (
            &report.organisations,
            language.pick("기관별", "By organisation"),
        ),
    };
    let rows = groups.len().min(ROWS);
    let groups_top = TIME_TOP + TIME_HEIGHT + 92.0;
    let height = groups_top + ROW * rows as f64 + 40.0;
    let last = report.times.last().map_or("", String::as_str);
    let title = language.pick(
        "경로 인가(ROA)로 보호되는 광고",
        "Announcements covered by route authorisations",
    );
    let size = report.announcements;
    let note = match language {
        Language::Ko => format!("서로 다른 (프리픽스, 출발 AS) {size}개"),
        Language::En => format!("{size} different pairs of prefix and origin"),
    };
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format_args!("0 0 {} {}", at(WIDTH), at(height)))
            width=(at(WIDTH)) height=(at(height)) role="img" lang=(language.tag()) aria-labelledby="title description" {
            title id="title" { (title) }
            desc id="description" { (described(report, language)) }
            style { (PreEscaped(STYLE)) }
            defs {
                pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect width="6" height="6" fill="#b3402a" {}
                    rect width="2" height="6" fill="#e9b3a8" {}
                }
            }
            rect class="paper" width=(at(WIDTH)) height=(at(height)) {}
            text class="title" x="24" y="40" { (title) }
            text class="note" x="24" y="62" { (note) }
            (legend(language))
            (over_time(report))
            text x="24" y=(at(groups_top - 34.0)) { (heading) " · " (last) }
            text class="note" x=(at(RIGHT + 12.0)) y=(at(groups_top - 34.0)) { (language.pick("유효 · 무효 / 전체", "valid · invalid / all")) }
            @for (index, group) in groups.iter().take(ROWS).enumerate() {
                (row(group, groups_top + ROW * index as f64))
            }
        }
    };
    drawing.into_string()
}

/// What the picture says, for those who do not see it.
fn described(report: &CoverageReport, language: Language) -> String {
    let last = report.all.last().copied().unwrap_or_default();
    let time = report.times.last().map_or("", String::as_str);
    let (valid, invalid, not_found) = (last.valid, last.invalid, last.not_found);
    match language {
        Language::Ko => {
            format!("{time}: 유효 {valid}개, 무효 {invalid}개, 인가 없음 {not_found}개.")
        }
        Language::En => format!("{time}: {valid} valid, {invalid} invalid, {not_found} not found."),
    }
}

fn legend(language: Language) -> Markup {
    let entries = [
        ("valid", language.pick("유효", "valid")),
        ("invalid", language.pick("무효", "invalid")),
        ("not-found", language.pick("인가 없음", "not found")),
    ];
    html! {
        @for (index, (class, name)) in entries.into_iter().enumerate() {
            @let x = 610.0 + 105.0 * index as f64;
            rect class=(class) x=(at(x)) y="50" width="14" height="14" {}
            text x=(at(x + 20.0)) y="62" { (name) }
        }
    }
}

/// A stacked bar for each time.
fn over_time(report: &CoverageReport) -> Markup {
    let times = report.times.len().max(1);
    let step = (RIGHT - LEFT) / times as f64;
    let bar = (step * 0.7).min(90.0);
    let every = times.div_ceil(LABELS);
    let bottom = TIME_TOP + TIME_HEIGHT;
    html! {
        @for percent in [0, 50, 100] {
            @let y = bottom - TIME_HEIGHT * f64::from(percent) / 100.0;
            path class="axis" d=(format_args!("M{} {}H{}", at(LEFT), at(y), at(RIGHT))) {}
            text class="note" x=(at(LEFT - 8.0)) y=(at(y + 4.0)) text-anchor="end" { (percent) " %" }
        }
        @for (index, (time, tally)) in report.times.iter().zip(&report.all).enumerate() {
            @let middle = LEFT + step * (index as f64 + 0.5);
            (column(*tally, middle - bar / 2.0, bar))
            @if index % every == 0 || index + 1 == times {
                @let day = time.get(..10).unwrap_or(time);
                text class="note" x=(at(middle)) y=(at(bottom + 18.0)) text-anchor="middle" { (day) }
            }
        }
        @if let Some(last) = report.all.last() {
            text x=(at(RIGHT + 12.0)) y=(at(bottom - TIME_HEIGHT * share(last.valid, *last) + 4.0)) {
                (format_args!("{:.1} %", 100.0 * share(last.valid, *last)))
            }
        }
    }
}

fn column(tally: Tally, x: f64, width: f64) -> Markup {
    html! {
        @for (class, from, length) in stack(tally, TIME_HEIGHT) {
            @let top = TIME_TOP + TIME_HEIGHT - from - length;
            rect class=(class) x=(at(x)) y=(at(top)) width=(at(width)) height=(at(length)) {}
        }
    }
}

/// A group's name, bar and numbers at the last time.
fn row(group: &Group, y: f64) -> Markup {
    let tally = group.tallies.last().copied().unwrap_or_default();
    let all = tally.valid + tally.invalid + tally.not_found;
    html! {
        text x=(at(LEFT - 10.0)) y=(at(y + 14.0)) text-anchor="end" { (short(&group.name)) }
        @for (class, from, length) in stack(tally, RIGHT - LEFT) {
            rect class=(class) x=(at(LEFT + from)) y=(at(y + 2.0)) width=(at(length)) height="16" {}
        }
        text x=(at(RIGHT + 12.0)) y=(at(y + 14.0)) { (tally.valid) " · " (tally.invalid) " / " (all) }
    }
}

/// The parts of a bar that are there: class, where it begins, how long it is.
fn stack(tally: Tally, whole: f64) -> Vec<(&'static str, f64, f64)> {
    let mut from = 0.0;
    let mut stack = Vec::new();
    for (class, count) in [
        ("valid", tally.valid),
        ("invalid", tally.invalid),
        ("not-found", tally.not_found),
    ] {
        let length = whole * share(count, tally);
        if count > 0 {
            stack.push((class, from, length));
        }
        from += length;
    }
    stack
}

fn share(count: u64, tally: Tally) -> f64 {
    let all = tally.valid + tally.invalid + tally.not_found;
    match all {
        0 => 0.0,
        all => count as f64 / all as f64,
    }
}

/// A name that fits before the bars: a Korean character takes two places.
fn short(name: &str) -> String {
    let mut places = 0;
    let mut short = String::new();
    for letter in name.chars() {
        places += if letter.is_ascii() { 1 } else { 2 };
        if places > 30 {
            short.push('…');
            break;
        }
        short.push(letter);
    }
    short
}

/// A coordinate, to a hundredth of a unit: the same everywhere.
fn at(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}
