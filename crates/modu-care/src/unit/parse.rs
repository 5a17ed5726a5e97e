//! The grammar of UCUM (section 2.1.7): components with exponents and
//! annotations, multiplied, divided and in parentheses.

use super::atom::{self, Dimension};
use super::{MAX_UNIT_BYTES, Scale, Unit};

/// Parentheses within parentheses.
const MAX_DEPTH: usize = 8;

/// Largest exponent of a unit; a power of ten may be larger.
const MAX_POWER: i32 = 9;
/// Largest exponent of ten.
const MAX_TEN: i32 = 30;

/// Reads a whole expression.
pub(super) fn unit(text: &str) -> Option<Unit> {
    let text = text.trim_matches(' ');
    if text.is_empty() || text.len() > MAX_UNIT_BYTES || !text.is_ascii() && !text.contains('{') {
        return None;
    }
    if let Some(special) = atom::special(text) {
        return Some(special);
    }
    let mut rest = text;
    let (scale, dimension) = term(&mut rest, 0)?;
    let usable = scale.mantissa.is_finite() && scale.mantissa > 0.0;
    (rest.is_empty() && usable && scale.exponent.abs() <= 99).then_some(Unit {
        scale,
        offset: 0.0,
        dimension,
    })
}

type Product = (Scale, Dimension);

/// Components between dots and slashes; a slash may come first, and divides
/// by the one component behind it.
fn term(rest: &mut &str, depth: usize) -> Option<Product> {
    let mut product = (Scale::ONE, Dimension::NONE);
    let mut divides = take(rest, '/');
    loop {
        let (scale, dimension) = component(rest, depth)?;
        let (joined, times) = match divides {
            false => (product.0.times(scale), 1),
            true => (product.0.over(scale), -1),
        };
        product = (joined, product.1.plus(dimension, times)?);
        divides = match rest.chars().next() {
            Some('.') => false,
            Some('/') => true,
            _ => return Some(product),
        };
        *rest = &rest[1..];
    }
}

fn component(rest: &mut &str, depth: usize) -> Option<Product> {
    if take(rest, '(') {
        if depth == MAX_DEPTH {
            return None;
        }
        let inner = term(rest, depth + 1)?;
        return take(rest, ')').then_some(inner);
    }
    if rest.starts_with('{') {
        annotation(rest)?;
        return Some((Scale::ONE, Dimension::NONE));
    }
    let symbol = symbol(rest)?;
    if rest.starts_with('{') {
        annotation(rest)?;
    }
    with_exponent(symbol)
}

/// Words for people; they mean nothing.
fn annotation(rest: &mut &str) -> Option<()> {
    let end = rest.find('}')?;
    if rest[1..end].contains('{') {
        return None;
    }
    *rest = &rest[end + 1..];
    Some(())
}

/// The characters of one symbol with its exponent; in brackets, any.
fn symbol<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let mut bracketed = false;
    let mut end = rest.len();
    for (place, byte) in rest.bytes().enumerate() {
        match byte {
            b'[' => bracketed = true,
            b']' => bracketed = false,
            b'.' | b'/' | b'(' | b')' | b'{' | b'}' if !bracketed => {
                end = place;
                break;
            }
            b'!'..=b'~' => {}
            _ => return None,
        }
    }
    let (symbol, others) = rest.split_at_checked(end)?;
    *rest = others;
    (!symbol.is_empty() && !bracketed).then_some(symbol)
}

fn with_exponent(symbol: &str) -> Option<Product> {
    for ten in ["10*", "10^"] {
        if let Some(exponent) = symbol.strip_prefix(ten) {
            let exponent = match exponent {
                "" => 1,
                exponent => power(exponent, MAX_TEN)?,
            };
            let mantissa = 1.0;
            return Some((Scale { mantissa, exponent }, Dimension::NONE));
        }
    }
    if symbol.len() <= 9 && symbol.bytes().all(|byte| byte.is_ascii_digit()) {
        let mantissa = symbol.parse().ok()?;
        let exponent = 0;
        return Some((Scale { mantissa, exponent }, Dimension::NONE));
    }
    let code = symbol.trim_end_matches(|it: char| it.is_ascii_digit());
    let code = match code.len() == symbol.len() {
        true => code,
        false => code.strip_suffix(['+', '-']).unwrap_or(code),
    };
    let unit = atom::find(code)?;
    let power = match &symbol[code.len()..] {
        "" => 1,
        exponent => power(exponent, MAX_POWER)?,
    };
    let times = i8::try_from(power).ok()?;
    let dimension = Dimension::NONE.plus(unit.dimension, times)?;
    Some((unit.scale.power(power), dimension))
}

fn power(text: &str, limit: i32) -> Option<i32> {
    let power: i32 = text.parse().ok()?;
    (power.abs() <= limit).then_some(power)
}

fn take(rest: &mut &str, character: char) -> bool {
    match rest.strip_prefix(character) {
        None => false,
        Some(others) => {
            *rest = others;
            true
        }
    }
}
