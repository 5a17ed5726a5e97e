//! A process namespace for the child: in its world there is no other process
//! that it could name, and when its one process ends nothing is left.
//!
//! A process cannot move itself into a new process namespace, only what it
//! forks next. So the child forks before it is shut in further. The fork goes
//! on as process 1 of its own world. What stays behind holds no pipe and sees
//! no byte of the model: it waits, ends the fork when the parent asks for it,
//! and ends as the fork ended, so that the parent learns how.

use std::io;

use crate::confine::{die_with_parent, zero};

/// Goes on in a process namespace. Only the forked process returns from a
/// success; where this fails, no process was forked. To be called by a process
/// of a single thread.
pub(crate) fn enter() -> Result<(), String> {
    // SAFETY: takes a number and no pointer, and changes this process alone.
    zero("unshare", unsafe { libc::unshare(libc::CLONE_NEWPID) })?;
    let awaited = awaited_signals();
    let mut before = awaited;
    // Kept from being delivered, so that none is lost before the wait.
    // SAFETY: both pointers are to structures of this function.
    zero("signal mask", unsafe {
        libc::sigprocmask(libc::SIG_BLOCK, &raw const awaited, &raw mut before)
    })?;
    // SAFETY: this process has a single thread, so the fork holds no lock of
    // another; making the user namespace before has shown it.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: the pointer is to a structure of this function.
            let restored = unsafe {
                libc::sigprocmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut())
            };
            zero("signal mask", restored)?;
            die_with_parent()
        }
        forked if forked > 0 => watch(forked, &awaited),
        _ => Err(format!("fork: {}", io::Error::last_os_error())),
    }
}

/// A request to end, and the end of the forked process.
fn awaited_signals() -> libc::sigset_t {
    // SAFETY: a set of signals is plain bytes, made empty before it is used;
    // the pointers are to a variable of this function.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        set
    }
}

/// Waits for the forked process, ends it when asked to, and ends alike.
fn watch(forked: libc::pid_t, awaited: &libc::sigset_t) -> ! {
    // SAFETY: closing the pipes touches no memory; this process uses them no
    // more, and the parent must see them close when the fork ends.
    unsafe {
        libc::close(0);
        libc::close(1);
    }
    loop {
        let mut status = 0;
        // SAFETY: the pointer is to a variable of this function.
        let ended = unsafe { libc::waitpid(forked, &raw mut status, libc::WNOHANG) };
        if ended == forked {
            end_as(status);
        }
        // SAFETY: the pointer is to a structure that outlives the call, and
        // nothing more is asked about the signal.
        let signal = unsafe { libc::sigwaitinfo(awaited, std::ptr::null_mut()) };
        if signal == libc::SIGTERM {
            // SAFETY: the fork was not waited for yet, so the number is its.
            unsafe { libc::kill(forked, libc::SIGKILL) };
        }
    }
}

/// Ends this process as another has ended.
fn end_as(status: libc::c_int) -> ! {
    if libc::WIFEXITED(status) {
        // SAFETY: ends this process without any cleaning up; nothing is open.
        unsafe { libc::_exit(libc::WEXITSTATUS(status)) };
    }
    let signal = libc::WTERMSIG(status);
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a structure of this function, which the call
    // only reads; the other calls take numbers. No dump is left of a process
    // that has nothing to tell, and the signal meets its default action.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::signal(signal, libc::SIG_DFL);
        libc::kill(libc::getpid(), signal);
        libc::_exit(128 + signal)
    }
}
