//! Reads one vendor's range a line and writes what it was taken for, or why
//! it cannot be decided.

use std::io::{BufRead as _, Write as _};

use modu_vuln::vendor::VendorRange;

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        match VendorRange::parse(&line?) {
            Ok(range) => writeln!(out, "{range}")?,
            Err(reason) => writeln!(out, "? {reason}")?,
        }
    }
    out.flush()
}
