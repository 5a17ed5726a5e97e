//! Prints the components of a list: name, version and package URL, a line each.
//!
//!     list_components FILE
#![allow(clippy::print_stdout, reason = "an example talks")]

use modu_vuln::inventory;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("list_components FILE")?;
    let bytes = std::fs::read(path)?;
    for component in inventory::parse(&bytes)?.components {
        let text = |text: Option<_>| text.unwrap_or_default();
        let (version, purl) = (text(component.version), text(component.purl));
        println!("{}\t{version}\t{purl}", component.name);
    }
    Ok(())
}
