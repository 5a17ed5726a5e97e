//! Table dumps: every route as its peer announced it (RFC 6396, section 4.3),
//! several of a peer to one prefix too (RFC 8050, section 4).

use std::io::Read as Bytes;

use bgpkit_parser::models::{
    ElemType, MrtMessage, MrtRecord, PeerIndexTable, RibAfiEntries, TableDumpV2Message,
};
use bgpkit_parser::{BgpkitParser, Elementor};

use super::event::{MICROSECONDS, Moment, News, PathId, Peer, Read, Update, moment_of, prefix_of};
use crate::RouteError;
use crate::announcement::unpacked;
use crate::aspa::of_message;

/// Reads a table dump.
///
/// # Errors
/// As [`super::read_updates`].
pub fn read_table(reader: impl Bytes, take: &mut dyn FnMut(&Update)) -> Result<Read, RouteError> {
    let parser = BgpkitParser::from_reader(unpacked(reader)?).disable_warnings();
    let mut read = Read::default();
    let mut peers = PeerIndexTable::default();
    let elementor = Elementor::new();
    for record in parser.into_fallible_record_iter() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                read.skip(&error.error);
                continue;
            }
        };
        match record.message {
            MrtMessage::TableDumpV2Message(TableDumpV2Message::PeerIndexTable(told)) => {
                peers = told;
            }
            MrtMessage::TableDumpV2Message(TableDumpV2Message::RibAfi(entries)) => {
                take_entries(&entries, &peers, take);
            }
            _ => {
                if let Err(error) = take_others(&elementor, record, take) {
                    read.skip(&error);
                }
            }
        }
    }
    Ok(read)
}

/// The routes to one prefix, each by its place in the list of peers; one of a
/// peer that is not there is nobody's.
fn take_entries(entries: &RibAfiEntries, peers: &PeerIndexTable, take: &mut dyn FnMut(&Update)) {
    let Some(prefix) = prefix_of(&entries.prefix) else {
        return;
    };
    for entry in &entries.rib_entries {
        let Some(peer) = peers.id_peer_map.get(&entry.peer_index) else {
            continue;
        };
        let path = entry.attributes.as_path().map(of_message);
        take(&Update {
            time: Moment(i64::from(entry.originated_time) * MICROSECONDS),
            peer: Peer {
                address: peer.peer_ip,
                asn: peer.peer_asn.to_u32(),
            },
            news: News::Announced(prefix, PathId::of(entry.path_id), path.unwrap_or_default()),
        });
    }
}

/// What older dumps hold (RFC 6396, section 4.2).
fn take_others(
    elementor: &Elementor,
    record: MrtRecord,
    take: &mut dyn FnMut(&Update),
) -> Result<(), String> {
    let elements = (elementor.record_to_elems_iter(record)).map_err(|error| error.to_string())?;
    for element in elements {
        let Some(prefix) = prefix_of(&element.prefix) else {
            continue;
        };
        if element.elem_type != ElemType::ANNOUNCE {
            continue;
        }
        let path = element.as_path.as_ref().map(of_message);
        take(&Update {
            time: moment_of(element.timestamp),
            peer: Peer {
                address: element.peer_ip,
                asn: element.peer_asn.to_u32(),
            },
            news: News::Announced(
                prefix,
                PathId::of(element.prefix.path_id),
                path.unwrap_or_default(),
            ),
        });
    }
    Ok(())
}
