//! The server's end of a session with the extension (VTR) as an ordinary programmer adds it, wrong in one
//! place.

use unstick::wire::verified::Algorithm;

use super::{Fault, fault, headers, held_out};
use crate::decoding::Refused;
use crate::serving::{Seen, Serve};
use crate::verifying::Hasher;

/// The faults of verified transfers.
pub const FAULTS: &[Fault] = &[
    fault("any-case", "commands are matched in any case"),
    fault("trimmed", "commands are matched without white space"),
    fault("prefix", "what begins with a command is taken for it"),
    fault("any-digest", "`file+` and anything is taken for MD5"),
    fault("one-digest", "`file+sha256` is taken for text"),
    fault("capitals", "capital digits are accepted"),
    fault("longer", "what stands behind the digits is passed over"),
    fault("shorter", "a digest without its last digit is compared"),
    fault(
        "digest-trimmed",
        "white space around the digest is accepted",
    ),
    fault("no-digits", "any message of the right length is a mismatch"),
    fault("any-is-mismatch", "any other message is a mismatch"),
    fault("ignored", "the digest is not compared"),
    fault("half-compared", "the first half of the digest is compared"),
    fault("last-compared", "the last octet of the digest is compared"),
    fault("first-part", "what came of the body first is digested"),
    fault("last-part", "what came of the body last is digested"),
    fault(
        "behind-header",
        "what comes of the body together with its header is not digested",
    ),
    fault(
        "takes-next",
        "what comes behind the body in the same chunk is digested",
    ),
    fault(
        "goes-on",
        "the second file of a session is digested with the first",
    ),
    fault(
        "padding",
        "bodies that leave 56 to 63 octets of a block are padded wrongly",
    ),
    fault("bits-16", "the length that is digested has 16 bits"),
    fault("empty-no-digest", "no digest is awaited for an empty body"),
    fault(
        "empty-mismatch",
        "the digest of an empty body is taken for a mismatch",
    ),
    fault(
        "digest-cut",
        "a digest that is cut between chunks is forgotten",
    ),
    fault(
        "digest-dropped",
        "what comes behind the body in the same chunk is dropped",
    ),
    fault("mismatch-ends", "a mismatch ends the session"),
    fault("ok-ends", "a digest that is right ends the session"),
    fault(
        "end-clean",
        "an end before the digest is taken for a clean one",
    ),
    fault(
        "body-cut-clean",
        "an end inside the body is taken for a clean one",
    ),
    fault(
        "always-verified",
        "a plain transfer behind a verified one waits for a digest",
    ),
    fault(
        "text-is-header",
        "a text between command and header is answered",
    ),
    held_out(
        "algorithm-kept",
        "the second file is digested as the first was",
    ),
    held_out("name-kept", "a second file gets the name of the first"),
    held_out(
        "after-mismatch",
        "the file behind a mismatch is not digested",
    ),
    held_out(
        "ends-chunk",
        "a body that ends with its chunk is a mismatch",
    ),
    held_out(
        "large",
        "bodies above 10,000 octets are digested without their last octet",
    ),
];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Messages,
    Header,
    Body(usize),
    Digest,
    Over,
    Failed,
}

/// A server with one of [`FAULTS`], or a right one for any other name.
#[derive(Debug, Default)]
pub struct Planted {
    fault: &'static str,
    limit: usize,
    buffer: Vec<u8>,
    state: State,
    by: Option<Algorithm>,
    /// The part of the body that is digested.
    body: Vec<u8>,
    /// The octets of it that have come.
    come: usize,
    /// The name of the first file.
    name: String,
    /// Digests that have come, and whether the last was right.
    digests: usize,
    last_right: bool,
    /// The first algorithm.
    first: Option<Algorithm>,
    /// The header came in this chunk.
    header_in_chunk: bool,
    /// The body ended with its chunk.
    ended_chunk: bool,
}

impl Planted {
    /// A server with this fault.
    #[must_use]
    pub fn new(fault: &'static str) -> Self {
        Self {
            fault,
            ..Self::default()
        }
    }

    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn frame(&mut self) -> Result<Option<String>, Refused> {
        let Some((octets, behind)) = self.buffer.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*octets) as usize;
        if length > self.limit {
            return Err(Refused);
        }
        let Some(payload) = behind.get(..length) else {
            return Ok(None);
        };
        let text = String::from_utf8(payload.to_vec()).map_err(|_| Refused)?;
        self.buffer.drain(..4 + length);
        Ok(Some(text))
    }

    fn command(&self, text: &str) -> Option<Algorithm> {
        let text = match self.fault {
            "any-case" => text.to_lowercase(),
            "trimmed" => text.trim().to_owned(),
            _ => text.to_owned(),
        };
        let known = |one: &Algorithm| {
            text == one.command() || self.is("prefix") && text.starts_with(one.command())
        };
        match Algorithm::ALL.into_iter().find(known) {
            Some(Algorithm::Sha256) if self.is("one-digest") => None,
            None if self.is("any-digest") && text.starts_with("file+") => Some(Algorithm::Md5),
            known => known,
        }
    }

    fn message(&mut self, text: &str, tell: &mut impl FnMut(Seen<'_>)) -> Result<(), Refused> {
        match self.state {
            State::Header => return self.header(text, tell),
            State::Digest => return self.digest(text, tell),
            _ => {}
        }
        if let Some(algorithm) = self.command(text) {
            self.by = Some(algorithm);
            self.first = self.first.or(self.by);
            self.state = State::Header;
            tell(Seen::Command(algorithm.command()));
            return Ok(());
        }
        match text {
            "q" | "Q" => {
                tell(Seen::Quit);
                self.state = State::Over;
            }
            "file" | "FILE" => {
                if !self.is("always-verified") {
                    self.by = None;
                }
                self.state = State::Header;
            }
            text => tell(Seen::Text(text)),
        }
        Ok(())
    }

    fn header(&mut self, text: &str, tell: &mut impl FnMut(Seen<'_>)) -> Result<(), Refused> {
        let Some((name, length)) = headers::parse("", text) else {
            if self.is("text-is-header") && self.by.is_some() && !text.contains(',') {
                tell(Seen::Text(text));
                return Ok(());
            }
            return Err(Refused);
        };
        if self.name.is_empty() {
            self.name.clone_from(&name);
        }
        let told = if self.is("name-kept") {
            &self.name
        } else {
            &name
        };
        tell(Seen::File(told, length));
        if !(self.is("goes-on") && self.by.is_some()) {
            self.body.clear();
        }
        self.come = 0;
        self.header_in_chunk = true;
        self.ended_chunk = false;
        self.state = State::Body(length as usize);
        if length == 0 {
            self.body_ends(tell);
            if self.is("empty-no-digest") {
                self.state = State::Messages;
            }
        }
        Ok(())
    }

    fn body_part(&mut self, left: usize, tell: &mut impl FnMut(Seen<'_>)) {
        let count = left.min(self.buffer.len());
        tell(Seen::Part(&self.buffer[..count]));
        let digested = match self.fault {
            "behind-header" if self.header_in_chunk => 0..0,
            "first-part" if self.come > 0 => 0..0,
            "takes-next" => 0..self.buffer.len(),
            _ => 0..count,
        };
        if self.is("last-part") {
            self.body.clear();
        }
        self.body.extend_from_slice(&self.buffer[digested]);
        self.come += count;
        self.buffer.drain(..count);
        self.state = State::Body(left - count);
        if count == left {
            self.ended_chunk = self.buffer.is_empty();
            self.body_ends(tell);
            if self.is("digest-dropped") && self.by.is_some() {
                self.buffer.clear();
            }
        }
    }

    fn body_ends(&mut self, tell: &mut impl FnMut(Seen<'_>)) {
        self.state = if self.by.is_some() {
            State::Digest
        } else {
            tell(Seen::FileEnd);
            State::Messages
        };
    }

    fn digest(&mut self, text: &str, tell: &mut impl FnMut(Seen<'_>)) -> Result<(), Refused> {
        let by = self.by.take().ok_or(Refused)?;
        if self.is("always-verified") {
            self.by = Some(by);
        }
        let digits = 2 * by.octets();
        let mut given = match self.fault {
            "capitals" => text.to_lowercase(),
            "digest-trimmed" => text.trim().to_owned(),
            _ => text.to_owned(),
        };
        if self.is("longer") && given.is_char_boundary(digits) && given.len() > digits {
            given.truncate(digits);
        }
        let lenient = match self.fault {
            "shorter" => given.len() + 1 == digits,
            "no-digits" => given.len() == digits,
            _ => self.is("any-is-mismatch"),
        };
        let all_digits = given
            .bytes()
            .all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
        if !(given.len() == digits && all_digits || lenient) {
            return Err(Refused);
        }
        let right = self.compare(by, &given);
        tell(Seen::Digest(right));
        self.digests += 1;
        self.last_right = right;
        self.state = match self.fault {
            "mismatch-ends" if !right => State::Over,
            "ok-ends" if right => State::Over,
            _ => State::Messages,
        };
        Ok(())
    }

    /// True if the digest is that of the body.
    fn compare(&self, by: Algorithm, given: &str) -> bool {
        let mut by = by;
        let mut body = self.body.clone();
        match self.fault {
            "padding" if body.len() % 64 >= 56 => body.push(0),
            "bits-16" if body.len() >= 8_192 => body.push(0),
            "large" if body.len() > 10_000 => body.truncate(body.len() - 1),
            "after-mismatch" if self.digests > 0 && !self.last_right => body.clear(),
            "algorithm-kept" => by = self.first.unwrap_or(by),
            _ => {}
        }
        let mut hasher = Hasher::new(by);
        hasher.update(&body);
        let octets = hasher.octets();
        let computed: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let half = computed.len() / 2;
        match self.fault {
            "ignored" => true,
            "empty-mismatch" if body.is_empty() => false,
            "ends-chunk" if self.ended_chunk => false,
            "half-compared" => given.starts_with(&computed[..half]),
            "last-compared" => given.ends_with(&computed[computed.len() - 2..]),
            "shorter" => computed.starts_with(given),
            _ => given == computed,
        }
    }
}

impl Serve for Planted {
    fn start(&mut self, limit: u32) {
        *self = Self {
            fault: self.fault,
            limit: limit as usize,
            ..Self::default()
        };
    }

    fn push(&mut self, chunk: &[u8], mut tell: impl FnMut(Seen<'_>)) -> Result<(), Refused> {
        if self.is("digest-cut") && self.state == State::Digest && !self.buffer.is_empty() {
            self.state = State::Messages;
        }
        self.header_in_chunk = false;
        self.buffer.extend_from_slice(chunk);
        loop {
            match self.state {
                State::Over => return Ok(()),
                State::Failed => return Err(Refused),
                State::Body(_) if self.buffer.is_empty() => return Ok(()),
                State::Body(left) => self.body_part(left, &mut tell),
                State::Messages | State::Header | State::Digest => {
                    let done = match self.frame() {
                        Ok(None) => return Ok(()),
                        Ok(Some(text)) => self.message(&text, &mut tell),
                        Err(Refused) => Err(Refused),
                    };
                    if done.is_err() {
                        self.state = State::Failed;
                    }
                }
            }
        }
    }

    fn ends_cleanly(&mut self) -> bool {
        match self.state {
            State::Over => true,
            State::Failed | State::Header => false,
            State::Messages => self.buffer.is_empty(),
            State::Digest => self.is("end-clean") && self.buffer.is_empty(),
            State::Body(_) => self.is("body-cut-clean") && self.by.is_some(),
        }
    }
}
