//! A framing as text: in the language, in a sentence, and drawn.

use std::fmt::{self, Write};

use super::number::Number;
use super::options::in_words;
use super::{
    Counts, Delimiting, Ends, Forms, Framing, LimitCounts, Options, Part, Place, Preface,
    Unterminated, Zero,
};

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name {
            return f.write_str(name);
        }
        f.write_str(&self.template())
    }
}

impl Framing {
    /// The framing in the language, with a preset's name written out.
    #[must_use]
    pub fn template(&self) -> String {
        let shape = &self.shape;
        let mut words: Vec<String> = shape.before.iter().map(written).collect();
        words.push(match &shape.delimiting {
            Delimiting::Length { number, counts } => {
                let counts = match counts {
                    Counts::Payload => String::new(),
                    Counts::Plus(more) => format!("+{more}"),
                    Counts::Minus(less) => format!("-{less}"),
                    Counts::All => "+all".to_owned(),
                };
                format!("{}{counts}", named(number))
            }
            Delimiting::Line(terminator) => format!("line'{}'", escaped(terminator)),
            Delimiting::Cobs => "cobs".to_owned(),
            Delimiting::Slip => "slip".to_owned(),
        });
        words.extend(shape.after.iter().map(written));
        if !shape.behind.is_empty() {
            words.push("*".to_owned());
            words.extend(shape.behind.iter().map(written));
        }
        words.extend(options(&shape.options));
        words.join(" ")
    }

    /// The framing in a sentence, without a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        let shape = &self.shape;
        let mut parts: Vec<String> = shape.before.iter().map(spoken).collect();
        match &shape.delimiting {
            Delimiting::Length { number, counts } => {
                let length = format!("{}{}", of_number(number), self.counted(*counts));
                parts.push(length.trim_end_matches(',').to_owned());
                parts.extend(shape.after.iter().map(spoken));
                parts.push("the payload".to_owned());
                parts.extend(shape.behind.iter().map(spoken));
            }
            Delimiting::Line(terminator) => {
                parts.extend(shape.after.iter().map(spoken));
                parts.push("the payload".to_owned());
                parts.push(format!(
                    "{}, which end{} it",
                    hex(terminator),
                    plural(terminator)
                ));
            }
            Delimiting::Cobs => {
                parts.push("the payload in COBS, which has no zero octet".to_owned());
                parts.push("the octet 00".to_owned());
            }
            Delimiting::Slip => {
                parts.push("the payload, with c0 and db escaped by db".to_owned());
                parts.push("the octet c0".to_owned());
            }
        }
        parts.join(", then ") + &self.spoken_options()
    }

    fn counted(&self, counts: Counts) -> String {
        let width = self
            .number()
            .and_then(Number::width)
            .map(|width| width as u64);
        match counts {
            Counts::Payload => String::new(),
            Counts::All => " that counts the whole frame".to_owned(),
            Counts::Plus(more) if Some(more) == width => " that counts itself".to_owned(),
            Counts::Plus(1) => " that counts one octet beside the payload".to_owned(),
            Counts::Plus(more) => format!(" that counts {more} octets beside the payload"),
            Counts::Minus(1) => " that counts one octet less than the payload".to_owned(),
            Counts::Minus(less) => format!(" that counts {less} octets less than the payload"),
        }
    }

    fn spoken_options(&self) -> String {
        let options = &self.shape.options;
        let mut out = String::new();
        let mut say = |text: String| {
            out += "; ";
            out += &text;
        };
        if let Some(min) = options.min {
            say(format!("a payload has at least {min} octets"));
        }
        if let Some(max) = options.max {
            say(match self.limit_counts() {
                LimitCounts::Payload => format!("a payload has at most {max} octets"),
                LimitCounts::Frame => format!("a frame has at most {max} octets"),
                LimitCounts::Number => format!("the length says at most {max}"),
            });
        }
        if options.chain {
            say("a payload of exactly the most is followed by another part".to_owned());
        }
        match options.zero {
            None => {}
            Some(Zero::Frame) => say("a length of zero is an empty payload".to_owned()),
            Some(Zero::Keepalive) => {
                say("a length of zero is a sign of life and delivers nothing".to_owned());
            }
            Some(Zero::End) => say("a length of zero is the end".to_owned()),
            Some(Zero::Refuse) => say("a length of zero is an error".to_owned()),
            Some(Zero::Ignore) => say("a length of zero is skipped".to_owned()),
        }
        match options.forms {
            Some(Forms::Shortest) => say("longer forms of the length are errors".to_owned()),
            Some(Forms::Longer) => say("longer forms of the length are taken".to_owned()),
            _ => {}
        }
        match options.ends {
            Some(Ends::Any) => say("CR LF, LF and CR end a line".to_owned()),
            Some(Ends::Lf) => say("LF ends a line".to_owned()),
            Some(Ends::Cr) => say("CR ends a line".to_owned()),
            Some(Ends::Crlf) => say("CR and LF alone are ordinary octets".to_owned()),
            None => {}
        }
        if options.strip_cr {
            say("a CR before the LF belongs to the end".to_owned());
        }
        match options.unterminated {
            Some(Unterminated::Deliver) => {
                say("a last line without its end is delivered".to_owned());
            }
            Some(Unterminated::Drop) => say("a last line without its end is dropped".to_owned()),
            _ => {}
        }
        match &options.preface {
            Preface::None => {}
            Preface::Any(count) => say(format!("{} come first", octets(*count))),
            Preface::Literal(literal) => say(format!("the stream begins with {}", hex(literal))),
        }
        if let Some(first) = &options.first {
            say(format!("the first frame is another: {}", first.sentence()));
        }
        out
    }

    /// The frame of `hello`, or of what can be sent instead, drawn: a line of octets and a line
    /// that says what they are.
    #[must_use]
    pub fn example(&self) -> String {
        let payload = [&b"hello"[..], b"a", b""]
            .into_iter()
            .map(<[u8]>::to_vec)
            .chain(
                self.min_payload()
                    .try_into()
                    .map(|least: usize| vec![b'a'; least.min(64)]),
            )
            .find(|payload| self.carries(payload).is_ok())
            .unwrap_or_default();
        let mut above = String::new();
        let mut below = String::new();
        for (place, octets) in self.parts(&payload, 0).unwrap_or_default() {
            let hex: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            let hex = hex.join(" ");
            let name = match place {
                Place::Payload if !self.is_stuffed() => {
                    format!("payload {:?}", String::from_utf8_lossy(&octets))
                }
                Place::Behind if self.number().is_none() => "end".to_owned(),
                place => place.name().to_owned(),
            };
            let width = hex.len().max(name.len());
            let _ = write!(above, "{hex:width$}   ");
            let _ = write!(below, "{name:width$}   ");
        }
        format!("{}\n{}\n", above.trim_end(), below.trim_end())
    }
}

fn plural(octets: &[u8]) -> &'static str {
    if octets.len() == 1 { "s" } else { "" }
}

fn written(part: &Part) -> String {
    match part {
        Part::Any(count) => format!("{count}?"),
        Part::Literal { octets, times: 1 } => format!("x{}", plain_hex(octets)),
        Part::Literal { octets, times } => format!("x{}^{times}", plain_hex(octets)),
    }
}

fn spoken(part: &Part) -> String {
    match part {
        Part::Any(count) => octets(*count),
        Part::Literal { octets, times: 1 } => hex(octets),
        Part::Literal { octets, times } => format!("{}, {times} times", hex(octets)),
    }
}

fn octets(count: usize) -> String {
    match count {
        1 => "one octet of anything".to_owned(),
        _ => format!("{} octets of anything", words(count)),
    }
}

fn words(count: usize) -> String {
    const WORDS: [&str; 9] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight",
    ];
    WORDS
        .get(count)
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

fn plain_hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut hex, octet| {
        let _ = write!(hex, "{octet:02x}");
        hex
    })
}

/// Octets as a sentence has them.
fn hex(octets: &[u8]) -> String {
    let octets: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    match octets.len() {
        1 => format!("the octet {}", octets[0]),
        _ => format!("the octets {}", octets.join(" ")),
    }
}

/// A text in the language, without its quotes.
fn escaped(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut out, octet| {
        let _ = match octet {
            b'\r' => write!(out, "\\r"),
            b'\n' => write!(out, "\\n"),
            b'\t' => write!(out, "\\t"),
            0 => write!(out, "\\0"),
            b'\\' => write!(out, "\\\\"),
            b'\'' => write!(out, "\\'"),
            0x20..=0x7E => write!(out, "{}", char::from(*octet)),
            other => write!(out, "\\x{other:02x}"),
        };
        out
    })
}

fn named(number: &Number) -> String {
    match number {
        Number::Fixed {
            width: 1, signed, ..
        } => (if *signed { "i8" } else { "u8" }).to_owned(),
        Number::Fixed {
            width,
            little,
            signed,
        } => format!(
            "{}{}{}",
            if *signed { 'i' } else { 'u' },
            width * 8,
            if *little { "le" } else { "be" }
        ),
        Number::Varint(10) => "varint".to_owned(),
        Number::Varint(most) => format!("varint{most}"),
        Number::Vlq(10) => "vlq".to_owned(),
        Number::Vlq(most) => format!("vlq{most}"),
        Number::Quic => "quic".to_owned(),
        Number::Compact => "compact".to_owned(),
        Number::Decimal(terminator) => format!("dec'{}'", escaped(terminator)),
        Number::DecimalFixed(digits) => format!("dec{digits}"),
        Number::HexFixed(digits) => format!("hex{digits}"),
        Number::Header(name) => format!("header'{}'", escaped(name.as_bytes())),
        Number::Ber => "berlen".to_owned(),
        Number::WebSocket => "wslen".to_owned(),
        Number::Mark => "mark".to_owned(),
    }
}

fn of_number(number: &Number) -> String {
    match number {
        Number::Fixed {
            width,
            little,
            signed,
        } => {
            let order = match (width, little) {
                (1, _) => "",
                (_, true) => ", least significant first,",
                (_, false) => ", most significant first,",
            };
            let octets = if *width == 1 { "octet" } else { "octets" };
            let sign = if *signed { " without its top bit" } else { "" };
            format!("a length of {} {octets}{sign}{order}", words(*width))
        }
        Number::Varint(most) => {
            format!(
                "a length in groups of seven bits, least significant first, at most {most} octets,"
            )
        }
        Number::Vlq(most) => {
            format!(
                "a length in groups of seven bits, most significant first, at most {most} octets,"
            )
        }
        Number::Quic => "a length of one, two, four or eight octets, as QUIC has it,".to_owned(),
        Number::Compact => {
            "a length of one, three, five or nine octets, as Bitcoin has it,".to_owned()
        }
        Number::Decimal(terminator) => {
            format!("a length in decimal digits and \"{}\"", escaped(terminator))
        }
        Number::DecimalFixed(digits) => format!("a length of {} decimal digits", words(*digits)),
        Number::HexFixed(digits) => format!("a length of {} hexadecimal digits", words(*digits)),
        Number::Header(name) => format!("a header block of lines, where {name} is the length"),
        Number::Ber => "a length of one octet or more, as BER has it,".to_owned(),
        Number::WebSocket => {
            "a length of one, three or nine octets, as WebSocket has it,".to_owned()
        }
        Number::Mark => {
            "a length of 31 bits, most significant first, below a bit that marks the last fragment,"
                .to_owned()
        }
    }
}

fn options(options: &Options) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |name: &str, value: String| words.push(format!("{name}={value}"));
    if let Some(min) = options.min {
        say("min", min.to_string());
    }
    if let Some(max) = options.max {
        say("max", max.to_string());
    }
    if let Some(digits) = options.digits {
        say("digits", digits.to_string());
    }
    for (name, word) in in_words(options) {
        say(name, word.to_owned());
    }
    match &options.preface {
        Preface::None => {}
        Preface::Any(count) => say("preface", count.to_string()),
        Preface::Literal(literal) => say("preface", format!("x{}", plain_hex(literal))),
    }
    if let Some(first) = &options.first {
        say(
            "first",
            format!("'{}'", escaped(first.template().as_bytes())),
        );
    }
    if options.strip_cr {
        words.push("strip-cr".to_owned());
    }
    if options.chain {
        words.push("chain".to_owned());
    }
    words
}
