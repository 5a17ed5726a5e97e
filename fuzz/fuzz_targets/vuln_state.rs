//! What decisions on vulnerabilities rest on: the law is
//! `modu_fuzz::vuln_state`.

#![no_main]

use modu_fuzz::vuln_state::TARGET;

modu_fuzz_targets::drive!(TARGET);
