//! The loop: mutant after mutant until the budget is spent, and its outcome.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::bench::{Bench, Look, Suspect};
use super::compare::{Kind, collapsed};
use super::found::{check, found};
use super::mutate::{Mutant, Mutator};
use super::smaller::shrink;
use crate::judge::check::Verdict;
use crate::judge::fuzzed::{Budget, Findings, Fuzzed, Status, until_spent};
use crate::recut::learn::{Options, learn};
use crate::recut::run::Recording;
use crate::recut::subject::Subject;

/// Number of mutants after which the recorded conversation is tried again, to see if it still works.
const SERVES_EVERY: u64 = 48;

/// Fuzzes a server with mutants of a recording.
///
/// # Errors
/// The reason why the recording cannot be replayed or the server cannot be talked to, in a sentence.
pub(crate) fn run(
    subject: &mut dyn Subject,
    recording: &Recording,
    seed: u64,
    budget: Budget,
    options: &Options,
    follow: &mut dyn FnMut(Status) -> ControlFlow<()>,
) -> Result<Fuzzed, String> {
    let known = learn(subject, &recording.conversation, options)?;
    let notes = known.notes.clone();
    let mut run = Run {
        bench: Bench::new(subject, options, &recording.conversation, known),
        name: &recording.name,
        seed,
        findings: Findings::default(),
        recent: VecDeque::new(),
    };
    run.bench.shrinking = budget.for_one_finding();
    let mutator = Mutator::new(&recording.conversation, recording.framing(), seed);
    let (mut status, interrupted) = until_spent(budget, follow, &mut |number| {
        let step = run.mutant(mutator.mutant(number));
        if !run.findings.goes_on(step)? {
            return Ok(None);
        }
        Ok::<_, String>(Some((run.bench.held, run.findings.found.len())))
    })?;
    if run.findings.goes_on(Ok::<_, String>(()))? {
        let step = run.serves();
        run.findings.goes_on(step)?;
    }
    status.findings = run.findings.found.len();
    Ok(run.outcome(status, notes, interrupted))
}

struct Run<'r> {
    bench: Bench<'r>,
    name: &'r str,
    seed: u64,
    findings: Findings<Signature>,
    /// The mutants since the recorded conversation was seen to work.
    recent: VecDeque<Mutant>,
}

impl Run<'_> {
    fn mutant(&mut self, mutant: Mutant) -> Result<(), String> {
        match self.bench.look(&mutant)? {
            Look::Stuck => {
                self.recent.push_back(mutant);
                return self.blame();
            }
            Look::Same => {}
            Look::Unsteady => self.findings.unstable += 1,
            Look::Suspect(suspect) => self.suspect(mutant.number, &suspect)?,
        }
        let number = mutant.number;
        self.recent.push_back(mutant);
        if (number + 1).is_multiple_of(SERVES_EVERY) {
            self.serves()?;
        }
        Ok(())
    }

    fn suspect(&mut self, number: u64, suspect: &Suspect) -> Result<(), String> {
        let (name, seed) = (self.name, self.seed);
        let said = |least, _| found(name, seed, number, &least);
        self.findings
            .examine(&mut self.bench, suspect, Signature::of, shrink, said)
    }

    /// Checks that the recorded conversation works, and if not, which of the last mutants is to blame.
    fn serves(&mut self) -> Result<(), String> {
        if self.bench.fresh || self.bench.serves()? {
            self.recent.clear();
            return Ok(());
        }
        self.blame()
    }

    /// Finds the mutant after which the server does not serve any more, the last first: a server that is busy is
    /// seen at once.
    fn blame(&mut self) -> Result<(), String> {
        let recent = std::mem::take(&mut self.recent);
        self.bench.start_afresh();
        if !self.bench.serves()? {
            return Err(
                "the recorded conversation is not answered any more, even by a fresh server: the mutants \
                have changed something outside of it"
                    .to_owned(),
            );
        }
        let before = recent.len().saturating_sub(1);
        for mutant in recent.range(before..).chain(recent.range(..before)) {
            if let Some(suspect) = self.bench.hangs(mutant)? {
                return self.suspect(mutant.number, &suspect);
            }
        }
        self.findings.unstable += 1;
        Ok(())
    }

    fn outcome(self, status: Status, mut notes: Vec<String>, interrupted: bool) -> Fuzzed {
        let broke_off = self.findings.note();
        let interrupted = interrupted || broke_off.is_some();
        notes.extend(broke_off);
        let hard = self.findings.any_hard();
        let (verdict, message) = if hard {
            (Verdict::Skipped, "mutants of this recording have failed")
        } else {
            (Verdict::Pass, "")
        };
        Fuzzed {
            check: check(self.name, "mutants", verdict, message),
            found: self.findings.found,
            status,
            unstable: self.findings.unstable,
            notes,
            interrupted,
        }
    }
}

/// The common properties of findings of one cause: the kind, the ends, and the answers where they part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    kind: Kind,
    ends: (bool, bool),
    whole: Vec<u8>,
    cut: Vec<u8>,
}

impl Signature {
    fn of(suspect: &Suspect) -> Self {
        // Answers before a server hangs say nothing of the cause.
        if suspect.kind == Kind::Hung {
            return Self {
                kind: Kind::Hung,
                ends: (false, false),
                whole: Vec::new(),
                cut: Vec::new(),
            };
        }
        let whole = suspect.whole.first.answers.concat();
        let cut = suspect.cut.answers.concat();
        let same = whole.iter().zip(&cut).take_while(|(a, b)| a == b).count();
        Self {
            kind: suspect.kind,
            ends: (suspect.whole.first.closed, suspect.cut.closed),
            whole: beginning(&whole[same..]),
            cut: beginning(&cut[same..]),
        }
    }
}

/// The beginning of an answer, with all numbers alike.
fn beginning(octets: &[u8]) -> Vec<u8> {
    const MOST: usize = 8;
    collapsed(&octets[..octets.len().min(MOST)])
}
