//! VRPs, proposals, routes: the law is `modu_fuzz::route`.

#![no_main]

use modu_fuzz::route::TARGET;

modu_fuzz_targets::drive!(TARGET);
