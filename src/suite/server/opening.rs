//! The first conversation of a run: does the server answer at all, in which form, and how late?

use std::time::{Duration, Instant};

use super::bench::{Bench, NotPassed, PLAIN};
use super::dialect::{self, Dialect};
use super::pace::Pace;
use super::reading::delivery;
use super::reply_form::ReplyForm;
use crate::judge::error::RunError;
use crate::judge::sentence::Sentence;
use crate::testee::gating::Gating;
use crate::trace::Class;

/// A reply that takes longer may have been late by chance: it is asked for again.
const PROMPT: Duration = Duration::from_millis(15);

/// Number of times that a late reply is asked for again. A server that is always late costs as many replies.
const MORE_ASKS: u32 = 4;

/// Messages that are sent together to see how much time lies between their replies.
const TOGETHER: usize = 4;

/// The result of the plainest conversation.
pub(super) enum Opening {
    /// The server answers.
    Speaks {
        /// The form of its replies.
        form: ReplyForm,
        /// Method that keeps chunks apart.
        gating: Gating,
        /// Time that its replies take.
        pace: Pace,
    },
    /// The server speaks another dialect: every case would only say so again.
    Dialect {
        /// The observation, in words.
        found: String,
        /// The dialect.
        dialect: Dialect,
        /// Method that keeps chunks apart.
        gating: Gating,
    },
}

/// Has the plainest conversation.
pub(super) fn open(bench: &mut Bench<'_>) -> Result<Opening, RunError> {
    let class = bench.options.class;
    let framing = &bench.options.framing;
    let Answer {
        gating,
        seen,
        silent,
        late,
    } = ask(bench)?;
    let came = delivery(framing, true, &seen).map(|(payload, _)| payload);
    let plain = bench.word(PLAIN);
    let patience = bench.patience();
    if !framing.is_reference()
        && silent.is_none()
        && came.as_ref() != Some(&plain)
        && let Some(dialect) = dialect::probe_framings(framing, bench.testee, patience)
    {
        let found = format!("it answers the plainest frame otherwise; {}", dialect.found);
        return Ok(Opening::Dialect {
            found,
            dialect,
            gating,
        });
    }
    if let Some(silent) = silent {
        return match dialect::probe(framing, bench.testee, patience) {
            Some(dialect) => Ok(Opening::Dialect {
                found: format!("{silent}; {}", dialect.found),
                dialect,
                gating,
            }),
            None => Err(RunError::NoAnswer(no_answer(bench, &plain, &silent).into())),
        };
    }
    let form = match came {
        Some(payload) => ReplyForm::learn(class, PLAIN, &payload),
        None if class >= Class::Session => ReplyForm::Prescribed,
        None => ReplyForm::Echo,
    };
    let late = asked_again(bench, late)?;
    let each = if late > PROMPT {
        between_replies(bench)
    } else {
        Duration::ZERO
    };
    let pace = Pace { late, each };
    Ok(Opening::Speaks { form, gating, pace })
}

/// The least lateness of a reply in some conversations, the first of which took this long: beside other
/// load any single one may be late by chance.
fn asked_again(bench: &mut Bench<'_>, mut late: Duration) -> Result<Duration, RunError> {
    for _ in 0..MORE_ASKS {
        if late <= PROMPT {
            break;
        }
        late = late.min(ask(bench)?.late);
    }
    Ok(late)
}

/// The answer of a server in the plainest conversation.
struct Answer {
    gating: Gating,
    seen: Vec<u8>,
    /// The reason why nothing came.
    silent: Option<Sentence>,
    late: Duration,
}

fn ask(bench: &mut Bench<'_>) -> Result<Answer, RunError> {
    let terms = bench.terms(None);
    let mut talk = match bench.talk(&terms) {
        Ok(talk) => talk,
        Err(NotPassed::Failed(failure)) => return Err(RunError::NoAnswer(failure.message)),
        Err(_) => return Err(RunError::NoAnswer("no connection".into())),
    };
    let gating = talk.connection().gating();
    let framing = &bench.options.framing;
    let opening = bench.opening(&bench.word(PLAIN));
    let testee = &mut *bench.testee;
    let started = Instant::now();
    let failed = talk.send(testee, &opening).err();
    let connection = talk.connection();
    connection.wait(testee, terms.patience, |connection| {
        delivery(framing, true, connection.seen()).is_some() || connection.ending().is_some()
    });
    let late = started.elapsed();
    let seen = connection.seen().to_vec();
    let silent = seen
        .is_empty()
        .then(|| match (failed, connection.ending()) {
            (Some(failure), _) => failure.message,
            (None, Some(_)) => "it closed without an answer".into(),
            (None, None) => "it sent nothing, and left the connection open".into(),
        });
    Ok(Answer {
        gating,
        seen,
        silent,
        late,
    })
}

/// The least time between two replies to messages that came together: a server that is late with each
/// takes it every time, and load beside it does not. None where replies are missing, which cases judge.
fn between_replies(bench: &mut Bench<'_>) -> Duration {
    let terms = bench.terms(None);
    let Ok(mut talk) = bench.talk(&terms) else {
        return Duration::ZERO;
    };
    let framing = &bench.options.framing;
    let plain = bench.word(PLAIN);
    let Ok(together) = framing.stream([&plain[..]; TOGETHER]) else {
        return Duration::ZERO;
    };
    let testee = &mut *bench.testee;
    let connection = talk.connection();
    connection.send(testee, &together, terms.bound);
    let mut least = None;
    let mut last = None;
    let mut from = 0;
    for _ in 0..TOGETHER {
        let next = |seen: &[u8]| delivery(framing, from == 0, &seen[from..]);
        connection.wait(testee, terms.patience, |connection| {
            next(connection.seen()).is_some() || connection.ending().is_some()
        });
        let Some((_, length)) = next(connection.seen()) else {
            return Duration::ZERO;
        };
        from += length;
        let now = Instant::now();
        let passed = last.replace(now).map(|last| now - last);
        least = [least, passed].into_iter().flatten().min();
    }
    least.unwrap_or_default()
}

/// Returns the message to the author of a server that does not answer.
fn no_answer(bench: &mut Bench<'_>, plain: &[u8], silent: &Sentence) -> String {
    let sent: Vec<String> = bench
        .opening(plain)
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let sent = sent.join(" ");
    let doubt = if bench.options.framing.is_reference() {
        "is the length 4 octets, the most significant first?".to_owned()
    } else {
        format!("is its framing {}?", bench.options.framing)
    };
    let testee = &mut *bench.testee;
    let plain = String::from_utf8_lossy(plain);
    let expected = match bench.options.class {
        Class::Codec | Class::Framing => "the same frame back (class framing)",
        Class::Session | Class::Transfer | Class::VerifiedTransfer => {
            "one reply, as SES-5 has it (a server that echoes frames is of class framing: --class framing)"
        }
    };
    let mut message = format!(
        "the server on {} does not answer the plainest conversation: {silent}\n\
         sent: {sent}, the frame of {plain:?}; expected: {expected}\n\
         does it write its answer at once (flush)? {doubt} is this the right port?",
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
