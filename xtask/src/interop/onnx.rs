//! `cargo xtask interop onnx`: our kernels before the ONNX project's own tests.
//!
//! The PyPI package `onnx` generates a test for each thing that an operator may
//! be asked: a model of one node, inputs, and the outputs of a reference
//! written in numpy. Every test whose operators we claim is run. It passes, or
//! is refused with a reason; where one fails, so does this chore. The
//! outputs of ONNX Runtime are compared as well, in units in the last place.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::{command, python, workspace};

const ONNX: &str = "1.23.2";
const ONNX_RUNTIME: &str = "1.31.1";
const NUMPY: &str = "2.4.6";

/// A line of the example `conformance`.
struct Line<'a> {
    operator: &'a str,
    test: &'a str,
    verdict: &'a str,
    problem: &'a str,
    expected: Option<u64>,
    runtime: Option<u64>,
}

/// An operator's row of the table.
#[derive(Default)]
struct Row {
    tests: u32,
    passed: u32,
    refused: u32,
    expected: Option<u64>,
    runtime: Option<u64>,
}

/// Runs the tests, prints and writes the table.
///
/// # Errors
/// Where something cannot be installed or started, or a test fails.
pub(crate) fn run() -> anyhow::Result<()> {
    let packages = [
        format!("onnx=={ONNX}"),
        format!("onnxruntime=={ONNX_RUNTIME}"),
        format!("numpy=={NUMPY}"),
    ];
    let programs = python::environment("onnx", &packages.each_ref().map(String::as_str))?;
    let example = [
        "build",
        "--package",
        "modu-onnx",
        "--example",
        "conformance",
    ];
    command::run(workspace::cargo().args(example))?;
    let ours = workspace::target()?.join("debug/examples/conformance");
    let folder = workspace::cache()?.join("interop-onnx");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let operators = command::output(Command::new(&ours).arg("operators"))?;
    let mut generate = Command::new(programs.join("python"));
    generate
        .arg(workspace::root().join("interop/onnx/generate.py"))
        .arg(&folder);
    feed(&mut generate, &operators)?;
    let results = command::output(Command::new(&ours).arg(&folder))?;
    let lines = results.lines().map(Line::read).collect::<Option<Vec<_>>>();
    let lines = lines.context("the example `conformance` printed what is no result")?;
    let claimed: Vec<String> = operators
        .lines()
        .map(|line| line.replace('\t', "."))
        .collect();
    let page = page(&claimed, &lines)?;
    println!("{page}");
    let failed: Vec<_> = lines
        .iter()
        .filter(|line| line.verdict == "failed")
        .collect();
    if !failed.is_empty() {
        let shown = failed
            .iter()
            .map(|line| format!("{}: {}", line.test, line.problem));
        bail!(
            "these tests fail:\n{}",
            shown.collect::<Vec<_>>().join("\n")
        );
    }
    let path = workspace::root().join("bench/interop-onnx.md");
    std::fs::write(&path, &page).with_context(|| format!("cannot write {}", path.display()))?;
    println!("written to {}", path.display());
    Ok(())
}

/// Runs a program on a text as its standard input.
fn feed(program: &mut Command, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    eprintln!("$ {}", command::shown(program));
    let shown = command::shown(program);
    let mut child = program
        .stdin(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {shown}"))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut next = || fields.next();
        Some(Self {
            operator: next()?,
            test: next()?,
            verdict: next()?,
            problem: next()?,
            expected: next()?.parse().ok(),
            runtime: next()?.parse().ok(),
        })
    }

    /// The reason without the node's place.
    fn reason(&self) -> &str {
        match self.problem.split_once("): ") {
            Some((place, reason)) if place.starts_with("node ") => reason,
            _ => self.problem,
        }
    }
}

impl Row {
    fn add(&mut self, line: &Line<'_>) {
        self.tests += 1;
        self.passed += u32::from(line.verdict == "passed");
        self.refused += u32::from(line.verdict == "refused");
        self.expected = self.expected.max(line.expected);
        self.runtime = self.runtime.max(line.runtime);
    }

    fn write(&self, page: &mut String, name: &str) -> std::fmt::Result {
        let shown = |ulps: Option<u64>| ulps.map_or("-".to_owned(), |ulps| ulps.to_string());
        writeln!(
            page,
            "| {name} | {} | {} | {} | {} | {} |",
            self.tests,
            self.passed,
            self.refused,
            shown(self.expected),
            shown(self.runtime)
        )
    }
}

fn page(claimed: &[String], lines: &[Line<'_>]) -> anyhow::Result<String> {
    let (mut rows, mut all) = (BTreeMap::<&str, Row>::new(), Row::default());
    for operator in claimed {
        rows.entry(operator.trim_start_matches('.')).or_default();
    }
    let mut reasons = BTreeMap::<&str, BTreeMap<&str, u32>>::new();
    for line in lines {
        rows.entry(line.operator).or_default().add(line);
        all.add(line);
        if line.verdict == "refused" {
            let operators = reasons.entry(line.reason()).or_default();
            *operators.entry(line.operator).or_default() += 1;
        }
    }
    let several = rows.remove("several").unwrap_or_default();
    let mut page = format!(
        "# Our kernels before the ONNX project's tests\n\n\
         Written by `cargo xtask interop onnx`: every test of a node that the PyPI package\n\
         `onnx` {ONNX} generates of the operators that `modu_onnx::supported_operators` names,\n\
         within the tolerances that it states. *ulps*: the largest difference in units in the\n\
         last place from its expected values, and from those of ONNX Runtime {ONNX_RUNTIME}, over the\n\
         tests passed; `-` where there is nothing to compare. Hundreds stand at means near zero,\n\
         which sums in single precision reach by cancellation; ours are in double. A test that is refused gives no\n\
         result, and the reason stands below. Version 14 of the file format is not published\n\
         yet, by the word of that package itself. Operators without a test of their own are\n\
         compared with ONNX Runtime in `crates/modu-onnx/tests/reference`.\n\n\
         | operator | tests | passed | refused | ulps, expected | ulps, ONNX Runtime |\n\
         |---|---|---|---|---|---|\n"
    );
    for (name, row) in &rows {
        row.write(&mut page, name)?;
    }
    several.write(&mut page, "spelled out in several operators")?;
    all.write(&mut page, "**all**")?;
    page.push_str("\n## What is refused, and why\n\n| reason | tests |\n|---|---|\n");
    for (reason, operators) in reasons {
        let operators: Vec<_> = operators
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        writeln!(
            page,
            "| {} | {} |",
            reason.replace('|', "/"),
            operators.join(", ")
        )?;
    }
    Ok(page)
}
