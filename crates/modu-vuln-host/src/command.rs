//! Running a command that only tells, within a time and an amount.

use std::io::{self, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use modu_vuln::host::snapshot::{Ran, limits};

/// Where programs are looked for: not in what a user's environment says.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// Bytes kept of standard error.
const ERROR_BYTES: u64 = 16 << 10;

/// Runs it, unless it is not there.
pub(crate) fn run(words: &[String], time: Duration) -> Ran {
    let Some((name, arguments)) = words.split_first() else {
        return Ran::Missing;
    };
    let Some(program) = find(name) else {
        return Ran::Missing;
    };
    let spawned = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", FOLDERS.join(":"))
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    match spawned {
        Ok(child) => watch(child, time).unwrap_or_else(|error| Ran::Failed {
            why: error.to_string(),
        }),
        Err(error) => Ran::Failed {
            why: error.to_string(),
        },
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let folders = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    folders.into_iter().find(|path| path.is_file())
}

fn watch(mut child: Child, time: Duration) -> io::Result<Ran> {
    let output = child
        .stdout
        .take()
        .map(|it| drain(it, limits::OUTPUT_BYTES));
    let errors = child.stderr.take().map(|it| drain(it, ERROR_BYTES));
    let end = Instant::now() + time;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= end {
            kill(&mut child);
            let why = format!("it did not end within {} s", time.as_secs());
            return Ok(Ran::Failed { why });
        }
        thread::sleep(Duration::from_millis(5));
    };
    // A child that lives on could hold the pipes open; it is of our group.
    kill_group(&child);
    let join = |it: Option<thread::JoinHandle<(Vec<u8>, bool)>>| {
        it.and_then(|it| it.join().ok()).unwrap_or_default()
    };
    let (output, whole) = join(output);
    let (errors, _) = join(errors);
    Ok(Ran::Done {
        exit: status.code().unwrap_or(-1),
        output: String::from_utf8_lossy(&output).into_owned(),
        errors: String::from_utf8_lossy(&errors).into_owned(),
        complete: whole && status.signal().is_none(),
    })
}

/// Reads to the end, keeps up to a limit, and says whether that was all.
fn drain(mut from: impl Read + Send + 'static, limit: u64) -> thread::JoinHandle<(Vec<u8>, bool)> {
    thread::spawn(move || {
        let mut kept = Vec::new();
        let whole = (&mut from).take(limit).read_to_end(&mut kept).is_ok();
        let more = io::copy(&mut from, &mut io::sink()).unwrap_or(1);
        (kept, whole && more == 0)
    })
}

fn kill(child: &mut Child) {
    kill_group(child);
    let _ = child.kill();
    let _ = child.wait();
}

fn kill_group(child: &Child) {
    let id = i32::try_from(child.id()).ok();
    if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let ran = run(&words("sleep 600"), Duration::from_millis(50));
        assert!(matches!(ran, Ran::Failed { .. }), "{ran:?}");
    }

    #[test]
    fn a_program_that_is_not_there_is_missing() {
        let ran = run(&words("no-such-program-here -x"), Duration::from_secs(5));
        assert_eq!(ran, Ran::Missing);
    }

    #[test]
    fn output_beyond_the_limit_is_said_to_be_incomplete() {
        let ran = run(&words("head -c 6000000 /dev/zero"), Duration::from_secs(60));
        let Ran::Done {
            complete, output, ..
        } = ran
        else {
            panic!("{ran:?}");
        };
        assert!(!complete);
        assert_eq!(output.len() as u64, limits::OUTPUT_BYTES);
    }
}
