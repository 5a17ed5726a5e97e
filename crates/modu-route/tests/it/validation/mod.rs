//! Validation of signed worlds.

mod memory;
mod rules;

use modu_kernel::NoProgress;
use modu_route::VrpTable;
use modu_route::repository::RepositoryIndex;
use modu_route::validate::{
    Authority, Decision, Locator, ObjectOutcome, ValidateRequest, ValidatedTree, run,
};
use modu_route_world::{Keys, MemoryPacks, Shape, World};

/// A world, and what a validator is given of it.
pub(crate) struct Fetched {
    pub(crate) locators: Vec<Locator>,
    pub(crate) index: RepositoryIndex,
    pub(crate) packs: MemoryPacks,
}

pub(crate) fn world(shape: &Shape) -> World {
    World::new(shape, Keys::shared()).unwrap()
}

impl Fetched {
    pub(crate) fn of(world: &World) -> Self {
        let (index, packs) = world.repository().unwrap();
        let locator = |(name, text): (String, String)| Locator::parse(&name, text.as_bytes());
        let locators = world.locators().unwrap().into_iter().map(locator);
        Self {
            locators: locators.collect::<Result<_, _>>().unwrap(),
            index,
            packs,
        }
    }

    pub(crate) fn run(&self, time: i64, prior: Option<&ValidatedTree>) -> ValidatedTree {
        self.run_as(&ValidateRequest::at(time), prior)
    }

    pub(crate) fn run_as(
        &self,
        request: &ValidateRequest,
        prior: Option<&ValidatedTree>,
    ) -> ValidatedTree {
        let tree = run(
            request,
            &self.locators,
            &self.index,
            &self.packs,
            prior,
            &NoProgress,
        );
        tree.unwrap()
    }
}

/// The authority of a number.
pub(crate) fn authority<'t>(
    tree: &'t ValidatedTree,
    world: &World,
    number: usize,
) -> &'t Authority {
    let folder = world.folder(number);
    let mut found = tree.authorities.iter().filter(|it| *it.folder == *folder);
    found.next().unwrap()
}

/// The code with which an authority's point was refused or its last good
/// state kept.
pub(crate) fn code(authority: &Authority) -> &str {
    match &authority.decision {
        Decision::Current(_) => "",
        Decision::Kept(fallback) => &fallback.reason.code,
        Decision::Refused(reason) => &reason.code,
    }
}

/// The codes with which objects were refused, by their names.
pub(crate) fn rejected(tree: &ValidatedTree) -> Vec<(&str, &str)> {
    let objects = tree.authorities.iter().flat_map(|it| it.objects.iter());
    let rejected = objects.filter_map(|object| match &object.outcome {
        ObjectOutcome::Rejected(reason) => Some((object.name.as_str(), reason.code.as_str())),
        _ => None,
    });
    rejected.collect()
}

#[test]
fn a_world_is_validated_whole_and_says_what_its_makers_meant() {
    let shape = Shape {
        anchors: 2,
        authorities: 9,
        hosts: vec![
            modu_route_world::Host::example(0, false),
            modu_route_world::Host::example(1, true),
        ],
        ..Shape::default()
    };
    let world = world(&shape);
    let tree = Fetched::of(&world).run(world.time, None);
    assert_eq!(rejected(&tree), []);
    assert_eq!(tree.authorities.len(), world.authorities.len());
    assert!(tree.anchors.iter().all(|it| it.authority.is_ok()));
    let payloads = tree.payloads();
    let expected: VrpTable = world.vrps().into_iter().collect();
    assert_eq!(payloads.vrps, expected);
    assert!(!expected.is_empty());
    assert_eq!(payloads.aspas, world.aspas());
    assert_eq!(ValidatedTree::parse(&tree.to_bytes()).unwrap(), tree);
    let wanted = tree.wanted();
    for number in 0..world.authorities.len() {
        let manifest = world.manifest_uri(number);
        assert!(wanted.iter().any(|it| it.manifest == manifest));
    }
}
