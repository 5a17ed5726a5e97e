//! PAM: the stack of a service as it is resolved, and what it does.
//!
//! `@include`, `include` and `substack` are followed; then the stack is
//! walked as libpam walks it (pam.conf(5)), with the answers that modules
//! would give, to see whether access is granted and which modules are asked
//! at all. A module that no path reaches protects nobody, whatever grep says.

use super::super::snapshot::{Seen, Snapshot};
use super::lines::{self, Line};

/// How deep files may include each other.
const DEPTH: usize = 16;

/// One module of a resolved stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module<'a> {
    pub(crate) path: String,
    pub(crate) line: Line<'a>,
    pub(crate) control: Control,
    /// Its name without folder and `.so`.
    pub(crate) name: &'a str,
    pub(crate) arguments: Vec<&'a str>,
    /// How many substacks it stands in.
    pub(crate) depth: usize,
}

/// What the stack does with a module's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Control {
    success: Action,
    failure: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Ignore,
    Ok,
    Done,
    Bad,
    Die,
    Reset,
    Jump(usize),
}

/// A resolved stack, and whether everything that it includes could be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stack<'a> {
    pub(crate) modules: Vec<Module<'a>>,
    pub(crate) unread: Vec<String>,
}

/// What a module would answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Success,
    Failure,
    /// `PAM_IGNORE`: as if it were not there.
    Ignore,
}

/// What became of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Walk {
    pub(crate) granted: bool,
    /// Places in the stack that were asked.
    pub(crate) asked: Vec<usize>,
}

/// The stack of a service for `auth`, `account`, `password` or `session`. A
/// service without a file gets `other`.
pub(crate) fn stack<'a>(host: &'a Snapshot, service: &str, facility: &str) -> Stack<'a> {
    let mut stack = Stack::default();
    add(host, service, facility, 0, 0, &mut stack);
    stack
}

/// Where a service's file is: vendors may keep theirs below /usr/lib.
fn file_of(host: &Snapshot, service: &str) -> Option<String> {
    let name = service.rsplit('/').next().unwrap_or(service);
    ["/etc/pam.d", "/usr/lib/pam.d"]
        .map(|folder| format!("{folder}/{name}"))
        .into_iter()
        .find(|path| !matches!(host.files.get(path), Some(Seen::Absent) | None))
}

fn add<'a>(
    host: &'a Snapshot,
    service: &str,
    facility: &str,
    depth: usize,
    substacks: usize,
    stack: &mut Stack<'a>,
) {
    let path = file_of(host, service);
    let text = path.as_deref().and_then(|path| host.text(path));
    let (Some(path), Some(text), true) = (path, text, depth < DEPTH) else {
        stack.unread.push(service.to_owned());
        return;
    };
    for line in lines::of(text) {
        let words = line.words();
        if let Some(included) = words.first().filter(|it| **it == "@include") {
            let _ = included;
            let name = words.get(1).copied().unwrap_or_default();
            add(host, name, facility, depth + 1, substacks, stack);
            continue;
        }
        let Some((kind, rest)) = line.text.split_once(char::is_whitespace) else {
            continue;
        };
        if kind.trim_start_matches('-') != facility {
            continue;
        }
        let (control, rest) = control_and_rest(rest.trim_start());
        let mut words = rest.split_whitespace();
        let module = words.next().unwrap_or_default();
        match control {
            "include" => add(host, module, facility, depth + 1, substacks, stack),
            "substack" => add(host, module, facility, depth + 1, substacks + 1, stack),
            _ => stack.modules.push(Module {
                path: path.clone(),
                line,
                control: Control::read(control),
                name: module
                    .rsplit('/')
                    .next()
                    .unwrap_or(module)
                    .trim_end_matches(".so"),
                arguments: words.collect(),
                depth: substacks,
            }),
        }
    }
}

fn control_and_rest(text: &str) -> (&str, &str) {
    let split = match text.starts_with('[') {
        true => text.find(']').map(|at| at + 1),
        false => text.find(char::is_whitespace),
    };
    text.split_at(split.unwrap_or(text.len()))
}

impl Control {
    fn read(text: &str) -> Self {
        let (success, failure) = match text {
            "required" => (Action::Ok, Action::Bad),
            "requisite" => (Action::Ok, Action::Die),
            "sufficient" => (Action::Done, Action::Ignore),
            "optional" => (Action::Ok, Action::Ignore),
            _ => return Self::read_values(text),
        };
        Self { success, failure }
    }

    /// `[success=1 default=ignore]`.
    fn read_values(text: &str) -> Self {
        let inner = text.trim_start_matches('[').trim_end_matches(']');
        let value = |wanted: &[&str]| {
            let pairs = || inner.split_whitespace().filter_map(|it| it.split_once('='));
            let found = wanted
                .iter()
                .find_map(|name| pairs().find(|(key, _)| key == name));
            found.map(|(_, value)| Action::read(value))
        };
        Self {
            success: value(&["success", "default"]).unwrap_or(Action::Ignore),
            failure: value(&["auth_err", "default"]).unwrap_or(Action::Bad),
        }
    }
}

impl Action {
    fn read(text: &str) -> Self {
        match text {
            "ok" => Self::Ok,
            "done" => Self::Done,
            "bad" => Self::Bad,
            "die" => Self::Die,
            "reset" => Self::Reset,
            "ignore" => Self::Ignore,
            number => number.parse().map_or(Self::Bad, Self::Jump),
        }
    }
}

impl Module<'_> {
    /// The value of `key=value` among the arguments.
    pub(crate) fn argument(&self, key: &str) -> Option<&str> {
        let pairs = self.arguments.iter().filter_map(|it| it.split_once('='));
        pairs
            .into_iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// Whether a word stands among the arguments.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.arguments.contains(&word)
    }

    /// Whether its failure makes the whole fail.
    pub(crate) fn binds(&self) -> bool {
        matches!(self.control.failure, Action::Bad | Action::Die)
    }
}

impl Stack<'_> {
    /// Walks the stack as libpam does. Nothing but "ok" answers grant access:
    /// a stack that says nothing refuses.
    pub(crate) fn walk(&self, reply: impl Fn(&Module<'_>) -> Reply) -> Walk {
        let mut asked = Vec::new();
        let (mut failed, mut granted) = (false, false);
        let mut at = 0;
        while let Some(module) = self.modules.get(at) {
            asked.push(at);
            let action = match reply(module) {
                Reply::Success => module.control.success,
                Reply::Failure => module.control.failure,
                Reply::Ignore => Action::Ignore,
            };
            at += 1;
            let next = at;
            let after_substack = || {
                let rest = self.modules.iter().enumerate().skip(next);
                let mut outside = rest.filter(|(_, it)| it.depth < module.depth);
                outside.next().map_or(self.modules.len(), |(at, _)| at)
            };
            match action {
                Action::Ignore => {}
                Action::Ok => granted |= !failed,
                Action::Bad => failed = true,
                Action::Reset => (failed, granted) = (false, false),
                Action::Jump(count) => at += count,
                Action::Done => {
                    granted |= !failed;
                    if !failed {
                        at = after_substack();
                    }
                }
                Action::Die => {
                    failed = true;
                    at = after_substack();
                }
            }
        }
        Walk {
            granted: granted && !failed,
            asked,
        }
    }

    /// The first module of a name.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Module<'_>)> {
        let mut modules = self.modules.iter().enumerate();
        modules.find(|(_, module)| module.name == name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::super::snapshot::{Entry, Kind};
    use super::*;

    fn host(files: &[(&str, &str)]) -> Snapshot {
        let mut host = Snapshot::default();
        for (name, text) in files {
            let entry = Entry {
                kind: Kind::File,
                mode: 0o644,
                uid: 0,
                gid: 0,
                leads_to: None,
                text: Some((*text).to_owned()),
                withheld: None,
            };
            host.files
                .insert(format!("/etc/pam.d/{name}"), Seen::There(entry));
        }
        host
    }

    fn asked<'a>(stack: &'a Stack<'_>, walk: &Walk) -> Vec<&'a str> {
        walk.asked
            .iter()
            .map(|at| stack.modules[*at].name)
            .collect()
    }

    #[test]
    fn includes_are_followed_and_jumps_are_made() {
        let host = host(&[
            (
                "sshd",
                "@include common-auth\nauth required pam_nologin.so\n",
            ),
            (
                "common-auth",
                "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
            ),
        ]);
        let stack = stack(&host, "sshd", "auth");
        let walk = stack.walk(|_| Reply::Success);
        assert!(walk.granted);
        assert_eq!(
            asked(&stack, &walk),
            ["pam_unix", "pam_permit", "pam_nologin"]
        );
        let wrong = stack.walk(|it| match it.name {
            "pam_unix" | "pam_deny" => Reply::Failure,
            _ => Reply::Success,
        });
        assert!(!wrong.granted);
        assert_eq!(asked(&stack, &wrong), ["pam_unix", "pam_deny"]);
    }

    #[test]
    fn a_sufficient_module_before_another_keeps_it_from_being_asked() {
        let host = host(&[(
            "su",
            "auth sufficient pam_unix.so\nauth required pam_wheel.so use_uid\n",
        )]);
        let stack = stack(&host, "su", "auth");
        let walk = stack.walk(|it| match it.name {
            "pam_wheel" => Reply::Failure,
            _ => Reply::Success,
        });
        assert!(walk.granted);
        assert_eq!(asked(&stack, &walk), ["pam_unix"]);
    }

    #[test]
    fn dying_in_a_substack_ends_only_the_substack() {
        let host = host(&[
            (
                "login",
                "auth substack inner\nauth optional pam_faillock.so authfail\n",
            ),
            (
                "inner",
                "auth requisite pam_unix.so\nauth required pam_env.so\n",
            ),
        ]);
        let stack = stack(&host, "login", "auth");
        let walk = stack.walk(|it| match it.name {
            "pam_unix" => Reply::Failure,
            _ => Reply::Success,
        });
        assert!(!walk.granted);
        assert_eq!(asked(&stack, &walk), ["pam_unix", "pam_faillock"]);
    }

    #[test]
    fn a_stack_that_includes_itself_ends_and_says_so() {
        let host = host(&[("a", "@include a\n")]);
        assert_eq!(stack(&host, "a", "auth").unread, ["a"]);
    }
}
