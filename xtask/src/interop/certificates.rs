//! Certificates of an authority that exists for one run only.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::{command, debian};

/// The program that makes them.
const OPENSSL: debian::Need = debian::Need {
    probe: &["openssl", "version"],
    packages: &["openssl"],
};

/// A request's form in which nothing stands but what is asked for.
const PLAIN: &str = "[req]\ndistinguished_name = name\n[name]\n";
const CURVE: [&str; 5] = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
];

/// Writes `NAME-ca.pem`, an authority of its own, and `NAME.pem` with
/// `NAME.key`, by which it certifies `localhost` for two days.
///
/// # Errors
/// Where openssl cannot be installed or fails.
pub(super) fn certify(folder: &Path, name: &str) -> anyhow::Result<()> {
    debian::ensure(&[OPENSSL])?;
    let form = folder.join("request.conf");
    std::fs::write(&form, PLAIN).with_context(|| format!("cannot write {}", form.display()))?;
    let request = |subject: &str, file: &str, extensions: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-days", "2", "-batch", "-config"]);
        openssl
            .arg(&form)
            .args(CURVE)
            .args(["-subj", subject])
            .current_dir(folder);
        openssl.args(["-keyout", &format!("{file}.key")]);
        openssl.args(["-out", &format!("{file}.pem")]);
        for extension in extensions {
            openssl.args(["-addext", extension]);
        }
        openssl
    };
    let authority = format!("{name}-ca");
    let of_authority = [
        "basicConstraints=critical,CA:TRUE",
        "keyUsage=critical,keyCertSign",
    ];
    let subject = format!("/CN=Modu interop {name}");
    command::output(&mut request(&subject, &authority, &of_authority))?;
    let of_server = [
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=serverAuth",
        "subjectAltName=DNS:localhost",
    ];
    let mut certificate = request("/CN=localhost", name, &of_server);
    certificate.args(["-CA", &format!("{authority}.pem")]);
    certificate.args(["-CAkey", &format!("{authority}.key")]);
    command::output(&mut certificate)?;
    Ok(())
}
