//! Tables as Parquet: the law is `modu_fuzz::table`.

#![no_main]

use modu_fuzz::table::PARQUET as TARGET;

modu_fuzz_targets::drive!(TARGET);
