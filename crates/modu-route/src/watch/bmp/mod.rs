//! What routers tell of their BGP sessions (BMP, RFC 7854), as what is heard.
//!
//! [`Session`] reads one router's messages, [`Roster`] knows which router
//! speaks for which peer, and what comes out of it is written as MRT records:
//! so a watch of live routers is a watch of a file, and can be repeated. Bytes
//! and times come from whoever holds the connections (`modu-route-net`).
//!
//! Strangers write these bytes: not only the router, but each of its peers,
//! whose OPEN and UPDATE messages it passes on. So what decides how the others
//! are read, which numbers a peer puts before its prefixes (RFC 7911), is read
//! here, byte by byte.

mod message;
mod open;
mod roster;
mod session;

pub use self::roster::{Heard, Roster, What};
pub use self::session::{Bgp, PeerNews, Session, Told};

/// Bytes of a common header (RFC 7854, section 4.1).
pub const HEADER: usize = 6;

/// Why a session must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ending {
    /// The router said that it ends (RFC 7854, section 4.5).
    #[error("it said that it ends")]
    Terminated,
    /// It speaks another protocol or version.
    #[error("it speaks version {0} instead of BMP's 3: check what connects to this port")]
    Version(u8),
    /// It announced a message of an impossible length.
    #[error("it announced a message of {0} bytes")]
    Length(u32),
    /// It tells of more peers than it may.
    #[error("it tells of too many peers")]
    Peers,
}

/// The length of a message, its header with it, by that header.
///
/// # Errors
/// [`Ending`] where it is of another protocol, shorter than a header, or longer
/// than a limit.
pub fn length_of(header: [u8; HEADER], limit: usize) -> Result<usize, Ending> {
    let [version, a, b, c, d, _] = header;
    if version != 3 {
        return Err(Ending::Version(version));
    }
    let length = u32::from_be_bytes([a, b, c, d]);
    usize::try_from(length)
        .ok()
        .filter(|it| (HEADER..=limit).contains(it))
        .ok_or(Ending::Length(length))
}
