//! Verified transfers on a stage: we answer as a server with the extension, or as one without it.

use super::diagnosis::Diagnosis;
use super::digest::{self, Owed};
use super::driver::{Judged, NotPassed, Stage};
use super::extension::{Algorithm, Form, Told};
use crate::suite::plain::frame;

/// The commands that a file may begin with.
const COMMANDS: [&[u8]; 4] = [b"file", b"FILE", b"file+md5", b"file+sha256"];

/// The reason why files are not judged in a class without the extension.
const EXTENSION: &str = "the client sends files by the optional extension only (VTR), and none to a server \
    without it: judge it with --class verified-transfer";

impl Stage<'_> {
    /// Waits for the command and the header of a file, and answers a command of the extension: as a
    /// server that has it where the client is judged with it, and as one without it otherwise.
    pub(in crate::suite::client) fn announces(&mut self, name: &str, length: usize) -> Judged {
        let algorithm = match self.sends_any(&COMMANDS)? {
            0 | 1 => return self.sends_header(name, length),
            2 => Algorithm::Md5,
            _ => Algorithm::Sha256,
        };
        if !self.habits.verified.is_empty() {
            self.holds_another(0);
            self.says(algorithm, "ready");
            self.owed_digest = Some(algorithm);
            return self.sends_header(name, length);
        }
        self.holds_another(8);
        self.answers(algorithm.command());
        self.waits_for(8);
        let falls_back = |command: &&[u8]| self.rest().starts_with(&frame(command));
        if !COMMANDS[..2].iter().any(falls_back) {
            return Err(NotPassed::Acceptable(EXTENSION.into()));
        }
        self.sends_one_of(&COMMANDS[..2])?;
        self.sends_header(name, length)
    }

    /// Waits for the body of a file, and for the digest where one is owed, which is then answered.
    pub(in crate::suite::client) fn sends_body(&mut self, content: &[u8]) -> Judged {
        self.sends_octets(content)?;
        if let Some(algorithm) = self.owed_digest.take() {
            self.sends_digest(algorithm, "", content)?;
            self.says(algorithm, "ok");
        }
        Ok(())
    }

    /// Has a verified transfer asked for, and waits for its command.
    pub(in crate::suite::client) fn asks(&mut self, form: &Form, name: &str) -> Judged {
        self.types(form.line);
        self.types(name);
        self.sends(form.algorithm.command().as_bytes())
    }

    /// Answers by the command of this algorithm, a blank, and `what`.
    pub(in crate::suite::client) fn says(&mut self, algorithm: Algorithm, what: &str) {
        self.answers_in(&[&frame(algorithm.answer(what).as_bytes())]);
    }

    /// Waits for header, body and digest.
    pub(in crate::suite::client) fn sends_verified(
        &mut self,
        algorithm: Algorithm,
        name: &str,
        content: &[u8],
    ) -> Judged {
        self.sends_header(name, content.len())?;
        self.sends_octets(content)?;
        self.sends_digest(algorithm, name, content)
    }

    /// Waits for the digest of a body.
    pub(in crate::suite::client) fn sends_digest(
        &mut self,
        algorithm: Algorithm,
        name: &str,
        content: &[u8],
    ) -> Judged {
        self.sends_digits(algorithm, name, content, &algorithm.digits(content))
    }

    /// The same where the digits are known: to digest a large body takes longer than some clients wait.
    pub(in crate::suite::client) fn sends_digits(
        &mut self,
        algorithm: Algorithm,
        name: &str,
        content: &[u8],
        digits: &str,
    ) -> Judged {
        self.sends(digits.as_bytes()).map_err(|why| {
            why.with_failure(|wrong| {
                let owed = Owed {
                    algorithm,
                    header: &format!("{name},{}", content.len()),
                    body: content,
                    before: &self.digested,
                };
                wrong.diagnosis = digest::of(&owed, self.rest());
                if !wrong.nothing_sent {
                    wrong.message =
                        "the client sent something else than the digest of the body".into();
                }
                wrong.evidence.expected =
                    format!("the {} of the body: {digits}", algorithm.name()).into();
            })
        })?;
        self.digested.push(content.to_vec());
        Ok(())
    }

    /// Has the client leave, and hands over all that it has said.
    pub(in crate::suite::client) fn tells(&mut self) -> Told {
        let status = self.leaves();
        let (shown, on_stderr) = self.said();
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let lines = shown.lines().map(|line| self.habits.without_prompts(line));
        let lines = lines.filter(|line| !line.is_empty());
        Told {
            status,
            lines: lines.map(str::to_owned).collect(),
            on_stderr,
        }
    }

    /// Sees that the client, which leaves now, says something else than of a file that was stored.
    pub(in crate::suite::client) fn tells_apart(
        &mut self,
        form: &Form,
        diagnosis: Diagnosis,
    ) -> Judged {
        let Some(stored) = &form.stored else {
            return Err(NotPassed::skipped(
                "the client did not end a transfer that was verified, so what it says of one is not known",
            ));
        };
        if self.tells() != *stored {
            return Ok(());
        }
        let expected = "that the client says something else than of a file that is stored, by its exit \
                        status, on standard error or on standard output";
        let message = "the client says the same as of a file that is stored";
        let wrong = self.wrong(message, expected, false);
        Err(wrong.because(diagnosis).into())
    }
}
