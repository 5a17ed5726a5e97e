//! `modu serve`, asked through its interface for programs.

use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::http::Connection;
use super::{Contestant, Run};
use crate::interop::served::Served;

/// A server of ours with the key of its operator.
pub(super) struct Ours {
    served: Served,
    address: String,
    key: String,
    known: Mutex<Vec<(u64, String)>>,
}

impl Ours {
    pub(super) fn start(program: &Path, home: &Path) -> anyhow::Result<Self> {
        let served = Served::start_program(program, home, &["--empty", "--workers", "0"])?;
        let address = host(&served.address)?;
        let key = key(&mut signed_in(&served)?)?;
        Ok(Self {
            served,
            address,
            key,
            known: Mutex::default(),
        })
    }

    /// Ends it as a power cut would, starts it again, and looks whether all is
    /// there that was acknowledged.
    pub(super) fn killed(self, program: &Path, home: &Path) -> anyhow::Result<usize> {
        let known = self.known.into_inner().unwrap_or_default();
        drop(self.served);
        let served = Served::start_program(program, home, &["--empty", "--workers", "0"])?;
        let mut connection = Connection::new(&host(&served.address)?, "");
        for (number, name) in &known {
            let answer = connection.get(&format!("/api/v1/runs/{number}"))?.good()?;
            let run: Value = serde_json::from_slice(&answer.body)?;
            ensure!(
                run["name"] == name.as_str(),
                "the run {number} is another one"
            );
        }
        Ok(known.len())
    }

    fn newest(&self) -> anyhow::Result<u64> {
        let known = self
            .known
            .lock()
            .map_err(|_| anyhow::anyhow!("a thread fell over"))?;
        Ok(known.last().context("nothing was recorded")?.0)
    }

    fn known(&self, number: u64) -> anyhow::Result<u64> {
        let known = self
            .known
            .lock()
            .map_err(|_| anyhow::anyhow!("a thread fell over"))?;
        let place = number as usize % known.len().max(1);
        Ok(known.get(place).context("nothing was recorded")?.0)
    }
}

/// The host and port of an address.
pub(super) fn host(address: &str) -> anyhow::Result<String> {
    let host = address
        .strip_prefix("http://")
        .context("it has no address")?;
    Ok(host.trim_end_matches('/').to_owned())
}

/// A browser in which the first operator is signed in.
pub(super) fn signed_in(served: &Served) -> anyhow::Result<Connection> {
    let link = served
        .link
        .strip_prefix(&served.address)
        .context("the link is another server's")?;
    let_in(&host(&served.address)?, link, "operator")
}

/// A browser in which somebody is signed in who was given a link, under a name
/// of their choice.
pub(super) fn let_in(address: &str, link: &str, name: &str) -> anyhow::Result<Connection> {
    let login = format!("login={name}&password=correct+horse+battery+staple");
    let mut browser = Connection::new(address, "");
    browser.post_form(&format!("/{link}"), &login)?.good()?;
    let answer = browser
        .post_form("/sign-in", &format!("{login}&to=%2F"))?
        .good()?;
    let cookie = answer
        .header("set-cookie")
        .context("nobody was signed in")?;
    let cookie = cookie.split(';').next().unwrap_or_default();
    Ok(Connection::new(address, &format!("cookie: {cookie}\r\n")))
}

/// What the forms of a page carry.
pub(super) fn form_key(browser: &mut Connection, page: &str) -> anyhow::Result<String> {
    let page = browser.get(page)?.good()?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    after(&page, "name=\"form_key\" value=\"", 64)
}

/// A key for programs, of who is signed in.
pub(super) fn key(browser: &mut Connection) -> anyhow::Result<String> {
    let form_key = form_key(browser, "/keys")?;
    let page = browser.post_form("/keys", &format!("form_key={form_key}&name=bench"))?;
    let page = String::from_utf8_lossy(&page.good()?.body).into_owned();
    Ok(format!("modu_{}", after(&page, "modu_", 64)?))
}

/// So many characters after a mark.
pub(super) fn after(page: &str, mark: &str, count: usize) -> anyhow::Result<String> {
    let from = page
        .find(mark)
        .with_context(|| format!("no `{mark}` on the page"))?;
    let text = page.get(from + mark.len()..from + mark.len() + count);
    Ok(text.context("the page ends too early")?.to_owned())
}

impl Contestant for Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn process(&self) -> u32 {
        self.served.process()
    }

    fn requests(&self) -> [u32; 3] {
        [1, 2, 1]
    }

    fn connection(&self) -> Connection {
        let key = format!("authorization: Bearer {}\r\n", self.key);
        Connection::new(&self.address, &key)
    }

    fn record(&self, connection: &mut Connection, run: &Run) -> anyhow::Result<()> {
        let metrics: Vec<_> = (run.metrics.iter())
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let body = json!({
            "name": run.name,
            "metrics": metrics,
            "files": [{ "name": "model.json", "media_type": "application/json",
                "content": BASE64_STANDARD.encode(&run.file) }],
        });
        let answer = connection
            .post_json("/api/v1/runs", &body.to_string())?
            .good()?;
        let told: Value = serde_json::from_slice(&answer.body)?;
        let number = told["run"].as_u64().context("no number")?;
        if let Ok(mut known) = self.known.lock() {
            known.push((number, run.name.clone()));
        }
        Ok(())
    }

    fn read(&self, connection: &mut Connection, number: u64) -> anyhow::Result<Run> {
        let number = self.known(number)?;
        let path = format!("/api/v1/runs/{number}");
        let answer = connection.get(&path)?.good()?;
        let file = connection.get(&format!("{path}/files/0"))?.good()?;
        Ok(Run {
            name: String::new(),
            metrics: Vec::new(),
            file: file.body,
            told: answer.body,
        })
    }

    fn list(&self, connection: &mut Connection, number: u64) -> anyhow::Result<Vec<u8>> {
        // Each of the newest pages in turn.
        let last = self.newest()?;
        let after = last.saturating_sub(100 + (number % 20) * 100);
        let path = format!("/api/v1/runs?limit=100&after={after}");
        Ok(connection.get(&path)?.good()?.body)
    }

    fn read_run(&self, run: Run) -> anyhow::Result<Run> {
        let told: Value = serde_json::from_slice(&run.told)?;
        let metrics = told["metrics"].as_array().context("no metrics")?;
        let metric = |it: &Value| {
            let name = it["name"].as_str().unwrap_or_default().to_owned();
            (name, it["value"].as_f64().unwrap_or(f64::NAN))
        };
        Ok(Run {
            name: told["name"].as_str().unwrap_or_default().to_owned(),
            metrics: metrics.iter().map(metric).collect(),
            ..run
        })
    }

    fn count(&self, list: &[u8]) -> anyhow::Result<usize> {
        let told: Value = serde_json::from_slice(list)?;
        Ok(told["items"].as_array().map_or(0, Vec::len))
    }
}
