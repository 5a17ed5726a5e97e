//! Bundles of advisories: the law is `modu_fuzz::vuln`.

#![no_main]

use modu_fuzz::vuln::BUNDLE;

modu_fuzz_targets::drive!(BUNDLE);
