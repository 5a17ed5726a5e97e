//! From the plan to the snapshot: whatever is wanted is looked at once, until
//! what is known wants nothing more.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use modu_kernel::Progress;
use modu_vuln::host::plan::{self, Want};
use modu_vuln::host::snapshot::{Entry, Kind, Listing, Origin, Owners, Ran, SCHEMA, Seen, limits};
use modu_vuln::host::{Keep, Snapshot};

use crate::root::{Resolved, Root};
use crate::states::States;
use crate::{HostError, command, sweep};

/// What to look at, and for how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// The root of the host's files; none for the running host.
    pub root: Option<PathBuf>,
    /// With a root: a folder of the commands' outputs, each in a file named
    /// as the command with `/` written `%2F`.
    pub commands: Option<PathBuf>,
    /// Owners and permissions that a copy has lost: lines of
    /// `MODE UID GID PATH`.
    pub states: Option<PathBuf>,
    /// With a root: it is a mounted disk, so that owners and permissions are
    /// the host's own.
    pub mounted: bool,
    /// Time for each command.
    pub command_time: Duration,
    /// Time for the walk over the file systems; none leaves it out.
    pub sweep_time: Option<Duration>,
    /// The time that the snapshot tells, RFC 3339.
    pub taken: String,
}

/// Takes a snapshot.
///
/// # Errors
/// A root, a folder of commands or a list of states that cannot be read.
/// What of the host cannot be read is said in the snapshot.
pub fn collect(options: &Options, progress: &dyn Progress) -> Result<Snapshot, HostError> {
    let mut collector = Collector::new(options)?;
    for round in 0..plan::ROUNDS {
        let wants = plan::wanted(&collector.snapshot);
        let total = wants.len() as u64;
        let mut new = false;
        for (index, want) in wants.into_iter().enumerate() {
            progress.report("look", index as u64, total);
            new |= collector.look(want);
        }
        if !new && round > 0 {
            break;
        }
    }
    if let Some(time) = options.sweep_time {
        let swept = sweep::walk(
            &collector.root,
            &collector.states,
            &collector.snapshot,
            options.root.is_none(),
            time,
            progress,
        );
        collector.snapshot.sweep = Some(swept);
    }
    Ok(collector.snapshot)
}

struct Collector<'a> {
    options: &'a Options,
    root: Root,
    states: States,
    snapshot: Snapshot,
    /// Folders whose contents have been looked at.
    done: BTreeSet<String>,
}

impl<'a> Collector<'a> {
    fn new(options: &'a Options) -> Result<Self, HostError> {
        let root = Root::new(options.root.as_deref().unwrap_or(Path::new("/")));
        fs::read_dir(root.path()).map_err(|error| HostError::read(root.path(), error))?;
        if let Some(folder) = &options.commands {
            fs::read_dir(folder).map_err(|error| HostError::read(folder, error))?;
        }
        let states = match &options.states {
            Some(path) => States::read(path)?,
            None => States::default(),
        };
        let running = options.root.is_none();
        let snapshot = Snapshot {
            schema: SCHEMA.to_owned(),
            host: host_name(&root, running),
            taken: options.taken.clone(),
            origin: match running {
                true => Origin::Running,
                false => Origin::Folder,
            },
            owners: match running || options.mounted || options.states.is_some() {
                true => Owners::Own,
                false => Owners::Unknown,
            },
            ..Snapshot::default()
        };
        Ok(Self {
            options,
            root,
            states,
            snapshot,
            done: BTreeSet::new(),
        })
    }

    /// Looks at what is wanted; says whether that was new.
    fn look(&mut self, want: Want) -> bool {
        match want {
            Want::State(path) => self.state(&path),
            Want::Text(path, keep) => self.text(&path, keep),
            Want::Names(folder) => self.names(&folder),
            Want::States(folder, depth) => {
                let new = self.done.insert(format!("{folder} {depth}"));
                if new {
                    self.states_below(&folder, depth);
                }
                new
            }
            Want::Texts(folder, keep) => {
                self.names(&folder);
                let names = self.snapshot.names(&folder).to_vec();
                names.iter().fold(false, |new, name| {
                    self.text(&format!("{folder}/{name}"), keep) | new
                })
            }
            Want::Command(words, keep) => self.command(&words, keep),
        }
    }

    fn state(&mut self, path: &str) -> bool {
        if self.snapshot.files.contains_key(path) || self.is_full() {
            return false;
        }
        let seen = match self.root.resolve(path) {
            Ok(resolved) => self.entry(path, &resolved).map_or_else(untold, Seen::There),
            Err(error) => unseen(&error),
        };
        self.snapshot.files.insert(path.to_owned(), seen);
        true
    }

    fn text(&mut self, path: &str, keep: Keep) -> bool {
        match self.snapshot.files.get(path) {
            Some(Seen::There(entry)) if entry.text.is_none() && entry.withheld.is_none() => {}
            None if !self.is_full() => {}
            _ => return false,
        }
        let seen = match self.root.resolve(path) {
            Ok(resolved) => {
                let entry = self.entry(path, &resolved);
                entry.map_or_else(untold, |mut entry| {
                    match read(&self.snapshot, path, &resolved) {
                        Ok(text) => entry.text = Some(keep.of(&text)),
                        Err(why) => entry.withheld = Some(why),
                    }
                    Seen::There(entry)
                })
            }
            Err(error) => unseen(&error),
        };
        self.snapshot.files.insert(path.to_owned(), seen);
        true
    }

    fn is_full(&self) -> bool {
        self.snapshot.files.len() >= limits::FILES
    }

    /// What is there; none where a list of states was given and lacks it.
    fn entry(&self, path: &str, resolved: &Resolved) -> Option<Entry> {
        let metadata = &resolved.metadata;
        let own = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
        let told = self.states.of(&resolved.inside);
        let (mode, uid, gid) = match (told, &self.options.states) {
            (None, Some(_)) => return None,
            (told, _) => told.unwrap_or(own),
        };
        Some(Entry {
            kind: match (metadata.is_file(), metadata.is_dir()) {
                (true, _) => Kind::File,
                (_, true) => Kind::Folder,
                _ => Kind::Other,
            },
            mode,
            uid,
            gid,
            leads_to: (resolved.inside != path).then(|| resolved.inside.clone()),
            text: None,
            withheld: None,
        })
    }

    fn names(&mut self, folder: &str) -> bool {
        if self.snapshot.folders.contains_key(folder) {
            return false;
        }
        let listed = self
            .root
            .resolve(folder)
            .and_then(|resolved| fs::read_dir(resolved.outside));
        let listing = match listed {
            Ok(entries) => {
                let mut names = Vec::new();
                let mut complete = true;
                for entry in entries {
                    match entry {
                        Ok(entry) if names.len() < limits::NAMES => {
                            names.push(entry.file_name().to_string_lossy().into_owned());
                        }
                        _ => complete = false,
                    }
                }
                names.sort();
                Listing::Names { names, complete }
            }
            Err(error) if is_absence(&error) => Listing::Absent,
            Err(error) => Listing::Unreadable {
                why: error.to_string(),
            },
        };
        self.snapshot.folders.insert(folder.to_owned(), listing);
        true
    }

    fn states_below(&mut self, folder: &str, depth: usize) {
        self.state(folder);
        let is_folder = |collector: &Self, path: &str| {
            let entry = collector.snapshot.entry(path);
            entry.is_some_and(|it| it.kind == Kind::Folder)
        };
        self.names(folder);
        for name in self.snapshot.names(folder).to_vec() {
            let path = format!("{folder}/{name}");
            self.state(&path);
            if depth > 1 && is_folder(self, &path) {
                self.states_below(&path, depth - 1);
            }
        }
    }

    fn command(&mut self, words: &[String], keep: Keep) -> bool {
        let name = words.join(" ");
        if self.snapshot.commands.contains_key(&name) {
            return false;
        }
        let ran = match &self.options.root {
            None => command::run(words, self.options.command_time),
            Some(_) => recorded(self.options.commands.as_deref(), &name),
        };
        let ran = match ran {
            Ran::Done {
                exit,
                output,
                errors,
                complete,
            } => Ran::Done {
                exit,
                output: keep.of(&output),
                errors: Keep::Settings.of(&errors),
                complete,
            },
            other => other,
        };
        self.snapshot.commands.insert(name, ran);
        true
    }
}

/// A command's output that lies in a file: the command ended well. A file
/// whose first line is `exit N` tells another exit code.
fn recorded(folder: Option<&Path>, name: &str) -> Ran {
    let Some(folder) = folder else {
        return Ran::Failed {
            why: "nothing runs in a folder of files, and no outputs were given".to_owned(),
        };
    };
    match fs::read(folder.join(name.replace('/', "%2F"))) {
        Ok(bytes) => {
            let complete = bytes.len() as u64 <= limits::OUTPUT_BYTES;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let first = text.lines().next().unwrap_or_default();
            let exit = first.strip_prefix("exit ").and_then(|it| it.parse().ok());
            Ran::Done {
                exit: exit.unwrap_or(0),
                output: text,
                errors: String::new(),
                complete,
            }
        }
        Err(error) => Ran::Failed {
            why: format!("its output was not given: {error}"),
        },
    }
}

/// A link in a home could lead root to anything: such texts are left alone.
fn read(snapshot: &Snapshot, path: &str, resolved: &Resolved) -> Result<String, String> {
    if !resolved.metadata.is_file() {
        return Err("it is no plain file".to_owned());
    }
    if !path.starts_with("/etc/") && is_in_a_home(snapshot, path) {
        let strange = resolved.is_link || resolved.metadata.nlink() > 1;
        if strange {
            return Err("a link in a home is not followed".to_owned());
        }
    }
    let limited = Root::open(resolved).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(limits::TEXT_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match limited {
        Ok(bytes) if bytes.len() as u64 > limits::TEXT_BYTES => {
            Err(format!("it has more than {} bytes", limits::TEXT_BYTES))
        }
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn is_in_a_home(snapshot: &Snapshot, path: &str) -> bool {
    let text = snapshot.text("/etc/passwd").unwrap_or_default();
    let mut homes = text.lines().filter_map(|line| line.split(':').nth(5));
    homes.any(|home| {
        let home = home.trim_end_matches('/');
        path.strip_prefix(home)
            .is_some_and(|it| it.starts_with('/'))
    })
}

fn untold() -> Seen {
    Seen::Unreadable {
        why: "the list of states does not name it".to_owned(),
    }
}

fn unseen(error: &io::Error) -> Seen {
    match is_absence(error) {
        true => Seen::Absent,
        false => Seen::Unreadable {
            why: error.to_string(),
        },
    }
}

/// Nothing there, or something that is no folder on the way.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn host_name(root: &Root, running: bool) -> String {
    let path = match running {
        true => "/proc/sys/kernel/hostname",
        false => "/etc/hostname",
    };
    let text = root
        .resolve(path)
        .and_then(|resolved| fs::read_to_string(resolved.outside));
    let name = text.unwrap_or_default();
    name.lines().next().unwrap_or_default().trim().to_owned()
}
