//! Where in a sorted list the nodes of an address begin.

use super::family::Address;

/// How many first bits every address is told apart by.
const COARSE_BITS: u32 = 16;

/// Cells of a block: with its first node it fills half a cache line.
const CELLS: usize = 28;

/// Two tables: one over the first 16 bits of the address, and for each value
/// of them a row of cells over as many further bits as it has nodes to tell
/// apart. So a crowded block costs no longer a search than an empty one.
///
/// A cell says where its nodes begin, in a byte beyond the first node of its
/// block of cells: the whole of it should stay in a processor's own cache.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    coarse: Vec<Coarse>,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy)]
struct Coarse {
    /// Its first cell.
    at: u32,
    /// How many further bits its cells tell apart.
    bits: u32,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    /// The first node of its first cell.
    first: u32,
    /// How many nodes later each cell begins; [`u8::MAX`] means that or more.
    further: [u8; CELLS],
}

impl Directory {
    /// Of addresses in ascending order, fewer than 2^32.
    pub(super) fn new<A: Address>(addresses: impl ExactSizeIterator<Item = A> + Clone) -> Self {
        let mut coarse = Vec::with_capacity(1 << COARSE_BITS);
        let mut cells = Vec::with_capacity((1 << COARSE_BITS) + 2 * addresses.len());
        let mut begin = 0;
        let mut rest = addresses.map(A::head).peekable();
        for value in 0..1_u32 << COARSE_BITS {
            let here = rest.clone();
            let here = here.take_while(|head| bits(*head, 0, COARSE_BITS) == value);
            let count = here.clone().count();
            let told_apart = count.next_power_of_two().ilog2().min(COARSE_BITS);
            coarse.push(Coarse {
                at: cells.len() as u32,
                bits: told_apart,
            });
            let mut here = here.peekable();
            let mut next = begin;
            for cell in 0..1_u32 << told_apart {
                while here
                    .next_if(|head| bits(*head, COARSE_BITS, told_apart) < cell)
                    .is_some()
                {
                    next += 1;
                }
                cells.push(next);
            }
            begin += count as u32;
            if let Some(last) = count.checked_sub(1) {
                rest.nth(last);
            }
        }
        // The end of the last cell, and of the last block.
        cells.push(begin);
        let mut blocks: Vec<Block> = cells.chunks(CELLS).filter_map(Block::of).collect();
        blocks.extend(Block::of(&[begin]));
        Self { coarse, blocks }
    }

    /// The cell of an address.
    pub(super) fn cell(&self, address: impl Address) -> u32 {
        let head = address.head();
        let coarse = self.coarse[bits(head, 0, COARSE_BITS) as usize];
        coarse.at + bits(head, COARSE_BITS, coarse.bits)
    }

    /// How many cells there are, at most.
    pub(super) fn cells(&self) -> usize {
        self.blocks.len() * CELLS
    }

    /// The nodes among which an address of a cell has its place: the first,
    /// and the one behind the last. There may be more at either end.
    pub(super) fn range(&self, cell: u32) -> (usize, usize) {
        (self.begin(cell).0, self.begin(cell + 1).1)
    }

    /// Between which nodes a cell begins.
    fn begin(&self, cell: u32) -> (usize, usize) {
        let place = cell as usize / CELLS;
        let block = &self.blocks[place];
        let further = block.further[cell as usize % CELLS];
        let least = block.first as usize + usize::from(further);
        match further {
            u8::MAX => (least, self.blocks[place + 1].first as usize),
            _ => (least, least),
        }
    }
}

impl Block {
    fn of(cells: &[u32]) -> Option<Self> {
        let (first, last) = (*cells.first()?, *cells.last()?);
        let mut further = [0; CELLS];
        for (place, further) in further.iter_mut().enumerate() {
            let begin = cells.get(place).unwrap_or(&last);
            *further = u8::try_from(begin - first).unwrap_or(u8::MAX);
        }
        Some(Self { first, further })
    }
}

/// `count` bits behind the first `from`; together at most 32.
fn bits(head: u32, from: u32, count: u32) -> u32 {
    // In 64 bits, because nothing is left of a shift by all of them.
    (u64::from(head << from) >> (u32::BITS - count)) as u32
}
