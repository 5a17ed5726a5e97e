//! The child's side of the tests: what a model that has taken its reader over
//! might try. The second argument says which.

use std::io::Write as _;
use std::sync::OnceLock;

/// Whom the child would like to end.
static PARENT: OnceLock<u32> = OnceLock::new();

/// The child of the tests: as a program's, and if asked does harm in between.
pub(crate) fn child() -> u8 {
    static ATTEMPT: OnceLock<String> = OnceLock::new();
    let attempt = std::env::args().nth(2).unwrap_or_default();
    match attempt.as_str() {
        "" => return modu_proof_run::child_main(),
        "die-at-once" => return 7,
        "say-nothing" => loop {
            std::thread::park();
        },
        "with-a-thread" => {
            // Makes a user namespace impossible.
            std::thread::spawn(|| {
                loop {
                    std::thread::park();
                }
            });
            return modu_proof_run::child_main();
        }
        _ => {}
    }
    // The walls leave no call that asks for it.
    PARENT.set(std::os::unix::process::parent_id()).unwrap();
    ATTEMPT.set(attempt).unwrap();
    modu_proof_run::child_main_with(|| harm(ATTEMPT.get().unwrap()))
}

/// A process with one layer alone (second argument), which attempts something
/// (third argument): status 0 where that fails as it should, 1 where it
/// succeeds, 2 where the machine does not offer the layer.
pub(crate) fn one_layer() -> i32 {
    let arguments: Vec<String> = std::env::args().collect();
    if modu_proof_run::confine_by(&arguments[2]).is_err() {
        return 2;
    }
    let succeeds = match arguments[3].as_str() {
        "open" => std::fs::File::open("/etc/passwd").is_ok(),
        "create" => std::fs::write("/tmp/modu-proof-run-was-here", "x").is_ok(),
        "list" => std::fs::read_dir("/").is_ok(),
        "connect" => {
            let address =
                std::net::SocketAddr::from(([127, 0, 0, 1], arguments[4].parse().unwrap()));
            std::net::TcpStream::connect(address).is_ok()
        }
        "thread" => std::thread::Builder::new().spawn(|| {}).is_ok(),
        "memory" => Vec::<u8>::new().try_reserve_exact(2 << 30).is_ok(),
        // Another process in its world, or its parent, which is outside of it.
        "see-others" => std::process::id() != 1 || std::os::unix::process::parent_id() != 0,
        "inherited-descriptor" => raw(libc::SYS_fcntl, [9, libc::c_long::from(libc::F_GETFD), 0]),
        other => panic!("{other}"),
    };
    i32::from(succeeds)
}

/// Says in a way that the parent's error shows that a thing succeeded.
fn report(success: bool) {
    std::process::exit(if success { 42 } else { 43 });
}

fn harm(attempt: &str) {
    match attempt {
        "open" => report(std::fs::File::open("/etc/passwd").is_ok()),
        "create" => report(std::fs::write("/tmp/modu-proof-run-was-here", "x").is_ok()),
        "list" => report(std::fs::read_dir("/").is_ok()),
        "connect" => report(std::net::TcpStream::connect("127.0.0.1:22").is_ok()),
        "datagram" => report(std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
        "unix-socket" => report(std::os::unix::net::UnixDatagram::unbound().is_ok()),
        "execute" => report(std::process::Command::new("/bin/true").status().is_ok()),
        "thread" => report(std::thread::Builder::new().spawn(|| {}).is_ok()),
        "fork" => report(raw(libc::SYS_clone, [libc::SIGCHLD as libc::c_long, 0, 0])),
        "trace" => report(raw(
            libc::SYS_ptrace,
            [libc::c_long::from(libc::PTRACE_TRACEME), 0, 0],
        )),
        "kill-parent" => {
            let parent = libc::c_long::from(*PARENT.get().unwrap());
            let terminate = libc::c_long::from(libc::SIGTERM);
            report(raw(libc::SYS_kill, [parent, terminate, 0]));
        }
        "abort-parent" => {
            let parent = libc::c_long::from(*PARENT.get().unwrap());
            let abort = libc::c_long::from(libc::SIGABRT);
            report(raw(libc::SYS_tgkill, [parent, parent, abort]));
        }
        "executable-memory" => report(executable_memory()),
        "another-descriptor" => report(raw(libc::SYS_read, [9, 0, 0])),
        "environment" => report(std::env::vars_os().next().is_some()),
        "deaf" => {
            block_termination();
            loop {
                std::hint::black_box(0);
            }
        }
        "loop" => loop {
            std::hint::black_box(0);
        },
        "sleep" => {
            let mut byte = [0];
            // The parent sends nothing more, so this waits for ever.
            let _ = std::io::Read::read(&mut std::io::stdin(), &mut byte);
        }
        "memory" => report(take_memory()),
        "panic" => panic!("\u{1b}[2J taken over"),
        "abort" => std::process::abort(),
        "overflow" => report(overflow(0) == 1),
        "flood" => {
            let noise = [0xff; 1 << 16];
            while std::io::stdout().write_all(&noise).is_ok() {}
        }
        "nonsense" => {
            std::io::stdout().write_all(&[3, 0, 0, 0, 9, 9, 9]).unwrap();
            std::io::stdout().flush().unwrap();
        }
        "exit" => std::process::exit(5),
        other => panic!("{other}"),
    }
}

/// Whether a system call with three arguments succeeds.
fn raw(call: libc::c_long, [a, b, c]: [libc::c_long; 3]) -> bool {
    // SAFETY: the calls that are made so take numbers, or a length of zero.
    unsafe { libc::syscall(call, a, b, c) >= 0 }
}

/// Lets a polite request to end go by.
fn block_termination() {
    // SAFETY: a set of signals is plain bytes; the pointers are to a variable
    // of this function.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
}

fn executable_memory() -> bool {
    // SAFETY: asks for new memory at any address.
    let memory = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    memory != libc::MAP_FAILED
}

/// Takes memory in pieces until there is no more; the allocator then aborts.
fn take_memory() -> bool {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    loop {
        pieces.push(vec![1; 16 << 20]);
        if pieces.len() > 1024 {
            return true;
        }
    }
}

#[allow(unconditional_recursion, reason = "it is to overflow the stack")]
fn overflow(depth: u64) -> u64 {
    let frame = [depth; 64];
    std::hint::black_box(overflow(std::hint::black_box(frame)[3] + 1)) + 1
}
