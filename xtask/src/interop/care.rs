//! `cargo xtask interop care`: our survival statistics beside R's.
//!
//! R writes tables of its own packages and what it says of them
//! (`interop/care/reference.R`); the example `beside_r` of `modu-survival`
//! reads the same tables. Where an answer differs by more than 1e-8 of itself,
//! this chore fails. Measures are held against scikit-survival as well.

mod scikit_survival;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::{command, debian, workspace};

/// The largest difference that passes, relative to the number.
const TOLERANCE: f64 = 1e-8;

/// R with the packages that answer.
const R: debian::Need = debian::Need {
    probe: &["Rscript", "-e", "library(survival); library(cmprsk)"],
    packages: &["r-base-core", "r-cran-survival", "r-cran-cmprsk"],
};

/// What is printed of one answer of one case.
struct Line {
    case: String,
    kind: String,
    quantity: String,
    numbers: u64,
    apart: f64,
}

/// Runs both, prints and writes the table.
///
/// # Errors
/// Where something cannot be installed or started, or an answer differs.
pub(crate) fn run() -> anyhow::Result<()> {
    debian::ensure(&[R])?;
    let build = [
        "build",
        "--package",
        "modu-survival",
        "--example",
        "beside_r",
    ];
    command::run(workspace::cargo().args(build))?;
    let ours = workspace::target()?.join("debug/examples/beside_r");
    let folder = workspace::cache()?.join("interop-care");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let script = workspace::root().join("interop/care/reference.R");
    command::run(Command::new("Rscript").arg(script).arg(&folder))?;
    let printed = command::output(Command::new(&ours).arg(&folder))?;
    let lines = printed.lines().map(Line::read).collect::<Option<Vec<_>>>();
    let lines = lines.context("the example `beside_r` printed what is no answer")?;
    let mut page = page(&versions()?, &lines)?;
    page.push_str(&scikit_survival::section(&folder.join("scikit-survival"))?);
    println!("{page}");
    let apart: Vec<_> = lines
        .iter()
        .filter(|line| line.apart > TOLERANCE)
        .map(|line| format!("{}, {}: {:.1e}", line.case, line.quantity, line.apart))
        .collect();
    if !apart.is_empty() {
        bail!("these answers differ:\n{}", apart.join("\n"));
    }
    let path = workspace::root().join("bench/interop-care.md");
    std::fs::write(&path, &page).with_context(|| format!("cannot write {}", path.display()))?;
    println!("written to {}", path.display());
    Ok(())
}

/// R's version and those of its packages.
fn versions() -> anyhow::Result<String> {
    let ask = "cat(R.version.string); for (p in c('survival', 'cmprsk')) \
               cat(',', p, as.character(packageVersion(p)))";
    let said = command::output(Command::new("Rscript").args(["-e", ask]))?;
    Ok(said.replace(" ,", ","))
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut next = || fields.next();
        Some(Self {
            case: next()?.to_owned(),
            kind: next()?.replace('_', " "),
            quantity: next()?.replace('_', " "),
            numbers: next()?.parse().ok()?,
            apart: next()?.parse().ok()?,
        })
    }
}

fn page(versions: &str, lines: &[Line]) -> anyhow::Result<String> {
    let mut page = format!(
        "# Survival statistics beside R\n\n\
         Written by `cargo xtask interop care`: the same tables, which are R's own, read by\n\
         {versions}, and by Modu. R's fits go on until the\n\
         likelihood changes by less than 1e-13 of itself, and compare times as they are.\n\
         *Apart* is the largest difference, relative to the number (to a hundredth of the\n\
         largest of its answer where the number is less than that); above {TOLERANCE:e} this chore fails.\n\n\
         ## By quantity\n\n| estimate | quantity | tables | numbers | apart |\n|---|---|---|---|---|\n"
    );
    let mut quantities = BTreeMap::<(&str, &str), (u64, u64, f64)>::new();
    let mut cases = Vec::<(&str, &str, u64, &str, f64)>::new();
    for line in lines {
        let row = quantities.entry((&line.kind, &line.quantity)).or_default();
        *row = (row.0 + 1, row.1 + line.numbers, row.2.max(line.apart));
        match cases.last_mut().filter(|case| case.0 == line.case) {
            Some(case) => {
                case.2 += line.numbers;
                if line.apart > case.4 {
                    (case.3, case.4) = (&line.quantity, line.apart);
                }
            }
            None => cases.push((
                &line.case,
                &line.kind,
                line.numbers,
                &line.quantity,
                line.apart,
            )),
        }
    }
    for ((kind, quantity), (tables, numbers, apart)) in quantities {
        writeln!(
            page,
            "| {kind} | {quantity} | {tables} | {numbers} | {apart:.1e} |"
        )?;
    }
    page.push_str("\n## By table\n\n| table | estimate | numbers | apart | most apart |\n|---|---|---|---|---|\n");
    for (case, kind, numbers, quantity, apart) in cases {
        writeln!(
            page,
            "| {case} | {kind} | {numbers} | {apart:.1e} | {quantity} |"
        )?;
    }
    Ok(page)
}
