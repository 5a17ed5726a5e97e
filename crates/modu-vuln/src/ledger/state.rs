//! What a ledger comes to when its pages are read from the first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::page::{Because, Ending, Event, ItemId, Page, Proof};
use super::{SCHEMA, UtcOffset};

/// The items of a ledger and where its chain stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Pages so far.
    pub pages: u64,
    /// The last page's digest.
    pub head: Option<Digest>,
    /// The latest moment that a page names.
    pub latest: Option<Timestamp>,
    /// The day of the last page.
    pub day: Option<Date>,
    /// The offset of all its days.
    pub utc_offset: Option<UtcOffset>,
    /// Everything that was ever opened.
    pub items: BTreeMap<ItemId, Item>,
    /// The findings that were read before, by digest, and the first page that
    /// came of them.
    pub imports: BTreeMap<Digest, u64>,
    /// Pages whose clock stood before an earlier page's.
    pub back_dated: Vec<u64>,
}

/// Something vulnerable, from its opening on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The asset it is on.
    pub asset: String,
    /// The component that has it.
    pub component: String,
    /// The identifier that it goes by.
    pub fault: String,
    /// Every identifier that it was found under.
    pub names: BTreeSet<String>,
    /// The versions last found, ascending.
    pub versions: Vec<String>,
    /// The day it was first found.
    pub opened: Date,
    /// The deadline that stands; none before the first decision.
    pub deadline: Option<Deadline>,
    /// The exception that stands.
    pub exception: Option<Exception>,
    /// When and by what it was fixed; none while it is not.
    pub fixed: Option<Fixed>,
    /// How often it came back.
    pub reopened: u32,
    /// When what happened, ascending by day.
    pub history: Vec<(Date, Step)>,
}

/// By when something must be fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The last day in time; none: at the next upgrade.
    pub due: Option<Date>,
    /// What the table came to.
    pub outcome: String,
    /// Why.
    pub because: Because,
}

/// Who answers for something not being fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Who.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// What protects the asset meanwhile.
    pub control: String,
    /// The last day.
    pub until: Date,
    /// The maker's statement that it follows from; none where a person gave it.
    pub statement: Option<String>,
    /// Since when it, or one that it follows on, has held without a day
    /// between.
    pub since: Date,
}

/// A proven fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The day.
    pub day: Date,
    /// The proof.
    pub proof: Proof,
    /// Whether it came by the deadline, or under an exception that was given
    /// by then.
    pub in_time: bool,
}

/// What happened on a day, as the pictures draw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Opened or reopened.
    Opened,
    /// A deadline was set.
    Deadline(Option<Date>, String),
    /// An exception until a day.
    Excepted(Date),
    /// It ended.
    ExceptionEnded,
    /// Fixed, in time or not.
    Fixed(bool),
}

/// Where an item stands on a day. Every item is exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It must be fixed.
    Open,
    /// An exception holds.
    Excepted,
    /// It was shown to be fixed.
    Fixed,
}

impl Item {
    /// Where it stands on a day.
    #[must_use]
    pub fn standing(&self, today: Date) -> Standing {
        match (&self.fixed, &self.exception) {
            (Some(_), _) => Standing::Fixed,
            (None, Some(exception)) if today <= exception.until => Standing::Excepted,
            (None, _) => Standing::Open,
        }
    }

    /// The last day in time, where there is one.
    #[must_use]
    pub fn due(&self) -> Option<Date> {
        self.deadline.as_ref().and_then(|deadline| deadline.due)
    }

    /// Whether it is open and its last day is over.
    #[must_use]
    pub fn overdue(&self, today: Date) -> bool {
        self.standing(today) == Standing::Open && self.due().is_some_and(|due| due < today)
    }
}

impl State {
    /// The day that counts for a run at a moment.
    #[must_use]
    pub fn day_of(&self, at: Timestamp, offset: UtcOffset) -> Date {
        let day = offset.day(at);
        self.day.map_or(day, |last| last.max(day))
    }

    /// Takes a page in.
    ///
    /// # Errors
    /// What the page says that cannot follow on what was there.
    pub fn apply(&mut self, page: &Page, digest: Digest) -> Result<(), String> {
        self.check(page)?;
        if self.latest.is_some_and(|latest| page.at < latest) {
            self.back_dated.push(page.number);
        }
        for (number, event) in (1..).zip(&page.events) {
            let item = event.item();
            self.take(event, page.day)
                .map_err(|problem| format!("event {number}, item {item}: {problem}"))?;
        }
        if let Some(findings) = page.inputs.get("findings") {
            self.imports.entry(*findings).or_insert(page.number);
        }
        self.pages = page.number;
        self.head = Some(digest);
        self.latest = self.latest.max(Some(page.at));
        self.day = Some(page.day);
        self.utc_offset = Some(page.utc_offset);
        Ok(())
    }

    fn check(&self, page: &Page) -> Result<(), String> {
        if page.schema != SCHEMA {
            return Err(format!(
                "its schema is `{}`: expected {SCHEMA}",
                page.schema
            ));
        }
        if page.number != self.pages + 1 {
            let (found, wanted) = (page.number, self.pages + 1);
            return Err(format!(
                "it says that it is page {found}: expected {wanted}"
            ));
        }
        if page.previous != self.head {
            return Err("it follows on another page than the one before it".to_owned());
        }
        if (self.utc_offset).is_some_and(|offset| offset != page.utc_offset) {
            return Err("it counts days at another distance from UTC".to_owned());
        }
        if page.day != self.day_of(page.at, page.utc_offset) {
            return Err("its day is not that of its time and of the page before".to_owned());
        }
        match page.events.is_empty() {
            true => Err("it adds nothing".to_owned()),
            false => Ok(()),
        }
    }

    fn take(&mut self, event: &Event, day: Date) -> Result<(), String> {
        if let Event::Opened {
            item,
            asset,
            component,
            fault,
            names,
            versions,
        } = event
        {
            if *item != ItemId::of(asset, component, fault) {
                return Err("it is not the name of what was opened".to_owned());
            }
            let opened = Item {
                asset: asset.clone(),
                component: component.clone(),
                fault: fault.clone(),
                names: names.iter().cloned().collect(),
                versions: versions.clone(),
                opened: day,
                deadline: None,
                exception: None,
                fixed: None,
                reopened: 0,
                history: vec![(day, Step::Opened)],
            };
            return match self.items.insert(item.clone(), opened) {
                Some(_) => Err("it was opened before".to_owned()),
                None => Ok(()),
            };
        }
        let item = self.items.get_mut(event.item());
        item.ok_or("it was never opened")?.take(event, day)
    }
}

impl Item {
    fn take(&mut self, event: &Event, day: Date) -> Result<(), String> {
        let is_open = self.fixed.is_none();
        if is_open == matches!(event, Event::Reopened { .. }) {
            let is = if is_open { "open" } else { "fixed" };
            return Err(format!("it is {is}, and this does not follow on that"));
        }
        match event {
            Event::Opened { .. } => {}
            Event::Seen {
                names, versions, ..
            } => {
                self.names.extend(names.iter().cloned());
                self.versions.clone_from(versions);
            }
            Event::Reopened {
                deadline_stands, ..
            } => {
                self.fixed = None;
                self.exception = None;
                self.reopened += 1;
                if !deadline_stands {
                    self.deadline = None;
                }
                self.history.push((day, Step::Opened));
            }
            Event::Deadline {
                due,
                outcome,
                because,
                ..
            } => self.set_deadline(day, *due, outcome, because)?,
            Event::Excepted {
                owner,
                reason,
                control,
                until,
                statement,
                ..
            } => {
                if *until < day {
                    return Err("an exception cannot end before it is given".to_owned());
                }
                if [owner, reason, control]
                    .iter()
                    .any(|it| it.trim().is_empty())
                {
                    return Err("an exception has an owner, a reason and a control".to_owned());
                }
                let before = self.exception.as_ref();
                let since = before
                    .filter(|it| day <= it.until)
                    .map_or(day, |it| it.since);
                self.exception = Some(Exception {
                    since,
                    owner: owner.clone(),
                    reason: reason.clone(),
                    control: control.clone(),
                    until: *until,
                    statement: statement.clone(),
                });
                self.history.push((day, Step::Excepted(*until)));
            }
            Event::ExceptionEnded { why, .. } => self.end_exception(day, *why)?,
            Event::Fixed { proof, .. } => {
                // An exception that came after the deadline mends nothing.
                let holds = self.standing(day) == Standing::Excepted;
                let exception = self.exception.as_ref().filter(|_| holds);
                let counted = exception.map_or(day, |exception| exception.since);
                let in_time = self.due().is_none_or(|due| day.min(counted) <= due);
                self.fixed = Some(Fixed {
                    day,
                    proof: proof.clone(),
                    in_time,
                });
                self.history.push((day, Step::Fixed(in_time)));
            }
        }
        Ok(())
    }

    fn set_deadline(
        &mut self,
        day: Date,
        due: Option<Date>,
        outcome: &str,
        because: &Because,
    ) -> Result<(), String> {
        let later = |standing: &Deadline| match (standing.due, due) {
            (Some(standing), Some(due)) => due > standing,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if self.deadline.as_ref().is_some_and(later) {
            return Err("a deadline is never made later: give an exception instead".to_owned());
        }
        self.deadline = Some(Deadline {
            due,
            outcome: outcome.to_owned(),
            because: because.clone(),
        });
        (self.history).push((day, Step::Deadline(due, outcome.to_owned())));
        Ok(())
    }

    fn end_exception(&mut self, day: Date, why: Ending) -> Result<(), String> {
        let Some(exception) = self.exception.take() else {
            return Err("it has no exception".to_owned());
        };
        if why == Ending::Date && day <= exception.until {
            return Err(format!("its exception holds until {}", exception.until));
        }
        self.history.push((day, Step::ExceptionEnded));
        Ok(())
    }
}
