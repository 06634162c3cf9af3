//! Files of /proc: their text, which is made anew for each reading.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Result, pread};

/// Octets that are read of a file of /proc: more than come before the figures that are looked for.
const ENOUGH: usize = 4096;

/// A file of /proc that is read again and again. It is opened once: to open and close it costs more than to
/// read it.
#[derive(Debug)]
pub(super) struct Figures {
    path: String,
    file: Option<OwnedFd>,
}

impl Figures {
    /// The file at this path, which is opened when it is first read.
    pub(super) const fn of(path: String) -> Self {
        Self { path, file: None }
    }

    /// Reads the text of the file as it is now.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or the process that it is about is gone.
    pub(super) fn read(&mut self) -> Result<String> {
        let file = match self.file.take() {
            Some(file) => file,
            None => opened(&self.path)?,
        };
        let said = start(&file);
        self.file = Some(file);
        said
    }
}

/// The start of a file of /proc that is read once.
pub(super) fn text(path: &str) -> Result<String> {
    start(&opened(path)?)
}

fn opened(path: &str) -> Result<OwnedFd> {
    open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

/// The start of a file, without asking for its length first, which is not known.
fn start(file: &OwnedFd) -> Result<String> {
    let mut start = [0; ENOUGH];
    let length = pread(file, &mut start, 0)?;
    Ok(String::from_utf8_lossy(&start[..length]).into_owned())
}
