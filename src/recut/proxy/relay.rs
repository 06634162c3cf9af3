//! The listener: one port for all runs, each with a session of its own.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};

use super::context::{Context, Plan};
use super::cut::Direction;
use super::log::Log;
use super::session::Session;
use super::tape::Tape;

/// Connections that may wait to be accepted: a client that opens hundreds at once is not refused.
const BACKLOG: i32 = 4096;

/// Pause after a connection could not be accepted, for want of files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// Longest wait for connections to end by themselves after a run.
const FINISH_BOUND: Duration = Duration::from_millis(500);

/// A proxy that listens.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepts: Option<JoinHandle<()>>,
}

struct Shared {
    to: Arc<[SocketAddr]>,
    session: Mutex<Option<Arc<Session>>>,
    closing: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("to", &self.to).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Relay {
    /// Listens on `address`, for connections to the first of `to` that can be reached.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn listen(address: SocketAddr, to: Vec<SocketAddr>) -> io::Result<Self> {
        let listener = listener(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            to: to.into(),
            session: Mutex::new(None),
            closing: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        let accepts = thread::spawn(move || accept_all(&listener, &accepting));
        Ok(Self {
            address,
            shared,
            accepts: Some(accepts),
        })
    }

    /// The address at which the proxy listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins a run: connections that are accepted from now on belong to it. Connections of the
    /// last run are ended.
    #[must_use]
    pub fn begin(&self, plan: Plan, directions: &[Direction], tape: Option<Arc<Tape>>) -> Running {
        let session = Arc::new(Session::new(Context::new(plan, directions, tape)));
        let last = lock(&self.shared.session).replace(Arc::clone(&session));
        if let Some(last) = last {
            last.stop();
        }
        Running { session }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        if let Some(session) = lock(&self.shared.session).take() {
            session.stop();
        }
        // Wakes the thread that accepts.
        let mut own = self.address;
        if own.ip().is_unspecified() {
            let loopback: IpAddr = match own {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            };
            own.set_ip(loopback);
        }
        if TcpStream::connect(own).is_ok()
            && let Some(accepts) = self.accepts.take()
        {
            let _ = accepts.join();
        }
    }
}

/// A run that is going on.
pub struct Running {
    session: Arc<Session>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("log", self.log()).finish()
    }
}

impl Running {
    /// The log of what has passed so far.
    #[must_use]
    pub fn log(&self) -> &Log {
        self.session.log()
    }

    /// Ends the run: lets the connections end by themselves for a moment, and ends them then.
    pub fn end(&self) {
        self.session.finish(FINISH_BOUND);
        self.stop();
    }

    /// Ends the run at once, and all its connections.
    pub fn stop(&self) {
        self.session.stop();
        self.session.finish(FINISH_BOUND);
    }
}

fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn accept_all(listener: &TcpListener, shared: &Shared) {
    for client in listener.incoming() {
        if shared.closing.load(Ordering::SeqCst) {
            return;
        }
        match client {
            Ok(client) => {
                // Between two runs no client is to be served.
                let session = lock(&shared.session).clone();
                if let Some(session) = session {
                    session.take(client, Arc::clone(&shared.to));
                }
            }
            Err(_) => thread::sleep(ACCEPT_AGAIN),
        }
    }
}
