//! A project's way through its phases as a picture, in proportion to time,
//! with the same in words below it.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use modu_programme::project::Phase;
use modu_programme::{Entry, Event};

use super::layout::label;
use super::local;
use super::picture::{self, Part};
use crate::visit::Visit;

/// The phase that an event begins, where it begins one.
fn begun_by(event: &Event) -> Option<Phase> {
    match event {
        Event::NeedPublished { .. } => Some(Phase::Need),
        Event::CallOpened { .. } => Some(Phase::Call),
        Event::CallClosed { .. } => Some(Phase::Scoring),
        Event::ScoresOpened { .. } => Some(Phase::Selection),
        Event::Selected { .. } => Some(Phase::Demonstration),
        Event::Adopted { .. } => Some(Phase::Adopted),
        Event::Closed { .. } => Some(Phase::Closed),
        _ => None,
    }
}

/// A phase and how long it lasted, or has lasted by now.
fn lasted(entries: &[Entry], now: Timestamp) -> Vec<(Phase, SignedDuration)> {
    let mut begun: Vec<(Phase, Timestamp)> = Vec::new();
    for entry in entries {
        let phase = begun_by(&entry.event);
        if let Some(phase) =
            phase.filter(|phase| begun.last().is_none_or(|(last, _)| last != phase))
        {
            begun.push((phase, entry.at));
        }
    }
    let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([now]);
    let spans = begun.iter().zip(ends);
    let spans = spans.filter(|((phase, _), _)| *phase != Phase::Closed);
    spans
        .map(|((phase, from), to)| (*phase, to.duration_since(*from).max(SignedDuration::ZERO)))
        .collect()
}

/// The class that colours a phase.
const fn kind(phase: Phase) -> &'static str {
    match phase {
        Phase::Need => "need",
        Phase::Call => "call",
        Phase::Scoring => "scoring",
        Phase::Selection => "selection",
        Phase::Demonstration => "demonstration",
        Phase::Adopted => "adopted",
        Phase::Closed => "closed",
    }
}

/// The picture of a project's entries, oldest first.
pub(super) fn picture(visit: &Visit, entries: &[Entry], now: Timestamp) -> Markup {
    let lasted = lasted(entries, now);
    let parts: Vec<_> = lasted
        .iter()
        .map(|(phase, span)| Part {
            kind: kind(*phase),
            // A phase of no time was there all the same.
            size: span.as_secs_f64().max(1.0),
        })
        .collect();
    let told = |(phase, span): &(Phase, SignedDuration)| {
        let name = label(visit, &phase.label());
        format!("{name} {}", local::span(visit.language, *span))
    };
    let words: Vec<_> = lasted.iter().map(told).collect();
    html! { @if !lasted.is_empty() {
        figure .phases-in-time {
            (picture::bar(&words.join(", "), &parts))
            figcaption { ul .legend { @for ((phase, _), words) in lasted.iter().zip(&words) {
                li { span .swatch .(kind(*phase)) aria-hidden="true" {} " " (words) }
            } } }
        }
    } }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use modu_kernel::Digest;
    use modu_programme::{Actor, OrganisationId, ProjectId, ProposalId, Sequence, Text, Title};

    use super::*;

    fn entry(second: i64, event: Event) -> Entry {
        Entry {
            sequence: Sequence(1),
            at: Timestamp::from_second(second).unwrap(),
            by: Actor::System,
            event,
            previous: Digest::of(b""),
        }
    }

    #[test]
    fn a_phase_lasts_until_the_next_and_the_last_until_now() {
        let project = ProjectId(Sequence(1));
        let adopted = |agency| Event::Adopted {
            project,
            proposal: ProposalId(Sequence(2)),
            agency: OrganisationId(Sequence(agency)),
        };
        let need = Event::NeedPublished {
            agency: OrganisationId(Sequence(1)),
            title: Title::new("수요").unwrap(),
            description: Text::default(),
            need: None,
        };
        let mut entries = vec![
            entry(0, need),
            entry(100, adopted(1)),
            entry(200, adopted(2)),
        ];
        let now = Timestamp::from_second(1_000).unwrap();
        let seconds = |entries: &[Entry]| -> Vec<_> {
            let lasted = lasted(entries, now);
            lasted
                .iter()
                .map(|(phase, span)| (*phase, span.as_secs()))
                .collect()
        };
        assert_eq!(
            seconds(&entries),
            [(Phase::Need, 100), (Phase::Adopted, 900)]
        );
        entries.push(entry(
            300,
            Event::Closed {
                project,
                reason: Text::default(),
            },
        ));
        assert_eq!(
            seconds(&entries),
            [(Phase::Need, 100), (Phase::Adopted, 200)]
        );
        assert!(seconds(&[]).is_empty());
    }
}
