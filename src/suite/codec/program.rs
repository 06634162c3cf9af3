//! Codecs that are programs: on pipes, in one of three modes that `docs/codec-contract.md`
//! describes.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use super::ahead::{AT_A_TIME, Ahead};
use super::answering::{BOUND, Lines, PATIENCE, patience};
use super::chunks::{ChunkDecoder, Dialogue};
use super::encoder::as_u32be;
use super::fuzz::{self, Chosen};
use super::judge::Manner;
use super::{Decode, Judge};
use crate::framing::{Ended, Framing};
use crate::judge::check::Check;
use crate::judge::fuzzed::{Fuzzed, Status};
use crate::testee::exit_status::status_in_words;
use crate::testee::launch::{StartError, Template};
use crate::testee::piped::Piped;
use crate::trace::Trace;
use crate::trace::octets::to_hex;

/// A program that decodes the stream on its standard input and writes each payload to its
/// standard output as a frame; started for each stream.
#[derive(Debug)]
struct Stream<'h> {
    program: Result<Piped, String>,
    /// Number of octets that it was given.
    fed: usize,
    /// The process did not end, or was ended by a fault of its own.
    broke: bool,
    /// The wait for the process timed out.
    hangs: bool,
    /// Number of earlier processes that did not come back.
    hung: &'h Cell<u32>,
}

/// Most octets of output that are not payloads before a program is taken to write for ever.
const BESIDE_PAYLOADS: usize = 64 * 1024;

/// Number of payloads that are shown of a program that writes for ever.
const SHOWN: usize = 8;

impl<'h> Stream<'h> {
    const fn new(program: Result<Piped, String>, hung: &'h Cell<u32>) -> Self {
        Self {
            program,
            fed: 0,
            broke: false,
            hangs: false,
            hung,
        }
    }

    /// The most that can come of what it was given, in octets: a frame takes an octet, and its payload
    /// is written after a length of four.
    const fn most(&self) -> usize {
        self.fed * 5 + BESIDE_PAYLOADS
    }

    fn hangs(&mut self, why: &str) -> String {
        self.broke = true;
        self.hangs = true;
        self.hung.set(self.hung.get() + 1);
        why.to_owned()
    }
}

impl Decode for Stream<'_> {
    fn feed(&mut self, octets: &[u8], _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.fed += octets.len();
        // A program that has refused takes nothing more; its status says so in the end.
        self.program
            .as_mut()
            .map_err(|error| error.clone())?
            .feed(octets, BOUND);
        Ok(())
    }

    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        let (most, patience) = (self.most(), patience(self.hung.get(), self.fed));
        let program = self.program.as_mut().map_err(|error| error.clone())?;
        program.end_input();
        if program.wait(patience, |seen| seen.len() > most) {
            let seen = program.seen();
            let frames = Framing::default()
                .split(&seen[..most.min(seen.len())])
                .frames;
            for found in frames.iter().take(SHOWN) {
                deliver(&found.payload);
            }
            return Err(self.hangs("it writes more than can come of what it was given"));
        }
        let status = program.end(patience);
        let seen = program.seen();
        let split = Framing::default().split(&seen);
        for found in &split.frames {
            deliver(&found.payload);
        }
        if split.ended != Ended::Between {
            // Shown as what it is: no frame.
            deliver(&seen[split.whole..]);
        }
        // Signals that no program sends itself to refuse something.
        let faults = [
            libc_status(4),
            libc_status(7),
            libc_status(8),
            libc_status(9),
            libc_status(11),
        ];
        self.broke = status.is_none_or(|status| faults.contains(&status));
        match status {
            Some(0) => Ok(()),
            Some(status) => Err(format!("it ended {}", status_in_words(status))),
            None => Err(self.hangs("it does not end, though its input has ended")),
        }
    }

    fn broke(&self) -> bool {
        self.broke
    }

    fn hung(&self) -> bool {
        self.hangs
    }

    fn not_started(&self) -> Option<String> {
        self.program.as_ref().err().cloned()
    }

    /// Its output is looked at in the end.
    fn shows_when(&self) -> bool {
        false
    }

    fn refused(&mut self) -> bool {
        let (most, patience) = (self.most(), patience(self.hung.get(), self.fed));
        let Ok(program) = &mut self.program else {
            return false;
        };
        program.wait(patience, |seen| seen.len() > most);
        let refused =
            program.output_has_ended() && program.end(patience).is_some_and(|status| status != 0);
        if !refused {
            self.hangs = true;
            self.hung.set(self.hung.get() + 1);
        }
        refused
    }

    fn has_delivered(&mut self) -> bool {
        let program = self.program.as_ref();
        program.is_ok_and(|program| !Framing::default().split(&program.seen()).frames.is_empty())
    }

    fn peak_memory(&mut self) -> Option<u64> {
        let program = self.program.as_mut().ok()?;
        program.come_to_rest(PATIENCE.busy);
        program.peak_memory()
    }

    fn remarks(&self) -> String {
        self.program.as_ref().map(Piped::stderr).unwrap_or_default()
    }
}

struct LineDecoder<'t> {
    lines: &'t RefCell<Lines<'t>>,
    begun: bool,
}

impl LineDecoder<'_> {
    fn begin(&mut self) -> Result<(), String> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        self.lines.borrow_mut().begin();
        let reset = self.lines.borrow_mut().payloads("reset", &mut |_| {});
        // A program that died over an earlier stream is started again.
        reset.or_else(|_| self.lines.borrow_mut().payloads("reset", &mut |_| {}))
    }
}

impl Decode for LineDecoder<'_> {
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.begin()?;
        let question = format!("feed {}", to_hex(octets));
        self.lines.borrow_mut().payloads(&question, deliver)
    }

    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.begin()?;
        self.lines.borrow_mut().payloads("end", deliver)
    }

    fn broke(&self) -> bool {
        self.lines.borrow().broke()
    }

    fn hung(&self) -> bool {
        self.lines.borrow().hangs()
    }

    fn not_started(&self) -> Option<String> {
        self.lines.borrow().not_started()
    }

    fn peak_memory(&mut self) -> Option<u64> {
        self.lines.borrow_mut().peak_memory()
    }
}

/// The reason why a program could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum Unjudgeable {
    /// The program did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The plainest input brings no output.
    #[error(
        "the codec makes nothing of the plainest input: given {given}, it wrote nothing{how}\n\
         does it flush its output? is it started in the mode that it speaks (see docs/codec-contract.md)?\
         {stderr}"
    )]
    NoAnswer {
        /// The input that it was given.
        given: String,
        /// The way it ended, if it did.
        how: String,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
}

/// A program, and the way to speak to it.
#[derive(Debug)]
pub struct Program {
    template: Template,
    lengths: Template,
    /// The same command, to encode; only where the command is told its mode.
    encode: Option<Template>,
    /// The same command, answering a stream a line: what it may offer.
    chunks: Vec<Template>,
    mode: Mode,
    framing: Framing,
    max_payload: Option<u32>,
    /// Number of processes at a time, where one is started for each stream.
    at_a_time: usize,
}

/// The modes that a program may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A stream in, frames out.
    Stream,
    /// The same, and single lengths in a mode of their own.
    StreamAndLengths,
    /// Line by line, single lengths among them.
    Lines,
}

impl Program {
    /// A program that is started by `template`, in the mode that `{mode}` in it says, and speaks this
    /// framing.
    #[must_use]
    pub fn new(
        template: &Template,
        mode: Mode,
        framing: Framing,
        max_payload: Option<u32>,
    ) -> Self {
        let in_mode = |name: &str| {
            let mut template = template.clone();
            for part in &mut template.command {
                if let Some(text) = part.to_str() {
                    *part = text.replace("{mode}", name).into();
                }
            }
            template
        };
        let has_modes = mode == Mode::StreamAndLengths;
        let mut chunks = Vec::new();
        if mode != Mode::Lines {
            let mut by_option = in_mode("stream");
            by_option.command.push("--chunks".into());
            chunks.push(by_option);
            chunks.extend(has_modes.then(|| in_mode("chunks")));
        }
        Self {
            template: in_mode(if mode == Mode::Lines {
                "lines"
            } else {
                "stream"
            }),
            lengths: in_mode(if mode == Mode::Lines {
                "lines"
            } else {
                "lengths"
            }),
            encode: has_modes.then(|| in_mode("encode")),
            chunks,
            mode,
            framing,
            max_payload,
            at_a_time: AT_A_TIME,
        }
    }

    /// Sets the number of processes at a time, where one is started for each stream: the next start while one is
    /// judged. Two without this.
    #[must_use]
    pub fn jobs(mut self, at_a_time: usize) -> Self {
        self.at_a_time = at_a_time.max(1);
        self
    }

    /// Judges it.
    ///
    /// # Errors
    /// [`Unjudgeable`]
    pub(crate) fn judge(
        &self,
        manner: &Manner<'_>,
        progress: &mut dyn crate::judge::progress::Progress,
    ) -> Result<Vec<Check>, Unjudgeable> {
        self.with(|judge| judge.run(manner, progress))
    }

    /// Judges it by these traces alone.
    ///
    /// # Errors
    /// [`Unjudgeable`]
    pub fn replay(
        &self,
        traces: &'static [Trace],
        progress: &mut dyn crate::judge::progress::Progress,
    ) -> Result<Vec<Check>, Unjudgeable> {
        self.with(|judge| {
            judge.given(traces);
            judge.run(&Manner::ALL, progress)
        })
    }

    /// Fuzzes it with generated streams.
    ///
    /// # Errors
    /// [`Unjudgeable`]
    pub fn fuzz(
        &self,
        chosen: Chosen,
        follow: &mut dyn FnMut(Status) -> ControlFlow<()>,
    ) -> Result<Fuzzed, Unjudgeable> {
        self.with(|judge| {
            judge.given(&[]);
            fuzz::run(judge, chosen, follow)
        })
    }

    /// Has something done with the judge of the program.
    fn with<R>(&self, work: impl FnOnce(&mut Judge<'_>) -> R) -> Result<R, Unjudgeable> {
        let dialogue = self
            .chunks
            .iter()
            .find_map(|template| Dialogue::offered(template, &self.framing, &self.hello()));
        if dialogue.is_none() {
            self.answers_at_all()?;
        }
        let chunks = dialogue.as_ref().map(Dialogue::lines);
        let (decoder, lengths) = (
            RefCell::new(Lines::new(&self.template)),
            RefCell::new(Lines::new(&self.lengths)),
        );
        let hung = Cell::new(0);
        let ahead = Ahead::new(&self.template, self.at_a_time);
        let mut judge = match (&dialogue, &chunks) {
            _ if self.mode == Mode::Lines => Judge::decoder(|| {
                Box::new(LineDecoder {
                    lines: &decoder,
                    begun: false,
                })
            })
            .encoder(|payload| {
                let question = format!("encode {}", to_hex(payload));
                decoder.borrow_mut().octets(&question)
            }),
            (Some(dialogue), Some(chunks)) => {
                Judge::decoder(|| Box::new(ChunkDecoder::new(dialogue, chunks)))
            }
            _ => Judge::decoder(|| Box::new(Stream::new(ahead.next(), &hung))),
        };
        if let Some(encode) = &self.encode
            && self.encodes(encode)
        {
            judge = judge.stream_encoder(|stream| written(encode, stream));
        }
        if self.mode != Mode::Stream {
            judge = judge.lengths(
                |value| lengths.borrow_mut().octets(&format!("pack {value}")),
                |octets| {
                    lengths
                        .borrow_mut()
                        .number(&format!("unpack {}", to_hex(octets)))
                },
            );
        }
        if let Some(limit) = self.max_payload {
            judge = judge.max_payload(limit);
        }
        let mut judge = judge.framing(self.framing.clone()).memory();
        Ok(work(&mut judge))
    }

    /// A payload that the framing carries, the plainest.
    fn hello(&self) -> Vec<u8> {
        let least = usize::try_from(self.framing.min_payload()).unwrap_or(0);
        let hello = b"hello".to_vec();
        if self.framing.carries(&hello).is_ok() {
            hello
        } else {
            vec![b'a'; least.max(1)]
        }
    }

    /// True of a program that encodes a stream in a mode of its own: it writes the frame, or the payload in something
    /// else than what it writes in the mode `stream`, as a program does that looks at no mode.
    fn encodes(&self, template: &Template) -> bool {
        let hello = self.hello();
        let stream = as_u32be([&hello]);
        let Ok(octets) = written(template, &stream) else {
            return false;
        };
        self.framing.payloads(&octets).payloads == [&hello[..]]
            || octets.windows(hello.len()).any(|part| part == hello)
                && written(&self.template, &stream).ok() != Some(octets)
    }

    /// Checks that the plainest input brings any output at all.
    fn answers_at_all(&self) -> Result<(), Unjudgeable> {
        let mut program = Piped::start(&self.template, 0)?;
        let given = if self.mode == Mode::Lines {
            program.feed(b"reset\n", BOUND);
            "the line `reset`".to_owned()
        } else {
            let hello = self.hello();
            let stream = self.framing.stream([&hello[..]]).unwrap_or_default();
            program.feed(&stream, BOUND);
            let shown: Vec<String> = stream.iter().map(|octet| format!("{octet:02x}")).collect();
            format!("{} and the end of the stream", shown.join(" "))
        };
        if self.mode != Mode::Lines {
            program.end_input();
        }
        if program.wait(PATIENCE, |seen| !seen.is_empty()) {
            return Ok(());
        }
        // A program that refuses even this is judged, if it takes a stream of nothing: it was started well.
        let refuses = self.mode != Mode::Lines
            && program
                .end(PATIENCE)
                .is_some_and(|status| !matches!(status, 0 | 126 | 127));
        if refuses && written(&self.template, b"").is_ok() {
            return Ok(());
        }
        let death = program.death();
        let stderr = program.stderr();
        let stderr = match stderr.trim_end() {
            "" => String::new(),
            stderr => format!("\nthe end of its standard error:\n{stderr}"),
        };
        Err(Unjudgeable::NoAnswer {
            given,
            how: death.map_or_else(String::new, |death| format!(", and ended {death}")),
            stderr,
        })
    }
}

/// The exit status that stands for a signal.
const fn libc_status(signal: i32) -> i32 {
    128 + signal
}

/// The output of a program for a whole input, or the reason why it is not to be used.
fn written(template: &Template, input: &[u8]) -> Result<Vec<u8>, String> {
    let mut program = Piped::start(template, 0).map_err(|error| error.to_string())?;
    program.feed(input, BOUND);
    program.end_input();
    match program.end(patience(0, input.len())) {
        Some(0) => Ok(program.seen()),
        Some(status) => Err(format!("it ended {}", status_in_words(status))),
        None => Err("it does not end, though its input has ended".to_owned()),
    }
}
