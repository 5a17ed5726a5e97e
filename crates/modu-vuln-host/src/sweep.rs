//! One walk over the local file systems: set-id programs, what everybody may
//! write, what belongs to nobody, plain files in `/dev`, hidden files.
//!
//! Network file systems are left out and named: their files are another
//! host's, but whether they are clean is not known. What the kernel makes up
//! (`/proc`, `/sys`) holds no files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use modu_kernel::Progress;
use modu_vuln::host::snapshot::{Found, Skipped, Snapshot, Spot, Sweep, limits};
use modu_vuln::host::{GROUP, PASSWD, plan};

use crate::root::Root;
use crate::states::States;

/// File systems whose files are on this host.
const LOCAL: [&str; 15] = [
    "btrfs", "devtmpfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "ramfs", "reiserfs",
    "rootfs", "squashfs", "tmpfs", "xfs", "zfs",
];
/// File systems without files of anybody's, or without owners.
const MADE_UP: [&str; 24] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "efivarfs",
    "exfat",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
    "vfat",
];

/// Walks; stops after a time or [`limits::ENTRIES`], which is then said.
pub(crate) fn walk(
    root: &Root,
    states: &States,
    snapshot: &Snapshot,
    running: bool,
    time: Duration,
    progress: &dyn Progress,
) -> Sweep {
    let mut walker = Walker {
        states,
        mounts: match running {
            true => mounts(),
            false => BTreeMap::new(),
        },
        users: ids(snapshot, PASSWD),
        groups: ids(snapshot, GROUP),
        sweep: Sweep {
            complete: true,
            ..Sweep::default()
        },
        running,
    };
    let end = Instant::now() + time;
    let mut waiting = vec![PathBuf::from("/")];
    while let Some(folder) = waiting.pop() {
        if Instant::now() >= end || walker.sweep.entries >= limits::ENTRIES {
            walker.sweep.complete = false;
            walker.skip(&folder, "the walk ran out of time or entries", true);
            break;
        }
        progress.report("walk", walker.sweep.entries, 0);
        walker.folder(root, &folder, &mut waiting);
    }
    walker.finish()
}

struct Walker<'a> {
    states: &'a States,
    /// File system by mount point.
    mounts: BTreeMap<PathBuf, String>,
    users: BTreeSet<u32>,
    groups: BTreeSet<u32>,
    sweep: Sweep,
    running: bool,
}

impl Walker<'_> {
    fn folder(&mut self, root: &Root, folder: &Path, waiting: &mut Vec<PathBuf>) {
        let outside = root.outside(folder);
        let entries = match fs::read_dir(&outside) {
            Ok(entries) => entries,
            // A folder that is gone by now hides nothing.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                self.sweep.complete = false;
                self.skip(folder, &error.to_string(), true);
                return;
            }
        };
        for entry in entries.flatten() {
            let path = folder.join(entry.file_name());
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            self.sweep.entries += 1;
            self.note(&path, &metadata);
            if metadata.is_dir() && self.goes_into(&path) {
                waiting.push(path);
            }
        }
    }

    fn goes_into(&mut self, path: &Path) -> bool {
        let Some(kind) = self.mounts.get(path).cloned() else {
            return true;
        };
        if LOCAL.contains(&kind.as_str()) {
            return true;
        }
        let made_up = MADE_UP.contains(&kind.as_str());
        self.skip(path, &kind, !made_up);
        false
    }

    fn skip(&mut self, path: &Path, why: &str, matters: bool) {
        if self.sweep.skipped.len() < limits::FOUND {
            self.sweep.skipped.push(Skipped {
                path: path.to_string_lossy().into_owned(),
                why: why.to_owned(),
                matters,
            });
        }
    }

    fn note(&mut self, path: &Path, metadata: &Metadata) {
        let kind = metadata.file_type();
        let text = path.to_string_lossy();
        let own = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
        let told = self.states.of(&text);
        if told.is_none() && !self.states.is_empty() && !kind.is_symlink() {
            self.skip(path, "the list of states does not name it", true);
        }
        let (mode, uid, gid) = told.unwrap_or(own);
        let spot = || Spot {
            path: text.clone().into_owned(),
            mode,
            uid,
            gid,
            folder: kind.is_dir(),
        };
        let sweep = &mut self.sweep;
        if kind.is_file() && mode & 0o6000 != 0 {
            add(&mut sweep.set_id, spot());
        }
        let open = mode & 0o002 != 0 && !(kind.is_dir() && mode & 0o1000 != 0);
        if (kind.is_file() || kind.is_dir()) && open {
            add(&mut sweep.world_writable, spot());
        }
        if !self.users.contains(&uid) || !self.groups.contains(&gid) {
            add(&mut sweep.unowned, spot());
        }
        let in_dev = text.starts_with("/dev/");
        let is_device = kind.is_char_device() || kind.is_block_device();
        let shared = ["/dev/shm/", "/dev/mqueue/", "/dev/hugepages/"];
        if in_dev
            && kind.is_file()
            && !is_device
            && !(self.running && shared.iter().any(|it| text.starts_with(it)))
        {
            add(&mut sweep.plain_in_dev, spot());
        }
        if plan::is_oddly_hidden(&text) {
            add(&mut sweep.hidden, spot());
        }
    }

    fn finish(mut self) -> Sweep {
        let sweep = &mut self.sweep;
        for found in [
            &mut sweep.set_id,
            &mut sweep.world_writable,
            &mut sweep.unowned,
            &mut sweep.plain_in_dev,
            &mut sweep.hidden,
        ] {
            found.listed.sort();
        }
        sweep.skipped.sort();
        self.sweep
    }
}

fn add(found: &mut Found, spot: Spot) {
    match found.listed.len() < limits::FOUND {
        true => found.listed.push(spot),
        false => found.more += 1,
    }
}

/// Third field of each line: the numbers that have a name.
fn ids(snapshot: &Snapshot, path: &str) -> BTreeSet<u32> {
    let text = snapshot.text(path).unwrap_or_default();
    let fields = text.lines().filter_map(|line| line.split(':').nth(2));
    fields.filter_map(|field| field.parse().ok()).collect()
}

/// Mount points of this process's view and their file systems (proc(5)).
fn mounts() -> BTreeMap<PathBuf, String> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mounts = text.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?;
        let point = point.replace("\\040", " ").replace("\\011", "\t");
        Some((PathBuf::from(point), after.split(' ').next()?.to_owned()))
    });
    mounts.collect()
}
