//! All connections of one run, under one cut.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::context::Context;
use super::cut::Direction;
use super::log::Log;
use super::pump::Pump;

/// Stack of a thread that moves octets, in octets: it calls little, and there may be a thousand.
const STACK: usize = 256 * 1024;

/// The session of one run.
pub(super) struct Session {
    context: Arc<Context>,
    connections: Mutex<Vec<Weak<Connection>>>,
    active: Mutex<usize>,
    fewer: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(super) fn new(context: Context) -> Self {
        Self {
            context: Arc::new(context),
            connections: Mutex::default(),
            active: Mutex::default(),
            fewer: Condvar::new(),
        }
    }

    /// The log of what has passed so far.
    pub(super) fn log(&self) -> &Log {
        &self.context.log
    }

    /// Takes a client's connection, in threads of its own.
    pub(super) fn take(self: &Arc<Self>, client: TcpStream, to: Arc<[SocketAddr]>) {
        self.context.log.accept();
        *lock(&self.active) += 1;
        let session = Arc::clone(self);
        let spawned = thread::Builder::new().stack_size(STACK).spawn(move || {
            session.serve(client, &to);
            session.leave();
        });
        if spawned.is_err() {
            self.leave();
        }
    }

    fn leave(&self) {
        *lock(&self.active) -= 1;
        self.fewer.notify_all();
    }

    fn serve(self: &Arc<Self>, client: TcpStream, to: &[SocketAddr]) {
        let server = match TcpStream::connect(to) {
            Ok(server) => server,
            Err(error) => {
                self.context.log.is_unreachable(error.to_string());
                // A reset is nearest to a refused connection, for a client that is connected already.
                super::socket::reset_on_close(&client);
                return;
            }
        };
        let Ok(connection) = Connection::new(Arc::clone(&self.context), client, server) else {
            return;
        };
        let connection = Arc::new(connection);
        {
            let mut connections = lock(&self.connections);
            if connections.len() >= 64 && connections.len().is_power_of_two() {
                connections.retain(|connection| connection.strong_count() > 0);
            }
            connections.push(Arc::downgrade(&connection));
        }
        if self.context.is_stopped() {
            return;
        }
        let other = Arc::clone(&connection);
        let to_client = thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || Pump::new(&other, Direction::ToClient).run());
        let Ok(to_client) = to_client else { return };
        Pump::new(&connection, Direction::ToServer).run();
        let _ = to_client.join();
    }

    /// Waits until all connections have ended by themselves, for `most` at the longest.
    pub(super) fn finish(&self, most: Duration) {
        let begun = Instant::now();
        let mut active = lock(&self.active);
        while *active > 0 {
            let left = most.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            active = self
                .fewer
                .wait_timeout(active, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Ends all connections.
    pub(super) fn stop(&self) {
        self.context.stop();
        for connection in lock(&self.connections).iter() {
            if let Some(connection) = connection.upgrade() {
                connection.stop();
            }
        }
    }
}
