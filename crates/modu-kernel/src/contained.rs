//! Panics of other people's code over a stranger's bytes, turned into answers.
//!
//! Some decoders assert what a damaged file does not keep. Such a panic is
//! caught, and the caller makes an error of it. But the program's panic hook
//! sees it first, and by default prints a line that no user can use, and that
//! may quote the file. A library leaves the hook alone: it is the program's.
//! So this module only *tells*, by [`is_expected`], whether a panic on the
//! present thread will be caught; a program's hook stays silent then.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Whether a panic on this thread is now caught and made an error of, so that
/// a panic hook has nothing to print.
#[must_use]
pub fn is_expected() -> bool {
    DEPTH.get() > 0
}

/// Does work over a stranger's bytes; nothing where it panics. What the work
/// borrows mutably must not be used after a panic.
#[must_use]
pub fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work)).ok();
    DEPTH.set(DEPTH.get() - 1);
    result
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "the panics are what is tested")]

    use super::*;

    #[test]
    fn a_panic_is_expected_inside_only_and_becomes_nothing() {
        assert!(!is_expected());
        let inner = contained(|| {
            assert!(is_expected());
            let nested = contained(|| {
                if is_expected() {
                    panic!("a damaged page")
                }
            });
            assert!(is_expected());
            nested.is_none()
        });
        assert_eq!(inner, Some(true));
        assert!(!is_expected());
    }
}
