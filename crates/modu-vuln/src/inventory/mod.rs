//! What an organisation has: components of software, from the lists that its
//! tools write.

mod cyclonedx;
mod purl;
mod spdx;

pub use purl::PackageUrl;
pub(crate) use purl::python_name;

use crate::{VulnError, limits};

/// One component of an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name as the list has it.
    pub name: String,
    /// Its version as the list has it.
    pub version: Option<String>,
    /// Its package URL, or why there is none that can be read.
    pub package: Result<PackageUrl, String>,
}

/// Reads a list of components: CycloneDX 1.4 to 1.7 or SPDX 2.3, as JSON.
///
/// # Errors
/// [`VulnError`] where it is neither, or holds more than
/// [`limits::COMPONENTS`].
pub fn parse(bytes: &[u8]) -> Result<Vec<Component>, VulnError> {
    /// The member that tells the two apart.
    #[derive(serde::Deserialize)]
    struct Kind {
        #[serde(rename = "bomFormat")]
        bom_format: Option<String>,
        #[serde(rename = "spdxVersion")]
        spdx_version: Option<String>,
    }
    let kind: Kind = serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let components = match (kind.bom_format.as_deref(), kind.spdx_version.as_deref()) {
        (Some("CycloneDX"), None) => cyclonedx::parse(bytes)?,
        (None, Some("SPDX-2.3" | "SPDX-2.2")) => spdx::parse(bytes)?,
        _ => {
            return Err(VulnError::Malformed {
                place: "the first members".into(),
                problem: "expected CycloneDX (`bomFormat`) or SPDX 2.3 (`spdxVersion`) as JSON"
                    .into(),
            });
        }
    };
    match components.len() > limits::COMPONENTS {
        true => Err(VulnError::TooMany {
            what: "components",
            limit: limits::COMPONENTS as u64,
        }),
        false => Ok(components),
    }
}

/// The package URL of a component, or why there is none.
fn package_of(purl: Option<&str>) -> Result<PackageUrl, String> {
    let purl = purl.ok_or("it has no package URL")?;
    PackageUrl::parse(purl)
}
