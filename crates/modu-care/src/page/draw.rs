//! Small drawings: coordinates, figures with their words, round scales.

use maud::{Markup, html};

/// A coordinate, to a tenth: the same everywhere.
pub(crate) fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// A figure with what it says to those who do not see it.
pub(crate) fn figure(id: &str, words: &str, size: (f64, f64), content: &Markup) -> Markup {
    html! {
        svg class="figure" viewBox=(format!("0 0 {} {}", at(size.0), at(size.1))) role="img" aria-labelledby=(id) {
            desc id=(id) { (words) }
            (content)
        }
    }
}

/// A distance of 1, 2 or 5 times a power of ten of which at most five reach
/// `most`, which is above 0.
pub(crate) fn step(most: f64) -> f64 {
    let mut power = libm::pow(10.0, libm::floor(libm::log10(most)) - 1.0);
    loop {
        for times in [1.0, 2.0, 5.0] {
            if times * power * 5.0 >= most {
                return times * power;
            }
        }
        power *= 10.0;
    }
}

/// A number for people: at most so many decimals, no trailing zeros.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let short = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    if short == "-0" { "0" } else { short }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_round_steps_and_numbers_no_trailing_zeros() {
        assert_eq!(
            [0.3, 1.0, 7.0, 30.0, 90.0].map(step),
            [0.1, 0.2, 2.0, 10.0, 20.0]
        );
        assert_eq!(number(1.50, 2), "1.5");
        assert_eq!(number(100.0, 0), "100");
        assert_eq!(number(-0.001, 1), "0");
    }
}
