//! A server in a temporary folder, reached by a socket in it.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::programs::{Programs, unprivileged};

/// A server that is stopped with the test.
#[derive(Debug)]
pub struct Cluster {
    folder: tempfile::TempDir,
    programs: Programs,
    user: Option<(u32, u32)>,
}

impl Cluster {
    /// Starts one; `None`, and a printed line, where PostgreSQL is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        let Some(programs) = Programs::find() else {
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
    pub fn up(&self) {
        self.up_with("-c listen_addresses=''");
    }

    /// Starts the server again, on a port of 127.0.0.1 too, where nobody gets in
    /// but over TLS, with this certificate and its key (PEM).
    pub fn up_over_tls(&self, port: u16, certificate: &str, key: &str) {
        let files = [
            ("server.pem", certificate),
            ("server.key", key),
            (
                "hba.conf",
                "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
            ),
        ];
        for (name, text) in files {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = self.user {
                chown(&path, Some(user), Some(group)).unwrap();
            }
        }
        let folder = self.folder.path().display();
        self.up_with(&format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c hba_file='{folder}/hba.conf' \
             -c ssl=on -c ssl_cert_file='{folder}/server.pem' \
             -c ssl_key_file='{folder}/server.key'"
        ));
    }

    fn up_with(&self, more: &str) {
        let settings = format!(
            "{more} -c unix_socket_directories='{}' -c max_connections=1000",
            self.folder.path().display()
        );
        let (data, log) = (self.data(), self.path("log"));
        self.run(
            "pg_ctl",
            &[
                "-D", &data, "-w", "-t", "300", "-l", &log, "-o", &settings, "start",
            ],
        );
    }

    /// Stops it, as a crash would.
    pub fn down(&self) {
        self.run(
            "pg_ctl",
            &["-D", &self.data(), "-w", "-m", "immediate", "stop"],
        );
    }

    /// The URL of a database, which is made.
    #[must_use]
    pub fn fresh(&self, name: &str) -> String {
        self.programs.make_database(self.socket(), name)
    }

    /// A database as statements that make it again.
    #[must_use]
    pub fn dump(&self, name: &str) -> String {
        let mut dump = self.programs.command("pg_dump");
        let said = dump
            .args(["--inserts", "--no-owner", "--no-privileges"])
            .args(["--username", "modu", "--host"])
            .arg(self.socket())
            .arg(name)
            .output()
            .unwrap();
        assert!(said.status.success(), "pg_dump {name}");
        let text = String::from_utf8(said.stdout).unwrap();
        // Words for psql alone, and the version of the day.
        let ours = |line: &&str| !line.starts_with('\\') && !line.starts_with("--");
        let lines: Vec<_> = text.lines().filter(ours).collect();
        lines.join("\n")
    }

    /// The folder of the socket that it listens on.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> String {
        self.path("data")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.programs.command(program);
        command.args(arguments).stdout(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program, arguments).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        let mut stop = self.command("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
        let _stopped_or_was = stop.stderr(Stdio::null()).status();
    }
}
