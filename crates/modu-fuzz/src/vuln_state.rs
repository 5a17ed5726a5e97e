//! What decisions on vulnerabilities rest on beside advisories: vectors of
//! severity, policies, decision tables, ledgers, findings, lists of a plant's
//! assets, and the snapshots of hosts.

use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use modu_vuln::cvss::Vector;
use modu_vuln::decide::policy::{self, Policy};
use modu_vuln::inventory::assets;
use modu_vuln::ledger::{self, Standing};
use modu_vuln::ssvc::{self, DecisionTable};
use modu_vuln::{ASSETS, DECIDE, HOST, VulnError};
use serde_json::json;

use crate::Target;

/// The first byte says which of them it is.
pub const TARGET: Target = Target {
    name: "vuln_state",
    law,
    seeds,
    mutate: None,
};

const AT: &str = "2026-11-22T00:00:00Z";
/// Items of the guide.
const ITEMS: u64 = 67;

/// - Refusals tell a reason.
/// - A score is between 0 and 10, in tenths.
/// - A table answers with one of its outcomes, and what is known never makes it
///   more urgent.
/// - A ledger that is read can be read again page by page, and every item is
///   open, excepted or fixed.
/// - The same findings again change nothing.
/// - Every asset ends in one answer, and so does every item of a host.
pub fn law(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    match which {
        0 => vector(rest),
        1 => {
            if let Some(policy) = told(Policy::parse(rest)) {
                for name in ssvc::names() {
                    let table = ssvc::named(name).expect("a table that is here");
                    told(policy.check(&table));
                }
            }
        }
        2 => told(ssvc::parse(rest)).iter().for_each(answers),
        3 => told(ssvc::parse_certcc(rest)).iter().for_each(answers),
        4 => is_replayed(rest),
        5 => decided(rest),
        6 => plant(rest),
        7 => host(rest),
        _ => {}
    }
}

fn vector(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match text.parse::<Vector>() {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(vector) => {
            for score in [vector.base_score(), vector.score()] {
                assert!((0.0..=10.0).contains(&score.value()), "{text}: {score}");
            }
        }
    }
}

fn answers(table: &DecisionTable) {
    let place = |known: &[Option<&str>]| {
        let outcome = table.decide(known);
        table.outcome().place(outcome).expect("one of its outcomes")
    };
    let mut known: Vec<Option<&str>> = vec![None; table.points().len()];
    let worst = place(&known);
    for (at, point) in table.points().iter().enumerate() {
        known[at] = point.values.first().map(String::as_str);
        assert!(place(&known) <= worst, "knowing more is not more urgent");
    }
}

fn is_replayed(bytes: &[u8]) {
    let Some(state) = told(ledger::replay(bytes)) else {
        return;
    };
    let mut again = ledger::State::default();
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|it| !it.is_empty())
    {
        ledger::follow(&mut again, line).expect("a page that was read");
    }
    assert_eq!(again, state);
    let Some(day) = state.day else { return };
    for item in state.items.values() {
        let fixed = item.standing(day) == Standing::Fixed;
        assert_eq!(fixed, item.fixed.is_some());
    }
}

fn decided(bytes: &[u8]) {
    let decide = |ledger: &[u8]| {
        let inputs = InputsInMemory::new()
            .with("findings", bytes)
            .with("ledger", ledger)
            .with("policy", policy::named("ssvc-deployer").expect("is here"));
        ran((DECIDE.run)(&json!({ "at": AT }), &inputs, &NoProgress))
    };
    let Some(first) = decide(b"") else { return };
    let Some(page) = first.output(ledger::PAGE_OUTPUT) else {
        return;
    };
    let ledger = [page.bytes.as_slice(), b"\n"].concat();
    let second = decide(&ledger).expect("our own page is read");
    assert!(second.output(ledger::PAGE_OUTPUT).is_none(), "nothing new");
}

fn plant(bytes: &[u8]) {
    let Some(assets) = told(assets::parse(bytes)) else {
        return;
    };
    let inputs = InputsInMemory::new()
        .with("assets", bytes)
        .with("advisories", CSAF);
    let outcome = ran((ASSETS.run)(&json!({ "at": AT }), &inputs, &NoProgress));
    let report = outcome.expect("what was read is weighed").report;
    let count = |name: &str| report["counts"][name].as_u64().expect("a count");
    assert_eq!(count("assets"), assets.len() as u64);
    let answers = ["affected", "not_affected", "undecidable"].map(count);
    assert_eq!(answers.iter().sum::<u64>(), count("assets"));
}

fn host(bytes: &[u8]) {
    let inputs = InputsInMemory::new().with("snapshot", bytes);
    let Some(outcome) = ran((HOST.run)(&json!({}), &inputs, &NoProgress)) else {
        return;
    };
    let count = |name: &str| outcome.report["counts"][name].as_u64().expect("a count");
    let answers = ["vulnerable", "needs_a_person", "good", "not_applicable"].map(count);
    assert_eq!(count("items"), ITEMS);
    assert_eq!(answers.iter().sum::<u64>(), ITEMS);
}

fn told<T>(result: Result<T, VulnError>) -> Option<T> {
    result
        .map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

fn ran(result: Result<Outcome, EngineError>) -> Option<Outcome> {
    result
        .map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

/// A line of a bundle.
const CSAF: &str = concat!(
    r#"{"kind":"csaf","id":"T-26-1","title":"t","publisher":"p","category":"csaf_security_advisory","status":"final","revision":"1","released":"2026-01-01T00:00:00Z","#,
    r#""products":[{"id":"a","name":"Hana Pump","vendor":"Hana","product":"Pump","versions":{"range":"< V2.4 SP1"}}],"#,
    r#""vulnerabilities":[{"cve":"CVE-2026-0001","affected":[0]}]}"#,
    "\n"
);

const FINDINGS: &str = "asset,component,version,advisory,names\n\
    web,pkg:pypi/a,1.0,PYSEC-1,PYSEC-1 CVE-2026-0001\nweb,pkg:pypi/a,1.1,GHSA-1,GHSA-1 CVE-2026-0001\n\nplc,\"fir\nm\",2.4,CVE-2026-0002,CVE-2026-0002\n";

const PLANT: &str = "asset,vendor,product,model,firmware,site,zone,exposure,criticality,cpe\n\
    plc-1,Hana,Pump,,V2.3,seoul,cell,isolated,very_high,cpe:/o:hana:pump\n\n자산,하나,펌프,6ES7,2.4 SP1,,,인터넷,높음,\n";

const SNAPSHOT: &str = concat!(
    r#"{"schema":"modu.vuln.host.snapshot/1","host":"web","taken":"2026-11-22T00:00:00Z","origin":"running","owners":"own","#,
    r#""files":{"/etc/passwd":{"seen":"there","kind":"file","mode":420,"uid":0,"gid":0,"text":"root:x:0:0:root:/root:/bin/bash\nhana:x:1000:1000::/home/hana:/bin/bash\n"},"/etc/hosts.equiv":{"seen":"absent"},"/etc/shadow":{"seen":"unreadable","why":"denied"}},"#,
    r#""folders":{"/etc/ssh/sshd_config.d":{"listing":"names","names":["10.conf"],"complete":true}},"#,
    r#""commands":{"sshd -T":{"ran":"done","exit":0,"output":"permitrootlogin no\n","errors":"","complete":true},"ss -tulnp":{"ran":"missing"}},"sweep":null}"#,
);

fn seeds() -> Vec<Vec<u8>> {
    let page = |findings: &str| {
        let inputs = InputsInMemory::new()
            .with("findings", findings)
            .with("ledger", "")
            .with("policy", policy::named("ssvc-deployer").expect("is here"));
        let outcome = (DECIDE.run)(&json!({ "at": AT }), &inputs, &NoProgress);
        let outcome = outcome.expect("our own findings are decided");
        let page = outcome.output(ledger::PAGE_OUTPUT).expect("a first page");
        [page.bytes.as_slice(), b"\n"].concat()
    };
    let named = |name: &str| policy::named(name).expect("is here").as_bytes().to_vec();
    let own = "name = \"own\"\nversion = \"1\"\n[[points]]\nkey = \"KEV\"\nvalues = [\"N\", \"Y\"]\n\
        [outcome]\nkey = \"O\"\nvalues = [\"later\", \"now\"]\n[mapping]\nrows = [[\"N\", \"later\"], [\"Y\", \"now\"]]\n";
    let snapshot = SNAPSHOT.as_bytes().to_vec();
    let all: [(u8, Vec<u8>); 11] = [
        (0, b"AV:N/AC:L/Au:N/C:P/I:P/A:C/E:POC/RL:OF/RC:C".to_vec()),
        (0, b"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:P/MAV:A".to_vec()),
        (0, b"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N/E:A/MSI:S".to_vec()),
        (1, named("cisa-bod-26-04")),
        (1, named("ssvc-deployer")),
        (2, own.as_bytes().to_vec()),
        (3, br#"{"key":"T","version":"1.0.0","decision_points":{"x:A:1.0.0":{"key":"A","values":[{"key":"N"},{"key":"Y"}]},"x:O:1.0.0":{"key":"O","values":[{"key":"L"},{"key":"H"}]}},"outcome":"x:O:1.0.0","mapping":[{"x:A:1.0.0":"N","x:O:1.0.0":"L"},{"x:A:1.0.0":"Y","x:O:1.0.0":"H"}]}"#.to_vec()),
        (4, page(FINDINGS)),
        (5, FINDINGS.as_bytes().to_vec()),
        (6, PLANT.as_bytes().to_vec()),
        (7, snapshot),
    ];
    let first = |(which, bytes): (u8, Vec<u8>)| [vec![which], bytes].concat();
    all.into_iter().map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_among_the_seeds_is_judged() {
        let inputs = InputsInMemory::new().with("snapshot", SNAPSHOT);
        assert!(ran((HOST.run)(&json!({}), &inputs, &NoProgress)).is_some());
        assert!(told(ssvc::parse_certcc(&seeds()[6][1..])).is_some());
    }
}
