//! The checks, item by item.

mod accounts;
mod authentication;
mod dns;
mod environment;
mod ftp;
mod mail;
mod network;
mod permissions;
mod records;
mod remote;
mod shares;
mod snmp;
mod walked;

use super::answer::Case;
use super::config::services::Service;

/// The check of each item, U-01 first.
const CHECKS: [fn(&mut Case<'_>); 67] = [
    remote::root_login,
    authentication::policy,
    authentication::lockout,
    accounts::shadowed,
    accounts::other_roots,
    authentication::su,
    accounts::unneeded,
    accounts::administrators,
    accounts::orphan_groups,
    accounts::shared_uids,
    accounts::shells,
    environment::time_limit,
    authentication::hashes,
    environment::search_path,
    walked::unowned,
    permissions::passwd,
    permissions::start_scripts,
    permissions::shadow,
    permissions::hosts,
    permissions::super_server,
    permissions::log_settings,
    permissions::services,
    walked::set_id,
    environment::start_files,
    walked::world_writable,
    walked::plain_in_dev,
    network::trust_files,
    network::filter,
    permissions::line_printer,
    environment::mask,
    permissions::homes,
    permissions::homes_exist,
    walked::hidden,
    network::finger,
    shares::anonymous,
    network::r_services,
    permissions::jobs,
    network::small_services,
    network::nfs,
    shares::nfs_access,
    network::automount,
    network::rpc,
    network::nis,
    network::tftp_and_talk,
    mail::version,
    mail::queue,
    mail::relay,
    mail::vrfy,
    dns::version,
    dns::transfers,
    dns::updates,
    remote::telnet,
    ftp::banner,
    ftp::encrypted,
    ftp::shell,
    ftp::access,
    ftp::no_root,
    snmp::running,
    snmp::version,
    snmp::strength,
    snmp::sources,
    records::warnings,
    permissions::sudoers,
    records::patches,
    records::clock,
    records::logging,
    permissions::logs,
];

/// Judges one item, U-01 being 1.
pub(crate) fn check(number: u8, case: &mut Case<'_>) {
    let at = usize::from(number).checked_sub(1);
    if let Some(check) = at.and_then(|at| CHECKS.get(at)) {
        check(case);
    }
}

/// Whether an item's answer rests on owners or permissions.
pub(crate) fn needs_owners(number: u8) -> bool {
    const ITEMS: [u8; 20] = [
        6, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27, 29, 31, 37, 40, 46, 63,
    ];
    ITEMS.contains(&number) || number == 67
}

/// Programs whose presence tells of a service.
pub(crate) fn programs() -> Vec<&'static str> {
    const OTHERS: [Service; 10] = [
        remote::SSH,
        remote::TELNET,
        shares::SAMBA,
        snmp::SNMP,
        dns::BIND,
        ftp::VSFTPD,
        ftp::PROFTPD,
        mail::POSTFIX,
        mail::SENDMAIL,
        mail::EXIM,
    ];
    let services = OTHERS.iter().chain(network::ALL.iter());
    services
        .flat_map(|it| it.programs.iter().copied())
        .collect()
}
