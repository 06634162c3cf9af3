//! One run of a client: what is typed into it, what it sends, what it is answered, and what it
//! shows.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::diagnosis::{self, Diagnosis, INTERLEAVED};
use super::extension::{Algorithm, Form};
use super::symptom::Symptom;
use crate::disk::Held;
use crate::judge::evidence::{Evidence, Wanted};
use crate::suite::plain::frame;
use crate::testee::client::Client;
use crate::testee::connection::{Connection, Ending};
use crate::testee::launch::{StartError, Template};
use crate::testee::wait::Patience;
use crate::trace::octets::Octets;

/// How much of a client's standard output is shown, in octets.
const SHOWN_OF_OUTPUT: usize = 1_000;

/// How long a client may rest and have nothing of what it sends without being answered: less than the
/// timers of clients that go on without an answer.
const BRIEFLY: Duration = Duration::from_millis(150);

/// What is learned of a client in its plainest conversation.
#[derive(Debug, Clone, Default)]
pub(in crate::suite::client) struct Habits {
    /// What it asks for a line with, if it does; no line end follows.
    pub(in crate::suite::client) prompt: String,
    /// What it writes around a reply on the line that shows it; `None` if it shows no replies.
    pub(in crate::suite::client) shows: Option<(String, String)>,
    /// It shows them only when it ends: its output is buffered.
    pub(in crate::suite::client) late: bool,
    /// The other lines that it writes.
    pub(in crate::suite::client) lines: Vec<String>,
    /// Ways in which it sends verified transfers; empty for a class that does not have them.
    pub(in crate::suite::client) verified: Vec<Form>,
}

impl Habits {
    /// A line without the prompts on it: when a prompt appears beside something else, and how many
    /// there are on one line, is a matter of time.
    pub(in crate::suite::client) fn without_prompts<'l>(&self, line: &'l str) -> &'l str {
        if self.prompt.is_empty() {
            return line;
        }
        let behind = line.trim_start_matches(&self.prompt);
        behind.trim_end_matches(&self.prompt)
    }
}

/// Says what a failure looks like.
fn looks_like<T>(judged: Judged<T>, symptom: Symptom) -> Judged<T> {
    judged.map_err(|why| match why {
        NotPassed::Failed(mut wrong) => {
            wrong.symptom = symptom;
            NotPassed::Failed(wrong)
        }
        other => other,
    })
}

/// What went wrong.
#[derive(Debug, Clone)]
pub(in crate::suite::client) struct Wrong {
    pub(in crate::suite::client) message: String,
    pub(in crate::suite::client) symptom: Symptom,
    /// The requirement that is broken, where it is not the case's own, and the likely mistake.
    pub(in crate::suite::client) diagnosis: Diagnosis,
    /// One look is proof enough, and may well not show a second time.
    pub(in crate::suite::client) proves_itself: bool,
    /// Something was waited for in vain.
    pub(in crate::suite::client) took_time: bool,
    /// The client sent nothing at all of what was expected.
    pub(in crate::suite::client) nothing_sent: bool,
    pub(in crate::suite::client) evidence: Evidence,
}

/// Why a case did not pass.
pub(in crate::suite::client) type NotPassed = crate::judge::subject::NotPassed<Wrong>;

pub(in crate::suite::client) type Judged<T = ()> = Result<T, NotPassed>;

/// A client at work.
#[derive(Debug)]
pub(in crate::suite::client) struct Stage<'r> {
    client: Client,
    /// Its directory and the one beside it, held open: a client may put a link in their place.
    dir: Held,
    outside: Held,
    connection: Option<Connection>,
    pub(in crate::suite::client) habits: &'r Habits,
    patience: Patience,
    bound: Duration,
    typed: Vec<String>,
    sent: Vec<Vec<u8>>,
    /// How much of what came has been accounted for, in octets.
    accounted: usize,
    /// What came last was the body of a file.
    behind_a_body: bool,
    /// Octets that are read at most until the header of a file has come, beside its command.
    held: Option<usize>,
    /// Algorithm of the digest that is owed after the body of the file that was announced.
    pub(in crate::suite::client) owed_digest: Option<Algorithm>,
    /// Bodies whose digests have come.
    pub(in crate::suite::client) digested: Vec<Vec<u8>>,
    /// The replies that were sent whole.
    answered: Vec<String>,
    /// Those of a client that shows them late that are looked for in the end.
    to_be_shown: Vec<String>,
}

impl<'r> Stage<'r> {
    pub(in crate::suite::client) fn set(
        template: &Template,
        habits: &'r Habits,
        patience: Patience,
    ) -> Result<Self, StartError> {
        let client = Client::start(template)?;
        Ok(Self {
            dir: Held::open(&client.dir())?,
            outside: Held::open(&client.outside())?,
            client,
            connection: None,
            habits,
            patience,
            bound: template.timeout,
            typed: Vec::new(),
            sent: Vec::new(),
            accounted: 0,
            behind_a_body: false,
            held: None,
            owed_digest: None,
            digested: Vec::new(),
            answered: Vec::new(),
            to_be_shown: Vec::new(),
        })
    }

    /// Places a file where the client finds it, and hands it over: what is done to it later is done
    /// to this file, whatever the client puts in its place.
    pub(in crate::suite::client) fn place(&mut self, name: &str, content: &[u8]) -> Judged<File> {
        let placed = self
            .dir
            .remove(name.as_ref())
            .and_then(|()| self.dir.write_new(name, content));
        self.placed(placed)
    }

    /// A failure where something could not be placed for the client.
    pub(in crate::suite::client) fn placed<T>(&mut self, placed: io::Result<T>) -> Judged<T> {
        match placed {
            Ok(placed) => Ok(placed),
            Err(error) => self.wrong(
                &format!("the client made its own directory unusable: {error}"),
                "a directory that files can be placed in",
                false,
            ),
        }
    }

    /// The client's directory.
    pub(in crate::suite::client) const fn dir(&self) -> &Held {
        &self.dir
    }

    /// The directory beside it.
    pub(in crate::suite::client) const fn outside(&self) -> &Held {
        &self.outside
    }

    /// Types a line, once the client has nothing else to do.
    pub(in crate::suite::client) fn types(&mut self, line: &str) {
        self.client.program().settle();
        self.types_at_once(line);
    }

    /// Types a line, whatever the client is doing. One that takes no input any more shows it in
    /// what it sends.
    pub(in crate::suite::client) fn types_at_once(&mut self, line: &str) {
        self.typed.push(line.to_owned());
        self.client.type_line(line, self.bound);
    }

    /// Types lines in one go, faster than any client reads them.
    pub(in crate::suite::client) fn types_all(&mut self, lines: &[String]) {
        self.typed.extend_from_slice(lines);
        self.client.type_line(&lines.join("\n"), self.bound);
    }

    /// Whether the client has ended its connection, or itself, by now.
    pub(in crate::suite::client) fn has_closed(&mut self) -> bool {
        self.gather();
        self.ending().is_some() || self.client.program().death().is_some()
    }

    /// Whether the client shows a reply by now.
    pub(in crate::suite::client) fn has_shown_already(&mut self, text: &str) -> bool {
        contains(&self.client.program().seen(), reply(text).as_bytes())
    }

    /// The client's connection, which it may well make only when it has something to say.
    pub(in crate::suite::client) fn connected(&mut self) -> Judged<&mut Connection> {
        if self.connection.is_none() {
            self.connection = self.client.accept(self.patience);
        }
        if self.connection.is_none() {
            return self.wrong("the client does not connect", "a connection", true);
        }
        Ok(self.connection.as_mut().expect("just looked at"))
    }

    /// Has a first message sent and answered, so that the connection is there, and keeps what
    /// may lie on it unread small.
    pub(in crate::suite::client) fn connected_early(&mut self, text: &str) -> Judged {
        self.types(text);
        self.sends(text.as_bytes())?;
        self.answers(text);
        self.connected()?.hold_little();
        Ok(())
    }

    /// Reads no more than the command of a file and this header from here on.
    pub(in crate::suite::client) fn holds_after(&mut self, header: &[u8]) {
        self.held = Some(4 + header.len());
        self.holds_another(4 + b"file".len());
    }

    /// Where reading is held: reads so many octets more before the header.
    pub(in crate::suite::client) fn holds_another(&mut self, octets: usize) {
        if let (Some(connection), Some(header)) = (&mut self.connection, self.held) {
            connection.read_at_most(Some(octets + header));
        }
    }

    /// Reads everything again.
    pub(in crate::suite::client) fn releases(&mut self) {
        self.held = None;
        if let Some(connection) = &mut self.connection {
            connection.read_at_most(None);
            connection.hold_much();
        }
    }

    /// What has come and is not accounted for yet.
    pub(in crate::suite::client) fn rest(&self) -> &[u8] {
        self.connection
            .as_ref()
            .map_or(&[], |connection| &connection.seen()[self.accounted..])
    }

    fn wait(&mut self, mut done: impl FnMut(&[u8]) -> bool) {
        let from = self.accounted;
        if let Some(connection) = &mut self.connection {
            connection.wait(&mut self.client, self.patience, |connection| {
                done(&connection.seen()[from..]) || connection.ending().is_some()
            });
        }
    }

    /// Reads whatever else is underway, once the client has nothing to do.
    pub(in crate::suite::client) fn gather(&mut self) {
        self.client.program().settle();
        if let Some(connection) = &mut self.connection {
            connection.pump();
        }
    }

    /// Waits for one of these messages and nothing else.
    pub(in crate::suite::client) fn sends_one_of(&mut self, payloads: &[&[u8]]) -> Judged {
        self.sends_any(payloads).map(drop)
    }

    /// The same, and says which of them came.
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
        let diagnosis = match self.ending() {
            None if self.rest().is_empty() && self.behind_a_body => diagnosis::WAITS,
            _ => diagnosis::of_message(payloads[0], self.rest(), self.behind_a_body),
        };
        let in_vain = self.rest().is_empty() || wanted[0].starts_with(self.rest());
        let judged = self.wrong_because(diagnosis, &message, &expected, in_vain);
        looks_like(judged, symptom).map_err(|why| self.beside(why, &wanted[0]))
    }

    /// Puts the octets that were expected next beside what came.
    fn beside(&self, why: NotPassed, octets: &[u8]) -> NotPassed {
        match why {
            NotPassed::Failed(mut wrong) => {
                let seen = &wrong.evidence.seen;
                wrong.evidence.wanted = Wanted::of(seen, self.accounted, octets);
                NotPassed::Failed(wrong)
            }
            other => other,
        }
    }

    /// Waits for this message and nothing else.
    pub(in crate::suite::client) fn sends(&mut self, payload: &[u8]) -> Judged {
        self.sends_one_of(&[payload])
    }

    /// Waits for the header of a file.
    pub(in crate::suite::client) fn sends_header(&mut self, name: &str, length: usize) -> Judged {
        let header = format!("{name},{length}");
        self.sends(header.as_bytes()).map_err(|why| match why {
            NotPassed::Failed(mut wrong) => {
                wrong.diagnosis = diagnosis::of_header(name, length, self.rest());
                if !wrong.nothing_sent {
                    wrong.symptom = Symptom::OtherHeader;
                }
                NotPassed::Failed(wrong)
            }
            other => other,
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
        self.wrong_because(diagnosis, &message, &expected, cut_short)
            .map_err(|why| self.beside(why, content))
    }

    /// Answers a message, in these pieces.
    pub(in crate::suite::client) fn answers_in(&mut self, chunks: &[&[u8]]) {
        for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
            self.sent.push(chunk.to_vec());
            if let Some(connection) = &mut self.connection {
                connection.send(&mut self.client, chunk, self.bound);
            }
        }
    }

    /// Answers a message.
    pub(in crate::suite::client) fn answers(&mut self, text: &str) {
        self.answered.push(reply(text));
        self.answers_in(&[&frame(reply(text).as_bytes())]);
    }

    /// Notes a reply that was sent whole, in pieces.
    pub(in crate::suite::client) fn has_answered(&mut self, reply: String) {
        self.answered.push(reply);
    }

    /// Ends our sending side.
    pub(in crate::suite::client) fn ends_stream(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.end_of_stream();
        }
    }

    /// Closes so that the client is told of a reset.
    pub(in crate::suite::client) fn resets(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.reset_on_close();
        }
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
        let judged = self.wrong(
            "the client does not show the reply",
            &format!("that standard output shows: {reply}"),
            true,
        );
        looks_like(judged, Symptom::NotShown)
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
                return self.wrong(
                    "the client has not shown the reply when it ends",
                    &format!("that standard output shows: {reply}"),
                    true,
                );
            }
        }
        Ok(())
    }

    /// Has the client leave, waits until it has ended, and says with which status.
    pub(in crate::suite::client) fn leaves(&mut self) -> Option<i32> {
        self.types("q");
        self.settles();
        self.ends_stream();
        self.client.program().end(self.patience)
    }

    /// What it has written to standard output, and how many octets to standard error.
    pub(in crate::suite::client) fn said(&mut self) -> (Vec<u8>, u64) {
        let program = self.client.program();
        program.settle();
        (program.seen(), program.stderr_written())
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
            let judged = self.wrong(
                "the client shows what is no whole reply as if it were one",
                expected,
                false,
            );
            return looks_like(judged, Symptom::ShownAllTheSame);
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
        looks_like(self.wrong(message, expected, status.is_none()), symptom)
    }

    /// Waits for the close, before which nothing more may come.
    pub(in crate::suite::client) fn closes(&mut self) -> Judged {
        self.connected()?;
        self.wait(|rest| !rest.is_empty());
        if !self.rest().is_empty() {
            self.gather();
            let more = self.rest().len();
            let judged = self.wrong(
                &format!("the client sent {more} octets more"),
                "the close, and nothing before it",
                false,
            );
            return looks_like(judged, Symptom::SentMore);
        }
        if self.ending().is_none() {
            let judged = self.wrong("the client does not close", "the close", true);
            return looks_like(judged, Symptom::NotClosed);
        }
        Ok(())
    }

    pub(in crate::suite::client) fn ending(&self) -> Option<Ending> {
        self.connection.as_ref()?.ending()
    }

    /// Waits until so much has come, or the connection has ended, or nothing more comes.
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

    pub(in crate::suite::client) fn settles(&mut self) {
        self.client.program().settle();
    }

    pub(in crate::suite::client) fn wrong<T>(
        &mut self,
        message: &str,
        expected: &str,
        took_time: bool,
    ) -> Judged<T> {
        self.wrong_because(Diagnosis::default(), message, expected, took_time)
    }

    pub(in crate::suite::client) fn wrong_because<T>(
        &mut self,
        diagnosis: Diagnosis,
        message: &str,
        expected: &str,
        took_time: bool,
    ) -> Judged<T> {
        self.gather();
        let program = self.client.program();
        let death = program.death();
        let has_ended = death.is_some();
        let stderr = program.stderr();
        let shown = end_of(&program.seen());
        let nothing_sent = self.rest().is_empty();
        let (seen, mut ended) = match &self.connection {
            Some(connection) => connection.shown(),
            None => (Octets::default(), "there was no connection".to_owned()),
        };
        if let Some(death) = death {
            ended += &format!("; the testee ended {death}");
        }
        Err(NotPassed::Failed(Box::new(Wrong {
            message: message.to_owned(),
            symptom: Symptom::Other,
            diagnosis,
            proves_itself: diagnosis == INTERLEAVED,
            // One that has ended is not waited for.
            took_time: took_time && !has_ended,
            nothing_sent,
            evidence: Evidence {
                typed: self.typed.iter().map(|line| shortened(line)).collect(),
                sent: self
                    .sent
                    .iter()
                    .map(|chunk| Octets::folded(chunk))
                    .collect(),
                expected: expected.to_owned(),
                seen,
                wanted: None,
                ended,
                shown,
                stderr,
            },
        })))
    }
}

/// The reply that a text gets (SES-5).
pub(in crate::suite::client) fn reply(text: &str) -> String {
    format!("服务端于2026年01月02日03时04分05秒收到了你发来的“{text}”信息!")
}

/// The end of what was written, cut at a character.
fn end_of(written: &[u8]) -> String {
    let end = &written[written.len().saturating_sub(SHOWN_OF_OUTPUT)..];
    let text = String::from_utf8_lossy(end);
    if end.len() < written.len() {
        return text.trim_start_matches('\u{FFFD}').to_owned();
    }
    text.into_owned()
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

fn in_words(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) if text.chars().count() <= 40 => format!("{text:?}"),
        _ => format!("the {} octets that were typed", payload.len()),
    }
}

fn shortened(line: &str) -> String {
    const MOST: usize = 60;
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    let start: String = line.chars().take(MOST).collect();
    format!("{start}… ({} octets)", line.len())
}
/// Where a body and its file part, with the octets that stand there: evidence of a long body is cut
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
