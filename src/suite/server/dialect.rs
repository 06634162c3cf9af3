//! Guesses for a testee that does not answer: which framing does it speak instead?

use std::borrow::Cow;

use crate::framing::Framing;
use crate::suite::mistaken::{Side, mistaken};
use crate::testee::server::Server;
use crate::testee::wait::Patience;

/// Another framing that a testee answers to.
pub(crate) struct Dialect {
    /// The requirement that it breaks.
    pub(crate) requirement: &'static str,
    /// The octets that were answered, in words.
    pub(crate) found: Cow<'static, str>,
    /// The likely mistake of the server.
    pub(crate) cause: Cow<'static, str>,
    octets: &'static [u8],
}

const DIALECTS: &[Dialect] = &[
    Dialect {
        requirement: "LEN-1",
        octets: b"\x05\0\0\0hello",
        found: Cow::Borrowed("it answers 05 00 00 00 68 65 6c 6c 6f"),
        cause: Cow::Borrowed("it reads lengths with the least significant octet first"),
    },
    Dialect {
        requirement: "FRM-1",
        octets: b"\0\0\0\x09hello",
        found: Cow::Borrowed("it answers 00 00 00 09 68 65 6c 6c 6f"),
        cause: Cow::Borrowed("it takes lengths to count themselves"),
    },
    Dialect {
        requirement: "LEN-1",
        octets: b"\0\x05hello",
        found: Cow::Borrowed("it answers 00 05 68 65 6c 6c 6f"),
        cause: Cow::Borrowed("it reads lengths of 2 octets"),
    },
    Dialect {
        requirement: "LEN-1",
        octets: b"\0\0\0\0\0\0\0\x05hello",
        found: Cow::Borrowed("it answers 00 00 00 00 00 00 00 05 68 65 6c 6c 6f"),
        cause: Cow::Borrowed("it reads lengths of 8 octets"),
    },
    Dialect {
        requirement: "FRM-1",
        octets: b"hello\n",
        found: Cow::Borrowed("it answers the line \"hello\""),
        cause: Cow::Borrowed("it reads lines instead of frames"),
    },
    Dialect {
        requirement: "FRM-1",
        octets: b"hello\0",
        found: Cow::Borrowed("it answers \"hello\" and U+0000"),
        cause: Cow::Borrowed("it reads texts that end at U+0000 instead of frames"),
    },
];

/// Tries one framing after the other, each on a fresh connection.
pub(crate) fn probe(framing: &Framing, testee: &mut Server, patience: Patience) -> Option<Dialect> {
    if !framing.is_reference() {
        return probe_framings(framing, testee, patience);
    }
    let found = DIALECTS.iter().find(|dialect| {
        let answer = answer_to(dialect.octets, testee, patience, 1);
        answer.is_some_and(|answer| !answer.is_empty())
    })?;
    Some(Dialect {
        found: found.found.clone(),
        cause: found.cause.clone(),
        ..*found
    })
}

/// Tries the framings that a mistake makes of this one: two frames come back as they went.
pub(crate) fn probe_framings(
    framing: &Framing,
    testee: &mut Server,
    patience: Patience,
) -> Option<Dialect> {
    let payloads = [&b"hello, everybody"[..], b"hi there"];
    let candidates = mistaken(framing, Side::Reads).into_iter();
    candidates
        .take(MOST_FRAMINGS)
        .find_map(|(other, requirement, cause)| {
            let stream = other.stream(payloads).ok()?;
            if framing.payloads(&stream).payloads == payloads {
                // Right servers answer it too.
                return None;
            }
            // A server that reads lengths wrongly may write them well.
            let well = framing.stream(payloads).ok()?;
            let least = stream.len().min(well.len());
            let answer = answer_to(&stream, testee, patience, least)?;
            let is_well = framing.payloads(&answer).payloads == payloads;
            (is_well || answer == stream).then(|| Dialect {
                requirement,
                found: Cow::Owned(format!("it answers frames of {other}")),
                cause: Cow::Owned(cause),
                octets: b"",
            })
        })
}

/// The most framings that are tried: each takes a wait.
const MOST_FRAMINGS: usize = 12;

/// Returns the answer to octets, as soon as it has `least` octets.
fn answer_to(
    octets: &[u8],
    testee: &mut Server,
    patience: Patience,
    least: usize,
) -> Option<Vec<u8>> {
    let mut connection = testee.connect().ok()?;
    connection.send(testee, octets, patience.busy);
    connection.wait(testee, patience, |connection| {
        connection.seen().len() >= least || connection.ending().is_some()
    });
    Some(connection.seen().to_vec())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::testee::server::Origin;

    /// The dialect that is found of a server that answers these octets, and closes over any others.
    fn found_of(answered: &'static [u8]) -> Option<(&'static str, Cow<'static, str>)> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let testee = std::thread::spawn(move || {
            for stream in listener.incoming().take(DIALECTS.len()) {
                let mut stream = stream.unwrap();
                let mut came = [0; 64];
                let count = stream.read(&mut came).unwrap();
                if came[..count] == *answered {
                    // Late, so that it has to be waited for.
                    std::thread::sleep(Duration::from_millis(20));
                    return stream.write_all(answered).unwrap();
                }
            }
        });
        let mut server = Server::new(Origin::Address { address, dir: None }).unwrap();
        let patience = Patience {
            idle: Duration::from_secs(30),
            busy: Duration::from_secs(30),
        };
        let found = probe(&Framing::default(), &mut server, patience);
        testee.join().unwrap();
        found.map(|dialect| (dialect.requirement, dialect.cause))
    }

    #[test]
    fn each_dialect_is_told_by_what_it_answers() {
        for (answered, requirement, cause) in [
            (
                &b"\x05\0\0\0hello"[..],
                "LEN-1",
                "it reads lengths with the least significant octet first",
            ),
            (
                b"\0\0\0\x09hello",
                "FRM-1",
                "it takes lengths to count themselves",
            ),
            (b"\0\x05hello", "LEN-1", "it reads lengths of 2 octets"),
            (
                b"\0\0\0\0\0\0\0\x05hello",
                "LEN-1",
                "it reads lengths of 8 octets",
            ),
            (b"hello\n", "FRM-1", "it reads lines instead of frames"),
            (
                b"hello\0",
                "FRM-1",
                "it reads texts that end at U+0000 instead of frames",
            ),
        ] {
            assert_eq!(found_of(answered), Some((requirement, cause.into())));
        }
        assert_eq!(found_of(b"anything else"), None);
    }

    /// A server that reads lengths wrongly, and writes them well.
    #[test]
    fn what_is_read_wrongly_is_found_where_it_is_written_well() {
        let payloads = [&b"hello, everybody"[..], b"hi there"];
        let framing: Framing = "u16le".parse().unwrap();
        let well = framing.stream(payloads).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let testee = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut came = vec![0; well.len()];
            stream.read_exact(&mut came).unwrap();
            stream.write_all(&well).unwrap();
            came
        });
        let mut server = Server::new(Origin::Address { address, dir: None }).unwrap();
        let patience = Patience {
            idle: Duration::from_secs(30),
            busy: Duration::from_secs(30),
        };
        let found = probe(&framing, &mut server, patience).unwrap();
        assert_eq!(found.requirement, "LEN-1");
        assert_eq!(
            found.cause,
            "it reads lengths with the most significant octet first"
        );
        assert!(testee.join().unwrap().starts_with(b"\0\x10hello"));
    }
}
