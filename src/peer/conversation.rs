//! The server's end of one session without its socket: octets in, replies out, files into
//! the store.

use std::io::{self, Write};

use super::READ_OCTETS;
use super::incoming::Transfer;
use super::store::Store;
use crate::wire::frame;
use crate::wire::length::LengthError;
use crate::wire::reply::{LocalTime, reply};
use crate::wire::session::{ServerEvent, ServerSession, SessionError};
use crate::wire::verified::{Algorithm, Answer};

/// The reason why a session ends otherwise than by `q` or a clean end of stream.
#[derive(Debug, thiserror::Error)]
pub enum SessionEnd {
    /// The client broke the protocol (SES-8).
    #[error(transparent)]
    Protocol(#[from] SessionError),
    /// A text leaves no room for the rest of its reply.
    #[error(transparent)]
    Reply(#[from] LengthError),
    /// The connection or the store failed (TRF-11).
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The state of a session: it goes on, or is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// More may come.
    On,
    /// The client has said `q`: close (SES-2).
    Over,
}

/// A session, as a server sees it.
#[derive(Debug)]
pub struct Conversation<'s> {
    session: ServerSession,
    store: &'s Store,
    incoming: Option<Transfer>,
    /// The algorithm of the transfer that has been commanded, if it is verified.
    verified: Option<Algorithm>,
    replies: Vec<u8>,
}

impl<'s> Conversation<'s> {
    /// A session that refuses payloads above `max_payload` octets (FRM-7) and stores files
    /// into `store`.
    #[must_use]
    pub const fn new(store: &'s Store, max_payload: u32) -> Self {
        Self {
            session: ServerSession::new(max_payload),
            store,
            incoming: None,
            verified: None,
            replies: Vec::new(),
        }
    }

    /// The same session for a server that has the extension (VTR).
    #[must_use]
    pub fn verifying(mut self) -> Self {
        self.session = self.session.verifying();
        self
    }

    /// Takes what arrived and writes the replies to it. Replies to messages that came
    /// together leave together, within bounds.
    ///
    /// # Errors
    /// [`SessionEnd`]: close the connection. The replies owed until then have been written,
    /// if the output took them.
    pub fn take(&mut self, mut input: &[u8], output: &mut impl Write) -> Result<Goes, SessionEnd> {
        let outcome = self.events(&mut input, output);
        output.write_all(&self.replies)?;
        self.replies.clear();
        outcome
    }

    fn events(&mut self, input: &mut &[u8], output: &mut impl Write) -> Result<Goes, SessionEnd> {
        while let Some(event) = self.session.next(input)? {
            match event {
                ServerEvent::Message(text) => {
                    let reply = reply(text, local_time());
                    frame::encode(reply.as_bytes(), &mut self.replies)?;
                    if self.replies.len() >= READ_OCTETS {
                        output.write_all(&self.replies)?;
                        self.replies.clear();
                    }
                }
                ServerEvent::FileCommand => self.verified = None,
                ServerEvent::VerifiedCommand(algorithm) => {
                    self.verified = Some(algorithm);
                    let ready = Answer::Ready.message(algorithm);
                    frame::encode(ready.as_bytes(), &mut self.replies)?;
                }
                ServerEvent::FileStart(header) => {
                    self.incoming = Some(match self.verified {
                        None => Transfer::plain(self.store, &header.name)?,
                        Some(by) => Transfer::verified(self.store, &header.name, by),
                    });
                }
                ServerEvent::FilePart(part) => {
                    if let Some(incoming) = &mut self.incoming {
                        incoming.write(part)?;
                    }
                }
                ServerEvent::FileEnd => {
                    if let Some(Transfer::Plain(incoming)) = self.incoming.take() {
                        incoming.finish()?;
                    }
                }
                ServerEvent::FileDigest(digest) => {
                    if let Some(Transfer::Verified(verified)) = self.incoming.take() {
                        let answer = verified.finish(digest);
                        frame::encode(answer.as_bytes(), &mut self.replies)?;
                    }
                }
                ServerEvent::Quit => return Ok(Goes::Over),
            }
        }
        Ok(Goes::On)
    }

    /// Says that the client has ended its sending side.
    ///
    /// # Errors
    /// [`SessionError`] where a stream must not end.
    pub fn finish(self) -> Result<(), SessionError> {
        self.session.finish()
    }
}

fn local_time() -> LocalTime {
    let now = jiff::ZonedDateTime::now();
    // Outside these ranges no calendar date lies, so nothing is lost.
    LocalTime {
        year: now.year().unsigned_abs(),
        month: now.month().unsigned_abs(),
        day: now.day().unsigned_abs(),
        hour: now.hour().unsigned_abs(),
        minute: now.minute().unsigned_abs(),
        second: now.second().unsigned_abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::store::Sync;
    use std::path::Path;

    /// Number of octets that each write took.
    #[derive(Default)]
    struct Writes(Vec<usize>);

    impl Write for Writes {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.push(octets.len());
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn replies_leave_together_within_bounds() {
        let store = Store::new(Path::new("unused"), Sync::default());
        let mut writes = Writes::default();
        let mut take = |count| {
            let mut conversation = Conversation::new(&store, 16);
            let messages = b"\0\0\0\x02hi".repeat(count);
            let goes = conversation.take(&messages, &mut writes).unwrap();
            assert_eq!(goes, Goes::On);
            std::mem::take(&mut writes.0)
        };
        // Each reply has 80 octets and its length.
        assert_eq!(take(3), [3 * 84]);
        let many = take(10_000);
        assert_eq!(many.iter().sum::<usize>(), 10_000 * 84);
        assert!(many.iter().all(|octets| *octets < 65_536 + 84), "{many:?}");
        assert!(many.len() < 20, "{many:?}");
    }

    #[test]
    fn an_end_inside_a_frame_is_told() {
        let store = Store::new(Path::new("unused"), Sync::default());
        let mut conversation = Conversation::new(&store, 16);
        conversation.take(b"\0\0", &mut io::sink()).unwrap();
        let end = conversation.finish().unwrap_err().to_string();
        assert_eq!(
            end,
            "the stream ended inside a frame, 2 octets after its first"
        );
    }
}
