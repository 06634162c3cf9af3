//! The options of a template: `max=N`, `zero=keepalive`, `chain` and so on.

use super::token::{FramingError, MOST_FIXED, count, literal, quoted, wrong};
use super::{Alphabet, Ends, Forms, LimitCounts, Options, Preface, Unterminated, Zero};

/// Whether a word is an option, right or wrong.
pub(super) fn is_option(word: &str) -> bool {
    option(word, &mut Options::default()).is_some()
}

fn one_of<T: Copy>(name: &str, value: &str, known: &[(&str, T)]) -> Result<T, FramingError> {
    match known.iter().find(|(word, _)| *word == value) {
        Some((_, meant)) => Ok(*meant),
        None => {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            wrong(
                format!("{name}={value} is not known"),
                format!("{name} is one of {}", words.join(", ")),
            )
        }
    }
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
        "zero" => {
            options.zero = Some(one_of(
                name,
                value,
                &[
                    ("frame", Zero::Frame),
                    ("keepalive", Zero::Keepalive),
                    ("end", Zero::End),
                    ("refuse", Zero::Refuse),
                    ("ignore", Zero::Ignore),
                ],
            )?);
        }
        "unterminated" => {
            options.unterminated = Some(one_of(
                name,
                value,
                &[
                    ("error", Unterminated::Error),
                    ("deliver", Unterminated::Deliver),
                    ("drop", Unterminated::Drop),
                ],
            )?);
        }
        "forms" => {
            options.forms = Some(one_of(
                name,
                value,
                &[
                    ("shortest", Forms::Shortest),
                    ("longer", Forms::Longer),
                    ("any", Forms::Any),
                ],
            )?);
        }
        "limit-counts" => {
            options.limit_counts = Some(one_of(
                name,
                value,
                &[
                    ("payload", LimitCounts::Payload),
                    ("frame", LimitCounts::Frame),
                    ("number", LimitCounts::Number),
                ],
            )?);
        }
        "ends" => {
            options.ends = Some(one_of(
                name,
                value,
                &[
                    ("crlf", Ends::Crlf),
                    ("lf", Ends::Lf),
                    ("cr", Ends::Cr),
                    ("any", Ends::Any),
                ],
            )?);
        }
        "alphabet" => {
            options.alphabet = Some(one_of(
                name,
                value,
                &[
                    ("any", Alphabet::Any),
                    ("utf8", Alphabet::Utf8),
                    ("ascii", Alphabet::Ascii),
                    ("printable", Alphabet::Printable),
                ],
            )?);
        }
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
