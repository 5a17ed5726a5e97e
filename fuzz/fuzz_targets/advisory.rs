//! Advisories of any format: the law is `modu_fuzz::vuln`.

#![no_main]

use modu_fuzz::vuln::ADVISORY;

modu_fuzz_targets::drive!(ADVISORY);
