//! The bytes of a table on the disk.
//!
//! All numbers big-endian. The anchors: a count (u16), each a length (u16) and
//! UTF-8. The rows: a count (u32), each the family (u8: 0 is IPv4, 1
//! is IPv6), the prefix's length (u8), maxLength (u8), origin (u32), anchor
//! (u16), expiry (i64), and 4 or 16 bytes of address. The ASPAs: a count (u32),
//! each the customer (u32), a count (u16), the providers (u32).

use rpki::resources::{Asn, addr::Prefix};

use super::{RouterTable, Row};
use crate::payload::Aspa;
use crate::vrp::{Vrp, bits_of, prefix_of};
use crate::{RouteError, limits};

impl RouterTable {
    /// The table's bytes; one table has one encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.rows.len() * 26);
        let anchors = &self.anchors[..self.anchors.len().min(usize::from(u16::MAX))];
        bytes.extend((anchors.len() as u16).to_be_bytes());
        for anchor in anchors {
            let name = &anchor.as_bytes()[..anchor.floor_char_boundary(usize::from(u16::MAX))];
            bytes.extend((name.len() as u16).to_be_bytes());
            bytes.extend(name);
        }
        bytes.extend((self.rows.len() as u32).to_be_bytes());
        for row in &self.rows {
            write_row(&mut bytes, row);
        }
        bytes.extend((self.aspas.len() as u32).to_be_bytes());
        for aspa in &self.aspas {
            let providers = &aspa.providers[..aspa.providers.len().min(usize::from(u16::MAX))];
            bytes.extend(aspa.customer.into_u32().to_be_bytes());
            bytes.extend((providers.len() as u16).to_be_bytes());
            for provider in providers {
                bytes.extend(provider.into_u32().to_be_bytes());
            }
        }
        bytes
    }

    /// Reads the bytes.
    ///
    /// # Errors
    /// [`RouteError`] with the place where they are not such a table.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let mut reader = Reader { bytes, read: 0 };
        let anchors = (0..reader.u16()?)
            .map(|_| reader.name())
            .collect::<Result<Vec<_>, _>>()?;
        let count = reader.count(limits::VRPS, "VRPs")?;
        let rows = (0..count)
            .map(|_| reader.row())
            .collect::<Result<Vec<_>, _>>()?;
        let count = reader.count(limits::VRPS, "ASPAs")?;
        let aspas = (0..count)
            .map(|_| reader.aspa())
            .collect::<Result<Vec<_>, _>>()?;
        match reader.bytes.is_empty() {
            true => Ok(Self::new(anchors, rows, aspas)),
            false => Err(reader.malformed("more follows the table")),
        }
    }
}

fn write_row(bytes: &mut Vec<u8>, row: &Row) {
    let prefix = row.vrp.prefix;
    bytes.extend([u8::from(prefix.is_v6()), prefix.len(), row.vrp.max_length]);
    bytes.extend(row.vrp.origin.into_u32().to_be_bytes());
    bytes.extend(row.anchor.to_be_bytes());
    bytes.extend(row.expires.to_be_bytes());
    let address = bits_of(prefix).to_be_bytes();
    bytes.extend(&address[..if prefix.is_v4() { 4 } else { 16 }]);
}

struct Reader<'a> {
    bytes: &'a [u8],
    read: usize,
}

impl<'a> Reader<'a> {
    fn malformed(&self, problem: &str) -> RouteError {
        RouteError::Malformed {
            place: format!("byte {}", self.read),
            problem: format!("{problem}: expected a table that this program has written"),
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], RouteError> {
        let (taken, rest) = (self.bytes)
            .split_at_checked(count)
            .ok_or_else(|| self.malformed("it ends early"))?;
        self.bytes = rest;
        self.read += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RouteError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u16(&mut self) -> Result<u16, RouteError> {
        self.array().map(u16::from_be_bytes)
    }

    fn asn(&mut self) -> Result<Asn, RouteError> {
        self.array()
            .map(|bytes| Asn::from_u32(u32::from_be_bytes(bytes)))
    }

    fn count(&mut self, limit: usize, what: &'static str) -> Result<usize, RouteError> {
        let count = u32::from_be_bytes(self.array()?) as usize;
        match count <= limit {
            true => Ok(count),
            false => Err(RouteError::TooMany {
                what,
                limit: limit as u64,
            }),
        }
    }

    fn name(&mut self) -> Result<String, RouteError> {
        let length = self.u16()?;
        let bytes = self.take(usize::from(length))?.to_vec();
        String::from_utf8(bytes).map_err(|_| self.malformed("a name is not UTF-8"))
    }

    fn row(&mut self) -> Result<Row, RouteError> {
        let [family, length, max_length] = self.array()?;
        let origin = self.asn()?;
        let anchor = self.u16()?;
        let expires = i64::from_be_bytes(self.array()?);
        let v4 = match family {
            0 => true,
            1 => false,
            _ => return Err(self.malformed("there is no such family of addresses")),
        };
        let mut address = [0; 16];
        let size = if v4 { 4 } else { 16 };
        address[..size].copy_from_slice(self.take(size)?);
        let prefix: Prefix = prefix_of(v4, u128::from_be_bytes(address), length)
            .filter(|prefix| (prefix.len()..=if v4 { 32 } else { 128 }).contains(&max_length))
            .ok_or_else(|| self.malformed("there is no such prefix"))?;
        let vrp = Vrp {
            prefix,
            max_length,
            origin,
        };
        Ok(Row {
            vrp,
            anchor,
            expires,
        })
    }

    fn aspa(&mut self) -> Result<Aspa, RouteError> {
        let customer = self.asn()?;
        let providers = (0..self.u16()?)
            .map(|_| self.asn())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Aspa {
            customer,
            providers,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::vrp::VrpTable;

    fn table() -> RouterTable {
        let csv = "ASN,IP Prefix,Max Length\n\
                   AS64496,192.0.2.0/24,26\n\
                   64497,2001:db8::/32,48\nAS0,0.0.0.0/0,0\n";
        let vrps = VrpTable::parse(csv.as_bytes()).unwrap();
        let rows = RouterTable::of_vrps("한국", &vrps).rows;
        let asn = Asn::from_u32;
        let aspa = Aspa {
            customer: asn(64500),
            providers: vec![asn(64501), asn(64502)],
        };
        RouterTable::new(vec!["한국".into()], rows, vec![aspa])
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let table = table();
        assert_eq!(RouterTable::parse(&table.to_bytes()).unwrap(), table);
    }

    #[test]
    fn every_cut_and_every_longer_file_is_refused() {
        let bytes = table().to_bytes();
        for length in 0..bytes.len() {
            assert!(RouterTable::parse(&bytes[..length]).is_err(), "{length}");
        }
        assert!(RouterTable::parse(&[&bytes[..], &[0]].concat()).is_err());
        let many = [&[0, 0][..], &u32::MAX.to_be_bytes()].concat();
        assert!(matches!(
            RouterTable::parse(&many),
            Err(RouteError::TooMany { .. })
        ));
    }
}
