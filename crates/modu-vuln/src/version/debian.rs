//! deb-version(7): `[epoch:]upstream[-revision]`, compared in turns of
//! non-digits and digits, where `~` sorts before the end and letters before
//! everything else.

use super::key::{Key, digits};

const TILDE: u8 = 1;
/// Before every sign but the tilde: the end of the non-digits, and of it all.
const END: u8 = 2;
/// Signs that are no letters come after all letters.
const SIGNS: u8 = 128;

pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (epoch, rest),
        None => ("0", text),
    };
    if epoch.is_empty() || !digits(epoch).1.is_empty() {
        return Err("what stands before `:` must be a number");
    }
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    if upstream.is_empty() || revision.is_empty() {
        return Err("the upstream version or the revision is empty");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".+-~:".contains(c);
    if !rest.chars().all(allowed) {
        return Err("it has a sign that is not allowed");
    }
    let mut key = Key::default();
    key.number(epoch);
    part(upstream, &mut key);
    part(revision, &mut key);
    Ok(key)
}

fn part(mut text: &str, key: &mut Key) {
    loop {
        let end = text.find(|c: char| c.is_ascii_digit());
        let (signs, rest) = text.split_at(end.unwrap_or(text.len()));
        for byte in signs.bytes() {
            key.mark(match byte {
                b'~' => TILDE,
                letter if letter.is_ascii_alphabetic() => letter,
                // ASCII only, so that this stays a byte.
                sign => sign | SIGNS,
            });
        }
        key.mark(END);
        let (number, rest) = digits(rest);
        key.number(number);
        text = rest;
        if text.is_empty() {
            key.mark(END);
            return;
        }
    }
}
