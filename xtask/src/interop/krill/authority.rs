//! A Krill with a certificate authority of its own under Krill's testbed, and
//! an rsync server beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::interop::rtr::{Running, free_port};
use crate::peers::installed;
use crate::{command, debian};

/// The version of Krill that we work with.
pub(super) const KRILL: &str = "0.16.1";
const TOKEN: &str = "interop";

/// What it needs of a Debian machine.
const NEEDS: [debian::Need; 2] = [
    debian::Need {
        probe: &["rsync", "--version"],
        packages: &["rsync"],
    },
    debian::Need {
        probe: &["openssl", "version"],
        packages: &["openssl"],
    },
];

/// A running Krill.
pub(super) struct Krill {
    folder: PathBuf,
    client: PathBuf,
    server: String,
    _running: [Running; 2],
}

impl Krill {
    /// Builds and starts it in a folder, with an authority `own` that holds
    /// 10.0.0.0/8, 2001:db8::/32 and AS64500 to AS64510.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        debian::ensure(&NEEDS)?;
        let krill = installed("krill", KRILL, &[])?;
        let client = krill.with_file_name("krillc");
        let (https, rsync) = (free_port()?, free_port()?);
        certificates(folder)?;
        std::fs::create_dir_all(folder.join("ta"))?;
        let config = format!(
            "admin_token = \"{TOKEN}\"\nstorage_uri = {:?}\nlog_type = \"file\"\nlog_file = {:?}\n\
             ip = \"127.0.0.1\"\nport = {https}\nunix_socket_enabled = false\n\
             bgp_riswhois_enabled = false\n\n[testbed]\n\
             rrdp_base_uri = \"https://localhost:{https}/rrdp/\"\n\
             rsync_jail = \"rsync://localhost:{rsync}/repo/\"\n\
             ta_uri = \"https://localhost:{https}/ta/ta.cer\"\n\
             ta_aia = \"rsync://localhost:{rsync}/ta/ta.cer\"\n",
            folder.join("data").display().to_string(),
            folder.join("krill.log").display().to_string(),
        );
        std::fs::write(folder.join("krill.conf"), config)?;
        let modules = format!(
            "port = {rsync}\naddress = 127.0.0.1\nuse chroot = no\npid file = {0}/rsyncd.pid\n\
             [repo]\npath = {0}/data/repo/rsync/current\n[ta]\npath = {0}/ta\n",
            folder.display()
        );
        std::fs::write(folder.join("rsyncd.conf"), modules)?;
        let mut krill = Command::new(krill);
        krill.arg("-c").arg(folder.join("krill.conf"));
        let mut rsyncd = Command::new("rsync");
        rsyncd.args(["--daemon", "--no-detach", "--config"]);
        rsyncd.arg(folder.join("rsyncd.conf"));
        let krill = Self {
            folder: folder.to_owned(),
            client,
            server: format!("https://localhost:{https}/"),
            _running: [running(&mut krill)?, running(&mut rsyncd)?],
        };
        krill.make_authority()?;
        krill.fetch_anchor(https)?;
        Ok(krill)
    }

    fn make_authority(&self) -> anyhow::Result<()> {
        self.patiently("list")?;
        self.ask("add --ca own")?;
        self.save("repo request --ca own", "publisher.xml")?;
        self.save(
            "pubserver publishers add --request publisher.xml",
            "repository.xml",
        )?;
        self.ask("repo configure --ca own --response repository.xml")?;
        self.save("parents request --ca own", "child.xml")?;
        self.save(
            "children add --ca testbed --child own --ipv4 10.0.0.0/8 --ipv6 2001:db8::/32 \
             --asn AS64500-AS64510 --request child.xml",
            "parent.xml",
        )?;
        self.ask("parents add --ca own --parent testbed --response parent.xml")?;
        // It is certified in the background.
        self.patiently("roas update --ca own --try --add 10.255.0.0/16=>64500")?;
        self.patiently("roas update --ca own --remove 10.255.0.0/16=>64500")
    }

    /// Krill serves its trust anchor over https only.
    fn fetch_anchor(&self, https: u16) -> anyhow::Result<()> {
        std::fs::create_dir_all(self.folder.join("tals"))?;
        for (name, to) in [("ta.tal", "tals/ta.tal"), ("ta.cer", "ta/ta.cer")] {
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--fail", "--cacert"])
                .arg(self.folder.join("root.pem"))
                .arg("--output")
                .arg(self.folder.join(to))
                .arg(format!("https://localhost:{https}/ta/{name}"));
            command::output(&mut curl)?;
        }
        Ok(())
    }

    /// Asks `krillc`, words separated by blanks; `=>` stands for ` => `.
    pub(super) fn ask(&self, words: &str) -> anyhow::Result<String> {
        let words = words.split_whitespace().map(|it| it.replace("=>", " => "));
        let mut client = Command::new(&self.client);
        client
            .args(words)
            .env("KRILL_CLI_SERVER", &self.server)
            .env("KRILL_CLI_TOKEN", TOKEN)
            .env("SSL_CERT_FILE", self.folder.join("root.pem"))
            .current_dir(&self.folder);
        command::output(&mut client)
    }

    fn save(&self, words: &str, file: &str) -> anyhow::Result<()> {
        let said = self.ask(words)?;
        let file = self.folder.join(file);
        std::fs::write(&file, said).with_context(|| file.display().to_string())
    }

    /// Asks until it is done.
    fn patiently(&self, words: &str) -> anyhow::Result<()> {
        let begin = Instant::now();
        while let Err(error) = self.ask(words) {
            ensure!(begin.elapsed() < Duration::from_secs(60), "{error:#}");
            std::thread::sleep(Duration::from_millis(500));
        }
        Ok(())
    }
}

fn running(program: &mut Command) -> anyhow::Result<Running> {
    let child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Ok(Running(child.with_context(|| command::shown(program))?))
}

/// A root of one's own and a certificate for localhost by it: the one that
/// Krill makes for itself is an authority's, which TLS clients refuse.
fn certificates(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder.join("data/ssl"))?;
    let openssl = |words: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(words.split_whitespace()).current_dir(folder);
        command::output(&mut openssl).map(drop)
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 -subj /CN=root \
         -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
    )?;
    openssl(
        "req -newkey rsa:2048 -nodes -keyout data/ssl/key.pem -out leaf.csr -subj /CN=localhost",
    )?;
    std::fs::write(
        folder.join("leaf.conf"),
        "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n",
    )?;
    openssl(
        "x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial \
         -out data/ssl/cert.pem -days 30 -extfile leaf.conf",
    )
}
