//! Turns: a conversation as the octets that the client sends and the answers of the server to them.

use std::mem;

use crate::trace::answer::Answer;
use crate::trace::octets::Octets;
use crate::trace::{Action, Step, Trace};

/// The octets that the client sends up to the next answer, and that answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turn {
    /// The client's octets. Empty only where the turn is no more than the end of the stream.
    pub sent: Vec<u8>,
    /// Places at which these octets go apart, rising, because in one piece they are not answered as recorded.
    pub apart: Vec<usize>,
    /// True if the client's sending side ends after these octets.
    pub ends: bool,
    /// The answer; none where the recording has none.
    pub answer: Option<Answer>,
}

/// A conversation in turns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conversation {
    /// The answer that comes before the client has sent anything.
    pub greeting: Option<Answer>,
    /// The turns, of which only the last is without an answer.
    pub turns: Vec<Turn>,
    /// True if the server closes after the last turn.
    pub closes: bool,
}

/// The reason why a trace is not a conversation in turns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTurns {
    /// A step that is about more than one stream of octets each way.
    #[error(
        "step {0} is about the article's protocol; a recording has send, answer, end and `expect`: `close` only"
    )]
    Prescribed(usize),
    /// A step that comes after the end of the conversation.
    #[error(
        "step {0} comes after the end: nothing is sent after `end`, and nothing comes after `close`"
    )]
    AfterTheEnd(usize),
    /// A recording in which nothing is sent.
    #[error("the recording sends nothing: there is nothing to cut")]
    NothingSent,
}

impl Conversation {
    /// The turns of a recording. Octets that are sent without an answer between them are one turn.
    ///
    /// # Errors
    /// [`NoTurns`], which names the step, counted from 1.
    pub fn of(trace: &Trace) -> Result<Self, NoTurns> {
        let mut conversation = Self::default();
        for (place, step) in trace.steps.iter().enumerate() {
            let number = place + 1;
            let sends = matches!(
                step.action,
                Action::Send(_) | Action::Frame { .. } | Action::Parts(_) | Action::EndOfStream
            );
            if conversation.closes || sends && conversation.has_ended() {
                return Err(NoTurns::AfterTheEnd(number));
            }
            match &step.action {
                Action::Send(octets) => conversation.sent(&octets.to_vec()),
                Action::Frame { length, payload } => {
                    conversation.sent(&length.to_vec());
                    conversation.sent(&payload.to_vec());
                }
                Action::Parts(parts) => {
                    for (_, octets) in parts {
                        conversation.sent(&octets.to_vec());
                    }
                }
                Action::Answer(answer) => conversation.add_answer(answer.clone()),
                Action::EndOfStream => conversation.ended(),
                Action::Close => conversation.closed(),
                _ => return Err(NoTurns::Prescribed(number)),
            }
        }
        if conversation.turns.iter().all(|turn| turn.sent.is_empty()) {
            return Err(NoTurns::NothingSent);
        }
        Ok(conversation)
    }

    /// The conversation as a recording.
    #[must_use]
    pub fn into_trace(self, id: &str, title: &str) -> Trace {
        let answered = |mut answer: Answer| {
            answer.octets = answer.octets.map(|octets| Octets::folded(&octets.to_vec()));
            Action::Answer(answer)
        };
        let mut actions: Vec<Action> = self.greeting.map(answered).into_iter().collect();
        for turn in self.turns {
            if !turn.sent.is_empty() {
                actions.push(Action::Send(Octets::folded(&turn.sent)));
            }
            if turn.ends {
                actions.push(Action::EndOfStream);
            }
            actions.extend(turn.answer.map(answered));
        }
        if self.closes {
            actions.push(Action::Close);
        }
        let steps = actions
            .into_iter()
            .map(|action| Step {
                note: note(&action),
                action,
            })
            .collect();
        Trace {
            id: id.to_owned(),
            title: title.to_owned(),
            requirements: Vec::new(),
            class: None,
            framing: None,
            acceptable: None,
            before: Vec::new(),
            cuts: None,
            steps,
            beside: None,
            repaired: None,
        }
    }

    /// An answer by its number: 0 is the greeting, and each turn has the one of its own number.
    #[must_use]
    pub fn answer(&self, number: usize) -> Option<&Answer> {
        match number.checked_sub(1) {
            None => self.greeting.as_ref(),
            Some(turn) => self.turns.get(turn)?.answer.as_ref(),
        }
    }

    /// True if the client's sending side has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.turns.last().is_some_and(|turn| turn.ends)
    }

    /// The client sends these octets.
    pub fn sent(&mut self, octets: &[u8]) {
        if !octets.is_empty() {
            self.open_turn().sent.extend_from_slice(octets);
        }
    }

    /// The client's sending side ends.
    pub fn ended(&mut self) {
        self.open_turn().ends = true;
    }

    /// The server closes.
    pub const fn closed(&mut self) {
        self.closes = true;
    }

    /// The server sends these octets; what follows an answer directly belongs to it.
    pub fn answered(&mut self, octets: &[u8]) {
        if !octets.is_empty() {
            self.add_answer(Answer {
                octets: Some(Octets::from(octets)),
                ..Answer::default()
            });
        }
    }

    fn add_answer(&mut self, answer: Answer) {
        let place = match self.turns.last_mut() {
            Some(turn) => &mut turn.answer,
            None => &mut self.greeting,
        };
        *place = Some(match mem::take(place) {
            Some(before) => joined(before, answer),
            None => answer,
        });
    }

    /// The turn that has no answer yet, a new one if there is none.
    fn open_turn(&mut self) -> &mut Turn {
        if self.turns.last().is_none_or(|turn| turn.answer.is_some()) {
            self.turns.push(Turn::default());
        }
        self.turns.last_mut().expect("one has just been pushed")
    }
}

/// Two answers in a row are one. Where the octets of either are not known, those of both are not.
fn joined(before: Answer, after: Answer) -> Answer {
    let mut varies = before.varies;
    varies.extend(after.varies);
    varies.sort_unstable();
    varies.dedup();
    Answer {
        octets: before
            .octets
            .zip(after.octets)
            .map(|(before, after)| before.then(after)),
        varies,
        awaited: before.awaited || after.awaited,
    }
}

/// The longest text that is noted beside a step, in characters.
const MAX_NOTE: usize = 60;

/// The first line of a step's octets, if they are text.
fn note(action: &Action) -> Option<String> {
    let octets = match action {
        Action::Send(octets) => octets,
        Action::Answer(answer) => answer.octets.as_ref()?,
        _ => return None,
    };
    let octets = octets.to_vec();
    let text = str::from_utf8(&octets).ok()?;
    let line = text.lines().next()?.trim_end();
    let is_text =
        !line.is_empty() && !text.contains(|c: char| c.is_control() && !c.is_whitespace());
    is_text.then(|| line.chars().take(MAX_NOTE).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::json;

    fn read(steps: &str) -> Trace {
        json::read(&format!(
            r#"{{"id": "x", "title": "x", "steps": [{steps}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn a_turn_is_all_that_is_sent_up_to_the_next_answer() {
        let trace = read(
            r#"{"answer": "30"}, {"send": "31"}, {"send": "32"}, {"answer": "33"}, {"answer": {}},
            {"frame": {"length": "01", "payload": "34"}}, {"answer": "35"}, {"end": "stream"}, {"expect": "close"}"#,
        );
        let conversation = Conversation::of(&trace).unwrap();
        assert_eq!(conversation.greeting, Some(Answer::of(b"0")));
        let turn = |sent: &[u8], ends, answer| Turn {
            sent: sent.to_vec(),
            apart: Vec::new(),
            ends,
            answer,
        };
        assert_eq!(
            conversation.turns,
            [
                turn(b"12", false, Some(Answer::default())),
                turn(b"\x014", false, Some(Answer::of(b"5"))),
                turn(b"", true, None),
            ]
        );
        assert!(conversation.closes);
    }

    #[test]
    fn what_was_seen_on_the_wire_becomes_a_recording() {
        let mut seen = Conversation::default();
        seen.answered(b"hel");
        seen.answered(b"lo\r\n");
        seen.sent(b"a");
        seen.sent(b"\0");
        seen.answered(b"1");
        seen.sent(b"q");
        seen.ended();
        seen.closed();
        let trace = seen.clone().into_trace("seen", "As it was seen");
        let written = json::write(&trace);
        assert_eq!(
            written,
            r#"{
  "id": "seen",
  "title": "As it was seen",
  "steps": [
    {"answer": "68656c6c6f0d0a", "note": "hello"},
    {"send": "6100"},
    {"answer": "31", "note": "1"},
    {"send": "71", "note": "q"},
    {"end": "stream"},
    {"expect": "close"}
  ]
}
"#
        );
        let read = Conversation::of(&json::read(&written).unwrap()).unwrap();
        assert_eq!(read.turns.len(), 2);
        assert_eq!(
            read.into_trace("seen", "As it was seen"),
            json::read(&written).unwrap()
        );
    }

    #[test]
    fn what_is_no_conversation_in_turns_is_refused_with_its_place() {
        for (steps, error) in [
            (
                r#"{"send": "31"}, {"end": "stream"}, {"send": "31"}"#,
                NoTurns::AfterTheEnd(3),
            ),
            (
                r#"{"send": "31"}, {"expect": "close"}, {"answer": {}}"#,
                NoTurns::AfterTheEnd(3),
            ),
            (r#"{"answer": {}}, {"end": "stream"}"#, NoTurns::NothingSent),
        ] {
            assert_eq!(Conversation::of(&read(steps)), Err(error));
        }
        let mut prescribed = read(r#"{"send": "31"}"#);
        prescribed.steps[0].action = Action::Silence;
        assert_eq!(Conversation::of(&prescribed), Err(NoTurns::Prescribed(1)));
    }
}
