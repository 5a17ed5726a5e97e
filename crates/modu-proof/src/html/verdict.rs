//! Verdicts and decisions as words and shapes. Each has a shape of its own
//! beside its colour, so that nothing is told by colour alone.

use maud::{Markup, html};
use modu_kernel::Language;

use crate::report::{DecisionAnswer, Verdict};

/// How a verdict or a decision is shown: a class for colour, a path for the
/// shape, a word.
#[derive(Clone, Copy)]
struct Look {
    class: &'static str,
    path: &'static str,
    ko: &'static str,
    en: &'static str,
}

const TICK: &str = "M3 8.5 6.5 12 13 4.5";
const CROSS: &str = "M4 4 12 12 M12 4 4 12";
const QUESTION: &str = "M5.2 5.6a2.8 2.8 0 1 1 4.1 2.5c-.9.5-1.3.9-1.3 1.9 M8 12.6v.4";
/// An interval across its bound.
const STRADDLE: &str = "M2 8h12 M8 2.5v11";
const DASH: &str = "M3.5 8h9";

const fn look_of_verdict(verdict: Verdict) -> Look {
    let (class, path, ko, en) = match verdict {
        Verdict::Met => ("good", TICK, "충족", "met"),
        Verdict::NotMet => ("bad", CROSS, "미달", "not met"),
        Verdict::NotSeparable => ("unsure", STRADDLE, "가릴 수 없음", "not separable"),
        Verdict::NotEnoughData => ("unsure", QUESTION, "자료 부족", "not enough data"),
        Verdict::Missing => ("bad", DASH, "측정 없음", "not measured"),
    };
    Look {
        class,
        path,
        ko,
        en,
    }
}

const fn look_of_answer(answer: DecisionAnswer) -> Look {
    let (class, path, ko, en) = match answer {
        DecisionAnswer::Adopt => ("good", TICK, "채택", "Adopt"),
        DecisionAnswer::Refuse => ("bad", CROSS, "거부", "Refuse"),
        DecisionAnswer::NotSeparable => ("unsure", STRADDLE, "가릴 수 없음", "Not separable"),
        DecisionAnswer::NotEnoughData => ("unsure", QUESTION, "자료 부족", "Not enough data"),
    };
    Look {
        class,
        path,
        ko,
        en,
    }
}

/// The colour class of a verdict.
pub(super) const fn class(verdict: Verdict) -> &'static str {
    look_of_verdict(verdict).class
}

/// A verdict as shape and word.
pub(super) fn verdict(verdict: Verdict, language: Language) -> Markup {
    let look = look_of_verdict(verdict);
    html! {
        span class=(format_args!("verdict {}", look.class)) {
            (icon(look)) " " (language.pick(look.ko, look.en))
        }
    }
}

/// A verdict as its shape, the word kept for those who hear the page.
pub(super) fn verdict_icon(verdict: Verdict, language: Language) -> Markup {
    let look = look_of_verdict(verdict);
    html! {
        span class=(format_args!("verdict {}", look.class)) {
            (icon(look)) span class="heard" { (language.pick(look.ko, look.en)) " " }
        }
    }
}

/// A decision as a badge.
pub(super) fn answer(answer: DecisionAnswer, language: Language) -> Markup {
    let look = look_of_answer(answer);
    html! {
        span class=(format_args!("badge {}", look.class)) {
            (icon(look)) " " (language.pick(look.ko, look.en))
        }
    }
}

fn icon(look: Look) -> Markup {
    html! {
        svg class="icon" viewBox="0 0 16 16" aria-hidden="true" { path d=(look.path) {} }
    }
}
