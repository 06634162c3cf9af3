//! A testee that is a client: we listen, it is started, and what a person would type comes on
//! its standard input.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use super::connection::Connection;
use super::launch::{StartError, Template};
use super::piped::Piped;
use super::port::{Port, listen};
use super::wait::Patience;
use super::watch::{Activity, Backlog, Queues, Watch};

/// A running client. Dropping it ends it.
#[derive(Debug)]
pub struct Client {
    program: Piped,
    listener: TcpListener,
    _port: Port,
    queues: Option<Queues>,
}

impl Client {
    /// Listens, and starts a client that is told where.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn start(template: &Template) -> Result<Self, StartError> {
        let (listener, port) = listen()?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            program: Piped::start(template, port.number())?,
            listener,
            _port: port,
            queues: Queues::open(),
        })
    }

    /// The directory that it is told to send files from.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.program.dir()
    }

    /// A directory beside it.
    #[must_use]
    pub fn outside(&self) -> PathBuf {
        self.program.outside()
    }

    /// Waits for its connection; `None` if it does not come.
    pub fn accept(&mut self, patience: Patience) -> Option<Connection> {
        let mut accepted = None;
        let listener = &self.listener;
        self.program.wait_for(patience, |_| {
            accepted = accepted.take().or_else(|| {
                let (stream, _) = listener.accept().ok()?;
                Connection::accepted(stream).ok()
            });
            accepted.is_some()
        });
        accepted
    }

    /// Types a line. False if it takes no input any more.
    pub fn type_line(&mut self, line: &str, bound: Duration) -> bool {
        self.program.feed(format!("{line}\n").as_bytes(), bound)
    }

    /// The program, for what it shows and how it ends.
    pub const fn program(&mut self) -> &mut Piped {
        &mut self.program
    }
}

impl Watch for Client {
    fn activity(&mut self) -> Option<Activity> {
        self.program.activity()
    }

    fn backlog(&mut self, local: SocketAddr, remote: SocketAddr, sent: u64) -> Option<Backlog> {
        self.queues.as_mut()?.backlog(local, remote, sent)
    }
}
