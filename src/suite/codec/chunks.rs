//! Codecs that offer `--chunks`: one process for all streams, a line each, with the exact chunks.

use std::cell::RefCell;

use super::Decode;
use super::answering::{Lines, PATIENCE};
use crate::framing::Framing;
use crate::testee::launch::Template;
use crate::testee::piped::Piped;
use crate::trace::octets::{from_hex, to_hex};

/// The way in which a program is asked, chunk by chunk.
pub(super) struct Dialogue {
    template: Template,
    /// The number that it gives the first chunk: the contract has 1.
    first: usize,
}

/// The answer to a stream.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    /// Payloads, each with the number of the chunk that completed it.
    payloads: Vec<(usize, Vec<u8>)>,
    ended: Ended,
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// A clean end.
    Clean,
    /// The stream goes on.
    More,
    /// The stream is refused.
    Error(String),
}

fn parse(line: &str) -> Result<Answer, String> {
    let wrong = |what: &str| {
        Err(format!(
            "it answers {what:?}, which the contract does not have"
        ))
    };
    let mut payloads = Vec::new();
    let mut words = line.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let ended = match word {
            "end" => Ended::Clean,
            "more" => Ended::More,
            "error" => Ended::Error(words.by_ref().collect::<Vec<_>>().join(" ")),
            _ => {
                let parts = word.split_once(':').and_then(|(number, hex)| {
                    let octets = from_hex(&hex.to_ascii_lowercase()).ok()?;
                    Some((number.parse().ok()?, octets))
                });
                match parts {
                    Some(payload) => payloads.push(payload),
                    None => return wrong(word),
                }
                continue;
            }
        };
        return match words.next() {
            Some(word) => wrong(word),
            None => Ok(Answer { payloads, ended }),
        };
    }
    let short: String = line.chars().take(60).collect();
    wrong(&short)
}

/// The answer on a whole line of what a program has written.
fn answer_in(seen: &[u8], line: usize) -> Option<Answer> {
    let whole = seen.iter().filter(|octet| **octet == b'\n').count();
    let line = seen
        .split(|octet| *octet == b'\n')
        .nth(line)
        .filter(|_| line < whole)?;
    parse(std::str::from_utf8(line).ok()?).ok()
}

impl Dialogue {
    /// The dialogue, if a program offers it: it is asked for the plainest stream.
    pub(super) fn offered(template: &Template, framing: &Framing, hello: &[u8]) -> Option<Self> {
        let stream = framing.stream([hello]).ok()?;
        let mut program = Piped::start(template, 0).ok()?;
        program.feed(format!("{} $\n", to_hex(&stream)).as_bytes(), PATIENCE.busy);
        program.wait(PATIENCE, |seen| seen.contains(&b'\n'));
        let first = answer_in(&program.seen(), 0)?;
        if let [(number, payload)] = &first.payloads[..]
            && payload == hello
            && first.ended == Ended::Clean
        {
            return Some(Self {
                template: template.clone(),
                // A larger number for the only chunk there is comes of a payload that is handed over late.
                first: (*number).min(1),
            });
        }
        // A wrong answer is an answer too, from a program that goes on answering: not what one says
        // that does not know the option.
        program.feed(b"$\n", PATIENCE.busy);
        program.wait(PATIENCE, |seen| {
            seen.iter().filter(|octet| **octet == b'\n').count() > 1
        });
        answer_in(&program.seen(), 1)?;
        Some(Self {
            template: template.clone(),
            first: 1,
        })
    }

    pub(super) const fn lines(&self) -> RefCell<Lines<'_>> {
        RefCell::new(Lines::new(&self.template))
    }
}

/// A stream of such a program: its chunks are kept until they are all there.
pub(super) struct ChunkDecoder<'d> {
    dialogue: &'d Dialogue,
    lines: &'d RefCell<Lines<'d>>,
    question: String,
    completed: Option<Vec<usize>>,
    broke: bool,
    /// The program had payloads when it was asked about a stream that goes on.
    delivered: bool,
}

impl<'d> ChunkDecoder<'d> {
    pub(super) const fn new(dialogue: &'d Dialogue, lines: &'d RefCell<Lines<'d>>) -> Self {
        Self {
            dialogue,
            lines,
            question: String::new(),
            completed: None,
            broke: false,
            delivered: false,
        }
    }

    fn ask(&mut self, question: &str) -> Result<Answer, String> {
        self.lines.borrow_mut().begin();
        let answer = self.lines.borrow_mut().ask(question, |_| true);
        let answer = answer.and_then(|lines| parse(lines.last().map_or("", String::as_str)));
        self.broke = answer.is_err();
        answer
    }
}

impl Decode for ChunkDecoder<'_> {
    fn feed(&mut self, octets: &[u8], _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        let word = if octets.is_empty() {
            "-".to_owned()
        } else {
            to_hex(octets)
        };
        if !self.question.is_empty() {
            self.question.push(' ');
        }
        self.question += &word;
        Ok(())
    }

    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        let question = format!("{} $", self.question).trim_start().to_owned();
        let answer = self.ask(&question)?;
        let mut completed = Vec::new();
        for (number, payload) in &answer.payloads {
            deliver(payload);
            completed.push((number + 1).saturating_sub(self.dialogue.first));
        }
        self.completed = Some(completed);
        match answer.ended {
            Ended::Clean => Ok(()),
            Ended::Error(why) => Err(why),
            Ended::More => {
                self.broke = true;
                Err("it waits for more, though the stream has ended".to_owned())
            }
        }
    }

    fn completed(&self) -> Option<Vec<usize>> {
        self.completed.clone()
    }

    fn broke(&self) -> bool {
        self.broke
    }

    fn hung(&self) -> bool {
        self.broke && self.lines.borrow().hangs()
    }

    fn not_started(&self) -> Option<String> {
        self.lines.borrow().not_started()
    }

    fn refused(&mut self) -> bool {
        let question = self.question.clone();
        let answer = self.ask(&question);
        self.delivered = answer
            .as_ref()
            .is_ok_and(|answer| !answer.payloads.is_empty());
        matches!(
            answer,
            Ok(Answer {
                ended: Ended::Error(_),
                ..
            })
        )
    }

    fn has_delivered(&mut self) -> bool {
        self.delivered
    }

    fn peak_memory(&mut self) -> Option<u64> {
        // Before its stream has been asked about, the process has held what other streams took.
        self.completed.as_ref()?;
        self.lines.borrow_mut().peak_memory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_the_contract() {
        let answer = |line: &str| parse(line).map(|answer| (answer.payloads, answer.ended));
        let abc = || vec![(2, b"abc".to_vec())];
        assert_eq!(answer("2:616263 end"), Ok((abc(), Ended::Clean)));
        assert_eq!(answer("2:616263 more\r"), Ok((abc(), Ended::More)));
        assert_eq!(answer("1: end"), Ok((vec![(1, Vec::new())], Ended::Clean)));
        assert_eq!(
            answer("2:616263 error it is cut short"),
            Ok((abc(), Ended::Error("it is cut short".to_owned())))
        );
        for line in [
            "",
            "616263 end",
            "2:6162",
            "2:616 end",
            "end end",
            "payload 61",
            "ok",
        ] {
            assert!(answer(line).is_err(), "{line}");
        }
    }
}
