//! For which families a peer sends several paths of a prefix (RFC 7911): what
//! both OPENs of a Peer Up agree on.
//!
//! Whoever reads a peer's prefixes otherwise than its router does hears
//! something else than the router, so one capability that cannot be read must
//! not hide another.

/// The unicast families whose prefixes come with numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Several {
    pub(super) v4: bool,
    pub(super) v6: bool,
}

/// Receives several paths (RFC 7911, section 4).
const RECEIVES: u8 = 1;
/// Sends them; who does both says both.
const SENDS: u8 = 2;

/// Bytes of an OPEN before its optional parameters (RFC 4271, section 4.2).
const FIXED: usize = 29;
/// Length of the parameters, and their type, where they are long (RFC 9072).
const EXTENDED: u8 = 255;
/// The parameter that holds capabilities (RFC 5492, section 4).
const CAPABILITIES: u8 = 2;
/// The capability to send or receive several paths.
const ADD_PATH: u8 = 69;

/// Reads what stands behind the header of a Peer Up (RFC 7854, section 4.10):
/// address and ports, the OPEN that the router sent and the one that it got.
pub(super) fn several(up: &[u8]) -> Several {
    let agreed = || {
        let (sent, rest) = bgp(up.get(20..)?)?;
        let (received, _) = bgp(rest)?;
        let both = |family: [u8; 3]| {
            mode(sent, family) & RECEIVES != 0 && mode(received, family) & SENDS != 0
        };
        Some(Several {
            v4: both([0, 1, 1]),
            v6: both([0, 2, 1]),
        })
    };
    agreed().unwrap_or_default()
}

/// A BGP message by its length, and what follows it.
fn bgp(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u16::from_be_bytes([*bytes.get(16)?, *bytes.get(17)?]);
    bytes.split_at_checked(usize::from(length))
}

/// What an OPEN says of a family, an AFI and a SAFI; of several tuples the
/// first counts, and one with an unknown mode is none.
fn mode(open: &[u8], family: [u8; 3]) -> u8 {
    let tuples = (capabilities(open).into_iter())
        .filter(|(code, _)| *code == ADD_PATH)
        .flat_map(|(_, value)| value.chunks_exact(4));
    let mut modes = tuples.filter_map(|tuple| match tuple {
        [a, b, c, mode @ 1..=3] if [*a, *b, *c] == family => Some(*mode),
        _ => None,
    });
    modes.next().unwrap_or(0)
}

/// The capabilities of an OPEN, up to what cannot be read.
fn capabilities(open: &[u8]) -> Vec<(u8, &[u8])> {
    let (mut parameters, wide) = match (open.get(FIXED - 1), open.get(FIXED)) {
        (Some(&EXTENDED), Some(&EXTENDED)) => (open.get(FIXED + 3..), true),
        _ => (open.get(FIXED..), false),
    };
    let mut found = Vec::new();
    while let Some((kind, value, rest)) = parameters.and_then(|it| tagged(it, wide)) {
        let mut capabilities = Some(value).filter(|_| kind == CAPABILITIES);
        while let Some((code, value, rest)) = capabilities.and_then(|it| tagged(it, false)) {
            found.push((code, value));
            capabilities = Some(rest);
        }
        parameters = Some(rest);
    }
    found
}

/// A type, a length of one byte or two, that many bytes, and the rest.
fn tagged(bytes: &[u8], wide: bool) -> Option<(u8, &[u8], &[u8])> {
    let (kind, length, rest) = match (bytes, wide) {
        ([kind, a, b, rest @ ..], true) => (*kind, u16::from_be_bytes([*a, *b]), rest),
        ([kind, a, rest @ ..], false) => (*kind, u16::from(*a), rest),
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(usize::from(length))?;
    Some((kind, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(parameters: &[u8]) -> Vec<u8> {
        let mut open = vec![0xff; 16];
        open.extend((28 + parameters.len() as u16).to_be_bytes());
        open.extend([1, 4, 0xfb, 0xf5, 0, 90, 192, 0, 2, 1]);
        open.extend(parameters);
        open
    }

    /// With capabilities, as most say it.
    fn plain(capabilities: &[u8]) -> Vec<u8> {
        let length = capabilities.len() as u8;
        open(&[&[length + 2, 2, length], capabilities].concat())
    }

    fn agreed(sent: &[u8], received: &[u8]) -> Several {
        several(&[&[0; 20], sent, received].concat())
    }

    #[test]
    fn a_family_has_several_paths_where_one_sends_and_the_other_receives() {
        let both = plain(&[2, 0, 69, 8, 0, 1, 1, 3, 0, 2, 1, 3]);
        let (v4, v6) = (true, true);
        assert_eq!(agreed(&both, &both), Several { v4, v6 });
        let receives_v4 = plain(&[69, 4, 0, 1, 1, 1]);
        let v6 = false;
        assert_eq!(agreed(&receives_v4, &both), Several { v4, v6 });
        assert_eq!(agreed(&both, &receives_v4), Several::default());
        assert_eq!(agreed(&both, &plain(&[2, 0])), Several::default());
    }

    #[test]
    fn what_cannot_be_read_hides_nothing_that_can() {
        let receives = plain(&[69, 4, 0, 1, 1, 1]);
        let (v4, v6) = (true, false);
        // An address family that nobody knows, a mode that none is, a second
        // tuple, a parameter of another kind, and the long form (RFC 9072).
        let odd = [
            plain(&[69, 8, 0x7f, 0xff, 99, 2, 0, 1, 1, 2]),
            plain(&[69, 8, 0, 1, 1, 9, 0, 1, 1, 2]),
            plain(&[69, 8, 0, 1, 1, 2, 0, 1, 1, 1]),
            open(&[11, 1, 1, 7, 2, 6, 69, 4, 0, 1, 1, 2]),
            open(&[255, 255, 0, 9, 2, 0, 6, 69, 4, 0, 1, 1, 2]),
        ];
        for sends in odd {
            assert_eq!(agreed(&receives, &sends), Several { v4, v6 }, "{sends:?}");
        }
    }

    #[test]
    fn a_peer_up_cut_anywhere_says_nothing_and_does_no_harm() {
        let whole = [vec![0; 20], plain(&[69, 4, 0, 1, 1, 3]).repeat(2)].concat();
        for length in 0..whole.len() {
            assert_eq!(several(&whole[..length]), Several::default());
        }
        assert!(several(&whole).v4);
    }
}
