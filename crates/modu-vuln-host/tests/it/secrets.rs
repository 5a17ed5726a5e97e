//! Secrets stay on the host.

use modu_kernel::{InputsInMemory, NoProgress};
use modu_vuln::HOST;
use modu_vuln::host::snapshot::Seen;

use super::fixture::{SOCKETS, UNITS, hardened};

const PLANTED: [&str; 6] = [
    "c2VjcmV0aGFzaA",
    "PLANTEDHASHINPASSWD",
    "PLANTEDcommunity7",
    "PLANTEDpassphrase",
    "PLANTEDtoken",
    "PLANTEDrhosts",
];

#[test]
fn no_planted_secret_is_in_anything_that_is_written() {
    let fixture = hardened()
        .append("/etc/passwd", "old:$1$PLANTEDHASHINPASSWD$x:1001:1::/home/old:/bin/sh\n")
        .file("/etc/snmp/snmpd.conf", 0o600, "rocommunity PLANTEDcommunity7\ncreateUser u SHA PLANTEDpassphrase AES PLANTEDpassphrase\n")
        .add_to_command(SOCKETS, "udp UNCONN 0 0 0.0.0.0:161 0.0.0.0:* users:((\"snmpd\",pid=9,fd=3))\n")
        .add_to_command(UNITS, "snmpd.service loaded active running x\n")
        .append("/root/.profile", "export TOKEN=PLANTEDtoken\nPATH=/usr/bin:$HOME/PLANTEDtoken TOKEN=1\n")
        .file("/etc/rsyslog.d/db.conf", 0o600, "module(load=\"ommysql\" password=\"PLANTEDpassphrase\")\n");
    let snapshot = serde_json::to_vec(&fixture.snapshot()).unwrap();
    let inputs = InputsInMemory::new().with("snapshot", snapshot.clone());
    let outcome = (HOST.run)(&serde_json::json!({}), &inputs, &NoProgress).unwrap();
    let report = serde_json::to_vec(&outcome.report).unwrap();
    let mut written = vec![snapshot, report];
    written.extend(outcome.outputs.into_iter().map(|it| it.bytes));
    for bytes in written {
        let text = String::from_utf8(bytes).unwrap();
        for secret in PLANTED {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

#[test]
fn a_link_in_a_home_does_not_lead_to_another_file() {
    let fixture = hardened().link("/root/.rhosts", "/etc/shadow");
    let snapshot = fixture.snapshot();
    let Some(Seen::There(entry)) = snapshot.files.get("/root/.rhosts") else {
        panic!("{:?}", snapshot.files.get("/root/.rhosts"));
    };
    assert_eq!(entry.text, None);
    assert!(entry.withheld.is_some());
}

#[test]
fn a_link_that_leads_out_of_the_root_stays_within_it() {
    let fixture = hardened().link("/etc/motd", "../../../../../../etc/hostname");
    let fixture = fixture.remove("/etc/motd");
    let snapshot = fixture.snapshot();
    assert_eq!(snapshot.text("/etc/motd"), Some("fixture\n"));
}
