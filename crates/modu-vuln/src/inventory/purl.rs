//! Package URLs (ECMA-427): `pkg:type/namespace/name@version?qualifiers`.

use std::borrow::Cow;

/// A package by ecosystem and name, borrowed from its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageUrl<'a> {
    /// Such as `pypi`, in lower case.
    pub kind: Cow<'a, str>,
    /// Such as `@angular` or `org.apache`; may have several parts.
    pub namespace: Option<Cow<'a, str>>,
    /// The name.
    pub name: Cow<'a, str>,
    /// The version.
    pub version: Option<Cow<'a, str>>,
    /// What stands before version and qualifiers, as it is written.
    pub package: &'a str,
    /// Such as `distro=debian-12&arch=amd64`, as it is written.
    qualifiers: &'a str,
}

const NO_NAME: &str = "has no type or no name";

impl<'a> PackageUrl<'a> {
    /// Reads a package URL. Qualifiers are read when they are asked for.
    ///
    /// # Errors
    /// What is wrong with it, as in "its package URL ...".
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.len() > crate::limits::PURL_BYTES {
            return Err("is longer than a package URL is");
        }
        let rest = text.strip_prefix("pkg:");
        let rest = rest.ok_or("does not begin with `pkg:`")?;
        let rest = rest.trim_start_matches('/');
        let start = text.len() - rest.len();
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        // An npm scope has an unescaped `@` in careless lists: the version's
        // is after the last `/`.
        let name_at = rest.rfind('/').map_or(0, |place| place + 1);
        let (path, version) = match rest[name_at..].rsplit_once('@') {
            Some((name, version)) if !name.is_empty() => {
                (&rest[..name_at + name.len()], Some(decoded(version)?))
            }
            _ => (rest, None),
        };
        let path = path.trim_end_matches('/');
        let package = &text[..start + path.len()];
        let (kind, path) = path.split_once('/').ok_or(NO_NAME)?;
        let (namespace, name) = match path.rsplit_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, path),
        };
        let empty_part = |parts: &str| parts.split('/').any(str::is_empty);
        if kind.is_empty() || name.is_empty() || namespace.is_some_and(empty_part) {
            return Err(NO_NAME);
        }
        let kind = match kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(kind.to_ascii_lowercase()),
            false => Cow::Borrowed(kind),
        };
        Ok(Self {
            kind,
            namespace: namespace.map(decoded).transpose()?,
            name: decoded(name)?,
            version,
            package,
            qualifiers,
        })
    }

    /// A qualifier, such as `distro`; none where it is not there, is empty or
    /// cannot be read.
    #[must_use]
    pub fn qualifier(&self, key: &str) -> Option<Cow<'a, str>> {
        let pairs = self.qualifiers.split('&');
        let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        decoded(value).ok().filter(|value| !value.is_empty())
    }

    /// Namespace and name with a sign between them.
    pub(super) fn joined(&self, sign: &str) -> Cow<'_, str> {
        match &self.namespace {
            Some(namespace) => Cow::Owned([namespace, sign, &self.name].concat()),
            None => Cow::Borrowed(&self.name),
        }
    }
}

/// The spelling of a package's name by which an ecosystem tells packages
/// apart. Costs nothing where the name has it already.
pub(crate) fn normal_name<'a>(ecosystem: &str, name: &'a str) -> Cow<'a, str> {
    match ecosystem {
        "PyPI" => python_name(name),
        "NuGet" | "Packagist" if name.chars().any(char::is_uppercase) => {
            Cow::Owned(name.to_lowercase())
        }
        _ => Cow::Borrowed(name),
    }
}

/// The one spelling of a Python package's name (PEP 503).
fn python_name(name: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_normal = (name.as_bytes())
        .iter()
        .all(|byte| plain(*byte) || *byte == b'-');
    if is_normal && !name.contains("--") {
        return Cow::Borrowed(name);
    }
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.extend(c.to_lowercase()),
        }
    }
    Cow::Owned(normal)
}

fn decoded(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                bytes.push(value.ok_or("has a broken `%` escape")? as u8);
            }
            byte => bytes.push(byte),
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_package_url_is_read_part_by_part() {
        let text = "pkg:NPM/%40angular/core@1.0.0%2Bx?Arch=all&distro=a%20b#sub/path";
        let purl = PackageUrl::parse(text).unwrap();
        assert_eq!(purl.kind, "npm");
        assert_eq!(purl.namespace.as_deref(), Some("@angular"));
        assert_eq!(purl.name, "core");
        assert_eq!(purl.version.as_deref(), Some("1.0.0+x"));
        assert_eq!(purl.qualifier("distro").as_deref(), Some("a b"));
        assert_eq!(purl.qualifier("arch").as_deref(), Some("all"));
        assert_eq!(purl.qualifier("epoch"), None);
        assert_eq!(purl.package, "pkg:NPM/%40angular/core");
    }

    #[test]
    fn what_is_no_package_url_is_an_error() {
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
    }

    #[test]
    fn a_python_name_has_one_spelling() {
        for name in [
            "Django_Rest.Framework",
            "django-rest--framework",
            "django-rest-framework",
        ] {
            assert_eq!(normal_name("PyPI", name), "django-rest-framework");
        }
        assert_eq!(normal_name("npm", "A_b"), "A_b");
    }
}
