//! A testee that is a server: started by us or running elsewhere.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::connection::Connection;
use super::launch::{StartError, Template};
use super::process::Process;
use super::settle::{Settling, come_to_rest};
use super::watch::{Activity, Backlog, Queues, Watch, is_portable};
use crate::disk::Claim;

/// The origin of a server under test.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A server that is started, and started again when it has died.
    Command(Template),
    /// A server that runs already.
    Address {
        /// The address at which it listens.
        address: SocketAddr,
        /// The directory that it stores files into, if that can be looked at from here.
        dir: Option<Arc<Claim>>,
    },
}

/// A server under test.
#[derive(Debug)]
pub struct Server {
    origin: Origin,
    process: Option<Process>,
    queues: Option<Queues>,
    settling: Settling,
    starts: u32,
    /// Its resident memory, in octets, when the last connection was opened, if that could be seen.
    resident_before: Option<u64>,
}

impl Server {
    /// Starts the testee, if it is ours to start.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn new(origin: Origin) -> Result<Self, StartError> {
        let mut server = Self {
            origin,
            process: None,
            queues: Queues::open(),
            settling: Settling::default(),
            starts: 0,
            resident_before: None,
        };
        server.restart()?;
        Ok(server)
    }

    /// Another server like it: started beside it, or the same where it runs already.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn another(&self) -> Result<Self, StartError> {
        Self::new(self.origin.clone())
    }

    /// True if the command that starts it says where its port goes.
    #[must_use]
    pub fn is_told_a_port(&self) -> bool {
        matches!(&self.origin, Origin::Command(template) if template.says("{port}"))
    }

    /// Ends the testee and starts a fresh one, with a fresh directory; one that is not ours
    /// to start goes on as it is.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn restart(&mut self) -> Result<(), StartError> {
        if let Origin::Command(template) = &self.origin {
            self.process = None;
            self.process = Some(Process::start(template)?);
            self.starts += 1;
        }
        Ok(())
    }

    /// True if [`Server::restart`] gives a fresh server.
    #[must_use]
    pub const fn can_restart(&self) -> bool {
        matches!(self.origin, Origin::Command(_))
    }

    /// True if the queues of its connections are looked into.
    const fn shows_queues(&self) -> bool {
        self.queues.is_some() && self.can_restart()
    }

    /// True if it can be seen what its threads make of the time that passes.
    #[must_use]
    pub fn shows_its_time(&self) -> bool {
        self.can_restart() && !is_portable()
    }

    /// Number of times that it has been started.
    #[must_use]
    pub const fn starts(&self) -> u32 {
        self.starts
    }

    /// The address at which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match (&self.process, &self.origin) {
            (Some(process), _) => process.address(),
            (None, Origin::Address { address, .. }) => *address,
            (None, Origin::Command(_)) => SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }

    /// The directory that it stores files into, if that can be looked at.
    #[must_use]
    pub fn dir(&self) -> Option<PathBuf> {
        match (&self.process, &self.origin) {
            (Some(process), _) => Some(process.dir()),
            (None, Origin::Address { dir, .. }) => {
                let dir = dir.as_ref()?;
                Some(dir.held().path().to_owned())
            }
            (None, Origin::Command(_)) => None,
        }
    }

    /// The directory that the user has named for it, of which only some names are ours.
    #[must_use]
    pub fn claim(&self) -> Option<Arc<Claim>> {
        match &self.origin {
            Origin::Address { dir, .. } => dir.clone(),
            Origin::Command(_) => None,
        }
    }

    /// A directory that it has no business in, if there is one.
    #[must_use]
    pub fn outside(&self) -> Option<PathBuf> {
        self.process.as_ref().map(Process::outside)
    }

    /// The end of the server, in words; `None` while it runs, or when that cannot be seen.
    pub fn death(&mut self) -> Option<String> {
        self.process.as_mut()?.death()
    }

    /// Memory that the server held, in octets, if it was ended for that.
    pub fn exceeded_memory(&mut self) -> Option<u64> {
        self.process.as_mut()?.exceeded_memory()
    }

    /// The end of what it wrote to standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.process
            .as_ref()
            .map(Process::stderr)
            .unwrap_or_default()
    }

    /// Its resident memory in octets, if that can be seen.
    #[must_use]
    pub fn resident(&mut self) -> Option<u64> {
        self.process.as_mut()?.resident()
    }

    /// The most resident memory that one of its processes has held, in octets, if that can be seen.
    #[must_use]
    pub fn highest_peak(&mut self) -> Option<u64> {
        self.process.as_mut()?.highest_peak()
    }

    /// Octets of memory that it holds beyond `before`, which was its resident memory, if that can be seen. What several
    /// of its processes share counts once: a process that is forked takes nothing by it.
    pub fn grown_since(&mut self, before: u64) -> Option<u64> {
        let held = self.process.as_mut()?.held(before)?;
        Some(held.saturating_sub(before))
    }

    /// Octets by which its memory has grown since the last connection was opened, if that can be seen.
    pub fn memory_taken(&mut self) -> Option<u64> {
        let before = self.resident_before?;
        self.grown_since(before)
    }

    /// Opens a connection, once the testee has dealt with those before.
    ///
    /// # Errors
    /// No server listens, or none answers in time.
    pub fn connect(&mut self) -> io::Result<Connection> {
        self.settle();
        self.connect_at_once()
    }

    /// Opens a connection at once, whatever the testee is doing.
    ///
    /// # Errors
    /// As [`Server::connect`].
    pub fn connect_at_once(&mut self) -> io::Result<Connection> {
        self.resident_before = self.resident();
        let (address, must_show) = (self.address(), self.shows_queues());
        Connection::open(address, self, must_show)
    }

    /// Waits until every thread of the testee sleeps and has done nothing between two looks,
    /// within bounds. A session that has just ended has given its slot back by then.
    pub fn settle(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        self.settling.settle(|| process.activity());
    }

    /// Waits until it has dealt with what it was sent: as [`Server::settle`], but for as much of its
    /// processor time as `bound`.
    pub fn come_to_rest(&mut self, bound: Duration) {
        if let Some(process) = &mut self.process {
            come_to_rest(bound, || process.activity());
        }
    }
}

impl Watch for Server {
    fn activity(&mut self) -> Option<Activity> {
        self.process.as_mut()?.activity()
    }

    fn backlog(&mut self, local: SocketAddr, remote: SocketAddr, sent: u64) -> Option<Backlog> {
        self.queues.as_mut()?.backlog(local, remote, sent)
    }
}
