//! What a world promises, checked with the `rpki` crate's own validation.

use std::collections::BTreeMap;

use modu_route::Vrp;
use modu_route::repository::PointPack;
use modu_route_world::{Host, Keys, RrdpServer, Shape, World};
use rpki::repository::sigobj::SignedObject;
use rpki::repository::tal::{Tal, TalInfo};
use rpki::repository::x509::Time;
use rpki::repository::{Aspa, Cert, Crl, Manifest, ResourceCert, Roa};
use rpki::resources::addr::Prefix;
use rpki::rrdp::{Delta, NotificationFile, Snapshot};

fn shape() -> Shape {
    Shape {
        hosts: vec![Host::example(0, true), Host::example(1, false)],
        anchors: 2,
        authorities: 7,
        shared_keys: 8,
        ..Shape::default()
    }
}

fn now(world: &World) -> Time {
    Time::new(chrono::DateTime::from_timestamp(world.time, 0).unwrap())
}

/// Validates a point strictly and says its VRPs; goes on below.
fn walk(world: &World, number: usize, certificate: &ResourceCert, found: &mut Vec<Vrp>) {
    let point = &world.points[number];
    let authority = &world.authorities[number];
    let manifest = &point[&format!("{}.mft", authority.name)];
    let manifest = Manifest::decode(manifest.clone(), true).unwrap();
    let (_, list) = manifest.validate_at(certificate, true, now(world)).unwrap();
    assert_eq!(list.len() + 1, point.len());
    let crl = Crl::decode(point[&format!("{}.crl", authority.name)].clone()).unwrap();
    let key = certificate.subject_public_key_info();
    crl.verify_signature(key).unwrap();
    let child = |name: &str| {
        let children = authority.children.iter();
        let mut named =
            children.filter(|child| format!("{}.cer", world.authorities[**child].name) == name);
        *named.next().unwrap()
    };
    for item in list.iter() {
        let name = String::from_utf8(item.file().to_vec()).unwrap();
        let object = point[&name].clone();
        match name.rsplit_once('.').unwrap().1 {
            "cer" => {
                let cert = Cert::decode(object).unwrap();
                let cert = cert.validate_ca_at(certificate, true, now(world)).unwrap();
                walk(world, child(&name), &cert, found);
            }
            kind @ ("roa" | "asa") => {
                let signed = SignedObject::decode(object.clone(), true).unwrap();
                assert!(!crl.contains(signed.cert().serial_number()));
                signed.validate_at(certificate, true, now(world)).unwrap();
                match kind {
                    "roa" => {
                        let roa = Roa::decode(object, true).unwrap();
                        found.extend(roa.content().iter().map(|it| Vrp {
                            prefix: Prefix::new(it.address(), it.address_length()).unwrap(),
                            max_length: it.max_length(),
                            origin: roa.content().as_id(),
                        }));
                    }
                    _ => drop(Aspa::decode(object, true).unwrap()),
                }
            }
            "crl" => {}
            other => panic!("{other}"),
        }
    }
}

fn walk_all(world: &World) -> Vec<Vrp> {
    let mut found = Vec::new();
    for (number, (name, locator)) in world
        .anchor_numbers()
        .into_iter()
        .zip(world.locators().unwrap())
    {
        let tal = Tal::read_named(name.clone(), &mut locator.as_bytes()).unwrap();
        let certificate = Cert::decode(world.anchors[&number].clone()).unwrap();
        assert_eq!(tal.key_info(), certificate.subject_public_key_info());
        let info = TalInfo::from_name(name).into_arc();
        let certificate = certificate.validate_ta_at(info, true, now(world)).unwrap();
        walk(world, number, &certificate, &mut found);
    }
    found.sort();
    found
}

#[test]
fn every_object_is_believed_by_a_strict_validator_and_says_what_the_world_says() {
    let world = World::new(&shape(), Keys::shared()).unwrap();
    let found = walk_all(&world);
    assert_eq!(found.len(), 7 * 2 * 2);
    assert_eq!(found, world.vrps().into_iter().collect::<Vec<_>>());
    assert_eq!(world.aspas().len(), 3);
}

#[test]
fn one_shape_and_one_set_of_keys_give_the_same_bytes() {
    let world = World::new(&shape(), Keys::shared()).unwrap();
    let again = World::new(&shape(), Keys::shared()).unwrap();
    assert_eq!(world.files(), again.files());
    let other = Shape { seed: 2, ..shape() };
    let other = World::new(&other, Keys::shared()).unwrap();
    assert_ne!(world.files(), other.files());
}

#[test]
fn a_change_touches_only_the_points_it_names() {
    let mut world = World::new(&shape(), Keys::shared()).unwrap();
    let before = world.clone();
    let changed = world.churn(20.0, 1).unwrap();
    assert_eq!(changed.len(), 2, "a fifth of seven, rounded up");
    for number in 0..world.points.len() {
        let same = world.points[number] == before.points[number];
        assert_eq!(same, !changed.contains(&number), "{number}");
    }
    assert_ne!(world.vrps(), before.vrps());
    assert_eq!(
        walk_all(&world),
        world.vrps().into_iter().collect::<Vec<_>>()
    );
}

#[test]
fn a_world_re_signed_later_is_good_then() {
    let mut world = World::new(&shape(), Keys::shared()).unwrap();
    let later = world.time + 3 * 86_400;
    world.resign_at(later, &modu_kernel::NoProgress).unwrap();
    assert_eq!(
        walk_all(&world),
        world.vrps().into_iter().collect::<Vec<_>>()
    );
}

#[test]
fn packs_and_index_hold_every_object() {
    let world = World::new(&shape(), Keys::shared()).unwrap();
    let (index, packs) = world.repository().unwrap();
    let mut files = BTreeMap::new();
    for (key, pack) in &index.points {
        let pack = PointPack::parse(&packs.0[&pack.digest]).unwrap();
        files.extend(
            pack.iter()
                .map(|(name, bytes)| (format!("{}{name}", key.folder), bytes.clone())),
        );
    }
    for entry in index.anchors.values() {
        files.insert(
            entry.uri.clone(),
            packs.0[&entry.certificate.digest].clone(),
        );
    }
    assert_eq!(files, world.files());
}

#[test]
fn the_files_of_an_rrdp_server_lead_from_one_state_to_the_next() {
    let mut world = World::new(&shape(), Keys::shared()).unwrap();
    let mut servers = BTreeMap::<usize, RrdpServer>::new();
    let first = world.rrdp_files(&mut servers);
    let before = world.objects_of_host(0);
    let on_host = (world.below_anchors().into_iter()).find(|it| world.authorities[*it].host == 0);
    let number = on_host.unwrap();
    world.authorities[number].revoke_roa(0);
    world.publish(number).unwrap();
    let second = world.rrdp_files(&mut servers);

    let notify = &servers[&0].notify;
    assert!(
        first.contains_key(notify)
            && second.contains_key("https://host0.modu.example/rrdp/anchor0.cer")
    );
    let read = NotificationFile::parse(second[notify].as_ref()).unwrap();
    assert_eq!((read.serial(), read.deltas().len()), (2, 1));
    let file = |uri: &rpki::uri::Https, hash: rpki::rrdp::Hash| {
        let file = &second[uri.as_str()];
        assert!(hash.matches(file));
        file.as_ref()
    };
    let snapshot = Snapshot::parse(file(read.snapshot().uri(), read.snapshot().hash())).unwrap();
    let objects: BTreeMap<_, _> = (snapshot.into_elements().into_iter())
        .map(|element| element.unpack())
        .map(|(uri, data)| (uri.to_string(), data))
        .collect();
    assert_eq!(objects, world.objects_of_host(0));
    let delta = Delta::parse(file(read.deltas()[0].uri(), read.deltas()[0].hash())).unwrap();
    assert_eq!(delta.elements().len(), 3, "manifest, revocation list, ROA");
    assert_ne!(before, objects);
}

#[test]
fn a_shape_without_a_host_or_past_the_addresses_is_refused() {
    let none = Shape {
        hosts: vec![],
        ..shape()
    };
    assert!(World::new(&none, Keys::shared()).is_err());
    let vast = Shape {
        authorities: 20_000_000,
        ..shape()
    };
    let error = World::new(&vast, Keys::shared()).unwrap_err();
    assert!(error.to_string().contains("IPv4"), "{error}");
}
