//! One router's messages, as what they say of its peers.

use std::collections::BTreeMap;

use bgpkit_parser::parser::bmp::messages::{
    BmpMsgType, BmpPeerType, BmpPerPeerHeader, PeerFlags, PerPeerFlags, parse_bmp_common_header,
    parse_per_peer_header,
};
use bytes::Bytes;

use super::super::event::{Moment, Peer};
use super::super::mrt::{AS_TRANS, AsnWidth, Coding};
use super::Ending;
use super::message::readable;
use super::open::{Several, several};

/// What a router tells of a peer that sends it routes of the global table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The peer.
    pub peer: Peer,
    /// When the router heard it, by its own clock; it may not say.
    pub time: Option<Moment>,
    /// What.
    pub news: PeerNews,
}

/// What a router tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerNews {
    /// The peer's session stands; its routes follow.
    Up,
    /// It ended.
    Down,
    /// The peer sent a BGP message.
    Message(Bgp),
}

/// A BGP message (RFC 4271), with its marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bgp {
    /// How it is to be read.
    pub coding: Coding,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A router's session.
#[derive(Debug)]
pub struct Session {
    limit: usize,
    peers: BTreeMap<Peer, Known>,
    faults: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// From which side of the router's policy its routes are taken: where it
    /// tells both, the side that came first counts, because one would undo
    /// the other.
    side: Option<Side>,
    /// Of what it sends several paths of a prefix (RFC 7911).
    several: Several,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    BeforePolicy,
    AfterPolicy,
}

impl Session {
    /// A session that may tell of so many peers.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            peers: BTreeMap::new(),
            faults: 0,
        }
    }

    /// How many messages made no sense.
    #[must_use]
    pub const fn faults(&self) -> u64 {
        self.faults
    }

    /// Takes a whole message in. None where it tells nothing of a peer's
    /// routes in the global table: statistics, mirrored messages, VRFs, what
    /// the router sends out and its own table (RFC 8671, RFC 9069), types that
    /// nobody knows yet, and what makes no sense.
    ///
    /// # Errors
    /// The [`Ending`] with which the session must end.
    pub fn take(&mut self, message: &[u8]) -> Result<Option<Told>, Ending> {
        let mut bytes = Bytes::copy_from_slice(message);
        let kind = match message.get(5) {
            None => return Ok(self.fault()),
            // RFC 7854, section 4.1: ignored upon receipt.
            Some(7..) => return Ok(None),
            Some(_) => parse_bmp_common_header(&mut bytes).map(|header| header.msg_type),
        };
        match kind {
            Ok(BmpMsgType::TerminationMessage) => Err(Ending::Terminated),
            Ok(
                kind @ (BmpMsgType::PeerUpNotification
                | BmpMsgType::PeerDownNotification
                | BmpMsgType::RouteMonitoring),
            ) => match parse_per_peer_header(&mut bytes) {
                Ok(header) => self.of_peer(kind, header, bytes),
                Err(_) => Ok(self.fault()),
            },
            Ok(_) => Ok(None),
            Err(_) => Ok(self.fault()),
        }
    }

    fn fault(&mut self) -> Option<Told> {
        self.faults += 1;
        None
    }

    fn of_peer(
        &mut self,
        kind: BmpMsgType,
        header: BmpPerPeerHeader,
        rest: Bytes,
    ) -> Result<Option<Told>, Ending> {
        let Some((peer, side, width)) = incoming(&header) else {
            return Ok(None);
        };
        let news = match kind {
            BmpMsgType::PeerUpNotification => {
                let known = self.know(peer)?;
                let before = std::mem::replace(
                    known,
                    Known {
                        side: Some(side),
                        several: several(&rest),
                    },
                );
                // The second of two, one for each side, tells nothing new.
                if before.side.is_some_and(|before| before != side) {
                    *known = before;
                    return Ok(None);
                }
                PeerNews::Up
            }
            BmpMsgType::PeerDownNotification => match self.peers.remove(&peer) {
                Some(_) => PeerNews::Down,
                None => return Ok(None),
            },
            _ => {
                let known = self.know(peer)?;
                if *known.side.get_or_insert(side) != side {
                    return Ok(None);
                }
                let (path_ids, bytes) = readable(&rest, known.several);
                let coding = Coding { width, path_ids };
                PeerNews::Message(Bgp { coding, bytes })
            }
        };
        let time = (header.timestamp * 1e6).round() as i64;
        Ok(Some(Told {
            peer,
            time: (time > 0).then_some(Moment(time)),
            news,
        }))
    }

    fn know(&mut self, peer: Peer) -> Result<&mut Known, Ending> {
        if self.peers.len() >= self.limit && !self.peers.contains_key(&peer) {
            return Err(Ending::Peers);
        }
        Ok(self.peers.entry(peer).or_default())
    }
}

/// Whose routes a message tells of; none where they are not what a peer sent.
fn incoming(header: &BmpPerPeerHeader) -> Option<(Peer, Side, AsnWidth)> {
    let PerPeerFlags::PeerFlags(flags) = header.peer_flags else {
        return None;
    };
    if header.peer_type != BmpPeerType::Global || flags.is_adj_rib_out() {
        return None;
    }
    let side = match flags.is_post_policy() {
        true => Side::AfterPolicy,
        false => Side::BeforePolicy,
    };
    let width = match flags.contains(PeerFlags::AS_SIZE_16BIT) {
        true => AsnWidth::Two,
        false => AsnWidth::Four,
    };
    // An old router has no longer number; records of its messages hold none.
    let asn = header.peer_asn.to_u32();
    let asn = match (width, u16::try_from(asn)) {
        (AsnWidth::Two, Err(_)) => u32::from(AS_TRANS),
        _ => asn,
    };
    let peer = Peer {
        address: header.peer_ip,
        asn,
    };
    Some((peer, side, width))
}
