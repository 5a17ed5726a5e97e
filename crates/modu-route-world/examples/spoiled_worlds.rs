//! Writes small worlds, each spoilt by one hostile authority, for validators of
//! all makers: `spoiled_worlds OUT KEYS`. Each folder is laid out as
//! `make_world` does it; `vrps.csv` holds what is left to believe.
//!
//! The attacker is authority 1 of eight, with authorities below it; an object
//! is lost alone, a point with all that is below.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use modu_kernel::NoProgress;
use modu_route::{Asn, Vrp};
use modu_route_world::spoil::{self, Body, SignedObject, extension};
use modu_route_world::{Host, Keys, RouteOrigin, Shape, World, WorldError};

type Failure = Box<dyn std::error::Error>;

/// The hostile authority, and one that it would like to harm.
const ATTACKER: usize = 1;
const VICTIM: usize = 5;

/// What an attack does, and the authority below which all is lost; none where
/// only the attacker's first ROA is.
type Attack = (
    &'static str,
    fn(&mut World) -> Result<(), WorldError>,
    Option<usize>,
);

const ATTACKS: [Attack; 15] = [
    ("withheld ROA", withheld, Some(ATTACKER)),
    ("swapped ROA", swapped, Some(ATTACKER)),
    ("truncated ROA", truncated, Some(ATTACKER)),
    ("no manifest", no_manifest, Some(ATTACKER)),
    ("truncated manifest", truncated_manifest, Some(ATTACKER)),
    ("swapped manifest", swapped_manifest, Some(ATTACKER)),
    ("no revocation list", no_list, Some(ATTACKER)),
    ("revoked ROA still listed", revoked, None),
    ("ROA over the victim's prefixes", stolen_roa, None),
    ("child over the victim's addresses", stolen_child, Some(2)),
    ("BER signed attributes", ber_attributes, None),
    ("no authority key identifier", no_issuer, None),
    ("forged authority key identifier", forged_issuer, None),
    ("child with its issuer's key", looping, Some(2)),
    ("issuer that takes addresses away", shrunk, None),
];

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [out, keys] = arguments.as_slice() else {
        return Err("usage: spoiled_worlds OUT KEYS".into());
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let shape = Shape {
        time: i64::try_from(now.as_secs())?,
        authorities: 8,
        aspas: 4,
        hosts: vec![Host::example(0, false), Host::example(1, false)],
        due_after: 7 * 86_400,
        ..Shape::default()
    };
    let keys = Keys::in_folder(Path::new(keys), 9, &NoProgress)?;
    let honest = World::new(&shape, Arc::clone(&keys))?;
    give(&honest, &honest.vrps(), &Path::new(out).join("honest"))?;
    for (name, attack, lost) in ATTACKS {
        let mut world = honest.clone();
        attack(&mut world)?;
        let left = match lost {
            Some(number) => honest.vrps_without(number),
            None => without_first_roa(&honest),
        };
        let folder = name.replace(' ', "-").replace('\'', "");
        give(&world, &left, &Path::new(out).join(folder))?;
    }
    Ok(())
}

fn without_first_roa(world: &World) -> BTreeSet<Vrp> {
    let lost: BTreeSet<_> = world.authorities[ATTACKER].roas[0].vrps().collect();
    world.vrps().difference(&lost).copied().collect()
}

fn give(world: &World, vrps: &BTreeSet<Vrp>, out: &Path) -> Result<(), Failure> {
    world.write_rsync(&out.join("rsync"))?;
    world.write_locators(&out.join("tals"))?;
    let mut text = String::from("ASN,IP Prefix,Max Length,Trust Anchor\n");
    for vrp in vrps {
        let origin = vrp.origin.into_u32();
        writeln!(text, "AS{origin},{},{},world", vrp.prefix, vrp.max_length)?;
    }
    Ok(std::fs::write(out.join("vrps.csv"), text)?)
}

fn name_of(world: &World, number: usize, ending: &str) -> String {
    format!("{}.{ending}", world.authorities[number].name)
}

fn first_roa(world: &World, number: usize) -> (String, bytes::Bytes) {
    let name = world.authorities[number].roas[0].name();
    let bytes = world.points[number].get(&name).cloned();
    (name, bytes.unwrap_or_default())
}

fn withheld(world: &mut World) -> Result<(), WorldError> {
    let (name, _) = first_roa(world, ATTACKER);
    world.points[ATTACKER].remove(&name);
    Ok(())
}

fn swapped(world: &mut World) -> Result<(), WorldError> {
    let (name, _) = first_roa(world, ATTACKER);
    let (_, other) = first_roa(world, VICTIM);
    world.points[ATTACKER].insert(name, other);
    Ok(())
}

fn truncated(world: &mut World) -> Result<(), WorldError> {
    let (name, bytes) = first_roa(world, ATTACKER);
    world.points[ATTACKER].insert(name, bytes.slice(..bytes.len() / 2));
    Ok(())
}

fn no_manifest(world: &mut World) -> Result<(), WorldError> {
    let name = name_of(world, ATTACKER, "mft");
    world.points[ATTACKER].remove(&name);
    Ok(())
}

fn truncated_manifest(world: &mut World) -> Result<(), WorldError> {
    let name = name_of(world, ATTACKER, "mft");
    if let Some(manifest) = world.points[ATTACKER].get_mut(&name) {
        *manifest = manifest.slice(..manifest.len() / 2);
    }
    Ok(())
}

fn swapped_manifest(world: &mut World) -> Result<(), WorldError> {
    let other = world.points[VICTIM]
        .get(&name_of(world, VICTIM, "mft"))
        .cloned();
    let name = name_of(world, ATTACKER, "mft");
    world.points[ATTACKER].insert(name, other.unwrap_or_default());
    Ok(())
}

fn no_list(world: &mut World) -> Result<(), WorldError> {
    let name = name_of(world, ATTACKER, "crl");
    world.points[ATTACKER].remove(&name);
    Ok(())
}

fn revoked(world: &mut World) -> Result<(), WorldError> {
    let serial = world.authorities[ATTACKER].roas[0].serial;
    world.authorities[ATTACKER].revoked.push(serial);
    world.publish(ATTACKER)
}

/// Lays bytes in the place of the attacker's first ROA.
fn lay_in(world: &mut World, bytes: bytes::Bytes) -> Result<(), WorldError> {
    let (name, _) = first_roa(world, ATTACKER);
    world.authorities[ATTACKER].laid_in.insert(name, bytes);
    world.publish(ATTACKER)
}

fn stolen_roa(world: &mut World) -> Result<(), WorldError> {
    let stolen = RouteOrigin {
        origin: Asn::from_u32(64_666),
        ..world.authorities[VICTIM].roas[0].clone()
    };
    let bytes = world.sign_roa(ATTACKER, &stolen)?;
    lay_in(world, bytes)
}

fn stolen_child(world: &mut World) -> Result<(), WorldError> {
    world.authorities[2].resources = world.authorities[VICTIM].resources.clone();
    world.reissue(2)
}

fn bend(
    world: &mut World,
    change: impl FnOnce(&mut SignedObject, &World) -> Result<(), WorldError>,
) -> Result<(), WorldError> {
    let mut roa = SignedObject::parse(&first_roa(world, ATTACKER).1)?;
    change(&mut roa, world)?;
    roa.sign(world.keys())?;
    lay_in(world, roa.to_bytes())
}

fn ber_attributes(world: &mut World) -> Result<(), WorldError> {
    bend(world, |roa, _| {
        let attributes = roa.attributes()?;
        let values = attributes.children()?.clone();
        attributes.body = Body::Indefinite(values);
        Ok(())
    })
}

fn no_issuer(world: &mut World) -> Result<(), WorldError> {
    bend(world, |roa, world| {
        let key = world.authorities[ATTACKER].key;
        roa.certificate(world.keys(), key, |signed| {
            spoil::remove_extension(signed, extension::AUTHORITY_KEY)
        })
    })
}

fn forged_issuer(world: &mut World) -> Result<(), WorldError> {
    bend(world, |roa, world| {
        let victim = world.keys().public(world.authorities[VICTIM].key)?;
        let key = world.authorities[ATTACKER].key;
        roa.certificate(world.keys(), key, |signed| {
            spoil::set_key_identifier(signed, extension::AUTHORITY_KEY, victim.key_identifier())
        })
    })
}

fn looping(world: &mut World) -> Result<(), WorldError> {
    world.authorities[2].key = world.authorities[ATTACKER].key;
    world.reissue(2)?;
    world.publish(2)
}

/// The attacker is left with what its first ROA does not need.
fn shrunk(world: &mut World) -> Result<(), WorldError> {
    // Its own first prefixes go; the object then overclaims.
    let attacker = world.authorities[ATTACKER].clone();
    let lost = attacker.roas[0]
        .prefixes
        .iter()
        .map(|(prefix, _)| prefix.to_string());
    let lost: Vec<_> = lost.collect();
    let of = |v6: bool| {
        let family = lost.iter().filter(|text| text.contains(':') == v6).cloned();
        family.collect::<Vec<_>>().join(", ")
    };
    let lost = modu_route_world::ResourceSet::from_strs("", &of(false), &of(true));
    let lost = lost.map_err(|error| WorldError::Shape(error.to_string()))?;
    let held = &attacker.resources;
    let kept = modu_route_world::ResourceSet::new(
        held.asn().clone(),
        held.ipv4().difference(lost.ipv4()).into(),
        held.ipv6().difference(lost.ipv6()).into(),
    );
    world.shrink(ATTACKER, kept)
}
