//! Where a store is, as a person writes it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use url::{Host, Url};

use crate::StoreError;

/// The place of a store: a folder, or `s3://bucket/prefix` with the options
/// of [`S3Location`] as a query.
///
/// ```
/// use modu_store::Location;
/// let folder: Location = "artifacts".parse()?;
/// let bucket: Location = "s3://evidence/2026?endpoint=http://127.0.0.1:9000".parse()?;
/// assert!(matches!(folder, Location::Folder(_)));
/// assert!(matches!(bucket, Location::S3(_)));
/// # Ok::<(), modu_store::StoreError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A local folder.
    Folder(PathBuf),
    /// A bucket of an S3-compatible object store.
    S3(S3Location),
}

/// A bucket, and the part of it that the store uses. Credentials are no part
/// of it: they come from the environment (see [`crate::Store::open`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    /// The bucket's name.
    pub bucket: String,
    /// What every key starts with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// `endpoint=`: the server, where it is not AWS. Plain `http` is accepted
    /// for a loopback address only, since artifacts would be readable on the
    /// way.
    pub endpoint: Option<Url>,
    /// `region=`: the region; else the environment's, else `us-east-1`.
    pub region: Option<String>,
    /// `anonymous=true`: requests are not signed (public buckets, reading).
    pub anonymous: bool,
}

impl FromStr for Location {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        match text.split_once("://") {
            Some(("s3", _)) => S3Location::parse(text).map(Self::S3),
            Some((scheme, _)) => Err(wrong(
                &format!("{scheme}://..."),
                "write a folder's path or s3://bucket/prefix",
            )),
            None if text.is_empty() => Err(wrong(text, "it is empty; write a folder's path")),
            None => Ok(Self::Folder(text.into())),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::S3(location) => location.fmt(f),
        }
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        if let Some(endpoint) = &self.endpoint {
            write!(f, " at {}", endpoint.as_str().trim_end_matches('/'))?;
        }
        Ok(())
    }
}

fn wrong(text: &str, problem: impl Into<String>) -> StoreError {
    StoreError::Location {
        text: text.to_owned(),
        problem: problem.into(),
    }
}

impl S3Location {
    fn parse(text: &str) -> Result<Self, StoreError> {
        // A text that may hold a password is not repeated in the error.
        let address = Url::parse(text).map_err(|error| wrong("s3://...", error.to_string()))?;
        if has_credentials(&address) {
            return Err(wrong(
                "s3://...",
                "credentials do not belong in it; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ));
        }
        let bucket = address.host_str().unwrap_or_default().to_owned();
        check_bucket(&bucket).map_err(|problem| wrong(text, problem))?;
        if address.port().is_some() || address.fragment().is_some() {
            return Err(wrong(text, "write s3://bucket/prefix without port or #"));
        }
        let prefix = address.path().trim_matches('/').to_owned();
        check_prefix(&prefix).map_err(|problem| wrong(text, problem))?;
        let plain = format!("s3://{bucket}{}", address.path());
        if text.split(['?', '#']).next() != Some(&plain) {
            return Err(wrong(
                text,
                "write the prefix without . and .. and without %",
            ));
        }
        let mut location = Self {
            bucket,
            prefix,
            endpoint: None,
            region: None,
            anonymous: false,
        };
        for (name, value) in address.query_pairs() {
            location.set(text, &name, &value)?;
        }
        Ok(location)
    }

    fn set(&mut self, text: &str, name: &str, value: &str) -> Result<(), StoreError> {
        match (name, value) {
            ("endpoint", value) => {
                self.endpoint =
                    Some(endpoint(value).map_err(|problem| wrong("s3://...", problem))?);
            }
            ("region", value) => {
                let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
                if value.is_empty() || value.len() > 64 || !value.chars().all(fits) {
                    return Err(wrong(text, "a region is letters, digits and hyphens"));
                }
                self.region = Some(value.to_owned());
            }
            ("anonymous", "true") => self.anonymous = true,
            ("anonymous", "false") => self.anonymous = false,
            _ => {
                return Err(wrong(
                    text,
                    "its options are endpoint=URL, region=NAME and anonymous=true|false",
                ));
            }
        }
        Ok(())
    }
}

fn has_credentials(address: &Url) -> bool {
    !address.username().is_empty() || address.password().is_some()
}

/// The naming rules of general-purpose buckets that protect the request's
/// path: 3 to 63 of lowercase letters, digits, dots and hyphens.
fn check_bucket(bucket: &str) -> Result<(), &'static str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if (3..=63).contains(&bucket.len()) && bucket.chars().all(fits) && !bucket.contains("..") {
        Ok(())
    } else {
        Err("a bucket's name is 3 to 63 lowercase letters, digits, dots or hyphens")
    }
}

/// A prefix of plain segments, so that a key means the same to every server.
fn check_prefix(prefix: &str) -> Result<(), &'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let plain = |segment: &str| !segment.is_empty() && segment.chars().all(fits);
    if prefix.len() > 512 {
        Err("the prefix is longer than 512 bytes")
    } else if prefix.is_empty() || prefix.split('/').all(plain) {
        Ok(())
    } else {
        Err("a prefix is segments of A-Z, a-z, 0-9, -, _ and . between single slashes")
    }
}

fn endpoint(value: &str) -> Result<Url, &'static str> {
    let address = Url::parse(value).map_err(|_| "endpoint= is not a URL")?;
    if has_credentials(&address) || address.query().is_some() || address.fragment().is_some() {
        return Err("endpoint= takes scheme, host, port and path only");
    }
    let loopback = match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    };
    match address.scheme() {
        "https" => Ok(address),
        "http" if loopback => Ok(address),
        "http" => Err("plain http is accepted for a loopback address only; use https"),
        _ => Err("endpoint= must start with https://"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn s3(text: &str) -> S3Location {
        match text.parse().unwrap() {
            Location::S3(location) => location,
            Location::Folder(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn a_path_is_a_folder_and_an_s3_url_is_a_bucket_with_its_options() {
        assert_eq!(
            "a/b c".parse::<Location>().unwrap(),
            Location::Folder("a/b c".into())
        );
        let location = s3(
            "s3://evidence/2026/a?endpoint=https://minio.example:9000&region=kr-1&anonymous=true",
        );
        assert_eq!(location.bucket, "evidence");
        assert_eq!(location.prefix, "2026/a");
        assert_eq!(location.region.as_deref(), Some("kr-1"));
        assert!(location.anonymous);
        assert_eq!(
            location.to_string(),
            "s3://evidence/2026/a at https://minio.example:9000"
        );
        assert_eq!(s3("s3://evidence").to_string(), "s3://evidence");
    }

    #[test]
    fn what_is_not_the_place_of_a_store_is_refused() {
        for text in [
            "",
            "http://host/path",
            "file:///tmp",
            "s3://",
            "s3://a",
            "s3://Bad_Bucket",
            "s3://bucket:9000/x",
            "s3://bucket/a//b",
            "s3://bucket/%2e%2e/x",
            "s3://bucket/a/../x",
            "s3://bucket/x?secret=1",
            "s3://bucket/x?anonymous=maybe",
            "s3://bucket?endpoint=http://example.org",
            "s3://bucket?endpoint=ftp://127.0.0.1",
            "s3://bucket?region=a/b",
        ] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_a_location_is_refused_and_not_repeated() {
        for text in [
            "s3://key:hunter2@bucket/x",
            "s3://bucket/x?endpoint=https://key:hunter2@host",
            "s3+hunter2",
        ] {
            if let Err(error) = text.parse::<Location>() {
                assert!(!error.to_string().contains("hunter2"), "{error}");
                assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            } else {
                assert_eq!(text, "s3+hunter2");
            }
        }
    }
}
