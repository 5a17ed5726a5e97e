#![allow(clippy::unwrap_used, reason = "tests")]
use modu_kernel::{InputsInMemory, NoProgress};
use proptest::prelude::*;

use super::alert::{Alert, AlertState, Cause};
use super::*;
use crate::AspaTable;
use crate::aspa::AsPath;
use crate::text;

const OWN: &str = r#"
[[prefix]]
prefix = "203.0.113.0/24"
origins = [500]
longest = 25

[[network]]
asn = 500
neighbours = [100, 200]

[[allow]]
prefix = "203.0.113.0/24"
asn = 900
until = "1970-01-01T00:20:00Z"
reason = "scrubbing"

[detection]
peers = 2
"#;

const VRPS: &str = "ASN,IP Prefix,Max Length\nAS500,203.0.113.0/24,25\n";

const ASPAS: &str = r#"{"aspas": [{"customer": 100, "providers": [10]},
    {"customer": 10, "providers": [0]}, {"customer": 500, "providers": [100, 200]}]}"#;

fn peer(number: u8) -> Peer {
    Peer {
        address: [192, 0, 2, number].into(),
        asn: u32::from(number),
    }
}

/// `2 + 203.0.113.0/24 1 2 3`, `2 - 203.0.113.0/24` or `2 lost` at a second;
/// `2#7` is the peer's route with the number 7.
fn update(second: i64, words: &str) -> Update {
    let (number, rest) = words.split_once(' ').unwrap();
    let (number, path_id) = number.split_once('#').unwrap_or((number, "0"));
    let path_id = PathId(path_id.parse().unwrap());
    let mut words = rest.splitn(3, ' ');
    let kind = words.next().unwrap();
    let mut prefix = || text::prefix(words.next().unwrap()).unwrap();
    let news = match kind {
        "+" => {
            let prefix = prefix();
            News::Announced(
                prefix,
                path_id,
                AsPath::parse(words.next().unwrap()).unwrap(),
            )
        }
        "-" => News::Withdrawn(prefix(), path_id),
        "began" => News::SessionBegan,
        "told" => News::TableTold(Family::V4),
        _ => News::SessionLost,
    };
    Update {
        time: Moment(second * 1_000_000),
        peer: peer(number.parse().unwrap()),
        news,
    }
}

fn watcher(config: &Config, state: WatchState) -> Watcher<'_> {
    let vrps = VrpTable::parse(VRPS.as_bytes()).unwrap();
    let aspas = AspaTable::parse(ASPAS.as_bytes()).unwrap();
    Watcher::new(config, OriginIndex::new(&vrps), aspas, state)
}

/// Takes updates in, one a second.
fn heard(lines: &[&str]) -> (WatchState, WatchReport) {
    let config = Config::parse(OWN.as_bytes()).unwrap();
    let mut watcher = watcher(&config, WatchState::default());
    for (second, line) in (1..).zip(lines) {
        watcher.take(&update(second, line));
    }
    watcher.finish(None);
    (watcher.state(), watcher.report())
}

fn open(report: &WatchReport) -> Vec<String> {
    let open = |alert: &&Alert| alert.state == AlertState::Open;
    let open = report.alerts.iter().filter(open);
    open.map(|alert| alert.cause.id()).collect()
}

#[test]
fn a_hijack_is_one_alert_whose_latency_and_peers_are_told() {
    let (_, report) = heard(&[
        "1 + 203.0.113.0/24 10 100 500",
        "2 + 203.0.113.0/24 10 100 500",
        "1 + 203.0.113.0/24 10 666",
        "3 + 198.51.100.0/24 10 666",
        "2 + 203.0.113.0/24 10 666",
        "3 + 203.0.113.0/24 10 666",
    ]);
    assert_eq!(open(&report), ["origin_invalid/AS666"]);
    let alert = &report.alerts[0];
    assert_eq!(
        (alert.first_seen, alert.raised),
        (Moment(3_000_000), Some(Moment(5_000_000)))
    );
    assert_eq!(alert.latency(), Some(2_000_000));
    assert_eq!(
        (alert.peers_at_raise, alert.peers, alert.updates),
        (2, 3, 3)
    );
    assert_eq!(
        (alert.prefixes.as_slice(), alert.path.as_str()),
        (&["203.0.113.0/24".to_owned()][..], "10 666")
    );
    assert_eq!(
        (
            report.origins.valid,
            report.origins.invalid,
            report.origins.not_found
        ),
        (2, 3, 1)
    );
    assert_eq!(report.answer, WatchAnswer::Alarmed);
}

#[test]
fn each_of_a_peers_paths_is_judged_and_the_peer_counted_once() {
    let honest = "1#1 + 203.0.113.0/24 10 100 500";
    let hijack = "1#2 + 203.0.113.0/24 10 666";
    let (state, report) = heard(&[honest, hijack, "2#9 + 203.0.113.0/24 10 666"]);
    assert_eq!(open(&report), ["origin_invalid/AS666"]);
    assert_eq!(report.alerts[0].peers, 2);
    assert_eq!((report.own[0].peers_had, report.own[0].peers_have), (2, 2));
    let numbers: Vec<u32> = state.routes.iter().map(|it| it.path_id.0).collect();
    assert_eq!(numbers, [1, 2, 9]);
    let bytes = canonical::to_vec(&state).unwrap();
    assert_eq!(WatchState::parse(&bytes).unwrap(), state);
    // The end of one path leaves the other, and of the peer's session none.
    let gone = ["1#2 - 203.0.113.0/24", "2#9 - 203.0.113.0/24"];
    let (state, report) =
        heard(&[&[honest, hijack, "2#9 + 203.0.113.0/24 10 666"][..], &gone].concat());
    assert_eq!((open(&report).len(), state.routes.len()), (0, 1));
    let (state, report) = heard(&[honest, hijack, "1 lost"]);
    assert_eq!((open(&report).len(), state.routes.len()), (0, 0));
    // A session that begins anew ends what it does not tell again, by number.
    let (state, _) = heard(&[
        honest,
        hijack,
        "1 began",
        "1#2 + 203.0.113.0/24 10 100 500",
        "1 told",
    ]);
    let numbers: Vec<u32> = state.routes.iter().map(|it| it.path_id.0).collect();
    assert_eq!(numbers, [2]);
}

#[test]
fn what_too_few_see_is_pending_and_what_nobody_sees_is_closed() {
    let lines = [
        "1 + 203.0.113.128/26 10 666",
        "2 + 203.0.113.128/26 10 666",
        "1 - 203.0.113.128/26",
        "2 lost",
    ];
    let at = |count: usize| heard(&lines[..count]).1.alerts[0].clone();
    assert_eq!(at(1).state, AlertState::Pending);
    assert_eq!(
        (at(2).state, at(2).cause.id().as_str()),
        (AlertState::Open, "more_specific/AS666")
    );
    assert_eq!((at(3).state, at(3).peers), (AlertState::Open, 1));
    assert_eq!(
        (at(4).state, at(4).closed),
        (AlertState::Closed, Some(Moment(4_000_000)))
    );
}

#[test]
fn leaks_new_neighbours_and_own_more_specifics_are_told_apart() {
    let two = |route: &str| {
        let lines = [1, 2].map(|peer| format!("{peer} + {route}"));
        open(&heard(&[&lines[0], &lines[1]]).1)
    };
    // 100 climbs to 10 only; 77 has it from 100 and hands it to 10.
    assert_eq!(
        two("203.0.113.0/24 10 77 100 500"),
        ["path_leak/AS100/AS77"]
    );
    assert_eq!(
        two("203.0.113.0/24 10 99 500"),
        ["path_leak/AS500/AS99", "neighbour_new/AS500/AS99"]
    );
    assert_eq!(two("203.0.113.0/25 10 100 500"), Vec::<String>::new());
    assert_eq!(two("203.0.113.0/26 10 100 500"), ["more_specific/AS500"]);
    assert_eq!(two("203.0.113.0/24 10 {500}"), ["origin_invalid/AS_SET"]);
    assert_eq!(two("203.0.0.0/16 10 666"), Vec::<String>::new());
}

#[test]
fn an_authorised_scrubber_raises_no_alert_until_its_end() {
    let config = Config::parse(OWN.as_bytes()).unwrap();
    let mut watcher = watcher(&config, WatchState::default());
    for (second, line) in [
        (10, "1 + 203.0.113.0/24 10 900"),
        (11, "2 + 203.0.113.0/24 10 900 500"),
        (12, "2 + 203.0.113.0/26 10 900"),
        (13, "1 + 203.0.113.0/26 10 900"),
    ] {
        watcher.take(&update(second, line));
    }
    assert_eq!(watcher.alerts().count(), 0);
    // Twenty minutes after: it may not any more, and still does.
    watcher.take(&update(1_200, "3 - 198.51.100.0/24"));
    assert_eq!(open(&watcher.report()), ["more_specific/AS900"]);
}

#[test]
fn a_prefix_that_most_peers_lose_for_a_minute_is_an_alert() {
    let announced: Vec<String> = (1..=4)
        .map(|peer| format!("{peer} + 203.0.113.0/24 10 100 500"))
        .collect();
    let config = Config::parse(OWN.as_bytes()).unwrap();
    let mut watcher = watcher(&config, WatchState::default());
    for line in &announced {
        watcher.take(&update(1, line));
    }
    for line in [
        "1 - 203.0.113.0/24",
        "2 - 203.0.113.0/24",
        "3 - 203.0.113.0/24",
    ] {
        watcher.take(&update(10, line));
    }
    watcher.finish(Some(Moment(69_000_000)));
    assert_eq!(open(&watcher.report()), Vec::<String>::new());
    watcher.finish(Some(Moment(70_000_000)));
    assert_eq!(open(&watcher.report()), ["visibility_lost/203.0.113.0/24"]);
    assert_eq!(watcher.report().alerts[0].latency(), Some(60_000_000));
    watcher.take(&update(80, "1 + 203.0.113.0/24 10 100 500"));
    assert_eq!(open(&watcher.report()), Vec::<String>::new());
    // An ended session takes its peer out of the count: that is no loss.
    for line in ["1 lost", "4 lost", "2 lost", "3 lost"] {
        watcher.take(&update(90, line));
    }
    watcher.finish(Some(Moment(900_000_000)));
    assert_eq!(
        (open(&watcher.report()).len(), watcher.sees_anything()),
        (0, false)
    );
}

#[test]
fn what_a_new_session_does_not_tell_again_is_over_and_the_rest_never_was() {
    let config = Config::parse(OWN.as_bytes()).unwrap();
    let mut watcher = watcher(&config, WatchState::default());
    let hijacks = ["203.0.113.0/24 10 666", "203.0.113.128/26 10 667"];
    for peer in [1, 2] {
        for hijack in hijacks {
            watcher.take(&update(10, &format!("{peer} + {hijack}")));
        }
    }
    assert_eq!(watcher.changed().len(), 2);
    for (second, line) in [
        (20, "1 began"),
        (21, "2 began"),
        (22, "1 + 203.0.113.0/24 10 666"),
        (23, "2 + 203.0.113.0/24 10 666"),
    ] {
        watcher.take(&update(second, line));
        assert_eq!(open(&watcher.report()).len(), 2, "{line}");
    }
    watcher.take(&update(24, "1 told"));
    assert_eq!(
        open(&watcher.report()).len(),
        2,
        "the other may still tell it"
    );
    // The other never says that it has told all; it has ten minutes.
    watcher.advance(Moment(620_999_999));
    assert!(watcher.changed().is_empty());
    watcher.advance(Moment(900_000_000));
    let [closed] = watcher.changed().try_into().unwrap();
    assert_eq!(closed.cause.id(), "more_specific/AS667");
    assert_eq!(closed.closed, Some(Moment(621_000_000)));
    let stays = &watcher.report().alerts[0];
    assert_eq!((stays.times_opened, stays.state), (1, AlertState::Open));
}

#[test]
fn a_forged_roa_makes_ones_own_routes_an_alert_without_any_update() {
    let (state, report) = heard(&[
        "1 + 203.0.113.0/24 10 100 500",
        "2 + 203.0.113.0/24 10 100 500",
    ]);
    assert_eq!(report.answer, WatchAnswer::Quiet);
    let forged = "ASN,IP Prefix,Max Length\nAS666,203.0.113.0/24,24\n";
    let inputs = InputsInMemory::new()
        .with("config", OWN)
        .with("vrps", forged)
        .with("state", canonical::to_vec(&state).unwrap());
    let (report, ..) = Watch::run(WatchRequest::default(), &inputs, &NoProgress).unwrap();
    assert_eq!(open(&report), ["own_invalid/AS500"]);
}

#[test]
fn a_watch_that_hears_nothing_says_that_it_is_blind() {
    let inputs = InputsInMemory::new().with("config", OWN);
    let (report, findings, _) = Watch::run(WatchRequest::default(), &inputs, &NoProgress).unwrap();
    assert_eq!(report.answer, WatchAnswer::Quiet);
    assert!(findings.iter().any(|it| it.code == "watch.blind"));
}

#[test]
fn a_wrong_configuration_or_state_is_named_with_its_remedy() {
    for (wrong, expected) in [
        ("", "between 1 and"),
        (
            "[[prefix]]\nprefix = \"203.0.113.1/24\"\norigins = [1]\n",
            "is no prefix",
        ),
        (
            "[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = []\n",
            "no origins",
        ),
        ("[[prefix]]\nprefix = 1\n", "line 2"),
        (
            "[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = [1]\nextra = 1\n",
            "unknown field",
        ),
        (
            "[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = [1]\n[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = [1]\n",
            "twice",
        ),
        (
            "[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = [1]\n[detection]\npeers = 0\n",
            "at least 1",
        ),
    ] {
        let error = Config::parse(wrong.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(WatchState::parse(b"{}").is_err());
    assert!(Config::parse(b"\xff").is_err());
}

#[test]
fn causes_have_different_names() {
    let causes = [
        Cause::OriginInvalid { origin: Some(1) },
        Cause::OriginNew { origin: Some(1) },
        Cause::OriginNew { origin: None },
        Cause::MoreSpecific { origin: Some(1) },
        Cause::OwnInvalid { origin: 1 },
        Cause::PathLeak {
            customer: 1,
            next: 2,
        },
        Cause::NeighbourNew {
            network: 1,
            neighbour: 2,
        },
    ];
    let mut ids: Vec<_> = causes.iter().map(Cause::id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), causes.len());
}

fn any_line() -> impl Strategy<Value = String> {
    let prefix = prop::sample::select(vec!["203.0.113.0/24", "203.0.113.0/25", "203.0.113.64/26"]);
    let path = prop::sample::select(vec![
        "10 100 500",
        "10 666",
        "10 77 100 500",
        "99 500",
        "900",
        "10 {1}",
        "500",
    ]);
    (1_u8..5, 0_u8..10, prefix, path).prop_map(|(peer, kind, prefix, path)| match kind {
        0 => format!("{peer} lost"),
        8 => format!("{peer} began"),
        9 => format!("{peer} told"),
        1..=3 => format!("{peer} - {prefix}"),
        _ => format!("{peer} + {prefix} {path}"),
    })
}

/// Seconds; now and then long enough for all that is due to come.
fn any_pause() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0_i64..50, 1 => 500_i64..2_000]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn two_runs_that_hand_over_their_state_are_one_run(
        lines in prop::collection::vec((any_line(), any_pause()), 0..40),
        cut in 0_usize..40,
    ) {
        let config = Config::parse(OWN.as_bytes()).unwrap();
        let mut second = 1_000;
        let updates: Vec<Update> = lines.iter().map(|(line, later)| {
            second += later;
            update(second, line)
        }).collect();
        let (first, rest) = updates.split_at(cut.min(updates.len()));
        let run = |state, updates: &[Update]| {
            let mut watcher = watcher(&config, state);
            updates.iter().for_each(|it| watcher.take(it));
            watcher.finish(None);
            watcher.state()
        };
        let whole = run(WatchState::default(), &updates);
        let handed = canonical::to_vec(&run(WatchState::default(), first)).unwrap();
        let halves = run(WatchState::parse(&handed).unwrap(), rest);
        prop_assert_eq!(&whole, &halves);
        // Time that passes in more steps is the same time: a live watch that
        // looks every second is a watch of the file of what it heard.
        let mut stepped = watcher(&config, WatchState::default());
        for it in &updates {
            for part in 0..4 {
                let from = stepped.now().0.max(updates[0].time.0);
                stepped.advance(Moment(from + (it.time.0 - from) / 4 * part));
            }
            stepped.take(it);
        }
        stepped.finish(None);
        prop_assert_eq!(&whole, &stepped.state());
        // What is open is shown by a route that is held, and only that.
        for alert in &whole.alerts {
            let peers = alert.peers;
            prop_assert_eq!(alert.state == AlertState::Closed, peers == 0, "{:?}", alert);
        }
    }
}

#[test]
fn a_loss_is_counted_when_it_has_lasted_and_not_when_time_is_next_looked_at() {
    let config = Config::parse(OWN.as_bytes()).unwrap();
    let mut watcher = watcher(&config, WatchState::default());
    for line in [
        "1 + 203.0.113.0/24 10 100 500",
        "3 + 203.0.113.0/24 10 100 500",
        "2 + 203.0.113.0/24 10 100 500",
        "1 began",
        "3 - 203.0.113.0/24",
        "2 - 203.0.113.0/24",
    ] {
        watcher.take(&update(1_000, line));
    }
    // The loss has lasted after one minute; what the first peer does not tell
    // again is over after ten.
    watcher.take(&update(1_600, "1 lost"));
    let alerts = watcher.state().alerts;
    assert_eq!(alerts[0].raised, Some(Moment(1_060_000_000)));
    assert_eq!((alerts[0].peers_at_raise, alerts[0].peers_most), (2, 3));
}
