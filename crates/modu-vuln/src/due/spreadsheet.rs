//! What is due as a table for spreadsheets: UTF-8 with the mark that Korean
//! spreadsheets tell it from code page 949 by, lines that end as RFC 4180
//! says, and days as they take for days.

use modu_kernel::Output;

use super::Due;
use crate::ledger::Standing;
use crate::table::Table;

const HEADER: [&str; 12] = [
    "기한 (due)",
    "지난 날 (days over)",
    "상태 (standing)",
    "자산 (asset)",
    "구성요소 (component)",
    "버전 (versions)",
    "취약점 (vulnerability)",
    "결정 (outcome)",
    "처음 찾은 날 (opened)",
    "예외 끝 (excepted until)",
    "책임자 (owner)",
    "항목 (item)",
];

pub(super) fn output(list: &[Due]) -> Output {
    let mut table = Table::for_spreadsheets(&HEADER);
    for due in list {
        let day = |day: Option<jiff::civil::Date>| day.map_or(String::new(), |it| it.to_string());
        let over = match due.days_over {
            0 => String::new(),
            days => days.to_string(),
        };
        let standing = match due.standing {
            Standing::Open if due.days_over > 0 => "기한 지남 (overdue)",
            Standing::Open => "열림 (open)",
            Standing::Excepted => "예외 (excepted)",
            Standing::Fixed => "조치됨 (fixed)",
        };
        table.row(&[
            &day(due.due),
            &over,
            standing,
            &due.asset,
            &due.component,
            &due.versions.join(" "),
            &due.fault,
            &due.outcome,
            &day(Some(due.opened)),
            &day(due.excepted_until),
            due.owner.as_deref().unwrap_or_default(),
            due.item.as_str(),
        ]);
    }
    table.output("due.csv")
}
