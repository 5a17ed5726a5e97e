//! What an organisation has: components of software, from the lists that its
//! tools write.

pub mod assets;
mod cargo;
mod cyclonedx;
mod debian;
mod ecosystem;
mod go;
mod maven;
mod npm;
mod purl;
mod python;
mod rpm;
mod rpmdb;
mod spdx;
mod text;
mod written;

use std::borrow::Cow;

pub use ecosystem::{OsvEcosystem, OsvPackage, Unplaced};
pub use purl::PackageUrl;
pub(crate) use purl::normal_name;
pub(crate) use text::Text;

use crate::{VulnError, limits};

/// What one list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory<'a> {
    /// What the list is of, as it says: a package URL, a name, a number; empty
    /// where it does not say.
    pub asset: Cow<'a, str>,
    /// Its components in the order of the list.
    pub components: Vec<Component<'a>>,
}

/// One component of an inventory, borrowed from the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component<'a> {
    /// Its name as the list has it.
    pub name: Cow<'a, str>,
    /// Its version as the list has it.
    pub version: Option<Cow<'a, str>>,
    /// Its package URL as the list has it, readable or not.
    pub purl: Option<Cow<'a, str>>,
    /// Its CPE name as the list has it, readable or not.
    pub cpe: Option<Cow<'a, str>>,
}

/// Reads a list of components whose file has no name; see [`read`].
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8]) -> Result<Inventory<'_>, VulnError> {
    read("", bytes)
}

/// Reads a list of components. What it is is told by its name, or else by
/// what is in it: CycloneDX 1.4 to 1.7 and SPDX 2.3 as JSON, `Cargo.lock`,
/// `package-lock.json`, `requirements.txt`, `poetry.lock`, `uv.lock`, `pom.xml`,
/// `go.mod`, `go.sum`, the status file of dpkg, listings of `rpm -qa`, RPM's
/// database (`rpmdb.sqlite`, `Packages.db`, `Packages`).
///
/// # Errors
/// [`VulnError`] with the place, where it is none of these or not whole, or
/// holds more than [`limits::COMPONENTS`], or nests deeper than
/// [`limits::DEPTH`].
pub fn read<'a>(name: &str, bytes: &'a [u8]) -> Result<Inventory<'a>, VulnError> {
    let form = Form::of(name, bytes);
    let text = || {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        std::str::from_utf8(bytes)
            .map_err(|error| VulnError::at("the text", format!("{error}: expected UTF-8")))
    };
    let inventory = match form {
        Form::Json => json(bytes)?,
        Form::CargoLock => cargo::parse(text()?)?,
        Form::PythonLock => python::lock(text()?)?,
        Form::Requirements => python::requirements(text()?)?,
        Form::Pom => maven::parse(text()?)?,
        Form::GoMod => go::mod_file(text()?)?,
        Form::GoSum => go::sum(text()?)?,
        Form::DpkgStatus => debian::parse(text()?)?,
        Form::RpmListing => rpm::parse(text()?)?,
        Form::RpmDatabase => rpmdb::parse(bytes)?,
        Form::Assets => {
            let problem = "this is a plant's list of assets: hand it to `modu vuln assets`";
            return Err(VulnError::at("line 1", problem));
        }
        Form::Unknown => {
            return Err(VulnError::at(
                "the first lines",
                format!("expected {FORMS}"),
            ));
        }
    };
    match inventory.components.len() > limits::COMPONENTS {
        true => Err(VulnError::TooMany {
            what: "components",
            limit: limits::COMPONENTS as u64,
        }),
        false => Ok(inventory),
    }
}

const FORMS: &str = "CycloneDX or SPDX 2.3 as JSON, Cargo.lock, package-lock.json, \
    requirements.txt, poetry.lock, uv.lock, pom.xml, go.mod, go.sum, dpkg's status file, \
    a listing of `rpm -qa` or RPM's database (rpmdb.sqlite, Packages.db, Packages)";

/// What a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    CargoLock,
    PythonLock,
    Requirements,
    Pom,
    GoMod,
    GoSum,
    DpkgStatus,
    RpmListing,
    RpmDatabase,
    Assets,
    Unknown,
}

impl Form {
    fn of(name: &str, bytes: &[u8]) -> Self {
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
        match file {
            "Cargo.lock" => Self::CargoLock,
            "poetry.lock" | "uv.lock" => Self::PythonLock,
            "pom.xml" => Self::Pom,
            "go.mod" => Self::GoMod,
            "go.sum" => Self::GoSum,
            _ if file.starts_with("requirements") && file.ends_with(".txt") => Self::Requirements,
            _ => Self::of_content(bytes),
        }
    }

    /// Told by the first lines, for a run's inputs have no names of files.
    fn of_content(bytes: &[u8]) -> Self {
        const SEEN: usize = 64 << 10;
        if rpmdb::recognised(bytes) {
            return Self::RpmDatabase;
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let seen = &bytes[..bytes.len().min(SEEN)];
        // A character may be cut at the end of what is looked at.
        let text = match std::str::from_utf8(seen) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&seen[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return Self::Unknown,
        };
        let whole = match seen.len() < bytes.len() {
            // The last line may be cut, too.
            true => text.rsplit_once('\n').map_or(text, |(whole, _)| whole),
            false => text,
        };
        let mut lines = whole.lines().map(str::trim_end);
        let lines_with = |start: &str| lines.clone().any(|line| line.starts_with(start));
        match whole.trim_start().chars().next() {
            // An empty list is no list: it may be a file that was not written.
            None => return Self::Unknown,
            Some('{') => return Self::Json,
            Some('<') => return Self::Pom,
            _ => {}
        }
        if lines_with("[[package]]") {
            let cargo = lines_with("source = \"registry+") || !lines_with("[metadata");
            let python = lines_with("requires-python") || lines_with("lock-version = ");
            let python = python || lines_with("content-hash = ") || lines_with("source = {");
            return match cargo && !python {
                true => Self::CargoLock,
                false => Self::PythonLock,
            };
        }
        if lines_with("Package: ") && lines_with("Status: ") {
            return Self::DpkgStatus;
        }
        if lines_with("module ") {
            return Self::GoMod;
        }
        let first = lines.next().unwrap_or_default();
        if first.contains(" h1:") {
            return Self::GoSum;
        }
        let asset = ["asset,", "asset\t", "asset;", "자산"];
        if asset.iter().any(|start| first.starts_with(start)) {
            return Self::Assets;
        }
        match rpm::recognised(whole) {
            true => Self::RpmListing,
            false if whole.contains(['=', '~', '>', '<']) => Self::Requirements,
            false => Self::Unknown,
        }
    }
}

fn json(bytes: &[u8]) -> Result<Inventory<'_>, VulnError> {
    /// The members that tell them apart.
    #[derive(serde::Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "bomFormat", borrow)]
        bom_format: Option<Text<'a>>,
        #[serde(rename = "spdxVersion", borrow)]
        spdx_version: Option<Text<'a>>,
        #[serde(rename = "lockfileVersion", default)]
        lockfile_version: Option<u32>,
    }
    let kind: Kind<'_> = serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|it| it.0.to_string());
    let (bom, spdx) = (text(&kind.bom_format), text(&kind.spdx_version));
    match (bom.as_deref(), spdx.as_deref(), kind.lockfile_version) {
        (Some("CycloneDX"), None, None) => cyclonedx::parse(bytes),
        (None, Some("SPDX-2.3" | "SPDX-2.2"), None) => spdx::parse(bytes),
        (None, None, Some(_)) => npm::parse(bytes),
        _ => Err(VulnError::at(
            "the first members",
            "expected CycloneDX (`bomFormat`), SPDX 2.3 (`spdxVersion`) or package-lock.json (`lockfileVersion`) as JSON",
        )),
    }
}

/// What a TOML reader says.
fn of_toml(error: &toml::de::Error) -> VulnError {
    let place = error.span().map_or_else(
        || "the document".to_owned(),
        |span| format!("byte {}", span.start),
    );
    VulnError::at(place, error.message())
}
