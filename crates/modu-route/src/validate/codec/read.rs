//! Reading, with everything checked that the types promise.

use std::sync::Arc;

use modu_kernel::Digest;
use rpki::resources::Asn;

use super::{MAGIC, tag};
use crate::payload::Aspa;
use crate::repository::Source;
use crate::validate::tree::{
    Anchor, Authority, Decision, Fallback, Kind, Manifest, Object, ObjectOutcome, Reason,
    ValidatedTree, Validity,
};
use crate::vrp::{Vrp, prefix_of};
use crate::{RouteError, limits};

type Read<T> = Result<T, RouteError>;

pub(super) fn tree(bytes: &[u8]) -> Read<ValidatedTree> {
    if bytes.len() as u64 > limits::TREE_BYTES {
        return Err(RouteError::TooMany {
            what: "bytes in a validated tree",
            limit: limits::TREE_BYTES,
        });
    }
    let mut reader = Reader { bytes, at: 0 };
    if reader.take(MAGIC.len())? != MAGIC {
        return Err(reader.malformed("it does not begin with `modu tree 1`"));
    }
    let tree = ValidatedTree {
        time: reader.instant()?,
        anchors: reader.list(Reader::anchor)?,
        authorities: reader.list(Reader::authority)?,
    };
    if reader.at != bytes.len() {
        return Err(reader.malformed("something follows the end"));
    }
    check(&tree).map_err(|problem| reader.malformed(problem))?;
    Ok(tree)
}

/// That what refers to another place refers to one that may stand there.
fn check(tree: &ValidatedTree) -> Result<(), &'static str> {
    let ascending = |pair: &[Anchor]| pair[0].name < pair[1].name;
    if !tree.anchors.windows(2).all(ascending) {
        return Err("the trust anchors do not ascend by name");
    }
    let known = |place: u32| (place as usize) < tree.authorities.len();
    if tree
        .anchors
        .iter()
        .any(|it| it.authority.as_ref().is_ok_and(|place| !known(*place)))
    {
        return Err("a trust anchor has an authority that is not there");
    }
    let mut authorities = (0_u32..).zip(&tree.authorities);
    let stands = |(place, it): (u32, &Authority)| {
        it.parent.is_none_or(|parent| parent < place) && usize::from(it.anchor) < tree.anchors.len()
    };
    match authorities.all(stands) {
        true => Ok(()),
        false => Err("an authority stands before its parent or under no trust anchor"),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn malformed(&self, problem: &str) -> RouteError {
        RouteError::Malformed {
            place: format!("byte {} of a validated tree", self.at),
            problem: format!("{problem}: run again without it"),
        }
    }

    fn take(&mut self, length: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(length);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += length;
                Ok(taken)
            }
            None => Err(self.malformed("it ends early")),
        }
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Read<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn number(&mut self) -> Read<u64> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                if byte == 0 && shift > 0 {
                    return Err(self.malformed("a number is longer than it need be"));
                }
                return Ok(number);
            }
        }
        Err(self.malformed("a number is too large"))
    }

    fn number_as<T: TryFrom<u64>>(&mut self) -> Read<T> {
        let number = self.number()?;
        T::try_from(number).map_err(|_| self.malformed("a number is too large"))
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let length: usize = self.number_as()?;
        // Each item has a byte at least, so that a count is no way to ask for
        // memory.
        if length > self.bytes.len() - self.at {
            return Err(self.malformed("it ends early"));
        }
        let mut items = Vec::with_capacity(length.min(4096));
        for _ in 0..length {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn text<T: for<'t> From<&'t str>>(&mut self) -> Read<T> {
        let length = self.number_as()?;
        let bytes = self.take(length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| self.malformed("a text is not UTF-8"))?;
        Ok(text.into())
    }

    fn instant(&mut self) -> Read<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn digest(&mut self) -> Read<Digest> {
        Ok(Digest::from_bytes(self.array()?))
    }

    fn validity(&mut self) -> Read<Validity> {
        Ok(Validity {
            not_before: self.instant()?,
            not_after: self.instant()?,
        })
    }

    fn optional<T>(&mut self, read: impl Fn(&mut Self) -> Read<T>) -> Read<Option<T>> {
        match self.byte()? {
            tag::ABSENT => Ok(None),
            tag::PRESENT => read(self).map(Some),
            _ => Err(self.malformed("an unknown choice")),
        }
    }

    fn reason(&mut self) -> Read<Reason> {
        Ok(Reason {
            code: self.text()?,
            detail: self.text()?,
        })
    }

    fn anchor(&mut self) -> Read<Anchor> {
        Ok(Anchor {
            name: self.text()?,
            authority: match self.byte()? {
                tag::PRESENT => Ok(self.number_as()?),
                tag::ABSENT => Err(self.reason()?),
                _ => return Err(self.malformed("an unknown choice")),
            },
            kept: self.optional(Self::reason)?,
        })
    }

    fn authority(&mut self) -> Read<Authority> {
        Ok(Authority {
            parent: self.optional(Self::number_as)?,
            anchor: self.number_as()?,
            certificate: self.text()?,
            certificate_digest: self.digest()?,
            validity: self.validity()?,
            subject_key: self.array()?,
            notify: self.optional(Self::text)?,
            folder: self.text()?,
            manifest_uri: self.text()?,
            key: self.digest()?,
            stable: self.validity()?,
            decision: match self.byte()? {
                tag::CURRENT => Decision::Current(self.manifest()?),
                tag::KEPT => Decision::Kept(Fallback {
                    manifest: self.manifest()?,
                    reason: self.reason()?,
                }),
                tag::REFUSED => Decision::Refused(self.reason()?),
                _ => return Err(self.malformed("an unknown choice")),
            },
            objects: self.objects()?,
        })
    }

    fn manifest(&mut self) -> Read<Manifest> {
        Ok(Manifest {
            source: match self.byte()? {
                tag::RRDP => Source::Rrdp(self.text()?),
                tag::RSYNC => Source::Rsync(self.text()?),
                _ => return Err(self.malformed("an unknown choice")),
            },
            pack: self.digest()?,
            digest: self.digest()?,
            number: {
                let length: usize = self.number_as()?;
                let number = self.take(length)?;
                if length > 20 || number.first() == Some(&0) {
                    return Err(self.malformed("a manifest's number has a wrong form"));
                }
                number.to_vec()
            },
            this_update: self.instant()?,
            next_update: self.instant()?,
        })
    }

    fn objects(&mut self) -> Read<Arc<[Object]>> {
        let objects = self.list(Self::object)?;
        match objects.windows(2).all(|pair| pair[0].name < pair[1].name) {
            true => Ok(objects.into()),
            false => Err(self.malformed("the objects do not ascend by name")),
        }
    }

    fn object(&mut self) -> Read<Object> {
        let (name, digest, choice) = (self.text()?, self.digest()?, self.byte()?);
        Ok(Object {
            name,
            digest,
            trailing: choice & tag::TRAILING != 0,
            outcome: match choice & !tag::TRAILING {
                tag::ROA => ObjectOutcome::Roa(self.validity()?, self.vrps()?),
                tag::ASPA => ObjectOutcome::Aspa(self.validity()?, self.aspa()?),
                tag::AUTHORITY => ObjectOutcome::Authority(self.validity()?),
                tag::REVOCATION_LIST => ObjectOutcome::RevocationList(self.validity()?),
                tag::PASSED_OVER => ObjectOutcome::PassedOver(self.kind()?),
                tag::REJECTED => ObjectOutcome::Rejected(self.reason()?),
                _ => return Err(self.malformed("an unknown choice")),
            },
        })
    }

    fn vrps(&mut self) -> Read<Vec<Vrp>> {
        let vrps = self.list(Self::vrp)?;
        match vrps.windows(2).all(|pair| pair[0] < pair[1]) {
            true => Ok(vrps),
            false => Err(self.malformed("the prefixes do not ascend")),
        }
    }

    fn vrp(&mut self) -> Read<Vrp> {
        let length = self.byte()?;
        let shape = self.number()?;
        let v4 = shape & 1 == 0;
        let longest = if v4 { 32 } else { 128 };
        let max_length = u64::from(length) + (shape >> 1);
        if max_length > longest {
            return Err(self.malformed("a prefix is too long"));
        }
        let mut address = [0; 16];
        let held = usize::from(length.div_ceil(8));
        address[..held].copy_from_slice(self.take(held)?);
        let prefix = prefix_of(v4, u128::from_be_bytes(address), length)
            .ok_or_else(|| self.malformed("bits are set behind a prefix's length"))?;
        Ok(Vrp {
            prefix,
            max_length: max_length as u8,
            origin: Asn::from_u32(self.number_as()?),
        })
    }

    fn aspa(&mut self) -> Read<Aspa> {
        let customer = Asn::from_u32(self.number_as()?);
        let providers = self.list(|reader| reader.number_as().map(Asn::from_u32))?;
        match providers.windows(2).all(|pair| pair[0] < pair[1]) {
            true => Ok(Aspa {
                customer,
                providers,
            }),
            false => Err(self.malformed("the providers do not ascend")),
        }
    }

    fn kind(&mut self) -> Read<Kind> {
        const KINDS: [Kind; 6] = [
            Kind::RouterKey,
            Kind::Checklist,
            Kind::AnchorKey,
            Kind::PrefixList,
            Kind::Ghostbusters,
            Kind::Unknown,
        ];
        let kind = KINDS.get(usize::from(self.byte()?)).copied();
        kind.ok_or_else(|| self.malformed("an unknown choice"))
    }
}
