//! What the route engine keeps and reads: the law is `modu_fuzz::route_state`.

#![no_main]

use modu_fuzz::route_state::TARGET;

modu_fuzz_targets::drive!(TARGET);
