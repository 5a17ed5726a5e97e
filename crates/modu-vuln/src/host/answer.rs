//! One item under way: what speaks against the host, what cannot be decided,
//! what speaks for it, and the evidence. The answer follows from these, and
//! silence is never "good".

use modu_kernel::{Digest, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::lines::{self, Setting};
use super::snapshot::{Entry, Listing, Ran, Seen, Snapshot, octal};

/// The answer to an item.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// 취약.
    Vulnerable,
    /// A person must decide; the reasons say why.
    NeedsAPerson,
    /// 양호.
    Good,
    /// What the item is about is not on this host.
    NotApplicable,
}

impl Answer {
    /// Every answer, the worst first.
    pub const ALL: [Self; 4] = [
        Self::Vulnerable,
        Self::NeedsAPerson,
        Self::Good,
        Self::NotApplicable,
    ];

    /// The answer in words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::Vulnerable => ("취약", "vulnerable"),
            Self::NeedsAPerson => ("확인 필요", "needs a person"),
            Self::Good => ("양호", "good"),
            Self::NotApplicable => ("해당 없음", "not applicable"),
        };
        Label::new(ko, en)
    }
}

/// A piece of raw evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// `path:line`, a path, or `$ command`.
    pub source: String,
    /// What stands there, at most 300 characters.
    pub quote: String,
    /// SHA-256 of the whole text or output as the snapshot holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// Characters of one quotation.
pub(crate) const QUOTE_CHARS: usize = 300;
/// Pieces of evidence of one item; past it only their number is told.
pub(crate) const PIECES: usize = 40;

/// An item under way.
pub(crate) struct Case<'a> {
    pub(crate) host: &'a Snapshot,
    pub(super) wrong: Vec<Label>,
    pub(super) unsure: Vec<Label>,
    pub(super) well: Vec<Label>,
    pub(super) absent: Vec<Label>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) more_evidence: u64,
}

impl<'a> Case<'a> {
    pub(crate) fn new(host: &'a Snapshot) -> Self {
        Self {
            host,
            wrong: Vec::new(),
            unsure: Vec::new(),
            well: Vec::new(),
            absent: Vec::new(),
            evidence: Vec::new(),
            more_evidence: 0,
        }
    }

    /// Something is as it must not be.
    pub(crate) fn wrong(&mut self, ko: impl Into<String>, en: impl Into<String>) {
        push(&mut self.wrong, ko, en);
    }

    /// Something a person must look at.
    pub(crate) fn unsure(&mut self, ko: impl Into<String>, en: impl Into<String>) {
        push(&mut self.unsure, ko, en);
    }

    /// Something is as it should be.
    pub(crate) fn well(&mut self, ko: impl Into<String>, en: impl Into<String>) {
        push(&mut self.well, ko, en);
    }

    /// What the item is about is not here.
    pub(crate) fn not_here(&mut self, ko: impl Into<String>, en: impl Into<String>) {
        push(&mut self.absent, ko, en);
    }

    /// The answer: anything wrong outweighs everything, anything unsure
    /// outweighs what is well, and where nothing was said nothing is known.
    pub(crate) fn answer(&self) -> Answer {
        match (
            self.wrong.is_empty(),
            self.unsure.is_empty(),
            self.well.is_empty(),
            self.absent.is_empty(),
        ) {
            (false, ..) => Answer::Vulnerable,
            (_, false, ..) => Answer::NeedsAPerson,
            (_, _, false, _) => Answer::Good,
            (_, _, _, false) => Answer::NotApplicable,
            _ => Answer::NeedsAPerson,
        }
    }

    /// A path that is there. Where it could not be seen the case is unsure.
    pub(crate) fn entry(&mut self, path: &str) -> Option<&'a Entry> {
        match self.host.files.get(path) {
            Some(Seen::There(entry)) => Some(entry),
            Some(Seen::Absent) => None,
            Some(Seen::Unreadable { why }) => {
                self.unsure(
                    format!("{path}을(를) 볼 수 없음: {why}"),
                    format!("{path} could not be looked at: {why}"),
                );
                None
            }
            None => {
                self.unsure(
                    format!("{path}을(를) 수집하지 않음"),
                    format!("{path} was not collected"),
                );
                None
            }
        }
    }

    /// The text of a file that is there. Where there should be one and it
    /// could not be had, the case is unsure.
    pub(crate) fn text(&mut self, path: &str) -> Option<&'a str> {
        let entry = self.entry(path)?;
        if entry.text.is_none() {
            let why = entry.withheld.as_deref().unwrap_or("not read");
            self.unsure(
                format!("{path}의 내용을 읽지 못함: {why}"),
                format!("the text of {path} is not here: {why}"),
            );
        }
        entry.text.as_deref()
    }

    /// The last value of a key in several files; where one of them is there and
    /// could not be read, the case is unsure.
    pub(crate) fn setting(&mut self, paths: &[String], key: &str) -> Option<Setting<'a>> {
        for path in paths {
            self.text(path);
        }
        lines::last(self.host, paths, key)
    }

    /// Files of a folder by ending; where the folder could not be listed, the
    /// case is unsure.
    pub(crate) fn files_of(&mut self, folder: &str, ending: &str) -> Vec<String> {
        self.names(folder);
        lines::files_of(self.host, folder, ending)
    }

    /// The names in a folder; where they could not be had, or not all, the
    /// case is unsure.
    pub(crate) fn names(&mut self, folder: &str) -> &'a [String] {
        match self.host.folders.get(folder) {
            Some(Listing::Names { names, complete }) => {
                if !complete {
                    self.unsure(
                        format!("{folder}의 목록이 한도를 넘음"),
                        format!("{folder} holds more names than the limit"),
                    );
                }
                names
            }
            Some(Listing::Absent) => &[],
            Some(Listing::Unreadable { why }) => {
                self.unsure(
                    format!("{folder}의 목록을 볼 수 없음: {why}"),
                    format!("{folder} could not be listed: {why}"),
                );
                &[]
            }
            None => {
                self.unsure(
                    format!("{folder}의 목록을 수집하지 않음"),
                    format!("{folder} was not listed"),
                );
                &[]
            }
        }
    }

    /// Quotes a line of a file (numbers from 1).
    pub(crate) fn quote(&mut self, path: &str, number: usize, line: &str) {
        let digest = self.host.text(path).map(digest);
        self.piece(format!("{path}:{number}"), line, digest);
    }

    /// Quotes owner and permissions of a path.
    pub(crate) fn quote_mode(&mut self, path: &str, entry: &Entry) {
        let owner = super::config::accounts::name_of_user(self.host, entry.uid);
        let group = super::config::accounts::name_of_group(self.host, entry.gid);
        let link = entry.leads_to.as_deref();
        let link = link.map_or(String::new(), |it| format!(" → {it}"));
        let quote = format!("{} {owner}:{group}{link}", octal(entry.mode));
        let digest = entry.text.as_deref().map(digest);
        self.piece(path.to_owned(), &quote, digest);
    }

    /// Quotes a command's output.
    pub(crate) fn quote_command(&mut self, command: &str, line: &str) {
        let digest = match self.host.commands.get(command) {
            Some(Ran::Done { output, .. }) => Some(digest(output)),
            _ => None,
        };
        self.piece(format!("$ {command}"), line, digest);
    }

    /// States that a path is not there, which was looked at.
    pub(crate) fn quote_absence(&mut self, path: &str) {
        if matches!(self.host.files.get(path), Some(Seen::Absent)) {
            self.piece(path.to_owned(), "(absent)", None);
        }
    }

    pub(crate) fn piece(&mut self, source: String, quote: &str, digest: Option<Digest>) {
        if self.evidence.len() >= PIECES {
            self.more_evidence += 1;
            return;
        }
        let mut quote: String = quote.trim_end().chars().take(QUOTE_CHARS + 1).collect();
        if quote.chars().count() > QUOTE_CHARS {
            quote = quote.chars().take(QUOTE_CHARS).collect::<String>() + "…";
        }
        let evidence = Evidence {
            source,
            quote,
            digest,
        };
        if !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn push(list: &mut Vec<Label>, ko: impl Into<String>, en: impl Into<String>) {
    let label = Label::new(ko, en);
    if !list.contains(&label) {
        list.push(label);
    }
}
