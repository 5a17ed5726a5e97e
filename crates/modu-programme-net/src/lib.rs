//! Sending what the programme tells people: to webhooks and as mail.
//!
//! The programme keeps what is to be sent ([`modu_programme::notice::Outbox`]);
//! here are the sockets. A few threads ([`Senders`]) take deliveries and send
//! them, each as often as the outbox says. A webhook's address is chosen by
//! strangers, so it leads only to where strangers may send this server: to
//! public addresses, looked at after the name was resolved and on the
//! connection that is really made ([`Hooks`]). Mail goes to the one server that
//! the operator names ([`Post`]).

mod error;
mod hook;
mod network;
mod post;
mod sender;

pub use error::SendError;
pub use hook::{Hooks, HooksSettings};
pub use network::{Network, is_public};
pub use post::{MailSettings, Post, Tls};
pub use sender::Senders;
