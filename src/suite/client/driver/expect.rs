//! Octets that a client is expected to send, text that it is to show, and the failure where it does something else.

use std::time::Duration;

use super::{Judged, Stage, contains, reply};
use crate::suite::client::diagnosis;
use crate::suite::client::symptom::Symptom;
use crate::suite::plain::frame;

/// The rest after which a client is taken to send nothing without being answered: less than the
/// timers of clients that go on without an answer.
const BRIEFLY: Duration = Duration::from_millis(150);

/// A text that no case types, for a client that may have dropped one for what it is.
const TYPED_NEXT: &str = "and something else";

impl Stage<'_> {
    pub(super) fn wait(&mut self, mut done: impl FnMut(&[u8]) -> bool) {
        let from = self.accounted;
        if let Some(connection) = &mut self.connection {
            connection.wait(&mut self.client, self.patience, |connection| {
                done(&connection.seen()[from..]) || connection.ending().is_some()
            });
        }
    }

    /// Waits for one of these messages and nothing else.
    pub(in crate::suite::client) fn sends_one_of(&mut self, payloads: &[&[u8]]) -> Judged {
        self.sends_any(payloads).map(drop)
    }

    /// Waits for one of these messages, and says which of them came.
    pub(in crate::suite::client) fn sends_any(&mut self, payloads: &[&[u8]]) -> Judged<usize> {
        self.connected()?;
        let wanted: Vec<Vec<u8>> = payloads.iter().map(|payload| frame(payload)).collect();
        self.wait(|rest| {
            wanted.iter().any(|wanted| rest.starts_with(wanted))
                || !wanted.iter().any(|wanted| wanted.starts_with(rest))
        });
        let came = |wanted: &Vec<u8>| self.rest().starts_with(wanted);
        if let Some(found) = wanted.iter().position(came) {
            self.accounted += wanted[found].len();
            self.behind_a_body = false;
            return Ok(found);
        }
        self.gather();
        let expected = format!("the frame of {}", in_words(payloads[0]));
        let (message, symptom) = match (self.rest().len(), self.ending()) {
            (0, None) => ("the client sent nothing".to_owned(), Symptom::Other),
            (0, Some(_)) => (
                "the client closed and sent nothing".to_owned(),
                Symptom::ClosedInstead,
            ),
            _ => (
                format!("the client sent something else than {expected}"),
                Symptom::Other,
            ),
        };
        let silent_behind_a_body =
            self.behind_a_body && self.rest().is_empty() && self.ending().is_none();
        let diagnosis = diagnosis::of_message(payloads[0], self.rest(), self.behind_a_body);
        let in_vain = self.rest().is_empty() || wanted[0].starts_with(self.rest());
        let wrong = self.wrong(&message, &expected, in_vain).looks(symptom);
        let wrong = wrong.beside(self.accounted, &wanted[0]);
        if silent_behind_a_body && !self.sends_what_is_typed_next() {
            return Err(wrong.because(diagnosis::WAITS).into());
        }
        Err(wrong.because(diagnosis).into())
    }

    /// True if the client, which has not sent one message, sends another: then it waits for nothing. That one is
    /// answered, so that a case that goes on finds the client as it was.
    fn sends_what_is_typed_next(&mut self) -> bool {
        let wanted = frame(TYPED_NEXT.as_bytes());
        self.types(TYPED_NEXT);
        self.wait(|rest| rest.starts_with(&wanted) || !wanted.starts_with(rest));
        let sends = !self.rest().is_empty();
        if self.rest().starts_with(&wanted) {
            self.takes(wanted.len());
            self.behind_a_body = false;
            self.answers(TYPED_NEXT);
        }
        sends
    }

    /// Waits for this message and nothing else.
    pub(in crate::suite::client) fn sends(&mut self, payload: &[u8]) -> Judged {
        self.sends_one_of(&[payload])
    }

    /// Waits for the header of a file.
    pub(in crate::suite::client) fn sends_header(&mut self, name: &str, length: usize) -> Judged {
        let header = format!("{name},{length}");
        self.sends(header.as_bytes()).map_err(|why| {
            why.with_failure(|wrong| {
                wrong.diagnosis = diagnosis::of_header(name, length, self.rest());
                if !wrong.nothing_sent {
                    wrong.symptom = Symptom::OtherHeader;
                }
            })
        })
    }

    /// Waits for the octets of a file.
    pub(in crate::suite::client) fn sends_octets(&mut self, content: &[u8]) -> Judged {
        self.wait(|rest| rest.len() >= content.len());
        self.behind_a_body = true;
        if self.rest().starts_with(content) {
            self.accounted += content.len();
            return Ok(());
        }
        self.gather();
        let rest = self.rest();
        let diagnosis = diagnosis::of_body(content, rest);
        let same = content.iter().zip(rest).take_while(|(a, b)| a == b).count();
        let cut_short = same == rest.len();
        let message = if cut_short {
            format!(
                "of the {} octets that it announced the client sent {}",
                content.len(),
                rest.len()
            )
        } else {
            format!("the body {}", differs_from_the_file(content, rest, same))
        };
        let expected = format!(
            "a body of {} octets, as they are in the file",
            content.len()
        );
        let wrong = self.wrong(&message, &expected, cut_short);
        let wrong = wrong.beside(self.accounted, content);
        Err(wrong.because(diagnosis).into())
    }

    /// Sees that the client shows the reply to a text.
    pub(in crate::suite::client) fn shows(&mut self, text: &str) -> Judged {
        self.shows_reply(reply(text))
    }

    /// Sees that the client shows a reply.
    pub(in crate::suite::client) fn shows_reply(&mut self, reply: String) -> Judged {
        if self.habits.late {
            self.to_be_shown.push(reply);
            return Ok(());
        }
        let in_it = |seen: &[u8]| contains(seen, reply.as_bytes());
        if self.client.program().wait(self.patience, in_it) {
            return Ok(());
        }
        let wrong = self.wrong(
            "the client does not show the reply",
            &format!("that standard output shows: {reply}"),
            true,
        );
        Err(wrong.looks(Symptom::NotShown).into())
    }

    /// Has the client leave, and sees that it has shown by then what it had to show.
    pub(in crate::suite::client) fn has_shown(&mut self) -> Judged {
        let replies = std::mem::take(&mut self.to_be_shown);
        if replies.is_empty() {
            return Ok(());
        }
        self.leaves();
        let seen = self.client.program().seen();
        for reply in replies {
            if !contains(&seen, reply.as_bytes()) {
                let wrong = self.wrong(
                    "the client has not shown the reply when it ends",
                    &format!("that standard output shows: {reply}"),
                    true,
                );
                return Err(wrong.into());
            }
        }
        Ok(())
    }

    /// Sees that the client says, since it had said `before`, that something is wrong: by its
    /// status, on standard error, or by a line that it does not write otherwise. `partial` is
    /// what it must not show as if it were a reply.
    pub(in crate::suite::client) fn reports(
        &mut self,
        before: (&[u8], u64),
        partial: &str,
    ) -> Judged {
        let program = self.client.program();
        let status = program.end(self.patience);
        let shown = program.seen();
        let since = String::from_utf8_lossy(shown.get(before.0.len()..).unwrap_or_default());
        let lines: Vec<&str> = since
            .lines()
            .map(|line| self.habits.without_prompts(line))
            .collect();
        let on_stderr = program.stderr_written() > before.1;
        let expected = "that the client reports an error, by its exit status, on standard error or \
                        on standard output";
        if let Some((prefix, suffix)) = &self.habits.shows
            && !partial.is_empty()
            && lines
                .join("\n")
                .contains(&format!("{prefix}{partial}{suffix}"))
        {
            let wrong = self.wrong(
                "the client shows what is no whole reply as if it were one",
                expected,
                false,
            );
            return Err(wrong.looks(Symptom::ShownAllTheSame).into());
        }
        let replies = &self.answered;
        let said_more = lines.iter().any(|line| {
            if replies.iter().any(|reply| line.contains(reply.as_str())) {
                return false;
            }
            let line = if partial.is_empty() {
                line.trim().to_owned()
            } else {
                line.replace(partial, "").trim().to_owned()
            };
            !line.is_empty() && !self.habits.lines.iter().any(|known| known.contains(&line))
        });
        if status.is_some_and(|status| status != 0) || on_stderr || said_more {
            return Ok(());
        }
        let (message, symptom) = match status {
            Some(_) => ("the client ends as if all were well", Symptom::Silent),
            None => ("the client goes on as if all were well", Symptom::Other),
        };
        let wrong = self.wrong(message, expected, status.is_none());
        Err(wrong.looks(symptom).into())
    }

    /// Waits for the close, before which nothing more may come.
    pub(in crate::suite::client) fn closes(&mut self) -> Judged {
        self.connected()?;
        self.wait(|rest| !rest.is_empty());
        if !self.rest().is_empty() {
            self.gather();
            let more = self.rest().len();
            let wrong = self.wrong(
                &format!("the client sent {more} octets more"),
                "the close, and nothing before it",
                false,
            );
            return Err(wrong.looks(Symptom::SentMore).into());
        }
        if self.ending().is_none() {
            let wrong = self.wrong("the client does not close", "the close", true);
            return Err(wrong.looks(Symptom::NotClosed).into());
        }
        Ok(())
    }

    /// Waits until this number of octets has come, or the connection has ended, or nothing more comes.
    pub(in crate::suite::client) fn waits_for(&mut self, octets: usize) {
        self.wait(|rest| rest.len() >= octets);
    }

    /// The same for octets that are sent at once or never.
    pub(in crate::suite::client) fn waits_briefly_for(&mut self, octets: usize) {
        let patience = self.patience;
        self.patience.idle = patience.idle.min(BRIEFLY);
        self.wait(|rest| rest.len() >= octets);
        self.patience = patience;
    }
}

fn in_words(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) if text.chars().count() <= 40 => format!("{text:?}"),
        _ => format!("the {} octets that were typed", payload.len()),
    }
}

/// Says where a body and its file part, with the octets that stand there: evidence of a long body is cut
/// off long before that.
pub(in crate::suite::client) fn differs_from_the_file(
    content: &[u8],
    came: &[u8],
    place: usize,
) -> String {
    const SHOWN: usize = 8;
    let octets = |of: &[u8]| {
        let some = of.iter().skip(place).take(SHOWN);
        let hex: Vec<String> = some.map(|octet| format!("{octet:02x}")).collect();
        hex.join(" ")
    };
    format!(
        "differs from the file from octet {place} on: received {}, the file has {}",
        octets(came),
        octets(content)
    )
}
