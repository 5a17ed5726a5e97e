//! Readers of a host's settings, as the programs that use them read them:
//! includes followed, the value that counts chosen, what is uncertain said.

pub(crate) mod accounts;
pub(crate) mod lines;
pub(crate) mod pam;
pub(crate) mod services;
pub(crate) mod shell;
pub(crate) mod sshd;
