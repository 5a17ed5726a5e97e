//! Package URLs (ECMA-427): `pkg:type/namespace/name@version?qualifiers`.

use std::collections::BTreeMap;

/// A package by ecosystem and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageUrl {
    /// Such as `pypi`, in lower case.
    pub kind: String,
    /// Such as `@angular` or `org.apache`; may have several parts.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Option<String>,
    /// Such as `distro=debian-12`.
    pub qualifiers: BTreeMap<String, String>,
}

impl PackageUrl {
    /// Reads a package URL.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("its package URL {what}"));
        if text.len() > crate::limits::PURL_BYTES {
            return wrong("is longer than a package URL is");
        }
        let Some(rest) = text.strip_prefix("pkg:") else {
            return wrong("does not begin with `pkg:`");
        };
        let rest = rest.trim_start_matches('/');
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (rest, qualifiers) = match rest.split_once('?') {
            Some((rest, qualifiers)) => (rest, self::qualifiers(qualifiers)?),
            None => (rest, BTreeMap::new()),
        };
        // An npm scope has an unescaped `@` in careless lists: the version's
        // is after the last `/`.
        let name_at = rest.rfind('/').map_or(0, |place| place + 1);
        let (path, version) = match rest[name_at..].rsplit_once('@') {
            Some((name, version)) if !name.is_empty() => {
                (&rest[..name_at + name.len()], Some(decoded(version)?))
            }
            _ => (rest, None),
        };
        let mut parts = path.trim_matches('/').split('/');
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut parts = parts.map(decoded).collect::<Result<Vec<_>, _>>()?;
        let name = parts.pop().unwrap_or_default();
        if kind.is_empty() || name.is_empty() || parts.iter().any(String::is_empty) {
            return wrong("has no type or no name");
        }
        Ok(Self {
            kind,
            namespace: (!parts.is_empty()).then(|| parts.join("/")),
            name,
            version,
            qualifiers,
        })
    }

    /// The ecosystem of the OSV format and the package's name in it; none
    /// where OSV has no such ecosystem or the list does not say which release
    /// of a distribution it is from.
    #[must_use]
    pub fn osv_name(&self) -> Option<(String, String)> {
        let joined = |sign: &str| match &self.namespace {
            Some(namespace) => format!("{namespace}{sign}{}", self.name),
            None => self.name.clone(),
        };
        Some(match self.kind.as_str() {
            "pypi" => ("PyPI".to_owned(), python_name(&self.name)),
            "npm" => ("npm".to_owned(), joined("/")),
            "cargo" => ("crates.io".to_owned(), self.name.clone()),
            "golang" => ("Go".to_owned(), joined("/")),
            "maven" => ("Maven".to_owned(), joined(":")),
            "hex" => ("Hex".to_owned(), joined("/")),
            "pub" => ("Pub".to_owned(), self.name.clone()),
            _ => return None,
        })
    }
}

/// The one spelling of a Python package's name (PEP 503).
#[must_use]
pub(crate) fn python_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.extend(c.to_lowercase()),
        }
    }
    normal
}

fn qualifiers(text: &str) -> Result<BTreeMap<String, String>, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| Ok((key.to_ascii_lowercase(), decoded(value)?)))
        .collect()
}

fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                let value = value.ok_or("its package URL has a broken `%` escape")?;
                bytes.push(value as u8);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| "its package URL is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn package_urls_name_the_package_of_the_advisories() {
        for (text, ecosystem, name, version) in [
            (
                "pkg:pypi/Django_Rest.Framework@3.1",
                "PyPI",
                "django-rest-framework",
                Some("3.1"),
            ),
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
                "pkg:cargo/rand@0.8.0%2Bx",
                "crates.io",
                "rand",
                Some("0.8.0+x"),
            ),
        ] {
            let purl = PackageUrl::parse(text).unwrap();
            assert_eq!(
                purl.osv_name().unwrap(),
                (ecosystem.to_owned(), name.to_owned()),
                "{text}"
            );
            assert_eq!(purl.version.as_deref(), version, "{text}");
        }
        for text in [
            "",
            "pypi/x",
            "pkg:",
            "pkg:pypi",
            "pkg:pypi/",
            "pkg:pypi/%zz",
            "pkg:pypi//x%ff",
        ] {
            assert!(PackageUrl::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            PackageUrl::parse("pkg:generic/openssl@1")
                .unwrap()
                .osv_name(),
            None
        );
    }
}
