//! Memory of what was validated.

use super::{Fetched, world};
use modu_route_world::Shape;

#[test]
fn an_unchanged_world_gives_the_same_tree_with_memory_and_without_packs() {
    let world = world(&Shape::default());
    let mut fetched = Fetched::of(&world);
    let first = fetched.run(world.time, None);
    // Nothing is read that memory spares.
    fetched.packs.0.clear();
    let second = fetched.run(world.time, Some(&first));
    assert_eq!(second, first);
}
