//! The reference server: one thread a session, a limit on sessions, a clean stop.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use super::aligned::Aligned;
use super::conversation::{Conversation, Goes, SessionEnd};
use super::store::{Store, Sync};
use super::{READ_OCTETS, read};

/// Time limit of the wait after a failed `accept` for a session to end (and with it a file
/// descriptor to become free), before the next try.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The most octets that a read may take, where reads that take less leave some behind: files are
/// written much faster in large pieces. A session gives the memory back when little arrives.
const MOST_READ_OCTETS: usize = 32 * READ_OCTETS;

/// The options of a server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The address to listen on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The directory that files are stored into.
    pub dir: PathBuf,
    /// The most sessions at a time; a connection over it is closed at once (SES-9).
    pub max_sessions: usize,
    /// The largest payload accepted, in octets (FRM-7).
    pub max_payload: u32,
    /// A session is ended when its peer neither sends nor takes an octet for so long; never,
    /// unless given.
    pub idle_timeout: Option<Duration>,
    /// The parts of a file that have reached the disk by the time it appears.
    pub sync: Sync,
    /// True if transfers can be verified (VTR).
    pub verify: bool,
}

/// A server that has its address and is ready to run.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    wake: UnixStream,
    stop: UnixStream,
}

/// Ends a running server from another thread.
#[derive(Debug)]
pub struct Stopper(UnixStream);

impl Stopper {
    /// Makes [`Server::run`] end its sessions and return.
    pub fn stop(&self) {
        // An error means that the server is gone already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

#[derive(Debug)]
struct Shared {
    options: ServerOptions,
    sessions: Mutex<HashMap<u64, TcpStream>>,
    session_ended: Condvar,
}

impl Shared {
    fn sessions(&self) -> MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Binds the address.
    ///
    /// # Errors
    /// Any error of the system, such as an address in use.
    pub fn bind(options: ServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let (wake, stop) = UnixStream::pair()?;
        Ok(Self {
            listener,
            shared: Arc::new(Shared {
                options,
                sessions: Mutex::default(),
                session_ended: Condvar::new(),
            }),
            wake,
            stop,
        })
    }

    /// The address that clients connect to.
    ///
    /// # Errors
    /// Any error of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// A handle that ends the server.
    ///
    /// # Errors
    /// The system is out of file descriptors.
    pub fn stopper(&self) -> io::Result<Stopper> {
        self.stop.try_clone().map(Stopper)
    }

    /// Serves until [`Stopper::stop`], then ends every session and returns.
    ///
    /// # Errors
    /// Only if waiting for connections is impossible; what goes wrong in one session ends
    /// that session and nothing else (SES-8).
    pub fn run(&self) -> io::Result<()> {
        let mut number = 0;
        while self.wait_for_connection()? {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    number += 1;
                    // A session that cannot be set up is closed, by the drop of its stream.
                    let _ = self.admit(number, stream);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    let sessions = self.shared.sessions();
                    drop(
                        self.shared
                            .session_ended
                            .wait_timeout(sessions, ACCEPT_RETRY),
                    );
                }
            }
        }
        let mut sessions = self.shared.sessions();
        for stream in sessions.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        while !sessions.is_empty() {
            sessions = self
                .shared
                .session_ended
                .wait(sessions)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// True when a connection is there, false when the server is to stop.
    fn wait_for_connection(&self) -> io::Result<bool> {
        let mut fds = [
            PollFd::new(&self.listener, PollFlags::IN),
            PollFd::new(&self.wake, PollFlags::IN),
        ];
        loop {
            match poll(&mut fds, None) {
                Ok(_) => return Ok(fds[1].revents().is_empty()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn admit(&self, number: u64, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(self.shared.options.idle_timeout)?;
        stream.set_write_timeout(self.shared.options.idle_timeout)?;
        let mut sessions = self.shared.sessions();
        if sessions.len() >= self.shared.options.max_sessions {
            return Ok(());
        }
        sessions.insert(number, stream.try_clone()?);
        drop(sessions);
        let slot = Slot {
            shared: Arc::clone(&self.shared),
            number,
        };
        thread::Builder::new()
            .name(format!("session {number}"))
            .spawn(move || {
                // The client learns of an error by the close; there is no one else to tell.
                let _ = serve(stream, &slot.shared.options);
                drop(slot);
            })?;
        Ok(())
    }
}

/// A place among the sessions, free again however the session ends (SES-9).
struct Slot {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared.sessions().remove(&self.number);
        self.shared.session_ended.notify_all();
    }
}

fn serve(mut stream: TcpStream, options: &ServerOptions) -> Result<(), SessionEnd> {
    let store = Store::new(&options.dir, options.sync);
    let mut conversation = Conversation::new(&store, options.max_payload);
    if options.verify {
        conversation = conversation.verifying();
    }
    let mut buffer = Aligned::new(READ_OCTETS);
    loop {
        let count = read(&mut stream, &mut buffer)?;
        if count == 0 {
            return Ok(conversation.finish()?);
        }
        if conversation.take(&buffer[..count], &mut stream)? == Goes::Over {
            return Ok(());
        }
        let size = size_after(buffer.len(), count);
        if size != buffer.len() {
            buffer = Aligned::new(size);
        }
    }
}

/// Size of the buffer, in octets, after a read that took `count` of its `size`.
fn size_after(size: usize, count: usize) -> usize {
    if count == size {
        MOST_READ_OCTETS.min(2 * size)
    } else if count < READ_OCTETS {
        READ_OCTETS
    } else {
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::little_arrives(65_536, 1, 65_536)]
    #[case::full_at_first(65_536, 65_536, 131_072)]
    #[case::full(1_048_576, 1_048_576, 2_097_152)]
    #[case::full_at_the_most(2_097_152, 2_097_152, 2_097_152)]
    #[case::not_quite_full(1_048_576, 1_048_575, 1_048_576)]
    #[case::as_much_as_at_first(1_048_576, 65_536, 1_048_576)]
    #[case::little_again(1_048_576, 65_535, 65_536)]
    fn the_buffer_follows_what_arrives(
        #[case] size: usize,
        #[case] count: usize,
        #[case] after: usize,
    ) {
        assert_eq!(size_after(size, count), after);
    }
}
