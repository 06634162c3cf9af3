use std::io::Read;
use std::net::{TcpListener, TcpStream};

use super::expect::in_words;
use super::*;
use crate::testee::server::Origin;

/// Time limits for a server that answers or closes at once, or never does.
const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(30),
    busy: Duration::from_secs(30),
};

/// Returns the failure of a conversation with a server that does this with the one connection that it
/// takes, which stays open where it is handed back; the server has reason to close from the octets behind
/// `unread_behind` on.
fn goes_wrong(
    testee: impl FnOnce(TcpStream) -> Option<TcpStream> + Send + 'static,
    moves: &[Move<'_>],
    bound: Duration,
    unread_behind: Option<u64>,
) -> Option<What> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let testee = std::thread::spawn(move || testee(listener.accept().unwrap().0));
    let mut server = Server::new(Origin::Address { address, dir: None }).unwrap();
    let terms = Terms {
        form: ReplyForm::Echo,
        strict: false,
        patience: PATIENCE,
        bound,
        directory: None,
        unread_behind,
        after_an_error: false,
        asks_why: false,
        framing: Framing::default(),
    };
    let outcome = converse(&mut server, moves, &terms);
    testee.join().unwrap();
    match outcome {
        Outcome::AsExpected => None,
        Outcome::Failed(failure) => Some(failure.what),
    }
}

/// A lost reply is excused by a reset, and only behind octets that the server was right to leave unread.
#[test]
fn a_lost_reply_is_excused_only_where_a_reset_is() {
    let without_a_reply = |resets: bool, unread_behind: u64| {
        let testee = move |mut stream: TcpStream| {
            stream.read_exact(&mut [0; 11]).unwrap();
            if resets {
                rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
            }
            None
        };
        let reply = Action::Deliver(b"hi"[..].into());
        let two = b"\0\0\0\x02hi\0\0\0\x01q";
        let moves = [Move::Chunk(two.to_vec()), Move::Step(&reply)];
        goes_wrong(testee, &moves, PATIENCE.busy, Some(unread_behind))
    };
    assert_eq!(without_a_reply(true, 6), None);
    assert_eq!(without_a_reply(true, 10), None);
    for place in [11, 12] {
        assert_eq!(without_a_reply(true, place), Some(What::ClosedInstead));
    }
    assert_eq!(without_a_reply(false, 6), Some(What::ClosedInstead));
}

/// Sends more than the system takes in the server's place.
#[test]
fn one_that_reads_nothing_is_told_from_one_that_replies_nothing() {
    let moves = [Move::Chunk(vec![0; 32 * 1024 * 1024])];
    let wrong = goes_wrong(Some, &moves, Duration::from_millis(100), None);
    assert_eq!(wrong, Some(What::NotTaken));
}

#[test]
fn payloads_in_words() {
    for (payload, words) in [
        ("", "the empty payload"),
        ("hi", "\"hi\""),
        (&"ä".repeat(40), &*format!("{:?}", "ä".repeat(40))),
        (&"ä".repeat(41), "the 82 octets that were sent"),
    ] {
        assert_eq!(in_words(payload.as_bytes()), words);
    }
    assert_eq!(in_words(b"\xFF\xFE"), "the 2 octets that were sent");
}
