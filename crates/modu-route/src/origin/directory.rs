//! Where in a sorted list the nodes of an address begin.

use super::family::Address;

/// How many first bits every address is told apart by.
const COARSE_BITS: u32 = 16;

/// Two tables: one over the first 16 bits of the address, and for each value
/// of them one over as many further bits as it has nodes to tell apart. So a
/// crowded block costs no longer a search than an empty one.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    coarse: Vec<Coarse>,
    /// First nodes, for all values of the first bits one after another; one
    /// more at the end.
    fine: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Coarse {
    /// Where its part of the fine table begins.
    at: u32,
    /// How many further bits that part tells apart.
    bits: u32,
}

impl Directory {
    /// Of addresses in ascending order, fewer than 2^32.
    pub(super) fn new<A: Address>(addresses: impl ExactSizeIterator<Item = A> + Clone) -> Self {
        let mut coarse = Vec::with_capacity(1 << COARSE_BITS);
        let mut fine = Vec::with_capacity((1 << COARSE_BITS) + 2 * addresses.len());
        let mut rest = addresses.enumerate().peekable();
        for first in 0..1_usize << COARSE_BITS {
            let begin = rest.peek().map(|(index, _)| *index);
            let here = rest.clone();
            let here = here.take_while(|(_, address)| address.bits(0, COARSE_BITS) == first);
            let count = here.clone().count();
            let bits = count.next_power_of_two().ilog2().min(COARSE_BITS);
            coarse.push(Coarse {
                at: fine.len() as u32,
                bits,
            });
            let Some(begin) = begin.filter(|_| count > 0) else {
                fine.push(begin.map_or(u32::MAX, |begin| begin as u32));
                continue;
            };
            let mut here = here.peekable();
            let mut next = begin;
            for value in 0..1_usize << bits {
                while here
                    .next_if(|(_, address)| address.bits(COARSE_BITS, bits) < value)
                    .is_some()
                {
                    next += 1;
                }
                fine.push(next as u32);
            }
            rest.nth(count - 1);
        }
        fine.push(u32::MAX);
        Self { coarse, fine }
    }

    /// The nodes among which an address has its place: the first, and the one
    /// behind the last, which may lie behind the end.
    pub(super) fn range(&self, address: impl Address) -> (usize, usize) {
        let coarse = self.coarse[address.bits(0, COARSE_BITS)];
        let place = coarse.at as usize + address.bits(COARSE_BITS, coarse.bits);
        (self.fine[place] as usize, self.fine[place + 1] as usize)
    }
}
