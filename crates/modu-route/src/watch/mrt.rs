//! Writing what was heard as MRT (RFC 6396, section 4.4), so that a watch of a
//! live session is a watch of a file: others can read it, and the run can be
//! repeated.

use std::net::IpAddr;

use super::event::{Moment, Peer};

/// BGP4MP_ET: a record whose time has microseconds.
const BGP4MP_ET: u16 = 17;
const STATE_CHANGE_AS4: u16 = 5;
const MESSAGE: u16 = 1;
const MESSAGE_AS4: u16 = 4;
/// RFC 8050, section 3.
const MESSAGE_ADDPATH: u16 = 8;
const MESSAGE_AS4_ADDPATH: u16 = 9;
const IDLE: u16 = 1;
const ESTABLISHED: u16 = 6;
/// The 16-bit number that stands for a longer one (RFC 6793).
pub(super) const AS_TRANS: u16 = 23_456;

/// How many bytes an AS number has in the paths of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsnWidth {
    /// Two, between old routers.
    Two,
    /// Four (RFC 6793).
    Four,
}

/// Whether prefixes come with numbers (RFC 7911, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathIds {
    /// A peer has one route to a prefix.
    Absent,
    /// It may have several.
    Present,
}

/// What the two sides of a session agreed on about how messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coding {
    /// The AS numbers of paths.
    pub width: AsnWidth,
    /// The prefixes.
    pub path_ids: PathIds,
}

impl From<AsnWidth> for Coding {
    fn from(width: AsnWidth) -> Self {
        Self {
            width,
            path_ids: PathIds::Absent,
        }
    }
}

/// A record of one BGP message (RFC 4271, with its marker) of a peer.
#[must_use]
pub fn message(time: Moment, peer: Peer, coding: impl Into<Coding>, message: &[u8]) -> Vec<u8> {
    let coding = coding.into();
    let mut body = Vec::with_capacity(message.len() + 44);
    match coding.width {
        AsnWidth::Four => {
            body.extend(peer.asn.to_be_bytes());
            body.extend([0; 4]);
        }
        AsnWidth::Two => {
            body.extend(u16::try_from(peer.asn).unwrap_or(AS_TRANS).to_be_bytes());
            body.extend([0; 2]);
        }
    }
    let subtype = match (coding.width, coding.path_ids) {
        (AsnWidth::Two, PathIds::Absent) => MESSAGE,
        (AsnWidth::Four, PathIds::Absent) => MESSAGE_AS4,
        (AsnWidth::Two, PathIds::Present) => MESSAGE_ADDPATH,
        (AsnWidth::Four, PathIds::Present) => MESSAGE_AS4_ADDPATH,
    };
    addresses(&mut body, peer);
    body.extend(message);
    record(time, subtype, &body)
}

/// A record that a session began or ended. The width has to be that of the
/// session's messages, because the peer's number is part of who it is.
#[must_use]
pub fn session(time: Moment, peer: Peer, established: bool) -> Vec<u8> {
    let mut body = peer.asn.to_be_bytes().to_vec();
    body.extend([0; 4]);
    addresses(&mut body, peer);
    let (from, to) = match established {
        true => (IDLE, ESTABLISHED),
        false => (ESTABLISHED, IDLE),
    };
    body.extend(from.to_be_bytes());
    body.extend(to.to_be_bytes());
    record(time, STATE_CHANGE_AS4, &body)
}

/// Interface 0, family, the peer's address and ours, which is not told.
fn addresses(body: &mut Vec<u8>, peer: Peer) {
    body.extend([0; 2]);
    match peer.address {
        IpAddr::V4(address) => {
            body.extend(1_u16.to_be_bytes());
            body.extend(address.octets());
            body.extend([0; 4]);
        }
        IpAddr::V6(address) => {
            body.extend(2_u16.to_be_bytes());
            body.extend(address.octets());
            body.extend([0; 16]);
        }
    }
}

fn record(time: Moment, subtype: u16, body: &[u8]) -> Vec<u8> {
    let seconds = u32::try_from(time.0.div_euclid(1_000_000)).unwrap_or(u32::MAX);
    let microseconds = time.0.rem_euclid(1_000_000) as u32;
    let mut record = Vec::with_capacity(16 + body.len());
    record.extend(seconds.to_be_bytes());
    record.extend(BGP4MP_ET.to_be_bytes());
    record.extend(subtype.to_be_bytes());
    record.extend((body.len() as u32 + 4).to_be_bytes());
    record.extend(microseconds.to_be_bytes());
    record.extend(body);
    record
}
