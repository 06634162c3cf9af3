//! Ports for testees: free ones, each promised to one testee at a time.
//!
//! A testee is told its port before it listens there. Until it does, the port must go to nobody
//! else: not to a connection of anyone, so it is below the range from which the system serves
//! clients; and not to another testee, of this process or of any other that runs the harness, so its
//! number is held as a name that the system gives to one holder only, and takes back from a process
//! that is killed.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::ops::Range;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};

/// Address at which testees listen, and to which they connect.
pub(super) const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Ports below those that the system gives to clients.
const PORTS: Range<u16> = 10_240..32_768;

/// Number of ports that are tried.
const TRIES: usize = 1_000;

/// A port that is free, and held for the program that is told of it until this is dropped.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    _held: UnixListener,
}

impl Port {
    /// Holds a port at which nobody listens.
    ///
    /// # Errors
    /// The error of the last port that was tried, when none was free.
    pub(super) fn hold() -> io::Result<Self> {
        tried(Self::hold_this)
    }

    fn hold_this(number: u16) -> io::Result<Self> {
        let name = SocketAddr::from_abstract_name(format!("unstick-port-{number}"))?;
        let held = UnixListener::bind_addr(&name)?;
        if TcpStream::connect((HOST, number)).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        Ok(Self {
            number,
            _held: held,
        })
    }

    /// Its number.
    pub(super) const fn number(&self) -> u16 {
        self.number
    }
}

/// Listens on a port, and holds it: no other harness that looks for a port connects to this one to see
/// whether a program listens.
///
/// # Errors
/// The error of the last port that was tried, when none was free.
pub(super) fn listen() -> io::Result<(TcpListener, Port)> {
    tried(|number| {
        let port = Port::hold_this(number)?;
        Ok((TcpListener::bind((HOST, number))?, port))
    })
}

fn tried<T>(mut attempt: impl FnMut(u16) -> io::Result<T>) -> io::Result<T> {
    let mut last = None;
    for _ in 0..TRIES {
        let number = PORTS.start + fastrand::u16(0..PORTS.len() as u16);
        match attempt(number) {
            Ok(found) => return Ok(found),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("there were tries"))
}

/// True if a bind without SO_REUSEADDR, as plain as a testee's may be, finds a port free: connections of the
/// last program that listened there are in the way for a minute.
///
/// The check takes the port for a moment; and so would any process that is being started meanwhile, until it
/// runs its program. The guard asks, because it starts nothing else.
pub(super) fn is_free(number: u16) -> bool {
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, number);
    socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .and_then(|socket| bind(&socket, &address))
    .is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_port_has_one_holder_at_a_time_and_is_free_again() {
        let held = Port::hold().unwrap();
        Port::hold_this(held.number()).unwrap_err();
        // Another run of the harness may be faster than we, though not every time.
        let again = || {
            let number = Port::hold().unwrap().number();
            Port::hold_this(number).is_ok()
        };
        assert!((0..10).any(|_| again()));
    }

    #[test]
    fn a_port_that_someone_listens_on_is_not_held() {
        let (listener, port) = listen().unwrap();
        let number = port.number();
        // While it is held, nobody comes to look.
        Port::hold_this(number).unwrap_err();
        listener.set_nonblocking(true).unwrap();
        listener.accept().unwrap_err();
        // Without the name, an attempt to connect shows that the port is taken.
        drop(port);
        Port::hold_this(number).unwrap_err();
    }

    #[test]
    fn a_port_is_not_free_while_connections_of_its_last_listener_remain() {
        let (listener, _port) = listen().unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        let (ours, _) = listener.accept().unwrap();
        assert!(!is_free(address.port()));
        // The side that closes first is the one whose connection stays a while.
        drop((ours, listener));
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        drop(client);
        assert!(!is_free(address.port()));
        // Other tests start processes, which may stand in the way of one or another.
        assert!((0..100).any(|_| is_free(Port::hold().unwrap().number())));
    }
}
