//! Closes and resets, whether a read or a write hears of them first.

use std::io::Write;
use std::net::TcpListener;

use super::*;

/// A connection, and the testee's end of it.
fn connected() -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let theirs = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let ours = listener.accept().unwrap().0;
    (Connection::accepted(ours).unwrap(), theirs)
}

const LONG: Duration = Duration::from_secs(30);

/// A reset may take octets along, and stays a reset whether a read or a write hears of it first.
#[test]
fn a_reset_that_a_write_is_told_of_is_no_orderly_close() {
    for reads_first in [false, true] {
        let (mut connection, mut testee) = connected();
        testee.write_all(b"part").unwrap();
        connection.poll(PollFlags::IN, LONG);
        rustix::net::sockopt::set_socket_linger(&testee, Some(Duration::ZERO)).unwrap();
        drop(testee);
        // The reset is there, and nobody has been told.
        connection.poll(PollFlags::empty(), LONG);
        let expected = if reads_first {
            connection.pump();
            Ending::ResetOnRead
        } else {
            Ending::ErrorOnWrite
        };
        assert_eq!(connection.write(b"more", LONG), 0);
        assert_eq!(connection.ending(), Some(expected));
        assert_eq!(connection.seen(), b"part");
    }
}

/// A process that is being started holds a copy of each descriptor until its program is there.
#[test]
fn a_reset_awaits_no_copy_of_the_descriptor() {
    let (connection, mut testee) = connected();
    let copy = connection.stream.try_clone().unwrap();
    connection.reset();
    drop(connection);
    testee.set_read_timeout(Some(LONG)).unwrap();
    let error = testee.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    drop(copy);
}

/// Octets that were written before an orderly close have all come, and our write comes too late.
#[test]
fn a_write_behind_an_orderly_close_changes_nothing() {
    let (mut connection, mut testee) = connected();
    testee.write_all(b"whole").unwrap();
    drop(testee);
    connection.poll(PollFlags::RDHUP, LONG);
    // The system takes this, and is told that nobody is there.
    assert_eq!(connection.stream.write(b"more").unwrap(), 4);
    connection.poll(PollFlags::empty(), LONG);
    assert_eq!(connection.write(b"more", LONG), 0);
    assert_eq!(connection.ending(), Some(Ending::EndOfStream));
    assert_eq!(connection.seen(), b"whole");
}
