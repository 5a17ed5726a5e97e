//! Paths within a root that is not ours: links are resolved as they would be
//! on that host, and never lead out.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

/// Links followed on one path; Linux's own bound.
const LINKS: usize = 40;

/// The root of a host's files.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    path: PathBuf,
}

/// Where a path of the host lies.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// On this machine.
    pub(crate) outside: PathBuf,
    /// On the host, without links.
    pub(crate) inside: String,
    /// Whether the last part itself is a link.
    pub(crate) is_link: bool,
    /// Of what it leads to.
    pub(crate) metadata: Metadata,
}

impl Root {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A path of the host on this machine, links left alone.
    pub(crate) fn outside(&self, inside: &Path) -> PathBuf {
        let parts = inside.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name),
            _ => None,
        });
        let mut path = self.path.clone();
        path.extend(parts);
        path
    }

    /// Follows every link of an absolute path.
    pub(crate) fn resolve(&self, path: &str) -> io::Result<Resolved> {
        let mut waiting: Vec<PathBuf> = vec![PathBuf::from(path)];
        let mut inside = PathBuf::from("/");
        let (mut links, mut last_is_link) = (0, false);
        let mut metadata = fs::metadata(&self.path)?;
        while let Some(next) = waiting.pop() {
            let mut parts: Vec<PathBuf> = Vec::new();
            for part in next.components() {
                parts.push(PathBuf::from(part.as_os_str()));
            }
            if parts.len() > 1 {
                waiting.extend(parts.into_iter().rev());
                continue;
            }
            match next.components().next() {
                Some(Component::RootDir) => inside = PathBuf::from("/"),
                Some(Component::ParentDir) => {
                    inside.pop();
                }
                Some(Component::Normal(name)) => {
                    let here = inside.join(name);
                    let found = fs::symlink_metadata(self.outside(&here))?;
                    let is_last = waiting.is_empty();
                    if found.is_symlink() {
                        links += 1;
                        if links > LINKS {
                            return Err(rustix::io::Errno::LOOP.into());
                        }
                        last_is_link |= is_last;
                        waiting.push(fs::read_link(self.outside(&here))?);
                        continue;
                    }
                    inside = here;
                    metadata = found;
                }
                _ => {}
            }
        }
        // After `..` the state is that of the folder gone up to.
        if inside.as_os_str() != "/" {
            metadata = fs::symlink_metadata(self.outside(&inside))?;
        }
        Ok(Resolved {
            outside: self.outside(&inside),
            inside: inside.to_string_lossy().into_owned(),
            is_link: last_is_link,
            metadata,
        })
    }

    /// Opens a resolved plain file for reading: never a pipe, a device, or
    /// what was put there since.
    pub(crate) fn open(resolved: &Resolved) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(&resolved.outside)?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}
