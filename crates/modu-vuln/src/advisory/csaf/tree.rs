//! The tree of products, made flat. It is walked with a list of what waits,
//! not by recursion, and to a stated depth.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Joined, Product, Versions};
use crate::VulnError;

/// Branches from the root to a product; real trees have three or four.
const DEPTH: usize = 30;
/// Products of one advisory; the largest real ones have some thousands.
const PRODUCTS: usize = 100_000;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Tree {
    branches: Vec<Branch>,
    full_product_names: Vec<FullName>,
    relationships: Vec<Relationship>,
    product_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Branch {
    category: String,
    name: String,
    #[serde(default)]
    branches: Vec<Branch>,
    #[serde(default)]
    product: Option<FullName>,
}

#[derive(Deserialize)]
struct FullName {
    name: String,
    product_id: String,
    #[serde(default)]
    product_identification_helper: Helper,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Helper {
    cpe: Option<String>,
    purl: Option<String>,
    model_numbers: Vec<String>,
}

#[derive(Deserialize)]
struct Relationship {
    category: String,
    product_reference: String,
    relates_to_product_reference: String,
    full_product_name: FullName,
}

#[derive(Deserialize)]
struct Group {
    group_id: String,
    product_ids: Vec<String>,
}

/// Products by place, and identifiers of products and groups by places.
#[derive(Default)]
pub(super) struct Products {
    pub(super) list: Vec<Product>,
    places: HashMap<String, u32>,
    groups: HashMap<String, Vec<u32>>,
}

impl Products {
    /// Walks a tree.
    pub(super) fn of(tree: Tree) -> Result<Self, VulnError> {
        let mut products = Self::default();
        let root = Product::default();
        let mut waiting: Vec<(Branch, Product, usize)> = (tree.branches.into_iter())
            .rev()
            .map(|branch| (branch, root.clone(), 1))
            .collect();
        while let Some((branch, above, depth)) = waiting.pop() {
            if depth > DEPTH {
                return Err(VulnError::TooMany {
                    what: "branches one within the other",
                    limit: DEPTH as u64,
                });
            }
            let here = above.below(&branch.category, branch.name);
            if let Some(product) = branch.product {
                products.add(here.clone().named(product))?;
            }
            let further = branch.branches.into_iter().rev();
            waiting.extend(further.map(|branch| (branch, here.clone(), depth + 1)));
        }
        for product in tree.full_product_names {
            products.add(root.clone().named(product))?;
        }
        products.join(tree.relationships)?;
        for group in tree.product_groups {
            let places = products.places_of(&group.product_ids, "product_tree.product_groups")?;
            products.groups.insert(group.group_id, places);
        }
        Ok(products)
    }

    fn add(&mut self, product: Product) -> Result<(), VulnError> {
        if self.list.len() == PRODUCTS {
            return Err(VulnError::TooMany {
                what: "products",
                limit: PRODUCTS as u64,
            });
        }
        let place = self.list.len() as u32;
        if self.places.insert(product.id.clone(), place).is_some() {
            let problem = format!("two products have the identifier `{}`", product.id);
            return Err(VulnError::at("product_tree", problem));
        }
        self.list.push(product);
        Ok(())
    }

    /// Relationships may stand on others that come later in the list.
    fn join(&mut self, mut relationships: Vec<Relationship>) -> Result<(), VulnError> {
        while !relationships.is_empty() {
            let before = relationships.len();
            let mut waiting = Vec::new();
            for relationship in relationships {
                let component = self.places.get(&relationship.product_reference);
                let host = self.places.get(&relationship.relates_to_product_reference);
                let (Some(&component), Some(&host)) = (component, host) else {
                    waiting.push(relationship);
                    continue;
                };
                let mut joined = Product::default().named(relationship.full_product_name);
                joined.joined = Some(Joined {
                    category: relationship.category,
                    component,
                    host,
                });
                self.add(joined)?;
            }
            if let (true, Some(first)) = (waiting.len() == before, waiting.first()) {
                let problem = format!(
                    "`{}` or `{}` is no product of the tree",
                    first.product_reference, first.relates_to_product_reference
                );
                return Err(VulnError::at("product_tree.relationships", problem));
            }
            relationships = waiting;
        }
        Ok(())
    }

    /// The places of identifiers of products.
    pub(super) fn places_of(&self, ids: &[String], place: &str) -> Result<Vec<u32>, VulnError> {
        let mut places = Vec::with_capacity(ids.len());
        for id in ids {
            places.push(*self.places.get(id).ok_or_else(|| unknown(id, place))?);
        }
        Ok(sorted(places))
    }

    /// The places of identifiers of products and of groups.
    pub(super) fn places_of_both(
        &self,
        ids: &[String],
        groups: &[String],
        place: &str,
    ) -> Result<Vec<u32>, VulnError> {
        let mut places = self.places_of(ids, place)?;
        for id in groups {
            places.extend(self.groups.get(id).ok_or_else(|| unknown(id, place))?);
        }
        Ok(sorted(places))
    }
}

fn sorted(mut places: Vec<u32>) -> Vec<u32> {
    places.sort_unstable();
    places.dedup();
    places
}

fn unknown(id: &str, place: &str) -> VulnError {
    VulnError::at(place, format!("`{id}` is no product of the tree"))
}

impl Product {
    /// The same with the name of one more branch.
    fn below(&self, category: &str, name: String) -> Self {
        let mut below = self.clone();
        match category {
            "vendor" => below.vendor = Some(name),
            "product_family" => below.family = Some(joined_name(below.family, name)),
            "product_name" => below.product = Some(joined_name(below.product, name)),
            "product_version" => below.versions = Some(Versions::Exactly(name)),
            "product_version_range" => below.versions = Some(Versions::Range(name)),
            _ => below.further.push(name),
        }
        below
    }

    fn named(mut self, name: FullName) -> Self {
        let helper = name.product_identification_helper;
        self.id = name.product_id;
        self.name = name.name;
        self.cpe = helper.cpe;
        self.purl = helper.purl;
        self.models = helper.model_numbers;
        self
    }
}

fn joined_name(above: Option<String>, name: String) -> String {
    above.map_or(name.clone(), |above| format!("{above} {name}"))
}
