//! One conversation with a testee, and where it went another way than the trace has it.

use std::io;
use std::time::Duration;

use super::directory::Directory;
use super::directory_fault::DirectoryFault;
use super::failure::{Failure, HeldBack, OnDisk, What};
use super::reading::{delivery, idle, last_delivery};
use super::reply_form::{Difference, ReplyForm};
use crate::framing::{Framing, Place};
use crate::judge::evidence::{Evidence, Wanted};
use crate::suite::derived::adapted;
use crate::testee::connection::{Connection, Ending};
use crate::testee::server::Server;
use crate::testee::wait::Patience;
use crate::trace::Action;
use crate::trace::answer::Answer;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Move;

/// How a conversation went.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    AsExpected,
    Failed(Box<Failure>),
}

/// What a conversation is judged by.
pub(crate) struct Terms<'a> {
    pub(crate) framing: Framing,
    pub(crate) form: ReplyForm,
    /// Judge the form of replies and their time too (SES-5).
    pub(crate) strict: bool,
    pub(crate) patience: Patience,
    /// How long the testee may take nothing of what is sent.
    pub(crate) bound: Duration,
    pub(crate) directory: Option<&'a Directory>,
    /// Behind so many octets the testee has reason to close while some of ours lie unread, which makes
    /// the system send a reset, and that may take along what the testee had written before.
    pub(crate) unread_behind: Option<u64>,
    /// What lies there is a protocol error, after which no reply has to be sent any more (SES-8).
    pub(crate) after_an_error: bool,
    /// Find out why a reply did not come, which takes a moment.
    pub(crate) asks_why: bool,
}

/// How long a server may rest after another message before a reply is taken for lost.
const WHY: Duration = Duration::from_millis(250);

/// Has a conversation on a fresh connection.
pub(crate) fn converse(testee: &mut Server, moves: &[Move<'_>], terms: &Terms<'_>) -> Outcome {
    match testee.connect() {
        Ok(connection) => Talk::new(connection, terms).run(testee, moves),
        Err(error) => Outcome::Failed(no_connection(testee, &error)),
    }
}

fn death_of(testee: &mut Server) -> What {
    match testee.exceeded_memory() {
        Some(_) => What::TooMuchMemory,
        None => What::Died,
    }
}

/// The failure of a connection that was not made.
pub(crate) fn no_connection(testee: &mut Server, error: &io::Error) -> Box<Failure> {
    // One that is about to end listens no more, and is there a little longer.
    testee.settle();
    let (what, message) = match testee.death() {
        Some(death) => (
            death_of(testee),
            format!("the testee is gone: it ended {death}"),
        ),
        None => (
            What::NoConnection,
            format!("no connection could be made: {error}"),
        ),
    };
    Box::new(Failure {
        what,
        message,
        evidence: Evidence {
            expected: "that the testee accepts a connection".to_owned(),
            ended: "there was no connection".to_owned(),
            stderr: testee.stderr(),
            ..Evidence::default()
        },
        expected: None,
        held_back: None,
        on_disk: None,
        left_open: false,
    })
}

/// A conversation under way.
pub(crate) struct Talk<'t, 'a> {
    connection: Connection,
    terms: &'t Terms<'a>,
    /// What was sent, a chunk each.
    sent: Vec<Vec<u8>>,
    /// How much of what came has been accounted for, in octets.
    accounted: usize,
    /// How many payloads have been delivered as expected.
    delivered: usize,
}

impl<'t, 'a> Talk<'t, 'a> {
    pub(crate) const fn new(connection: Connection, terms: &'t Terms<'a>) -> Self {
        Self {
            connection,
            terms,
            sent: Vec::new(),
            accounted: 0,
            delivered: 0,
        }
    }

    pub(crate) const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// How much of what came has been accounted for, in octets.
    pub(crate) const fn accounted(&self) -> usize {
        self.accounted
    }

    /// Whether more has come than has been accounted for.
    pub(crate) fn has_more(&self) -> bool {
        self.connection.seen().len() > self.accounted
    }

    /// Notes what a case sends past [`Talk::send`].
    pub(crate) fn note_sent(&mut self, octets: &[u8]) {
        self.sent.push(octets.to_vec());
    }

    fn run(mut self, testee: &mut Server, moves: &[Move<'_>]) -> Outcome {
        match self.moves(testee, moves) {
            Ok(()) => Outcome::AsExpected,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Goes through the moves, up to the first that does not go as expected.
    pub(crate) fn moves(
        &mut self,
        testee: &mut Server,
        moves: &[Move<'_>],
    ) -> Result<(), Box<Failure>> {
        for (place, one) in moves.iter().enumerate() {
            let ends = matches!(moves.get(place + 1), Some(Move::Step(Action::EndOfStream)));
            let went = match one {
                Move::Chunk(chunk) if ends => self.send_last(testee, chunk),
                Move::Chunk(chunk) => self.send(testee, chunk),
                Move::Step(action) => self.step(testee, action),
            };
            went.map_err(|failure| self.seen_on_disk(failure, &moves[place..]))?;
        }
        self.finish(testee)
    }

    /// Sees that nothing more came than was expected, neither here nor on the disk.
    pub(crate) fn finish(&mut self, testee: &mut Server) -> Result<(), Box<Failure>> {
        if self.connection.ending().is_none() {
            // A reply too many may still be on its way.
            testee.settle();
        }
        self.connection.pump();
        self.nothing_more(testee)?;
        self.directory_sound(testee)
    }

    /// What is wrong on the disk explains what comes back: octets of the next frame that lie
    /// in a file are answered by nobody, and what was written outside was not refused.
    fn seen_on_disk(&self, mut failure: Box<Failure>, rest: &[Move<'_>]) -> Box<Failure> {
        let Some(directory) = self.terms.directory else {
            return failure;
        };
        let longer = || {
            rest.iter().find_map(|one| match one {
                Move::Step(Action::Stored { name, content }) => directory
                    .stored(name, &content.to_vec())
                    .err()
                    .filter(|fault| matches!(fault, DirectoryFault::Longer { .. })),
                _ => None,
            })
        };
        if matches!(failure.what, What::Missing | What::ClosedInstead) {
            failure.on_disk = rest.iter().find_map(|one| match one {
                Move::Step(Action::Stored { name, content }) => {
                    Some(match directory.stored(name, &content.to_vec()) {
                        Ok(()) => OnDisk::Whole,
                        Err(DirectoryFault::Shorter { .. }) => OnDisk::Short,
                        Err(DirectoryFault::Missing { .. }) => OnDisk::Nothing,
                        Err(_) => OnDisk::Other,
                    })
                }
                _ => None,
            });
        }
        let fault = match failure.what {
            What::Missing => longer(),
            _ => None,
        };
        let fault = directory.outside_untouched().err().or(fault);
        if let Some(fault) = fault {
            failure.message = format!("{fault}; {}", failure.message);
            failure.what = What::Directory(fault);
        }
        failure
    }

    /// Sends one chunk, and waits until it has been taken.
    pub(crate) fn send(&mut self, testee: &mut Server, chunk: &[u8]) -> Result<(), Box<Failure>> {
        self.sending(testee, chunk)?;
        let sent = self.connection.send(testee, chunk, self.terms.bound);
        self.taken(testee, sent)
    }

    /// Sends the chunk before the end of our sending side together with that.
    fn send_last(&mut self, testee: &mut Server, chunk: &[u8]) -> Result<(), Box<Failure>> {
        self.sending(testee, chunk)?;
        let sent = self.connection.send_last(chunk, self.terms.bound);
        self.taken(testee, sent)
    }

    fn sending(&mut self, testee: &mut Server, chunk: &[u8]) -> Result<(), Box<Failure>> {
        if self.sent.is_empty() {
            self.connection.pump();
            self.nothing_unsolicited(testee)?;
        } else if let Some(place) = self.terms.unread_behind {
            let before = self.connection.sent();
            if (before..before + chunk.len() as u64).contains(&place) {
                // A close for another reason is seen now, or it would be taken for one that is right.
                testee.settle();
                self.connection.pump();
            }
        }
        self.sent.push(chunk.to_vec());
        Ok(())
    }

    /// A testee that closes while we send is judged by what is expected next.
    fn taken(&self, testee: &mut Server, sent: bool) -> Result<(), Box<Failure>> {
        if sent || self.connection.ending().is_some() {
            return Ok(());
        }
        self.fail(
            testee,
            What::NotTaken,
            "the testee took nothing more of what was sent, and left the connection open",
            "that the testee reads what is sent",
        )
    }

    fn step(&mut self, testee: &mut Server, action: &Action) -> Result<(), Box<Failure>> {
        match action {
            Action::Frame { .. } | Action::Parts(_) | Action::Send(_) => Ok(()),
            Action::EndOfStream => {
                self.connection.end_of_stream();
                Ok(())
            }
            Action::Deliver(payload) => self.deliver(testee, &payload.to_vec()),
            Action::Answer(answer) => self.answer(testee, answer),
            Action::Silence => {
                testee.settle();
                self.connection.pump();
                self.nothing_unsolicited(testee)?;
                self.nothing_more(testee)
            }
            Action::Close => self.close(testee, "that the testee closes, having sent nothing more"),
            Action::Refusal => self.close(
                testee,
                "a refusal: the testee closes, and answers nothing more",
            ),
            Action::Stored { name, content } => {
                let content = content.to_vec();
                self.on_disk(testee, |directory| directory.stored(name, &content))
            }
            Action::Absent(name) => {
                testee.settle();
                self.on_disk(testee, |directory| directory.absent(name))
            }
            Action::Untouched => {
                testee.settle();
                self.on_disk(testee, Directory::untouched)
            }
        }
    }

    /// Whether the connection ended so that the testee may have left out in its right what it owed: by a
    /// reset, or by any close after a protocol error (SES-8).
    fn may_lose_replies(&self) -> bool {
        let sent = self.connection.sent();
        let was_right = self.terms.unread_behind.is_some_and(|place| sent > place);
        let excused = |ending: Ending| self.terms.after_an_error || ending.is_reset();
        was_right && self.connection.ending().is_some_and(excused)
    }

    /// Waits for the next payload and compares it.
    pub(crate) fn deliver(
        &mut self,
        testee: &mut Server,
        expected: &[u8],
    ) -> Result<(), Box<Failure>> {
        let from = self.accounted;
        let framing = &self.terms.framing;
        let next = |octets: &[u8]| delivery(framing, from == 0, &octets[from..]);
        self.connection
            .wait(testee, self.terms.patience, |connection| {
                next(connection.seen()).is_some() || connection.ending().is_some()
            });
        let number = self.delivered + 1;
        let seen = self.connection.seen();
        let delivered = next(seen).or_else(|| {
            self.connection.ending()?;
            let last = last_delivery(framing, &seen[from..])?;
            Some((last, seen.len() - from))
        });
        let wanted = format!("delivery {number}: {}", in_words(expected));
        let Some((delivered, length)) = delivered else {
            if self.may_lose_replies() {
                self.accounted = self.connection.seen().len();
                return Ok(());
            }
            let partial = self.connection.seen().len() - from;
            let came = match partial {
                0 => "nothing".to_owned(),
                _ => format!("{partial} octets that are no whole frame"),
            };
            let (what, message) = match self.connection.ending() {
                None => (
                    What::Missing,
                    format!(
                        "delivery {number} did not come; the testee sent {came} and left the connection open"
                    ),
                ),
                Some(_) => (
                    What::ClosedInstead,
                    format!("the testee closed instead of delivery {number}, and sent {came}"),
                ),
            };
            return self
                .fail(testee, what, &message, &wanted)
                .map_err(|failure| {
                    let mut failure = failure.expecting(expected);
                    failure.evidence.wanted = self.wanted(expected, &failure.evidence.seen);
                    if failure.what == What::Missing && self.terms.asks_why {
                        failure.held_back = self.held_back(testee, expected, from);
                    }
                    failure
                });
        };
        if let Err(difference) = self
            .terms
            .form
            .compare(expected, &delivered, self.terms.strict)
        {
            let message = match difference {
                Difference::Form => {
                    format!("delivery {number} has not the prescribed form of a reply")
                }
                Difference::Time => {
                    format!(
                        "delivery {number} gives a time that is not this time anywhere on earth"
                    )
                }
                Difference::Text => format!("delivery {number} is not what was sent"),
            };
            // What else is underway belongs to the picture.
            testee.settle();
            self.connection.pump();
            return self
                .fail(testee, What::Different(difference), &message, &wanted)
                .map_err(|failure| {
                    let mut failure = failure.expecting(expected);
                    failure.evidence.wanted = self.wanted(expected, &failure.evidence.seen);
                    failure
                });
        }
        self.accounted += length;
        self.delivered = number;
        Ok(())
    }

    /// The frame that was to come next, beside what came.
    fn wanted(&self, expected: &[u8], seen: &Octets) -> Option<Wanted> {
        let framing = &self.terms.framing;
        if !framing.is_reference() {
            // Octets of any value have no other that was wanted.
            let is_plain = framing.places() == [Place::Length, Place::Payload];
            let frame = framing.encode(expected).ok().filter(|_| is_plain)?;
            return Wanted::of(seen, self.accounted, &frame);
        }
        let all = self.connection.seen();
        let came = all.get(self.accounted + 4..).unwrap_or_default();
        let payload = self.terms.form.expected(expected, came);
        let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
        Wanted::of(seen, self.accounted, &[&length[..], &payload].concat())
    }

    /// Waits for a recorded answer. Its octets are compared if they are known and never vary.
    fn answer(&mut self, testee: &mut Server, answer: &Answer) -> Result<(), Box<Failure>> {
        let from = self.accounted;
        let known = answer.octets.as_ref().filter(|_| answer.varies.is_empty());
        let expected = known.map(Octets::to_vec);
        let least = expected.as_ref().map_or(1, |octets| octets.len().max(1));
        self.connection
            .wait(testee, self.terms.patience, |connection| {
                connection.seen().len() - from >= least || connection.ending().is_some()
            });
        if expected.is_none() {
            // Its length is not known: it is complete when the server rests.
            testee.settle();
            self.connection.pump();
        }
        let came = &self.connection.seen()[from..];
        let came = &came[..came
            .len()
            .min(expected.as_ref().map_or(came.len(), Vec::len))];
        let accounted = from + came.len();
        let (goes_well, wanted) = match &expected {
            Some(octets) => (came == octets.as_slice(), "the exact answer"),
            None => (!came.is_empty(), "an answer"),
        };
        if !goes_well {
            let message = format!("{wanted} did not come");
            let wanted = match &expected {
                Some(octets) => format!("exactly these {} octets", octets.len()),
                None => wanted.to_owned(),
            };
            return self
                .fail(testee, What::Missing, &message, &wanted)
                .map_err(|mut failure| {
                    let octets = expected.as_deref().unwrap_or_default();
                    failure.evidence.wanted = Wanted::of(&failure.evidence.seen, from, octets);
                    failure
                });
        }
        self.accounted = accounted;
        Ok(())
    }

    /// Waits for exactly these octets.
    pub(crate) fn answered(
        &mut self,
        testee: &mut Server,
        octets: &[u8],
    ) -> Result<(), Box<Failure>> {
        self.answer(testee, &Answer::of(octets))
    }

    /// Says that what came is none of the answers that are right here.
    pub(crate) fn wrong_answer(
        &self,
        testee: &mut Server,
        wanted: &str,
    ) -> Result<(), Box<Failure>> {
        self.fail(
            testee,
            What::Other,
            "the server gave none of the answers that are right",
            wanted,
        )
    }

    /// Why a reply does not come: the server has not read all that arrived, or it waits for more before
    /// it sends what it has. The failure has been told by now, so another message changes nothing.
    fn held_back(&mut self, testee: &mut Server, expected: &[u8], from: usize) -> Option<HeldBack> {
        let sent = self.connection.sent();
        let unread = self.connection.unread(testee).unwrap_or(0);
        // A connection of which nothing was read is one that waits for its turn.
        if unread > 0 && unread < sent {
            return Some(HeldBack::Unread);
        }
        let framing = self.terms.framing.clone();
        let next = |octets: &[u8]| delivery(&framing, from == 0, &octets[from..]);
        let another = framing.encode(&adapted(&framing, b"and another"));
        let another = another.unwrap_or_default();
        self.connection.send(testee, &another, self.terms.bound);
        let patience = Patience {
            idle: self.terms.patience.idle.min(WHY),
            ..self.terms.patience
        };
        self.connection.wait(testee, patience, |connection| {
            next(connection.seen()).is_some() || connection.ending().is_some()
        });
        let (came, _) = next(self.connection.seen())?;
        let is_it = self.terms.form.compare(expected, &came, false).is_ok();
        is_it.then_some(HeldBack::UntilMore)
    }

    /// Waits for the close, before which nothing more may come.
    pub(crate) fn close(&mut self, testee: &mut Server, wanted: &str) -> Result<(), Box<Failure>> {
        let accounted = self.accounted;
        let framing = &self.terms.framing;
        let has_more = |seen: &[u8]| idle(framing, &seen[accounted..]) < seen.len() - accounted;
        self.connection
            .wait(testee, self.terms.patience, |connection| {
                connection.ending().is_some() || has_more(connection.seen())
            });
        if has_more(self.connection.seen()) {
            // What else is underway belongs to the picture.
            testee.settle();
            self.connection.pump();
        }
        self.nothing_more_but(testee, wanted)?;
        match self.connection.ending() {
            Some(Ending::Flooded) => self.fail(
                testee,
                What::Extra,
                "the testee sent octets without end",
                wanted,
            ),
            Some(_) => Ok(()),
            None => self.fail(
                testee,
                What::NotClosed,
                "the testee did not close the connection",
                wanted,
            ),
        }
    }

    fn nothing_unsolicited(&self, testee: &mut Server) -> Result<(), Box<Failure>> {
        if self.sent.is_empty() && !self.connection.seen().is_empty() {
            return self.fail(
                testee,
                What::Unsolicited,
                "the testee sent octets before it had received any",
                "nothing before we have sent something",
            );
        }
        Ok(())
    }

    fn nothing_more(&self, testee: &mut Server) -> Result<(), Box<Failure>> {
        self.nothing_more_but(testee, "nothing more")
    }

    fn nothing_more_but(&self, testee: &mut Server, wanted: &str) -> Result<(), Box<Failure>> {
        let behind = &self.connection.seen()[self.accounted..];
        let more = behind.len() - idle(&self.terms.framing, behind);
        if more > 0 {
            return self
                .fail(
                    testee,
                    What::Extra,
                    &format!("the testee sent {more} octets that it does not owe"),
                    wanted,
                )
                .map_err(|mut failure| {
                    failure.evidence.wanted =
                        Wanted::of(&failure.evidence.seen, self.accounted, b"");
                    failure
                });
        }
        Ok(())
    }

    /// Waits until a file holds this.
    pub(crate) fn is_stored(
        &mut self,
        testee: &mut Server,
        name: &str,
        content: &[u8],
    ) -> Result<(), Box<Failure>> {
        self.on_disk(testee, |directory| directory.stored(name, content))
    }

    /// Waits until the directory is as it has to be; that takes no time for a correct testee
    /// that has answered what came behind a file.
    fn on_disk(
        &mut self,
        testee: &mut Server,
        mut look: impl FnMut(&Directory) -> Result<(), DirectoryFault>,
    ) -> Result<(), Box<Failure>> {
        let Some(directory) = self.terms.directory else {
            return Ok(());
        };
        let mut last = look(directory);
        if last.is_err() {
            self.connection.wait(testee, self.terms.patience, |_| {
                last = look(directory);
                last.is_ok()
            });
        }
        match last {
            Ok(()) => Ok(()),
            Err(fault) => self.directory_fault(testee, fault),
        }
    }

    fn directory_sound(&self, testee: &mut Server) -> Result<(), Box<Failure>> {
        match self.terms.directory.map(Directory::outside_untouched) {
            Some(Err(fault)) => self.directory_fault(testee, fault),
            _ => Ok(()),
        }
    }

    /// The failure of a file that is not as it has to be.
    pub(crate) fn directory_fault(
        &self,
        testee: &mut Server,
        fault: DirectoryFault,
    ) -> Result<(), Box<Failure>> {
        let message = fault.to_string();
        let wanted = fault.wanted();
        self.fail(testee, What::Directory(fault), &message, &wanted)
    }

    pub(crate) fn fail(
        &self,
        testee: &mut Server,
        what: What,
        message: &str,
        expected: &str,
    ) -> Result<(), Box<Failure>> {
        // A testee that has ended, or is just about to, explains every other symptom.
        testee.settle();
        let (what, message) = match testee.death() {
            Some(death) => (
                death_of(testee),
                format!("the testee ended {death}; {message}"),
            ),
            None => (what, message.to_owned()),
        };
        let (seen, ended) = self.connection.shown();
        Err(Box::new(Failure {
            what,
            message,
            evidence: Evidence {
                sent: self
                    .sent
                    .iter()
                    .map(|chunk| Octets::folded(chunk))
                    .collect(),
                expected: expected.to_owned(),
                seen,
                ended,
                stderr: testee.stderr(),
                ..Evidence::default()
            },
            expected: None,
            held_back: None,
            on_disk: None,
            left_open: self.connection.ending().is_none(),
        }))
    }
}

fn in_words(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok("") => "the empty payload".to_owned(),
        Ok(text) if text.chars().count() <= 40 => format!("{text:?}"),
        _ => format!("the {} octets that were sent", payload.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::testee::server::Origin;

    /// How long one is waited for that answers or closes at once, or never does.
    const PATIENCE: Patience = Patience {
        idle: Duration::from_secs(30),
        busy: Duration::from_secs(30),
    };

    /// What goes wrong in a conversation with a testee that does this with the one connection that it
    /// takes, which stays open where it is handed back; it has reason to close from the octets behind
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

    /// A lost reply is excused by a reset, and only behind octets that it was right to leave unread.
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

    /// More than the system takes in its place.
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
}
