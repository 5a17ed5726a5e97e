//! One whole update from a local copy of the RPKI: read what changed into the
//! cache, validate, write the tree and the table. `cargo xtask bench route`
//! starts it as a process, beside other validators.
//!
//! `update_bench STATE COPY TALS TIME`: STATE keeps cache and tree (new: a
//! first run; kept: a repetition after a restart), COPY is laid out as rsync
//! lays out (`authority/module/...`), TALS holds the locators, TIME is in
//! seconds since 1970 (UTC). The threads are those of `RAYON_NUM_THREADS`.
//! It prints how much it looked at.
#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use modu_kernel::NoProgress;
use modu_route::RouterTable;
use modu_route::validate::{Locator, ValidateRequest, ValidatedTree, run};
use modu_route_net::cache::Cache;
use modu_route_net::local;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [state, copy, tals, time] = arguments.as_slice() else {
        return Err("usage: update_bench STATE COPY TALS TIME".into());
    };
    let (state, copy) = (PathBuf::from(state), PathBuf::from(copy));
    fs::create_dir_all(&state)?;
    let cache = Cache::open(&state.join("cache"))?;
    let locators = locators(Path::new(tals))?;
    let filled = local::fill(&cache, &copy, &locators)?;
    let (read, unchanged) = (filled.read, filled.unchanged);
    let index = Arc::new(filled.into_index().0);
    let time: i64 = time.parse()?;

    let path = state.join("tree");
    let prior = match fs::read(&path) {
        Ok(bytes) => Some(ValidatedTree::parse(&Bytes::from(bytes))?),
        Err(_) => None,
    };
    let request = ValidateRequest::at(time);
    let tree = cache.commit_during(index.clone(), || {
        run(
            &request,
            &locators,
            &index,
            &cache,
            prior.as_ref(),
            &NoProgress,
        )
    })??;
    let (kept, table) = rayon::join(
        || fs::write(&path, tree.to_bytes()),
        || {
            let table = RouterTable::of_tree(&tree);
            fs::write(state.join("vrps.csv"), table.csv()).map(|()| table)
        },
    );
    kept?;
    let table = table?;
    println!(
        "{} folders read, {} unchanged, {} authorities, {} VRPs",
        read,
        unchanged,
        tree.authorities.len(),
        table.rows().len()
    );
    Ok(())
}

fn locators(folder: &Path) -> Result<Vec<Locator>, Failure> {
    let mut locators = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .and_then(|it| it.to_str())
            .ok_or("a name that is no text")?;
        locators.push(Locator::parse(name, &fs::read(&path)?)?);
    }
    Ok(locators)
}
