//! A failure of a client: what went wrong, and the evidence.

use super::Stage;
use crate::judge::evidence::{Evidence, Wanted};
use crate::judge::sentence::Sentence;
use crate::suite::client::diagnosis::{Diagnosis, INTERLEAVED};
use crate::suite::client::symptom::Symptom;
use crate::trace::octets::Octets;

/// The part of a client's standard output that is shown, in octets.
const SHOWN_OF_OUTPUT: usize = 1_000;

/// A failure of a client.
#[derive(Debug, Clone)]
pub(in crate::suite::client) struct Wrong {
    pub(in crate::suite::client) message: Sentence,
    pub(in crate::suite::client) symptom: Symptom,
    /// The requirement that is broken, where it is not the case's own, and the likely mistake.
    pub(in crate::suite::client) diagnosis: Diagnosis,
    /// The failure is proof enough, and may well not show a second time.
    pub(in crate::suite::client) proves_itself: bool,
    /// A wait timed out.
    pub(in crate::suite::client) took_time: bool,
    /// The client sent nothing at all of what was expected.
    pub(in crate::suite::client) nothing_sent: bool,
    pub(in crate::suite::client) evidence: Evidence,
}

/// The reason why a case did not pass.
pub(in crate::suite::client) type NotPassed = crate::judge::subject::NotPassed<Wrong>;

pub(in crate::suite::client) type Judged<T = ()> = Result<T, NotPassed>;

impl Wrong {
    /// The same failure, of this mistake.
    pub(in crate::suite::client) fn because(
        mut self: Box<Self>,
        diagnosis: Diagnosis,
    ) -> Box<Self> {
        self.proves_itself = diagnosis == INTERLEAVED;
        self.diagnosis = diagnosis;
        self
    }

    /// The same failure, of this look.
    pub(super) fn looks(mut self: Box<Self>, symptom: Symptom) -> Box<Self> {
        self.symptom = symptom;
        self
    }

    /// The same failure, with the octets that were expected from `at` on beside those that came.
    pub(super) fn beside(mut self: Box<Self>, at: usize, octets: &[u8]) -> Box<Self> {
        self.evidence.wanted = Wanted::of(&self.evidence.seen, at, octets);
        self
    }
}

impl Stage<'_> {
    /// A failure, with the evidence as it is by now.
    pub(in crate::suite::client) fn wrong(
        &mut self,
        message: &str,
        expected: &str,
        took_time: bool,
    ) -> Box<Wrong> {
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
            ended += &format!("; the client ended {death}");
        }
        Box::new(Wrong {
            message: message.into(),
            symptom: Symptom::Other,
            diagnosis: Diagnosis::default(),
            proves_itself: false,
            // A client that has ended is not waited for.
            took_time: took_time && !has_ended,
            nothing_sent,
            evidence: Evidence {
                typed: self.typed.iter().map(|line| shortened(line)).collect(),
                sent: self
                    .sent
                    .iter()
                    .map(|chunk| Octets::folded(chunk))
                    .collect(),
                expected: expected.into(),
                seen,
                wanted: None,
                unconnected: self.connection.is_none(),
                ended: ended.into(),
                shown,
                stderr,
            },
        })
    }
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

fn shortened(line: &str) -> String {
    const MOST: usize = 60;
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    let start: String = line.chars().take(MOST).collect();
    format!("{start}… ({} octets)", line.len())
}
