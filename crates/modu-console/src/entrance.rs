//! How visitors reach the server: what a proxy before it changes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderName};
use modu_openid::Provider;
use url::Url;

/// What a browser keeps for us, which no script reads and no other site sends a
/// form with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The session.
    Session,
    /// The ticket, between a password and a code.
    Ticket,
    /// A question to an identity provider.
    Question,
}

impl Cookie {
    /// Its name, and the path that it is sent below.
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Session => ("modu_session", "/"),
            Self::Ticket => ("modu_ticket", "/sign-in"),
            Self::Question => ("modu_question", "/sign-in"),
        }
    }
}

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

    /// A cookie to set.
    pub(crate) fn cookie(&self, cookie: Cookie, value: &str, seconds: i64) -> String {
        let (name, (_, path)) = (self.name(cookie), cookie.parts());
        let secure = if self.over_tls { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }

    /// What a request carries of a cookie.
    pub(crate) fn carried(&self, headers: &HeaderMap, wanted: Cookie) -> Option<String> {
        cookie(headers, &self.name(wanted))
    }

    /// Over TLS a browser takes such a name only with `Secure` and from us, not
    /// from a neighbour under the same domain, who could plant a session of
    /// their own (RFC 6265bis, section 4.1.3).
    fn name(&self, cookie: Cookie) -> String {
        let (name, path) = cookie.parts();
        let prefix = match (self.over_tls, path) {
            (false, _) => "",
            (true, "/") => "__Host-",
            (true, _) => "__Secure-",
        };
        format!("{prefix}{name}")
    }
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
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
        assert_eq!(
            tls.cookie(Cookie::Session, "b", 1),
            "__Host-modu_session=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=1; Secure"
        );
        assert!(
            tls.cookie(Cookie::Ticket, "b", 1)
                .starts_with("__Secure-modu_ticket=b; Path=/sign-in;")
        );
        let plain = Entrance::default().cookie(Cookie::Session, "b", 1);
        assert_eq!(
            plain,
            "modu_session=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=1"
        );
    }

    #[test]
    fn over_tls_a_cookie_that_a_neighbour_may_have_planted_is_not_read() {
        let tls = Entrance {
            over_tls: true,
            ..Entrance::default()
        };
        let mut headers = HeaderMap::new();
        let carried = "modu_session=planted; __Host-modu_session=ours"
            .parse()
            .unwrap();
        headers.append(COOKIE, carried);
        let read = |entrance: &Entrance| entrance.carried(&headers, Cookie::Session);
        assert_eq!(read(&tls).as_deref(), Some("ours"));
        assert_eq!(read(&Entrance::default()).as_deref(), Some("planted"));
    }
}
