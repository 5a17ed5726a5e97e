//! A PostgreSQL of our own, in a temporary folder, reached by a socket in it.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use modu_programme::database::Database;

/// A server that is stopped with the test.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
}

impl Cluster {
    /// Starts one; `None`, and a printed line, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped: no PostgreSQL (Debian package postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new()
            .prefix("modu-pg")
            .tempdir()
            .unwrap();
        let user = unprivileged();
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let cluster = Self {
            folder,
            programs,
            user,
        };
        let data = cluster.data();
        let make = [
            "-D",
            &data,
            "-U",
            "modu",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ];
        cluster.run("initdb", &make);
        cluster.up();
        Some(cluster)
    }

    /// Starts the server again.
    pub(crate) fn up(&self) {
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=40",
            self.folder.path().display()
        );
        let (data, log) = (self.data(), self.path("log"));
        self.run(
            "pg_ctl",
            &["-D", &data, "-w", "-l", &log, "-o", &settings, "start"],
        );
    }

    /// Stops it, as a crash would.
    pub(crate) fn down(&self) {
        self.run(
            "pg_ctl",
            &["-D", &self.data(), "-w", "-m", "immediate", "stop"],
        );
    }

    /// The URL of a database, which is made.
    pub(crate) fn fresh(&self, name: &str) -> String {
        let database = Database::postgres(&self.url("postgres")).unwrap();
        database
            .execute(&format!("CREATE DATABASE {name}"), ())
            .unwrap();
        self.url(name)
    }

    fn url(&self, name: &str) -> String {
        let place = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://modu@{place}/{name}")
    }

    fn data(&self) -> String {
        self.path("data")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(arguments)
            .current_dir("/")
            .env("LC_ALL", "C")
            .stdout(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        let status = command.status().unwrap();
        assert!(status.success(), "{program} {arguments:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = Command::new(self.programs.join("pg_ctl"));
        command.args(["-D", &self.data(), "-m", "immediate", "stop"]);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        let _stopped_or_was = command.current_dir("/").stdout(Stdio::null()).status();
    }
}

/// Where Debian and others put the server's programs.
fn programs() -> Option<PathBuf> {
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
        ["initdb", "pg_ctl"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    versions.iter().find(has).cloned()
}

/// Whom to be, for PostgreSQL does not run as root: `None` is as we are.
fn unprivileged() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
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
