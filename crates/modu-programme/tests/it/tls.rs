//! A PostgreSQL on another machine: what goes over the line is for nobody to
//! read, and who answers is who was called.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use modu_cluster::Cluster;
use modu_programme::database::{Database, DatabaseError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// An authority, and a certificate of it for `localhost`.
struct Certified {
    authority: String,
    certificate: String,
    key: String,
}

fn certified() -> Certified {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    Certified {
        authority: issuer.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn kept(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn is_encrypted(database: &Database) -> Result<bool, DatabaseError> {
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    database.query_row(query, (), |row| row.get(0))
}

/// What stands behind a refusal, in the words of who refused.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    text
}

#[test]
fn a_postgresql_is_spoken_to_over_tls_and_must_be_who_was_called() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let made = cluster.fresh("modu");
    assert!(!is_encrypted(&Database::postgres(&made).unwrap()).unwrap());
    let (ours, port) = (certified(), free_port());
    cluster.down();
    cluster.up_over_tls(port, &ours.certificate, &ours.key);
    let folder = tempfile::tempdir().unwrap();
    let authority = kept(folder.path(), "ca.pem", &ours.authority);
    let other = kept(folder.path(), "other.pem", &certified().authority);
    let url = |host: &str, words: &str| format!("postgres://modu@{host}:{port}/modu?{words}");
    let full = |file: &Path| format!("sslmode=verify-full&sslrootcert={}", file.display());

    let database = Database::postgres(&url("localhost", &full(&authority))).unwrap();
    assert!(is_encrypted(&database).unwrap());
    // Gone and back, the new connection is as the old one was.
    cluster.down();
    let error = is_encrypted(&database).unwrap_err();
    assert!(error.may_pass(), "{error}");
    cluster.up_over_tls(port, &ours.certificate, &ours.key);
    assert!(is_encrypted(&database).unwrap());

    for (what, url) in [
        ("another authority", url("localhost", &full(&other))),
        (
            "the system's authorities",
            url("localhost", "sslmode=require"),
        ),
        ("another name", url("127.0.0.1", &full(&authority))),
    ] {
        let error = Database::postgres(&url).expect_err(what);
        let told = whole(&error);
        // A machine may have no authorities at all.
        let refused = ["certificate", "no certificates to trust"];
        assert!(refused.iter().any(|it| told.contains(it)), "{what}: {told}");
    }
    let error = Database::postgres(&url("localhost", "sslmode=disable")).unwrap_err();
    assert!(whole(&error).contains("pg_hba.conf"), "{}", whole(&error));
}
