//! An https server that does what a test says, also what no server should.

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use modu_kernel::Digest;
use modu_route_net::HttpSettings;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What is answered to a request for a URI.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A file, with an ETag.
    File(Bytes),
    /// These bytes, said to be gzip.
    Gzip(Bytes),
    /// So many zero bytes, gzipped a thousand to one.
    Bomb(u64),
    /// A file, one byte every so often.
    Drip(Bytes, Duration),
    /// Another place.
    Redirect(String),
    /// A status and nothing else.
    Status(u16),
}

/// What lies where.
pub(crate) type Site = BTreeMap<String, Reply>;

/// A server on the loopback that stands for any number of hosts.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    hosts: Vec<String>,
    root: tempfile::NamedTempFile,
    site: Arc<Mutex<Site>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Stands for these hosts; nothing lies anywhere yet.
    pub(crate) fn start(hosts: &[&str]) -> Self {
        let hosts: Vec<String> = hosts.iter().map(|it| (*it).to_owned()).collect();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertifiedIssuer::self_signed(authority, key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(hosts.clone()).unwrap();
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let mut root = tempfile::NamedTempFile::new().unwrap();
        root.write_all(authority.pem().as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            hosts,
            root,
            site: Arc::default(),
            asked: Arc::default(),
        };
        let (site, asked, config) = (server.site.clone(), server.asked.clone(), Arc::new(config));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (site, asked, config) = (site.clone(), asked.clone(), config.clone());
                // A client that goes away is no fault of the server.
                thread::spawn(move || drop(serve(stream, config, &site, &asked)));
            }
        });
        server
    }

    /// How to ask it.
    pub(crate) fn settings(&self) -> HttpSettings {
        let named = self.hosts.iter().map(|host| (host.clone(), self.address));
        HttpSettings {
            root_certificates: vec![PathBuf::from(self.root.path())],
            resolve: named.collect(),
            ..HttpSettings::default()
        }
    }

    /// Puts files in their places.
    pub(crate) fn put(&self, files: impl IntoIterator<Item = (String, Bytes)>) {
        let files = files.into_iter().map(|(uri, it)| (uri, Reply::File(it)));
        self.site.lock().unwrap().extend(files);
    }

    /// Puts a reply in its place.
    pub(crate) fn reply(&self, uri: impl Into<String>, reply: Reply) {
        self.site.lock().unwrap().insert(uri.into(), reply);
    }

    /// What was asked since this was last called, with a mark where the
    /// answer was that nothing changed.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    site: &Mutex<Site>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let field = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find_map(|(found, value)| found.eq_ignore_ascii_case(name).then(|| value.to_owned()))
    };
    let path = head.split(' ').nth(1).unwrap_or("/");
    let host = field("host").unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let uri = format!("https://{host}{path}");
    let reply = site.lock().unwrap().get(&uri).cloned();
    let reply = reply.unwrap_or(Reply::Status(404));
    let known = field("if-none-match");
    let mut mark = "";
    let answer = |stream: &mut StreamOwned<_, _>, first: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {first}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)
    };
    match reply {
        Reply::File(body) => {
            let tag = format!("\"{}\"", Digest::of(&body).to_hex());
            if known.as_ref() == Some(&tag) {
                mark = " unchanged";
                answer(&mut stream, "304 Not Modified", b"")?;
            } else {
                let first = format!("200 OK\r\nETag: {tag}\r\nContent-Length: {}", body.len());
                answer(&mut stream, &first, &body)?;
            }
        }
        Reply::Gzip(body) => {
            let first = format!(
                "200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}",
                body.len()
            );
            answer(&mut stream, &first, &body)?;
        }
        Reply::Bomb(length) => {
            answer(&mut stream, "200 OK\r\nContent-Encoding: gzip", b"")?;
            let mut packer = GzEncoder::new(&mut stream, Compression::best());
            std::io::copy(&mut std::io::repeat(0).take(length), &mut packer)?;
            packer.finish()?;
        }
        Reply::Drip(body, pause) => {
            asked.lock().unwrap().push(uri.clone());
            let first = format!("200 OK\r\nContent-Length: {}", body.len());
            answer(&mut stream, &first, b"")?;
            for byte in body {
                stream.write_all(&[byte])?;
                stream.flush()?;
                thread::sleep(pause);
            }
            return Ok(());
        }
        Reply::Redirect(to) => {
            let first = format!("302 Found\r\nLocation: {to}\r\nContent-Length: 0");
            answer(&mut stream, &first, b"")?;
        }
        Reply::Status(status) => {
            let first = format!("{status} Whatever\r\nContent-Length: 0");
            answer(&mut stream, &first, b"")?;
        }
    }
    asked.lock().unwrap().push(format!("{uri}{mark}"));
    stream.conn.send_close_notify();
    stream.flush()
}

/// Bytes, gzipped.
pub(crate) fn gzipped(bytes: &[u8]) -> Bytes {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap().into()
}
