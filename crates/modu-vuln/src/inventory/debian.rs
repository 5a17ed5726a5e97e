//! The status file of dpkg (`/var/lib/dpkg/status`): what is installed on a
//! Debian host.
//!
//! The file does not name the release. On Debian the version of the package
//! `base-files` begins with it (12.4+deb12u5 is of Debian 12); on derivatives,
//! where that is not so, the release stays unknown and nothing is decided.

use super::written::package_url;
use super::{Component, Inventory};
use crate::VulnError;

/// What is read of a package.
#[derive(Default, Clone)]
struct Stanza<'a> {
    package: Option<&'a str>,
    status: Option<&'a str>,
    version: Option<&'a str>,
    source: Option<&'a str>,
    architecture: Option<&'a str>,
}

/// The packages that are installed, also half or unpacked only; what was
/// removed and left its configuration is not among them.
pub(super) fn parse(text: &str) -> Result<Inventory<'static>, VulnError> {
    let mut stanzas = vec![Stanza::default()];
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            stanzas.push(Stanza::default());
        } else if !line.starts_with([' ', '\t'])
            && let Some(stanza) = stanzas.last_mut()
        {
            let Some((field, value)) = line.split_once(':') else {
                let problem = "expected a field such as `Package: openssl`";
                return Err(VulnError::at(format!("line {number}"), problem));
            };
            stanza.set(field, value.trim());
        }
    }
    let installed: Vec<Stanza<'_>> = stanzas.into_iter().filter(Stanza::is_installed).collect();
    let release = release(&installed);
    let components = installed
        .iter()
        .map(|stanza| stanza.component(release.as_deref()));
    Ok(Inventory {
        asset: "".into(),
        components: components.collect::<Result<_, _>>()?,
    })
}

/// `12` of Debian 12.
fn release(installed: &[Stanza<'_>]) -> Option<String> {
    let mut all = installed.iter();
    let base = all
        .find(|stanza| stanza.package == Some("base-files"))?
        .version?;
    let derived = base.contains("ubuntu") || base.contains("mint") || base.contains("kali");
    let digits: String = base.chars().take_while(char::is_ascii_digit).collect();
    (!derived && !digits.is_empty()).then_some(digits)
}

impl<'a> Stanza<'a> {
    fn set(&mut self, field: &str, value: &'a str) {
        let place = match field {
            "Package" => &mut self.package,
            "Status" => &mut self.status,
            "Version" => &mut self.version,
            "Source" => &mut self.source,
            "Architecture" => &mut self.architecture,
            _ => return,
        };
        *place = Some(value);
    }

    fn is_installed(&self) -> bool {
        let state = self.status.and_then(|status| status.rsplit(' ').next());
        self.package.is_some() && !matches!(state, Some("not-installed" | "config-files"))
    }

    fn component(&self, release: Option<&str>) -> Result<Component<'static>, VulnError> {
        let name = self.package.unwrap_or_default();
        let Some(version) = self.version else {
            let problem = "it has no version: the file was cut or is none of dpkg";
            return Err(VulnError::at(format!("package `{name}`"), problem));
        };
        // `Source: openssl (3.0.11-1)`, where the source's version is another.
        let upstream = match self.source.and_then(|source| source.split_once(' ')) {
            Some((source, version)) => {
                format!("{source}@{}", version.trim_matches(['(', ')', ' ']))
            }
            None => self.source.unwrap_or_default().to_owned(),
        };
        let distro = match release {
            Some(release) => format!("debian-{release}"),
            None => String::new(),
        };
        let qualifiers = [
            ("arch", self.architecture.unwrap_or_default()),
            ("distro", &distro),
            ("upstream", &upstream),
        ];
        Ok(Component {
            purl: Some(package_url("deb", Some("debian"), name, Some(version), &qualifiers).into()),
            version: Some(version.to_owned().into()),
            name: name.to_owned().into(),
            cpe: None,
        })
    }
}
