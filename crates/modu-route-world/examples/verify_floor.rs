//! Verifies a number of RSA-2048 signatures and does nothing else: the floor
//! that no validator without memory can go below. `verify_floor COUNT`.
#![allow(clippy::print_stdout, reason = "a program for the command line")]

use modu_route_world::Keys;
use rpki::crypto::{RpkiSignatureAlgorithm, Signature};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args()
        .nth(1)
        .ok_or("usage: verify_floor COUNT")?
        .parse()?;
    let keys = Keys::shared();
    let data = [7; 400];
    let signature = keys.sign_bytes(0, &data)?;
    let signature = Signature::new(RpkiSignatureAlgorithm::default(), signature.into());
    let public = keys.public(0)?;
    for _ in 0..count {
        public.verify(&data, &signature)?;
    }
    println!("{count} signatures verified");
    Ok(())
}
