//! The register of links that show one file of a run ([`Shown`]): which were
//! made, until when each holds, and which were ended before.
//!
//! A link's address is known to whoever was handed it and to nobody else: what
//! is kept of it, one small file each in the home's folder `shown`, is what it
//! shows and when it ends, under a name that tells nothing of the address. A
//! link that is not registered, or was ended, opens nothing; whoever loses the
//! folder loses the links and discloses nobody.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::account::Token;
use crate::identity::PersonId;
use crate::shown::Shown;

/// The folder in the home.
const FOLDER: &str = "shown";
/// Links that are kept; a new one takes the place of the one that is over
/// longest, and where none is, it is refused.
pub const MAX_LINKS: usize = 10_000;
/// For how long a link is listed after its end.
const LISTED_AFTER: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Bytes of what is kept of one.
const MAX_LINK_BYTES: u64 = 4_000;

/// The name of a link in the register: sixteen hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkId(String);

impl LinkId {
    fn of(token: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(b"modu link\0")
            .chain_update(token)
            .finalize();
        Self(
            digest[..8]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LinkId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.len() == 16 && text.bytes().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(()),
        }
    }
}

/// A link as the register knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name here.
    pub id: LinkId,
    /// What it shows, and until when at most.
    pub shown: Shown,
    /// When it was made.
    pub made: Timestamp,
    /// When it was ended, and by whom: nobody where that was on the machine of
    /// the home.
    pub ended: Option<(Timestamp, Option<PersonId>)>,
}

impl Link {
    /// Whether it opens what it shows.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.shown.ends
    }
}

/// What a file of the register says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    entry: u64,
    output: String,
    ends: Timestamp,
    made: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_by: Option<PersonId>,
}

/// The register of a home. Cheap to make: nothing is held open.
#[derive(Debug, Clone)]
pub struct Links {
    folder: PathBuf,
}

impl Links {
    /// Of this home; there need be none yet.
    #[must_use]
    pub fn of(home: &Path) -> Self {
        Self {
            folder: home.join(FOLDER),
        }
    }

    /// Makes a link: the end of its address, and what it shows. Where one with
    /// the same end was made already, the new one ends a second later.
    ///
    /// # Errors
    /// Where the folder cannot be written, or [`MAX_LINKS`] hold.
    pub fn make(&self, shown: &Shown, key: &Token, now: Timestamp) -> io::Result<(String, Shown)> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        self.tidy(now)?;
        let mut shown = shown.clone();
        loop {
            let token = shown.token(key);
            let path = self.path(&LinkId::of(&token));
            if path.exists() {
                shown.ends += SignedDuration::from_secs(1);
                continue;
            }
            self.write(
                &path,
                &Kept {
                    entry: shown.entry,
                    output: shown.output.clone(),
                    ends: shown.ends,
                    made: now,
                    ended: None,
                    ended_by: None,
                },
            )?;
            return Ok((token, shown));
        }
    }

    /// What a link shows; none where it was not made with this key, is not
    /// registered, or has ended.
    ///
    /// # Errors
    /// Where the register cannot be read.
    pub fn open(&self, token: &str, key: &Token, now: Timestamp) -> io::Result<Option<Shown>> {
        let Some(shown) = Shown::read(token, key, now) else {
            return Ok(None);
        };
        let link = self.get(&LinkId::of(token))?;
        Ok(link.filter(|link| link.holds(now)).map(|_| shown))
    }

    /// A link by its name.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn get(&self, id: &LinkId) -> io::Result<Option<Link>> {
        let mut file = match File::open(self.path(id)) {
            Ok(file) => file.take(MAX_LINK_BYTES + 1),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let kept: Kept = serde_json::from_str(&text).map_err(|error| {
            let place = self.path(id);
            let text = format!("{}: {error}; remove it to end the link", place.display());
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?;
        Ok(Some(Link {
            id: id.clone(),
            shown: Shown {
                entry: kept.entry,
                output: kept.output,
                ends: kept.ends,
            },
            made: kept.made,
            ended: kept.ended.map(|at| (at, kept.ended_by)),
        }))
    }

    /// All links, the newest first; none where none was ever made.
    ///
    /// # Errors
    /// Where the register cannot be read.
    pub fn list(&self) -> io::Result<Vec<Link>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut links = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json"));
            if let Some(Ok(id)) = id.map(str::parse) {
                links.extend(self.get(&id)?);
            }
        }
        links.sort_by(|a, b| (b.made, &b.id.0).cmp(&(a.made, &a.id.0)));
        Ok(links)
    }

    /// Ends a link, in the name of a person where it is one; whether it still
    /// held.
    ///
    /// # Errors
    /// Where the register cannot be read or written.
    pub fn end(&self, id: &LinkId, by: Option<PersonId>, now: Timestamp) -> io::Result<bool> {
        let Some(link) = self.get(id)?.filter(|link| link.holds(now)) else {
            return Ok(false);
        };
        self.write(
            &self.path(id),
            &Kept {
                entry: link.shown.entry,
                output: link.shown.output,
                ends: link.shown.ends,
                made: link.made,
                ended: Some(now),
                ended_by: by,
            },
        )?;
        Ok(true)
    }

    /// Ends all links that hold.
    ///
    /// # Errors
    /// As [`Self::end`].
    pub fn end_all(&self, now: Timestamp) -> io::Result<()> {
        for link in self.list()? {
            self.end(&link.id, None, now)?;
        }
        Ok(())
    }

    /// Forgets what ended long ago, and makes room for one.
    fn tidy(&self, now: Timestamp) -> io::Result<()> {
        let mut left = Vec::new();
        for link in self.list()? {
            match link.shown.ends + LISTED_AFTER < now {
                true => fs::remove_file(self.path(&link.id))?,
                false => left.push(link),
            }
        }
        if left.len() < MAX_LINKS {
            return Ok(());
        }
        let over = left.iter().rev().find(|link| !link.holds(now));
        let Some(over) = over else {
            let text = format!("{MAX_LINKS} links hold already: end some");
            return Err(io::Error::other(text));
        };
        fs::remove_file(self.path(&over.id))
    }

    fn path(&self, id: &LinkId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Writes a file durably, whole or not at all.
    fn write(&self, path: &Path, kept: &Kept) -> io::Result<()> {
        let fresh = path.with_extension("part");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(serde_json::to_string(kept)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shown(ends: i64) -> Shown {
        Shown {
            entry: 23,
            output: "patient.html".to_owned(),
            ends: at(ends),
        }
    }

    #[test]
    fn each_link_ends_by_itself_and_the_others_go_on() {
        let home = tempfile::tempdir().unwrap();
        let links = Links::of(home.path());
        let key = Token::new().unwrap();
        assert_eq!(links.list().unwrap(), []);
        let (one, _) = links.make(&shown(1_000), &key, at(1)).unwrap();
        // The same again is another link.
        let (two, second) = links.make(&shown(1_000), &key, at(2)).unwrap();
        assert_ne!(one, two);
        assert_eq!(second.ends, at(1_001));
        let open = |token: &str, now| links.open(token, &key, at(now)).unwrap();
        assert_eq!(open(&one, 5), Some(shown(1_000)));
        assert_eq!(open(&two, 5), Some(second));
        let listed = links.list().unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!((listed[0].made, listed[1].made), (at(2), at(1)));
        let person = Some(PersonId(crate::identity::Sequence(7)));
        assert!(links.end(&listed[1].id, person, at(6)).unwrap());
        assert!(!links.end(&listed[1].id, person, at(7)).unwrap());
        assert_eq!(open(&one, 7), None);
        assert!(open(&two, 7).is_some());
        let ended = links.get(&listed[1].id).unwrap().unwrap().ended;
        assert_eq!(ended, Some((at(6), person)));
        links.end_all(at(8)).unwrap();
        assert_eq!(open(&two, 9), None);
    }

    #[test]
    fn what_is_not_registered_opens_nothing_whatever_its_seal() {
        let home = tempfile::tempdir().unwrap();
        let links = Links::of(home.path());
        let key = Token::new().unwrap();
        let token = shown(1_000).token(&key);
        assert_eq!(links.open(&token, &key, at(1)).unwrap(), None);
        let (token, _) = links.make(&shown(1_000), &key, at(1)).unwrap();
        let other = Token::new().unwrap();
        assert_eq!(links.open(&token, &other, at(1)).unwrap(), None);
        assert_eq!(links.open(&token, &key, at(1_000)).unwrap(), None);
        // What stands in the register tells nobody the address.
        for file in fs::read_dir(home.path().join(FOLDER)).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let seal = token.rsplit_once('~').unwrap().1;
            assert!(!text.contains(seal) && !text.contains(&token), "{text}");
        }
        for name in [
            "",
            "../../etc/passwd",
            "0123456789abcdeF",
            "0123456789abcde",
        ] {
            assert!(name.parse::<LinkId>().is_err(), "{name}");
        }
    }

    #[test]
    fn what_ended_long_ago_is_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let links = Links::of(home.path());
        let key = Token::new().unwrap();
        links.make(&shown(1_000), &key, at(1)).unwrap();
        let later = at(1_000) + LISTED_AFTER + SignedDuration::from_secs(1);
        let still = at(1_000) + LISTED_AFTER;
        let ends = later.as_second() + 10;
        links.make(&shown(ends), &key, still).unwrap();
        assert_eq!(links.list().unwrap().len(), 2);
        links.make(&shown(ends), &key, later).unwrap();
        assert_eq!(links.list().unwrap().len(), 2);
    }
}
