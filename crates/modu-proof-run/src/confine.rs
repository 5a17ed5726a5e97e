//! Shuts the present process in, for good.
//!
//! Called once, while the process has a single thread. Each layer reports
//! whether it stands; a layer that this machine does not offer does not keep
//! the others from being applied.

use std::collections::BTreeMap;
use std::io;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use crate::confinement::{Confinement, Layer};
use crate::message::Begin;
use crate::process_namespace;

/// File descriptors that stay: input, output and the null device.
const KEPT: [libc::c_int; 3] = [0, 1, 2];

/// Applies every layer, the one that forbids the means of the others last.
pub(crate) fn confine(begin: Begin) -> Confinement {
    // Without this, root's program files could give privileges back.
    let privileges = no_new_privileges();
    let namespaces = unshare_namespaces();
    // Only a process of one thread gets this far: a user namespace needs one.
    let process_namespace = match namespaces {
        Ok(()) => process_namespace::enter(),
        Err(_) => Err("it needs the other namespaces".into()),
    };
    // From here on this is the forked process, where there is one.
    let landlock = layer(restrict_paths_and_ports());
    let limits = layer(privileges.and_then(|()| limit_resources(begin)));
    let seccomp = layer(filter_system_calls());
    Confinement {
        namespaces: layer(namespaces),
        process_namespace: layer(process_namespace),
        landlock,
        seccomp,
        resource_limits: limits,
    }
}

/// Applies a single layer, so that tests can show that each holds by itself.
///
/// # Errors
/// Why the machine does not offer it.
#[doc(hidden)]
pub fn confine_by(layer: &str) -> Result<(), String> {
    match layer {
        "descriptors" => leave_everything_behind(),
        "namespaces" => unshare_namespaces(),
        "process namespace" => unshare_namespaces().and_then(|()| process_namespace::enter()),
        "landlock" => no_new_privileges().and_then(|()| restrict_paths_and_ports()),
        "resource limits" => limit_resources(Begin {
            memory_bytes: 1 << 30,
            processor_seconds: 60,
        }),
        "seccomp" => filter_system_calls(),
        other => Err(format!("there is no layer `{other}`")),
    }
}

fn layer(result: Result<(), String>) -> Layer {
    match result {
        Ok(()) => Layer::Applied,
        Err(reason) => Layer::Unavailable(reason),
    }
}

/// The result of a system call that answers 0.
pub(crate) fn zero(what: &str, result: libc::c_int) -> Result<(), String> {
    if result == 0 {
        Ok(())
    } else {
        Err(format!("{what}: {}", io::Error::last_os_error()))
    }
}

/// Closes whatever the parent left open by mistake, and ends this process when
/// the parent's thread that started it ends.
pub(crate) fn leave_everything_behind() -> Result<(), String> {
    // SAFETY: closing descriptors touches no memory; nothing in this process
    // has opened one yet that it will use again.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, KEPT.len(), libc::c_uint::MAX, 0) };
    if closed != 0 {
        close_one_by_one()?;
    }
    die_with_parent()
}

/// Ends this process when the thread that started it ends, and lets nobody of
/// the same user look into it.
pub(crate) fn die_with_parent() -> Result<(), String> {
    // SAFETY: this request takes a number and no pointer.
    zero("death signal", unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL)
    })?;
    // SAFETY: as above. No core dump, and no tracing by the same user.
    zero("not dumpable", unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0)
    })
}

/// For kernels before 5.9.
fn close_one_by_one() -> Result<(), String> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a structure of this function.
    zero("descriptor limit", unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit)
    })?;
    let last = libc::c_int::try_from(limit.rlim_cur.min(1 << 20)).unwrap_or(1 << 20);
    for descriptor in 3..last {
        // SAFETY: as in the caller; closing what is not open only fails.
        unsafe { libc::close(descriptor) };
    }
    Ok(())
}

fn no_new_privileges() -> Result<(), String> {
    // SAFETY: this request takes numbers and no pointer.
    zero("no new privileges", unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    })
}

/// A user namespace first, which lets an ordinary user have the others; its
/// ids stay unmapped, so the process is nobody.
fn unshare_namespaces() -> Result<(), String> {
    let flags = libc::CLONE_NEWUSER
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWCGROUP;
    // SAFETY: takes a number and no pointer, and changes this process alone.
    zero("unshare", unsafe { libc::unshare(flags) })
}

/// Landlock with every right handled and no rule: nothing is allowed.
fn restrict_paths_and_ports() -> Result<(), String> {
    let restrict = || -> Result<RulesetStatus, landlock::RulesetError> {
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?
            .restrict_self()?;
        Ok(status.ruleset)
    };
    match restrict() {
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => Ok(()),
        Ok(RulesetStatus::NotEnforced) => Err("this kernel has no Landlock".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn limit_resources(begin: Begin) -> Result<(), String> {
    let seconds = begin.processor_seconds.max(1);
    let limits = [
        (libc::RLIMIT_AS, begin.memory_bytes, "address space"),
        (libc::RLIMIT_DATA, begin.memory_bytes, "data"),
        (libc::RLIMIT_CPU, seconds, "processor time"),
        (libc::RLIMIT_FSIZE, 0, "file size"),
        (libc::RLIMIT_CORE, 0, "core dump"),
        (libc::RLIMIT_NPROC, 0, "processes"),
        (libc::RLIMIT_MEMLOCK, 0, "locked memory"),
        (libc::RLIMIT_MSGQUEUE, 0, "message queues"),
        (libc::RLIMIT_NOFILE, 0, "descriptors"),
    ];
    for (resource, most, what) in limits {
        let limit = libc::rlimit {
            rlim_cur: most,
            rlim_max: most,
        };
        // SAFETY: the pointer is to a structure of this function, which the
        // call only reads.
        zero(what, unsafe { libc::setrlimit(resource, &raw const limit) })?;
    }
    Ok(())
}

fn filter_system_calls() -> Result<(), String> {
    let program = system_call_filter().map_err(|error| error.to_string())?;
    seccompiler::apply_filter(&program).map_err(|error| error.to_string())
}

/// A rule with one condition, on one argument of a call.
fn argument(
    index: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![condition(index, operator, value)?])
}

fn condition(
    index: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Qword, operator, value)
}

/// What is left to the child: its two pipes, memory that is never executable,
/// waiting for its own locks, ending. Anything else ends the process.
fn system_call_filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let never_executable = || argument(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0);
    let mut rules: BTreeMap<libc::c_long, Vec<SeccompRule>> = BTreeMap::new();
    rules.insert(libc::SYS_read, vec![argument(0, SeccompCmpOp::Eq, 0)?]);
    rules.insert(
        libc::SYS_write,
        vec![
            argument(0, SeccompCmpOp::Eq, 1)?,
            argument(0, SeccompCmpOp::Eq, 2)?,
        ],
    );
    rules.insert(libc::SYS_mmap, vec![never_executable()?]);
    rules.insert(libc::SYS_mprotect, vec![never_executable()?]);
    for call in [
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_rt_sigreturn,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigaction,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_clock_gettime,
        libc::SYS_sched_yield,
        // Seeds of hash tables.
        libc::SYS_getrandom,
        // How abort() ends a process.
        libc::SYS_getpid,
        libc::SYS_gettid,
    ] {
        rules.insert(call, Vec::new());
    }
    // To itself only: the user behind the namespace is still the parent's.
    rules.insert(
        libc::SYS_tgkill,
        vec![SeccompRule::new(vec![
            condition(0, SeccompCmpOp::Eq, u64::from(std::process::id()))?,
            condition(2, SeccompCmpOp::Eq, libc::SIGABRT as u64)?,
        ])?],
    );
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        TargetArch::try_from(std::env::consts::ARCH)?,
    )?;
    filter.try_into()
}
