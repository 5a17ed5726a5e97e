//! What an organisation has: components of software, from the lists that its
//! tools write.

pub mod assets;
mod cyclonedx;
mod ecosystem;
mod purl;
mod spdx;
mod text;

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
}

/// Reads a list of components: CycloneDX 1.4 to 1.7 or SPDX 2.3, as JSON.
///
/// # Errors
/// [`VulnError`] where it is neither, or holds more than
/// [`limits::COMPONENTS`], or nests deeper than [`limits::DEPTH`].
pub fn parse(bytes: &[u8]) -> Result<Inventory<'_>, VulnError> {
    /// The member that tells the two apart.
    #[derive(serde::Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "bomFormat", borrow)]
        bom_format: Option<Text<'a>>,
        #[serde(rename = "spdxVersion", borrow)]
        spdx_version: Option<Text<'a>>,
    }
    let kind: Kind<'_> = serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|it| it.0.to_string());
    let kind = (text(&kind.bom_format), text(&kind.spdx_version));
    let inventory = match (kind.0.as_deref(), kind.1.as_deref()) {
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
    match inventory.components.len() > limits::COMPONENTS {
        true => Err(VulnError::TooMany {
            what: "components",
            limit: limits::COMPONENTS as u64,
        }),
        false => Ok(inventory),
    }
}
