//! What routers tell over BMP: the law is `modu_fuzz::bmp`.

#![no_main]

use modu_fuzz::bmp::TARGET;

modu_fuzz_targets::drive!(TARGET);
