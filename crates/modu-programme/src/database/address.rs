//! How a server of PostgreSQL is reached: by the URL that libpq reads.
//!
//! The line to another machine is encrypted, and whoever answers there has to
//! be certified for the name that was called: passwords and everything that is
//! kept go over it. Only `sslmode=disable` says otherwise. A socket, and an
//! address of this machine, are called without TLS unless the URL asks for it.

use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::DatabaseError;

/// How long one waits for an answer to a call.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a statement may take, in milliseconds, waiting for others included.
const STATEMENT: u32 = 20_000;
/// Bytes of a file of certificates.
const MAX_CERTIFICATES: u64 = 1 << 20;

/// Where a server is, and how it is spoken to.
pub(super) struct Address {
    config: Config,
    line: Line,
}

/// How the line to it is guarded.
enum Line {
    Plain,
    /// Its certificate is checked, down to its name.
    Encrypted(MakeRustlsConnect),
}

impl Address {
    /// Reads a URL. Of libpq's words for lines it knows `sslmode=disable`, and
    /// `require`, `verify-ca` and `verify-full`, which all check whatever can be
    /// checked; `sslrootcert=FILE` names certificates (PEM) to trust instead of
    /// the system's.
    pub(super) fn read(url: &str) -> Result<Self, DatabaseError> {
        let (rest, mode, roots) = taken_apart(url);
        let mut config: Config = rest.parse()?;
        let encrypted = match mode.as_deref() {
            None => !is_local(&config),
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => {
                return Err(DatabaseError::Address(format!(
                    "sslmode={other} may go without encryption and unnoticed: \
                     write sslmode=verify-full, or disable"
                )));
            }
        };
        config.application_name("modu");
        config.connect_timeout(CONNECT);
        config.keepalives_idle(Duration::from_secs(30));
        if config.get_options().is_none() {
            config.options(&format!("-c statement_timeout={STATEMENT}"));
        }
        if !encrypted {
            if roots.is_some() {
                let text = "sslrootcert does nothing on a line without encryption: \
                            write sslmode=verify-full";
                return Err(DatabaseError::Address(text.to_owned()));
            }
            config.ssl_mode(SslMode::Disable);
            let line = Line::Plain;
            return Ok(Self { config, line });
        }
        config.ssl_mode(SslMode::Require);
        let line = Line::Encrypted(encryption(roots.as_deref())?);
        Ok(Self { config, line })
    }

    /// Calls the server.
    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        match &self.line {
            Line::Plain => self.config.connect(NoTls),
            Line::Encrypted(tls) => self.config.connect(tls.clone()),
        }
    }
}

/// A URL without what it says of encryption, the mode, and the file of
/// certificates: our library knows fewer words than libpq.
fn taken_apart(url: &str) -> (String, Option<String>, Option<String>) {
    let Some((place, query)) = url.split_once('?') else {
        return (url.to_owned(), None, None);
    };
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for pair in query.split('&') {
        let value = || {
            let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
            pairs.next().map(|(_, value)| value.into_owned())
        };
        match pair.split('=').next() {
            Some("sslmode") => mode = value(),
            Some("sslrootcert") => roots = value(),
            _ => rest.push(pair),
        }
    }
    let rest = match rest.is_empty() {
        true => place.to_owned(),
        false => format!("{place}?{}", rest.join("&")),
    };
    (rest, mode, roots)
}

/// Whether nobody on the way could listen: sockets and this machine's own
/// addresses, all of them.
fn is_local(config: &Config) -> bool {
    let here = |name: &str| {
        let address = name.parse::<IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    let mut addresses = config.get_hostaddrs().iter();
    let mut hosts = config.get_hosts().iter();
    addresses.all(IpAddr::is_loopback)
        && hosts.all(|host| match host {
            Host::Tcp(name) => here(name) || !config.get_hostaddrs().is_empty(),
            Host::Unix(_) => true,
        })
}

/// TLS that checks certificates by a file's roots, or the system's.
fn encryption(roots: Option<&str>) -> Result<MakeRustlsConnect, DatabaseError> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(file) => {
            for certificate in certificates(Path::new(file))? {
                let added = store.add(certificate);
                added.map_err(|error| DatabaseError::Address(format!("{file}: {error}")))?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
        }
    }
    if store.is_empty() {
        let text = "there are no certificates to trust: name some with sslrootcert=/path/ca.pem";
        return Err(DatabaseError::Address(text.to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| DatabaseError::Address(error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, DatabaseError> {
    let wrong = |text: String| DatabaseError::Address(format!("{}: {text}", file.display()));
    if !file.is_absolute() {
        let text = "sslrootcert names a file by its whole path, for the home remembers it";
        return Err(wrong(text.to_owned()));
    }
    let mut bytes = Vec::new();
    // One more than may be, for what tells no size is read as well.
    std::fs::File::open(file)
        .and_then(|file| file.take(MAX_CERTIFICATES + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(error.to_string()))?;
    if bytes.len() as u64 > MAX_CERTIFICATES {
        return Err(wrong("larger than 1 MiB: expected certificates".to_owned()));
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    match found.is_empty() {
        true => Err(wrong("no certificate in it: expected PEM".to_owned())),
        false => Ok(found),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn is_encrypted(url: &str) -> bool {
        matches!(Address::read(url).unwrap().line, Line::Encrypted(_))
    }

    #[test]
    fn a_line_to_another_machine_is_encrypted_unless_the_url_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let key = rcgen::generate_simple_self_signed(["ca.example".to_owned()]).unwrap();
        std::fs::write(&file, key.cert.pem()).unwrap();
        let roots = format!("sslrootcert={}", file.display());
        assert!(is_encrypted(&format!(
            "postgres://u:p@db.example/modu?{roots}"
        )));
        assert!(is_encrypted(&format!(
            "postgres://u@10.0.0.7:5433/modu?{roots}"
        )));
        assert!(is_encrypted(&format!(
            "postgres://u@localhost/modu?sslmode=verify-full&{roots}"
        )));
        // One of the two is elsewhere.
        assert!(is_encrypted(&format!(
            "postgres://u@localhost,db.example/modu?{roots}"
        )));
        assert!(is_encrypted(&format!(
            "postgres://u@localhost/modu?hostaddr=10.0.0.7&{roots}"
        )));
        for plain in [
            "postgres://u@localhost/modu",
            "postgres://u@127.0.0.1:5433/modu",
            "postgres://u@%2Fvar%2Frun%2Fpostgresql/modu",
            "postgres:///modu?host=/var/run/postgresql&user=u",
            "postgres://u@db.example/modu?sslmode=disable",
            "postgres://u@db.example/modu?hostaddr=127.0.0.1",
        ] {
            assert!(!is_encrypted(plain), "{plain}");
        }
    }

    #[test]
    fn what_would_leave_the_line_open_unnoticed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let missing = folder.path().join("missing.pem");
        for (query, told) in [
            ("sslmode=prefer".to_owned(), "verify-full"),
            ("sslmode=".to_owned(), "verify-full"),
            ("sslmode=disable&sslrootcert=/a".to_owned(), "does nothing"),
            ("sslrootcert=ca.pem".to_owned(), "whole path"),
            (format!("sslrootcert={}", empty.display()), "no certificate"),
            (format!("sslrootcert={}", missing.display()), "No such file"),
            ("sslrootcert=/dev/zero".to_owned(), "larger than 1 MiB"),
        ] {
            let url = format!("postgres://u:secret@db.example/modu?{query}");
            let error = Address::read(&url).err().unwrap().to_string();
            assert!(error.contains(told), "{query}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
