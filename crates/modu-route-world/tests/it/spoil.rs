//! Bending changes what is bent and nothing else: the signatures stay good.

use modu_route_world::spoil::{self, Body, Der, SignedObject, extension};
use modu_route_world::{Keys, Shape, World};
use rpki::repository::{Cert, Manifest, Roa};

fn world() -> World {
    World::new(&Shape::default(), Keys::shared()).unwrap()
}

/// A ROA of the first authority below the anchor.
fn roa(world: &World) -> bytes::Bytes {
    let name = world.authorities[1].roas[0].name();
    world.points[1][&name].clone()
}

#[test]
fn der_that_is_read_is_written_again() {
    for (uri, bytes) in world().files() {
        let read = Der::parse(&bytes).unwrap();
        assert_eq!(read.to_bytes(), bytes, "{uri}");
    }
    assert!(Der::parse(&[0x30, 0x05, 0x02]).is_err());
    assert!(Der::parse(&[0x02, 0x01, 0x00, 0x00]).is_err());
    assert!(Der::parse(&[0x30, 0x84]).is_err());
}

#[test]
fn a_bent_certificate_is_signed_again() {
    let world = world();
    let issuer = &world.authorities[0];
    let bytes = &world.points[0][&format!("{}.cer", world.authorities[1].name)];
    let uri = world.folder(1);
    let bent = spoil::certificate(bytes, world.keys(), issuer.key, |signed| {
        spoil::replace_text(
            signed,
            extension::SUBJECT_ACCESS,
            &uri,
            "rsync://evil.modu.example/a/b/",
        )
    });
    let bent = Cert::decode(bent.unwrap()).unwrap();
    bent.verify_signature(&Cert::decode(world.anchors[&0].clone()).unwrap(), true)
        .unwrap();
    let folder = bent.ca_repository().unwrap();
    assert_eq!(folder.as_str(), "rsync://evil.modu.example/a/b/");
}

#[test]
fn without_an_extension_the_certificate_is_no_longer_read() {
    let world = world();
    let bytes = &world.points[0][&format!("{}.cer", world.authorities[1].name)];
    let bent = spoil::certificate(bytes, world.keys(), world.authorities[0].key, |signed| {
        spoil::remove_extension(signed, extension::SUBJECT_KEY)
    });
    assert!(Cert::decode(bent.unwrap()).is_err());
}

#[test]
fn a_bent_object_is_signed_again() {
    let world = world();
    let mut object = SignedObject::parse(&roa(&world)).unwrap();
    let mut content = object.content().unwrap();
    content.at(&[0]).unwrap().body = Body::Bytes(vec![7]);
    object.set_content(&content.to_bytes()).unwrap();
    object.sign(world.keys()).unwrap();
    let bent = Roa::decode(object.to_bytes(), true).unwrap();
    assert_eq!(bent.content().as_id().into_u32(), 7);
    let certificate = world.points[0][&format!("{}.cer", world.authorities[1].name)].clone();
    let certificate = Cert::decode(certificate).unwrap();
    bent.cert().verify_signature(&certificate, true).unwrap();
}

#[test]
fn ber_is_written_where_it_is_asked_for() {
    let world = world();
    let mut object = SignedObject::parse(&roa(&world)).unwrap();
    let attributes = object.attributes().unwrap();
    let Body::Values(values) = attributes.body.clone() else {
        panic!()
    };
    attributes.body = Body::Indefinite(values);
    object.sign(world.keys()).unwrap();
    assert!(Roa::decode(object.to_bytes(), true).is_err());
    let long = Der {
        tag: 0x02,
        body: Body::LongLength(vec![1]),
    };
    assert_eq!(long.to_bytes(), [2, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
}

#[test]
fn a_manifest_says_what_it_is_told_to_say() {
    let mut world = world();
    let mut list = world.manifest_list(1);
    list.entries.push((b"../\xff.roa".to_vec(), [0; 32]));
    list.number = 77;
    world.put_manifest(1, &list).unwrap();
    let manifest = world.points[1][&format!("{}.mft", world.authorities[1].name)].clone();
    assert!(
        Manifest::decode(manifest, true).is_err(),
        "no such name is allowed"
    );
    list.entries.pop();
    world.put_manifest(1, &list).unwrap();
    let manifest = world.points[1][&format!("{}.mft", world.authorities[1].name)].clone();
    let manifest = Manifest::decode(manifest, true).unwrap();
    assert_eq!(manifest.content().manifest_number().to_string(), "77");
}
