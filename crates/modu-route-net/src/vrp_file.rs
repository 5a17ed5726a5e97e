//! Another validator's table as what a service tells: an RTR and HTTP server
//! in front of any validator that writes a file of VRPs, and of ASPAs beside
//! them where it is JSON.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use modu_route::{Payloads, limits};

use crate::looks::Looks;

/// A file of VRPs, read again when it changes.
#[derive(Debug)]
pub struct VrpFile {
    path: PathBuf,
    /// The file as it was read last, right or wrong.
    seen: Option<Looks>,
}

impl VrpFile {
    /// The file at a path, CSV or JSON as validators print it.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// The table, where the file is another one than was read last. A file
    /// that is being written when it is read is seen again when it is done.
    ///
    /// # Errors
    /// Why it cannot be read, in words that name file and place.
    pub fn changed(&mut self) -> Result<Option<Payloads>, String> {
        let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", self.path.display());
        let file = File::open(&self.path).map_err(|error| problem(&error))?;
        let metadata = file.metadata().map_err(|error| problem(&error))?;
        let looks = Looks::of(&metadata);
        if self.seen == Some(looks) {
            return Ok(None);
        }
        self.seen = Some(looks);
        let mut bytes = Vec::new();
        (file.take(limits::VRP_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| problem(&error))?;
        if bytes.len() as u64 > limits::VRP_BYTES {
            return Err(problem(&format!(
                "it is larger than {} bytes",
                limits::VRP_BYTES
            )));
        }
        let payloads = Payloads::parse(&bytes).map_err(|error| problem(&error))?;
        Ok(Some(payloads))
    }
}
