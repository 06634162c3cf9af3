//! Differences that do not come again, and their explanations.

use super::super::subject::Subject;
use super::*;

const USUAL: &[u8] = b"\x01\x82answer";

/// A server that says the time once where its clock has moved on since the turn before: when a turn is
/// waited with, and in one conversation of those that are cut.
struct Dated {
    /// Its answer then.
    dated: &'static [u8],
    /// The same in a cut conversation.
    cut: &'static [u8],
    /// The number of cut conversations that were held.
    cuts: usize,
}

impl Subject for Dated {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let lingers = talk.linger.is_some_and(|linger| linger.turn == 1);
        let cut = !matches!(talk.variation, Variation::Uncut);
        self.cuts += usize::from(cut);
        let second = match (lingers, cut) {
            (true, _) => self.dated,
            (_, true) if self.cuts == 1 => self.cut,
            _ => USUAL,
        };
        Ok(Held {
            answers: vec![Vec::new(), USUAL.to_vec(), second.to_vec()],
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

/// True if one conversation in which the second answer is `cut` is nothing against a server that says
/// `dated` when its clock has moved on.
fn is_nothing(dated: &'static [u8], cut: &'static [u8]) -> bool {
    let mut conversation = Conversation::default();
    for _ in 0..2 {
        conversation.sent(b"request");
        conversation.answered(USUAL);
    }
    let options = Options::untold(Duration::from_secs(1));
    let uncut = Held {
        answers: vec![Vec::new(), USUAL.to_vec(), USUAL.to_vec()],
        ..Held::default()
    };
    let known = Known {
        learned: Learned::of(&[uncut.clone(), uncut]),
        fresh: false,
        notes: Vec::new(),
    };
    let mut subject = Dated {
        dated,
        cut,
        cuts: 0,
    };
    let mut bench = Bench::new(&mut subject, &conversation, &options, known);
    let cut = Variation::Cut {
        turn: 1,
        after: vec![3],
        pause: false,
    };
    match bench.judge(&cut).unwrap() {
        Outcome::Same => true,
        Outcome::Unsteady { .. } => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_date_that_comes_once_when_the_clock_has_moved_on_is_nothing() {
    const AT_SIX: &[u8] = b"\x01\x82\x61\x96\xdf\x06\xa2answer";
    const AT_SEVEN: &[u8] = b"\x01\x82\x61\x96\xdf\x07\xa2answer";
    assert!(is_nothing(AT_SIX, AT_SEVEN));
    // Another answer is a difference, and so is a date where the clock changes nothing.
    assert!(!is_nothing(AT_SIX, b"\x01\x82error"));
    assert!(!is_nothing(USUAL, AT_SEVEN));
}

/// A program that loses half of its answer where its request is cut. One of its processes gets no time
/// from a loaded machine, and says nothing.
struct Starved {
    /// The number of uncut conversations that go well before that one.
    after: usize,
}

impl Subject for Starved {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let is_uncut = *talk.variation == Variation::Uncut;
        let says: &[u8] = match (is_uncut, self.after) {
            (true, 0) => b"",
            (true, _) => USUAL,
            (false, _) => &USUAL[..4],
        };
        self.after = match (is_uncut, self.after) {
            (true, 0) => usize::MAX,
            (true, after) => after - 1,
            (false, after) => after,
        };
        Ok(Held {
            answers: vec![Vec::new(), says.to_vec()],
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        false
    }
}

#[test]
fn an_uncut_run_that_says_nothing_once_does_not_make_every_answer_right() {
    let mut conversation = Conversation::default();
    conversation.sent(b"request");
    conversation.answered(USUAL);
    let uncut = Held {
        answers: vec![Vec::new(), USUAL.to_vec()],
        ..Held::default()
    };
    for after in 0..2 {
        let known = Known {
            learned: Learned::of(&[uncut.clone(), uncut.clone()]),
            fresh: false,
            notes: Vec::new(),
        };
        let mut subject = Starved { after };
        let options = Options::untold(Duration::from_secs(1));
        let mut bench = Bench::new(&mut subject, &conversation, &options, known);
        let cut = Variation::Cut {
            turn: 0,
            after: vec![3],
            pause: false,
        };
        let outcome = bench.judge(&cut).unwrap();
        assert!(
            matches!(outcome, Outcome::Different(_)),
            "{after}: {outcome:?}"
        );
    }
}

/// A server that answers nothing any more where its request is cut at one of these places.
struct Hangs {
    at: &'static [usize],
    /// The sum of the waits that timed out.
    waited: Duration,
}

impl Subject for Hangs {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let mut held = Held {
            answers: vec![Vec::new()],
            ..Held::default()
        };
        let mut hangs = false;
        for (turn, here) in talk.conversation.turns.iter().enumerate() {
            let places = talk.variation.places(turn, here.sent.len());
            hangs |= places.iter().any(|place| self.at.contains(place));
            if hangs {
                self.waited += talk.patience.busy;
                held.answers.push(Vec::new());
                if talk.is_lost(turn + 1, &[]) {
                    break;
                }
            } else {
                held.answers.push(USUAL.to_vec());
            }
        }
        Ok(held)
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

/// The cuts of `turns` turns that differ when these places hang, each with what it was made small to, and how long
/// the server was waited for.
fn hangs(turns: usize, at: &'static [usize]) -> (Vec<String>, Duration) {
    let mut conversation = Conversation::default();
    for _ in 0..turns {
        conversation.sent(b"a request of some twenty octets");
        conversation.answered(USUAL);
    }
    let trace = conversation.into_trace("x", "x");
    let recording = super::super::run::Recording::of(&trace).unwrap();
    let wanted = super::super::variation::Wanted {
        places: super::super::variation::Places::ByNeed,
        seed: 1,
        pipelines: false,
        framing: None,
        hostile: false,
    };
    let options = Options::untold(Duration::from_secs(5));
    let mut subject = Hangs {
        at,
        waited: Duration::ZERO,
    };
    let variations = recording.variations(&wanted);
    let judged = super::super::run::run(
        &mut subject,
        &recording,
        &variations,
        &options,
        &mut crate::judge::progress::Unwatched,
    );
    assert!(judged.stopped.is_none());
    let found = judged.findings.into_iter().filter_map(|finding| {
        let places = finding.cut?.after;
        Some(format!("{}={places:?}", finding.check.id))
    });
    (found.collect(), subject.waited)
}

#[test]
fn ten_cuts_that_hang_cost_well_below_a_minute() {
    let (found, waited) = hangs(2, &[7, 11, 15, 19, 23]);
    let expected = [
        "x/turn1@7=[7]",
        "x/turn1@11=[11]",
        "x/turn1@15=[15]",
        "x/turn1@19=[19]",
        "x/turn1@23=[23]",
        "x/turn2@7=[7]",
        "x/turn2@11=[11]",
        "x/turn2@15=[15]",
        "x/turn2@19=[19]",
        "x/turn2@23=[23]",
        "x/octets=[7]",
        "x/pauses=[7]",
    ];
    assert_eq!(found, expected);
    assert!(waited < Duration::from_secs(45), "{waited:?}");
}

#[test]
fn a_server_that_hangs_in_every_turn_costs_a_bounded_time() {
    let (found, waited) = hangs(12, &[7, 11, 15, 19, 23]);
    assert!(found.contains(&"x/turn12@7=[7]".to_owned()), "{found:?}");
    assert!(waited < Duration::from_secs(90), "{waited:?}");
}

/// A server that takes what one read returns for a request, at each place up to one; after a number of conversations
/// it says another word, cut or not.
struct ReadsShort {
    up_to: usize,
    changes_after: usize,
    held: usize,
}

impl Subject for ReadsShort {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        self.held += 1;
        let places = talk
            .variation
            .places(0, talk.conversation.turns[0].sent.len());
        let answer: &[u8] = match places.first() {
            Some(place) if *place <= self.up_to => b"error",
            _ if self.held > self.changes_after => b"yes, at noon",
            _ => b"yes, at ten",
        };
        Ok(Held {
            answers: vec![Vec::new(), answer.to_vec()],
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

/// The single places that differ, and the number of conversations that this took.
fn short(up_to: usize, changes_after: usize) -> (usize, usize) {
    let mut conversation = Conversation::default();
    conversation.sent(&[b'x'; 201]);
    conversation.answered(b"yes, at ten");
    let recording = super::super::run::Recording::of(&conversation.into_trace("x", "x")).unwrap();
    let variations: Vec<_> = (1..201)
        .map(|place| Variation::Cut {
            turn: 0,
            after: vec![place],
            pause: false,
        })
        .collect();
    let options = Options::untold(Duration::from_secs(5));
    let mut subject = ReadsShort {
        up_to,
        changes_after,
        held: 0,
    };
    let judged = super::super::run::run(
        &mut subject,
        &recording,
        &variations,
        &options,
        &mut crate::judge::progress::Unwatched,
    );
    assert!(judged.stopped.is_none());
    let findings = judged.findings;
    let failed = findings.iter().filter(|finding| finding.cut.is_some());
    (failed.count(), subject.held)
}

#[test]
fn a_server_that_differs_everywhere_costs_few_conversations_a_place() {
    let (failed, held) = short(200, usize::MAX);
    assert_eq!(failed, 200);
    assert!(held < 200 * 2 + 300, "{held}");
}

#[test]
fn a_word_that_changes_meanwhile_is_no_difference_however_many_there_are() {
    for changes_after in [250, 300, 350] {
        assert_eq!(short(100, changes_after).0, 100);
    }
}

/// A server that gives up a request whose octets take longer than 500 ms, on a machine on which each further piece
/// takes `each`; `at` a place it gives up at once.
struct GivesUp {
    each: Duration,
    at: Option<usize>,
}

impl Subject for GivesUp {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let places = talk
            .variation
            .places(0, talk.conversation.turns[0].sent.len());
        let lingers = talk.linger.filter(|linger| linger.inside);
        let pieces = u32::try_from(places.len()).unwrap();
        let inside = self.each * pieces + lingers.map_or(Duration::ZERO, |linger| linger.time);
        let is_torn = self.at.is_some_and(|at| places.contains(&at));
        if inside <= Duration::from_millis(500) && !is_torn {
            return Ok(Held {
                answers: vec![Vec::new(), USUAL.to_vec()],
                inside,
                span: inside,
                ..Held::default()
            });
        }
        Ok(Held {
            answers: vec![Vec::new(), Vec::new()],
            closed: true,
            inside,
            span: inside,
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

/// The outcome of a request of 20 octets that goes octet by octet, on such a machine.
fn given_up(each: u64, at: Option<usize>) -> Outcome {
    let mut conversation = Conversation::default();
    conversation.sent(&[b'x'; 20]);
    conversation.answered(USUAL);
    let options = Options::untold(Duration::from_secs(5));
    let uncut = Held {
        answers: vec![Vec::new(), USUAL.to_vec()],
        ..Held::default()
    };
    let known = Known {
        learned: Learned::of(&[uncut.clone(), uncut]),
        fresh: false,
        notes: Vec::new(),
    };
    let each = Duration::from_millis(each);
    let mut subject = GivesUp { each, at };
    let mut bench = Bench::new(&mut subject, &conversation, &options, known);
    bench.judge(&Variation::Octets).unwrap()
}

#[test]
fn a_time_limit_that_a_loaded_machine_meets_each_time_is_told_from_a_cut() {
    assert_eq!(given_up(1, None), Outcome::Same);
    assert_eq!(given_up(30, None), Outcome::Tolerated(Tolerated::TookLong));
    // The cut makes a difference by itself, however fast the machine is.
    assert!(matches!(given_up(1, Some(7)), Outcome::Different(_)));
    assert!(matches!(given_up(20, Some(7)), Outcome::Different(_)));
    // The cut makes a difference too where no piece goes out fast.
    assert!(matches!(given_up(30, Some(19)), Outcome::Different(_)));
    assert!(matches!(given_up(250, Some(19)), Outcome::Different(_)));
}

/// A server that says the minute, and answers turns that come together in one order or the other.
struct Minutes {
    minute: u32,
    reorders: bool,
}

impl Minutes {
    fn says(minute: u32, second: u32, what: &str) -> Vec<u8> {
        let text = format!("10时{minute:02}分{second:02}秒 {what}");
        [&[0, 0, 0, text.len() as u8], text.as_bytes()].concat()
    }
}

impl Subject for Minutes {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let mut answers = vec![
            Self::says(self.minute, 7, "one"),
            Self::says(self.minute, 8, "other"),
        ];
        if self.reorders && *talk.variation != Variation::Uncut {
            answers.reverse();
        }
        answers.insert(0, Vec::new());
        Ok(Held {
            answers,
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

#[test]
fn a_minute_that_changes_meanwhile_is_no_other_order() {
    let mut conversation = Conversation::default();
    for _ in 0..2 {
        conversation.sent(b"request");
        conversation.answered(&Minutes::says(5, 1, "one"));
    }
    let uncut = |second| Held {
        answers: vec![
            Vec::new(),
            Minutes::says(5, second, "one"),
            Minutes::says(5, second + 1, "other"),
        ],
        ..Held::default()
    };
    let judged = |mut subject: Minutes| {
        let options = Options::untold(Duration::from_secs(1));
        let known = Known {
            learned: Learned::of(&[uncut(1), uncut(2), uncut(4)]),
            fresh: false,
            notes: Vec::new(),
        };
        let mut bench = Bench::new(&mut subject, &conversation, &options, known);
        let join = Variation::Join {
            first: 0,
            last: 1,
            into: None,
        };
        let shown = bench.differs(&join).unwrap().unwrap();
        let looks = Tolerated::of(&bench.learned, &join, &shown);
        assert!(matches!(looks, Some(Tolerated::Reordered)), "{looks:?}");
        bench.judge(&join).unwrap()
    };
    let (same, later) = (5, 6);
    let outcome = judged(Minutes {
        minute: later,
        reorders: false,
    });
    assert!(matches!(outcome, Outcome::Same), "{outcome:?}");
    let outcome = judged(Minutes {
        minute: same,
        reorders: true,
    });
    let reordered = matches!(outcome, Outcome::Tolerated(Tolerated::Reordered));
    assert!(reordered, "{outcome:?}");
}
