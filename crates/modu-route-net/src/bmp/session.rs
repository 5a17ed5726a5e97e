//! One router's messages, as what they say of its peers.

use std::collections::BTreeMap;

use bgpkit_parser::models::capabilities::AddPathSendReceive;
use bgpkit_parser::models::{BgpMessage, CapabilityValue, ParamValue};
use bgpkit_parser::parser::bmp::messages::{
    BmpMsgType, BmpPeerType, BmpPerPeerHeader, PeerFlags, PerPeerFlags, parse_bmp_common_header,
    parse_peer_up_notification, parse_per_peer_header,
};
use bytes::Bytes;
use modu_route::watch::mrt::AsnWidth;
use modu_route::watch::{Moment, Peer};

use super::Farewell;

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
    /// The peer sent a BGP message (RFC 4271, with its marker).
    Message(AsnWidth, Vec<u8>),
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
    /// Whether it sends several paths of a prefix (RFC 7911), which are passed
    /// over: one would stand for all.
    add_path: bool,
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
    /// The [`Farewell`] with which the session must end.
    pub fn take(&mut self, message: &[u8]) -> Result<Option<Told>, Farewell> {
        let mut bytes = Bytes::copy_from_slice(message);
        let kind = match message.get(5) {
            None => return Ok(self.fault()),
            // RFC 7854, section 4.1: ignored upon receipt.
            Some(7..) => return Ok(None),
            Some(_) => parse_bmp_common_header(&mut bytes).map(|header| header.msg_type),
        };
        match kind {
            Ok(BmpMsgType::TerminationMessage) => Err(Farewell::Terminated),
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
    ) -> Result<Option<Told>, Farewell> {
        let Some((peer, side, width)) = incoming(&header) else {
            return Ok(None);
        };
        let news = match kind {
            BmpMsgType::PeerUpNotification => {
                let add_path = sends_several_paths(&header, rest);
                let known = self.know(peer)?;
                let before = std::mem::replace(
                    known,
                    Known {
                        side: Some(side),
                        add_path,
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
                if *known.side.get_or_insert(side) != side || known.add_path {
                    return Ok(None);
                }
                PeerNews::Message(width, rest.to_vec())
            }
        };
        let time = (header.timestamp * 1e6).round() as i64;
        Ok(Some(Told {
            peer,
            time: (time > 0).then_some(Moment(time)),
            news,
        }))
    }

    fn know(&mut self, peer: Peer) -> Result<&mut Known, Farewell> {
        if self.peers.len() >= self.limit && !self.peers.contains_key(&peer) {
            return Err(Farewell::Peers);
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
    let peer = Peer {
        address: header.peer_ip,
        asn: header.peer_asn.to_u32(),
    };
    Some((peer, side, width))
}

/// Whether the two OPENs of a Peer Up agree that the peer sends several paths
/// of a prefix.
fn sends_several_paths(header: &BmpPerPeerHeader, mut rest: Bytes) -> bool {
    let (family, width) = (header.afi(), header.asn_length());
    let Ok(up) = parse_peer_up_notification(&mut rest, &family, &width, None) else {
        return false;
    };
    use AddPathSendReceive::{Receive, Send, SendReceive};
    says(&up.sent_open, &[Receive, SendReceive]) && says(&up.received_open, &[Send, SendReceive])
}

fn says(open: &BgpMessage, modes: &[AddPathSendReceive]) -> bool {
    let BgpMessage::Open(open) = open else {
        return false;
    };
    let capabilities = open.opt_params.iter().flat_map(|it| match &it.param_value {
        ParamValue::Capacities(capabilities) => capabilities.as_slice(),
        ParamValue::Raw(_) => &[],
    });
    let mut families = capabilities.flat_map(|it| match &it.value {
        CapabilityValue::AddPath(it) => it.address_families.as_slice(),
        _ => &[],
    });
    families.any(|family| modes.contains(&family.send_receive))
}
