//! The clients, and how their tables are read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde_json::Value;

use super::{Line, Running, free_port};
use crate::{command, debian};

/// What they need of a Debian machine.
pub(super) const NEEDS: [debian::Need; 3] = [
    debian::Need {
        probe: &["sh", "-c", "command -v rtrdump"],
        packages: &["stayrtr"],
    },
    debian::Need {
        probe: &[
            "sh",
            "-c",
            "command -v /usr/sbin/bird && command -v /usr/sbin/birdc",
        ],
        packages: &["bird2"],
    },
    debian::Need {
        probe: &["sh", "-c", "ls /usr/lib/*/frr/modules/bgpd_rpki.so"],
        packages: &["frr", "frr-rpki-rtrlib"],
    },
];

/// A client that holds what it is told.
pub(super) trait Client {
    /// Its name and version.
    fn name(&self) -> String;

    /// What it holds now.
    fn table(&mut self) -> anyhow::Result<BTreeSet<Line>>;
}

fn version_of(package: &str) -> String {
    let query = ["-W", "-f", "${Version}", package];
    command::output(Command::new("dpkg-query").args(query)).unwrap_or_default()
}

/// `rtrdump`, which asks for a whole table and ends.
pub(super) struct RtrDump {
    folder: PathBuf,
    port: u16,
    version: u8,
}

impl RtrDump {
    pub(super) fn new(folder: &Path, port: u16, version: u8) -> Self {
        Self {
            folder: folder.to_owned(),
            port,
            version,
        }
    }
}

impl Client for RtrDump {
    fn name(&self) -> String {
        let package = version_of("stayrtr");
        format!("rtrdump {package}, RTR {}", self.version)
    }

    fn table(&mut self) -> anyhow::Result<BTreeSet<Line>> {
        let file = self.folder.join(format!("rtrdump-{}.json", self.version));
        let mut dump = Command::new("rtrdump");
        dump.arg("-connect")
            .arg(format!("127.0.0.1:{}", self.port))
            .arg("-file")
            .arg(&file)
            .arg(format!("-rtr.version={}", self.version));
        command::output(&mut dump)?;
        let document: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let roas = document["roas"]
            .as_array()
            .context("rtrdump gave no `roas`")?;
        roas.iter()
            .map(|roa| {
                let prefix = roa["prefix"].as_str().context("no prefix")?.to_owned();
                let max_length = roa["maxLength"].as_u64().context("no maxLength")?;
                let origin = match &roa["asn"] {
                    Value::String(asn) => asn.trim_start_matches("AS").parse()?,
                    asn => u32::try_from(asn.as_u64().context("no asn")?)?,
                };
                Ok((prefix, u8::try_from(max_length)?, origin))
            })
            .collect()
    }
}

/// BIRD 2, with a ROA table for each family.
pub(super) struct Bird {
    socket: PathBuf,
    _running: Running,
}

impl Bird {
    pub(super) fn start(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let (socket, config) = (folder.join("bird.ctl"), folder.join("bird.conf"));
        std::fs::write(
            &config,
            format!(
                "router id 127.0.0.1;\nroa4 table r4;\nroa6 table r6;\nprotocol device {{}}\n\
                 protocol rpki {{ roa4 {{ table r4; }}; roa6 {{ table r6; }};\n\
                 remote 127.0.0.1 port {port}; retry 1; refresh keep 5; expire keep 600; }}\n"
            ),
        )?;
        let mut bird = Command::new("/usr/sbin/bird");
        bird.arg("-f")
            .arg("-c")
            .arg(&config)
            .arg("-s")
            .arg(&socket)
            .arg("-P")
            .arg(folder.join("bird.pid"))
            .stdout(Stdio::null());
        let child = bird.spawn().with_context(|| command::shown(&bird))?;
        Ok(Self {
            socket,
            _running: Running(child),
        })
    }
}

impl Client for Bird {
    fn name(&self) -> String {
        format!("BIRD {}, RTR 1", version_of("bird2"))
    }

    fn table(&mut self) -> anyhow::Result<BTreeSet<Line>> {
        let mut lines = BTreeSet::new();
        for table in ["r4", "r6"] {
            let mut birdc = Command::new("/usr/sbin/birdc");
            birdc
                .arg("-s")
                .arg(&self.socket)
                .args(["show", "route", "table", table]);
            lines.extend(command::output(&mut birdc)?.lines().filter_map(bird_line));
        }
        Ok(lines)
    }
}

/// `10.0.1.0/24-28 AS64497  [rpki1 12:00:00.000] * (100)`
fn bird_line(line: &str) -> Option<Line> {
    let (authorised, rest) = line.trim().split_once(' ')?;
    let (prefix, max_length) = authorised.rsplit_once('-')?;
    let origin = rest.trim().strip_prefix("AS")?.split_whitespace().next()?;
    Some((
        prefix.to_owned(),
        max_length.parse().ok()?,
        origin.parse().ok()?,
    ))
}

/// FRR's `bgpd` with its RPKI module.
pub(super) struct Frr {
    sockets: PathBuf,
    _running: Running,
}

impl Frr {
    pub(super) fn start(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let sockets = folder.join("frr");
        std::fs::create_dir_all(&sockets)?;
        let config = folder.join("bgpd.conf");
        std::fs::write(
            &config,
            format!(
                "router bgp 64496\n bgp router-id 127.0.0.1\n!\nrpki\n rpki polling_period 5\n \
                 rpki retry_interval 1\n rpki cache 127.0.0.1 {port} preference 1\nexit\n"
            ),
        )?;
        let mut bgpd = Command::new("/usr/lib/frr/bgpd");
        bgpd.args([
            "--no_kernel",
            "--no_zebra",
            "--log",
            "file:bgpd.log",
            "-M",
            "rpki",
        ])
        .arg(format!("--bgp_port={}", free_port()?))
        .args(["--vty_port=0", "--skip_runas"])
        .arg("--vty_socket")
        .arg(&sockets)
        .arg("-i")
        .arg(sockets.join("bgpd.pid"))
        .arg("-z")
        .arg(sockets.join("zserv.api"))
        .arg("-f")
        .arg(&config)
        .current_dir(folder)
        .stdout(Stdio::null());
        let child = bgpd.spawn().with_context(|| command::shown(&bgpd))?;
        Ok(Self {
            sockets,
            _running: Running(child),
        })
    }
}

impl Client for Frr {
    fn name(&self) -> String {
        format!("FRR {}, RTR 1", version_of("frr"))
    }

    fn table(&mut self) -> anyhow::Result<BTreeSet<Line>> {
        let mut vtysh = Command::new("vtysh");
        vtysh.arg("--vty_socket").arg(&self.sockets).args([
            "-d",
            "bgpd",
            "-c",
            "show rpki prefix-table",
        ]);
        Ok(command::output(&mut vtysh)?
            .lines()
            .filter_map(frr_line)
            .collect())
    }
}

/// `10.0.1.0                                   24 -  28        64497`
fn frr_line(line: &str) -> Option<Line> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [address, length, "-", max_length, origin] = words[..] else {
        return None;
    };
    let prefix = format!("{address}/{}", length.parse::<u8>().ok()?);
    Some((prefix, max_length.parse().ok()?, origin.parse().ok()?))
}
