//! A connection that is reset as soon as it is made.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, connect, socket, sockopt};

/// Connects, and resets the connection at once: usually before the listener has accepted it.
///
/// The option is set before the connection is made, so that nothing but the close lies between.
///
/// # Errors
/// No server listens.
pub fn connect_and_reset(address: SocketAddr) -> io::Result<()> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = socket(family, SocketType::STREAM, None)?;
    sockopt::set_socket_linger(&socket, Some(Duration::ZERO))?;
    connect(&socket, &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_connection_is_accepted_and_gone() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        connect_and_reset(listener.local_addr().unwrap()).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.peer_addr().is_err());
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}
