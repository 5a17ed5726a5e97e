//! A peer's UPDATE (RFC 4271, section 4.3), so that its prefixes can be read in
//! one way only.
//!
//! An MRT record says for a whole message whether prefixes come with numbers
//! (RFC 8050), while a session agrees on it for each family; and readers take
//! a prefix of length zero, where no numbers were told, for a number (as some
//! routers forgot to say that they send them). Whoever may choose what stands
//! in a message could so hide the one prefix beside the other. Such messages
//! are written anew, with a number before every prefix.

use super::super::mrt::PathIds;
use super::open::Several;

/// Bytes before the body: marker, length and type.
const HEADER: usize = 19;
const UPDATE: u8 = 2;
const MP_REACH: u8 = 14;
const MP_UNREACH: u8 = 15;
const EXTENDED_LENGTH: u8 = 0x10;

/// How a message is to be read, and its bytes. What is no sound UPDATE stays
/// as it is, for the reader to refuse; so does what would get too long.
pub(super) fn readable(message: &[u8], several: Several) -> (PathIds, Vec<u8>) {
    let numbered = match several {
        Several {
            v4: false,
            v6: false,
        } => PathIds::Absent,
        _ => PathIds::Present,
    };
    let Some(update) = Update::parse(message) else {
        return (numbered, message.to_vec());
    };
    let told = update.told(several);
    let all = |numbered| told.iter().all(|(_, it)| *it == numbered);
    if all(true) {
        return (numbered, message.to_vec());
    }
    let unclear = |bytes| prefixes(bytes).is_none_or(|mut all| all.any(|it| it.len() == 1));
    if all(false) && !told.iter().any(|(bytes, _)| unclear(bytes)) {
        return (PathIds::Absent, message.to_vec());
    }
    match update.with_numbers(message, several) {
        Some(written) => (PathIds::Present, written),
        None => (numbered, message.to_vec()),
    }
}

/// The parts of an UPDATE.
struct Update<'m> {
    withdrawn: &'m [u8],
    attributes: Vec<Attribute<'m>>,
    announced: &'m [u8],
}

struct Attribute<'m> {
    flags: u8,
    kind: u8,
    value: &'m [u8],
}

impl<'m> Update<'m> {
    fn parse(message: &'m [u8]) -> Option<Self> {
        let (header, body) = message.split_at_checked(HEADER)?;
        if header[HEADER - 1] != UPDATE {
            return None;
        }
        let (withdrawn, body) = counted(body)?;
        let (mut attributes, announced) = counted(body)?;
        let mut parsed = Vec::new();
        while let [flags, kind, rest @ ..] = attributes {
            let (value, rest) = match flags & EXTENDED_LENGTH {
                0 => {
                    let (length, rest) = rest.split_first()?;
                    rest.split_at_checked(usize::from(*length))?
                }
                _ => counted(rest)?,
            };
            parsed.push(Attribute {
                flags: *flags,
                kind: *kind,
                value,
            });
            attributes = rest;
        }
        attributes.is_empty().then_some(Self {
            withdrawn,
            attributes: parsed,
            announced,
        })
    }

    /// The lists of unicast prefixes that are not empty, and whether they come
    /// with numbers.
    fn told(&self, several: Several) -> Vec<(&'m [u8], bool)> {
        let plain = [self.withdrawn, self.announced].map(|bytes| (bytes, several.v4));
        let families = self.attributes.iter().filter_map(|it| {
            let (_, bytes) = it.family(several)?;
            Some(bytes)
        });
        let all = plain.into_iter().chain(families);
        all.filter(|(bytes, _)| !bytes.is_empty()).collect()
    }

    /// The message with a number before every prefix; none where a list makes
    /// no sense, or where it gets too long. Lists of other families are left
    /// out: nobody watches them.
    fn with_numbers(&self, message: &[u8], several: Several) -> Option<Vec<u8>> {
        let withdrawn = numbered(self.withdrawn, several.v4)?;
        let mut attributes = Vec::new();
        for it in &self.attributes {
            let value = match (it.family(several), it.kind) {
                (Some((before, (list, has))), _) => [before, &numbered(list, has)?].concat(),
                (None, MP_REACH | MP_UNREACH) => continue,
                (None, _) => it.value.to_vec(),
            };
            attributes.extend([it.flags | EXTENDED_LENGTH, it.kind]);
            attributes.extend(u16::try_from(value.len()).ok()?.to_be_bytes());
            attributes.extend(value);
        }
        let mut body = u16::try_from(withdrawn.len()).ok()?.to_be_bytes().to_vec();
        body.extend(withdrawn);
        body.extend(u16::try_from(attributes.len()).ok()?.to_be_bytes());
        body.extend(attributes);
        body.extend(numbered(self.announced, several.v4)?);
        let mut written = message.get(..16)?.to_vec();
        written.extend(u16::try_from(HEADER + body.len()).ok()?.to_be_bytes());
        written.push(UPDATE);
        written.extend(body);
        Some(written)
    }
}

/// What stands before a list of prefixes, the list, and whether it is numbered.
type Parts<'m> = (&'m [u8], (&'m [u8], bool));

impl<'m> Attribute<'m> {
    /// Of an attribute that tells unicast prefixes (RFC 4760, sections 3 and
    /// 4).
    fn family(&self, several: Several) -> Option<Parts<'m>> {
        let has = match self.value {
            [0, 1, 1, ..] => several.v4,
            [0, 2, 1, ..] => several.v6,
            _ => return None,
        };
        let before = match self.kind {
            // The next hop with its length, and a byte of nothing.
            MP_REACH => 5 + usize::from(*self.value.get(3)?),
            MP_UNREACH => 3,
            _ => return None,
        };
        let (before, list) = self.value.split_at_checked(before)?;
        Some((before, (list, has)))
    }
}

/// Bytes behind their count in two bytes, and the rest.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (count, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*count)))
}

/// The prefixes of a list without numbers, each a length and its bytes; none
/// where it ends within one.
fn prefixes(list: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut rest = list;
    let mut all = Vec::new();
    while let Some(bits) = rest.first() {
        let (prefix, behind) = rest.split_at_checked(1 + usize::from(bits.div_ceil(8)))?;
        all.push(prefix);
        rest = behind;
    }
    Some(all.into_iter())
}

/// A list whose prefixes have numbers; 0 where they had none.
fn numbered(list: &[u8], has: bool) -> Option<Vec<u8>> {
    if has {
        return Some(list.to_vec());
    }
    let with = |prefix: &[u8]| [&[0; 4], prefix].concat();
    Some(prefixes(list)?.flat_map(with).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use rpki::resources::addr::Prefix;

    use super::super::super::event::{Moment, News, PathId, Peer, read_updates};
    use super::super::super::mrt::{AsnWidth, Coding, message as record};
    use super::*;

    const V4: Several = Several {
        v4: true,
        v6: false,
    };
    const NONE: Several = Several {
        v4: false,
        v6: false,
    };

    /// An UPDATE with lists of IPv4 and IPv6 prefixes as they stand in it.
    fn update(v4: &[u8], v6: &[u8]) -> Vec<u8> {
        let mut attributes = vec![0x40, 1, 1, 0];
        attributes.extend([0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1]);
        if !v6.is_empty() {
            attributes.extend([0x80, MP_REACH, 21 + v6.len() as u8, 0, 2, 1, 16]);
            attributes.extend([0; 17]);
            attributes.extend(v6);
        }
        let length = attributes.len() as u16;
        let body = [&[0, 0][..], &length.to_be_bytes(), &attributes, v4].concat();
        let mut update = vec![0xff; 16];
        update.extend((19 + body.len() as u16).to_be_bytes());
        update.push(UPDATE);
        update.extend(body);
        update
    }

    /// What is read of it in the end.
    fn heard(update: &[u8], several: Several) -> Vec<(Prefix, u32)> {
        let (path_ids, bytes) = readable(update, several);
        let peer = Peer {
            address: [192, 0, 2, 1].into(),
            asn: 1,
        };
        let coding = Coding {
            width: AsnWidth::Four,
            path_ids,
        };
        let mut heard = Vec::new();
        let file = record(Moment(1), peer, coding, &bytes);
        let read = read_updates(file.as_slice(), &mut |update| match &update.news {
            News::Announced(prefix, PathId(number), path) => {
                assert_eq!(path.as_path().to_string(), "64501");
                heard.push((*prefix, *number));
            }
            other => panic!("{other:?}"),
        });
        assert!(read.unwrap().skipped.is_empty());
        heard
    }

    fn routes(expected: &[(&str, u32)]) -> Vec<(Prefix, u32)> {
        let route = |&(prefix, number): &(&str, u32)| (prefix.parse().unwrap(), number);
        expected.iter().map(route).collect()
    }

    #[test]
    fn a_message_that_can_be_read_in_one_way_only_stays_as_it_is() {
        let plain = update(&[24, 192, 0, 2], &[32, 0x20, 1, 0xd, 0xb8]);
        assert_eq!(readable(&plain, NONE), (PathIds::Absent, plain.clone()));
        let numbered = update(&[0, 0, 0, 7, 24, 192, 0, 2], &[]);
        assert_eq!(
            readable(&numbered, V4),
            (PathIds::Present, numbered.clone())
        );
        assert_eq!(heard(&numbered, V4), routes(&[("192.0.2.0/24", 7)]));
        let v6_only = update(&[], &[32, 0x20, 1, 0xd, 0xb8]);
        assert_eq!(readable(&v6_only, V4), (PathIds::Absent, v6_only.clone()));
    }

    #[test]
    fn two_families_of_which_one_is_numbered_are_both_heard() {
        let mixed = update(
            &[0, 0, 0, 7, 24, 192, 0, 2, 0, 0, 0, 8, 24, 192, 0, 2],
            &[32, 0x20, 1, 0xd, 0xb8],
        );
        let mut expected = routes(&[
            ("192.0.2.0/24", 7),
            ("192.0.2.0/24", 8),
            ("2001:db8::/32", 0),
        ]);
        let mut heard = heard(&mixed, V4);
        heard.sort_unstable();
        expected.sort_unstable();
        assert_eq!(heard, expected);
    }

    #[test]
    fn a_default_route_hides_no_prefix_beside_it() {
        // With numbers this would be 24.192.0.2: 10.0.0.0/1 and so on.
        let update = update(&[0, 24, 192, 0, 2, 24, 10, 0, 0], &[]);
        let expected = [("0.0.0.0/0", 0), ("192.0.2.0/24", 0), ("10.0.0.0/24", 0)];
        assert_eq!(heard(&update, NONE), routes(&expected));
    }

    #[test]
    fn what_is_no_sound_update_stays_for_the_reader_to_refuse() {
        let whole = update(&[0, 24, 192, 0, 2], &[32, 0x20, 1, 0xd, 0xb8]);
        for length in 0..whole.len() {
            let cut = &whole[..length];
            let (_, bytes) = readable(cut, V4);
            assert!(bytes == cut || length > 72, "{length}");
        }
        let huge = update(&vec![0; 60_000], &[]);
        assert_eq!(readable(&huge, NONE), (PathIds::Absent, huge.clone()));
    }
}
