//! Keeps a specimen of each schema that there is none of yet, as the program of
//! today makes it, for the tests that bring them forward.
//!
//!     cargo run -p modu-programme --example schema
//!
//! Run it before a step is added to a list of migrations: what a program of
//! its time wrote is worth more than what a later one makes of its statements.
//! Needs `sqlite3` and PostgreSQL (Debian packages `sqlite3`, `postgresql`).

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use modu_cluster::Cluster;
use modu_kernel::Digest;
use modu_programme::account::{Accounts, Password};
use modu_programme::copy::{Part, to_server};
use modu_programme::database::Database;
use modu_programme::job::{Demonstrate, Entrant, LEASE, Materials, NewJob, Queue, Urgency, Work};
use modu_programme::project::ScoreSheet;
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, OrganisationId, OrganisationKind, PersonId, ProjectId, ProposalId, Sequence,
    Text, Title,
};

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema");
    let folder = tempfile::tempdir()?;
    let history = specimens(Part::History, &kept, folder.path())?;
    let accounts = specimens(Part::Accounts, &kept, folder.path())?;
    let (newest, of_accounts) = (Part::History.newest(), Part::Accounts.newest());
    let dump = kept.join(format!("postgresql-{newest}-{of_accounts}.sql"));
    if !dump.exists() {
        let cluster = Cluster::start().ok_or("no PostgreSQL")?;
        let server = Database::postgres(&cluster.fresh("specimen"))?;
        to_server(&history, &accounts, &server)?;
        std::fs::write(dump, cluster.dump("specimen"))?;
    }
    Ok(())
}

/// Writes what is missing of a part, each from the one before it; the newest
/// gets something in each table. Gives the newest's file.
fn specimens(part: Part, kept: &Path, folder: &Path) -> Result<PathBuf, Failed> {
    let (name, first) = match part {
        Part::History => ("programme", 1),
        // The first three steps were one before their versions were kept.
        Part::Accounts => ("accounts", 3),
    };
    let file = folder.join(name);
    for version in first..=part.newest() {
        let specimen = kept.join(format!("{name}-{version}.sql"));
        if specimen.exists() {
            let _none_was_before = std::fs::remove_file(&file);
            let connection = rusqlite::Connection::open(&file)?;
            connection.execute_batch(&std::fs::read_to_string(&specimen)?)?;
            connection.pragma_update(None, "user_version", version)?;
            continue;
        }
        part.make(&Database::file(&file)?, version)?;
        if version == part.newest() {
            match part {
                Part::History => fill_history(&file, version)?,
                Part::Accounts => fill_accounts(&file, version)?,
            }
        }
        let dump = Command::new("sqlite3").arg(&file).arg(".dump").output()?;
        if !dump.status.success() {
            return Err("sqlite3 failed".into());
        }
        std::fs::write(specimen, dump.stdout)?;
    }
    Ok(file)
}

fn title(text: &str, version: usize) -> Result<Title, Failed> {
    Ok(Title::new(format!("{text} {version}"))?)
}

/// Entries of a project, a job that was done and one that waits, and materials.
fn fill_history(file: &Path, version: usize) -> Result<(), Failed> {
    let mut kept = Kept::open(DatabaseHistory::open(file)?)?;
    let now = Timestamp::now();
    let event = Event::OrganisationRegistered {
        name: title("수요기관", version)?,
        kind: OrganisationKind::DemandAgency,
    };
    let agency = OrganisationId(kept.act(Actor::System, event, now)?.sequence);
    let event = Event::NeedPublished {
        agency,
        title: title("수요", version)?,
        description: Text::new("줄 하나\n'줄' 둘")?,
        need: Some(Digest::of(b"need")),
    };
    let project = ProjectId(kept.act(Actor::System, event, now)?.sequence);
    let materials = Materials::over(Database::file(file)?.into())?;
    let (document, model) = (Digest::of(b"document"), Digest::of(b"model"));
    materials.keep_solution(document, model)?;
    let data = (Some(Digest::of(b"data")), 4);
    let dataset = materials.keep_dataset(agency, &title("자료", version)?, data, true, None)?;
    let dataset = materials.dataset(dataset)?.ok_or("no data set")?;
    let queue = Queue::over(Database::file(file)?.into(), LEASE)?;
    let job = |key: &str| NewJob {
        organisation: agency,
        project,
        person: PersonId(Sequence(2)),
        urgency: Urgency::Normal,
        work: Work::Demonstrate(Demonstrate {
            need: Digest::of(b"need"),
            dataset: dataset.clone(),
            entrants: vec![Entrant {
                proposal: ProposalId(Sequence(3)),
                document,
                model,
            }],
        }),
        key: Some(format!("{key} {version}")),
    };
    queue.submit(&job("first"), now)?;
    if let Some((_, lease)) = queue.take(None, "specimen", now)? {
        queue.fail(lease, "on purpose", false, now)?;
    }
    queue.submit(&job("second"), now)?;
    Ok(())
}

/// A password (`correct horse battery staple`), a link, a session, a wrong
/// attempt, a sheet, and keys.
fn fill_accounts(file: &Path, version: usize) -> Result<(), Failed> {
    let mut accounts = Accounts::open(file)?;
    // Long ago, so that nothing that this lets in holds any more.
    let then: Timestamp = "2020-01-01T00:00:00Z".parse()?;
    let person = PersonId(Sequence(version as u64 * 100));
    let link = accounts.link(person, then)?;
    let password = Password::new("correct horse battery staple")?;
    let login = format!("kim-{version}");
    accounts.set_password(&link, &login, &password, then)?;
    accounts.link(person, then)?;
    let wrong = accounts.sign_in(&login, "wrong", "::1", then);
    assert!(wrong.is_err());
    let later = then + SignedDuration::from_mins(1);
    accounts.sign_in(&login, "correct horse battery staple", "::2", later)?;
    accounts
        .sign_in("nobody", "wrong", "::1", then)
        .map_or(Ok(()), |_| Err("nobody came in"))?;
    accounts.make_key(person, &title("열쇠", version)?, then)?;
    let sheet = ScoreSheet {
        points: [30, 22, 11, 11],
        comment: Text::new("'좋다'")?,
        nonce: "1".repeat(64),
    };
    let place = (ProjectId(Sequence(4)), ProposalId(Sequence(5)));
    accounts.keep_sheet(place, person, &sheet)?;
    accounts.begin_once((person, "key"), &Digest::of(b"ask"), Sequence(1), then)?;
    Ok(())
}
