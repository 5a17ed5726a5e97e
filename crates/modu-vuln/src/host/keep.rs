//! What of a file's text may leave the host: everything but secrets.
//!
//! Each file that is read has its rule. Lines keep their numbers, so that
//! evidence still names file and line. Password hashes become the name of
//! their scheme, SNMP communities become their length and kinds of letters.

use serde::{Deserialize, Serialize};

/// What to keep of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// All of it: the format holds no secrets.
    All,
    /// `/etc/passwd`: no hash, no personal data of the fifth field.
    Passwd,
    /// `/etc/shadow`: the scheme of a hash and the ageing fields.
    Shadow,
    /// `/etc/group`: no group password.
    Group,
    /// A shell's start file: only lines that can concern a check.
    Shell,
    /// `snmpd.conf`: communities and passphrases by their strength only.
    Snmp,
    /// Settings among which passwords may stand: their values are taken out.
    Settings,
}

impl Keep {
    /// The text without its secrets; the number of lines stays.
    #[must_use]
    pub fn of(self, text: &str) -> String {
        let lines = text.lines().map(|line| match self {
            Self::All => line.to_owned(),
            Self::Passwd => passwd(line),
            Self::Shadow => shadow(line),
            Self::Group => second_field(line, ':', |field| match field {
                "" | "x" | "*" | "!" => field.to_owned(),
                _ => "<hidden>".to_owned(),
            }),
            Self::Shell => shell(line),
            Self::Snmp => snmp(line),
            Self::Settings => settings(line),
        });
        let mut kept = String::with_capacity(text.len());
        for line in lines {
            // Whatever the format: a line that holds a hash is not kept.
            match holds_hash(&line) {
                true => kept.push_str("<hidden>"),
                false => kept.push_str(&line),
            }
            kept.push('\n');
        }
        kept
    }
}

/// Whether a line holds what crypt(5) writes: `$6$salt$hash`.
fn holds_hash(line: &str) -> bool {
    const SCHEMES: [&str; 10] = ["1", "2a", "2b", "2y", "5", "6", "7", "y", "gy", "argon2id"];
    let mut parts = line.split('$').skip(1).peekable();
    while let Some(part) = parts.next() {
        let follows = parts.peek().is_some_and(|it| it.len() >= 2);
        if SCHEMES.contains(&part) && follows {
            return true;
        }
    }
    false
}

fn second_field(line: &str, separator: char, change: impl Fn(&str) -> String) -> String {
    let mut fields: Vec<String> = line.split(separator).map(str::to_owned).collect();
    if let Some(field) = fields.get_mut(1) {
        *field = change(field);
    }
    fields.join(&separator.to_string())
}

fn passwd(line: &str) -> String {
    let line = second_field(line, ':', |field| match field {
        "" | "x" | "*" | "!" | "!!" => field.to_owned(),
        _ => format!("<{}>", scheme(field)),
    });
    let mut fields: Vec<&str> = line.split(':').collect();
    if let Some(personal) = fields.get_mut(4) {
        *personal = "";
    }
    fields.join(":")
}

fn shadow(line: &str) -> String {
    second_field(line, ':', |field| {
        let open = field.trim_start_matches('!');
        let locked = if open.len() < field.len() { "!" } else { "" };
        match open {
            "" | "*" => field.to_owned(),
            hash => format!("{locked}<{}>", scheme(hash)),
        }
    })
}

/// The scheme of a password hash, after crypt(5).
fn scheme(hash: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 12] = [
        ("$1$", "md5crypt"),
        ("$2", "bcrypt"),
        ("$3$", "nt"),
        ("$5$", "sha256crypt"),
        ("$6$", "sha512crypt"),
        ("$7$", "scrypt"),
        ("$y$", "yescrypt"),
        ("$gy$", "gost-yescrypt"),
        ("$md5", "sunmd5"),
        ("$sha1", "sha1crypt"),
        ("$argon2", "argon2"),
        ("_", "bsdicrypt"),
    ];
    let known = PREFIXES.iter().find(|(start, _)| hash.starts_with(start));
    match (known, hash.len()) {
        (Some((_, name)), _) => name,
        (None, 13) => "descrypt",
        (None, _) => "unknown",
    }
}

/// Only what sets masks, paths, time limits, or decides whether that happens:
/// start files hold tokens and passwords of all kinds.
fn shell(line: &str) -> String {
    const CONCERN: [&str; 6] = [
        "umask",
        "tmout",
        "autologout",
        "path",
        "profile.d",
        "bashrc",
    ];
    const FLOW: [&str; 16] = [
        "if", "then", "else", "elif", "fi", "for", "done", "case", "esac", "while", "do", "return",
        "exit", "{", "}", "unset",
    ];
    let code = line.trim();
    let lower = code.to_lowercase();
    let word = lower.split([' ', '\t', ';']).next().unwrap_or_default();
    let concerns = CONCERN.iter().any(|it| lower.contains(it));
    match (code.starts_with('#'), concerns, FLOW.contains(&word)) {
        (true, _, _) => String::new(),
        (_, true, _) if has_secret_word(&lower) => "# <hidden>".to_owned(),
        (_, true, _) => line.to_owned(),
        _ if [".", "source"].contains(&word) => line.to_owned(),
        (_, false, true) => {
            // What is asked is nobody's business; that something is asked is.
            let ends = ["then", "fi", "do", "done", "esac"].map(|it| lower.ends_with(it));
            let end = match ends {
                [true, ..] if word != "then" => "; then",
                [_, true, ..] if word != "fi" => "; fi",
                [_, _, true, ..] if word != "do" => "; do",
                [_, _, _, true, _] if word != "done" => "; done",
                [_, _, _, _, true] if word != "esac" => "; esac",
                _ => "",
            };
            format!("{word}{end}")
        }
        (_, false, false) => match (code.ends_with('{'), code.contains("}")) {
            (true, _) => "{".to_owned(),
            (_, true) if code.len() == 1 => "}".to_owned(),
            _ => String::new(),
        },
    }
}

fn has_secret_word(lower: &str) -> bool {
    const WORDS: [&str; 8] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "api_key",
        "apikey",
        "credential",
    ];
    WORDS.iter().any(|word| lower.contains(word))
}

fn settings(line: &str) -> String {
    const WORDS: [&str; 7] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "apikey",
        "pwd=",
    ];
    // Small letters of ASCII keep every place in the line.
    let lower = line.to_ascii_lowercase();
    let ends = WORDS
        .iter()
        .filter_map(|word| lower.find(word).map(|at| at + word.len()));
    let Some(end) = ends.min().filter(|_| !line.trim().starts_with('#')) else {
        return line.to_owned();
    };
    match (line.get(..end), line.get(end..)) {
        (Some(_), Some(rest)) if rest.trim().is_empty() => line.to_owned(),
        (Some(head), Some(_)) => format!("{head} <hidden>"),
        _ => "<hidden>".to_owned(),
    }
}

/// The strength of a community in place of itself; the two that everybody
/// knows stay.
fn strength(secret: &str) -> String {
    let bare = secret.trim_matches(['"', '\'']);
    if ["public", "private"].contains(&bare.to_lowercase().as_str()) {
        return bare.to_owned();
    }
    let has = |test: fn(char) -> bool, name: &'static str| bare.chars().any(test).then_some(name);
    let kinds = [
        has(|c| c.is_ascii_alphabetic(), "letters"),
        has(|c| c.is_ascii_digit(), "digits"),
        has(|c| !c.is_ascii_alphanumeric(), "signs"),
    ];
    let kinds: Vec<_> = kinds.into_iter().flatten().collect();
    format!("<length={}+{}>", bare.chars().count(), kinds.join("+"))
}

fn snmp(line: &str) -> String {
    let mut words: Vec<String> = words_of(line);
    let directive = words.first().map(|it| it.to_lowercase());
    match directive.as_deref() {
        Some("rocommunity" | "rwcommunity" | "rocommunity6" | "rwcommunity6" | "trapcommunity") => {
            if let Some(secret) = words.get_mut(1) {
                *secret = strength(secret);
            }
            words.join(" ")
        }
        Some("com2sec" | "com2sec6" | "com2secunix") => {
            let options = words.iter().position(|it| it == "-Cn").map_or(0, |_| 2);
            if let Some(secret) = words.get_mut(3 + options) {
                *secret = strength(secret);
            }
            words.join(" ")
        }
        Some("createuser" | "usmuser") => {
            let is_name = |word: &str| {
                let upper = word.to_uppercase();
                ["SHA", "MD5", "AES", "DES"]
                    .iter()
                    .any(|it| upper.starts_with(it))
            };
            for word in words.iter_mut().skip(2) {
                if !is_name(word) || word.len() > 8 {
                    *word = strength(word);
                }
            }
            words.join(" ")
        }
        Some(it)
            if it.contains("community")
                || it.contains("sink")
                || it.contains("trapsess")
                || it.contains("proxy") =>
        {
            format!("{it} <hidden>")
        }
        _ => settings(line),
    }
}

/// Words as `snmpd.conf` has them: quotes hold spaces together.
fn words_of(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let (word, tail) = match first {
            '"' => match rest.get(1..).and_then(|it| it.split_once('"')) {
                Some((word, tail)) => (word, tail),
                None => (rest, ""),
            },
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = tail.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_becomes_the_name_of_its_scheme_and_the_ageing_fields_stay() {
        let text = "root:$y$j9T$c2FsdA$aGFzaA:19000:0:99999:7:::\nlp:*:1::::::\nmin:!$6$x$y:5:1:90:7:::\nopen::5:::::: \n";
        let kept = Keep::Shadow.of(text);
        assert_eq!(
            kept,
            "root:<yescrypt>:19000:0:99999:7:::\nlp:*:1::::::\nmin:!<sha512crypt>:5:1:90:7:::\nopen::5:::::: \n"
        );
    }

    #[test]
    fn a_hash_in_the_old_place_is_taken_out_too() {
        let kept = Keep::Passwd.of("old:ab1cdefghijkl:1000:1000:Hong 010-1234:/home/old:/bin/sh");
        assert_eq!(kept, "old:<descrypt>:1000:1000::/home/old:/bin/sh\n");
    }

    #[test]
    fn a_community_becomes_its_strength() {
        let kept = Keep::Snmp.of("rocommunity Kv7secret# 10.0.0.0/8\ncom2sec me default public\ncreateUser u SHA \"long pass phrase\" AES other\n");
        assert_eq!(
            kept,
            "rocommunity <length=10+letters+digits+signs> 10.0.0.0/8\ncom2sec me default public\ncreateUser u SHA <length=16+letters+signs> AES <length=5+letters>\n"
        );
    }

    #[test]
    fn of_a_shells_start_file_only_what_concerns_a_check_stays_in_its_line() {
        let text =
            "export AWS_TOKEN=abc\nif [ \"$X\" = s3cret ]; then\n  umask 022\nfi\nTMOUT=600\n";
        assert_eq!(
            Keep::Shell.of(text),
            "\nif; then\n  umask 022\nfi\nTMOUT=600\n"
        );
    }

    #[test]
    fn a_hash_is_not_kept_wherever_it_stands() {
        let kept = Keep::All.of("user = $6$salt$abcdefgh\nPATH=$HOME$y\n");
        assert_eq!(kept, "<hidden>\nPATH=$HOME$y\n");
    }

    #[test]
    fn values_that_are_called_passwords_are_taken_out() {
        let kept = Keep::Settings.of("key \"x\" { secret \"abc=\"; };\nname a\n#password\n");
        assert_eq!(kept, "key \"x\" { secret <hidden>\nname a\n#password\n");
    }
}
