//! Asking a provider, within limits.

use std::time::Duration;

use url::{Host, Url};

use crate::error::OpenidError;

/// Bytes of any document of a provider.
const MAX_BYTES: usize = 256 << 10;
/// For one question and its whole answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// A client that follows nobody elsewhere.
pub(crate) fn client() -> Result<reqwest::Client, OpenidError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .map_err(|error| OpenidError::unreachable("client", error))
}

/// The status and the bytes of an answer.
pub(crate) async fn answer(
    what: &'static str,
    request: reqwest::RequestBuilder,
) -> Result<(u16, Vec<u8>), OpenidError> {
    // An error's text may hold the address, and so a code: it is left out.
    let failed = |error: reqwest::Error| OpenidError::unreachable(what, error.without_url());
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(OpenidError::unreachable(what, "it is larger than 256 KiB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((status, bytes))
}

/// Whether an address may be asked: over TLS, or on this machine.
pub(crate) fn is_guarded(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}
