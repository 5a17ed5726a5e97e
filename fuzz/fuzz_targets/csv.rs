//! Tables as CSV: the law is `modu_fuzz::table`.

#![no_main]

use modu_fuzz::table::CSV as TARGET;

modu_fuzz_targets::drive!(TARGET);
