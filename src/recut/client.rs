//! A client as the subject: we play the recorded server. Its requests are its answers to what the server
//! says, and so are its output and its exit status when it has ended.

use std::time::Duration;

use super::ended::Ended;
use super::held::Held;
use super::server::UnderWay;
use super::subject::Talk;
use super::turn::Conversation;
use crate::testee::client::Client;
use crate::testee::exit_status::status_in_words;
use crate::testee::launch::Template;
use crate::testee::wait::Patience;

/// Time that a client rests after the conversation before our end of it is closed.
const LINGERS: Duration = Duration::from_millis(300);

/// The reason why a recording cannot be played to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotPlayable {
    /// An answer has no octets: it is only said to come.
    #[error("the answer to turn {0} has no octets in the recording: there is nothing to send")]
    NoOctets(usize),
    /// The client ended its stream and was answered after that.
    #[error("the client ended its stream before the last answer, which cannot be played yet")]
    HalfClosed,
    /// Nothing is answered.
    #[error("the recording has no answer: there is nothing to cut")]
    NothingAnswered,
}

/// The conversation from the other end: the recorded answers are sent, and the recorded requests are the answers to
/// them.
pub(crate) fn inverted(conversation: &Conversation) -> Result<Conversation, NotPlayable> {
    let mut inverted = Conversation::default();
    let say = |number: usize, inverted: &mut Conversation| {
        let Some(answer) = conversation.answer(number) else {
            return Ok(());
        };
        let octets = answer
            .octets
            .as_ref()
            .ok_or(NotPlayable::NoOctets(number))?;
        inverted.sent(&octets.to_vec());
        Ok(())
    };
    say(0, &mut inverted)?;
    for (number, turn) in conversation.turns.iter().enumerate() {
        if turn.ends && turn.answer.is_some() {
            return Err(NotPlayable::HalfClosed);
        }
        inverted.answered(&turn.sent);
        say(number + 1, &mut inverted)?;
    }
    if inverted.turns.is_empty() {
        return Err(NotPlayable::NothingAnswered);
    }
    if conversation.closes && !conversation.has_ended() {
        inverted.ended();
    }
    Ok(inverted)
}

/// Holds a conversation with a fresh client.
pub(super) fn hold(template: &Template, talk: &Talk<'_>) -> Result<Ended, String> {
    let mut client = Client::start(template).map_err(|error| error.to_string())?;
    client.program().end_input();
    let answers = talk.conversation.turns.len() + 1;
    let mut held = Held::default();
    if let Some(connection) = client.accept(talk.patience) {
        let mut under_way = UnderWay::new(&mut client, connection, talk);
        under_way.hold();
        let (came, mut connection) = under_way.ended();
        held = came;
        let soon = Patience {
            idle: LINGERS,
            busy: talk.patience.busy,
        };
        if client.program().end(soon).is_none() {
            connection.end_of_stream();
        }
    }
    let status = client.program().end(talk.patience);
    held.answers.resize(answers, Vec::new());
    held.answers.push(client.program().seen());
    // The client may close its connection when it likes, but it has to end.
    held.closed = status.is_some();
    held.ended = match status {
        Some(status) => format!("the client ended {}", status_in_words(status)),
        None => "the client was still running".to_owned(),
    };
    Ok(Ended {
        held,
        status,
        stderr: client.program().stderr(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_seen_from_the_other_end() {
        let mut recorded = Conversation::default();
        recorded.answered(b"hello");
        recorded.sent(b"one");
        recorded.answered(b"1");
        recorded.sent(b"quit");
        recorded.closed();
        let inverted = inverted(&recorded).unwrap();
        assert_eq!(inverted.greeting, None);
        let sent: Vec<&[u8]> = inverted
            .turns
            .iter()
            .map(|turn| turn.sent.as_slice())
            .collect();
        assert_eq!(sent, [&b"hello"[..], b"1", b""]);
        assert!(inverted.has_ended());
        let answers: Vec<_> = (1..=3)
            .map(|number| Some(inverted.answer(number)?.octets.as_ref()?.to_vec()))
            .collect();
        assert_eq!(
            answers,
            [Some(b"one".to_vec()), Some(b"quit".to_vec()), None]
        );
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        let mut recorded = Conversation::default();
        recorded.sent(b"one");
        assert_eq!(inverted(&recorded), Err(NotPlayable::NothingAnswered));
        recorded.ended();
        recorded.answered(b"1");
        assert_eq!(inverted(&recorded), Err(NotPlayable::HalfClosed));
    }
}
