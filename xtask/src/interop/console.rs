//! `cargo xtask interop console`: the console in a real browser.
//!
//! `modu serve` is started on a new home with its demonstration; Chromium goes
//! the whole way from a need to adoption as people of five roles would, by
//! keyboard alone; a demonstration is watched as it goes on, with script and
//! without, and one is run by a `modu node` beside an agency's data. The
//! evidence of a refused solution is verified by its bundle alone and its run
//! replayed. Then every page is looked at in both languages, as wide as a small
//! phone, a phone and a desk: `axe-core` must find nothing serious, nothing may
//! be wider than the screen or move where no motion is wanted, and the first
//! thing that the keyboard reaches leads to the content. Some pages are printed
//! and read again. Our style sheet is held against the tokens of KRDS.
//!
//! The pictures stay in `target/xtask/interop-console/pictures`, what was
//! printed in `printed` beside it, to be looked at.

mod printed;
mod recorded;
mod tokens;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::json;

use self::printed::{POPPLER, Printed};
use super::rtr::program;
use super::served::Served;
use super::{NODE, installed};
use crate::{bench, command, debian, workspace};

/// The browser, and a font with Korean in it.
const CHROMIUM: debian::Need = debian::Need {
    probe: &["chromium", "--version"],
    packages: &["chromium", "fonts-noto-cjk"],
};

/// What the browser's driver tells.
#[derive(Deserialize)]
struct Told {
    steps: Vec<String>,
    /// What the browser's own console said was wrong.
    complaints: Vec<String>,
    found: Vec<Found>,
    printed: Vec<Printed>,
    /// Where the run stands on which a refusal rests.
    run: u64,
}

/// A page as it was looked at once.
#[derive(Deserialize)]
struct Found {
    page: String,
    role: String,
    language: String,
    width: String,
    /// Wider than the screen.
    wide: bool,
    /// The keyboard reaches the way to the content first.
    skip: bool,
    serious: Vec<String>,
    lesser: u32,
}

/// Runs it, prints and writes the table.
///
/// # Errors
/// Where browser or server cannot be started, a step of the way fails, or a
/// page has a serious finding.
pub(crate) fn run() -> anyhow::Result<()> {
    debian::ensure(&[NODE, CHROMIUM, POPPLER])?;
    let folder = workspace::cache()?.join("interop-console");
    bench::empty(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let source = workspace::root().join("interop/console");
    let modules = installed(&source, &workspace::cache()?.join("node-console"))?;
    let compared = tokens::compare(&modules)?;
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    let home = folder.join("home");
    let served = Served::start(&home, &["--sandbox", "lenient"])?;
    let links = recorded::record(&home, &folder.join("recorded"))?;
    let settings = json!({
        "modules": modules,
        "chromium": "/usr/bin/chromium",
        "root": served.address,
        "operatorLink": served.link,
        "folder": folder,
        "patientsLinks": links,
        "program": program()?,
        "table": workspace::root().join("demo/census-test.parquet"),
    });
    let told = drive(&source, &folder, &settings)?;
    drop(served);
    verify(&folder)?;
    replay(&home, told.run)?;
    let page = page(&told, compared)?;
    print!("{page}");
    std::fs::write(workspace::root().join("bench/interop-console.md"), &page)?;
    for complaint in &told.complaints {
        eprintln!("the browser says: {complaint}");
    }
    let bad: Vec<_> = told.found.iter().filter(|found| !found.is_good()).collect();
    for found in &bad {
        let Found {
            page,
            role,
            language,
            width,
            ..
        } = found;
        eprintln!("{page} ({role}, {language}, {width}): {:?}", found.serious);
    }
    ensure!(
        bad.is_empty() && told.complaints.is_empty(),
        "{} looks at pages found something serious",
        bad.len()
    );
    Ok(())
}

impl Found {
    fn is_good(&self) -> bool {
        self.serious.is_empty() && !self.wide && self.skip
    }
}

fn drive(source: &Path, folder: &Path, settings: &serde_json::Value) -> anyhow::Result<Told> {
    let file = folder.join("settings.json");
    std::fs::write(&file, settings.to_string())?;
    let mut node = Command::new("node");
    node.arg(source.join("journey.mjs")).arg(file);
    let told = command::output(&mut node)?;
    serde_json::from_str(told.trim()).context("the browser's driver gave no JSON")
}

/// What its supplier does with the evidence of a refused solution: nothing of
/// the server is needed, and of no other solution it is evidence.
fn verify(folder: &Path) -> anyhow::Result<()> {
    let mut own = Vec::new();
    for solution in std::fs::read_dir(workspace::root().join("demo/solutions"))? {
        let document = solution?.path().join("solution.toml");
        let mut verify = Command::new(program()?);
        verify
            .args(["evidence", "verify"])
            .arg(folder.join("refused.json"))
            .arg("--trusted-root")
            .arg(folder.join("trusted_root.json"))
            .arg("--artifact")
            .arg(&document);
        if verify.output()?.status.success() {
            own.push(document);
        }
    }
    ensure!(
        own.len() == 1,
        "the refused solution's evidence was accepted for {own:?}, not for one solution"
    );
    Ok(())
}

/// The run on which the refusal rests, computed again from its inputs: what
/// its supplier can do where the data are public, as these are.
fn replay(home: &Path, run: u64) -> anyhow::Result<()> {
    let mut replay = Command::new(program()?);
    replay.arg("--home").arg(home);
    replay.args(["evidence", "replay", &run.to_string()]);
    command::run(replay.args(["--sandbox", "lenient"]))
}

fn page(told: &Told, compared: usize) -> anyhow::Result<String> {
    let mut page = String::from(
        "# The console in a browser\n\n\
         Written by `cargo xtask interop console`: headless Chromium (Debian) and axe-core (npm),\n\
         on a new home of `modu serve` with its demonstration and small recorded runs of every engine.\n\n\
         ## The way that was gone\n\n",
    );
    for step in &told.steps {
        writeln!(page, "- {step}")?;
    }
    writeln!(
        page,
        "- its bundle was verified with `modu evidence verify`, without the server, and the run that it\n  \
         rests on was computed again byte for byte with `modu evidence replay`\n\n\
         ## Every page\n\n\
         Each in Korean and English, 390 and 1280 pixels wide: findings of axe-core (WCAG 2.2 A and\n\
         AA, best practices), by whether they are serious; whether something is wider than the\n\
         screen, at 320 pixels too; whether the keyboard reaches the way to the content first;\n\
         whether something moves where no motion is wanted, which counts as serious.\n\n\
         | page | as | looks | serious | lesser | too wide | keyboard |\n|---|---|---|---|---|---|---|"
    )?;
    let mut rows: BTreeMap<(&str, &str), Vec<&Found>> = BTreeMap::new();
    for found in &told.found {
        rows.entry((&found.page, &found.role))
            .or_default()
            .push(found);
    }
    for ((name, role), looks) in rows {
        let serious: usize = looks.iter().map(|look| look.serious.len()).sum();
        let lesser: u32 = looks.iter().map(|look| look.lesser).sum();
        let wide = looks.iter().filter(|look| look.wide).count();
        let skip = looks.iter().filter(|look| look.skip).count();
        writeln!(
            page,
            "| `{name}` | {role} | {} | {serious} | {lesser} | {wide} | {skip} of {} |",
            looks.len(),
            looks.len()
        )?;
    }
    on_paper(told, &mut page)?;
    writeln!(
        page,
        "\n## KRDS\n\n{compared} values of our style sheet name a token of npm `krds-uiux` 1.1.0; all are that token's."
    )?;
    Ok(page)
}

/// The pages that were printed, each in both languages.
fn on_paper(told: &Told, page: &mut String) -> anyhow::Result<()> {
    writeln!(
        page,
        "\n## On paper\n\nPrinted to A4 in both languages: the heading is there, menus, forms and buttons are not, and\n\
         each sheet on which the one table of a page goes on begins with the table's head.\n\n\
         | page | as | heads again |\n|---|---|---|"
    )?;
    let mut again = 0;
    for both in told.printed.chunks(2) {
        let papers = both.iter().map(Printed::look);
        let papers = papers.collect::<anyhow::Result<Vec<_>>>()?;
        let is_again = papers.iter().all(|paper| paper.heads_again > 0);
        let is_one = papers.iter().all(|paper| paper.sheets == 1);
        let heads = match (is_again, is_one) {
            (true, _) => "yes",
            (false, true) => "one sheet",
            (false, false) => "–",
        };
        let Some(Printed {
            page: name, role, ..
        }) = both.first()
        else {
            continue;
        };
        writeln!(page, "| `{name}` | {role} | {heads} |")?;
        again += usize::from(is_again);
    }
    ensure!(
        again > 0,
        "no table was long enough to go on on another sheet"
    );
    Ok(())
}
