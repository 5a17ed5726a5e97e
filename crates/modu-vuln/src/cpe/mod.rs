//! Names of products in the Common Platform Enumeration 2.3, for what has no
//! package URL: firmware, appliances, operating systems.
//!
//! A name has eleven attributes. A *criterion*, as a CVE record has it, leaves
//! open what does not matter (`*`); the name of a thing leaves open what is not
//! known. The two look alike and mean opposite things, so the comparison has
//! three answers: where a criterion asks for what the thing's name leaves open,
//! nobody can tell.
//!
//! Sources: NISTIR 7695 (names) and 7696 (matching).

mod applies;
mod name;

pub use applies::{Catalogue, Product, Products, products_of};
pub use name::{Attribute, Cpe, CpeError, product_part};
