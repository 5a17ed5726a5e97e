//! The files of an RRDP server (RFC 8182): notification, snapshot, deltas.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use bytes::Bytes;
use modu_kernel::Digest;

use crate::{World, WorldError};

/// A server that remembers what it published, so that each publication gives
/// a delta too.
#[derive(Debug, Clone)]
pub struct RrdpServer {
    /// The URI of its notification file.
    pub notify: String,
    /// Its session, a UUID.
    pub session: String,
    /// The serial number of what it published last; 0 before anything.
    pub serial: u64,
    /// How many deltas it lists.
    pub keep: usize,
    objects: BTreeMap<String, Bytes>,
    /// Deltas by serial number: URI and text.
    deltas: BTreeMap<u64, (String, Bytes)>,
}

impl RrdpServer {
    /// A server of this notification URI. Its session follows from the URI.
    #[must_use]
    pub fn new(notify: impl Into<String>) -> Self {
        let notify = notify.into();
        let digest = Digest::of(notify.as_bytes()).to_hex();
        let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
        let session = format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        );
        Self {
            notify,
            session,
            serial: 0,
            keep: 10,
            objects: BTreeMap::new(),
            deltas: BTreeMap::new(),
        }
    }

    fn base(&self) -> &str {
        self.notify.rsplit_once('/').map_or("", |(base, _)| base)
    }

    /// Publishes these objects and says all of its files by `https` URI.
    pub fn publish(&mut self, objects: BTreeMap<String, Bytes>) -> BTreeMap<String, Bytes> {
        self.serial += 1;
        let base = format!("{}/{}/{}", self.base(), self.session, self.serial);
        if self.serial > 1 {
            let delta = self.delta(&objects);
            self.deltas
                .insert(self.serial, (format!("{base}/delta.xml"), delta));
            while self.deltas.len() > self.keep {
                self.deltas.pop_first();
            }
        }
        self.objects = objects;
        let snapshot = (format!("{base}/snapshot.xml"), self.snapshot());
        let notification = self.notification(&snapshot);
        let mut files = BTreeMap::from([(self.notify.clone(), notification), snapshot]);
        files.extend(self.deltas.values().cloned());
        files
    }

    fn element(&self, name: &str, body: &str) -> Bytes {
        format!(
            "<{name} xmlns=\"http://www.ripe.net/rpki/rrdp\" version=\"1\" session_id=\"{}\" serial=\"{}\">\n{body}</{name}>\n",
            self.session, self.serial
        )
        .into()
    }

    fn snapshot(&self) -> Bytes {
        let mut body = String::new();
        for (uri, object) in &self.objects {
            publish(&mut body, uri, None, object);
        }
        self.element("snapshot", &body)
    }

    fn delta(&self, objects: &BTreeMap<String, Bytes>) -> Bytes {
        let mut body = String::new();
        for (uri, object) in objects {
            let old = self.objects.get(uri);
            if old != Some(object) {
                publish(&mut body, uri, old, object);
            }
        }
        for (uri, old) in &self.objects {
            if !objects.contains_key(uri) {
                let hash = Digest::of(old).to_hex();
                let _ = writeln!(body, "<withdraw uri=\"{uri}\" hash=\"{hash}\"/>");
            }
        }
        self.element("delta", &body)
    }

    fn notification(&self, (uri, snapshot): &(String, Bytes)) -> Bytes {
        let mut body = String::new();
        let hash = Digest::of(snapshot).to_hex();
        let _ = writeln!(body, "<snapshot uri=\"{uri}\" hash=\"{hash}\"/>");
        for (serial, (uri, delta)) in self.deltas.iter().rev() {
            let hash = Digest::of(delta).to_hex();
            let _ = writeln!(
                body,
                "<delta serial=\"{serial}\" uri=\"{uri}\" hash=\"{hash}\"/>"
            );
        }
        self.element("notification", &body)
    }
}

fn publish(body: &mut String, uri: &str, old: Option<&Bytes>, object: &Bytes) {
    let data = base64::engine::general_purpose::STANDARD.encode(object);
    let _ = match old {
        Some(old) => {
            let hash = Digest::of(old).to_hex();
            writeln!(
                body,
                "<publish uri=\"{uri}\" hash=\"{hash}\">{data}</publish>"
            )
        }
        None => writeln!(body, "<publish uri=\"{uri}\">{data}</publish>"),
    };
}

impl World {
    /// The objects that a publication server holds: those of its authorities'
    /// points, by rsync URI.
    #[must_use]
    pub fn objects_of_host(&self, host: usize) -> BTreeMap<String, Bytes> {
        let numbers = 0..self.authorities.len();
        let numbers = numbers.filter(|number| self.authorities[*number].host == host);
        let objects = numbers.flat_map(|number| {
            let folder = self.folder(number);
            let point = self.points[number].iter();
            point.map(move |(name, bytes)| (format!("{folder}{name}"), bytes.clone()))
        });
        objects.collect()
    }

    /// Every host's RRDP files by `https` URI, and beside the notification
    /// files the anchors' certificates, where locators look for them.
    /// `servers` holds the servers by host; those missing are begun.
    pub fn rrdp_files(&self, servers: &mut BTreeMap<usize, RrdpServer>) -> BTreeMap<String, Bytes> {
        let mut files = BTreeMap::new();
        for (host, server) in self.shape.hosts.iter().enumerate() {
            if let Some(notify) = &server.notify {
                let server = (servers.entry(host)).or_insert_with(|| RrdpServer::new(notify));
                files.extend(server.publish(self.objects_of_host(host)));
            }
        }
        for (number, bytes) in &self.anchors {
            if let Some(base) = self.https_base(*number) {
                let name = &self.authorities[*number].name;
                files.insert(format!("{base}{name}.cer"), bytes.clone());
            }
        }
        files
    }

    /// Writes files by `https` URI below `folder` as `authority/path`.
    ///
    /// # Errors
    /// [`WorldError`] where a file cannot be written.
    pub fn write_rrdp(files: &BTreeMap<String, Bytes>, folder: &Path) -> Result<(), WorldError> {
        for (uri, bytes) in files {
            crate::give::write(folder, uri.trim_start_matches("https://"), bytes)?;
        }
        Ok(())
    }
}
