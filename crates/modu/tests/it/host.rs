//! A host from the command line: looked at, judged, recorded, judged again.

use std::fs;

use crate::program::Office;

#[test]
fn a_hosts_snapshot_gives_the_same_bytes_again_and_its_evidence_replays() {
    let office = Office::with_kit();
    fs::create_dir_all(office.path("root/etc/ssh")).unwrap();
    fs::create_dir_all(office.path("outputs")).unwrap();
    let passwd = "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\n";
    fs::write(office.path("root/etc/passwd"), passwd).unwrap();
    let socket = "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1,fd=3))\n";
    fs::write(office.path("outputs/ss -Hlntup"), socket).unwrap();
    fs::write(office.path("outputs/sshd -T"), "permitrootlogin yes\n").unwrap();
    let look = ["vuln", "host", "--root", "root", "--commands", "outputs"];
    let rest = ["--keep", "seen.json", "--sarif", "host.sarif", "--record"];
    let (code, first) = office.ask(&[look.as_slice(), &rest].concat());
    assert_eq!(code, 1, "{first}");
    let answer = |number: usize| first["report"]["items"][number - 1]["answer"].clone();
    assert_eq!(answer(1), "vulnerable");
    assert_eq!(answer(5), "vulnerable");
    assert!(office.path("host.sarif").is_file());
    let again = ["vuln", "host", "--snapshot", "seen.json", "--out", "out"];
    let (code, second) = office.ask(&again);
    assert_eq!(code, 1, "{second}");
    assert_eq!(first["result_digest"], second["result_digest"]);
    assert!(office.path("out/report.ko.html").is_file());
    office.modu(&["evidence", "replay"]).expect_code(0);
}

#[test]
fn a_root_that_is_not_there_is_the_callers_to_mend() {
    let office = Office::empty();
    let said = office
        .modu(&["vuln", "host", "--root", "nowhere"])
        .expect_code(2);
    assert!(said.err.contains("nowhere"), "{}", said.err);
}
