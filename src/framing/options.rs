//! The options of a template: `max=N`, `zero=keepalive`, `chain` and so on.

use super::token::{FramingError, MOST_FIXED, count, literal, quoted, wrong};
use super::{Alphabet, Ends, Forms, LimitCounts, Options, Preface, Unterminated, Zero};

/// True if a word is an option, right or wrong.
pub(super) fn is_option(word: &str) -> bool {
    option(word, &mut Options::default()).is_some()
}

/// The words that an option can have for its value, and the meaning of each.
type Words<T> = &'static [(&'static str, T)];

const ZERO: Words<Zero> = &[
    ("frame", Zero::Frame),
    ("keepalive", Zero::Keepalive),
    ("end", Zero::End),
    ("refuse", Zero::Refuse),
    ("ignore", Zero::Ignore),
];

const UNTERMINATED: Words<Unterminated> = &[
    ("error", Unterminated::Error),
    ("deliver", Unterminated::Deliver),
    ("drop", Unterminated::Drop),
];

const FORMS: Words<Forms> = &[
    ("shortest", Forms::Shortest),
    ("longer", Forms::Longer),
    ("any", Forms::Any),
];

const LIMIT_COUNTS: Words<LimitCounts> = &[
    ("payload", LimitCounts::Payload),
    ("frame", LimitCounts::Frame),
    ("number", LimitCounts::Number),
];

const ENDS: Words<Ends> = &[
    ("crlf", Ends::Crlf),
    ("lf", Ends::Lf),
    ("cr", Ends::Cr),
    ("any", Ends::Any),
];

const ALPHABET: Words<Alphabet> = &[
    ("any", Alphabet::Any),
    ("utf8", Alphabet::Utf8),
    ("ascii", Alphabet::Ascii),
    ("printable", Alphabet::Printable),
];

fn one_of<T: Copy>(name: &str, value: &str, known: Words<T>) -> Result<Option<T>, FramingError> {
    match known.iter().find(|(word, _)| *word == value) {
        Some((_, meant)) => Ok(Some(*meant)),
        None => {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            wrong(
                format!("{name}={value} is not known"),
                format!("{name} is one of {}", words.join(", ")),
            )
        }
    }
}

/// The options that are set to a word, each with its name.
pub(super) fn in_words(options: &Options) -> Vec<(&'static str, &'static str)> {
    fn word<T: PartialEq>(words: Words<T>, meant: Option<&T>) -> Option<&'static str> {
        let said = words.iter().find(|(_, one)| Some(one) == meant)?;
        Some(said.0)
    }
    let words = [
        ("zero", word(ZERO, options.zero.as_ref())),
        (
            "unterminated",
            word(UNTERMINATED, options.unterminated.as_ref()),
        ),
        ("forms", word(FORMS, options.forms.as_ref())),
        (
            "limit-counts",
            word(LIMIT_COUNTS, options.limit_counts.as_ref()),
        ),
        ("ends", word(ENDS, options.ends.as_ref())),
        ("alphabet", word(ALPHABET, options.alphabet.as_ref())),
    ];
    let set = words.into_iter();
    set.filter_map(|(name, word)| Some((name, word?))).collect()
}

/// Takes an option; `None` where the word is not one.
pub(super) fn option(word: &str, options: &mut Options) -> Option<Result<(), FramingError>> {
    match word {
        "chain" => {
            options.chain = true;
            return Some(Ok(()));
        }
        "strip-cr" => {
            options.strip_cr = true;
            return Some(Ok(()));
        }
        _ => {}
    }
    let (name, value) = word.split_once('=')?;
    if name.contains('\'') {
        return None;
    }
    Some(valued(name, value, options))
}

fn valued(name: &str, value: &str, options: &mut Options) -> Result<(), FramingError> {
    match name {
        "max" => options.max = Some(count(value, "max")?),
        "min" => options.min = Some(count(value, "min")?),
        "digits" => match count(value, "digits")? {
            digits @ 1..=20 => options.digits = Some(digits as usize),
            _ => return wrong(format!("digits={value}: there are 1 to 20"), ""),
        },
        "zero" => options.zero = one_of(name, value, ZERO)?,
        "unterminated" => options.unterminated = one_of(name, value, UNTERMINATED)?,
        "forms" => options.forms = one_of(name, value, FORMS)?,
        "limit-counts" => options.limit_counts = one_of(name, value, LIMIT_COUNTS)?,
        "ends" => options.ends = one_of(name, value, ENDS)?,
        "alphabet" => options.alphabet = one_of(name, value, ALPHABET)?,
        "preface" if value.starts_with(['x', 'X']) => {
            options.preface = Preface::Literal(literal(value)?);
        }
        "preface" => match count(value, "preface")? {
            n if n <= MOST_FIXED as u64 => options.preface = Preface::Any(n as usize),
            n => {
                return wrong(
                    format!("preface={n}: there are at most {MOST_FIXED} octets"),
                    "",
                );
            }
        },
        "first" => {
            let inner = String::from_utf8(quoted(value)?)
                .or_else(|_| wrong("first='…' is not text", ""))?;
            options.first = Some(Box::new(inner.parse()?));
        }
        _ => {
            return wrong(
                format!("{name}= is not an option"),
                "options are max, min, digits, zero, unterminated, forms, limit-counts, ends, \
                 alphabet, preface and first, and the words strip-cr and chain",
            );
        }
    }
    Ok(())
}
