//! What is heard: updates of BGP peers, from MRT files (RFC 6396).

use std::collections::BTreeMap;
use std::io::Read as Bytes;
use std::net::IpAddr;

use bgpkit_parser::models::{
    Afi, Bgp4MpEnum, BgpMessage, BgpState, BgpUpdateMessage, ElemType, MrtMessage, MrtRecord,
    NetworkPrefix, Safi,
};
use bgpkit_parser::{BgpkitParser, Elementor};
use rpki::resources::addr::Prefix;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::announcement::unpacked;
use crate::aspa::{AsPath, of_message};
use crate::{RouteError, instant, text};

pub(super) const MICROSECONDS: i64 = 1_000_000;

/// A time, in microseconds since 1970 (UTC); written as RFC 3339.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String")]
pub struct Moment(pub i64);

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let written = instant::written(self.0.div_euclid(MICROSECONDS));
        let fraction = format!("{:06}", self.0.rem_euclid(MICROSECONDS));
        match (written.strip_suffix('Z'), fraction.trim_end_matches('0')) {
            (Some(whole), fraction) if !fraction.is_empty() => write!(f, "{whole}.{fraction}Z"),
            _ => f.write_str(&written),
        }
    }
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (whole, fraction) = match text.strip_suffix('Z')?.split_once('.') {
                Some((whole, fraction)) => (format!("{whole}Z"), fraction),
                None => (text.to_owned(), "0"),
            };
            let digits = (1..=6).contains(&fraction.len())
                && fraction.bytes().all(|byte| byte.is_ascii_digit());
            let fraction: i64 = format!("{fraction:0<6}").parse().ok().filter(|_| digits)?;
            Some(Self(instant::read(&whole)? * MICROSECONDS + fraction))
        };
        read().ok_or_else(|| {
            format!(
                "`{}` is no time: write it as 2026-12-31T00:00:00Z",
                text::shown(text)
            )
        })
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Who tells: a BGP session of a collector or router.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Its network.
    pub asn: u32,
}

/// Which of a peer's routes to a prefix: a number of the peer's choice where
/// its session carries several (RFC 7911, section 3), else 0.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct PathId(pub u32);

impl PathId {
    /// Whether it is the only one, as of a peer that sends no numbers.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0 == 0
    }

    pub(super) fn of(told: Option<u32>) -> Self {
        Self(told.unwrap_or(0))
    }
}

/// One thing that is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// When.
    pub time: Moment,
    /// From whom.
    pub peer: Peer,
    /// What.
    pub news: News,
}

/// What a peer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It has this route now, in place of the one with the same number.
    Announced(Prefix, PathId, AsPath),
    /// It has no route to this prefix with this number any more.
    Withdrawn(Prefix, PathId),
    /// The session ended; what it told is void.
    SessionLost,
    /// A session began: all that it has will be told anew.
    SessionBegan,
    /// All that it has of a family has been told (End-of-RIB, RFC 4724,
    /// section 2).
    TableTold(Family),
}

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// A prefix's.
    #[must_use]
    pub fn of(prefix: Prefix) -> Self {
        match prefix.is_v4() {
            true => Self::V4,
            false => Self::V6,
        }
    }
}

/// What of a file could not be read, by fault; at most 100 are told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// Faults and how often.
    pub skipped: BTreeMap<String, u64>,
}

impl Read {
    pub(super) fn skip(&mut self, error: &impl ToString) {
        // The reader's words may hold bytes of the file.
        let fault = text::shown(&error.to_string());
        if self.skipped.len() < 100 || self.skipped.contains_key(&fault) {
            *self.skipped.entry(fault).or_insert(0) += 1;
        }
    }
}

/// Reads updates in the order of the file: announcements, withdrawals, begins
/// and ends of sessions. Within one message withdrawals come first, so that a prefix
/// that is in both stays announced (RFC 4271, section 4.3).
///
/// # Errors
/// [`RouteError`] where reading fails in the machine; what cannot be parsed is
/// skipped and counted.
pub fn read_updates(reader: impl Bytes, take: &mut dyn FnMut(&Update)) -> Result<Read, RouteError> {
    let parser = BgpkitParser::from_reader(unpacked(reader)?).disable_warnings();
    let mut read = Read::default();
    let elementor = Elementor::new();
    for record in parser.into_fallible_record_iter() {
        match record {
            Ok(record) => take_record(&elementor, record, take),
            Err(error) => read.skip(&error.error),
        }
    }
    Ok(read)
}

fn take_record(elementor: &Elementor, record: MrtRecord, take: &mut dyn FnMut(&Update)) {
    if let MrtMessage::Bgp4Mp(message) = &record.message
        && let Some(update) = of_session(&record, message)
    {
        return take(&update);
    }
    let Ok(elements) = elementor.record_to_elems_iter(record) else {
        return;
    };
    let mut announced = Vec::new();
    for element in elements {
        let Some(prefix) = prefix_of(&element.prefix) else {
            continue;
        };
        let path = element.as_path.as_ref();
        let number = PathId::of(element.prefix.path_id);
        let update = Update {
            time: moment_of(element.timestamp),
            peer: Peer {
                address: element.peer_ip,
                asn: element.peer_asn.to_u32(),
            },
            news: match element.elem_type {
                ElemType::ANNOUNCE => {
                    News::Announced(prefix, number, path.map(of_message).unwrap_or_default())
                }
                ElemType::WITHDRAW => News::Withdrawn(prefix, number),
            },
        };
        match update.news {
            News::Withdrawn(..) => take(&update),
            _ => announced.push(update),
        }
    }
    announced.iter().for_each(take);
}

/// What a record says of a session, where it tells of no prefix.
fn of_session(record: &MrtRecord, message: &Bgp4MpEnum) -> Option<Update> {
    let (address, asn, news) = match message {
        Bgp4MpEnum::StateChange(change) => {
            let news = match change.new_state {
                BgpState::Established => News::SessionBegan,
                _ => News::SessionLost,
            };
            (change.peer_ip, change.peer_asn, news)
        }
        Bgp4MpEnum::Message(message) => {
            let BgpMessage::Update(update) = &message.bgp_message else {
                return None;
            };
            let family = end_of_table(update)?;
            (message.peer_ip, message.peer_asn, News::TableTold(family))
        }
    };
    let header = &record.common_header;
    let fraction = i64::from(header.microsecond_timestamp.unwrap_or(0));
    Some(Update {
        time: Moment(i64::from(header.timestamp) * MICROSECONDS + fraction),
        peer: Peer {
            address,
            asn: asn.to_u32(),
        },
        news,
    })
}

/// The family whose end an update marks: one that is empty, or withdraws no
/// unicast prefix and does nothing else.
fn end_of_table(update: &BgpUpdateMessage) -> Option<Family> {
    if !update.is_end_of_rib() {
        return None;
    }
    match update.attributes.get_unreachable_nlri() {
        None => Some(Family::V4),
        Some(nlri) => match (nlri.afi, nlri.safi) {
            (Afi::Ipv4, Safi::Unicast) => Some(Family::V4),
            (Afi::Ipv6, Safi::Unicast) => Some(Family::V6),
            _ => None,
        },
    }
}

pub(super) fn prefix_of(prefix: &NetworkPrefix) -> Option<Prefix> {
    let net = prefix.prefix;
    Prefix::new(net.network(), net.prefix_len()).ok()
}

/// MRT counts seconds from 1970 to 2106, and perhaps microseconds.
pub(super) fn moment_of(seconds: f64) -> Moment {
    Moment((seconds * 1e6).round() as i64)
}
