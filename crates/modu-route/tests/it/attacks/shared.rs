//! Two that share something: a key, a manifest. What is known of one must
//! never stand for the other.

use modu_route::validate::ValidatedTree;
use modu_route_world::World;
use modu_route_world::spoil::{self, extension};

use super::{ATTACKER, VICTIM, authority, before, refusal, stage, validate, vrps};

#[test]
fn two_authorities_with_one_key_are_two() {
    let mut world = stage();
    // The attacker takes the victim's public key for its child, which stands
    // elsewhere and has other addresses.
    world.authorities[3].key = world.authorities[VICTIM].key;
    world.time += 1;
    world.reissue(3).unwrap();
    world.publish(3).unwrap();
    let tree = validate(&world, Some(&before()));
    let (child, victim) = (
        authority(&tree, &world, 3),
        authority(&tree, &world, VICTIM),
    );
    assert_eq!(child.subject_key, victim.subject_key);
    assert_ne!(child.key, victim.key);
    let again = validate(&world, Some(&tree));
    assert_eq!(again, tree);
    assert_eq!(refusal(&again, &world, VICTIM).0, "current");
    assert!(vrps(&again).is_superset(&stage().vrps_without(ATTACKER)));
}

/// The attacker's child is given the victim's key and its publication point.
fn thief() -> World {
    let mut world = stage();
    world.authorities[3].key = world.authorities[VICTIM].key;
    world.time += 1;
    world.reissue(3).unwrap();
    let places = [
        (world.folder(3), world.folder(VICTIM)),
        (world.manifest_uri(3), world.manifest_uri(VICTIM)),
    ];
    let name = format!("{}.cer", world.authorities[3].name);
    let key = world.authorities[ATTACKER].key;
    let bytes = world.points[ATTACKER][&name].clone();
    let bytes = spoil::certificate(&bytes, world.keys(), key, |signed| {
        (places.iter()).try_for_each(|(old, new)| {
            spoil::replace_text(signed, extension::SUBJECT_ACCESS, old, new)
        })
    });
    world.authorities[ATTACKER]
        .laid_in
        .insert(name, bytes.unwrap());
    world.publish(ATTACKER).unwrap();
    world
}

#[test]
fn one_manifest_under_two_issuers_is_judged_for_each() {
    let world = thief();
    let honest = stage();
    let check = |tree: &ValidatedTree| {
        assert_eq!(refusal(tree, &world, VICTIM).0, "current");
        // Under the attacker the same objects claim what it does not hold.
        let believed = vrps(tree);
        assert!(believed.is_superset(&honest.vrps_without(3)));
        assert!(believed.is_subset(&honest.vrps()));
        let (stolen, own) = (authority(tree, &world, 3), authority(tree, &world, VICTIM));
        assert_eq!(
            (&stolen.manifest_uri, &stolen.folder),
            (&own.manifest_uri, &own.folder)
        );
        assert_ne!(stolen.key, own.key);
        assert_ne!(stolen.objects, own.objects);
    };
    let fresh = validate(&world, None);
    check(&fresh);
    let remembered = validate(&world, Some(&fresh));
    check(&remembered);
    assert_eq!(remembered, fresh);
    check(&validate(&world, Some(&before())));
}

#[test]
fn a_thief_of_a_manifest_does_not_lend_its_last_good_state() {
    // The victim's point is lost; what the attacker's child once held of the
    // same place must not be believed in its stead, nor the other way round.
    let world = thief();
    let prior = validate(&world, None);
    let mut broken = world.clone();
    let manifest = format!("{}.mft", broken.authorities[VICTIM].name);
    broken.points[VICTIM].remove(&manifest);
    let tree = super::validate_kept(&broken, &[&world], Some(&prior));
    assert_eq!(
        refusal(&tree, &broken, VICTIM),
        ("manifest.missing".into(), true)
    );
    assert!(vrps(&tree).is_superset(&stage().vrps_without(3)));
    assert!(vrps(&tree).is_subset(&stage().vrps()));
}
