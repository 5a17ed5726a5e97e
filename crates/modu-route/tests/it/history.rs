//! History told of worlds that are really signed and validated.

use modu_route::history::{CauseKind, Change, Difference, Effect, Explanation, unbelieved};
use modu_route::{Validity, Vrp};
use modu_route_world::Shape;

use crate::validation::{Fetched, world};

#[test]
fn a_withdrawn_roa_is_told_as_taken_back_and_the_route_was_explained() {
    let mut world = world(&Shape::default());
    let number = world.below_anchors()[0];
    let before = Fetched::of(&world).run(world.time, None);
    let withdrawn = world.authorities[number].roas.pop().unwrap();
    // A manifest must be younger than the one before.
    world.time += 60;
    world.publish(number).unwrap();
    let after = Fetched::of(&world).run(world.time, Some(&before));
    let difference = Difference::between(Some(&before), &after);
    assert_eq!(
        difference.apply(&before.payloads()).unwrap(),
        after.payloads()
    );

    let said: Vec<Vrp> = withdrawn.vrps().collect();
    assert!(!difference.changes.is_empty());
    for change in &difference.changes {
        let Change::Vrp {
            vrp,
            effect: Effect::Vanished,
            sayings,
        } = change
        else {
            panic!("{change:?}")
        };
        assert!(said.contains(vrp));
        let cause = difference.cause(&sayings[0]).unwrap();
        assert_eq!(cause.kind, CauseKind::ObjectListed);
        assert!(cause.is_deliberate());
        let uri = format!("{}{}", world.folder(number), withdrawn.name());
        assert_eq!(difference.uri(&sayings[0]), uri);
        let chain: Vec<_> = difference.chain(&sayings[0]).collect();
        assert_eq!(chain[0].certificate, world.certificate_uri(number));
        assert_eq!(chain.len(), 2, "the authority and its trust anchor");

        let route = (vrp.prefix, vrp.origin);
        let explained = Explanation::of(&before, route.0, route.1);
        assert_eq!(explained.validity, Validity::Valid);
        let authorising = explained.covering.iter().find(|it| it.vrp == *vrp).unwrap();
        assert!(authorising.said_by.iter().any(|sayer| sayer.uri == uri));
    }
}

#[test]
fn a_revoked_roa_is_found_in_what_was_fetched_and_told_with_its_reason() {
    let mut world = world(&Shape::default());
    let number = world.below_anchors()[0];
    let before = Fetched::of(&world).run(world.time, None);
    let roa = world.authorities[number].roas[0].clone();
    world.authorities[number].revoked.push(roa.serial);
    // A manifest must be younger than the one before.
    world.time += 60;
    world.publish(number).unwrap();
    let fetched = Fetched::of(&world);
    let after = fetched.run(world.time, Some(&before));
    let uri = format!("{}{}", world.folder(number), roa.name());
    for vrp in roa.vrps() {
        let found = unbelieved(
            &after,
            &fetched.index,
            &fetched.packs,
            vrp.prefix,
            vrp.origin,
        );
        let suspect = found
            .iter()
            .find(|it| it.uri == uri && it.vrp == vrp)
            .unwrap();
        assert_eq!(suspect.reason.code, "certificate.revoked");
        assert_eq!(suspect.chain[0].certificate, world.certificate_uri(number));
        let believed = unbelieved(
            &before,
            &fetched.index,
            &fetched.packs,
            vrp.prefix,
            vrp.origin,
        );
        assert_eq!(believed, []);
    }
    let difference = Difference::between(Some(&before), &after);
    assert_eq!(
        difference.apply(&before.payloads()).unwrap(),
        after.payloads()
    );
    let cause = difference
        .cause(&difference.changes[0].sayings()[0])
        .unwrap();
    assert_eq!(
        (cause.kind, cause.place.as_str()),
        (CauseKind::Object, uri.as_str())
    );
    assert!(cause.is_deliberate());
}
