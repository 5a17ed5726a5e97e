//! `vuln.scan` over files, its whole result written, as `modu vuln scan --out`
//! does it: what is measured against other scanners.
//!
//!     scan_files SBOM BUNDLE OUT TIME
#![allow(clippy::print_stdout, reason = "an example talks")]

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use modu_kernel::{Artifact, Digest, Input, Inputs, NoProgress, ReadSeek, canonical};
use modu_vuln::SCAN;

struct Files(Vec<Input>, Vec<PathBuf>);

impl Files {
    /// Hashes each file, so that the run is named by what it read.
    fn open(files: &[(&str, &str)]) -> io::Result<Self> {
        let mut inputs = Self(Vec::new(), Vec::new());
        for (name, path) in files {
            inputs.0.push(Input {
                name: (*name).to_owned(),
                artifact: Digest::of_reader(File::open(path)?)?,
            });
            inputs.1.push(path.into());
        }
        Ok(inputs)
    }
}

impl Inputs for Files {
    fn list(&self) -> &[Input] {
        &self.0
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        let place = self.0.iter().position(|input| input.name == name);
        let path = place.and_then(|place| self.1.get(place));
        Ok(Box::new(File::open(path.ok_or(io::ErrorKind::NotFound)?)?))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, inventory, bundle, out, at] = arguments.as_slice() else {
        return Err("scan_files SBOM BUNDLE OUT TIME".into());
    };
    let inputs = Files::open(&[("inventory", inventory), ("advisories", bundle)])?;
    let outcome = (SCAN.run)(&serde_json::json!({ "at": at }), &inputs, &NoProgress)?;
    let result = Artifact::of(&outcome.to_canonical()?);
    let out = Path::new(out);
    fs::create_dir_all(out)?;
    for output in &outcome.outputs {
        fs::write(out.join(&output.name), &output.bytes)?;
    }
    fs::write(out.join("report.json"), canonical::to_vec(&outcome.report)?)?;
    println!("{}", result.digest);
    Ok(())
}
