//! FRR's `bgpd`, three times on loopback: a router that tells over BMP, and two
//! neighbours of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::interop::rtr::Running;
use crate::{command, debian};

/// What they need of a Debian machine.
pub(super) const NEEDS: [debian::Need; 1] = [debian::Need {
    probe: &["sh", "-c", "ls /usr/lib/*/frr/modules/bgpd_bmp.so"],
    packages: &["frr"],
}];

/// One `bgpd`.
pub(super) struct Bgpd {
    sockets: PathBuf,
    asn: u32,
    _running: Running,
}

impl Bgpd {
    /// Our router, AS 64502: its neighbours connect to it at 127.0.0.1, and it
    /// connects to the BMP port.
    pub(super) fn monitored(folder: &Path, port: u16, bmp: u16) -> anyhow::Result<Self> {
        let config = format!(
            "route-map nothing deny 10\nexit\n\
             router bgp 64502\n bgp router-id 127.0.0.1\n bgp allow-martian-nexthop\n \
             no bgp ebgp-requires-policy\n \
             neighbor 127.0.0.2 remote-as {UPSTREAM}\n neighbor 127.0.0.2 passive\n \
             neighbor 127.0.0.3 remote-as {STRANGER}\n neighbor 127.0.0.3 passive\n \
             address-family ipv4 unicast\n  neighbor 127.0.0.2 soft-reconfiguration inbound\n  \
             neighbor 127.0.0.3 soft-reconfiguration inbound\n  \
             neighbor 127.0.0.2 route-map nothing out\n  \
             neighbor 127.0.0.3 route-map nothing out\n exit-address-family\n \
             bmp targets modu\n  bmp connect 127.0.0.1 port {bmp} min-retry 100 max-retry 500\n  \
             bmp monitor ipv4 unicast pre-policy\n  bmp stats interval 1000\n exit\n"
        );
        let options = ["-M", "bmp", "-l", "127.0.0.1"].map(str::to_owned);
        let listen = format!("--bgp_port={port}");
        Self::start(
            folder,
            "monitored",
            64_502,
            &config,
            &[&options[..], &[listen]].concat(),
        )
    }

    /// A neighbour that connects from its own address.
    pub(super) fn neighbour(
        folder: &Path,
        name: &str,
        asn: u32,
        address: &str,
        port: u16,
    ) -> anyhow::Result<Self> {
        let config = format!(
            "route-map through permit 10\n set as-path prepend {OWN}\nexit\n\
             route-map leaked permit 10\n set as-path prepend 64520 64511 {UPSTREAM} {OWN}\nexit\n\
             router bgp {asn}\n bgp router-id {address}\n bgp allow-martian-nexthop\n \
             no bgp ebgp-requires-policy\n \
             no bgp network import-check\n neighbor 127.0.0.1 remote-as 64502\n \
             neighbor 127.0.0.1 port {port}\n neighbor 127.0.0.1 update-source {address}\n \
             neighbor 127.0.0.1 timers connect 1\n"
        );
        let options = ["-l", address, "--bgp_port=0"].map(str::to_owned);
        Self::start(folder, name, asn, &config, &options)
    }

    fn start(
        folder: &Path,
        name: &str,
        asn: u32,
        config: &str,
        options: &[String],
    ) -> anyhow::Result<Self> {
        let sockets = folder.join(name);
        std::fs::create_dir_all(&sockets)?;
        let file = sockets.join("bgpd.conf");
        std::fs::write(&file, config)?;
        let mut bgpd = Command::new("/usr/lib/frr/bgpd");
        bgpd.args(["--no_kernel", "--no_zebra", "--vty_port=0", "--skip_runas"])
            .arg("--log")
            .arg(format!("file:{}", sockets.join("bgpd.log").display()))
            .args(options)
            .arg("--vty_socket")
            .arg(&sockets)
            .arg("-i")
            .arg(sockets.join("bgpd.pid"))
            .arg("-z")
            .arg(sockets.join("zserv.api"))
            .arg("-f")
            .arg(&file)
            .stdout(Stdio::null());
        let child = bgpd.spawn().with_context(|| command::shown(&bgpd))?;
        Ok(Self {
            sockets,
            asn,
            _running: Running(child),
        })
    }

    /// Announces a prefix, with a path that a route map makes up, or takes it
    /// back.
    pub(super) fn change(&self, what: &Change) -> anyhow::Result<()> {
        let (no, prefix, map) = match what {
            Change::Announce(prefix, None) => ("", prefix, String::new()),
            Change::Announce(prefix, Some(map)) => ("", prefix, format!(" route-map {map}")),
            Change::Withdraw(prefix) => ("no ", prefix, String::new()),
        };
        let mut vtysh = Command::new("vtysh");
        vtysh
            .arg("--vty_socket")
            .arg(&self.sockets)
            .args(["-d", "bgpd", "-c", "configure terminal", "-c"])
            .arg(format!("router bgp {}", self.asn))
            .args(["-c", "address-family ipv4 unicast", "-c"])
            .arg(format!("{no}network {prefix}{map}"));
        command::output(&mut vtysh).map(drop)
    }

    /// Whether it has a session that stands.
    pub(super) fn has_sessions(&self, count: usize) -> bool {
        let mut vtysh = Command::new("vtysh");
        vtysh.arg("--vty_socket").arg(&self.sockets);
        vtysh.args(["-d", "bgpd", "-c", "show bgp summary json"]);
        let said = command::output(&mut vtysh).unwrap_or_default();
        said.matches("\"Established\"").count() >= count
    }

    /// What it is.
    pub(super) fn version() -> String {
        let query = ["-W", "-f", "${Version}", "frr"];
        command::output(Command::new("dpkg-query").args(query)).unwrap_or_default()
    }
}

/// The operator whose prefix it is, his provider, and somebody else.
pub(super) const OWN: u32 = 64_500;
pub(super) const UPSTREAM: u32 = 64_501;
pub(super) const STRANGER: u32 = 64_510;

/// What a neighbour is told to do.
pub(super) enum Change {
    Announce(&'static str, Option<&'static str>),
    Withdraw(&'static str),
}
