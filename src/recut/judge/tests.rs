//! Differences that do not come again, and what explains them.

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
        let lingers = talk.linger.is_some_and(|linger| linger.before == 1);
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
    let options = Options {
        timeout: Duration::from_secs(1),
        fresh: false,
        carry: false,
        silent: false,
    };
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
    // Anything else is, and so is a date where the clock changes nothing.
    assert!(!is_nothing(AT_SIX, b"\x01\x82error"));
    assert!(!is_nothing(USUAL, AT_SEVEN));
}
