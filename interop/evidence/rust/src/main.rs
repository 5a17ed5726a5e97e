//! Verifies one bundle with the crate `sigstore-verify`.
//!
//! `interop-evidence-client TRUSTED_ROOT BUNDLE ARTIFACT IDENTITY ISSUER`
//! exits 0 where the bundle is accepted; where it is refused, it exits 1 and
//! says `refused: <reason>` on standard error. Anything else is a fault of this
//! driver.

use std::error::Error;
use std::process::ExitCode;

use sigstore_trust_root::TrustedRoot;
use sigstore_types::Bundle;
use sigstore_verify::{VerificationPolicy, Verifier};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, bundle, artifact, identity, issuer] = arguments.as_slice() else {
        eprintln!("five arguments: TRUSTED_ROOT BUNDLE ARTIFACT IDENTITY ISSUER");
        return ExitCode::from(2);
    };
    let files = (|| -> Result<_, std::io::Error> {
        Ok((
            std::fs::read_to_string(root)?,
            std::fs::read_to_string(bundle)?,
            std::fs::read(artifact)?,
        ))
    })();
    let (root, bundle, artifact) = match files {
        Ok(files) => files,
        Err(error) => {
            eprintln!("cannot read: {error}");
            return ExitCode::from(2);
        }
    };
    match verify(&root, &bundle, &artifact, identity, issuer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("refused: {error}");
            ExitCode::from(1)
        }
    }
}

fn verify(
    root: &str,
    bundle: &str,
    artifact: &[u8],
    identity: &str,
    issuer: &str,
) -> Result<(), Box<dyn Error>> {
    let verifier = Verifier::new(&TrustedRoot::from_json(root)?)?;
    let policy = VerificationPolicy::new(identity, issuer);
    verifier.verify(artifact, &Bundle::from_json(bundle)?, &policy)?;
    Ok(())
}
