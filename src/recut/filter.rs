//! A run of a filter: a program that reads standard input and writes the result to standard output.

use std::thread;
use std::time::Duration;

use super::ended::Ended;
use super::held::{Held, Learned};
use super::server::FIRST_OCTET;
use super::subject::Talk;
use super::variation::Variation;
use crate::testee::exit_status::status_in_words;
use crate::testee::launch::Template;
use crate::testee::piped::{Piped, Reading};
use crate::testee::wait::Patience;
use crate::trace::octets::Octets;

/// A pause that a correct program does not mind.
const PAUSE: Duration = Duration::from_millis(60);

/// Number of pauses in one conversation.
const MAX_PAUSES: usize = 12;

/// Time of rest after which a program that leaves octets unread does not mean to read them now.
const LEAVES_UNREAD: Duration = Duration::from_millis(400);

/// The least limit of the time that a program works on one piece, or is blocked over it.
const LONG_WORK: Duration = Duration::from_millis(1_500);
/// The same at the end, after pieces were left unread.
const LITTLE_WORK: Duration = Duration::from_millis(100);

/// Number of unread pieces over which a program rests before it gets the rest of its input at once, as a program that
/// works without an end does: each further piece would be waited for as long.
const LEFT_IN_VAIN: usize = 4;

/// Number of conversations that are held again because a piece was left unread, and in which it was
/// left again.
const MAX_LEFT_AGAIN: usize = 3;

/// Time that a program rests after an answer before that is taken for complete.
const QUIET: Duration = Duration::from_millis(40);

/// Observations of the way in which a program reads.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sight {
    /// Pieces that it took before the next was there.
    pub(crate) taken: usize,
    /// Pieces that it left unread.
    pub(crate) left: usize,
    /// Unread pieces that it could have read later: it had neither ended nor closed its output.
    late: usize,
    /// Number of repetitions of a conversation that left as many pieces unread again.
    left_again: usize,
    /// True if it wrote something while more of its input was to come.
    pub(crate) answered_early: bool,
    /// Pieces that were put right after the piece before in memory, and other pieces.
    gathered: usize,
    apart: usize,
}

impl Sight {
    pub(super) const fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.left += other.left;
        self.late += other.late;
        self.left_again += other.left_again;
        self.answered_early |= other.answered_early;
        self.gathered += other.gathered;
        self.apart += other.apart;
    }

    /// True if it gathers its input and looks at it when that has ended, as far as can be seen.
    pub(crate) const fn reads_whole(&self) -> bool {
        !self.answered_early && (self.taken == 0 || self.gathered > 3 * self.apart)
    }
}

/// Holds a conversation with a filter. A process that starts late, on a loaded machine, reads two pieces as one, and
/// its output then says nothing of the cut: the conversation is held again. `before` is what was seen until now,
/// since a program that leaves its input unread by nature is not waited for each time.
pub(super) fn hold(
    template: &Template,
    talk: &Talk<'_>,
    before: Sight,
) -> Result<(Ended, Sight), String> {
    let (ended, mut sight) = once(template, talk)?;
    if sight.late == 0 || before.left_again >= MAX_LEFT_AGAIN {
        return Ok((ended, sight));
    }
    let (again, seen) = once(template, talk)?;
    if seen.late < sight.late {
        return Ok((again, seen));
    }
    sight.left_again = 1;
    Ok((ended, sight))
}

/// Runs a filter once.
fn once(template: &Template, talk: &Talk<'_>) -> Result<(Ended, Sight), String> {
    let program = Piped::start(template, 0).map_err(|error| error.to_string())?;
    let mut under_way = UnderWay {
        program,
        talk,
        held: Held::default(),
        sight: Sight::default(),
        taken: 0,
        pauses: 0,
        left_in_vain: 0,
        last_read: None,
    };
    // Output before the first turn is not told apart from output after it.
    under_way.held.answers.push(Vec::new());
    let status = under_way.hold();
    let ended = Ended {
        stderr: under_way.program.stderr(),
        held: under_way.held,
        status,
    };
    Ok((ended, under_way.sight))
}

struct UnderWay<'t> {
    program: Piped,
    talk: &'t Talk<'t>,
    held: Held,
    sight: Sight,
    /// Length of its output that belongs to earlier answers, in octets.
    taken: usize,
    pauses: usize,
    /// The number of pieces that it did not read in the time that was given.
    left_in_vain: usize,
    /// Address to which its next input would go when the last piece had been read.
    last_read: Option<u64>,
}

impl UnderWay<'_> {
    /// Holds the conversation. Returns the exit status, if any.
    fn hold(&mut self) -> Option<i32> {
        let talk = self.talk;
        let turns = &talk.conversation.turns;
        for (number, turn) in turns.iter().enumerate() {
            let is_last = number + 1 == turns.len();
            self.send(number, &turn.sent, turn.ends || is_last);
            if !is_last {
                let came = self.answer(number + 1);
                let answered = talk.conversation.answer(number + 1).is_some();
                let is_lost = answered && talk.is_lost(number + 1, &came);
                self.held.answers.push(came);
                if is_lost {
                    self.program.end_input();
                    break;
                }
            }
        }
        let mut patience = talk.patience;
        if talk.learned.is_none() {
            patience.idle = patience.idle.max(FIRST_OCTET);
        }
        if self.left_in_vain >= LEFT_IN_VAIN {
            // The program has had that time already.
            patience.busy = patience.busy.saturating_sub(LONG_WORK).max(LITTLE_WORK);
        }
        let status = self.program.end(patience);
        self.held.slowest = self.held.slowest.max(self.program.had());
        let came = self.take();
        self.held.answers.push(came);
        self.held.closed = status.is_some();
        self.held.ended = match status {
            Some(status) => format!("the program ended {}", status_in_words(status)),
            None => "the program was still running".to_owned(),
        };
        status
    }

    /// Writes a turn in its pieces, and ends the input where that belongs here.
    fn send(&mut self, turn: usize, octets: &[u8], ends: bool) {
        let variation = self.talk.variation;
        let places = variation.places(turn, octets.len());
        let pauses = matches!(
            variation,
            Variation::Pauses | Variation::Cut { pause: true, .. }
        );
        let mut from = 0;
        for place in places {
            self.piece(&octets[from..place]);
            if pauses && self.pauses < MAX_PAUSES {
                self.pauses += 1;
                thread::sleep(PAUSE);
            }
            from = place;
        }
        let last = &octets[from..];
        if ends && *variation == Variation::EndApart {
            self.piece(last);
        } else {
            self.program.write(last, self.talk.patience.busy);
        }
        if ends {
            self.program.end_input();
        }
    }

    /// Writes a piece, and waits until the program has read it and rests.
    fn piece(&mut self, octets: &[u8]) {
        if !self.program.write(octets, self.talk.patience.busy) || !self.is_read() {
            self.sight.left += 1;
            self.sight.late += usize::from(!self.program.output_has_ended());
            return;
        }
        self.program.settle();
        self.sight.taken += 1;
        self.sight.answered_early |= !self.program.is_silent();
        let reads = self.program.reads_into();
        match (self.last_read, reads) {
            (Some(before), Some(now)) if now == before.wrapping_add(octets.len() as u64) => {
                self.sight.gathered += 1;
            }
            (Some(_), _) => self.sight.apart += 1,
            (None, _) => {}
        }
        self.last_read = reads;
    }

    /// Waits until the pipe is empty. False if the program does not mean to read it, or is gone.
    fn is_read(&mut self) -> bool {
        if self.left_in_vain >= LEFT_IN_VAIN {
            return false;
        }
        let most = self.talk.patience.busy;
        let learned = self.talk.learned;
        let reading = self.program.wait_until_read(Patience {
            idle: LEAVES_UNREAD,
            // No piece takes longer by right than a few times as long as the whole did.
            busy: learned.map_or(most, |learned| most.min(LONG_WORK.max(learned.slowest * 4))),
        });
        self.left_in_vain += match reading {
            Reading::All => 0,
            Reading::Rests => 1,
            Reading::NoMore => LEFT_IN_VAIN,
        };
        reading == Reading::All
    }

    /// The answer to a turn that is followed by another.
    fn answer(&mut self, number: usize) -> Vec<u8> {
        let talk = self.talk;
        let Some(recorded) = talk.conversation.answer(number) else {
            return Vec::new();
        };
        let recorded = recorded.octets.as_ref().map(Octets::len);
        let from = self.taken;
        let is_whole = |learned: Option<&Learned>, came: &[u8]| match learned {
            Some(learned) => learned.is_answer(number, came),
            None => recorded.is_some_and(|recorded| came.len() >= recorded.max(1)),
        };
        let whole = self
            .program
            .wait(talk.patience, |seen| is_whole(talk.learned, &seen[from..]));
        if whole {
            // Octets beyond the answer show before the next turn.
            let quiet = Patience {
                idle: QUIET,
                busy: QUIET * 10,
            };
            self.program.wait(quiet, |_| false);
        }
        self.take()
    }

    fn take(&mut self) -> Vec<u8> {
        let seen = self.program.seen();
        let came = seen[self.taken.min(seen.len())..].to_vec();
        self.taken = seen.len();
        came
    }
}
