//! Who hears of a demonstration while it runs.

use modu_evidence::archive::Recorder;
use modu_kernel::{Digest, Progress};

use crate::home::Home;
use crate::terminal::Terminal;

/// Follows a demonstration: a person before a terminal, or the job that it is.
pub(crate) trait Listener {
    /// Hears how far one piece of work has come; named in Korean and English.
    fn piece(&self, ko: &str, en: &str) -> Box<dyn Progress + '_>;

    /// The evidence, to write.
    fn recorder(&self, home: &Home) -> anyhow::Result<Recorder> {
        home.recorder()
    }

    /// Asked when nobody else can write into the log, right before the run
    /// with this result is logged there: an error leaves it out.
    fn about_to_record(&self, recorder: &Recorder, result: Digest) -> anyhow::Result<()> {
        let _a_person_has_nothing_to_add = (recorder, result);
        Ok(())
    }
}

impl Listener for Terminal {
    fn piece(&self, ko: &str, en: &str) -> Box<dyn Progress + '_> {
        Box::new(self.progress(self.language.pick(ko, en)))
    }
}
