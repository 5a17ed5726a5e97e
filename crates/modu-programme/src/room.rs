//! Room on the disk: what of it is left for the programme itself.
//!
//! What members put on record may be large, and there may be much of it. So
//! that no member can stop the others, it is not taken any more while there is
//! still room for needs, calls, sheets and decisions, which are small.

use std::path::Path;

/// Share of a disk that is left for the programme, in hundred.
const LEFT_IN_HUNDRED: u64 = 5;
/// Bytes of a large disk that are enough.
const LEFT_AT_MOST: u64 = 1 << 30;

/// A disk's room, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What anybody may still write.
    pub free: u64,
    /// What there is in all.
    pub whole: u64,
}

impl Room {
    /// Of the disk that a folder is on; `None` where the system does not tell.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(folder).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Some(Self {
            free: bytes(disk.f_bavail),
            whole: bytes(disk.f_blocks),
        })
    }

    /// Whether what is left is for the programme itself: less than a twentieth
    /// of the disk, and less than 1 GiB.
    #[must_use]
    pub fn is_for_the_programme(self) -> bool {
        let share = self.whole / 100 * LEFT_IN_HUNDRED;
        self.free < share.min(LEFT_AT_MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_disk_is_left_for_the_programme() {
        const GIB: u64 = 1 << 30;
        for (free, whole, left) in [
            (0, 0, false),
            (99, 100 * 20, true),
            (100, 100 * 20, false),
            (GIB - 1, 1_000 * GIB, true),
            (GIB, 1_000 * GIB, false),
            (1_000 * GIB, 1_000 * GIB, false),
        ] {
            let room = Room { free, whole };
            assert_eq!(room.is_for_the_programme(), left, "{room:?}");
        }
    }

    #[test]
    fn a_disk_tells_its_room() {
        let here = Room::of(Path::new("/"));
        assert!(here.is_some_and(|room| room.whole >= room.free && room.whole > 0));
        assert_eq!(Room::of(Path::new("/nothing/here")), None);
    }
}
