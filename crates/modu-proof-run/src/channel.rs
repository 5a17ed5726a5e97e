//! The parent's ends of the pipes, with a clock.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd, RawFd};
use std::process::{ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use crate::message::LENGTH_BYTES;

/// Why a frame did not go through.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The time is over.
    Late,
    /// The child closed its end, which it does by ending.
    Closed,
    /// The child sends more than was asked for.
    TooLong,
    /// The system failed.
    Machine(io::Error),
}

/// Both pipes, never waiting longer than a deadline.
#[derive(Debug)]
pub(crate) struct Channel {
    input: ChildStdin,
    output: ChildStdout,
}

/// Bytes of a pipe's buffer: fewer switches between the processes.
const PIPE_BYTES: libc::c_int = 1 << 20;

impl Channel {
    pub(crate) fn new(input: ChildStdin, output: ChildStdout) -> io::Result<Self> {
        for descriptor in [input.as_raw_fd(), output.as_raw_fd()] {
            // SAFETY: the descriptor is open, and these requests take numbers
            // and no pointer.
            unsafe {
                // A larger buffer is a wish; the system may refuse it.
                libc::fcntl(descriptor, libc::F_SETPIPE_SZ, PIPE_BYTES);
                let flags = libc::fcntl(descriptor, libc::F_GETFL);
                if flags < 0 || libc::fcntl(descriptor, libc::F_SETFL, flags | libc::O_NONBLOCK) < 0
                {
                    return Err(io::Error::last_os_error());
                }
            }
        }
        Ok(Self { input, output })
    }

    /// Sends a frame.
    pub(crate) fn send(&mut self, frame: &[u8], deadline: Instant) -> Result<(), Broken> {
        let mut sent = 0;
        while sent < frame.len() {
            match self.input.write(&frame[sent..]) {
                Ok(0) => return Err(Broken::Closed),
                Ok(count) => sent += count,
                Err(error) => again(&error, self.input.as_raw_fd(), libc::POLLOUT, deadline)?,
            }
        }
        Ok(())
    }

    /// Receives a frame of at most so many bytes, without its length.
    pub(crate) fn receive(&mut self, longest: u64, deadline: Instant) -> Result<Vec<u8>, Broken> {
        let mut length = [0; LENGTH_BYTES];
        self.fill(&mut length, deadline)?;
        let length = u32::from_le_bytes(length);
        if u64::from(length) > longest {
            return Err(Broken::TooLong);
        }
        let mut frame = vec![0; length as usize];
        self.fill(&mut frame, deadline)?;
        Ok(frame)
    }

    fn fill(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<(), Broken> {
        let mut received = 0;
        while received < buffer.len() {
            match self.output.read(&mut buffer[received..]) {
                Ok(0) => return Err(Broken::Closed),
                Ok(count) => received += count,
                Err(error) => again(&error, self.output.as_raw_fd(), libc::POLLIN, deadline)?,
            }
        }
        Ok(())
    }
}

/// After a failed attempt: waits until the pipe is ready, where that is all
/// that was missing.
fn again(
    error: &io::Error,
    descriptor: RawFd,
    event: libc::c_short,
    deadline: Instant,
) -> Result<(), Broken> {
    match error.kind() {
        io::ErrorKind::Interrupted => Ok(()),
        io::ErrorKind::WouldBlock => wait(descriptor, event, deadline),
        io::ErrorKind::BrokenPipe => Err(Broken::Closed),
        _ => Err(Broken::Machine(io::Error::new(
            error.kind(),
            error.to_string(),
        ))),
    }
}

fn wait(descriptor: RawFd, event: libc::c_short, deadline: Instant) -> Result<(), Broken> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return Err(Broken::Late);
        }
        let milliseconds = libc::c_int::try_from(left.as_millis())
            .unwrap_or(libc::c_int::MAX)
            .max(1);
        let mut poll = libc::pollfd {
            fd: descriptor,
            events: event,
            revents: 0,
        };
        // SAFETY: the pointer is to one structure of this function.
        match unsafe { libc::poll(&raw mut poll, 1, milliseconds) } {
            0 => {}
            ready if ready > 0 => return Ok(()),
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(Broken::Machine(error));
                }
            }
        }
    }
}
