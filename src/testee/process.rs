//! A server as a process: started, and waited for until it listens.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::launch::{StartError, Template};
use super::pipe_reader::PipeReader;
use super::port::{HOST, Port};
use super::ready::Ready;
use super::supervise::guard::Kind;
use super::supervise::{LOOK_AGAIN, Supervised};
use super::wait::{LOOK_EVERY, TimeHad};
use super::watch::{Activity, Queues};

/// Number of ports on which the start of a server is tried.
const PORTS_TRIED: usize = 100;

/// Time limit of one attempt to connect: a server that has a full queue of connections answers none.
const CONNECT_BOUND: Duration = Duration::from_secs(1);

/// Time after which a server that has not been seen to listen on this machine's loopback may be
/// reached all the same.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);

/// Time limit of the look-up of the name of a host.
const LOOKUP_BOUND: Duration = Duration::from_secs(2);

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Process {
    supervised: Supervised,
    stdout: PipeReader<Ready>,
    address: SocketAddr,
    /// Dropped last, when the testee has ended.
    _port: Option<Port>,
}

impl Process {
    /// Starts a testee and waits until it listens.
    ///
    /// # Errors
    /// [`StartError`], which says what to look at.
    pub fn start(template: &Template) -> Result<Self, StartError> {
        for _ in 1..PORTS_TRIED {
            match Self::start_once(template) {
                Err(StartError::PortTaken(_)) => {}
                started => return started,
            }
        }
        Self::start_once(template)
    }

    fn start_once(template: &Template) -> Result<Self, StartError> {
        let has_port = template.says("{port}");
        let held = has_port.then(Port::hold).transpose()?;
        let port = held.as_ref().map_or(0, Port::number);
        let (supervised, stdout) = Supervised::start(template, port, Kind::Server)?;
        let mut process = Self {
            supervised,
            stdout: PipeReader::of(stdout, Ready::default())?,
            address: SocketAddr::from((HOST, port)),
            _port: held,
        };
        process.wait_until_it_listens(template, has_port)?;
        Ok(process)
    }

    fn wait_until_it_listens(
        &mut self,
        template: &Template,
        has_port: bool,
    ) -> Result<(), StartError> {
        let started = Instant::now();
        let mut time = TimeHad::none();
        let mut looked = started;
        let mut said = None;
        let mut queues = Queues::open();
        loop {
            if let Some(status) = self.supervised.ended() {
                return Err(self.supervised.start_error(status));
            }
            if !has_port && said.is_none() {
                said = self.stdout.so_far().kept.address().map(str::to_owned);
                if let Some(address) = said.as_ref().and_then(|said| resolve(said)) {
                    self.address = address;
                }
            }
            let waited = started.elapsed();
            let says_so = said.is_some();
            if (has_port || says_so) && self.is_reached(queues.as_mut(), says_so, waited) {
                return Ok(());
            }
            if looked.elapsed() >= LOOK_EVERY {
                time.look(self.supervised.starting());
                looked = Instant::now();
            }
            if time.is_above(template.timeout) {
                let stderr = self.supervised.stderr();
                return Err(if has_port || said.is_some() {
                    StartError::NotListening {
                        address: said.unwrap_or_else(|| self.address.to_string()),
                        waited,
                        stderr,
                    }
                } else {
                    StartError::NotReady { waited, stderr }
                });
            }
            // The system gives no notice of a port that another process opens; look again.
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// True if the server listens. A connection is made only where that cannot be seen: some servers serve
    /// one and end.
    fn is_reached(&self, queues: Option<&mut Queues>, says_so: bool, waited: Duration) -> bool {
        let seen = queues.map(|queues| queues.is_listening(self.address));
        // A server behind a forwarded address has its socket elsewhere.
        let elsewhere = says_so || waited >= SHOWN_WITHIN || !self.address.ip().is_loopback();
        match seen {
            Some(true) => true,
            Some(false) if !elsewhere => false,
            _ => TcpStream::connect_timeout(&self.address, CONNECT_BOUND).is_ok(),
        }
    }

    /// The address at which the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The directory that it stores files into.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.supervised.dir()
    }

    /// A directory beside [`Process::dir`] that it has no business in.
    #[must_use]
    pub fn outside(&self) -> PathBuf {
        self.supervised.outside()
    }

    /// The end of the server, in words that follow "it ended", once none of its processes is left; `None`
    /// while it runs.
    pub fn death(&mut self) -> Option<String> {
        self.supervised.death()
    }

    /// Memory that the server held, in octets, if it was ended for that.
    pub fn exceeded_memory(&mut self) -> Option<u64> {
        self.supervised.exceeded_memory()
    }

    /// The end of what it wrote to standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.supervised.stderr()
    }

    /// The activity of all of its processes now.
    pub(crate) fn activity(&mut self) -> Option<Activity> {
        self.supervised.activity()
    }

    /// The resident memory of all of its processes, in octets.
    #[must_use]
    pub fn resident(&mut self) -> Option<u64> {
        self.supervised.resident()
    }

    /// The memory that all of its processes hold, in octets; where their sum is more than `bound`, with what several of
    /// them share counted once.
    #[must_use]
    pub fn held(&mut self, bound: u64) -> Option<u64> {
        self.supervised.held(bound)
    }

    /// The most resident memory that one of its processes has held, in octets.
    #[must_use]
    pub fn highest_peak(&mut self) -> Option<u64> {
        self.supervised.highest_peak()
    }
}

fn resolve(address: &str) -> Option<SocketAddr> {
    let address = address.trim();
    let mut address = address.parse().ok().or_else(|| looked_up(address))?;
    // A server that listens everywhere is reached on the loopback.
    if address.ip().is_unspecified() {
        address.set_ip(HOST.into());
    }
    Some(address)
}

/// The address of a host by its name: asked apart, because the system may take minutes to say no.
fn looked_up(address: &str) -> Option<SocketAddr> {
    let (sender, found) = mpsc::channel();
    let address = address.to_owned();
    thread::spawn(move || sender.send(address.to_socket_addrs().ok()?.next()?).ok());
    found.recv_timeout(LOOKUP_BOUND).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_and_everywhere_is_here() {
        let here = Some(SocketAddr::from((HOST, 7)));
        for said in ["127.0.0.1:7", " 0.0.0.0:7\r"] {
            assert_eq!(resolve(said), here);
        }
        assert!(resolve("localhost:7").is_some_and(|found| found.ip().is_loopback()));
        assert_eq!(resolve("127.0.0.1"), None);
    }
}
