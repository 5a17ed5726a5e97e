//! The checks, item by item.

mod accounts;
mod permissions;
mod remote;

use super::answer::Case;
use super::config::services::Service;

/// Judges one item.
pub(crate) fn check(number: u8, case: &mut Case<'_>) {
    match number {
        1 => remote::root_login(case),
        4 => accounts::shadowed(case),
        5 => accounts::other_roots(case),
        10 => accounts::shared_uids(case),
        16 => permissions::passwd(case),
        _ => case.unsure(
            "이 판은 이 항목을 스스로 판정하지 않음",
            "this version does not judge this item itself",
        ),
    }
}

/// Programs whose presence tells of a service.
pub(crate) fn programs() -> Vec<&'static str> {
    let services: [&[Service]; 1] = [&[remote::SSH, remote::TELNET]];
    let services = services.into_iter().flatten();
    services
        .flat_map(|it| it.programs.iter().copied())
        .collect()
}
