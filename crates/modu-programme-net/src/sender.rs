//! Threads that send what lies in the outbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::SignedDuration;
use modu_kernel::contained::contained;
use modu_programme::Office;
use modu_programme::notice::{Channel, Delivery, Failure, NoticeError, Recipient};
use tokio::runtime::Runtime;

use crate::error::SendError;
use crate::hook::Hooks;
use crate::post::Post;

/// Deliveries that are underway at once, each to another receiver.
const THREADS: usize = 4;
/// How often one looks for what has become due, or what another server's
/// people are told.
const LOOK: Duration = Duration::from_secs(1);
/// How much longer than sending takes a delivery is one's own.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Threads at work on the outbox.
#[derive(Debug)]
pub struct Senders {
    stop: Arc<AtomicBool>,
    office: Office,
    threads: Vec<JoinHandle<()>>,
}

impl Senders {
    /// Starts them; letters are sent where there is a mail server.
    ///
    /// # Errors
    /// [`SendError::Thread`].
    pub fn start(office: &Office, hooks: &Hooks, post: Option<&Post>) -> Result<Self, SendError> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::with_capacity(THREADS);
        for number in 1..=THREADS {
            let sender = Sender {
                office: office.clone(),
                hooks: hooks.clone(),
                post: post.cloned(),
                stop: Arc::clone(&stop),
                runtime: tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?,
            };
            let thread = thread::Builder::new().name(format!("sender {number}"));
            threads.push(thread.spawn(move || sender.run())?);
        }
        Ok(Self {
            stop,
            office: office.clone(),
            threads,
        })
    }

    /// Stops them, each after what it is sending.
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.office.board().outbox().bell().ring();
        for thread in self.threads {
            let _its_panic_was_told = thread.join();
        }
    }
}

struct Sender {
    office: Office,
    hooks: Hooks,
    post: Option<Post>,
    stop: Arc<AtomicBool>,
    runtime: Runtime,
}

impl Sender {
    fn run(&self) {
        let outbox = self.office.board().outbox();
        while !self.stop.load(Ordering::SeqCst) {
            let heard = outbox.bell().heard();
            let longest = self.post.as_ref().map_or(Duration::ZERO, Post::timeout);
            let longest = longest.max(self.hooks.timeout());
            let lease = SignedDuration::try_from(longest).unwrap_or(SignedDuration::ZERO) + MARGIN;
            match outbox.take(self.post.is_some(), lease, self.office.now()) {
                Ok(Some(delivery)) => self.handle(&delivery),
                // A database that is gone may come back.
                Ok(None) | Err(_) => outbox.bell().wait(heard, LOOK),
            }
        }
    }

    /// Sends one and says how it went. Where even that fails, it is another's
    /// after a while, and is sent again under the same number.
    fn handle(&self, delivery: &Delivery) {
        let fell = || Err(Failure::Later("the sender fell over".to_owned()));
        let sent = contained(|| self.send(delivery)).unwrap_or_else(fell);
        let (outbox, now) = (self.office.board().outbox(), self.office.now());
        let _sent_again_later: Result<(), NoticeError> = match sent {
            Ok(()) => outbox.done(delivery, now),
            Err(failure) => {
                let people = |organisation| {
                    let kept = self.office.kept();
                    let people = Recipient::Organisation(organisation).people(kept.programme());
                    people.map(|person| person.id).collect()
                };
                outbox.failed(delivery, &failure, people, now)
            }
        };
        // The next message to the same receiver waited for this one.
        outbox.bell().ring();
    }

    fn send(&self, delivery: &Delivery) -> Result<(), Failure> {
        let later = |error: NoticeError| Failure::Later(error.to_string());
        match delivery.channel {
            Channel::Mail => match &self.post {
                Some(post) => post.send(delivery),
                None => Err(Failure::Later("this server sends no mail".to_owned())),
            },
            Channel::Webhook(webhook) => {
                let secret = self
                    .office
                    .board()
                    .outbox()
                    .secret(webhook)
                    .map_err(later)?;
                let Some(secret) = secret else {
                    return Err(Failure::Never("the webhook was ended".to_owned()));
                };
                let now = self.office.now();
                self.runtime
                    .block_on(self.hooks.send(delivery, &secret, now))
            }
        }
    }
}
