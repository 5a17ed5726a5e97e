//! How soon a worker takes a job, and how long a demonstration takes.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::http::Connection;
use super::ours;
use crate::bench::Scale;
use crate::bench::page::{Table, spread};
use crate::interop::served::Served;

/// How often a job is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How often at most.
const LOOKS: u32 = 2_400;

/// Asks for demonstrations on the data that a programme opens with, one after
/// another.
pub(super) fn run(program: &Path, folder: &Path, scale: Scale) -> anyhow::Result<Vec<Table>> {
    let count = match scale {
        Scale::Full => 30,
        Scale::Quick => 3,
    };
    let served = Served::start_program(program, &folder.join("home-jobs"), &[])?;
    let mut connection = officials(&served)?;
    let asked = demonstration(&mut connection)?.to_string();
    let (mut picked_up, mut took) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let told = read(connection.post_json("/api/v1/jobs", &asked)?.good()?.body)?;
        let job = told["job"].as_u64().context("a job without number")?;
        let job = until_over(&mut connection, job)?;
        ensure!(
            job["state"] == "done" && job["begun"] == 1,
            "a job came out otherwise: {job}"
        );
        picked_up.push(between(&job, "asked", "started")?);
        took.push(between(&job, "asked", "ended")?);
    }
    let greatest = picked_up.iter().copied().fold(0.0, f64::max);
    Ok(vec![Table {
        title: "Jobs".to_owned(),
        about: format!(
            "{count} demonstrations of one solution on the census sample, each asked for by `POST /api/v1/jobs` once the one before is over, and done in the sandbox. Wanted: a worker has it within 100 ms; the longest wait was {greatest:.0} ms."
        ),
        columns: ["taken after ms", "done after ms"]
            .map(str::to_owned)
            .to_vec(),
        rows: vec![vec![
            spread(picked_up.into_iter()),
            spread(took.into_iter()),
        ]],
    }])
}

fn read(body: Vec<u8>) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&body)?)
}

/// A connection with the key of an agency's official, whom the operator lets
/// in: only they start demonstrations on their data.
fn officials(served: &Served) -> anyhow::Result<Connection> {
    let address = ours::host(&served.address)?;
    let with_key = |key: &str| {
        let header = format!("authorization: Bearer {key}\r\n");
        Connection::new(&address, &header)
    };
    let mut operator = ours::signed_in(served)?;
    let mut asking = with_key(&ours::key(&mut operator)?);
    let projects = read(asking.get("/api/v1/projects?limit=1")?.good()?.body)?;
    let person = json!({
        "organisation": projects["items"][0]["agency"],
        "name": "주무관",
        "role": "demand_agency",
    });
    let enrolled = asking.post_json("/api/v1/people", &person.to_string())?;
    let enrolled = read(enrolled.good()?.body)?;
    let official = enrolled["sequence"].as_u64();
    let official = official.context("nobody was enrolled")?;
    let form_key = ours::form_key(&mut operator, "/people")?;
    let place = format!("/people/{official}/link");
    let page = operator.post_form(&place, &format!("form_key={form_key}"))?;
    let page = String::from_utf8_lossy(&page.good()?.body).into_owned();
    let link = format!("welcome/{}", ours::after(&page, "/welcome/", 64)?);
    let mut browser = ours::let_in(&address, &link, "official")?;
    Ok(with_key(&ours::key(&mut browser)?))
}

/// What is asked for: a selected solution, on the agency's data.
fn demonstration(connection: &mut Connection) -> anyhow::Result<Value> {
    let projects = read(connection.get("/api/v1/projects?limit=1")?.good()?.body)?;
    let project = &projects["items"][0];
    let datasets = read(connection.get("/api/v1/datasets?limit=1")?.good()?.body)?;
    let proposal = project["results"][0]["proposal"].as_u64();
    Ok(json!({
        "project": project["project"].as_u64().context("no project")?,
        "proposals": [proposal.context("no solution was selected")?],
        "dataset": datasets["items"][0]["dataset"].as_u64().context("no data")?,
        "urgency": "normal",
    }))
}

fn until_over(connection: &mut Connection, job: u64) -> anyhow::Result<Value> {
    for _ in 0..LOOKS {
        let told = read(connection.get(&format!("/api/v1/jobs/{job}"))?.good()?.body)?;
        if !matches!(told["state"].as_str(), Some("waiting" | "running")) {
            return Ok(told);
        }
        thread::sleep(LOOK);
    }
    anyhow::bail!("the job {job} is not over yet")
}

/// Milliseconds from one moment of a job to another.
fn between(job: &Value, from: &str, to: &str) -> anyhow::Result<f64> {
    let moment = |name: &str| -> anyhow::Result<Timestamp> {
        let text = job[name].as_str();
        let text = text.with_context(|| format!("the job tells no `{name}`"))?;
        Ok(text.parse()?)
    };
    let span = moment(to)?.duration_since(moment(from)?);
    Ok(span.as_secs_f64() * 1e3)
}
