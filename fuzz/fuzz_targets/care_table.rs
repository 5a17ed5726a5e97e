//! A hospital's tables as Parquet: the law is `modu_fuzz::care_table`.

#![no_main]

use modu_fuzz::care_table::TARGET;

modu_fuzz_targets::drive!(TARGET);
