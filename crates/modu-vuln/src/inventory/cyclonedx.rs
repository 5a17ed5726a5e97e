//! CycloneDX as JSON (ECMA-424): components, and the components within them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::{Component, Inventory, Text};
use crate::VulnError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    serial_number: Option<Text<'a>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(default, borrow)]
    components: Flat<'a>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    component: Option<Listed<'a>>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    purl: Option<Text<'a>>,
    #[serde(borrow)]
    cpe: Option<Text<'a>>,
    #[serde(default, borrow)]
    components: Flat<'a>,
}

/// A list of components, each before those within it.
#[derive(Default)]
struct Flat<'a>(Vec<Component<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Flat<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Flat<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of components")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut flat = Vec::new();
                while let Some(listed) = list.next_element::<Listed<'de>>()? {
                    let within = listed.components.0;
                    flat.push(Component {
                        name: listed.name.unwrap_or_default().0,
                        version: listed.version.map(|text| text.0),
                        purl: listed.purl.map(|text| text.0),
                        cpe: listed.cpe.map(|text| text.0),
                    });
                    flat.extend(within);
                }
                Ok(Flat(flat))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// All components, each before those within it.
pub(super) fn parse(bytes: &[u8]) -> Result<Inventory<'_>, VulnError> {
    let document: Document<'_> =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let root = document.metadata.and_then(|metadata| metadata.component);
    let asset = match (root, document.serial_number) {
        (
            Some(Listed {
                purl: Some(purl), ..
            }),
            _,
        ) => purl.0,
        (
            Some(Listed {
                name: Some(name),
                version: Some(version),
                ..
            }),
            _,
        ) => Cow::Owned(format!("{}@{}", name.0, version.0)),
        (
            Some(Listed {
                name: Some(name), ..
            }),
            _,
        ) => name.0,
        (_, Some(number)) => number.0,
        (_, None) => Cow::Borrowed(""),
    };
    Ok(Inventory {
        asset,
        components: document.components.0,
    })
}
