//! The server's programs, where Debian and others put them.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with `initdb`, `pg_ctl` and `createdb`.
#[derive(Debug, Clone)]
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// `None` where PostgreSQL is not installed.
    pub(crate) fn find() -> Option<Self> {
        let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .map(|version| version.path().join("bin"))
            .collect();
        versions.sort();
        let path = std::env::var_os("PATH").unwrap_or_default();
        versions.extend(std::env::split_paths(&path));
        let has = |folder: &&PathBuf| {
            ["initdb", "pg_ctl", "createdb"]
                .iter()
                .all(|program| folder.join(program).is_file())
        };
        versions.iter().find(has).cloned().map(Self)
    }

    /// A program, in a folder that everybody may be in.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.0.join(program));
        command.current_dir("/").env("LC_ALL", "C");
        command
    }

    /// Makes a database on the server with this socket; its URL.
    pub(crate) fn make_database(&self, socket: &Path, name: &str) -> String {
        let made = self
            .command("createdb")
            .args(["--template", "template0", "--username", "modu", "--host"])
            .arg(socket)
            .arg(name)
            .status()
            .unwrap();
        assert!(made.success(), "createdb {name}");
        let place = socket.display().to_string().replace('/', "%2F");
        format!("postgres://modu@{place}/{name}")
    }
}

/// Whom to be, for PostgreSQL does not run as root: `None` is as we are.
pub(crate) fn unprivileged() -> Option<(u32, u32)> {
    let own = tempfile::NamedTempFile::new().unwrap();
    if own.as_file().metadata().unwrap().uid() != 0 {
        return None;
    }
    let people = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap();
    ["postgres", "nobody"].iter().find_map(|name| {
        let line = people
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}
