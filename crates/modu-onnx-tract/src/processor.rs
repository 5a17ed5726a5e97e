//! What tract asks of the machine, asked beforehand.

use std::sync::OnceLock;

use tract_onnx::prelude::tract_linalg;

/// Units of some processors that tract would use and others lack. Without
/// them, every x86-64 processor with AVX2 and FMA runs the same kernels.
#[cfg(target_arch = "x86_64")]
const WITHOUT: &str = "-avx512f,-avx512vnni,-avx512fp16,-avxvnni,-amx-int8,-amx-bf16";
/// The same of 64-bit ARM, where Advanced SIMD is on every processor.
#[cfg(target_arch = "aarch64")]
const WITHOUT: &str = "-fp16,-dotprod,-sve2,-sme,-sme2,-apple-amx";
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const WITHOUT: &str = "";

/// Has tract look at the processor now.
///
/// It reads files of `/sys` and `/proc` when it first multiplies matrices,
/// which a confined process may not do; so such a process calls this before it
/// shuts itself in. Reading a model calls it too. Done once; costs less than a
/// millisecond.
pub fn prepare() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        tract_linalg::knobs::TRACT_CPU_ISA.set(Some(WITHOUT.to_owned()));
        // f32 stays f32, whatever the environment says.
        tract_linalg::knobs::TRACT_AMX_BF16.set(false);
        tract_linalg::isa::native();
        // The sizes decide in which order tiles are computed, not what they hold.
        tract_linalg::cache::cache_info();
        tract_linalg::cache::last_level_cache();
    });
}
