//! Prints base score and score of every CVSS vector on standard input, a line
//! each, for a comparison with another implementation.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::io::BufRead as _;

use modu_vuln::cvss::Vector;

fn main() -> std::io::Result<()> {
    for line in std::io::stdin().lock().lines() {
        match line?.parse::<Vector>() {
            Ok(vector) => println!("{}\t{}", vector.base_score(), vector.score()),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
