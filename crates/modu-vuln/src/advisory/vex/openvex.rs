//! OpenVEX 0.2 (<https://github.com/openvex/spec>).

use serde::Deserialize;

use super::{STATEMENTS, Statement, Status};
use crate::VulnError;

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "@id")]
    id: String,
    author: String,
    timestamp: String,
    statements: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    vulnerability: Fault,
    #[serde(default)]
    products: Vec<Product>,
    status: String,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    impact_statement: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    last_updated: Option<String>,
}

/// A name alone in older documents.
#[derive(Deserialize)]
#[serde(untagged)]
enum Fault {
    Name(String),
    Full {
        name: String,
        #[serde(default)]
        aliases: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Product {
    Name(String),
    Full(Part),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "@id", default)]
    id: Option<String>,
    #[serde(default)]
    identifiers: Identifiers,
    #[serde(default)]
    subcomponents: Vec<Subcomponent>,
}

#[derive(Deserialize)]
struct Subcomponent {
    #[serde(rename = "@id", default)]
    id: Option<String>,
    #[serde(default)]
    identifiers: Identifiers,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Identifiers {
    purl: Option<String>,
    cpe23: Option<String>,
    cpe22: Option<String>,
}

impl Identifiers {
    /// All of them and the part's own.
    fn with(self, id: Option<String>) -> impl Iterator<Item = String> {
        [self.purl, self.cpe23, self.cpe22, id]
            .into_iter()
            .flatten()
    }
}

/// Reads a document.
pub(in crate::advisory) fn read(bytes: &[u8]) -> Result<Vec<Statement>, VulnError> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    if document.statements.len() > STATEMENTS {
        return Err(VulnError::TooMany {
            what: "statements",
            limit: STATEMENTS as u64,
        });
    }
    let mut statements = Vec::new();
    for (place, said) in document.statements.into_iter().enumerate() {
        let at = |problem: String| VulnError::at(format!("statements[{place}]"), problem);
        let status = status(&said.status).map_err(at)?;
        let names = match said.vulnerability {
            Fault::Name(name) => vec![name],
            Fault::Full { name, aliases } => [vec![name], aliases].concat(),
        };
        let made = said.last_updated.or(said.timestamp);
        let made = made.unwrap_or_else(|| document.timestamp.clone());
        for product in said.products {
            let (products, within) = parts(product);
            statements.push(Statement {
                id: format!("{}#{}", document.id, statements.len() + 1),
                author: document.author.clone(),
                made: Some(made.clone()),
                names: names.clone(),
                products,
                within,
                status,
                why: said
                    .justification
                    .clone()
                    .or_else(|| said.impact_statement.clone()),
            });
        }
    }
    Ok(statements)
}

fn status(text: &str) -> Result<Status, String> {
    match text {
        "not_affected" => Ok(Status::NotAffected),
        "affected" => Ok(Status::Affected),
        "fixed" => Ok(Status::Fixed),
        "under_investigation" => Ok(Status::UnderInvestigation),
        other => Err(format!(
            "the status `{}` is none of not_affected, affected, fixed, under_investigation",
            other.chars().take(40).collect::<String>()
        )),
    }
}

/// What is spoken of, and what it is part of: of a product with subcomponents
/// the subcomponents are meant, within that product only.
fn parts(product: Product) -> (Vec<String>, Vec<String>) {
    let part = match product {
        Product::Name(name) => return (vec![name], Vec::new()),
        Product::Full(part) => part,
    };
    let own: Vec<String> = part.identifiers.with(part.id).collect();
    if part.subcomponents.is_empty() {
        return (own, Vec::new());
    }
    let within = part.subcomponents.into_iter();
    let within = within.flat_map(|it| it.identifiers.with(it.id));
    (within.collect(), own)
}
