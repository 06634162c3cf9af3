//! A run of a client: the lines typed into it, the answers it gets, and what has come of both.

mod expect;
mod sparse;
mod wrong;

use std::fs::File;
use std::io;
use std::time::Duration;

pub(in crate::suite::client) use expect::differs_from_the_file;
pub(in crate::suite::client) use sparse::Sparse;
pub(in crate::suite::client) use wrong::{Judged, NotPassed, Wrong};

use super::extension::{Algorithm, Form};
use crate::disk::Held;
use crate::suite::plain::frame;
use crate::testee::client::Client;
use crate::testee::connection::{Connection, Ending};
use crate::testee::launch::{StartError, Template};
use crate::testee::wait::Patience;

/// Number of times that what a client goes on to send is read, before it is taken to do so for ever.
const MOST_GATHERED: usize = 16;

/// Habits that are learned of a client in its plainest conversation.
#[derive(Debug, Clone, Default)]
pub(in crate::suite::client) struct Habits {
    /// The prompt for a line, if there is one; no line end follows.
    pub(in crate::suite::client) prompt: String,
    /// The text around a reply on the line that shows it; `None` if it shows no replies.
    pub(in crate::suite::client) shows: Option<(String, String)>,
    /// The client shows replies only when it ends: its output is buffered.
    pub(in crate::suite::client) late: bool,
    /// The other lines that it writes.
    pub(in crate::suite::client) lines: Vec<String>,
    /// Ways in which it sends verified transfers; empty for a class that does not have them.
    pub(in crate::suite::client) verified: Vec<Form>,
}

impl Habits {
    /// A line without the prompts on it: whether, and how many, prompts share a line with other output
    /// depends on timing.
    pub(in crate::suite::client) fn without_prompts<'l>(&self, line: &'l str) -> &'l str {
        if self.prompt.is_empty() {
            return line;
        }
        let behind = line.trim_start_matches(&self.prompt);
        behind.trim_end_matches(&self.prompt)
    }
}

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
    /// The number of octets that have come and are accounted for.
    accounted: usize,
    /// The octets that came last were the body of a file.
    behind_a_body: bool,
    /// Octets that are read at most until the header of a file has come, beside its command.
    held: Option<usize>,
    /// Algorithm of the digest that is owed after the body of the file that was announced.
    pub(in crate::suite::client) owed_digest: Option<Algorithm>,
    /// Bodies whose digests have come.
    pub(in crate::suite::client) digested: Vec<Vec<u8>>,
    /// The replies that were sent whole.
    answered: Vec<String>,
    /// Replies that are looked for in the end, of a client that shows them late.
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
        placed.map_err(|error| {
            let message = format!("the client made its own directory unusable: {error}");
            let expected = "a directory that files can be placed in";
            self.wrong(&message, expected, false).into()
        })
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

    /// Types a line, whatever the client is doing. A client that takes no input any more shows it in
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

    /// True if the client has ended its connection, or itself, by now.
    pub(in crate::suite::client) fn has_closed(&mut self) -> bool {
        self.gather();
        self.ending().is_some() || self.client.program().death().is_some()
    }

    /// True if the client shows a reply by now.
    pub(in crate::suite::client) fn has_shown_already(&mut self, text: &str) -> bool {
        contains(&self.client.program().seen(), reply(text).as_bytes())
    }

    /// The client's connection, which it may well make only when it has something to say.
    pub(in crate::suite::client) fn connected(&mut self) -> Judged<&mut Connection> {
        if self.connection.is_none() {
            self.connection = self.client.accept(self.patience);
        }
        if self.connection.is_none() {
            let wrong = self.wrong("the client does not connect", "a connection", true);
            return Err(wrong.into());
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

    /// If reading is held, reads `octets` more octets before the header.
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

    /// Octets that have come and are not accounted for yet.
    pub(in crate::suite::client) fn rest(&self) -> &[u8] {
        self.connection
            .as_ref()
            .map_or(&[], |connection| &connection.seen()[self.accounted..])
    }

    /// Accounts for this number of octets of the rest.
    pub(in crate::suite::client) fn takes(&mut self, octets: usize) {
        self.accounted += octets.min(self.rest().len());
    }

    /// Reads whatever else is underway, once the client has nothing to do: again as long as more comes, because a
    /// client may rest only until what it has sent is read.
    pub(in crate::suite::client) fn gather(&mut self) {
        for _ in 0..MOST_GATHERED {
            self.client.program().settle();
            let Some(connection) = &mut self.connection else {
                return;
            };
            let before = connection.seen().len();
            connection.pump();
            if connection.seen().len() == before {
                return;
            }
        }
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
            connection.reset();
        }
    }

    /// Has the client leave, waits until it has ended, and says with which status.
    pub(in crate::suite::client) fn leaves(&mut self) -> Option<i32> {
        self.types("q");
        self.settles();
        self.ends_stream();
        self.client.program().end(self.patience)
    }

    /// Its standard output so far, and the number of octets on standard error.
    pub(in crate::suite::client) fn said(&mut self) -> (Vec<u8>, u64) {
        let program = self.client.program();
        program.settle();
        (program.seen(), program.stderr_written())
    }

    pub(in crate::suite::client) fn ending(&self) -> Option<Ending> {
        self.connection.as_ref()?.ending()
    }

    pub(in crate::suite::client) fn settles(&mut self) {
        self.client.program().settle();
    }
}

/// The reply that a text gets (SES-5).
pub(in crate::suite::client) fn reply(text: &str) -> String {
    format!("服务端于2026年01月02日03时04分05秒收到了你发来的“{text}”信息!")
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}
