//! Where advisories of the OSV format speak of a package: its ecosystem, its
//! name there, and the version that counts there.
//!
//! A distribution's packages are told apart by release: the same version is
//! mended in one and not in the other. Debian, Ubuntu and Alpine write their
//! advisories on *source* packages, which a package URL names as `upstream`;
//! the RPM distributions write theirs on what is installed.

use std::borrow::Cow;

use super::purl::PackageUrl;

/// A package as advisories name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsvPackage<'a> {
    /// Its ecosystem.
    pub ecosystem: OsvEcosystem<'a>,
    /// Its name there.
    pub name: Cow<'a, str>,
    /// Its version there, where the package URL has one.
    pub version: Option<Cow<'a, str>>,
}

/// An ecosystem, or the ecosystems of one release of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OsvEcosystem<'a> {
    /// Such as `PyPI`.
    Whole(&'static str),
    /// Such as Debian 12.
    Release {
        /// What stands before the colon.
        family: &'static str,
        /// The release as the package URL has it, such as `12.5`.
        release: Cow<'a, str>,
    },
}

/// Why advisories cannot be found for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unplaced {
    /// OSV has no such ecosystem.
    UnknownEcosystem,
    /// The package URL does not say which release of the distribution it is
    /// from.
    NoRelease,
}

/// Names of releases that package URLs use in place of their numbers.
const RELEASE_NAMES: [(&str, &str); 13] = [
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("trusty", "14.04"),
    ("xenial", "16.04"),
    ("bionic", "18.04"),
    ("focal", "20.04"),
    ("jammy", "22.04"),
    ("noble", "24.04"),
    ("tumbleweed", "Tumbleweed"),
    ("edge", "edge"),
];

impl PackageUrl<'_> {
    /// Where advisories speak of the package.
    ///
    /// # Errors
    /// [`Unplaced`] where that cannot be told.
    pub fn osv(&self) -> Result<OsvPackage<'_>, Unplaced> {
        let (ecosystem, sign) = match self.kind.as_ref() {
            "pypi" => ("PyPI", "/"),
            "npm" => ("npm", "/"),
            "cargo" => ("crates.io", "/"),
            "golang" => return Ok(self.of_go()),
            "maven" => ("Maven", ":"),
            "hex" => ("Hex", "/"),
            "pub" => ("Pub", "/"),
            "gem" => ("RubyGems", "/"),
            "nuget" => ("NuGet", "/"),
            "composer" => ("Packagist", "/"),
            "swift" => ("SwiftURL", "/"),
            "hackage" => ("Hackage", "/"),
            "cran" => ("CRAN", "/"),
            "conan" => ("ConanCenter", "/"),
            "bitnami" => ("Bitnami", "/"),
            "deb" | "apk" | "rpm" => return self.of_distribution(),
            _ => return Err(Unplaced::UnknownEcosystem),
        };
        let name = match ecosystem {
            "PyPI" | "crates.io" | "Pub" => Cow::Borrowed(self.name.as_ref()),
            _ => self.joined(sign),
        };
        Ok(OsvPackage {
            ecosystem: OsvEcosystem::Whole(ecosystem),
            name,
            version: self.version.as_deref().map(Cow::Borrowed),
        })
    }

    /// Go's standard library has versions of its own spelling: `go1.21rc2` is
    /// 1.21.0-rc.2.
    fn of_go(&self) -> OsvPackage<'_> {
        let name = self.joined("/");
        let version = self.version.as_deref();
        let version = match name.as_ref() {
            "stdlib" | "toolchain" => version.map(toolchain_version),
            _ => version.map(Cow::Borrowed),
        };
        OsvPackage {
            ecosystem: OsvEcosystem::Whole("Go"),
            name,
            version,
        }
    }

    fn of_distribution(&self) -> Result<OsvPackage<'_>, Unplaced> {
        let distribution = self.qualifier("distro").unwrap_or_default();
        let vendor = self.namespace.as_deref().unwrap_or_default();
        let (of_vendor, of_release) = (family(vendor), family(&distribution));
        let family = of_vendor.or(of_release).ok_or(Unplaced::UnknownEcosystem)?;
        let ecosystem = match family {
            // Rolling: there are no releases.
            "Wolfi" | "Chainguard" => OsvEcosystem::Whole(family),
            _ => OsvEcosystem::Release {
                family,
                release: release(distribution).ok_or(Unplaced::NoRelease)?,
            },
        };
        let (source, source_version) = self.source(family);
        let version = source_version.or_else(|| self.version.as_deref().map(Cow::Borrowed));
        let version = match (self.qualifier("epoch"), version) {
            (Some(epoch), Some(version)) if !version.contains(':') => {
                Some(Cow::Owned(format!("{epoch}:{version}")))
            }
            (_, version) => version,
        };
        Ok(OsvPackage {
            ecosystem,
            name: source.unwrap_or(Cow::Borrowed(&self.name)),
            version,
        })
    }

    /// The source package, where advisories are written on it, and its
    /// version, where it has one of its own.
    fn source(&self, family: &str) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
        let Some(upstream) = self.qualifier("upstream") else {
            return (None, None);
        };
        match family {
            "Debian" | "Ubuntu" | "Alpine" | "Wolfi" | "Chainguard" => {
                match upstream.split_once('@') {
                    Some((name, version)) => (
                        Some(Cow::Owned(name.to_owned())),
                        Some(Cow::Owned(version.to_owned())),
                    ),
                    None => (Some(upstream), None),
                }
            }
            // `bash-5.1.8-6.el9.src.rpm`
            "SUSE" | "openSUSE" => {
                let mut parts = upstream.rsplitn(3, '-');
                let name = parts.nth(2).filter(|_| upstream.ends_with(".src.rpm"));
                (name.map(|name| Cow::Owned(name.to_owned())), None)
            }
            _ => (None, None),
        }
    }
}

/// The family of a package URL's namespace or of its `distro`.
fn family(text: &str) -> Option<&'static str> {
    const FAMILIES: [(&str, &str); 15] = [
        ("debian", "Debian"),
        ("ubuntu", "Ubuntu"),
        ("alpine", "Alpine"),
        ("wolfi", "Wolfi"),
        ("chainguard", "Chainguard"),
        ("almalinux", "AlmaLinux"),
        ("alma", "AlmaLinux"),
        ("rocky", "Rocky Linux"),
        ("redhat", "Red Hat"),
        ("rhel", "Red Hat"),
        ("opensuse", "openSUSE"),
        ("suse", "SUSE"),
        ("sles", "SUSE"),
        ("mageia", "Mageia"),
        ("openeuler", "openEuler"),
    ];
    let text = text.to_ascii_lowercase();
    let found = FAMILIES.iter().find(|(name, _)| text.starts_with(name));
    found.map(|(_, family)| *family)
}

/// The release of a `distro`: `debian-12.5`, `12.5`, `bookworm`.
fn release(distribution: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let last = distribution.rsplit('-').next().unwrap_or_default();
    if let Some((_, number)) = RELEASE_NAMES.iter().find(|(name, _)| *name == last) {
        return Some(Cow::Borrowed(number));
    }
    let number = last.trim_start_matches('v');
    let is_number = number.starts_with(|c: char| c.is_ascii_digit());
    match (is_number, distribution.len() == number.len()) {
        (false, _) => None,
        (true, true) => Some(distribution),
        (true, false) => Some(Cow::Owned(number.to_owned())),
    }
}

impl OsvEcosystem<'_> {
    /// Whether an advisory's ecosystem is meant. One that names no release is
    /// meant for all of them.
    #[must_use]
    pub fn is(&self, ecosystem: &str) -> bool {
        let (family, release) = match self {
            Self::Whole(name) => return ecosystem == *name,
            Self::Release { family, release } => (*family, release.as_ref()),
        };
        let Some((name, written)) = ecosystem.split_once(':') else {
            return ecosystem == family;
        };
        if name != family {
            return false;
        }
        let numbers = |count: usize| {
            let mut dots = release.match_indices('.').map(|(place, _)| place);
            &release[..dots.nth(count - 1).unwrap_or(release.len())]
        };
        match family {
            "Alpine" => written.strip_prefix('v') == Some(numbers(2)),
            // `Ubuntu:22.04:LTS`, `Ubuntu:Pro:22.04:LTS`
            "Ubuntu" => written.split(':').any(|part| part == numbers(2)),
            // `Red Hat:enterprise_linux:9::appstream`
            "Red Hat" => {
                let mut parts = written.split(':');
                let product = parts.next() == Some("enterprise_linux");
                let number = parts.next().unwrap_or_default();
                product && (number == numbers(1) || number == numbers(2))
            }
            // `SUSE:Linux Enterprise Server 15 SP5`
            "SUSE" => {
                let (major, pack) = release.split_once('.').unwrap_or((release, "0"));
                let words = match pack {
                    "0" => format!(" {major}"),
                    pack => format!(" {major} SP{pack}"),
                };
                written.ends_with(&words)
            }
            "openSUSE" => written.rsplit(' ').next() == Some(release),
            "openEuler" => written.starts_with(release),
            _ => written == release || written == numbers(1),
        }
    }
}

/// `go1.21rc2` as Semantic Versioning writes it.
fn toolchain_version(version: &str) -> Cow<'_, str> {
    let version = version.strip_prefix("go").unwrap_or(version);
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (numbers, rest) = version.split_at(end.unwrap_or(version.len()));
    for word in ["rc", "beta"] {
        if let Some(number) = rest.strip_prefix(word) {
            let zeros = ".0".repeat(2_usize.saturating_sub(numbers.matches('.').count()));
            return Cow::Owned(format!("{numbers}{zeros}-{word}.{number}"));
        }
    }
    Cow::Borrowed(version)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn package_urls_name_the_package_of_the_advisories() {
        for (text, ecosystem, name, version) in [
            ("pkg:pypi/Django@3.1", "PyPI", "Django", Some("3.1")),
            (
                "pkg:npm/%40angular/core@1.0.0",
                "npm",
                "@angular/core",
                Some("1.0.0"),
            ),
            (
                "pkg:npm/@angular/core@1.0.0",
                "npm",
                "@angular/core",
                Some("1.0.0"),
            ),
            ("pkg:npm/@angular/core", "npm", "@angular/core", None),
            (
                "pkg:maven/org.apache.logging.log4j/log4j-core@2.14?type=jar#x",
                "Maven",
                "org.apache.logging.log4j:log4j-core",
                Some("2.14"),
            ),
            (
                "pkg:golang/github.com/foo/bar@v1.2.3",
                "Go",
                "github.com/foo/bar",
                Some("v1.2.3"),
            ),
            (
                "pkg:golang/stdlib@go1.21rc2",
                "Go",
                "stdlib",
                Some("1.21.0-rc.2"),
            ),
            ("pkg:golang/stdlib@1.20.1", "Go", "stdlib", Some("1.20.1")),
            (
                "pkg:cargo/rand@0.8.0%2Bx",
                "crates.io",
                "rand",
                Some("0.8.0+x"),
            ),
            (
                "pkg:apk/wolfi/curl@8.1.0-r0",
                "Wolfi",
                "curl",
                Some("8.1.0-r0"),
            ),
        ] {
            let purl = PackageUrl::parse(text).unwrap();
            let osv = purl.osv().unwrap();
            assert!(osv.ecosystem.is(ecosystem), "{text}");
            assert_eq!(
                (osv.name.as_ref(), osv.version.as_deref()),
                (name, version),
                "{text}"
            );
        }
        let unplaced = |text| PackageUrl::parse(text).unwrap().osv().unwrap_err();
        assert_eq!(
            unplaced("pkg:generic/openssl@1"),
            Unplaced::UnknownEcosystem
        );
        assert_eq!(unplaced("pkg:deb/debian/curl@7.88"), Unplaced::NoRelease);
        assert_eq!(
            unplaced("pkg:rpm/fedora/curl@7.88?distro=fedora-39"),
            Unplaced::UnknownEcosystem
        );
    }

    #[test]
    fn a_distributions_package_is_looked_up_by_release_and_source() {
        for (text, ecosystem, name, version) in [
            (
                "pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12.5&upstream=openssl",
                "Debian:12",
                "openssl",
                "3.0.9-1",
            ),
            (
                "pkg:deb/debian/libgcc-s1@12.2.0-14?distro=bookworm&upstream=gcc-12%4012.2.0-14%2Bx",
                "Debian:12",
                "gcc-12",
                "12.2.0-14+x",
            ),
            (
                "pkg:deb/ubuntu/bash@5.1-6?distro=ubuntu-22.04",
                "Ubuntu:22.04:LTS",
                "bash",
                "5.1-6",
            ),
            (
                "pkg:deb/ubuntu/bash@5.1-6?distro=jammy",
                "Ubuntu:Pro:22.04:LTS",
                "bash",
                "5.1-6",
            ),
            (
                "pkg:apk/alpine/libcrypto3@3.1.4-r5?distro=alpine-3.19.1&upstream=openssl",
                "Alpine:v3.19",
                "openssl",
                "3.1.4-r5",
            ),
            (
                "pkg:rpm/rocky/bind-libs@9.16.23-14.el9?distro=rocky-9.3&epoch=32&upstream=bind-9.16.23-14.el9.src.rpm",
                "Rocky Linux:9",
                "bind-libs",
                "32:9.16.23-14.el9",
            ),
            (
                "pkg:rpm/redhat/bash@5.1.8-6.el9?distro=rhel-9.3",
                "Red Hat:enterprise_linux:9::baseos",
                "bash",
                "5.1.8-6.el9",
            ),
            (
                "pkg:rpm/suse/libfoo1@1.0-1?distro=sles-15.5&upstream=foo-bar-1.0-1.src.rpm",
                "SUSE:Linux Enterprise Server 15 SP5",
                "foo-bar",
                "1.0-1",
            ),
            (
                "pkg:rpm/opensuse/zsh@5.8-1?distro=opensuse-leap-15.5",
                "openSUSE:Leap 15.5",
                "zsh",
                "5.8-1",
            ),
        ] {
            let purl = PackageUrl::parse(text).unwrap();
            let osv = purl.osv().unwrap();
            assert!(osv.ecosystem.is(ecosystem), "{text}: {osv:?}");
            assert_eq!(
                (osv.name.as_ref(), osv.version.as_deref()),
                (name, Some(version)),
                "{text}"
            );
        }
        let debian = PackageUrl::parse("pkg:deb/debian/bash@5?distro=debian-12").unwrap();
        let debian = debian.osv().unwrap().ecosystem;
        assert!(
            debian.is("Debian"),
            "an advisory without a release is for all"
        );
        for other in ["Debian:1", "Debian:13", "Ubuntu:12", "PyPI"] {
            assert!(!debian.is(other), "{other}");
        }
    }
}
