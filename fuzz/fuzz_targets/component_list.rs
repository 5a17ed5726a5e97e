//! Lists of components: the law is `modu_fuzz::vuln`.

#![no_main]

use modu_fuzz::vuln::COMPONENTS;

modu_fuzz_targets::drive!(COMPONENTS);
