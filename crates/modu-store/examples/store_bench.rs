//! Puts a file into a folder, or gets it out again: a whole process that
//! `cargo xtask bench store` measures.
//!
//! ```text
//! store_bench put FOLDER FILE     prints the artifact's digest
//! store_bench get FOLDER FILE     reads the artifact that FILE was put as
//! ```
//! `put` notes the digest in `FOLDER.digest`, so that `get` need not hash
//! FILE to know it.

use std::error::Error;
use std::fs::{self, File};
use std::io;

use modu_store::{Location, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [verb, folder, file] = &arguments[..] else {
        return Err("usage: store_bench put|get FOLDER FILE".into());
    };
    let store = Store::open(&Location::Folder(folder.into()))?;
    let note = format!("{folder}.digest");
    match verb.as_str() {
        "put" => {
            let artifact = store.put(File::open(file)?)?;
            fs::write(&note, artifact.digest.to_string())?;
        }
        "get" => {
            let digest = fs::read_to_string(&note)?.parse()?;
            io::copy(&mut store.get(digest)?, &mut io::sink())?;
        }
        _ => return Err("the verb is put or get".into()),
    }
    Ok(())
}
