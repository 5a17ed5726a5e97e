//! What an import and the facts of the day add to a ledger.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::Context;
use super::facts::Known;
use super::found::Found;
use super::policy::Policy;
use super::urgency::{self, Urgency};
use crate::advisory::vex::Statement;
use crate::ledger::{Deadline, Ending, Event, Item, ItemId, State};
use crate::ssvc::DecisionTable;

/// What is decided by.
pub(super) struct Rules<'a> {
    pub(super) policy: &'a Policy,
    pub(super) table: &'a DecisionTable,
    pub(super) known: &'a Known,
    pub(super) assets: &'a BTreeMap<String, Context>,
}

/// What there is to say beside the events.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Items for which a later deadline would be given now.
    pub(super) kept: u64,
    /// Items on assets that the list of assets does not name.
    pub(super) unlisted: u64,
    /// Open items that this import does not name.
    pub(super) unseen: u64,
}

/// Everything that follows from the findings on a day, by item.
pub(super) fn of(
    state: &State,
    day: Date,
    found: &[Found],
    rules: &Rules<'_>,
) -> (Vec<Event>, Tally) {
    let mut drafts: BTreeMap<ItemId, Draft<'_>> = drafts(state, day, found, rules.policy);
    let mut tally = Tally::default();
    // What is open and was not found again is decided on as well: what is
    // known of it may have changed.
    for (id, item) in &state.items {
        if item.fixed.is_none() && !drafts.contains_key(id) {
            tally.unseen += 1;
            let mut draft = Draft::of(item);
            draft.cleared_by = rules.known.clearing(item);
            drafts.insert(id.clone(), draft);
        }
    }
    let mut events = Vec::new();
    for (id, draft) in drafts {
        let context = rules.assets.get(&draft.asset).copied();
        tally.unlisted += u64::from(context.is_none());
        let facts = rules.known.of(&draft.names);
        let urgency = urgency::decide(
            rules.table,
            rules.policy,
            facts,
            context.unwrap_or_default(),
        );
        draft.finish(id, day, urgency, rules, &mut events, &mut tally);
    }
    (events, tally)
}

/// An item as it is being decided on.
struct Draft<'a> {
    asset: String,
    names: BTreeSet<String>,
    /// What is in the ledger; none where this import opens it.
    item: Option<&'a Item>,
    /// What happened to it before its deadline is looked at.
    events: Vec<Event>,
    /// The deadline that stands.
    standing: Option<&'a Deadline>,
    /// The maker's statement that it does not matter there: of what this import
    /// does not name only, for a scan has heard the statements itself.
    cleared_by: Option<&'a Statement>,
}

impl<'a> Draft<'a> {
    fn of(item: &'a Item) -> Self {
        Self {
            asset: item.asset.clone(),
            names: item.names.clone(),
            item: Some(item),
            events: Vec::new(),
            standing: item.deadline.as_ref(),
            cleared_by: None,
        }
    }

    fn opened(id: &ItemId, found: &Found) -> Self {
        Self {
            asset: found.asset.clone(),
            names: found.names.clone(),
            item: None,
            events: vec![Event::Opened {
                item: id.clone(),
                asset: found.asset.clone(),
                component: found.component.clone(),
                fault: found.fault(),
                names: found.names.iter().cloned().collect(),
                versions: found.versions.iter().cloned().collect(),
            }],
            standing: None,
            cleared_by: None,
        }
    }

    /// It was found, having been opened before.
    fn seen(&mut self, id: &ItemId, item: &Item, found: &Found, day: Date, policy: &Policy) {
        if let Some(fixed) = &item.fixed {
            let kept = i64::from(policy.regression_days).days();
            let deadline_stands = day <= fixed.day.saturating_add(kept);
            self.events.push(Event::Reopened {
                item: id.clone(),
                deadline_stands,
            });
            if !deadline_stands {
                self.standing = None;
            }
        }
        let names: Vec<String> = found.names.difference(&self.names).cloned().collect();
        let versions: Vec<String> = found.versions.iter().cloned().collect();
        if !names.is_empty() || versions != item.versions {
            self.names.extend(names.iter().cloned());
            self.events.push(Event::Seen {
                item: id.clone(),
                names,
                versions,
            });
        }
    }

    /// Ends its exception where it must end, and sets its deadline where that
    /// becomes earlier or more urgent.
    fn finish(
        mut self,
        id: ItemId,
        day: Date,
        urgency: Urgency,
        rules: &Rules<'_>,
        events: &mut Vec<Event>,
        tally: &mut Tally,
    ) {
        let wanted = (urgency.because.days).map(|days| rules.policy.due(day, days));
        let more_urgent = self.standing.is_some_and(|standing| {
            let place = |outcome: &str| rules.table.outcome().place(outcome);
            place(&urgency.outcome) > place(&standing.outcome)
        });
        let set = match self.standing {
            None => true,
            Some(standing) => more_urgent || is_earlier(wanted, standing.due),
        };
        let fixed = self.item.is_some_and(|item| item.fixed.is_some());
        let exception = self.item.and_then(|item| item.exception.as_ref());
        let mut holds = false;
        if let Some(exception) = exception.filter(|_| !fixed) {
            // What a maker says of the code outlasts news of attackers, and
            // nothing but that.
            let no_longer = match exception.statement {
                Some(_) => rules.known.has_statements() && self.cleared_by.is_none(),
                None => set,
            };
            let why = match (day > exception.until, no_longer) {
                (true, _) => Some(Ending::Date),
                (false, true) => Some(Ending::Facts),
                (false, false) => None,
            };
            holds = why.is_none();
            self.events.extend(why.map(|why| Event::ExceptionEnded {
                item: id.clone(),
                why,
            }));
        }
        let stated = self.cleared_by.filter(|_| !holds && !fixed);
        self.events
            .extend(stated.and_then(|it| excepted(&id, it, day)));
        if set {
            let standing = self.standing.and_then(|standing| standing.due);
            let due = if is_earlier(wanted, standing) {
                wanted
            } else {
                standing
            };
            self.events.push(Event::Deadline {
                item: id,
                due,
                outcome: urgency.outcome,
                because: urgency.because,
            });
        } else {
            let would_be_later = |standing: &Deadline| {
                let days = |days: Option<u16>| days.unwrap_or(u16::MAX);
                days(urgency.because.days) > days(standing.because.days)
            };
            tally.kept += u64::from(self.standing.is_some_and(would_be_later));
        }
        events.append(&mut self.events);
    }
}

/// An exception by a maker's statement; none where nobody answers for it. It
/// is given anew when it ends, as long as the statement stands.
fn excepted(id: &ItemId, statement: &Statement, day: Date) -> Option<Event> {
    const LONGEST: usize = 1_000;
    /// Half a year: the ledger is then written to at least that often.
    const STATED_DAYS: i64 = 180;
    let short = |text: &str| text.chars().take(LONGEST).collect::<String>();
    let said = |text: &&str| !text.trim().is_empty();
    let owner = Some(statement.author.as_str()).filter(said)?;
    let reason = statement.why.as_deref().filter(said);
    let made = statement.made.as_deref().unwrap_or("no day");
    Some(Event::Excepted {
        item: id.clone(),
        owner: short(owner),
        reason: short(reason.unwrap_or("its maker says that it was mended there")),
        control: short(&format!(
            "none is needed by the statement {} ({made})",
            statement.id
        )),
        until: day.saturating_add(STATED_DAYS.days()),
        statement: Some(short(&statement.id)),
    })
}

/// Whether a deadline is before another; none is the next upgrade, after all.
fn is_earlier(one: Option<Date>, other: Option<Date>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one < other,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// What the findings open or show again, by item.
fn drafts<'a>(
    state: &'a State,
    day: Date,
    found: &[Found],
    policy: &Policy,
) -> BTreeMap<ItemId, Draft<'a>> {
    let mut by_name: HashMap<(&str, &str, &str), Vec<&ItemId>> = HashMap::new();
    for (id, item) in &state.items {
        for name in &item.names {
            let key = (item.asset.as_str(), item.component.as_str(), name.as_str());
            by_name.entry(key).or_default().push(id);
        }
    }
    let mut drafts = BTreeMap::new();
    // Several groups of findings may be one item by now: they are seen as one,
    // so that the same file says the same thing again.
    let mut seen: BTreeMap<&ItemId, Found> = BTreeMap::new();
    for found in found {
        let ids: BTreeSet<&ItemId> = (found.names.iter())
            .filter_map(|name| {
                by_name.get(&(
                    found.asset.as_str(),
                    found.component.as_str(),
                    name.as_str(),
                ))
            })
            .flatten()
            .copied()
            .collect();
        if ids.is_empty() {
            let id = ItemId::of(&found.asset, &found.component, &found.fault());
            let draft = Draft::opened(&id, found);
            drafts.insert(id, draft);
        }
        for id in ids {
            let all = seen.entry(id).or_insert_with(|| found.clone());
            all.names.extend(found.names.iter().cloned());
            all.versions.extend(found.versions.iter().cloned());
        }
    }
    for (id, found) in seen {
        if let Some(item) = state.items.get(id) {
            let mut draft = Draft::of(item);
            draft.seen(id, item, &found, day, policy);
            drafts.insert(id.clone(), draft);
        }
    }
    drafts
}
