//! SIGINT, SIGTERM and SIGHUP end a run, whatever it is waiting for.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{UNJUDGED, say};

/// Time that a run has to end by itself after the first signal: it finishes one conversation and
/// ends the program under test.
const GRACE: Duration = Duration::from_secs(5);

type LastWords = Box<dyn FnOnce() + Send>;

/// The work that is left where a run has to be ended as it is.
static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

/// Has this done where a run has to be ended as it is: its report, so that what was found is kept.
pub(super) fn at_the_last(last: impl FnOnce() + Send + 'static) {
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(last));
}

/// Takes what is still to be done, which so is done by one alone.
pub(super) fn last_words() -> Option<LastWords> {
    let mut last = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    last.take()
}

/// Watches for the signals that end a run early, from now on. The flag is set by the first one. A
/// run that has not ended by itself some time after it, or when a second one comes, is ended as it
/// is; the guards, which hear of that, end the programs under test and remove their directories.
///
/// # Errors
/// The signals cannot be watched.
pub(super) fn watch() -> io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let flag = Arc::clone(&interrupted);
    thread::spawn(move || {
        let (sender, more) = mpsc::channel();
        thread::spawn(move || {
            for signal in signals.forever() {
                flag.store(true, Ordering::Relaxed);
                if sender.send(signal).is_err() {
                    return;
                }
            }
        });
        if more.recv().is_ok() {
            let _ = more.recv_timeout(GRACE);
            if let Some(last) = last_words() {
                last();
            }
            say("unstick: interrupted");
            process::exit(UNJUDGED.into());
        }
    });
    Ok(interrupted)
}
