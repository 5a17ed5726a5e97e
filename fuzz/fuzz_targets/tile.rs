//! The log's texts and files: the law is `modu_fuzz::tile`.

#![no_main]

use modu_fuzz::tile::TARGET;

modu_fuzz_targets::drive!(TARGET);
