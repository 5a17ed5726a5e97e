//! Trust anchors' certificates, from where their locators say.

use std::thread;
use std::time::{Duration, Instant};

use modu_route::repository::{AnchorEntry, RepositoryIndex};
use modu_route::validate::Locator;
use rpki::repository::Cert;

use super::report::AnchorReport;
use super::source::Fetcher;
use crate::Failure;
use crate::http_client::{Allowance, in_memory};

/// Bytes of a trust anchor's certificate; real ones have about 1,500.
const CERTIFICATE_BYTES: u64 = 1 << 20;
/// How long the URIs of one locator may take.
const TIME: Duration = Duration::from_secs(60);

/// Fetches all certificates at the same time into the index. Where none of a
/// locator's URIs gives one, what is held stands.
pub(super) fn fetch(
    fetcher: &Fetcher<'_>,
    locators: &[Locator],
    index: &mut RepositoryIndex,
) -> Vec<AnchorReport> {
    let fetched: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (locators.iter())
            .map(|locator| scope.spawn(|| one(fetcher, locator)))
            .collect();
        let gave_up = || {
            Err(vec![Failure::new(
                "anchor.malformed",
                "the decoder gave up",
            )])
        };
        threads
            .into_iter()
            .map(|it| it.join().unwrap_or_else(|_| gave_up()))
            .collect()
    });
    let reported = locators.iter().zip(fetched).map(|(locator, fetched)| {
        let name = locator.name().to_owned();
        match fetched {
            Ok(entry) => {
                let uri = Some(entry.uri.clone());
                index.anchors.insert(name.clone(), entry);
                AnchorReport {
                    name,
                    uri,
                    failures: Vec::new(),
                    held: true,
                }
            }
            Err(failures) => AnchorReport {
                held: index.anchors.contains_key(&name),
                name,
                uri: None,
                failures,
            },
        }
    });
    reported.collect()
}

/// One locator's certificate: the first URI that gives one counts, `https`
/// before `rsync` (RFC 8630, section 3).
fn one(fetcher: &Fetcher<'_>, locator: &Locator) -> Result<AnchorEntry, Vec<Failure>> {
    let time = TIME.min(fetcher.settings.budgets.source_time);
    let uris = u32::try_from(locator.uris().len())
        .unwrap_or(u32::MAX)
        .max(1);
    let mut failures = Vec::new();
    let (https, rsync): (Vec<_>, Vec<_>) =
        (locator.uris().iter()).partition(|uri| uri.starts_with("https://"));
    for uri in https.into_iter().chain(rsync) {
        let deadline = Instant::now() + time / uris;
        match bytes(fetcher, uri, deadline).and_then(|bytes| checked(uri, bytes)) {
            Ok(bytes) => match fetcher.cache.put(&bytes) {
                Ok(certificate) => {
                    return Ok(AnchorEntry {
                        name: locator.name().to_owned(),
                        uri: uri.clone(),
                        certificate,
                    });
                }
                Err(error) => failures.push(Failure::machine(error)),
            },
            Err(failure) => failures.push(failure),
        }
    }
    Err(failures)
}

fn bytes(fetcher: &Fetcher<'_>, uri: &str, deadline: Instant) -> Result<Vec<u8>, Failure> {
    if !uri.starts_with("https://") {
        return fetcher.rsync(deadline)?.file(uri, CERTIFICATE_BYTES);
    }
    let mut sink = in_memory();
    let allowance = Allowance {
        deadline,
        bytes: CERTIFICATE_BYTES,
    };
    fetcher.http()?.get(uri, None, allowance, &mut sink)?;
    Ok(sink.finish().0)
}

/// A captive portal's page is no certificate. Whether it has the locator's
/// key is decided where the last one that did is still known.
fn checked(uri: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    match Cert::decode(bytes.as_slice()) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::new(
            "anchor.malformed",
            format!("{uri}: it is no certificate: {error}"),
        )),
    }
}
