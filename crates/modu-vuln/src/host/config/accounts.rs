//! Users and groups: `/etc/passwd`, `/etc/group`, `/etc/shadow`.

use super::super::snapshot::Snapshot;
use super::lines::Line;

/// Where users are.
pub const PASSWD: &str = "/etc/passwd";
/// Where groups are.
pub const GROUP: &str = "/etc/group";
pub(crate) const SHADOW: &str = "/etc/shadow";

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    pub(crate) home: &'a str,
    pub(crate) shell: &'a str,
}

/// A line of `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) name: &'a str,
    pub(crate) gid: Option<u32>,
    pub(crate) members: Vec<&'a str>,
}

/// A line of `/etc/shadow`, as it is kept: no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shadow<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    /// Days between changes, at least and at most; none where left empty.
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
}

/// A raw numbered line: these files know no comments.
fn raw(text: &str) -> impl Iterator<Item = Line<'_>> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(index, text)| Line {
            number: index + 1,
            text,
        })
}

/// Every user of the local file.
pub(crate) fn users(host: &Snapshot) -> Vec<User<'_>> {
    let text = host.text(PASSWD).unwrap_or_default();
    raw(text)
        .filter_map(|line| {
            let mut fields = line.text.split(':');
            let mut next = || fields.next().unwrap_or_default();
            let (name, password) = (next(), next());
            let (uid, gid) = (next().parse().ok(), next().parse().ok());
            let (_, home, shell) = (next(), next(), next());
            let foreign = name.starts_with(['+', '-', '#']);
            (!foreign).then_some(User {
                line,
                name,
                password,
                uid,
                gid,
                home,
                shell: shell.trim(),
            })
        })
        .collect()
}

/// Every group of the local file.
pub(crate) fn groups(host: &Snapshot) -> Vec<Group<'_>> {
    let text = host.text(GROUP).unwrap_or_default();
    raw(text)
        .filter(|line| !line.text.starts_with(['+', '-', '#']))
        .map(|line| {
            let mut fields = line.text.split(':');
            let name = fields.next().unwrap_or_default();
            let gid = fields.nth(1).and_then(|it| it.parse().ok());
            let members = fields.next().unwrap_or_default().split(',');
            let members = members.map(str::trim).filter(|it| !it.is_empty());
            Group {
                line,
                name,
                gid,
                members: members.collect(),
            }
        })
        .collect()
}

/// Every line of the shadow file.
pub(crate) fn shadows(host: &Snapshot) -> Vec<Shadow<'_>> {
    let text = host.text(SHADOW).unwrap_or_default();
    raw(text)
        .map(|line| {
            let fields: Vec<&str> = line.text.split(':').collect();
            let field = |at: usize| fields.get(at).copied().unwrap_or_default();
            let days = |at: usize| field(at).trim().parse().ok();
            Shadow {
                line,
                name: field(0),
                password: field(1),
                minimum: days(3),
                maximum: days(4),
            }
        })
        .collect()
}

impl Shadow<'_> {
    /// Whether somebody could log in with a password.
    pub(crate) fn has_password(&self) -> bool {
        self.password.starts_with('<') || self.password.is_empty()
    }
}

/// Shells that let nobody in.
pub(crate) fn is_no_shell(shell: &str) -> bool {
    let name = shell.rsplit('/').next().unwrap_or_default();
    [
        "nologin",
        "false",
        "sync",
        "shutdown",
        "halt",
        "true",
        "git-shell",
        "pppd",
    ]
    .contains(&name)
}

impl User<'_> {
    /// Whether the user can have a session. An empty shell is `/bin/sh`.
    pub(crate) fn has_shell(&self) -> bool {
        !is_no_shell(self.shell)
    }
}

/// Users with a shell.
pub(crate) fn with_shell(host: &Snapshot) -> Vec<User<'_>> {
    users(host).into_iter().filter(User::has_shell).collect()
}

/// A user's name, else the number.
pub(crate) fn name_of_user(host: &Snapshot, uid: u32) -> String {
    let named = users(host).into_iter().find(|it| it.uid == Some(uid));
    named.map_or_else(|| uid.to_string(), |it| it.name.to_owned())
}

/// A group's name, else the number.
pub(crate) fn name_of_group(host: &Snapshot, gid: u32) -> String {
    let named = groups(host).into_iter().find(|it| it.gid == Some(gid));
    named.map_or_else(|| gid.to_string(), |it| it.name.to_owned())
}

/// Sources of users beside the local files (`passwd:` of nsswitch.conf).
pub(crate) fn other_sources(host: &Snapshot) -> Vec<(Line<'_>, &str)> {
    let text = host.text("/etc/nsswitch.conf").unwrap_or_default();
    let lines = super::lines::of(text).filter(|line| line.text.starts_with("passwd:"));
    lines
        .flat_map(|line| {
            let sources = line.text.split_whitespace().skip(1);
            sources
                .filter(|it| !["files", "systemd", "altfiles"].contains(it))
                .filter(|it| !it.starts_with('['))
                .map(move |source| (line, source))
        })
        .collect()
}
