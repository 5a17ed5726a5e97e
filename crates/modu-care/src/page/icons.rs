//! People as dots: as many as the frequency counts are filled, and those who
//! may be as well are half filled.

use maud::{Markup, html};
use modu_kernel::Language;

use super::draw::{at, figure};
use super::frequency::Frequency;

/// Dots of 100 people in rows of 10, or of 1,000 in rows of 40.
pub(super) fn icons(frequency: Frequency, id: &str, language: Language) -> Markup {
    let (row, pitch, radius) = match frequency.of {
        100 => (10, 30.0, 11.0),
        _ => (40, 10.0, 3.8),
    };
    let most = frequency.between.map_or(frequency.count, |(_, most)| most);
    let class = |person: u32| match person {
        person if person < frequency.count => "main",
        person if person < most => "may",
        _ => "pale",
    };
    let rows = frequency.of.div_ceil(row);
    let size = (f64::from(row) * pitch, f64::from(rows) * pitch);
    let place = |index: u32| at((f64::from(index) + 0.5) * pitch);
    let dots = html! { @for person in 0..frequency.of {
        circle class=(class(person)) cx=(place(person % row)) cy=(place(person / row)) r=(radius) {}
    } };
    let words = frequency.words();
    html! { div class="icons" { (figure(id, words.get(language), size, &dots)) } }
}

/// What the dots mean.
pub(super) fn key(frequency: Frequency, language: Language) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    let may = frequency
        .between
        .is_some_and(|(_, most)| most > frequency.count);
    let entry = |class, words| {
        html! { li {
            svg class="swatch" viewBox="0 0 10 10" aria-hidden="true" { circle class=(class) cx="5" cy="5" r="5" {} }
            (words)
        } }
    };
    html! { ul class="key" {
        (entry("main", say("겪는 사람", "go through it")))
        @if may { (entry("may", say("겪을 수도 있는 사람", "may as well"))) }
        (entry("pale", say("겪지 않는 사람", "do not")))
    } }
}
