//! What an identity provider sends: the law is `modu_fuzz::id_token`.

#![no_main]

use modu_fuzz::id_token::TARGET;

modu_fuzz_targets::drive!(TARGET);
