//! `need.toml`: the law is `modu_fuzz::need`.

#![no_main]

use modu_fuzz::need::TARGET;

modu_fuzz_targets::drive!(TARGET);
