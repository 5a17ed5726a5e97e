//! Whether CVE records apply to a thing with a CPE name.
//!
//! Versions are ordered as vendors write them (see [`crate::vendor`]), for
//! CPE names no order: where that order is only partial, the answer is that it
//! cannot be told. A statement that joins a product with the platform it runs
//! on (`AND`) cannot be told either, as the platform of the thing is not known.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Attribute, Cpe};
use crate::advisory::cve::{
    Affected, Configuration, CpeMatch, Node, Operator, Record, State, Status, Versions,
};
use crate::vendor::VendorVersion;

/// A vendor and its product, as CPE names have them.
pub type Product = (String, String);

/// The products that a record's CPE names name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Products {
    /// Each once, ascending.
    pub named: Vec<Product>,
    /// Names that leave their vendor or product open.
    pub open: Vec<Cpe>,
}

/// The products that a record's CPE names name; names that cannot be read are
/// left out.
#[must_use]
pub fn products_of(record: &Record) -> Products {
    let mut products = Products::default();
    for name in names(record).filter_map(|name| Cpe::parse(name).ok()) {
        match name.product_stated() {
            Some((vendor, product)) => {
                let product = (vendor.to_owned(), product.to_owned());
                products.named.push(product);
            }
            None => products.open.push(name),
        }
    }
    products.named.sort();
    products.named.dedup();
    products
}

/// CVE records by the products that their CPE names name.
#[derive(Debug, Default)]
pub struct Catalogue<'a> {
    by_product: BTreeMap<Product, Vec<&'a Record>>,
    /// Records with a name whose vendor or product is left open.
    open: Vec<&'a Record>,
}

impl<'a> Catalogue<'a> {
    /// Lays records out; rejected ones are left out.
    #[must_use]
    pub fn of(records: &'a [Record]) -> Self {
        let mut catalogue = Self::default();
        for record in records.iter().filter(|it| it.state == State::Published) {
            let Products { named, open } = products_of(record);
            for product in named {
                catalogue
                    .by_product
                    .entry(product)
                    .or_default()
                    .push(record);
            }
            if !open.is_empty() {
                catalogue.open.push(record);
            }
        }
        catalogue
    }

    /// Whether any record names the thing's product.
    #[must_use]
    pub fn names(&self, thing: &Cpe) -> bool {
        !self.of_product(thing).is_empty()
    }

    fn of_product(&self, thing: &Cpe) -> &[&'a Record] {
        let (Attribute::Value(vendor), Attribute::Value(product)) = thing.product() else {
            return &[];
        };
        let key = (vendor.clone(), product.clone());
        self.by_product.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The records that apply to a thing (true), and those of which it cannot
    /// be told (false); by identifier.
    #[must_use]
    pub fn applying(&self, thing: &Cpe) -> BTreeMap<&'a str, bool> {
        let records = self.of_product(thing).iter().chain(&self.open);
        let answers = records.filter_map(|record| match applies(record, thing) {
            Some(false) => None,
            answer => Some((record.id.as_str(), answer == Some(true))),
        });
        answers.collect()
    }
}

fn has_signs(text: &str) -> bool {
    text.contains([Attribute::MANY, Attribute::ONE])
}

fn names(record: &Record) -> impl Iterator<Item = &str> {
    let of_products = record.affected.iter().flat_map(|it| &it.cpes);
    let nodes = record.applicability.iter().flat_map(|it| &it.nodes);
    let of_nodes = nodes.flat_map(|node| node.cpe_match.iter().map(|it| &it.criteria));
    of_products.chain(of_nodes).map(String::as_str)
}

/// One is enough; all else false or not known.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    not(any(answers.map(not)))
}

fn not(answer: Option<bool>) -> Option<bool> {
    answer.map(|answer| !answer)
}

/// Whether a record applies to a thing; none where it cannot be told.
fn applies(record: &Record, thing: &Cpe) -> Option<bool> {
    let products = record.affected.iter().map(|it| affects(it, thing));
    let statements = record.applicability.iter().map(|it| configured(it, thing));
    any(products.chain(statements))
}

/// A product with CPE names and versions beside them.
fn affects(product: &Affected, thing: &Cpe) -> Option<bool> {
    let named = any(product.cpes.iter().map(|name| {
        let name = Cpe::parse(name).ok()?;
        let version = match (name.version(), thing.version()) {
            // A version in the name counts where no list stands beside it.
            (version @ Attribute::Value(_), found) if product.versions.is_empty() => {
                version.holds_of(found)
            }
            _ => Some(true),
        };
        all([name.holds_of(thing), version].into_iter())
    }));
    match named {
        Some(false) => Some(false),
        named => all([named, listed(product, thing)].into_iter()),
    }
}

/// Whether the thing's version is one that a product's list calls affected.
fn listed(product: &Affected, thing: &Cpe) -> Option<bool> {
    if product.versions.is_empty() {
        return match product.otherwise {
            Status::Affected => Some(true),
            Status::Unaffected => Some(false),
            // Only the name says which versions: it was compared.
            Status::Unknown => Some(true),
        };
    }
    let of = |status| {
        let ranges = product
            .versions
            .iter()
            .filter(move |it| it.status == status);
        any(ranges.map(|range| contains(range, thing.version())))
    };
    match (
        of(Status::Affected),
        of(Status::Unaffected),
        product.otherwise,
    ) {
        (Some(true), ..) => Some(true),
        (None, ..) => None,
        (_, Some(true), _) => Some(false),
        (_, None, Status::Affected) => None,
        // Nothing is called affected, and of the rest nobody says anything.
        _ if !product
            .versions
            .iter()
            .any(|it| it.status == Status::Affected)
            && product.otherwise == Status::Unknown =>
        {
            None
        }
        (_, Some(false), Status::Affected) => Some(true),
        // Outside of all that is said to be affected.
        (Some(false), ..) => Some(false),
    }
}

fn contains(range: &Versions, thing: &Attribute) -> Option<bool> {
    if matches!(
        range.kind.as_deref(),
        Some("git" | "original_commit_for_fix")
    ) {
        // A commit is in no order.
        return None;
    }
    let from_first = matches!(range.version.as_str(), "0" | "*" | "-" | "unspecified" | "");
    let upper = match (&range.less_than, &range.less_than_or_equal) {
        (Some(end), _) => (end.as_str(), false),
        (None, Some(end)) => (end.as_str(), true),
        (None, None) if range.version == "*" => return Some(true),
        (None, None) => return equals(&range.version, thing),
    };
    let lower = (!from_first).then_some((range.version.as_str(), true));
    let upper = (upper.0 != "*").then_some(upper);
    between(lower, upper, thing)
}

fn equals(version: &str, thing: &Attribute) -> Option<bool> {
    match thing {
        Attribute::Value(found) if found.eq_ignore_ascii_case(version.trim()) => Some(true),
        _ => between(Some((version, true)), Some((version, true)), thing),
    }
}

/// Whether a version is between two ends, each with whether it is included.
fn between(
    lower: Option<(&str, bool)>,
    upper: Option<(&str, bool)>,
    thing: &Attribute,
) -> Option<bool> {
    if lower.is_none() && upper.is_none() {
        return Some(true);
    }
    let Attribute::Value(found) = thing else {
        return None;
    };
    let compared = |one: &str, other: &str| {
        let one = VendorVersion::parse(one).ok()?;
        one.compare(&VendorVersion::parse(other).ok()?)
    };
    // A range that ends before it begins says nothing of what was meant.
    let ends = lower.zip(upper).and_then(|(low, up)| compared(low.0, up.0));
    if ends.is_some_and(Ordering::is_gt) {
        return None;
    }
    let order = |end: &str| compared(found, end);
    let above = lower.map_or(Some(true), |(end, included)| {
        order(end).map(|order| order.is_gt() || (included && order.is_eq()))
    });
    let below = upper.map_or(Some(true), |(end, included)| {
        order(end).map(|order| order.is_lt() || (included && order.is_eq()))
    });
    all([above, below].into_iter())
}

/// A statement of applicability. What only has to be present is not known to
/// be absent.
fn configured(configuration: &Configuration, thing: &Cpe) -> Option<bool> {
    let at_fault = configuration.nodes.iter().flat_map(|node| &node.cpe_match);
    let at_fault = at_fault
        .filter(|it| it.vulnerable)
        .map(|it| criterion(it, thing));
    if any(at_fault) == Some(false) {
        return Some(false);
    }
    let nodes = configuration.nodes.iter().map(|node| of_node(node, thing));
    let answer = match configuration.operator {
        Operator::Or => any(nodes),
        Operator::And => all(nodes),
    };
    if configuration.negate {
        not(answer)
    } else {
        answer
    }
}

fn of_node(node: &Node, thing: &Cpe) -> Option<bool> {
    let answers = node.cpe_match.iter().map(|it| match criterion(it, thing) {
        // The thing is not this platform, and may run on it.
        Some(false) if !it.vulnerable => None,
        answer => answer,
    });
    let answer = match node.operator {
        Operator::Or => any(answers),
        Operator::And => all(answers),
    };
    if node.negate { not(answer) } else { answer }
}

fn criterion(criterion: &CpeMatch, thing: &Cpe) -> Option<bool> {
    let name = Cpe::parse(&criterion.criteria).ok()?;
    let end = |including: &'_ Option<String>, excluding: &'_ Option<String>| {
        let including = including.clone().map(|end| (end, true));
        including.or_else(|| excluding.clone().map(|end| (end, false)))
    };
    let lower = end(
        &criterion.version_start_including,
        &criterion.version_start_excluding,
    );
    let upper = end(
        &criterion.version_end_including,
        &criterion.version_end_excluding,
    );
    let version = match name.version() {
        Attribute::Value(version) if !has_signs(version) => equals(version, thing.version()),
        version @ (Attribute::Value(_) | Attribute::NotApplicable) => {
            version.holds_of(thing.version())
        }
        Attribute::Any => between(
            lower
                .as_ref()
                .map(|(end, included)| (end.as_str(), *included)),
            upper
                .as_ref()
                .map(|(end, included)| (end.as_str(), *included)),
            thing.version(),
        ),
    };
    all([name.holds_of(thing), version].into_iter())
}
