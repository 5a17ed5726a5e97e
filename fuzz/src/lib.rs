//! Between libFuzzer and the laws of `modu-fuzz`.
//!
//! libFuzzer calls a program's one function with bytes, again and again, and
//! keeps the bytes that reach new code. Each program in `fuzz_targets/` hands
//! it one [`modu_fuzz::Target`] by [`drive!`]. Where the variable
//! [`SEEDS`] names a folder, a program first writes its seeds there.

use std::path::Path;
use std::sync::Once;

use modu_fuzz::Target;

#[doc(hidden)]
pub use libfuzzer_sys;

/// Names the folder for a target's seeds.
pub const SEEDS: &str = "MODU_FUZZ_SEEDS";

/// Tries bytes; ends the process where they break the law.
pub fn test(target: &Target, bytes: &[u8]) {
    // libfuzzer-sys ends the process at every panic. Ours may catch those of a
    // decoder; what is not caught ends the process all the same.
    static PANICS: Once = Once::new();
    PANICS.call_once(|| {
        if let Some(folder) = std::env::var_os(SEEDS) {
            write_seeds(target, Path::new(&folder));
        }
        std::panic::set_hook(Box::new(|panic| {
            if !modu_kernel::contained::is_expected() {
                eprintln!("{panic}\n{}", std::backtrace::Backtrace::force_capture());
                std::process::abort();
            }
        }));
    });
    (target.law)(bytes);
}

fn write_seeds(target: &Target, folder: &Path) {
    for (place, seed) in (target.seeds)().iter().enumerate() {
        if let Err(error) = std::fs::write(folder.join(format!("{place:03}.bin")), seed) {
            eprintln!("cannot write to {}: {error}", folder.display());
            std::process::abort();
        }
    }
}

/// Changes the first `size` bytes of a buffer in place; gives the new size.
/// Every second change keeps the file's form, where the target knows how.
pub fn mutate(target: &Target, buffer: &mut [u8], size: usize, largest: usize, seed: u32) -> usize {
    if let (Some(mutate), true) = (target.mutate, seed % 2 == 0) {
        let changed = mutate(&buffer[..size], u64::from(seed));
        if changed.len() <= largest.min(buffer.len()) {
            buffer[..changed.len()].copy_from_slice(&changed);
            return changed.len();
        }
    }
    libfuzzer_sys::fuzzer_mutate(buffer, size, largest)
}

/// Makes a program for libFuzzer of a [`Target`].
#[macro_export]
macro_rules! drive {
    ($target:expr) => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::test(&$target, bytes));
        $crate::libfuzzer_sys::fuzz_mutator!(|buffer: &mut [u8],
                                              size: usize,
                                              largest: usize,
                                              seed: u32| {
            $crate::mutate(&$target, buffer, size, largest, seed)
        });
    };
}
