//! Reading a framing from its template.

use std::str::FromStr;

use super::hint::unknown;
use super::number::Number;
use super::options::{is_option, option};
use super::token::{FramingError, MOST_FIXED, count, fixed, literal, quoted, wrong};
use super::{Counts, Delimiting, Framing, Options, Part, Shape, check, presets};

/// The meaning of a word of the template.
enum Word {
    Part(Part),
    Length(Number, Counts),
    Line(Vec<u8>),
    Cobs,
    Slip,
    Payload,
}

impl FromStr for Framing {
    type Err = FramingError;

    fn from_str(text: &str) -> Result<Self, FramingError> {
        let words = words(text)?;
        let Some(first) = words.first() else {
            return wrong(
                "a framing is empty",
                "write a template such as u32be, '1? u24le chain', or a preset such as netstring",
            );
        };
        let preset = presets::find(first);
        let expanded;
        let (template, options) = match preset {
            Some(preset) if words[1..].iter().all(|word| is_option(word)) => {
                expanded = self::words(preset.template)?;
                let options = words[1..].iter();
                (&expanded, options.cloned().collect::<Vec<_>>())
            }
            Some(preset) if preset.name != "cobs" && preset.name != "slip" => {
                return wrong(
                    format!("{first:?} is a preset, and has its parts already"),
                    format!(
                        "only options follow a preset; write {:?} and change that",
                        preset.template
                    ),
                );
            }
            _ => (&words, Vec::new()),
        };
        let mut shape = Shape {
            before: Vec::new(),
            delimiting: Delimiting::Cobs,
            after: Vec::new(),
            behind: Vec::new(),
            options: Options::default(),
        };
        let mut parts = Vec::new();
        for word in template {
            match option(word, &mut shape.options) {
                Some(outcome) => outcome?,
                None => parts.push(part(word)?),
            }
        }
        place(parts, &mut shape)?;
        for word in &options {
            match option(word, &mut shape.options) {
                Some(outcome) => outcome?,
                None => return wrong(format!("{word:?} is not an option"), ""),
            }
        }
        let framing = Self {
            name: preset
                .map(|preset| preset.name)
                .filter(|_| options.is_empty()),
            shape: Box::new(shape),
        };
        check::check(&framing)?;
        Ok(framing)
    }
}

/// The words of a template: parted by blanks, which quotes may hold.
fn words(text: &str) -> Result<Vec<String>, FramingError> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                word.push('\\');
                word.extend(chars.next());
            }
            '\'' => {
                quoted = !quoted;
                word.push('\'');
            }
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if quoted {
        return wrong(
            format!("a quote is not closed in {word:?}"),
            "terminators and names are written in single quotes, as in line'\\r\\n'",
        );
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

fn part(word: &str) -> Result<Word, FramingError> {
    match word {
        "*" => return Ok(Word::Payload),
        "cobs" => return Ok(Word::Cobs),
        "slip" => return Ok(Word::Slip),
        "?" => return wrong("\"?\" has no count", "write 1? for one octet of anything"),
        _ => {}
    }
    if let Some(n) = word.strip_suffix('?') {
        let n = count(n, word)?;
        return match usize::try_from(n) {
            Ok(n) if (1..=MOST_FIXED).contains(&n) => Ok(Word::Part(Part::Any(n))),
            _ => wrong(
                format!("{word:?}: there are 1 to {MOST_FIXED} octets"),
                "leave the part out if there are none",
            ),
        };
    }
    let lower = word.to_ascii_lowercase();
    if lower.starts_with('x') {
        let (hex, times) = word
            .split_once('^')
            .map_or((word, 1), |(hex, times)| (hex, times.parse().unwrap_or(0)));
        let octets = literal(hex)?;
        if times == 0 || octets.len().saturating_mul(times) > MOST_FIXED {
            return wrong(
                format!("{word:?} is not a count of times"),
                "write xff^16 for sixteen octets ff",
            );
        }
        return Ok(Word::Part(Part::Literal { octets, times }));
    }
    length(word)
}

fn length(word: &str) -> Result<Word, FramingError> {
    let (name, quote) = match word.find('\'') {
        Some(at) => {
            let end = word.rfind('\'').unwrap_or(at) + 1;
            let name = format!("{}{}", &word[..at], &word[end.max(at)..]);
            (name, Some(&word[at..end]))
        }
        None => (word.to_owned(), None),
    };
    let (name, counts) = counts(&name, word)?;
    if name == "line" {
        let terminator = match quote {
            Some(quote) => quoted(quote)?,
            None => {
                return wrong(
                    "\"line\" has no terminator",
                    "write line'\\n' or line'\\r\\n'",
                );
            }
        };
        if counts != Counts::Payload {
            return wrong(
                format!("{word:?}: a line has no length that counts anything"),
                "",
            );
        }
        return match terminator.len() {
            0 => wrong(
                "line'' has an empty terminator",
                "write line'\\n' or line'\\0'",
            ),
            _ => Ok(Word::Line(terminator)),
        };
    }
    Ok(Word::Length(number(name, quote, word)?, counts))
}

/// The name of the number, and the suffix behind it: `+N`, `-N`, `+all`.
fn counts<'w>(name: &'w str, word: &str) -> Result<(&'w str, Counts), FramingError> {
    let Some(at) = name.find(['+', '-']) else {
        return Ok((name, Counts::Payload));
    };
    let (name, sign) = name.split_at(at);
    if sign == "+all" {
        return Ok((name, Counts::All));
    }
    if name.is_empty() {
        return wrong(
            format!("{word:?} stands alone"),
            "write it behind the number without a blank, as in u16be+2",
        );
    }
    let n = count(&sign[1..], word)?;
    if n > 1 << 32 {
        return wrong(format!("{word:?} counts too much"), "");
    }
    Ok((
        name,
        match (n, sign.as_bytes()[0]) {
            (0, _) => Counts::Payload,
            (n, b'+') => Counts::Plus(n),
            (n, _) => Counts::Minus(n),
        },
    ))
}

fn number(name: &str, quote: Option<&str>, word: &str) -> Result<Number, FramingError> {
    let digits = |rest: &str, least: u64, most: u64| -> Result<usize, FramingError> {
        let n = count(rest, word)?;
        if (least..=most).contains(&n) {
            Ok(n as usize)
        } else {
            wrong(format!("{word:?}: the count is {least} to {most}"), "")
        }
    };
    if let Some(quote) = quote {
        return number_with_quotes(name, quoted(quote)?, word);
    }
    match name {
        "varint" => return Ok(Number::Varint(10)),
        "vlq" => return Ok(Number::Vlq(10)),
        "quic" => return Ok(Number::Quic),
        "compact" => return Ok(Number::Compact),
        "berlen" => return Ok(Number::Ber),
        "wslen" => return Ok(Number::WebSocket),
        "mark" => return Ok(Number::Mark),
        "dec" => {
            return wrong(
                "\"dec\" has no terminator",
                "write dec':' or dec4 for four digits",
            );
        }
        "header" => return wrong("\"header\" has no name", "write header'Content-Length'"),
        _ => {}
    }
    if let Some(rest) = name.strip_prefix("varint") {
        return Ok(Number::Varint(digits(rest, 1, 10)?));
    }
    if let Some(rest) = name.strip_prefix("vlq") {
        return Ok(Number::Vlq(digits(rest, 1, 10)?));
    }
    if let Some(rest) = name.strip_prefix("dec") {
        return Ok(Number::DecimalFixed(digits(rest, 1, 18)?));
    }
    if let Some(rest) = name.strip_prefix("hex") {
        return Ok(Number::HexFixed(digits(rest, 1, 16)?));
    }
    fixed(name).map_or_else(|| unknown(name, word), Ok)
}

/// A number whose end, or whose name, stands in quotes.
fn number_with_quotes(name: &str, quoted: Vec<u8>, word: &str) -> Result<Number, FramingError> {
    match name {
        "dec" => match quoted.first() {
            None => wrong("dec'' has an empty terminator", "write dec':' or dec' '"),
            Some(first) if first.is_ascii_digit() => wrong(
                "a terminator that begins with a digit ends no number",
                "write dec':' or decN for N digits",
            ),
            Some(_) => Ok(Number::Decimal(quoted)),
        },
        "header" => match String::from_utf8(quoted) {
            Ok(name)
                if !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && c != ':') =>
            {
                Ok(Number::Header(name))
            }
            _ => wrong("header'' has no name", "write header'Content-Length'"),
        },
        _ => wrong(
            format!("{word:?} is not a part"),
            "quotes follow dec, header and line: dec':', header'Content-Length', line'\\n'",
        ),
    }
}

/// Puts the parts where they belong.
fn place(words: Vec<Word>, shape: &mut Shape) -> Result<(), FramingError> {
    let mut delimiting = None;
    let mut payload_at = None;
    for (at, word) in words.into_iter().enumerate() {
        let new = match word {
            Word::Part(part) => {
                match (&delimiting, payload_at) {
                    (_, Some(_)) => shape.behind.push(part),
                    (Some(_), None) => shape.after.push(part),
                    (None, None) => shape.before.push(part),
                }
                continue;
            }
            Word::Payload if payload_at.is_some() => {
                return wrong("two payloads (`*`)", "a frame has one");
            }
            Word::Payload => {
                payload_at = Some(at);
                continue;
            }
            Word::Length(number, counts) => Delimiting::Length { number, counts },
            Word::Line(terminator) => Delimiting::Line(terminator),
            Word::Cobs => Delimiting::Cobs,
            Word::Slip => Delimiting::Slip,
        };
        if delimiting.is_some() {
            return wrong(
                "two lengths",
                "a frame has one; other numbers are octets of anything, as in 2?",
            );
        }
        if payload_at.is_some() && !matches!(new, Delimiting::Line(_)) {
            return wrong(
                "the length stands behind the payload",
                "write it before the `*`: nobody could read it there",
            );
        }
        delimiting = Some(new);
    }
    if delimiting.is_none() && payload_at.is_some() {
        // Without a length, the literal behind the payload ends it.
        if let Some(Part::Literal { octets, times }) = shape.behind.first().cloned() {
            shape.behind.remove(0);
            delimiting = Some(Delimiting::Line(octets.repeat(times)));
        }
    }
    match delimiting {
        Some(found) => shape.delimiting = found,
        None => {
            return wrong(
                "nothing says where a payload ends",
                "put in a length (u32be), a line'TERM', or octets behind the payload (* x1c0d)",
            );
        }
    }
    Ok(())
}
