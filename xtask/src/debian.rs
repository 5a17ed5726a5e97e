//! What a fresh Debian machine lacks, installed by its own package manager.

use std::process::Command;

use anyhow::bail;

use crate::command;

/// Something that a chore needs of the machine.
pub(crate) struct Need {
    /// A command that succeeds where it is there.
    pub(crate) probe: &'static [&'static str],
    /// The Debian packages that bring it.
    pub(crate) packages: &'static [&'static str],
}

/// A compiler for the C in a few libraries (zstd, ring).
pub(crate) const C_COMPILER: Need = Need {
    probe: &["cc", "--version"],
    packages: &["gcc", "libc6-dev"],
};

/// A compiler for libFuzzer, which is C++.
pub(crate) const CXX_COMPILER: Need = Need {
    probe: &["c++", "--version"],
    packages: &["g++"],
};

/// Python with virtual environments, for the programs that PyPI has.
pub(crate) const PYTHON: Need = Need {
    probe: &["python3", "-c", "import ensurepip, venv"],
    packages: &["python3", "python3-venv"],
};

/// A PostgreSQL server, which the programme's tests start for themselves.
pub(crate) const POSTGRESQL: Need = Need {
    probe: &[
        "sh",
        "-c",
        "command -v initdb || ls /usr/lib/postgresql/*/bin/initdb",
    ],
    packages: &["postgresql"],
};

/// Installs what is missing, as root or with sudo, and says so.
pub(crate) fn ensure(needs: &[Need]) -> anyhow::Result<()> {
    let packages: Vec<_> = needs
        .iter()
        .filter(|need| !is_there(need))
        .flat_map(|need| need.packages)
        .copied()
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    let wanted = packages.join(" ");
    if !command::succeeds(Command::new("apt-get").arg("--version")) {
        bail!("this machine lacks (by their Debian names) {wanted}: install them and try again");
    }
    eprintln!("this machine lacks {wanted}: installing");
    apt_get(&["update"])?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(&[&install[..], &packages].concat())?;
    match needs.iter().find(|need| !is_there(need)) {
        None => Ok(()),
        Some(need) => bail!(
            "`{}` still fails after installing {wanted}",
            need.probe.join(" ")
        ),
    }
}

fn is_there(need: &Need) -> bool {
    match need.probe {
        [program, arguments @ ..] => command::succeeds(Command::new(program).args(arguments)),
        [] => true,
    }
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let user = command::output(Command::new("id").arg("-u"))?;
    let mut apt_get = if user.trim() == "0" {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "apt-get"]);
        sudo
    };
    apt_get.env("DEBIAN_FRONTEND", "noninteractive");
    command::run(apt_get.args(arguments)).map_err(|error| {
        let wanted = arguments.join(" ");
        error.context(format!("as an administrator, run: apt-get {wanted}"))
    })
}
