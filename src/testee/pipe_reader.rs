//! The output of a process on a pipe: read in the background, and at each query.
//!
//! On a loaded machine the thread in the background may be late, so each query reads the pipe first. No
//! output is taken for missing that was written and only lies there unread.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, read};

/// Octets read at a time.
const AT_ONCE: usize = 64 * 1024;

/// Longest interval after which the thread in the background looks whether the output is still wanted.
const LOOK_UP_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000_000,
};

/// The receiver of the octets that are read.
pub(super) trait Sink: Send + 'static {
    /// Keeps these octets, at least one. False if nothing more is wanted: then the pipe is closed, which the
    /// process is told by its next write.
    fn keep(&mut self, octets: &[u8]) -> bool;
}

/// The reading end of a pipe, and what is kept of what has come.
#[derive(Debug)]
pub(super) struct PipeReader<S> {
    shared: Arc<Shared<S>>,
}

#[derive(Debug)]
struct Shared<S> {
    so_far: Mutex<SoFar<S>>,
    more: Condvar,
}

/// The octets kept so far, and the pipe.
#[derive(Debug)]
pub(super) struct SoFar<S> {
    pub(super) kept: S,
    /// `None` once it has ended.
    pipe: Option<Arc<OwnedFd>>,
}

impl<S> SoFar<S> {
    /// True if nothing more comes.
    pub(super) const fn has_ended(&self) -> bool {
        self.pipe.is_none()
    }
}

impl<S: Sink> PipeReader<S> {
    /// Starts reading.
    ///
    /// # Errors
    /// The system cannot read this without waiting.
    pub(super) fn of(pipe: impl Into<OwnedFd>, kept: S) -> io::Result<Self> {
        let pipe = Arc::new(pipe.into());
        ioctl_fionbio(&pipe, true)?;
        let shared = Arc::new(Shared {
            so_far: Mutex::new(SoFar {
                kept,
                pipe: Some(Arc::clone(&pipe)),
            }),
            more: Condvar::new(),
        });
        let reads = Arc::clone(&shared);
        thread::spawn(move || {
            while !reads.taken().has_ended() {
                // An interrupted wait is a short one.
                let _ = poll(
                    &mut [PollFd::new(&pipe, PollFlags::IN)],
                    Some(&LOOK_UP_EVERY),
                );
            }
        });
        Ok(Self { shared })
    }

    /// All that has been written so far.
    pub(super) fn so_far(&self) -> MutexGuard<'_, SoFar<S>> {
        self.shared.taken()
    }

    /// Waits for more than `so_far`, for `most` at the longest.
    pub(super) fn wait(&self, so_far: MutexGuard<'_, SoFar<S>>, most: Duration) {
        let waited = self.shared.more.wait_timeout(so_far, most);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits for the end of the stream: all is there then. A process that has escaped may hold it
    /// open for ever, so not longer than `bound`.
    pub(super) fn finish(&self, bound: Duration) {
        let started = Instant::now();
        loop {
            let so_far = self.so_far();
            let left = bound.saturating_sub(started.elapsed());
            if so_far.has_ended() || left.is_zero() {
                return;
            }
            self.wait(so_far, left);
        }
    }
}

impl<S> Drop for PipeReader<S> {
    fn drop(&mut self) {
        let so_far = self.shared.so_far.lock();
        so_far.unwrap_or_else(PoisonError::into_inner).pipe = None;
    }
}

impl<S: Sink> Shared<S> {
    fn taken(&self) -> MutexGuard<'_, SoFar<S>> {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = [0; AT_ONCE];
        while let Some(pipe) = so_far.pipe.clone() {
            let goes_on = match read(&pipe, &mut buffer) {
                Ok(count @ 1..) => so_far.kept.keep(&buffer[..count]),
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => continue,
                Ok(0) | Err(_) => false,
            };
            if !goes_on {
                so_far.pipe = None;
            }
            self.more.notify_all();
        }
        so_far
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const LONG: Duration = Duration::from_secs(30);

    #[derive(Debug, Default)]
    struct AtMost(Vec<u8>, usize);

    impl Sink for AtMost {
        fn keep(&mut self, octets: &[u8]) -> bool {
            self.0.extend_from_slice(octets);
            self.0.len() < self.1
        }
    }

    /// The output is there however late the thread in the background is.
    #[test]
    fn what_has_been_written_is_there_at_once() {
        let (reads, mut writes) = io::pipe().unwrap();
        let reader = PipeReader::of(reads, AtMost(Vec::new(), usize::MAX)).unwrap();
        let mut written = Vec::new();
        for octet in 0..=255 {
            writes.write_all(&[octet]).unwrap();
            written.push(octet);
            assert_eq!(reader.so_far().kept.0, written);
        }
        assert!(!reader.so_far().has_ended());
        drop(writes);
        assert!(reader.so_far().has_ended());
        reader.finish(LONG);
    }

    #[test]
    fn a_stream_that_somebody_holds_open_is_not_waited_for_for_ever() {
        let (reads, writes) = io::pipe().unwrap();
        let reader = PipeReader::of(reads, AtMost(Vec::new(), 1)).unwrap();
        reader.finish(Duration::from_millis(10));
        assert!(!reader.so_far().has_ended());
        drop(writes);
        reader.finish(LONG);
        assert!(reader.so_far().has_ended());
    }

    #[test]
    fn one_who_writes_on_is_told_that_nothing_more_is_wanted() {
        let (reads, mut writes) = io::pipe().unwrap();
        let reader = PipeReader::of(reads, AtMost(Vec::new(), 3)).unwrap();
        writes.write_all(b"abcd").unwrap();
        reader.finish(LONG);
        assert!(reader.so_far().has_ended());
        assert_eq!(reader.so_far().kept.0, b"abcd");
        // The thread in the background lets go of the pipe when it looks up.
        let refused = || {
            thread::sleep(Duration::from_millis(1));
            writes.write(b"e").err()
        };
        let mut answers = std::iter::repeat_with(refused).take(LONG.as_millis() as usize);
        let error = answers.find_map(|error| error);
        assert_eq!(error.unwrap().kind(), io::ErrorKind::BrokenPipe);
    }
}
