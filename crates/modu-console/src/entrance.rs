//! How visitors reach the server: what a proxy before it changes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use modu_openid::Provider;
use url::Url;

/// What the server is told of its entrance; by default nobody stands before
/// it.
#[derive(Debug, Clone, Default)]
pub struct Entrance {
    /// Visitors come over TLS: their browsers send our cookies by no other
    /// way.
    pub over_tls: bool,
    /// The header in which the proxy before us puts the visitor's address,
    /// such as `x-forwarded-for`. Without it all visitors of a proxy are one,
    /// and one who guesses passwords makes all wait.
    pub client_address: Option<HeaderName>,
    /// The address of the front page as visitors see it: to it providers send
    /// them back.
    pub root: Option<Url>,
    /// Who else says who somebody is.
    pub providers: Vec<Arc<Provider>>,
}

impl Entrance {
    /// Where a request comes from: what the proxy says, which stands last in
    /// its header, for what stands before is the visitor's own word.
    pub(crate) fn address(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> String {
        let told = self.client_address.as_ref().and_then(|name| {
            let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
            let last = line.rsplit(',').next()?.trim();
            last.parse::<IpAddr>().ok()
        });
        told.or(peer)
            .map_or_else(String::new, |address| address.to_string())
    }

    /// A cookie that no script reads and no other site sends a form with.
    pub(crate) fn cookie(&self, name: &str, value: &str, path: &str, seconds: i64) -> String {
        let secure = if self.over_tls { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_the_proxy_says_and_not_what_the_visitor_says() {
        let peer = Some("127.0.0.1".parse().unwrap());
        let mut headers = HeaderMap::new();
        let told = "6.6.6.6, 203.0.113.9".parse().unwrap();
        headers.append("x-forwarded-for", told);
        assert_eq!(Entrance::default().address(&headers, peer), "127.0.0.1");
        let behind = Entrance {
            client_address: Some(HeaderName::from_static("x-forwarded-for")),
            ..Entrance::default()
        };
        assert_eq!(behind.address(&headers, peer), "203.0.113.9");
        headers.append("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(behind.address(&headers, peer), "127.0.0.1");
    }

    #[test]
    fn cookies_keep_to_tls_where_there_is_some() {
        let tls = Entrance {
            over_tls: true,
            ..Entrance::default()
        };
        assert!(tls.cookie("a", "b", "/", 1).ends_with("; Secure"));
        assert!(
            !Entrance::default()
                .cookie("a", "b", "/", 1)
                .contains("Secure")
        );
    }
}
