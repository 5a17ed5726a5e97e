//! MLflow's tracking server (PyPI), on SQLite with two workers.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::http::Connection;
use super::{Contestant, Run};

pub(super) const MLFLOW: &str = "mlflow==3.17.2";
/// How long it may take to answer for the first time.
const STARTS: u32 = 180;
const API: &str = "/api/2.0/mlflow";
/// The experiment that it begins with.
const EXPERIMENT: &str = "0";

pub(super) struct Mlflow {
    child: Child,
    address: String,
    known: Mutex<Vec<String>>,
}

impl Mlflow {
    pub(super) fn start(programs: &Path, folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let port = crate::interop::free_port()?;
        let log = std::fs::File::create(folder.join("log"))?;
        let child = Command::new(programs.join("mlflow"))
            .arg("server")
            .arg("--backend-store-uri")
            .arg(format!("sqlite:///{}", folder.join("mlflow.db").display()))
            .arg("--artifacts-destination")
            .arg(folder.join("artifacts"))
            .args(["--workers", "2", "--host", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .args(["--uvicorn-opts", "--log-level warning"])
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .env("PATH", path_with(programs)?)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("mlflow cannot be started")?;
        let server = Self {
            child,
            address: format!("127.0.0.1:{port}"),
            known: Mutex::default(),
        };
        for _ in 0..STARTS {
            thread::sleep(Duration::from_secs(1));
            let answer = server.connection().get("/health");
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(server);
            }
        }
        anyhow::bail!("mlflow does not answer; its log is in {}", folder.display())
    }

    fn known(&self, number: u64) -> anyhow::Result<String> {
        let known = self
            .known
            .lock()
            .map_err(|_| anyhow::anyhow!("a thread fell over"))?;
        let place = number as usize % known.len().max(1);
        Ok(known.get(place).context("nothing was recorded")?.clone())
    }
}

/// It looks for its own programs on the path.
fn path_with(programs: &Path) -> anyhow::Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(all)?)
}

impl Drop for Mlflow {
    fn drop(&mut self) {
        // It and its workers, which are one process group.
        let group = format!("-{}", self.child.id());
        let _gone_already = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _gone_already = self.child.wait();
    }
}

impl Contestant for Mlflow {
    fn name(&self) -> &'static str {
        "MLflow"
    }

    fn process(&self) -> u32 {
        self.child.id()
    }

    fn requests(&self) -> [u32; 3] {
        [4, 2, 1]
    }

    fn connection(&self) -> Connection {
        Connection::new(&self.address, "")
    }

    fn record(&self, connection: &mut Connection, run: &Run) -> anyhow::Result<()> {
        let body = json!({ "experiment_id": EXPERIMENT, "start_time": 1, "run_name": run.name });
        let answer = connection
            .post_json(&format!("{API}/runs/create"), &body.to_string())?
            .good()?;
        let told: Value = serde_json::from_slice(&answer.body)?;
        let id = told["run"]["info"]["run_id"]
            .as_str()
            .context("no number")?;
        let metrics: Vec<_> = (run.metrics.iter())
            .map(|(name, value)| json!({ "key": name, "value": value, "timestamp": 1, "step": 0 }))
            .collect();
        let body = json!({ "run_id": id, "metrics": metrics });
        connection
            .post_json(&format!("{API}/runs/log-batch"), &body.to_string())?
            .good()?;
        let kind = "application/octet-stream";
        connection
            .call("PUT", &artifact(id), kind, &run.file)?
            .good()?;
        let body = json!({ "run_id": id, "status": "FINISHED", "end_time": 2 });
        connection
            .post_json(&format!("{API}/runs/update"), &body.to_string())?
            .good()?;
        if let Ok(mut known) = self.known.lock() {
            known.push(id.to_owned());
        }
        Ok(())
    }

    fn read(&self, connection: &mut Connection, number: u64) -> anyhow::Result<Run> {
        let id = self.known(number)?;
        let answer = connection
            .get(&format!("{API}/runs/get?run_id={id}"))?
            .good()?;
        let file = connection.get(&artifact(&id))?.good()?;
        Ok(Run {
            name: String::new(),
            metrics: Vec::new(),
            file: file.body,
            told: answer.body,
        })
    }

    fn list(&self, connection: &mut Connection, _: u64) -> anyhow::Result<Vec<u8>> {
        let body = json!({ "experiment_ids": [EXPERIMENT], "max_results": 100 });
        let path = format!("{API}/runs/search");
        Ok(connection.post_json(&path, &body.to_string())?.good()?.body)
    }

    fn read_run(&self, run: Run) -> anyhow::Result<Run> {
        let told: Value = serde_json::from_slice(&run.told)?;
        let metrics = told["run"]["data"]["metrics"]
            .as_array()
            .context("no metrics")?;
        let metric = |it: &Value| {
            let name = it["key"].as_str().unwrap_or_default().to_owned();
            (name, it["value"].as_f64().unwrap_or(f64::NAN))
        };
        let name = told["run"]["info"]["run_name"].as_str();
        Ok(Run {
            name: name.unwrap_or_default().to_owned(),
            metrics: metrics.iter().map(metric).collect(),
            ..run
        })
    }

    fn count(&self, list: &[u8]) -> anyhow::Result<usize> {
        let told: Value = serde_json::from_slice(list)?;
        Ok(told["runs"].as_array().map_or(0, Vec::len))
    }
}

fn artifact(id: &str) -> String {
    format!("/api/2.0/mlflow-artifacts/artifacts/{EXPERIMENT}/{id}/artifacts/model.json")
}
