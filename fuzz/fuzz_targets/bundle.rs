//! Sigstore bundles, statements, trusted roots: the law is `modu_fuzz::bundle`.

#![no_main]

use modu_fuzz::bundle::TARGET;

modu_fuzz_targets::drive!(TARGET);
