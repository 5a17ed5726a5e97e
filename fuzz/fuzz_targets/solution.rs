//! `solution.toml`: the law is `modu_fuzz::solution`.

#![no_main]

use modu_fuzz::solution::TARGET;

modu_fuzz_targets::drive!(TARGET);
