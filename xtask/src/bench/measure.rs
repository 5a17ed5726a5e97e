//! Wall time, processor time and peak memory of a whole process.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::command::shown;

/// One run of a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// From before its start to after its end.
    pub(crate) wall: Duration,
    /// User and system time of the process and the children it waited for.
    pub(crate) processor: Duration,
    /// Peak resident memory in KiB of the largest process among them. The
    /// system counts what this harness held when it started the process, so
    /// a few MiB are the floor.
    pub(crate) memory: u64,
}

/// One of the programs that are compared.
pub(crate) struct Contestant {
    /// How the table names it.
    pub(crate) name: String,
    /// Makes the command of a round; called before the clock starts, so it
    /// may also tidy up after the last one.
    pub(crate) command: Box<dyn Fn() -> anyhow::Result<Command>>,
}

/// Runs the contestants in turns: one round that is thrown away, then
/// `rounds` that count. The samples come in the order of the contestants.
pub(crate) fn in_turns(
    contestants: &[Contestant],
    rounds: u32,
) -> anyhow::Result<Vec<Vec<Sample>>> {
    let mut samples = vec![Vec::new(); contestants.len()];
    for round in 0..=rounds {
        for (contestant, samples) in contestants.iter().zip(&mut samples) {
            let sample = measure((contestant.command)()?.stdout(Stdio::null()))?;
            eprintln!(
                "round {round}: {}: {:.3} s",
                contestant.name,
                sample.wall.as_secs_f64()
            );
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    Ok(samples)
}

/// Runs a command to its end and says what it took.
pub(crate) fn measure(command: &mut Command) -> anyhow::Result<Sample> {
    let start = Instant::now();
    let child = command
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let (status, usage) = wait(child.id()).with_context(|| shown(command))?;
    let wall = start.elapsed();
    if status != 0 {
        bail!("{} failed with wait status {status}", shown(command));
    }
    Ok(Sample {
        wall,
        processor: duration(usage.ru_utime) + duration(usage.ru_stime),
        memory: u64::try_from(usage.ru_maxrss).unwrap_or_default(),
    })
}

/// Waits for a child as `std` does, but keeps what the system says it used.
fn wait(child: u32) -> io::Result<(i32, libc::rusage)> {
    let child = libc::pid_t::try_from(child).map_err(io::Error::other)?;
    let mut status = 0;
    loop {
        // SAFETY: `rusage` is plain numbers, for which all zeros is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are to live local variables of the right
        // type, and the child is ours and has not been waited for.
        let waited = unsafe { libc::wait4(child, &raw mut status, 0, &raw mut usage) };
        if waited == child {
            return Ok((status, usage));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let micros = u64::try_from(time.tv_usec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_process_that_works_uses_processor_time_and_memory() {
        let mut busy = Command::new("sh");
        busy.args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"]);
        let sample = measure(&mut busy).unwrap();
        assert!(sample.processor > Duration::ZERO);
        assert!(sample.memory > 0);
    }

    #[test]
    fn a_process_that_fails_has_no_measure() {
        assert!(measure(&mut Command::new("false")).is_err());
        assert!(measure(&mut Command::new("/nonexistent")).is_err());
    }
}
