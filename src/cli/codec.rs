//! `unstick codec`

use std::ffi::OsString;

use clap::Args;

use super::Failure;
use super::ended::Ended;
use super::judging::{INTERRUPTED, Judged, Judging};
use super::options::Chosen;
use crate::framing::Framing;
use crate::suite::codec;
use crate::suite::codec::judge::Manner;
use crate::suite::codec::program::{Mode, Program};
use crate::testee::launch::Template;
use crate::trace::Class;

/// Judge a codec: a program on standard input and output
#[derive(Debug, Args)]
#[command(after_help = "\
The octets of a stream come on standard input, cut in every way. COMMAND writes each payload
back as a frame; it exits with 0 at a clean end, and with another status when the stream
breaks the protocol. `{mode}` in COMMAND is filled in: `stream` for that, `lengths` for single
lengths, line by line. With --framing F it reads frames of F, and writes payloads as before: in
a length of four octets each. With --lines one long-lived process is spoken to instead, as `lines`.
docs/codec-contract.md has the whole contract, which is a page.

Examples:
  unstick codec -- python3 codec.py {mode}
  unstick codec --max-payload 1048576 -- ./decoder
  unstick codec --lines -- java Codec.java {mode}
  unstick codec --framing u16le -- python3 mine.py
  unstick codec --framing '1? u32be+4' -- ./decoder

Exit status: 0 all well; 1 a case failed; 2 bad usage; 3 could not be judged.")]
pub(super) struct Codec {
    #[command(flatten)]
    spoken: Spoken,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    judging: Judging,
    /// Start so many processes at a time, of a program that is started for each stream: one is
    /// judged, and the next wait [default: 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: Option<u32>,
    /// Stop at the first failure that is confirmed and not known
    #[arg(long)]
    fail_fast: bool,
    /// The program to start, and its arguments; without it, unstick.toml says what is judged
    #[arg(last = true)]
    command: Vec<OsString>,
}

/// The way in which a codec is spoken to.
#[derive(Debug, Args)]
pub(super) struct Spoken {
    /// COMMAND is one process that is spoken to line by line
    #[arg(long)]
    lines: bool,
    /// The limit on payloads in octets, to be judged at its boundary
    #[arg(long, value_name = "N")]
    max_payload: Option<u32>,
    /// The framing that it reads: a preset, or a template in stream order, as
    /// docs/testing-a-codec.md shows
    #[arg(
        long,
        value_name = "F",
        default_value = "u32be",
        hide_default_value = true
    )]
    framing: Framing,
}

impl Spoken {
    pub(super) const fn new(lines: bool, max_payload: Option<u32>, framing: Framing) -> Self {
        Self {
            lines,
            max_payload,
            framing,
        }
    }

    /// The program that `template` starts.
    pub(super) fn program(&self, template: &Template) -> Program {
        let mode = match (self.lines, template.says("{mode}")) {
            (true, _) => Mode::Lines,
            (false, true) => Mode::StreamAndLengths,
            (false, false) => Mode::Stream,
        };
        Program::new(template, mode, self.framing.clone(), self.max_payload)
    }

    pub(super) const fn framing(&self) -> &Framing {
        &self.framing
    }

    /// The name of the way in which its octets are cut.
    pub(super) const fn segmentation(&self) -> &'static str {
        if self.lines {
            "line by line"
        } else {
            "drain-gated"
        }
    }

    /// The words that say it again.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.lines {
            words.push("--lines".to_owned());
        }
        if self.framing != Framing::default() {
            words.extend(["--framing".to_owned(), self.framing.to_string()]);
        }
        if let Some(limit) = self.max_payload {
            words.extend(["--max-payload".to_owned(), limit.to_string()]);
        }
        words
    }
}

impl Codec {
    /// True if the command line names the subject, so that no file is asked.
    pub(super) const fn names_its_subject(&self) -> bool {
        !self.command.is_empty()
    }

    pub(super) fn run(self) -> Result<Ended, Failure> {
        let class = Class::Codec;
        let cases = self
            .chosen
            .of(codec::cases_of(self.spoken.framing()), class)?;
        let cases = self.judging.part_of(cases);
        let known = self.judging.prepare()?;
        let (mut testee, template) = self.judging.started("codec", &self.command, self.words());
        testee.framing = Some(self.spoken.framing().clone());
        let program = self.spoken.program(&template);
        let program = match self.jobs {
            Some(jobs) => program.jobs(jobs as usize),
            None => program,
        };
        let judged = Judged {
            testee: &testee,
            class: Some(class),
            known: &known,
        };
        let mut progress = self.judging.follow(&judged)?;
        let manner = Manner {
            wanted: &|id| cases.iter().any(|case| case.info.id == id),
            known: &|id| known.names(id),
            fail_fast: self.fail_fast,
        };
        let outcome = program
            .judge(&manner, &mut progress)
            .map_err(|error| format!("{}: {error}", self.command[0].to_string_lossy()))
            .and_then(|checks| match progress.is_interrupted() {
                true => Err(INTERRUPTED.to_owned()),
                false => Ok(checks),
            });
        let segmentation = self.spoken.segmentation();
        self.judging
            .report(&judged, segmentation, outcome, progress.finish())
    }

    /// The words of the command that runs one case again.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = ["unstick", "codec"].map(str::to_owned).into();
        words.extend(self.spoken.words());
        words.extend(["--run", "{case}"].map(str::to_owned));
        words
    }
}
