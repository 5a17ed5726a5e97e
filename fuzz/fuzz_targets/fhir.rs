//! Medical records: the law is `modu_fuzz::fhir`.

#![no_main]

use modu_fuzz::fhir::TARGET;

modu_fuzz_targets::drive!(TARGET);
