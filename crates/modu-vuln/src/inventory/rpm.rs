//! What is installed on a host with RPM, as one of two listings:
//!
//! - `rpm -qa --qf '%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\t%{ARCH}\t%{VENDOR}\n'`
//! - `rpm -qa`, which tells neither epoch nor distribution: its packages are
//!   listed, and nothing is decided of them.
//!
//! The database itself is read in `rpmdb`.

use super::written::package_url;
use super::{Component, Inventory};
use crate::VulnError;

/// A vendor's name as packages carry it, and what package URLs call it.
const VENDORS: [(&str, &str); 5] = [
    ("red hat", "redhat"),
    ("rocky", "rocky"),
    ("almalinux", "almalinux"),
    ("opensuse", "opensuse"),
    ("suse", "suse"),
];

/// All packages; the keys that RPM lists as `gpg-pubkey` are none.
pub(super) fn parse(text: &str) -> Result<Inventory<'static>, VulnError> {
    let mut components = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        // A package without a vendor ends with a tab.
        let line = line.trim_end_matches([' ', '\r']);
        if line.is_empty() || line.starts_with("gpg-pubkey") {
            continue;
        }
        let component = match line.contains('\t') {
            true => queried(line),
            false => listed(line),
        };
        components.push(component.ok_or_else(|| {
            let problem =
                "expected a line of `rpm -qa`, plain or with the query that docs/vuln.md names";
            VulnError::at(format!("line {number}"), problem)
        })?);
    }
    Ok(Inventory {
        asset: "".into(),
        components,
    })
}

/// Whether a text is such a listing.
pub(super) fn recognised(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let first: Vec<&str> = lines.by_ref().take(20).collect();
    let each = |line: &&str| queried(line).is_some() || listed(line).is_some();
    !first.is_empty() && first.iter().all(each)
}

fn queried(line: &str) -> Option<Component<'static>> {
    let mut cells = line.split('\t');
    let (name, version, arch, vendor) =
        (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let (epoch, rest) = version.split_once(':')?;
    let is_epoch = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
    if !is_epoch || !rest.contains('-') || name.is_empty() || cells.next().is_some() {
        return None;
    }
    Some(package(name, epoch.parse().ok()?, rest, arch, vendor))
}

/// A package by what RPM says of it.
pub(super) fn package(
    name: &str,
    epoch: u32,
    version: &str,
    arch: &str,
    vendor: &str,
) -> Component<'static> {
    let vendor = vendor.to_lowercase();
    let known = VENDORS.iter().find(|(words, _)| vendor.contains(words));
    let namespace = known.map(|(_, namespace)| *namespace);
    let distro = enterprise_release(version)
        .filter(|_| !matches!(namespace, None | Some("suse" | "opensuse")));
    let distro = distro.map(|release| format!("{}-{release}", namespace.unwrap_or_default()));
    let told = (epoch > 0).then(|| epoch.to_string());
    let qualifiers = [
        ("arch", arch),
        ("distro", distro.as_deref().unwrap_or_default()),
        ("epoch", told.as_deref().unwrap_or_default()),
    ];
    Component {
        purl: Some(package_url("rpm", namespace, name, Some(version), &qualifiers).into()),
        version: Some(format!("{epoch}:{version}").into()),
        name: name.to_owned().into(),
        cpe: None,
    }
}

/// `9` of a release such as `6.el9_4`.
fn enterprise_release(version: &str) -> Option<String> {
    let (_, after) = version.rsplit_once(".el")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

/// `openssl-libs-3.0.7-27.el9.x86_64`, from its end.
fn listed(line: &str) -> Option<Component<'static>> {
    if line.contains(char::is_whitespace) {
        return None;
    }
    let (rest, arch) = line.rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let is_arch = !arch.is_empty() && arch.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_arch || name.is_empty() || release.is_empty() || version.is_empty() {
        return None;
    }
    let version = format!("{version}-{release}");
    let purl = package_url("rpm", None, name, Some(&version), &[("arch", arch)]);
    Some(Component {
        purl: Some(purl.into()),
        version: Some(version.into()),
        name: name.to_owned().into(),
        cpe: None,
    })
}
