//! Reasons, and what is judged with them.

use super::tree::Reason;

/// What was judged, or why not.
pub(super) type Judged<T> = Result<T, Reason>;

/// The most characters of what a decoder said that are kept.
const DETAIL: usize = 200;

/// A reason of this stable code.
pub(super) fn reason(code: &str, detail: impl std::fmt::Display) -> Reason {
    let detail: String = (detail.to_string().chars())
        .take(DETAIL)
        .flat_map(|character| match character.is_control() {
            true => character.escape_default().collect::<Vec<_>>(),
            false => vec![character],
        })
        .collect();
    Reason {
        code: code.to_owned(),
        detail,
    }
}
