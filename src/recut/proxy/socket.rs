//! The two sockets of a connection: reads and writes that notice what the other side does.

use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SendFlags, send, sockopt};

use crate::testee::watch::Queues;

/// Longest wait for octets to be acknowledged before a reset follows them. A reset discards what the
/// receiver has not got.
const FLUSH_BOUND: Duration = Duration::from_secs(1);

/// The result of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    Octets(usize),
    /// The sender has ended its stream.
    End,
    /// The sender has reset the connection.
    Reset,
    /// Nothing has come in time.
    Nothing,
}

/// The receiver of a write, or the sender of what is written, has reset its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Makes a socket ready for [`read`] and [`write`].
pub(super) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)
}

/// Reads what is there, or waits for it until `until`.
pub(super) fn read(stream: &TcpStream, buffer: &mut [u8], until: Option<Instant>) -> Came {
    loop {
        match (&*stream).read(buffer) {
            Ok(0) => return Came::End,
            Ok(length) => return Came::Octets(length),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Came::Reset,
        }
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Came::Nothing;
        }
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let _ = poll(&mut [PollFd::new(stream, PollFlags::IN)], timeout.as_ref());
    }
}

/// Writes all of `octets`, unless either side resets its connection meanwhile; `is_broken` says
/// whether the side that they come from has. With `more`, the system holds the last segment for what
/// follows at once.
pub(super) fn write(
    to: &TcpStream,
    from: &TcpStream,
    mut octets: &[u8],
    more: bool,
    is_broken: impl Fn() -> bool,
) -> Result<(), Broken> {
    let mut flags = SendFlags::NOSIGNAL;
    flags.set(SendFlags::MORE, more);
    // A side that has closed in good order shows that at every look, so one look must do.
    let mut watches_both = true;
    while !octets.is_empty() {
        match send(to, octets, flags) {
            Ok(written) => octets = &octets[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let mut both = [
                    PollFd::new(to, PollFlags::OUT),
                    PollFd::new(from, PollFlags::empty()),
                ];
                let watched = if watches_both { 2 } else { 1 };
                let _ = poll(&mut both[..watched], None);
                if !both[1].revents().is_empty() {
                    if is_broken() {
                        return Err(Broken);
                    }
                    watches_both = false;
                }
            }
            Err(_) => return Err(Broken),
        }
    }
    Ok(())
}

/// Sees to it that closing the stream resets the connection, once the receiver has got what was sent
/// before.
pub(super) fn reset_on_close(stream: &TcpStream) {
    let started = Instant::now();
    if let (Ok(ours), Ok(theirs)) = (stream.local_addr(), stream.peer_addr())
        && let Some(mut queues) = Queues::open()
    {
        let (ours, theirs) = (canonical(ours), canonical(theirs));
        // The send queue of our own end.
        let mut unacknowledged =
            || matches!(queues.backlog(theirs, ours, 0), Some(seen) if seen.coming > 0);
        while unacknowledged() && started.elapsed() < FLUSH_BOUND {
            thread::sleep(Duration::from_millis(1));
        }
    }
    let _ = sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

/// True if a connection whose stream has ended was in truth reset: a write that meets the reset
/// takes the error, and reads see an end then. Only where we have not ended our own stream.
pub(super) fn was_reset(stream: &TcpStream) -> bool {
    stream.peer_addr().is_err()
}

/// An address as the kernel's own tables have it: IPv4 where it is IPv4.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
