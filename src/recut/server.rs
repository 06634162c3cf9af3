//! A server as the subject: conversations over a TCP connection, each piece sent when the last has
//! been read.

mod answers;

pub(super) use answers::FIRST_OCTET;

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::carry::Carried;
use super::held::Held;
use super::subject::{Peer, Subject, Talk};
use super::turn::Turn;
use super::variation::Variation;
use crate::testee::connection::{Connection, Ending};
use crate::testee::gating::Gating;
use crate::testee::server::Server;
use crate::testee::wait::Patience;

/// Longest time in which a server may take none of the octets that are sent.
const WRITE_BOUND: Duration = Duration::from_secs(5);

/// A pause that a right server does not mind and that a short read timeout does not survive.
const PAUSE: Duration = Duration::from_millis(60);

/// Maximum number of pauses in one conversation, so that their sum stays below what idle limits allow.
const MAX_PAUSES: usize = 12;

/// Rest of a server after an answer of unknown length, before that answer is taken for complete.
const QUIET: Duration = Duration::from_millis(20);

/// The same rest where not even another run's answer is known: the answer may come in parts.
const FIRST_QUIET: Duration = Duration::from_millis(300);

/// Time given to a server that cannot be watched, to see a piece alone.
const UNSEEN_REST: Duration = Duration::from_millis(1);

/// Number of unread pieces after which a busy server gets the rest at once: each would be waited for as long.
const LEFT_UNREAD: usize = 3;

/// Time up to which a piece that went out was read, or cannot be seen: the queue is not asked for it.
const SOON: Duration = Duration::from_millis(20);

/// Number of octets beyond twice the expected length after which an answer is taken for endless.
const ENDLESS: usize = 256 * 1024;

/// A server, and the command that is run before each conversation.
#[derive(Debug)]
pub(crate) struct ServerSubject {
    server: Server,
    before: Option<String>,
}

impl ServerSubject {
    pub(crate) const fn new(server: Server, before: Option<String>) -> Self {
        Self { server, before }
    }

    /// The end of what the server wrote to standard error.
    pub(crate) fn stderr(&self) -> String {
        self.server.stderr()
    }

    fn run_before(&self) -> Result<(), String> {
        let Some(command) = &self.before else {
            return Ok(());
        };
        let address = self.server.address();
        let dir = self.server.dir().unwrap_or_default();
        let filled = command
            .replace("{port}", &address.port().to_string())
            .replace("{host}", &address.ip().to_string())
            .replace("{dir}", &dir.to_string_lossy());
        let status = Command::new("sh")
            .args(["-c", &filled])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("--before: `sh` could not be started: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("--before: `{filled}` ended with {status}"))
        }
    }
}

impl Subject for ServerSubject {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        self.run_before()?;
        let connection = match self.server.connect() {
            Ok(connection) => connection,
            Err(error) => {
                self.server.settle();
                return Ok(Held {
                    died: self.server.death(),
                    ended: format!("no connection could be made: {error}"),
                    ..Held::default()
                });
            }
        };
        let mut under_way = UnderWay::new(&mut self.server, connection, talk);
        under_way.hold();
        let (mut held, _connection) = under_way.ended();
        if held.closed {
            self.server.settle();
            held.died = self.server.death();
        }
        Ok(held)
    }

    fn refresh(&mut self) -> Result<(), String> {
        self.server.restart().map_err(|error| error.to_string())
    }

    fn can_refresh(&self) -> bool {
        self.server.can_restart()
    }
}

/// A conversation that is being held.
pub(super) struct UnderWay<'s, 't, P> {
    server: &'s mut P,
    connection: Connection,
    talk: &'t Talk<'t>,
    /// Number of octets received that belong to earlier answers.
    taken: usize,
    carried: Carried,
    held: Held,
    began: Instant,
    pauses: usize,
    /// True if an answer did not come in time.
    gave_up: bool,
    /// The number of pieces that a busy server left unread.
    unread: usize,
}

impl<'s, 't, P: Peer> UnderWay<'s, 't, P> {
    pub(super) fn new(server: &'s mut P, connection: Connection, talk: &'t Talk<'t>) -> Self {
        Self {
            server,
            connection,
            talk,
            taken: 0,
            carried: Carried::default(),
            held: Held::default(),
            began: Instant::now(),
            pauses: 0,
            gave_up: false,
            unread: 0,
        }
    }

    /// Returns the result of the conversation, and the connection as it is left.
    pub(super) fn ended(self) -> (Held, Connection) {
        let mut held = self.held;
        let ending = self.connection.ending();
        held.closed = ending.is_some();
        held.reset = ending.is_some_and(Ending::is_reset);
        held.ended = self.connection.end_in_words();
        held.carried = self.carried.recorded().map(<[u8]>::to_vec).collect();
        (held, self.connection)
    }

    pub(super) fn hold(&mut self) {
        let conversation = self.talk.conversation;
        let greeting = if conversation.greeting.is_some() {
            self.answers(0, 0)
        } else {
            Vec::new()
        };
        self.learn_carried(0, &greeting);
        self.held.answers.push(greeting);
        let mut turn = 0;
        while turn < conversation.turns.len() && self.connection.ending().is_none() {
            if let Some(linger) = self.talk.linger
                && !linger.inside
                && linger.turn == turn
            {
                self.linger(linger.time);
            }
            let went_on = match self.talk.variation {
                Variation::BreakOff { turn: last, after } if *last == turn => {
                    self.break_off(turn, *after);
                    return;
                }
                Variation::Hostile(lie) if lie.turn == turn => {
                    self.lie(&lie.octets);
                    return;
                }
                Variation::Join { first, last, into } if *first == turn => {
                    turn = *last;
                    self.joined(*first, *last, *into)
                }
                _ => self.turn(turn),
            };
            if !went_on {
                break;
            }
            turn += 1;
        }
        self.end();
    }

    /// Sends one turn and takes its answer. False if the conversation cannot go on.
    fn turn(&mut self, turn: usize) -> bool {
        let here = &self.talk.conversation.turns[turn];
        let octets = self.carried.apply(&here.sent);
        if !self.send_turn(turn, here, &octets) {
            // The octets that the server sent before it closed or stopped reading are its answer.
            let came = self.rest();
            self.held.answers.push(came);
            return false;
        }
        if here.answer.is_none() && !self.is_last(turn) {
            self.held.answers.push(Vec::new());
            return true;
        }
        let began = Instant::now();
        let came = if here.answer.is_some() {
            self.answers(turn + 1, turn + 1)
        } else {
            Vec::new()
        };
        self.learn_carried(turn + 1, &came);
        // A server that is busy with octets that it does not answer is waited for once, not at each turn.
        let busy = self.talk.rest.is_some() && came.is_empty();
        let is_lost = busy && began.elapsed() >= self.talk.patience.busy
            || self.talk.is_lost(turn + 1, &came);
        let goes_on = here.answer.is_none() || !is_lost;
        self.gave_up = !goes_on;
        self.held.answers.push(came);
        goes_on
    }

    fn is_last(&self, turn: usize) -> bool {
        turn + 1 == self.talk.conversation.turns.len()
    }

    /// Sends the octets of a turn in their pieces, and the end of the stream where it belongs here.
    fn send_turn(&mut self, turn: usize, here: &Turn, octets: &[u8]) -> bool {
        let began = Instant::now();
        let sent = self.send_pieces(turn, here, octets);
        self.held.inside = self.held.inside.max(began.elapsed());
        self.held.span = self.began.elapsed();
        sent
    }

    fn send_pieces(&mut self, turn: usize, here: &Turn, octets: &[u8]) -> bool {
        let places = self.talk.variation.pieces(turn, here, octets.len());
        let pauses = matches!(
            self.talk.variation,
            Variation::Pauses | Variation::Cut { pause: true, .. }
        );
        let mut from = 0;
        for place in places {
            let goes_on = self.piece(turn, &octets[from..place]);
            self.connection.pump();
            self.held.early = self.connection.seen().len();
            if self.held.early > self.taken {
                self.held.answered_early.get_or_insert(turn);
            }
            if !goes_on {
                return false;
            }
            if pauses && self.pauses < MAX_PAUSES {
                self.pauses += 1;
                thread::sleep(PAUSE);
            }
            if let Some(linger) = self.talk.linger
                && linger.inside
                && linger.turn == turn
            {
                thread::sleep(linger.time);
            }
            from = place;
        }
        let last = &octets[from..];
        if here.ends && !last.is_empty() && *self.talk.variation != Variation::EndApart {
            let sent = self.connection.send_last(last, WRITE_BOUND);
            return self.was_read(turn, sent);
        }
        if !last.is_empty() {
            let sent = if here.ends || self.talk.rest.is_some() {
                self.piece(turn, last)
            } else {
                let sent = self.connection.write(last, WRITE_BOUND) == last.len();
                self.was_read(turn, sent)
            };
            if !sent {
                return false;
            }
        }
        if here.ends {
            self.connection.end_of_stream();
        }
        true
    }

    /// Sends a piece, and waits until the server has read it and rests.
    fn piece(&mut self, turn: usize, octets: &[u8]) -> bool {
        if self.unread >= LEFT_UNREAD {
            let sent = self.connection.write(octets, WRITE_BOUND) == octets.len();
            return self.was_read(turn, sent);
        }
        let began = Instant::now();
        let sent = self.connection.send(self.server, octets, WRITE_BOUND);
        if !self.was_read(turn, sent) || self.connection.ending().is_some() {
            return false;
        }
        if began.elapsed() > SOON && self.leaves_unread() {
            self.unread += 1;
        }
        // An empty queue means that the system's copy was read, not that the program has seen it alone.
        if self.server.is_ours() && self.connection.gating() == Gating::DrainGated {
            self.server.settle();
        } else {
            thread::sleep(UNSEEN_REST);
        }
        self.connection.pump();
        self.connection.ending().is_none()
    }

    /// True if the server is busy, and what was sent lies in its queue.
    fn leaves_unread(&mut self) -> bool {
        let unread = self.connection.unread(self.server);
        unread.is_some_and(|unread| unread > 0)
            && self.server.activity().is_some_and(|now| !now.asleep)
    }

    fn was_read(&mut self, turn: usize, sent: bool) -> bool {
        if !sent && self.connection.ending().is_none() {
            self.held.not_read = Some(turn);
        }
        sent
    }

    /// Sends several turns ahead of their answers, and takes those.
    fn joined(&mut self, first: usize, last: usize, into: Option<usize>) -> bool {
        let turns = &self.talk.conversation.turns;
        let mut octets: Vec<u8> = turns[first..last]
            .iter()
            .flat_map(|turn| self.carried.apply(&turn.sent))
            .collect();
        let of_last = self.carried.apply(&turns[last].sent);
        let (at_once, rest) = of_last.split_at(into.map_or(of_last.len(), |into| {
            into.min(of_last.len().saturating_sub(1))
        }));
        octets.extend_from_slice(at_once);
        let began = Instant::now();
        let sent = self.connection.write(&octets, WRITE_BOUND) == octets.len();
        let mut went_on = self.was_read(last, sent);
        let before = self.taken;
        if went_on && !rest.is_empty() {
            let early = self.answers(first + 1, last);
            let whole = |held: &Self| {
                let learned = held.talk.learned;
                learned.is_none_or(|learned| learned.are_answers(first + 1..=last, &early))
            };
            if !whole(self) {
                self.held.held_back = Some(last);
                let more = |len| early.len() > len;
                if self.expected_len(first + 1, last).is_some_and(more) {
                    self.held.answered_early = Some(last);
                }
            }
            // All answers are taken together below.
            self.taken = before;
            let sent = self.connection.write(rest, WRITE_BOUND) == rest.len();
            went_on = self.was_read(last, sent);
            self.held.inside = self.held.inside.max(began.elapsed());
        }
        self.held.span = self.began.elapsed();
        if went_on && turns[last].ends {
            self.connection.end_of_stream();
        }
        let came = self.answers(first + 1, last + 1);
        let split = match self.talk.learned {
            Some(learned) => learned.split(first + 1..=last + 1, &came),
            None => vec![came],
        };
        let mut answers = (first + 1..).zip(&split);
        self.gave_up = answers.any(|(answer, came)| self.talk.is_lost(answer, came));
        self.held.answers.extend(split);
        went_on && !self.gave_up
    }

    /// Sends the beginning of a turn, ends the stream, and closes.
    fn break_off(&mut self, turn: usize, after: usize) {
        let octets = self.carried.apply(&self.talk.conversation.turns[turn].sent);
        let part = &octets[..after.min(octets.len())];
        self.connection.send(self.server, part, WRITE_BOUND);
        self.connection.end_of_stream();
        let came = self.rest();
        self.held.answers.push(came);
    }

    /// Sends octets with a frame in them that lies, and sees what comes.
    fn lie(&mut self, octets: &[u8]) {
        let octets = self.carried.apply(octets);
        self.connection.send(self.server, &octets, WRITE_BOUND);
        let slowest = self.talk.learned.map(|learned| learned.slowest * 4);
        self.quiet(FIRST_QUIET.min(QUIET.max(slowest.unwrap_or_default())));
        let came = self.take();
        self.held.answers.push(came);
    }

    /// Takes the octets that come when no particular answer is expected.
    fn rest(&mut self) -> Vec<u8> {
        self.quiet(QUIET);
        self.take()
    }

    fn quiet(&mut self, idle: Duration) {
        let patience = Patience {
            idle,
            busy: idle * 2,
        };
        let ended = |connection: &Connection| connection.ending().is_some();
        self.connection.wait(self.server, patience, ended);
    }

    fn take(&mut self) -> Vec<u8> {
        let came = self.connection.seen()[self.taken..].to_vec();
        self.taken += came.len();
        came
    }

    fn learn_carried(&mut self, answer: usize, came: &[u8]) {
        let conversation = self.talk.conversation;
        let recorded = conversation
            .answer(answer)
            .and_then(|answer| answer.octets.as_ref());
        if let Some(recorded) = recorded.filter(|_| self.talk.carry) {
            let later: Vec<&[u8]> = conversation.turns[answer.min(conversation.turns.len())..]
                .iter()
                .map(|turn| turn.sent.as_slice())
                .collect();
            self.carried.learn(&recorded.to_vec(), came, &later);
        }
    }

    /// Says nothing for a while, and notes what comes all the same, each piece by itself.
    fn linger(&mut self, linger: Duration) {
        let started = Instant::now();
        while started.elapsed() < linger && self.connection.ending().is_none() {
            self.connection.pump();
            let unasked = self.take();
            if !unasked.is_empty() {
                self.held.unasked.push(unasked);
            }
            thread::sleep(QUIET.min(linger.saturating_sub(started.elapsed())));
        }
    }

    /// Sees how the conversation ends.
    fn end(&mut self) {
        let closes = match self.talk.learned {
            Some(learned) => learned.closes == Some(true),
            None => self.talk.conversation.closes,
        };
        if self.connection.ending().is_none() {
            if self.gave_up {
                // The end would be waited for as long as the answer was.
                self.server.settle();
            } else if closes {
                let ended = |connection: &Connection| connection.ending().is_some();
                self.connection.wait(self.server, self.talk.patience, ended);
            } else if self.talk.learned.is_none() && self.talk.rest.is_none() {
                self.quiet(QUIET);
            } else {
                self.server.settle();
            }
        }
        self.connection.pump();
        let late = self.take();
        if let Some(last) = self.held.answers.last_mut() {
            last.extend(late);
        }
    }
}
