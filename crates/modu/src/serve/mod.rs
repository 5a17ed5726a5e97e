//! `modu serve`: the programme in a browser, from one folder.
//!
//! A new home gets keys, an empty log and a history with one operator; the
//! census demonstration is run into it, so that there is something to look at.
//! Nobody has a password yet: a link that is printed once lets the operator
//! choose one.

mod opening;
pub(crate) mod place;
pub(crate) mod received;
pub(crate) mod settings;
mod teller;
mod worker;

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use modu_console::{Entrance, Limits, Meter, Served, router, serve};
use modu_evidence::archive::Identity;
use modu_node::Waiting;
use modu_programme::access::Role;
use modu_programme::account::Accounts;
use modu_programme::job::{self, Desk};
use modu_programme::notice::Follower;
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{Actor, Event, Office, OrganisationId, OrganisationKind, PersonId, Title};
use modu_programme_net::Senders;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use self::place::{Place, seal_key};
use self::received::Reception;
use self::settings::Settings;
use self::teller::Teller;
use self::worker::Workers;
use crate::command_line::{Log, Serve, Shared};
use crate::demo;
use crate::exit::Wrong;
use crate::home::{Home, write_durably};
use crate::terminal::{Answer, Terminal};

/// Lies in a home while its demonstration is put in.
const OPENING: &str = "opening";

/// Serves until it is told to stop.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Serve) -> anyhow::Result<Answer> {
    if !command.listen.ip().is_loopback() {
        let text = format!(
            "{} is not an address of this machine alone, and the console speaks no TLS by itself: \
             listen on 127.0.0.1 and put a proxy with TLS before it",
            command.listen
        );
        return Err(Wrong(text).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the threads of the server")?;
    // A taken address is told before a home is made.
    let listener = runtime
        .block_on(TcpListener::bind(command.listen))
        .with_context(|| {
            format!(
                "could not listen on {}: choose another with --listen",
                command.listen
            )
        })?;
    let address = listener.local_addr()?;
    if let Some(url) = &command.database {
        // As is a database that cannot be reached.
        Place::server(url)?.programme()?;
    }
    let (home, is_new) = home(terminal, shared, command)?;
    let settings = Settings::read(&home)?;
    // What is set wrong is told before anything is begun.
    let (hooks, post) = (settings.hooks()?, settings.post()?);
    let entrance = settings.entrance()?;
    let (office, operator) = open(terminal, &home, is_new, command)?;
    if let Some(bytes) = settings.runs_a_day() {
        office.allow_runs(bytes);
    }
    if post.is_some() {
        office.board().open_post(&settings.root(address));
    }
    say(terminal, &office, &settings.root(address), operator)?;
    let meter = match command.log {
        Some(Log::Json) => Meter::logging(log),
        None => Meter::default(),
    };
    let workers = Workers::start(&office, &home, command)?;
    let place = Place::of(&home, command.database.as_deref())?;
    let teller = Teller::start(&office, place.programme()?)?;
    let senders = Senders::start(&office, &hooks, post.as_ref())?;
    // The last connection to a database is not closed within the runtime.
    runtime.block_on(until_told(
        listener,
        (office.clone(), home),
        meter,
        entrance,
    ))?;
    workers.stop();
    teller.stop();
    senders.stop();
    terminal.line(terminal.say("멈췄습니다.", "Stopped."))?;
    Ok(Answer::Yes)
}

/// The home, which is made where there is none.
fn home(terminal: Terminal, shared: &Shared, command: &Serve) -> anyhow::Result<(Home, bool)> {
    let folder = Home::place(shared)?;
    if folder.join("evidence").is_dir() {
        return Ok((finished(Home::open(shared)?, command)?, false));
    }
    let place = folder.display().to_string();
    terminal.line(match terminal.language {
        modu_kernel::Language::Ko => format!("• 홈을 만듭니다: {place}"),
        modu_kernel::Language::En => format!("• Making a home: {place}"),
    })?;
    let identity = Identity {
        organisation: "수요부처 (시범)".to_owned(),
        uri: demo::AGENCY.to_owned(),
        issuer: "https://modu.example/oidc".to_owned(),
        origin: demo::ORIGIN.to_owned(),
    };
    let home = Home::create(folder, identity, shared.store.as_deref(), Timestamp::now())?;
    if !command.empty {
        write_durably(&home.folder().join(OPENING), b"", 0o600)?;
    }
    Ok((home, true))
}

/// A home whose first start came to its end, or goes on as it is: half of a
/// demonstration is not shown as a programme.
fn finished(home: Home, command: &Serve) -> anyhow::Result<Home> {
    let mark = home.folder().join(OPENING);
    if !mark.exists() {
        return Ok(home);
    }
    if command.empty {
        remove_mark(&home)?;
        return Ok(home);
    }
    let text = format!(
        "the first start in {} ended before its demonstration was put in: begin again in another \
         folder, or in this one once it is empty; or go on with what is there: modu serve --empty",
        home.folder().display()
    );
    Err(Wrong(text).into())
}

fn remove_mark(home: &Home) -> anyhow::Result<()> {
    let mark = home.folder().join(OPENING);
    let told = || format!("could not remove {}", mark.display());
    std::fs::remove_file(&mark).with_context(told)
}

/// What the console shows, and the operator who has no password yet.
fn open(
    terminal: Terminal,
    home: &Home,
    is_new: bool,
    command: &Serve,
) -> anyhow::Result<(Office, Option<PersonId>)> {
    let place = Place::of(home, command.database.as_deref())?;
    let lease = SignedDuration::from_secs(i64::from(command.lease));
    let jobs = Desk::over(place.programme()?, lease)?;
    let mut kept = Kept::open(DatabaseHistory::over(place.programme()?)?)?;
    if kept.programme().people().is_empty() {
        let demonstrates = is_new && !command.empty;
        let before = if demonstrates {
            opening::LASTS
        } else {
            SignedDuration::ZERO
        };
        first_operator(&mut kept, Timestamp::now() - before)?;
        if demonstrates {
            opening::demonstration(terminal, home, &mut kept, &jobs, command.sandbox)?;
        }
    }
    if is_new && !command.empty {
        remove_mark(home)?;
    }
    job::bring_in(&mut kept, jobs.nodes(), Timestamp::now())?;
    let accounts = Accounts::over(place.accounts()?)?.sealed_with(seal_key(home)?);
    let operator = locked_out(&kept, &accounts)?;
    let evidence = home.folder().join("evidence");
    let store = home.store.clone();
    let last = kept.programme().last();
    let office = Office::new(kept, accounts, jobs, evidence, store, Timestamp::now);
    if is_new {
        // The story that it opens with is nobody's news.
        Follower::skip_to(office.board(), last)?;
    }
    Ok((office, operator))
}

/// An operator, where none has anything to come in with.
fn locked_out(
    kept: &Kept<DatabaseHistory>,
    accounts: &Accounts,
) -> anyhow::Result<Option<PersonId>> {
    let holders = accounts.holders()?;
    let people = kept.programme().people().values();
    let mut operators = people.filter(|person| person.role == Role::Operator && person.active);
    Ok(
        match operators.clone().any(|it| holders.ways_in.contains(&it.id)) {
            true => None,
            false => operators.next().map(|operator| operator.id),
        },
    )
}

fn first_operator(kept: &mut Kept<DatabaseHistory>, now: Timestamp) -> anyhow::Result<()> {
    let organisation = Event::OrganisationRegistered {
        name: name("전담기관")?,
        kind: OrganisationKind::Operator,
    };
    let organisation = kept.act(Actor::System, organisation, now)?.sequence;
    let operator = Event::PersonEnrolled {
        organisation: OrganisationId(organisation),
        name: name("첫 운영자")?,
        role: Role::Operator,
    };
    kept.act(Actor::System, operator, now)?;
    Ok(())
}

fn name(text: &str) -> anyhow::Result<Title> {
    Title::new(text).map_err(anyhow::Error::msg)
}

/// Where it is, and how the first operator gets in.
fn say(
    terminal: Terminal,
    office: &Office,
    place: &str,
    operator: Option<PersonId>,
) -> anyhow::Result<()> {
    let link = match operator {
        None => None,
        Some(operator) => {
            let token = office.accounts().link(operator, Timestamp::now())?;
            Some(format!("{place}welcome/{}", token.reveal()))
        }
    };
    terminal.document(&json!({ "address": place, "operator_link": link }))?;
    terminal.line(format!(
        "{}  {place}",
        terminal.say("열렸습니다", "Open at")
    ))?;
    if let Some(link) = link {
        terminal.line(format!(
            "{}\n  {link}",
            terminal.say(
                "첫 운영자는 이 링크로 이름과 비밀번호를 정하십시오 (한 번, 7일 안에):",
                "The first operator chooses a name and a password here (once, within 7 days):",
            )
        ))?;
    }
    terminal.line(terminal.say("멈추려면 Ctrl+C", "Ctrl+C stops it"))?;
    Ok(())
}

/// Tells a request in one line of JSON on standard error.
fn log(served: &Served<'_>) {
    let line = json!({
        "at": Timestamp::now(),
        "method": served.method,
        "address": served.pattern,
        "status": served.status,
        "micros": u64::try_from(served.took.as_micros()).unwrap_or(u64::MAX),
    });
    // A log that nobody reads any more stops no server.
    let _closed = writeln!(std::io::stderr(), "{line}");
}

async fn until_told(
    listener: TcpListener,
    (office, home): (Office, Home),
    meter: Meter,
    entrance: Entrance,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let waiting = Waiting::default();
    let (nodes_wait, of) = (waiting.clone(), office.clone());
    tokio::spawn(async move {
        let asked = async {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        };
        asked.await;
        stop.send_replace(true);
        nodes_wait.end(&of);
        // The receivers hold on until the last answer is given.
        stop.closed().await;
    });
    let programs = modu_api::router(office.clone());
    let reception = Reception {
        office: office.clone(),
        home,
    };
    let nodes = modu_node::router(office.clone(), Arc::new(reception), waiting);
    let doors = router(office, meter.clone(), entrance)
        .merge(programs)
        .merge(nodes);
    serve(listener, doors, Limits::default(), meter, stopped).await;
    Ok(())
}
