//! Compares pairs of versions, for checking against other implementations:
//! reads lines `scheme<TAB>version<TAB>version`, writes `-1`, `0`, `1`, or `?`
//! where one of them is no version of the scheme.

use std::io::{BufRead as _, Write as _};

use modu_vuln::{Scheme, Version};

fn scheme(name: &str) -> Option<Scheme> {
    Some(match name {
        "semver" => Scheme::SemVer,
        "pep440" => Scheme::Pep440,
        "debian" => Scheme::Debian,
        "rpm" => Scheme::Rpm,
        "alpine" => Scheme::Alpine,
        "maven" => Scheme::Maven,
        _ => return None,
    })
}

fn compared(line: &str) -> Option<std::cmp::Ordering> {
    let mut cells = line.split('\t');
    let scheme = scheme(cells.next()?)?;
    let mut version = || Version::parse(scheme, cells.next()?).ok();
    version()?.compare(&version()?)
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let answer = compared(&line?).map_or("?".to_owned(), |order| (order as i8).to_string());
        writeln!(out, "{answer}")?;
    }
    out.flush()
}
