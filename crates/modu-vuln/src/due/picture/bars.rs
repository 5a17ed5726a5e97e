//! Bars of several parts, on end or lying, and what stands around them.

use maud::{Markup, html};

pub(super) const WIDTH: f64 = 960.0;
pub(super) const LEFT: f64 = 64.0;
pub(super) const RIGHT: f64 = 915.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 250.0;
pub(super) const HEIGHT: f64 = 290.0;

/// A part of a bar: its class, and how much it is.
pub(super) type Part = (&'static str, u64);

/// A coordinate, to a tenth: the same everywhere.
pub(super) fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The colour of a class, beside its name.
pub(super) fn swatch(class: &str) -> Markup {
    html! { svg class="swatch" viewBox="0 0 10 10" aria-hidden="true" {
        rect class=(class) width="10" height="10" {}
    } }
}

/// A figure with what it says to those who do not see it.
pub(super) fn figure(id: &str, description: &str, height: f64, content: &Markup) -> Markup {
    html! {
        svg class="figure" viewBox=(format_args!("0 0 {} {}", at(WIDTH), at(height))) role="img"
            aria-labelledby=(id) {
            desc id=(id) { (description) }
            (content)
        }
    }
}

/// A bar and the words below it, where there are any.
pub(super) struct Bar {
    pub(super) parts: Vec<Part>,
    pub(super) words: Option<String>,
}

impl Bar {
    fn whole(&self) -> u64 {
        self.parts.iter().map(|(_, count)| count).sum()
    }
}

/// The distance of two lines of the grid: 1, 2 or 5 times a power of ten, so
/// that there are at most five.
fn step(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for times in [1, 2, 5] {
            let step = power.saturating_mul(times);
            if step.saturating_mul(5) >= most {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// Bars on end over one scale, from left to right.
pub(super) fn columns(bars: &[Bar]) -> Markup {
    let most = bars.iter().map(Bar::whole).max().unwrap_or(0).max(1);
    let step = step(most);
    let top = most.div_ceil(step) * step;
    let height = |count: u64| (BOTTOM - TOP) * count as f64 / top as f64;
    let pitch = (RIGHT - LEFT) / bars.len().max(1) as f64;
    let width = (pitch * 0.86).min(56.0);
    let lines = (0..=top / step).map(|line| line * step);
    html! {
        @for count in lines {
            @let y = BOTTOM - height(count);
            path class="grid" d=(format!("M{} {}H{}", at(LEFT), at(y), at(RIGHT))) {}
            text class="quiet" x=(at(LEFT - 8.0)) y=(at(y + 4.5)) text-anchor="end" { (count) }
        }
        @for (place, bar) in bars.iter().enumerate() {
            @let middle = LEFT + pitch * (place as f64 + 0.5);
            (stack(bar, middle - width / 2.0, width, &height))
            @if let Some(words) = &bar.words {
                text class="quiet" x=(at(middle)) y=(at(BOTTOM + 22.0)) text-anchor="middle" { (words) }
            }
        }
        path class="axis" d=(format!("M{} {}H{}", at(LEFT), at(BOTTOM), at(RIGHT))) {}
    }
}

fn stack(bar: &Bar, x: f64, width: f64, height: &dyn Fn(u64) -> f64) -> Markup {
    let mut below = 0;
    let mut placed = Vec::new();
    for (class, count) in &bar.parts {
        below += count;
        placed.push((*class, BOTTOM - height(below), height(*count)));
    }
    html! { @for (class, y, tall) in placed.into_iter().filter(|part| part.2 > 0.0) {
        rect class=(class) x=(at(x)) y=(at(y)) width=(at(width)) height=(at(tall)) {}
    } }
}

/// Where lying bars begin: after their names.
const NAMED: f64 = 230.0;
const PITCH: f64 = 30.0;

/// Bars that lie over one scale, each after its name.
pub(super) fn rows(bars: &[(String, Vec<Part>)]) -> (f64, Markup) {
    let whole = |parts: &[Part]| parts.iter().map(|(_, count)| count).sum::<u64>();
    let most = bars
        .iter()
        .map(|(_, parts)| whole(parts))
        .max()
        .unwrap_or(0)
        .max(1);
    let long = |count: u64| (RIGHT - NAMED - 40.0) * count as f64 / most as f64;
    let drawn = html! { @for (place, (name, parts)) in bars.iter().enumerate() {
        @let y = TOP + PITCH * place as f64;
        text x=(at(NAMED - 10.0)) y=(at(y + 14.5)) text-anchor="end" { (short(name)) }
        @for (class, from, length) in laid(parts, &long) {
            rect class=(class) x=(at(NAMED + from)) y=(at(y)) width=(at(length)) height="20" {}
        }
        text class="quiet" x=(at(NAMED + long(whole(parts)) + 8.0)) y=(at(y + 14.5)) { (whole(parts)) }
    } };
    (TOP * 2.0 + PITCH * bars.len() as f64, drawn)
}

fn laid(parts: &[Part], long: &dyn Fn(u64) -> f64) -> Vec<(&'static str, f64, f64)> {
    let mut before = 0;
    let mut laid = Vec::new();
    for (class, count) in parts.iter().filter(|(_, count)| *count > 0) {
        laid.push((*class, long(before), long(*count)));
        before += count;
    }
    laid
}

/// A name that fits before its bar: a Korean letter takes two places.
fn short(name: &str) -> String {
    let mut places = 0;
    let mut short = String::new();
    for letter in name.chars().filter(|letter| !letter.is_control()) {
        places += if letter.is_ascii() { 1 } else { 2 };
        if places > 28 {
            short.push('…');
            break;
        }
        short.push(letter);
    }
    short
}
