//! Running the cases against a server, and judging it.

use std::path::PathBuf;
use std::time::Duration;

use super::attribution::{self, Finding};
use super::case::{Body, Case};
use super::conversation::{Failure, Outcome, Talk, Terms, What, converse, no_connection};
use super::dialect;
use super::directory::Directory;
use super::fixtures::chapter;
use super::plain::{frame, next_frame};
use super::reply_form::ReplyForm;
use super::verdict::{Check, Verdict};
use crate::testee::patience::Patience;
use crate::testee::process::StartError;
use crate::testee::server::{Gating, Server};
use crate::trace::octets::Octets;
use crate::trace::segmentation::{Move, Segmentation, conversations, repaired};
use crate::trace::{Acceptable, Action, Class, Placed, Step, Trace, stream};

/// The plainest conversation there is.
const PLAIN: &[u8] = b"hello";

/// The case that opens every run.
pub const PLAIN_FIRST: &str = "plain/first";

/// The case that ends every run.
pub const PLAIN_LAST: &str = "plain/last";

/// What a run is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the testee claims.
    pub class: Class,
    /// Its limit on payloads in octets, if it declares one (FRM-7).
    pub max_payload: Option<u32>,
    /// Its limit on concurrent sessions, if it declares one (SES-9).
    pub max_sessions: Option<usize>,
    /// How long a busy testee is waited for.
    pub timeout: Duration,
    /// How much is done.
    pub effort: Effort,
}

/// How much a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// All that is needed to judge a testee.
    Full,
    /// What is needed to see a known fault again: some segmentations, shorter waits.
    Quick,
}

impl Effort {
    /// After failures of a chapter have taken time so often, by a wait in vain or by a start afresh, a
    /// case that has failed is not run under further segmentations. Counted rather than timed, so that
    /// two runs agree.
    const fn soft_budget(self) -> u32 {
        match self {
            Self::Full => 12,
            Self::Quick => 3,
        }
    }

    /// After so often, the rest of the chapter is left out.
    const fn hard_budget(self) -> u32 {
        match self {
            Self::Full => 50,
            Self::Quick => 200,
        }
    }

    /// The waits in vain that a run is taken to have behind it when it begins: the more there
    /// are, the shorter the next.
    pub(super) const fn waits(self) -> u32 {
        match self {
            Self::Full => 0,
            Self::Quick => 12,
        }
    }

    fn covers(self, case: &Case, segmentation: Segmentation) -> bool {
        match segmentation {
            _ if self == Self::Full => true,
            Segmentation::Apart | Segmentation::Whole | Segmentation::Pinned => true,
            // Cuts are a matter of frames and texts.
            Segmentation::Octets | Segmentation::Length3 | Segmentation::StraddleLength => {
                case.class <= Class::Framing || case.id.starts_with("msg/")
            }
            _ => false,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// Every check, in the order in which they were made.
    pub checks: Vec<Check>,
    /// How chunks were kept apart.
    pub gating: Gating,
}

/// Why a testee could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum Unjudgeable {
    /// It did not start, or not again.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It does not answer the plainest conversation.
    #[error("{0}")]
    NoAnswer(String),
    /// Whoever watches wanted the run to end.
    #[error("interrupted")]
    Interrupted,
}

/// Why a case that needs code did not pass.
#[derive(Debug)]
pub(crate) enum NotPassed {
    /// Allowed by a MAY.
    Acceptable(String),
    /// Cannot be seen here.
    Skipped(String),
    /// Could not be judged.
    Error(String),
    /// Against the requirement.
    Failed(Box<Failure>),
}

impl From<Box<Failure>> for NotPassed {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}

impl NotPassed {
    pub(crate) fn skipped(why: &str) -> Self {
        Self::Skipped(why.to_owned())
    }
}

/// What a case that needs code works with.
#[derive(Debug)]
pub(crate) struct Bench<'r> {
    pub(crate) testee: &'r mut Server,
    options: &'r Options,
    form: ReplyForm,
    /// How often something was waited for in vain.
    waits: u32,
}

impl Bench<'_> {
    pub(crate) fn max_payload(&self) -> Option<u32> {
        self.options.max_payload
    }

    pub(crate) fn max_sessions(&self) -> Option<usize> {
        self.options.max_sessions
    }

    pub(crate) fn outside(&self) -> Option<PathBuf> {
        self.testee.outside()
    }

    /// How long to wait for what does not come: less, the more often it was in vain.
    pub(crate) fn patience(&self) -> Patience {
        let (idle, busy) = match self.waits {
            0..4 => (Duration::from_millis(1000), self.options.timeout),
            4..12 => (Duration::from_millis(400), self.options.timeout),
            _ => (
                Duration::from_millis(150),
                self.options.timeout.min(Duration::from_millis(1500)),
            ),
        };
        Patience { idle, busy }
    }

    pub(crate) fn terms<'d>(&self, directory: Option<&'d Directory>) -> Terms<'d> {
        Terms {
            form: self.form.clone(),
            strict: false,
            patience: self.patience(),
            bound: self.options.timeout,
            directory,
            unread_behind: None,
        }
    }

    /// Opens a conversation that goes as the case sees fit.
    pub(crate) fn talk<'t, 'd>(&mut self, terms: &'t Terms<'d>) -> Result<Talk<'t, 'd>, NotPassed> {
        match self.testee.connect() {
            Ok(connection) => Ok(Talk::new(connection, terms)),
            Err(error) => Err(no_connection(self.testee, &error).into()),
        }
    }

    /// Empties the testee's directory and places what is wanted there.
    pub(crate) fn prepare(&mut self, before: &[Placed]) -> Result<Directory, NotPassed> {
        let Some(dir) = self.testee.dir() else {
            return Err(NotPassed::skipped(
                "the testee's directory cannot be seen: say where it is with --dir",
            ));
        };
        let outside = self.testee.outside();
        if outside.is_none()
            && before
                .iter()
                .any(|placed| matches!(placed, Placed::Link { .. }))
        {
            return Err(NotPassed::skipped(
                "links out of the directory are placed for testees that we start only",
            ));
        }
        Directory::prepare(&dir, outside.as_deref(), before).map_err(|error| {
            NotPassed::Error(format!(
                "the testee's directory {} could not be prepared: {error}",
                dir.display()
            ))
        })
    }

    /// A fresh connection is served: one message, one delivery.
    pub(crate) fn is_well(&mut self) -> Result<(), NotPassed> {
        let terms = self.terms(None);
        let mut talk = self.talk(&terms)?;
        talk.send(self.testee, &frame(PLAIN))?;
        talk.deliver(self.testee, PLAIN)?;
        talk.finish(self.testee)?;
        Ok(())
    }

    /// A plain transfer works: the twin of what is refused.
    pub(crate) fn transfer_works(&mut self) -> Result<(), NotPassed> {
        let directory = self.prepare(&[])?;
        let terms = self.terms(Some(&directory));
        let mut talk = self.talk(&terms)?;
        talk.send(self.testee, &frame(b"file"))?;
        talk.send(self.testee, &frame(b"a.bin,3"))?;
        talk.send(self.testee, b"abc")?;
        talk.send(self.testee, &frame(b"after"))?;
        talk.deliver(self.testee, b"after")?;
        talk.is_stored(self.testee, "a.bin", b"abc")?;
        Ok(())
    }
}

/// Runs cases against a testee, in order, between two plain conversations. `watch` is told
/// how many of how many checks are done, and each check; the run goes on as long as it says so.
///
/// # Errors
/// [`Unjudgeable`]: nothing can be said about the testee.
pub fn run(
    testee: &mut Server,
    cases: &[Case],
    options: &Options,
    watch: &mut dyn FnMut(usize, usize, &Check) -> bool,
) -> Result<Run, Unjudgeable> {
    let mut planned: Vec<Planned<'_>> = cases
        .iter()
        .flat_map(|case| Planned::of(case, options.effort))
        .collect();
    planned.sort_by_key(|plan| (chapter(plan.case.id), plan.turn()));
    let total = 2 + planned.len();
    let mut runner = Runner {
        bench: Bench {
            testee,
            options,
            form: ReplyForm::Echo,
            waits: options.effort.waits(),
        },
        findings: Vec::new(),
        total,
        watch,
        costly: [0; 8],
    };
    let gating = runner.plain_first()?;
    if runner.findings[0].check.verdict == Verdict::Fail && runner.findings[0].failure.is_none() {
        // It speaks another dialect: every other case would only say so again.
        for plan in &planned {
            runner.note(Finding::plain(
                plan.case,
                plan.segmentation(),
                Verdict::Skipped,
                "not run: the testee does not speak this protocol, see plain/first",
            ))?;
        }
    } else {
        for plan in &planned {
            runner.check(plan)?;
        }
        runner.plain_last()?;
    }
    let form_broken = matches!(runner.bench.form, ReplyForm::Learned { .. });
    let mut findings = runner.findings;
    attribution::attribute(&mut findings, options, form_broken);
    // Reports go case by case.
    findings.sort_by_cached_key(|finding| {
        let id = finding.check.id.as_str();
        let place = cases.iter().position(|case| case.id == id);
        (id == PLAIN_LAST, place, finding.check.segmentation)
    });
    Ok(Run {
        checks: findings.into_iter().map(|finding| finding.check).collect(),
        gating,
    })
}

/// One check to be made.
struct Planned<'c> {
    case: &'c Case,
    what: Plan,
}

enum Plan {
    Conversation(&'static Trace, Segmentation, Vec<Move<'static>>),
    Code(super::case::Code),
}

impl<'c> Planned<'c> {
    fn of(case: &'c Case, effort: Effort) -> Vec<Self> {
        match case.body {
            Body::Trace(trace) => conversations(trace)
                .into_iter()
                .filter(|(segmentation, _)| effort.covers(case, *segmentation))
                .map(|(segmentation, moves)| Self {
                    case,
                    what: Plan::Conversation(trace, segmentation, moves),
                })
                .collect(),
            Body::Code(code) => vec![Self {
                case,
                what: Plan::Code(code),
            }],
        }
    }

    const fn segmentation(&self) -> Option<Segmentation> {
        match self.what {
            Plan::Conversation(_, segmentation, _) => Some(segmentation),
            Plan::Code(_) => None,
        }
    }

    /// Within a chapter the plainest come first, so that of a testee that takes long to fail
    /// every requirement is seen before every cut of the stream.
    const fn turn(&self) -> u8 {
        match self.segmentation() {
            Some(Segmentation::Apart) => 0,
            None => 1,
            Some(Segmentation::Whole) => 2,
            Some(_) => 3,
        }
    }
}

struct Runner<'r, 'w> {
    bench: Bench<'r>,
    findings: Vec<Finding>,
    total: usize,
    watch: &'w mut dyn FnMut(usize, usize, &Check) -> bool,
    /// How often failures of each chapter took time.
    costly: [u32; 8],
}

impl Runner<'_, '_> {
    fn note(&mut self, finding: Finding) -> Result<(), Unjudgeable> {
        let goes_on = (self.watch)(self.findings.len() + 1, self.total, &finding.check);
        self.findings.push(finding);
        if goes_on {
            Ok(())
        } else {
            Err(Unjudgeable::Interrupted)
        }
    }

    /// The plain conversation that everything rests on, from which the form of replies is
    /// learned.
    fn plain_first(&mut self) -> Result<Gating, Unjudgeable> {
        let class = self.bench.options.class;
        let terms = self.bench.terms(None);
        let mut talk = match self.bench.talk(&terms) {
            Ok(talk) => talk,
            Err(NotPassed::Failed(failure)) => return Err(Unjudgeable::NoAnswer(failure.message)),
            Err(_) => return Err(Unjudgeable::NoAnswer("no connection".to_owned())),
        };
        let gating = talk.connection().gating();
        let testee = &mut *self.bench.testee;
        let failed = talk.send(testee, &frame(PLAIN)).err();
        let connection = talk.connection();
        connection.wait(testee, terms.patience, |connection| {
            next_frame(connection.seen()).is_some() || connection.ending().is_some()
        });
        let seen = connection.seen().to_vec();
        let ending = connection.ending();
        if seen.is_empty() {
            drop(talk);
            let silent = failed.map_or_else(
                || match ending {
                    Some(_) => "it closed without an answer".to_owned(),
                    None => "it sent nothing, and left the connection open".to_owned(),
                },
                |failure| failure.message,
            );
            return match dialect::probe(testee, terms.patience) {
                Some(dialect) => {
                    self.note(Finding::of(
                        &plain_case(PLAIN_FIRST),
                        None,
                        Verdict::Fail,
                        &format!("{silent}; {}", dialect.found),
                        None,
                    ))?;
                    let check = &mut self.findings[0].check;
                    check.requirements.insert(0, dialect.requirement.to_owned());
                    check.requirements.dedup();
                    check.cause = Some(dialect.cause.to_owned());
                    Ok(gating)
                }
                None => Err(Unjudgeable::NoAnswer(no_answer(testee, class, &silent))),
            };
        }
        if let Some(payload) = next_frame(&seen) {
            self.bench.form = ReplyForm::learn(class, PLAIN, payload);
        } else if class >= Class::Session {
            self.bench.form = ReplyForm::Prescribed;
        }
        drop(talk);
        self.plain(PLAIN_FIRST)?;
        Ok(gating)
    }

    fn plain_last(&mut self) -> Result<(), Unjudgeable> {
        self.plain(PLAIN_LAST)
    }

    fn plain(&mut self, id: &'static str) -> Result<(), Unjudgeable> {
        let judged = plain(&mut self.bench);
        self.conclude(&plain_case(id), None, judged, plain)
    }

    fn check(&mut self, planned: &Planned<'_>) -> Result<(), Unjudgeable> {
        let case = planned.case;
        let segmentation = planned.segmentation();
        if let Some(why) = self.left_out(case) {
            return self.note(Finding::plain(case, segmentation, Verdict::Skipped, &why));
        }
        match &planned.what {
            Plan::Conversation(trace, segmentation, moves) => {
                let attempt =
                    |bench: &mut Bench<'_>| judge_conversation(bench, trace, *segmentation, moves);
                let judged = attempt(&mut self.bench);
                self.conclude(case, Some(*segmentation), judged, attempt)
            }
            Plan::Code(code) => {
                let judged = code(&mut self.bench);
                self.conclude(case, None, judged, code)
            }
        }
    }

    /// Why a check is not made, where much has failed already.
    fn left_out(&self, case: &Case) -> Option<String> {
        let effort = self.bench.options.effort;
        let costly = self.costly[chapter(case.id).map_or(0, |chapter| chapter + 1)];
        let failed_before = self
            .findings
            .iter()
            .any(|finding| finding.check.id == case.id && finding.check.verdict == Verdict::Fail);
        if costly >= effort.hard_budget() {
            return Some(
                "not run: failures of this chapter have taken their time too often; mend those first"
                    .to_owned(),
            );
        }
        (costly >= effort.soft_budget() && failed_before).then(|| {
            "not run: the case has failed under another segmentation, and many checks take their time to fail"
                .to_owned()
        })
    }

    /// Turns the outcome of a check into a verdict: a failure is first confirmed, alone.
    fn conclude(
        &mut self,
        case: &Case,
        segmentation: Option<Segmentation>,
        judged: Result<(), NotPassed>,
        again: impl FnOnce(&mut Bench<'_>) -> Result<(), NotPassed>,
    ) -> Result<(), Unjudgeable> {
        let (verdict, message, failure) = match judged {
            Ok(()) => (Verdict::Pass, String::new(), None),
            Err(NotPassed::Acceptable(why)) => (Verdict::Acceptable, why, None),
            Err(NotPassed::Skipped(why)) => (Verdict::Skipped, why, None),
            Err(NotPassed::Error(why)) => {
                self.cost(case);
                (Verdict::Error, why, None)
            }
            Err(NotPassed::Failed(first)) => {
                if first.what.took_time() {
                    self.bench.waits += 1;
                }
                let fresh = self.afresh(case, &first)?;
                match again(&mut self.bench) {
                    Err(NotPassed::Failed(second)) => {
                        if second.what.took_time() {
                            self.bench.waits += 1;
                            self.cost(case);
                        }
                        self.afresh(case, &second)?;
                        (Verdict::Fail, second.message.clone(), Some(second))
                    }
                    _ => {
                        let fresh = if fresh {
                            ", on a testee started afresh: does something of earlier connections remain?"
                        } else {
                            ""
                        };
                        let message = format!("failed 1 time of 2{fresh} ({})", first.message);
                        (Verdict::Flaky, message, Some(first))
                    }
                }
            }
        };
        self.note(Finding::of(case, segmentation, verdict, &message, failure))
    }

    fn cost(&mut self, case: &Case) {
        self.costly[chapter(case.id).map_or(0, |chapter| chapter + 1)] += 1;
    }

    /// Starts the testee afresh where a failure may have left it in a state that is not its
    /// usual one. Says whether it did.
    fn afresh(&mut self, case: &Case, failure: &Failure) -> Result<bool, Unjudgeable> {
        let clean = matches!(
            failure.what,
            What::Different(_) | What::Extra | What::Unsolicited | What::Directory(_)
        );
        if !self.bench.testee.can_restart() {
            return Ok(false);
        }
        if clean && !failure.left_open {
            // Whether a reply is seen before a close may be luck, since a reset takes replies
            // along: it costs as much as a close without one, so that budgets agree.
            if let What::Different(_) = failure.what {
                self.cost(case);
            }
            return Ok(false);
        }
        if clean && self.bench.is_well().is_ok() {
            return Ok(false);
        }
        if !clean {
            self.cost(case);
        }
        self.bench.testee.restart()?;
        Ok(true)
    }
}

fn plain_case(id: &'static str) -> Case {
    Case {
        id,
        title: "A fresh connection is served the plainest conversation".into(),
        requirements: vec!["FRM-1"],
        class: Class::Framing,
        body: Body::Code(plain),
    }
}

fn plain(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    bench.is_well()
}

/// What to tell the author of a testee that does not answer.
fn no_answer(testee: &mut Server, class: Class, silent: &str) -> String {
    let expected = match class {
        Class::Codec | Class::Framing => "the same frame back (class framing)",
        Class::Session | Class::Transfer => {
            "one reply, as SES-5 has it (a server that echoes frames is of class framing: --class framing)"
        }
    };
    let mut message = format!(
        "the testee on {} does not answer the plainest conversation: {silent}\n\
         sent: 00 00 00 05 68 65 6c 6c 6f, the frame of \"hello\"; expected: {expected}\n\
         does it write its answer at once (flush)? is the length 4 octets, the most significant first? \
         is this the right port?",
        testee.address()
    );
    if let Some(death) = testee.death() {
        message += &format!("\nit ended {death}");
    }
    let stderr = testee.stderr();
    if !stderr.trim().is_empty() {
        message += &format!("\nthe end of its standard error:\n{}", stderr.trim_end());
    }
    message
}

/// Has the conversation of a trace, and what belongs to it: its repaired twin, and a look
/// at the testee's health.
fn judge_conversation(
    bench: &mut Bench<'_>,
    trace: &Trace,
    segmentation: Segmentation,
    moves: &[Move<'_>],
) -> Result<(), NotPassed> {
    let largest = largest_payload(trace);
    if bench
        .max_payload()
        .is_some_and(|limit| largest > limit as usize)
    {
        return Err(NotPassed::Skipped(format!(
            "a payload of {largest} octets is above the declared limit"
        )));
    }
    let directory = directory_for(bench, trace)?;
    let mut terms = bench.terms(directory.as_ref());
    terms.strict = trace.requirements[0] == "SES-5";
    terms.unread_behind = unread_behind(trace);
    let failure = match converse(bench.testee, moves, &terms) {
        Outcome::AsExpected => None,
        Outcome::Failed(failure) => Some(failure),
    };
    if let Some(failure) = failure {
        return Err(allowed(bench, trace, failure, directory.as_ref()));
    }
    match repaired(trace, segmentation) {
        Some(twin) => twin_succeeds(bench, trace, &twin),
        None => Ok(()),
    }
}

/// What a failure comes to where the trace leaves something open.
fn allowed(
    bench: &mut Bench<'_>,
    trace: &Trace,
    mut failure: Box<Failure>,
    directory: Option<&Directory>,
) -> NotPassed {
    // A declared limit is kept to.
    let declared = trace.class == Class::Framing && bench.max_payload().is_some();
    match trace.acceptable {
        Some(Acceptable::Refusal) if failure.what == What::ClosedInstead && !declared => {}
        Some(Acceptable::Extension) if announces_the_extension(&failure) => {
            return NotPassed::Acceptable(
                "the testee has the optional extension, whose cases are not run".to_owned(),
            );
        }
        _ => return failure.into(),
    }
    if let Some(directory) = directory {
        bench.testee.settle();
        let kept = directory
            .untouched()
            .and_then(|()| directory.outside_untouched());
        if let Err(fault) = kept {
            failure.message = format!("refused, which is allowed, but {fault}");
            failure.what = What::Directory(fault);
            return failure.into();
        }
    }
    if let Err(unwell) = bench.is_well() {
        return unwell;
    }
    NotPassed::Acceptable(if trace.class == Class::Framing {
        format!(
            "a payload of {} octets is refused; limits from 65536 on are allowed, and judged when declared with --max-payload",
            largest_payload(trace)
        )
    } else {
        "refused, which is allowed".to_owned()
    })
}

/// VTR-2: the reply is the command and `ready`.
fn announces_the_extension(failure: &Failure) -> bool {
    let seen = failure.evidence.seen.to_vec();
    let ready = failure
        .expected
        .as_ref()
        .map(|command| [command.as_slice(), b" ready"].concat());
    ready.is_some() && next_frame(&seen) == ready.as_deref()
}

/// Behind how many octets a testee is right to leave ours unread: those that are as they ought to be,
/// where an offence follows, or those up to `q`.
fn unread_behind(trace: &Trace) -> Option<u64> {
    if trace.is_hostile() {
        let repaired = stream(trace.repaired.as_deref().unwrap_or_default()).to_vec();
        let sent = stream(&trace.steps).to_vec();
        let same = sent.iter().zip(&repaired).take_while(|(a, b)| a == b);
        return Some(same.count() as u64);
    }
    let quits = |step: &Step| step.action.sends_one_of([b"q", b"Q"]);
    let quit = trace.steps.iter().position(quits)?;
    Some(stream(&trace.steps[..=quit]).len() as u64)
}

fn directory_for(bench: &mut Bench<'_>, trace: &Trace) -> Result<Option<Directory>, NotPassed> {
    if trace.class < Class::Transfer {
        return Ok(None);
    }
    bench.prepare(&trace.before).map(Some)
}

/// A refusal proves something only if the same conversation without the offence succeeds;
/// and it does so on a fresh connection, behind the refused one.
fn twin_succeeds(bench: &mut Bench<'_>, trace: &Trace, twin: &[Move<'_>]) -> Result<(), NotPassed> {
    let attempt = |bench: &mut Bench<'_>| -> Result<(), NotPassed> {
        let directory = directory_for(bench, trace)?;
        let terms = bench.terms(directory.as_ref());
        match converse(bench.testee, twin, &terms) {
            Outcome::AsExpected => Ok(()),
            Outcome::Failed(failure) => Err(failure.into()),
        }
    };
    let Err(NotPassed::Failed(behind)) = attempt(bench) else {
        return Ok(());
    };
    let refuses_everything = |why: &str| {
        NotPassed::Error(format!(
            "the testee refuses, but the same conversation without the offence fails too, so that proves nothing ({why})"
        ))
    };
    if !bench.testee.can_restart() {
        return Err(refuses_everything(&behind.message));
    }
    if let Err(error) = bench.testee.restart() {
        return Err(NotPassed::Error(error.to_string()));
    }
    match attempt(bench) {
        Err(NotPassed::Failed(alone)) => Err(refuses_everything(&alone.message)),
        _ => {
            let mut failure = behind;
            if failure.what != What::Died {
                failure.what = What::Unwell;
            }
            failure.message = format!(
                "the testee refused as it must, but did not serve the next connection well: {}",
                failure.message
            );
            Err(failure.into())
        }
    }
}

/// The largest payload in a frame that is sent whole, in octets.
fn largest_payload(trace: &Trace) -> usize {
    trace
        .steps
        .iter()
        .map(|step| match &step.action {
            Action::Frame { payload, .. } => Octets::len(payload),
            _ => 0,
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_close_over_unread_octets_is_right() {
        for (id, place) in [
            ("frm/two", None),
            ("ses/quit-lower-then-more", Some(11)),
            ("ses/pipelined-two", Some(19)),
            ("len/announced-ffffffff", Some(6)),
            ("msg/invalid-in-the-middle", Some(9)),
        ] {
            let trace = super::super::fixtures::all()
                .iter()
                .find(|trace| trace.id == id)
                .unwrap();
            assert_eq!(unread_behind(trace), place, "{id}");
        }
    }
}
