//! A package's header, as RPM's database holds it
//! (<https://rpm-software-management.github.io/rpm/manual/format_header.html>,
//! without the eight bytes that begin it in a package file): two lengths, an
//! index of entries of sixteen bytes, and the data that they lead to. Numbers
//! are big-endian.

/// Entries of one header, as RPM itself allows.
const ENTRIES: usize = 0xffff;
/// Bytes of one text that is read.
const TEXT_BYTES: usize = 4_096;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const VENDOR: u32 = 1011;
const ARCH: u32 = 1022;

const INT32: u32 = 4;
const STRING: u32 = 6;

const DAMAGED: &str = "its header is cut or damaged: copy the database again while no `rpm` runs";

/// What is read of a header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) epoch: u32,
    pub(super) version: String,
    pub(super) release: String,
    pub(super) arch: Option<String>,
    pub(super) vendor: Option<String>,
}

/// Reads a header.
pub(super) fn parse(blob: &[u8]) -> Result<Package, &'static str> {
    let count = number(blob, 0).ok_or(DAMAGED)? as usize;
    let length = number(blob, 4).ok_or(DAMAGED)? as usize;
    let rest = &blob[8..];
    if count > ENTRIES || rest.len() != 16 * count + length {
        return Err(DAMAGED);
    }
    let (index, data) = rest.split_at(16 * count);
    let mut package = Package::default();
    let (mut name, mut version, mut release) = (None, None, None);
    for entry in index.chunks_exact(16) {
        let [Some(tag), Some(kind), Some(offset)] = [0, 4, 8].map(|at| number(entry, at)) else {
            return Err(DAMAGED);
        };
        let place = match tag {
            NAME => &mut name,
            VERSION => &mut version,
            RELEASE => &mut release,
            VENDOR => &mut package.vendor,
            ARCH => &mut package.arch,
            EPOCH if kind == INT32 => {
                package.epoch = number(data, offset as usize).ok_or(DAMAGED)?;
                continue;
            }
            _ => continue,
        };
        if kind == STRING {
            *place = Some(text(data, offset as usize).ok_or(DAMAGED)?);
        }
    }
    package.name = name.ok_or(DAMAGED)?;
    package.version = version.ok_or(DAMAGED)?;
    package.release = release.ok_or(DAMAGED)?;
    Ok(package)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.get(..4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// A text up to its zero.
fn text(data: &[u8], at: usize) -> Option<String> {
    let data = data.get(at..)?;
    let length = data.iter().take(TEXT_BYTES).position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&data[..length]).into_owned())
}
