//! The form of a delivered payload, seen from outside: an echo, or a reply that holds the text.

use std::time::SystemTime;

use jiff::civil::DateTime;

use crate::trace::Class;

/// Largest offset from UTC of the time zones of the world, in minutes.
const MAX_OFFSET_MINUTES: i64 = 14 * 60;

/// Step of these offsets, in seconds: a quarter of an hour.
const OFFSET_STEP_SECONDS: i64 = 15 * 60;

/// Largest difference of a server's clock from ours, in seconds.
const CLOCK_TOLERANCE_SECONDS: i64 = 120;

/// The form in which this server delivers a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplyForm {
    /// The server sends the payload back.
    Echo,
    /// The server replies as SES-5 has it.
    Prescribed,
    /// The server replies in another form, which holds the text between these; digits stand for any.
    /// Only SES-5 is broken by that, so the other requirements are judged by this form.
    Learned { before: Vec<u8>, after: Vec<u8> },
}

/// The difference between a reply and the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// An echo that is not the payload, or a reply in the right form with another text.
    Text,
    /// Not the prescribed form.
    Form,
    /// The prescribed form with a time that is none, or not this time anywhere on earth.
    Time,
}

impl ReplyForm {
    /// Learns the form from the reply to the plainest message.
    pub(crate) fn learn(class: Class, text: &[u8], reply: &[u8]) -> Self {
        if class < Class::Session {
            return Self::Echo;
        }
        if prescribed(text, reply).is_ok() {
            return Self::Prescribed;
        }
        let place = reply.windows(text.len()).position(|window| window == text);
        match place {
            // A reply that is nothing but the text, or is no text, has no form to learn.
            Some(place) if reply.len() > text.len() && std::str::from_utf8(reply).is_ok() => {
                Self::Learned {
                    before: digits_collapsed(&reply[..place]),
                    after: digits_collapsed(&reply[place + text.len()..]),
                }
            }
            _ => Self::Prescribed,
        }
    }

    /// The payload that was to be delivered, in this form. Its numbers are those that were delivered,
    /// as far as there are any in their places, so that only what is wrong differs.
    pub(crate) fn expected(&self, text: &[u8], delivered: &[u8]) -> Vec<u8> {
        let (before, after) = match self {
            Self::Echo => return text.to_vec(),
            Self::Learned { before, after } => (before.clone(), after.clone()),
            Self::Prescribed => {
                let before = "服务端于0000年00月00日00时00分00秒收到了你发来的“";
                (before.into(), "”信息!".into())
            }
        };
        let any = matches!(self, Self::Learned { .. });
        let mut expected = Vec::new();
        numbered(&before, delivered, any, &mut expected);
        expected.extend_from_slice(text);
        numbered(&after, delivered, any, &mut expected);
        expected
    }

    /// Compares a delivered payload with the expected one. `strict` asks for the prescribed
    /// form and for this time.
    pub(crate) fn compare(
        &self,
        expected: &[u8],
        delivered: &[u8],
        strict: bool,
    ) -> Result<(), Difference> {
        match self {
            Self::Echo if delivered == expected => Ok(()),
            Self::Echo => Err(Difference::Text),
            Self::Learned { before, after } if !strict => {
                let ends = digits_collapsed(delivered);
                // Digits of the text itself stay as they are.
                let inside = strip(delivered, before, after);
                match inside {
                    Some(inside) if inside == expected => Ok(()),
                    _ if ends.starts_with(before) && ends.ends_with(after) => Err(Difference::Text),
                    _ => Err(Difference::Form),
                }
            }
            Self::Learned { .. } | Self::Prescribed => {
                let time = prescribed(expected, delivered)?;
                if strict { this_time(time) } else { Ok(()) }
            }
        }
    }
}

/// Writes a pattern with the digits that were delivered in the places of its zeros: one for each, or
/// `any` number for one.
fn numbered(pattern: &[u8], delivered: &[u8], any: bool, out: &mut Vec<u8>) {
    for wanted in pattern {
        if *wanted != b'0' {
            out.push(*wanted);
            continue;
        }
        let from = delivered.get(out.len()..).unwrap_or_default();
        let digits = from.iter().take_while(|octet| octet.is_ascii_digit());
        let most = if any { usize::MAX } else { 1 };
        let digits: Vec<u8> = digits.take(most).copied().collect();
        match digits.as_slice() {
            [] => out.push(b'0'),
            digits => out.extend_from_slice(digits),
        }
    }
}

/// The reply without its beginning and end, in which any number stands for any other.
fn strip<'r>(reply: &'r [u8], before: &[u8], after: &[u8]) -> Option<&'r [u8]> {
    let head = collapsed_prefix(reply.iter().copied(), before.iter().copied())?;
    let tail = collapsed_prefix(
        reply[head..].iter().rev().copied(),
        after.iter().rev().copied(),
    )?;
    Some(&reply[head..reply.len() - tail])
}

/// Number of octets of `octets` that make up `pattern`, with its collapsed digits.
fn collapsed_prefix(
    octets: impl Iterator<Item = u8>,
    pattern: impl Iterator<Item = u8>,
) -> Option<usize> {
    let mut octets = octets.peekable();
    let mut taken = 0;
    for wanted in pattern {
        let octet = octets.next()?;
        let fits = match wanted {
            b'0' => octet.is_ascii_digit(),
            _ => octet == wanted,
        };
        if !fits {
            return None;
        }
        taken += 1;
        while wanted == b'0' && octets.next_if(u8::is_ascii_digit).is_some() {
            taken += 1;
        }
    }
    Some(taken)
}

fn digits_collapsed(octets: &[u8]) -> Vec<u8> {
    let mut collapsed = Vec::with_capacity(octets.len());
    for octet in octets {
        let digit = octet.is_ascii_digit();
        if !(digit && collapsed.last() == Some(&b'0')) {
            collapsed.push(if digit { b'0' } else { *octet });
        }
    }
    collapsed
}

/// The numbers of a reply in the prescribed form, `[year, month, day, hour, minute, second]`.
fn prescribed(text: &[u8], reply: &[u8]) -> Result<[i64; 6], Difference> {
    const PARTS: [(&str, usize); 6] = [
        ("服务端于", 4),
        ("年", 2),
        ("月", 2),
        ("日", 2),
        ("时", 2),
        ("分", 2),
    ];
    let mut rest = reply;
    let mut numbers = [0; 6];
    for ((before, digits), number) in PARTS.iter().zip(&mut numbers) {
        rest = rest
            .strip_prefix(before.as_bytes())
            .ok_or(Difference::Form)?;
        let (figure, behind) = rest.split_at_checked(*digits).ok_or(Difference::Form)?;
        if !figure.iter().all(u8::is_ascii_digit) {
            return Err(Difference::Form);
        }
        *number = figure
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        rest = behind;
    }
    let inside = rest
        .strip_prefix("秒收到了你发来的“".as_bytes())
        .and_then(|rest| rest.strip_suffix("”信息!".as_bytes()))
        .ok_or(Difference::Form)?;
    if inside == text {
        Ok(numbers)
    } else {
        Err(Difference::Text)
    }
}

/// Checks that it is this time somewhere on earth: month and minute mixed up, a clock of twelve
/// hours, or a time made up are not.
fn this_time(numbers: [i64; 6]) -> Result<(), Difference> {
    let [year, month, day, hour, minute, second] = numbers;
    let civil = DateTime::new(
        year as i16,
        month as i8,
        day as i8,
        hour as i8,
        minute as i8,
        second.min(59) as i8,
        0,
    )
    .map_err(|_| Difference::Time)?;
    let zone = jiff::tz::TimeZone::UTC;
    let said = zone
        .to_ambiguous_timestamp(civil)
        .compatible()
        .map_err(|_| Difference::Time)?
        .as_second();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64);
    let off = said - now;
    let above = off.rem_euclid(OFFSET_STEP_SECONDS);
    let from_step = above.min(OFFSET_STEP_SECONDS - above);
    if off.abs() <= MAX_OFFSET_MINUTES * 60 + CLOCK_TOLERANCE_SECONDS
        && from_step <= CLOCK_TOLERANCE_SECONDS
    {
        Ok(())
    } else {
        Err(Difference::Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(time: &str, text: &str) -> Vec<u8> {
        format!("服务端于{time}收到了你发来的“{text}”信息!").into_bytes()
    }

    #[test]
    fn the_prescribed_form_and_nothing_else() {
        let form = ReplyForm::Prescribed;
        let time = "2025年01月02日03时04分05秒";
        assert_eq!(form.compare(b"hi", &reply(time, "hi"), false), Ok(()));
        assert_eq!(
            form.compare(b"hi", &reply(time, "ho"), false),
            Err(Difference::Text)
        );
        let short = "2025年1月2日3时4分5秒";
        assert_eq!(
            form.compare(b"hi", &reply(short, "hi"), false),
            Err(Difference::Form)
        );
        assert_eq!(form.compare(b"hi", b"hi", false), Err(Difference::Form));
        assert_eq!(
            form.compare(b"hi", &reply(time, "hi"), true),
            Err(Difference::Time)
        );
    }

    #[test]
    fn what_was_expected_differs_where_the_reply_is_wrong() {
        let place = |form: &ReplyForm, came: &[u8]| {
            let expected = form.expected(b"hi", came);
            expected.iter().zip(came).position(|(a, b)| a != b)
        };
        let form = ReplyForm::Prescribed;
        let time = "2025年01月02日03时04分05秒";
        let right = reply(time, "hi");
        assert_eq!(form.expected(b"hi", &right), right);
        let text = right.windows(2).position(|two| two == b"hi").unwrap();
        assert_eq!(place(&form, &reply(time, "ho")), Some(text + 1));
        let month = "服务端于2025年".len();
        assert_eq!(
            place(&form, &reply("2025年1月02日03时04分05秒", "hi")),
            Some(month + 1)
        );
        assert_eq!(place(&form, b"hi"), Some(0));
        let form = ReplyForm::learn(Class::Session, b"hi", b"[12:30] hi.");
        assert_eq!(form.expected(b"hi", b"[9:5] hi."), b"[9:5] hi.");
        assert_eq!(place(&form, b"[9:5] ho."), Some(7));
    }

    #[test]
    fn the_time_is_this_time_somewhere() {
        let at = |offset_minutes: i64| {
            let zone = jiff::tz::TimeZone::fixed(
                jiff::tz::Offset::from_seconds((offset_minutes * 60) as i32).unwrap(),
            );
            let now = jiff::Timestamp::now().to_zoned_datetime(zone);
            now.strftime("%Y年%m月%d日%H时%M分%S秒").to_string()
        };
        for (offset, expected) in [
            (0, Ok(())),
            (8 * 60, Ok(())),
            (-9 * 60 - 30, Ok(())),
            (5 * 60 + 45, Ok(())),
            // The clocks differ a little.
            (1, Ok(())),
            (-1, Ok(())),
            (14 * 60 + 1, Ok(())),
            (7, Err(Difference::Time)),
            (15 * 60, Err(Difference::Time)),
        ] {
            let reply = reply(&at(offset), "hi");
            assert_eq!(
                ReplyForm::Prescribed.compare(b"hi", &reply, true),
                expected,
                "{offset}"
            );
        }
        let no_date = reply("2025年13月02日03时04分05秒", "hi");
        assert_eq!(
            ReplyForm::Prescribed.compare(b"hi", &no_date, true),
            Err(Difference::Time)
        );
    }

    #[test]
    fn an_echo_is_the_same_octets() {
        let form = ReplyForm::learn(Class::Framing, b"hello", b"hello");
        assert_eq!(form.compare(b"hi", b"hi", true), Ok(()));
        assert_eq!(form.compare(b"hi", b"ho", false), Err(Difference::Text));
        assert_eq!(form.compare(b"hi", b"hi2", false), Err(Difference::Text));
    }

    #[test]
    fn another_form_is_learned() {
        let form = ReplyForm::learn(Class::Session, b"hello", b"at 9:05 [hello] (5)");
        assert_eq!(form.compare(b"hi", b"at 10:15 [hi] (2)", false), Ok(()));
        assert_eq!(form.compare(b"42", b"at 10:15 [42] (2)", false), Ok(()));
        assert_eq!(
            form.compare(b"hi", b"at 10:15 [ho] (2)", false),
            Err(Difference::Text)
        );
        for other in [&b"hi"[..], b"at 10:15 [hi", b"10:15 [hi] (2)"] {
            assert_eq!(form.compare(b"hi", other, false), Err(Difference::Form));
        }
        assert_eq!(
            form.compare(b"hi", b"at 10:15 [hi] (2)", true),
            Err(Difference::Form)
        );
        // An echo is no reply, and nothing is learned from it.
        assert_eq!(
            ReplyForm::learn(Class::Session, b"hello", b"hello"),
            ReplyForm::Prescribed
        );
    }
}
