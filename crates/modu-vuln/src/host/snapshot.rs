//! What was seen of a host: the files, listings and outputs that the checks
//! need, and nothing else.
//!
//! A check must be able to tell "there is no such file" from "nobody looked"
//! and from "it could not be read", for the first may be good news and the
//! others never are. So each of the three has its own form here. Secrets are
//! taken out before anything gets in (see [`super::keep`]).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::VulnError;

/// The schema's name.
pub const SCHEMA: &str = "modu.vuln.host.snapshot/1";

/// Limits of a snapshot; past one, what was left out is said, and no check
/// that needs it says "good".
pub mod limits {
    /// Bytes of a whole snapshot.
    pub const SNAPSHOT_BYTES: u64 = 128 << 20;
    /// Bytes of one file's text.
    pub const TEXT_BYTES: u64 = 512 << 10;
    /// Bytes of one command's output.
    pub const OUTPUT_BYTES: u64 = 4 << 20;
    /// Names of one folder.
    pub const NAMES: usize = 20_000;
    /// Files whose state is kept.
    pub const FILES: usize = 200_000;
    /// Things of one kind that the walk over the file systems keeps.
    pub const FOUND: usize = 2_000;
    /// Entries that the walk looks at.
    pub const ENTRIES: u64 = 20_000_000;
}

/// A host as it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// [`SCHEMA`].
    pub schema: String,
    /// The host's name.
    pub host: String,
    /// When it was taken, RFC 3339 in UTC.
    pub taken: String,
    /// From where.
    pub origin: Origin,
    /// Whether owners and permissions are those of the host.
    pub owners: Owners,
    /// Files, folders and links by absolute path.
    pub files: BTreeMap<String, Seen>,
    /// What folders hold, by absolute path.
    pub folders: BTreeMap<String, Listing>,
    /// Commands by their words, joined with single spaces.
    pub commands: BTreeMap<String, Ran>,
    /// The walk over the file systems, where it was made.
    pub sweep: Option<Sweep>,
}

/// From where a snapshot was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The running host itself.
    #[default]
    Running,
    /// A folder that holds a host's files; nothing runs there.
    Folder,
}

/// Whose owners and permissions a snapshot tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owners {
    /// The host's own, as the file system or a list made there says.
    Own,
    /// Perhaps those of a copy, which says nothing of the host.
    #[default]
    Unknown,
}

/// What a look at a path showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub enum Seen {
    /// There is nothing.
    Absent,
    /// It could not be looked at.
    Unreadable {
        /// What the system said.
        why: String,
    },
    /// It is there.
    There(Entry),
}

/// A file, folder or other thing; of a link, what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with set-id and sticky bits (`07777`).
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Where links led, if any did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
    /// Its text, where that was wanted, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why the text is not here although it was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A device, socket, pipe.
    Other,
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "listing", rename_all = "snake_case")]
pub enum Listing {
    /// There is no such folder.
    Absent,
    /// It could not be listed.
    Unreadable {
        /// What the system said.
        why: String,
    },
    /// Its names, ascending.
    Names {
        /// The names.
        names: Vec<String>,
        /// Whether these are all.
        complete: bool,
    },
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "ran", rename_all = "snake_case")]
pub enum Ran {
    /// The program is not there.
    Missing,
    /// It could not be run, or did not end in time.
    Failed {
        /// Why.
        why: String,
    },
    /// It ended.
    Done {
        /// Its exit code; -1 where a signal ended it.
        exit: i32,
        /// Standard output.
        output: String,
        /// Standard error.
        errors: String,
        /// Whether all of the output is here.
        complete: bool,
    },
}

/// What a walk over the local file systems found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Entries looked at.
    pub entries: u64,
    /// Whether it came to its end and could look into every folder.
    pub complete: bool,
    /// What it did not go into, and why.
    pub skipped: Vec<Skipped>,
    /// Set-user-id and set-group-id programs.
    pub set_id: Found,
    /// Files that everybody may write, and such folders without sticky bit.
    pub world_writable: Found,
    /// What belongs to a user or group without a name.
    pub unowned: Found,
    /// Plain files below `/dev`.
    pub plain_in_dev: Found,
    /// Hidden files and folders in unusual places.
    pub hidden: Found,
}

/// A mount or folder that the walk left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Where.
    pub path: String,
    /// Its file system or what the system said.
    pub why: String,
    /// Whether real files of this host could be there.
    pub matters: bool,
}

/// Things of one kind, ascending by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// At most [`limits::FOUND`].
    pub listed: Vec<Spot>,
    /// How many more there were.
    pub more: u64,
}

/// One thing that the walk found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Spot {
    /// Where.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Whether it is a folder.
    pub folder: bool,
}

impl Snapshot {
    /// Reads a snapshot.
    ///
    /// # Errors
    /// JSON that is none, of another schema, or with more files than
    /// [`limits::FILES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, VulnError> {
        let snapshot: Self =
            serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
        if snapshot.schema != SCHEMA {
            return Err(VulnError::Malformed {
                place: "schema".to_owned(),
                problem: format!("it is {:?}; expected {SCHEMA:?}", snapshot.schema),
            });
        }
        if snapshot.files.len() > limits::FILES {
            return Err(VulnError::TooMany {
                what: "files",
                limit: limits::FILES as u64,
            });
        }
        Ok(snapshot)
    }

    /// The text of a file that is there and was read.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.entry(path)?.text.as_deref()
    }

    /// A path that is there.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        match self.files.get(path) {
            Some(Seen::There(entry)) => Some(entry),
            _ => None,
        }
    }

    /// The names in a folder; none where it is absent or unknown.
    #[must_use]
    pub fn names(&self, folder: &str) -> &[String] {
        match self.folders.get(folder) {
            Some(Listing::Names { names, .. }) => names,
            _ => &[],
        }
    }

    /// What a command printed, if it ended well.
    #[must_use]
    pub fn output(&self, command: &str) -> Option<&str> {
        match self.commands.get(command) {
            Some(Ran::Done {
                exit: 0,
                output,
                complete: true,
                ..
            }) => Some(output),
            _ => None,
        }
    }
}

/// Permission bits as people write them: `0644`.
#[must_use]
pub fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}
