//! The reference server and client: std sockets and threads around [`crate::wire`].

use std::io::{self, Read};

pub mod aligned;
pub mod client;
pub mod conversation;
mod hasher;
mod incoming;
pub mod open_files;
mod read_ahead;
pub mod screen;
pub mod server;
pub mod store;

/// Size of a read buffer, in octets; a server's grows where much arrives.
const READ_OCTETS: usize = 65_536;

/// A read that begins anew when a signal interrupts it.
fn read(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source whose reads have these outcomes, one after the other.
    struct Outcomes(Vec<io::Result<usize>>);

    impl Read for Outcomes {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0.remove(0)
        }
    }

    #[test]
    fn only_an_interrupted_read_begins_anew() {
        let interrupted = || Err(io::ErrorKind::Interrupted.into());
        let mut source = Outcomes(vec![
            interrupted(),
            interrupted(),
            Ok(3),
            Err(io::ErrorKind::ConnectionReset.into()),
        ]);
        assert_eq!(read(&mut source, &mut []).unwrap(), 3);
        let error = read(&mut source, &mut []).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
