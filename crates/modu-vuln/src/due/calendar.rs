//! What is due as a calendar: iCalendar (RFC 5545), an entry of a whole day
//! for each item that has one. An entry's UID is the item's name, and its
//! sequence number grows with each change, so that a calendar that reads the
//! file again moves entries instead of doubling them.

use jiff::Timestamp;
use jiff::civil::Date;
use modu_kernel::Output;

use super::Due;
use crate::ledger::State;

/// The longest line in bytes, without its end (section 3.1).
const LINE: usize = 75;

pub(super) fn output(list: &[Due], state: &State, at: Timestamp) -> Output {
    let mut lines = Lines(String::new());
    lines.add("BEGIN:VCALENDAR");
    lines.add("VERSION:2.0");
    lines.add("PRODID:-//Modu//vuln.due 1//KO");
    lines.add("CALSCALE:GREGORIAN");
    lines.add("METHOD:PUBLISH");
    let stamp = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    for due in list {
        if let Some(day) = due.shown_on() {
            let changes = state
                .items
                .get(&due.item)
                .map_or(0, |item| item.history.len());
            entry(&mut lines, due, day, &stamp, changes);
        }
    }
    lines.add("END:VCALENDAR");
    Output {
        name: "due.ics".into(),
        media_type: "text/calendar".into(),
        bytes: lines.0.into_bytes(),
    }
}

fn entry(lines: &mut Lines, due: &Due, day: Date, stamp: &str, changes: usize) {
    let kind = match (due.days_over > 0, due.excepted_until) {
        (true, _) => "기한 지남",
        (false, None) => "조치 기한",
        (false, Some(_)) => "예외 끝",
    };
    let summary = format!("{kind}: {} {} {}", due.asset, due.component, due.fault);
    let what = format!(
        "{} {} · {} · {}\n{} → {}\n{}",
        due.component,
        due.versions.join(" "),
        due.fault,
        due.outcome,
        due.opened,
        day,
        due.item
    );
    lines.add("BEGIN:VEVENT");
    lines.add(&format!("UID:{}@vuln.modu", due.item));
    lines.add(&format!("DTSTAMP:{stamp}"));
    lines.add(&format!("SEQUENCE:{changes}"));
    lines.add(&format!("DTSTART;VALUE=DATE:{}", day.strftime("%Y%m%d")));
    lines.add(&format!("SUMMARY:{}", escaped(&summary)));
    lines.add(&format!("DESCRIPTION:{}", escaped(&what)));
    lines.add("TRANSP:TRANSPARENT");
    lines.add("END:VEVENT");
}

/// A text value (section 3.3.11); control characters have no place in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Content lines, folded where they are long.
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        let mut length = 0;
        for letter in line.chars() {
            if length + letter.len_utf8() > LINE {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(letter);
            length += letter.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_letters_and_read_back_whole() {
        let text = "SUMMARY:".to_owned() + &"가나다라 abc ".repeat(40);
        let mut lines = Lines(String::new());
        lines.add(&text);
        assert!(lines.0.split("\r\n").all(|line| line.len() <= LINE));
        assert_eq!(lines.0.replace("\r\n ", ""), text + "\r\n");
    }

    #[test]
    fn what_means_something_in_a_calendar_is_escaped() {
        assert_eq!(escaped("a;b,c\\d\ne\r\u{7}"), "a\\;b\\,c\\\\d\\ne  ");
    }
}
