//! Where a server is, and the key that is shown to it.

use std::fmt;

use modu_wire::KEY_PREFIX;
use url::{Host, Url};

use crate::ClientError;

/// A key of a person's program. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Reads a key as the console shows it; white space around it is cut off.
    ///
    /// # Errors
    /// [`ClientError::Key`].
    pub fn read(text: &str) -> Result<Self, ClientError> {
        let text = text.trim();
        let digits = text.strip_prefix(KEY_PREFIX).ok_or(ClientError::Key)?;
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match digits.len() == 64 && digits.bytes().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(ClientError::Key),
        }
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Reads a server's address: a host, and no path but that of a proxy.
pub(crate) fn root(address: &str) -> Result<Url, ClientError> {
    let wrong = |problem: &str| ClientError::Address {
        address: without_password(address),
        problem: problem.to_owned(),
    };
    let mut url = Url::parse(address).map_err(|error| wrong(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must not hold a name or a password: use a key"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it must end with its host or a path"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        "http" => {
            return Err(wrong(
                "a key would be sent in the clear: use https (http is for 127.0.0.1 only)",
            ));
        }
        _ => return Err(wrong("it must begin with https://")),
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(host)) => host.is_loopback(),
        Some(Host::Ipv6(host)) => host.is_loopback(),
        // By RFC 6761, section 6.3, it is never another machine's name.
        Some(Host::Domain(host)) => host == "localhost",
        None => false,
    }
}

/// What is told of an address never holds its password.
fn without_password(address: &str) -> String {
    match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}://...@{}", &address[..scheme], &address[at + 1..])
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_over_tls_or_to_this_machine() {
        for good in [
            "https://modu.example",
            "https://modu.example/programme/",
            "http://127.0.0.1:8080",
            "http://[::1]:8080/",
            "http://localhost:8080",
        ] {
            assert!(root(good).unwrap().path().ends_with('/'), "{good}");
        }
        for wrong in [
            "http://modu.example",
            "http://10.0.0.1",
            "http://localhost.evil.example",
            "ftp://modu.example",
            "modu.example",
            "https://modu.example/?a=b",
            "",
        ] {
            assert!(root(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_told() {
        let error = root("https://me:secret@modu.example")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_key_has_one_form_and_is_not_told_by_accident() {
        let text = format!("modu_{}", "0a".repeat(32));
        let key = Key::read(&format!(" {text}\n")).unwrap();
        assert_eq!(key.reveal(), text);
        assert_eq!(format!("{key:?}"), "Key(..)");
        for wrong in [
            "",
            "modu_",
            &text[1..],
            &text.to_uppercase(),
            &format!("{text}0"),
        ] {
            assert!(Key::read(wrong).is_err(), "{wrong}");
        }
    }
}
