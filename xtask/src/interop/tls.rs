//! `cargo xtask interop tls`: `modu serve` behind a proxy of another maker.
//!
//! nginx (Debian) speaks TLS by `packaging/proxy/nginx.conf`, with names and
//! ports put in, under a certificate of an authority made for the run. People,
//! a node with a job, a live page, large bodies, guesses of passwords and
//! commands go through it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::certificates::certify;
use super::free_port;
use super::rtr::program;
use super::served::Served;
use super::told::{cases, table};
use crate::{bench, command, debian, workspace};

const NGINX: debian::Need = debian::Need {
    probe: &["/usr/sbin/nginx", "-v"],
    packages: &["nginx-light"],
};

/// How long the proxy may take to open.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs it, prints and writes the table.
///
/// # Errors
/// Where proxy or server cannot be started, or a case is not as expected.
pub(crate) fn run() -> anyhow::Result<()> {
    debian::ensure(&[NGINX])?;
    let folder = workspace::cache()?.join("interop-tls");
    bench::empty(&folder)?;
    let home = folder.join("home");
    std::fs::create_dir_all(&home)?;
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    for name in ["proxy", "other"] {
        certify(&folder, name)?;
    }
    let (outside, inside) = (free_port()?, free_port()?);
    let root = format!("https://localhost:{outside}/");
    let settings = format!(
        "schema = \"modu.serve/1\"\npublic_url = \"{root}\"\nclient_address = \"x-forwarded-for\"\n"
    );
    std::fs::write(home.join("serve.toml"), settings)?;
    let arguments = ["--sandbox", "lenient", "--workers", "0"];
    let served = Served::start_at(&format!("127.0.0.1:{inside}"), &home, &arguments)?;
    let proxy = Proxy::start(&folder, outside, inside)?;
    let mut journey = Command::new("python3");
    journey
        .arg(workspace::root().join("interop/tls/journey.py"))
        .arg(program()?)
        .args([&root, &served.link])
        .arg(&folder)
        .arg(workspace::root().join("demo/census-test.parquet"))
        .arg(&folder)
        .arg(&proxy.log);
    let cases = cases(&mut journey)?;
    let heading = format!(
        "# `modu serve` behind a proxy that speaks TLS\n\n\
         Written by `cargo xtask interop tls`: {} (Debian) by `packaging/proxy/nginx.conf`, under\n\
         an authority made for the run, with people, a node, a live page and commands before it.\n",
        proxy.version
    );
    let path = workspace::root().join("bench/interop-tls.md");
    table(&heading, &cases, &path)
}

/// nginx, until it is dropped.
struct Proxy {
    child: Child,
    version: String,
    /// A line for each request: its path, the status, and its seconds.
    log: PathBuf,
}

impl Proxy {
    fn start(folder: &Path, outside: u16, inside: u16) -> anyhow::Result<Self> {
        let log = folder.join("proxy.log");
        std::fs::write(folder.join("site.conf"), site(folder, outside, inside)?)?;
        std::fs::write(folder.join("nginx.conf"), surroundings(folder))?;
        let told = Command::new("/usr/sbin/nginx").arg("-v").output()?;
        let version = String::from_utf8_lossy(&told.stderr);
        let version = version.trim().trim_start_matches("nginx version: ");
        let child = Command::new("/usr/sbin/nginx")
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .arg("-e")
            .arg(folder.join("proxy.errors"))
            .stdin(Stdio::null())
            .spawn()
            .context("nginx cannot be started")?;
        let mut proxy = Self {
            child,
            version: version.to_owned(),
            log,
        };
        let until = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", outside)).is_err() {
            let ended = proxy.child.try_wait()?;
            ensure!(ended.is_none(), "nginx ended before it was open: {ended:?}");
            ensure!(Instant::now() < until, "nginx does not open");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Asked to end, it ends its own children too.
        let process = self.child.id().to_string();
        let _gone_already = Command::new("kill").arg(process).status();
        let _gone_already = self.child.wait();
    }
}

/// The file that we hand out, with this run's names; each must stand in it.
fn site(folder: &Path, outside: u16, inside: u16) -> anyhow::Result<String> {
    let path = workspace::root().join("packaging/proxy/nginx.conf");
    let mut text = std::fs::read_to_string(&path)?;
    let place = |name: &str| folder.join(name).display().to_string();
    for (theirs, ours) in [
        ("listen 443 ", format!("listen 127.0.0.1:{outside} ")),
        ("server_name ax.example;", "server_name localhost;".into()),
        ("/etc/ssl/ax.example.pem", place("proxy.pem")),
        ("/etc/ssl/private/ax.example.key", place("proxy.key")),
        ("127.0.0.1:8080", format!("127.0.0.1:{inside}")),
    ] {
        ensure!(
            text.contains(theirs),
            "{} does not say `{theirs}`",
            path.display()
        );
        text = text.replace(theirs, &ours);
    }
    Ok(text)
}

/// What a machine's own configuration has around sites.
fn surroundings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\n\
         events {{ worker_connections 256; }}\n\
         http {{\n\
         log_format ours '$uri $status $request_time';\n\
         access_log {folder}/proxy.log ours;\n\
         client_body_temp_path {folder}/nginx-bodies;\n\
         proxy_temp_path {folder}/nginx-answers;\n\
         fastcgi_temp_path {folder}/nginx-fastcgi;\n\
         uwsgi_temp_path {folder}/nginx-uwsgi;\n\
         scgi_temp_path {folder}/nginx-scgi;\n\
         include {folder}/site.conf;\n}}\n"
    )
}
