//! The class of a server that nobody has named: one message, and its reply.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The time within which the message is to be answered.
const OPENING: Duration = Duration::from_secs(5);

/// The opening message.
pub(super) const HELLO: &[u8] = b"hello";

/// The payload that comes back for a message.
pub(super) fn answer(address: SocketAddr, message: &[u8]) -> io::Result<Vec<u8>> {
    const MOST: u32 = 4096;
    let mut stream = TcpStream::connect_timeout(&address, OPENING)?;
    stream.set_read_timeout(Some(OPENING))?;
    stream.write_all(&frame(message))?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > MOST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut reply = vec![0; length as usize];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

fn frame(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32).to_be_bytes(), payload].concat()
}
