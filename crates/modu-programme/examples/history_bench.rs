//! A history of a million events, and what opening it takes:
//! `cargo run --release -p modu-programme --example history_bench FILE [EVENTS]`.
//!
//! Projects go their whole way, forty steps each: a need, a call, six
//! proposals, eighteen sealed sheets, selection, two demonstrations, adoption,
//! and nine times of watching. The entries are those that the programme itself
//! would write, each naming the digest of the one before; they are put into the
//! file in large transactions, after what stands there already.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use modu_programme::access::Role;
use modu_programme::database::Database;
use modu_programme::notice::{Board, Follower};
use modu_programme::project::{Score, ScoreSheet, Verdict};
use modu_programme::store::{DatabaseHistory, History, Kept};
use modu_programme::{
    Actor, Entry, Event, OrganisationId, OrganisationKind, PersonId, Programme, ProjectId,
    ProposalId, Sequence, Text, Title,
};

const AGENCIES: u64 = 200;
const SUPPLIERS: u64 = 1_000;
const EVALUATORS: u64 = 300;
const PROPOSALS: u64 = 6;
const WATCHED: u64 = 9;
/// Entries of one transaction.
const AT_ONCE: usize = 5_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name the file of the history")?;
    let events: u64 = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let file = Path::new(&file);
    let begun = Instant::now();
    let written = write(file, events)?;
    let seconds = begun.elapsed().as_secs_f64();
    let rate = written as f64 / seconds;
    println!(
        r#"{{"measure":"made","entries":{written},"seconds":{seconds:.3},"per_second":{rate:.0}}}"#
    );
    let begun = Instant::now();
    let kept = Kept::open(DatabaseHistory::open(file)?)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (entries, projects) = (kept.programme().last(), kept.programme().projects().len());
    let mib = std::fs::metadata(file)?.len() >> 20;
    println!(
        r#"{{"measure":"opened","entries":{entries},"seconds":{seconds:.3},"projects":{projects},"file_mib":{mib}}}"#
    );
    Ok(())
}

/// Writes until there are so many entries; how many were added.
fn write(file: &Path, events: u64) -> Result<u64, Box<dyn Error>> {
    let history = DatabaseHistory::open(file)?;
    let programme = Kept::open(history)?.programme().clone();
    let mut story = Story {
        begun: programme.last(),
        kept_until: programme.last(),
        history: DatabaseHistory::open(file)?,
        programme,
        // Not before what the home has already.
        now: Timestamp::now(),
        waiting: Vec::new(),
    };
    let agencies = story.organisations("수요기관", AGENCIES, OrganisationKind::DemandAgency)?;
    let suppliers = story.organisations("공급기업", SUPPLIERS, OrganisationKind::Supplier)?;
    let house = story.organisations("평가단", 1, OrganisationKind::Operator)?;
    let mut evaluators = Vec::new();
    for number in 0..EVALUATORS {
        let event = Event::PersonEnrolled {
            organisation: house[0],
            name: Title::new(format!("위원 {number}"))?,
            role: Role::Evaluator,
        };
        evaluators.push(PersonId(story.tell(event)?));
    }
    let mut number = 0;
    while story.programme.last().0 < events {
        story.project(number, &agencies, &suppliers, &evaluators)?;
        number += 1;
    }
    story.keep()?;
    // People were told of it as it happened.
    let board = Board::over(Arc::new(Database::file(file)?));
    Follower::skip_to(&board, story.programme.last())?;
    // Whoever goes on has a clock that is not behind the last entry.
    let ahead = story.now.duration_since(Timestamp::now());
    std::thread::sleep(ahead.try_into().unwrap_or_default());
    Ok(story.programme.last().0 - story.begun.0)
}

struct Story {
    begun: Sequence,
    kept_until: Sequence,
    history: DatabaseHistory,
    programme: Programme,
    now: Timestamp,
    waiting: Vec<Entry>,
}

fn pick<T: Copy>(from: &[T], number: u64) -> Result<T, &'static str> {
    let index = usize::try_from(number).unwrap_or_default() % from.len().max(1);
    from.get(index).copied().ok_or("nothing to choose from")
}

impl Story {
    fn tell(&mut self, event: Event) -> Result<Sequence, Box<dyn Error>> {
        let entry = self.programme.propose(Actor::System, event, self.now)?;
        self.programme.follow(&entry)?;
        let sequence = entry.sequence;
        self.waiting.push(entry);
        if self.waiting.len() >= AT_ONCE {
            self.keep()?;
        }
        Ok(sequence)
    }

    fn keep(&mut self) -> Result<(), Box<dyn Error>> {
        let entries = std::mem::take(&mut self.waiting);
        (self.history).extend(self.kept_until, &mut |_| Ok(entries.clone()), None)?;
        self.kept_until = self.programme.last();
        Ok(())
    }

    fn organisations(
        &mut self,
        name: &str,
        count: u64,
        kind: OrganisationKind,
    ) -> Result<Vec<OrganisationId>, Box<dyn Error>> {
        let mut made = Vec::new();
        for number in 0..count {
            let name = Title::new(format!("{name} {number}"))?;
            let event = Event::OrganisationRegistered { name, kind };
            made.push(OrganisationId(self.tell(event)?));
        }
        Ok(made)
    }

    fn project(
        &mut self,
        number: u64,
        agencies: &[OrganisationId],
        suppliers: &[OrganisationId],
        evaluators: &[PersonId],
    ) -> Result<(), Box<dyn Error>> {
        let agency = pick(agencies, number)?;
        let project = ProjectId(self.tell(Event::NeedPublished {
            agency,
            title: Title::new(format!("민원 분류 {number}"))?,
            description: Text::new("들어오는 민원을 담당 부서로 나눈다.")?,
            need: Some(Digest::of(&number.to_be_bytes())),
        })?);
        let closes = self.now + SignedDuration::from_millis(1);
        self.tell(Event::CallOpened { project, closes })?;
        let mut proposals = Vec::new();
        for place in 0..PROPOSALS {
            proposals.push(ProposalId(self.tell(Event::ProposalSubmitted {
                project,
                supplier: pick(suppliers, number * PROPOSALS + place)?,
                title: Title::new(format!("분류기 {place}"))?,
                summary: Text::new("글의 낱말로 나눈다.")?,
                solution: Some(Digest::of(&(number * PROPOSALS + place).to_be_bytes())),
            })?));
        }
        self.now = closes;
        let judges = (0..3).map(|place| pick(evaluators, number * 3 + place));
        let judges: Vec<_> = judges.collect::<Result<_, _>>()?;
        self.judged(project, &proposals, &judges)?;
        for place in 0..2 + WATCHED {
            let proposal = pick(&proposals, place.min(1))?;
            let report = Digest::of(&place.to_be_bytes());
            let (verdict, evidence) = (Verdict::Adopt, 0);
            self.tell(match place {
                0 | 1 => Event::Demonstrated {
                    project,
                    proposal,
                    verdict,
                    report,
                    evidence,
                },
                2 => Event::Adopted {
                    project,
                    proposal,
                    agency,
                },
                _ => Event::Watched {
                    project,
                    proposal,
                    verdict,
                    report,
                    evidence,
                },
            })?;
        }
        Ok(())
    }

    fn judged(
        &mut self,
        project: ProjectId,
        proposals: &[ProposalId],
        judges: &[PersonId],
    ) -> Result<(), Box<dyn Error>> {
        self.tell(Event::CallClosed {
            project,
            evaluators: judges.to_vec(),
        })?;
        let mut sheets = Vec::new();
        for proposal in proposals {
            for evaluator in judges {
                let sheet = ScoreSheet {
                    points: [30, 22, 11, 11],
                    comment: Text::new("기준에 맞는다.")?,
                    nonce: "1".repeat(64),
                };
                self.tell(Event::ScoreSealed {
                    project,
                    proposal: *proposal,
                    evaluator: *evaluator,
                    sheet: sheet.digest()?,
                })?;
                sheets.push(Score {
                    proposal: *proposal,
                    evaluator: *evaluator,
                    sheet,
                });
            }
        }
        self.tell(Event::ScoresOpened { project, sheets })?;
        self.tell(Event::Selected {
            project,
            proposals: proposals.iter().copied().take(2).collect(),
            reason: Text::new("점수가 높다.")?,
        })?;
        Ok(())
    }
}
