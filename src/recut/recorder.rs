//! A proxy that writes down one conversation. It changes nothing: octets, the order of ends and
//! resets pass as they come.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

use super::exchange::{Exchange, Party};

/// Longest time that connecting to the server may take.
const CONNECT_BOUND: Duration = Duration::from_secs(5);

/// Octets read at a time.
const AT_ONCE: usize = 64 * 1024;

/// A proxy that listens.
#[derive(Debug)]
pub struct Recorder {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    change: Condvar,
}

/// The conversation and the connections seen so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The first conversation in which an octet passed.
    pub exchange: Exchange,
    /// The number of the connection that is recorded, once an octet has passed.
    recorded: Option<usize>,
    /// True if both directions of that connection have ended.
    pub over: bool,
    /// The connections so far.
    pub connections: usize,
    /// The reason why the server could not be reached, the last time.
    pub unreachable: Option<String>,
}

impl Recorder {
    /// Listens at `listen`, for a server at `to`.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub fn start(listen: SocketAddr, to: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let recorder = Self {
            address: listener.local_addr()?,
            shared: Arc::default(),
        };
        let shared = Arc::clone(&recorder.shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.relay(client, to));
            }
        });
        Ok(recorder)
    }

    /// The address at which the proxy listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The conversation and the connections seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.shared.lock().clone()
    }

    /// Waits until the conversation is over, or `most` has passed. Says whether it is over.
    #[must_use]
    pub fn wait(&self, most: Duration) -> bool {
        let seen = self.shared.lock();
        let waited = self
            .shared
            .change
            .wait_timeout_while(seen, most, |seen| !seen.over);
        waited.unwrap_or_else(PoisonError::into_inner).0.over
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn relay(self: &Arc<Self>, client: TcpStream, to: SocketAddr) {
        let number = {
            let mut seen = self.lock();
            seen.connections += 1;
            seen.connections
        };
        let server = match TcpStream::connect_timeout(&to, CONNECT_BOUND) {
            Ok(server) => server,
            Err(error) => {
                self.lock().unreachable = Some(format!("{to}: {error}"));
                self.change.notify_all();
                return;
            }
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else {
            return;
        };
        let shared = Arc::clone(self);
        let there =
            thread::spawn(move || shared.copy(number, Party::Client, client_too, server_too));
        self.copy(number, Party::Server, server, client);
        let _ = there.join();
        let mut seen = self.lock();
        if seen.recorded == Some(number) {
            seen.over = true;
            self.change.notify_all();
        }
    }

    /// Passes on the octets that one party sends. They are written down first, so that the answer to them
    /// comes after them.
    fn copy(&self, number: usize, party: Party, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; AT_ONCE];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => {
                    self.note(number, |exchange| exchange.end(party));
                    let _ = to.shutdown(Shutdown::Write);
                    return;
                }
                Ok(count) => {
                    let mut seen = self.lock();
                    if *seen.recorded.get_or_insert(number) == number {
                        seen.exchange.octets(party, &buffer[..count]);
                    }
                    drop(seen);
                    if to.write_all(&buffer[..count]).is_err() {
                        let _ = from.shutdown(Shutdown::Read);
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.note(number, |exchange| exchange.end(party));
                    // A reset is passed on as one, once both directions have let go of the socket.
                    let _ = set_socket_linger(&to, Some(Duration::ZERO));
                    let _ = to.shutdown(Shutdown::Read);
                    return;
                }
            }
        }
    }

    fn note(&self, number: usize, note: impl FnOnce(&mut Exchange)) {
        let mut seen = self.lock();
        if seen.recorded == Some(number) {
            note(&mut seen.exchange);
        }
    }
}
