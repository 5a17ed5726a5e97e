//! All products that advisories name, laid out so that an asset finds its own.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{Likeness, Name, Vendor, code, is_code, is_meant};
use crate::advisory::csaf::{Advisory, Product, Versions};
use crate::inventory::assets::Asset;
use crate::vendor::{VendorRange, VendorVersion};

/// A product of an advisory and what is said of it.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) advisory: &'a Advisory,
    /// Its place among the advisory's products.
    pub(super) place: u32,
    /// The versions; an error says why they cannot be read.
    pub(super) versions: Result<VendorRange, String>,
    /// The version in the advisory's own words, where it names one.
    pub(super) exactly: Option<&'a str>,
    /// Faults of the advisory, and what is said.
    pub(super) said: Vec<(usize, Said)>,
    name: usize,
}

/// What is said of a product and a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Affected,
    NotAffected,
    Fixed,
    UnderInvestigation,
}

/// A name of a product, and the entries that go by it.
#[derive(Debug)]
struct Named {
    name: Name,
    /// Order numbers.
    codes: Vec<String>,
    /// The name as it is shown.
    shown: String,
    entries: Vec<usize>,
}

/// Products of one vendor.
#[derive(Debug)]
struct House {
    vendor: Vendor,
    names: Vec<usize>,
}

/// The whole.
#[derive(Debug, Default)]
pub(super) struct Catalogue<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    names: Vec<Named>,
    houses: Vec<House>,
}

/// What an asset may be.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Whether any advisory is of its vendor.
    pub(super) vendor_known: bool,
    /// Entries, and how like they are.
    pub(super) entries: Vec<(usize, Likeness)>,
}

impl<'a> Catalogue<'a> {
    /// Lays out the products of advisories.
    pub(super) fn of(advisories: &'a [Advisory]) -> Self {
        let mut layout = Layout::default();
        for advisory in advisories {
            for (place, said) in said_of_products(advisory) {
                if let Some(product) = advisory.product(place) {
                    layout.add(advisory, place, product, said);
                }
            }
        }
        layout.catalogue
    }

    /// The name of an entry's product, as it is shown.
    pub(super) fn shown(&self, entry: &Entry<'_>) -> &str {
        &self.names[entry.name].shown
    }

    /// The line of versions that an entry's product is.
    pub(super) fn line(&self, entry: &Entry<'_>) -> Option<VendorVersion> {
        self.names[entry.name].name.line()
    }

    /// Finds what an asset may be.
    pub(super) fn find(&self, asset: &Asset) -> Found {
        let vendor = Vendor::of(&asset.vendor);
        let sought = Sought::of(asset, &vendor);
        let mut found = Found::default();
        let mut likely: Vec<(usize, Likeness)> = Vec::new();
        let mut identified = false;
        for house in &self.houses {
            let Some(of_vendor) = vendor.likeness(&house.vendor) else {
                continue;
            };
            found.vendor_known |= of_vendor == Likeness::Same;
            let by_code = house
                .names
                .iter()
                .any(|name| sought.has_code(&self.names[*name].codes));
            for place in &house.names {
                let named = &self.names[*place];
                let Some(how) = sought.likeness(named, by_code) else {
                    continue;
                };
                identified |= how == How::Equal && of_vendor == Likeness::Same;
                let likeness = match how {
                    How::Equal => of_vendor,
                    How::General | How::Special => Likeness::Near,
                };
                // A variant of a product that the vendor names exactly so is
                // another product.
                likely.push((*place, likeness));
            }
            if identified {
                likely.retain(|(place, likeness)| {
                    *likeness == Likeness::Same
                        || sought.likeness(&self.names[*place], by_code) != Some(How::Special)
                });
            }
        }
        if !found.vendor_known && likely.is_empty() {
            likely = self.of_other_vendors(&sought);
        }
        let entries = likely.iter().flat_map(|(place, likeness)| {
            let entries = self.names[*place].entries.iter();
            entries.map(|entry| (*entry, *likeness))
        });
        found.entries = entries.collect();
        found.entries.sort_unstable();
        found
    }

    /// A product sold under another vendor's name.
    fn of_other_vendors(&self, sought: &Sought) -> Vec<(usize, Likeness)> {
        let equal = |named: &Named| {
            let telling = named.name.squashed.len() >= 6;
            telling && sought.likeness(named, false) == Some(How::Equal)
        };
        let names = self.names.iter().enumerate();
        let names = names.filter(|(_, named)| equal(named));
        names.map(|(place, _)| (place, Likeness::Near)).collect()
    }
}

/// A catalogue that is being laid out.
#[derive(Default)]
struct Layout<'a> {
    catalogue: Catalogue<'a>,
    /// Places of houses by the vendor as it is written.
    houses: BTreeMap<&'a str, usize>,
    /// Places of names by house, name and order numbers.
    names: BTreeMap<(usize, Name, Vec<String>), usize>,
}

impl<'a> Layout<'a> {
    fn add(
        &mut self,
        advisory: &'a Advisory,
        place: u32,
        product: &'a Product,
        said: Vec<(usize, Said)>,
    ) {
        let (identity, component) = parts(advisory, product);
        let name = self.name(identity);
        let entries = &mut self.catalogue.entries;
        self.catalogue.names[name].entries.push(entries.len());
        let (versions, exactly) = versions_of(component, identity);
        entries.push(Entry {
            advisory,
            place,
            versions,
            exactly,
            said,
            name,
        });
    }

    /// The place of a product's name.
    fn name(&mut self, identity: &'a Product) -> usize {
        let vendor = identity.vendor.as_deref().unwrap_or_default();
        let houses = &mut self.catalogue.houses;
        let house = *self.houses.entry(vendor).or_insert_with(|| {
            houses.push(House {
                vendor: Vendor::of(vendor),
                names: Vec::new(),
            });
            houses.len() - 1
        });
        let shown = shown_name(identity);
        let name = Name::of(&shown, &houses[house].vendor);
        let mut codes: Vec<String> = identity.models.iter().map(|it| code(it)).collect();
        codes.extend(name.codes.iter().cloned());
        codes.sort();
        codes.dedup();
        let names = &mut self.catalogue.names;
        let key = (house, name.clone(), codes.clone());
        *self.names.entry(key).or_insert_with(|| {
            houses[house].names.push(names.len());
            names.push(Named {
                name,
                codes,
                shown: format!("{vendor} {shown}").trim().to_owned(),
                entries: Vec::new(),
            });
            names.len() - 1
        })
    }
}

/// How a name of the catalogue is like the sought one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Equal,
    /// It says less: it may be a family that the asset is of.
    General,
    /// It says more: it may be a variant that the asset is.
    Special,
}

/// The names of an asset, made comparable.
struct Sought {
    squashed: BTreeSet<String>,
    words: BTreeSet<String>,
    product: Name,
    model: Option<Name>,
    code: Option<String>,
}

impl Sought {
    fn of(asset: &Asset, vendor: &Vendor) -> Self {
        let product = Name::of(&asset.product, vendor);
        let model = asset.model.as_deref().map(|model| Name::of(model, vendor));
        let mut squashed = BTreeSet::from([product.squashed.clone()]);
        let mut words = product.words.clone();
        if let Some(model) = &model {
            squashed.insert(format!("{}{}", product.squashed, model.squashed));
            squashed.insert(model.squashed.clone());
            words.extend(model.words.iter().cloned());
        }
        squashed.remove("");
        let codes = [asset.model.as_deref(), Some(asset.product.as_str())];
        let code = codes.into_iter().flatten().find(|it| is_code(it)).map(code);
        let code = code.or_else(|| product.codes.first().cloned());
        Self {
            squashed,
            words,
            product,
            model,
            code,
        }
    }

    fn has_code(&self, patterns: &[String]) -> bool {
        let code = self.code.as_ref();
        code.is_some_and(|code| patterns.iter().any(|pattern| is_meant(pattern, code)))
    }

    /// Where the vendor lists the asset's order number somewhere (`by_code`),
    /// a product with other order numbers is another.
    fn likeness(&self, named: &Named, by_code: bool) -> Option<How> {
        if self.has_code(&named.codes) {
            return Some(How::Equal);
        }
        if by_code && !named.codes.is_empty() {
            return None;
        }
        let name = &named.name;
        if !name.squashed.is_empty() && self.squashed.contains(&name.squashed) {
            return Some(How::Equal);
        }
        if name.stands_in(&self.words) {
            return Some(How::General);
        }
        let telling = |model: &&Name| {
            let digits = model.squashed.contains(|c: char| c.is_ascii_digit());
            model.squashed.len() >= 4 && digits
        };
        let model = self.model.as_ref().filter(telling);
        let special = self.product.stands_in(&name.words)
            || model.is_some_and(|model| model.stands_in(&name.words));
        special.then_some(How::Special)
    }
}

/// What is said of each product of an advisory.
fn said_of_products(advisory: &Advisory) -> BTreeMap<u32, Vec<(usize, Said)>> {
    let mut all: BTreeMap<u32, Vec<(usize, Said)>> = BTreeMap::new();
    for (place, fault) in advisory.vulnerabilities.iter().enumerate() {
        for (products, said) in [
            (&fault.affected, Said::Affected),
            (&fault.not_affected, Said::NotAffected),
            (&fault.fixed, Said::Fixed),
            (&fault.under_investigation, Said::UnderInvestigation),
        ] {
            for product in products {
                all.entry(*product).or_default().push((place, said));
            }
        }
    }
    all
}

/// What a product is known by, and what its versions are of: of software on a
/// device, the device and the software.
fn parts<'a>(advisory: &'a Advisory, product: &'a Product) -> (&'a Product, &'a Product) {
    /// Products joined one on the other; a bundle that was bent may hold a
    /// circle.
    const JOINED: usize = 32;
    let (mut identity, mut component) = (product, product);
    for _ in 0..JOINED {
        let host = identity
            .joined
            .as_ref()
            .and_then(|it| advisory.product(it.host));
        let part = component
            .joined
            .as_ref()
            .and_then(|it| advisory.product(it.component));
        identity = host.unwrap_or(identity);
        component = part.unwrap_or(component);
    }
    (identity, component)
}

/// The name that a product goes by. A "version" with no number in front is a
/// model, as advisories on cameras and phones have them.
fn shown_name(product: &Product) -> String {
    let mut parts: Vec<&str> = Vec::new();
    parts.extend(product.family.as_deref());
    parts.extend(product.product.as_deref());
    if parts.is_empty() {
        parts.push(&product.name);
    }
    if let Some(Versions::Exactly(text)) = &product.versions
        && VendorRange::parse(text).is_err()
    {
        parts.push(text);
    }
    parts.join(" ")
}

/// The versions of a component on a product, and one in the advisory's words.
fn versions_of<'a>(
    component: &'a Product,
    identity: &Product,
) -> (Result<VendorRange, String>, Option<&'a str>) {
    if let Some(condition) = component.further.first() {
        let problem = format!("it holds for `{condition}` only");
        return (Err(problem), None);
    }
    // Versions of the device beside those of its software are a condition too.
    if !std::ptr::eq(component, identity)
        && let Some(Versions::Range(range)) = &identity.versions
        && VendorRange::parse(range) != Ok(VendorRange::All)
    {
        return (Err(format!("it holds for devices `{range}` only")), None);
    }
    let text = match &component.versions {
        None => return (Ok(VendorRange::All), None),
        Some(Versions::Range(text) | Versions::Exactly(text)) => text,
    };
    let range = VendorRange::parse(text).map_err(|problem| format!("`{text}`: {problem}"));
    let exactly = matches!(component.versions, Some(Versions::Exactly(_)));
    (range, exactly.then_some(text.as_str()))
}
