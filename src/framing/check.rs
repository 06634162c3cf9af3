//! Combinations that no protocol has.

use super::number::Number;
use super::token::{FramingError, wrong};
use super::{Counts, Delimiting, Ends, Forms, Framing, LimitCounts, Zero, total};

pub(super) fn check(framing: &Framing) -> Result<(), FramingError> {
    match &framing.shape.delimiting {
        Delimiting::Length { number, counts } => of_length(framing, number, *counts)?,
        Delimiting::Line(terminator) => of_lines(framing, terminator)?,
        Delimiting::Cobs | Delimiting::Slip => of_stuffing(framing)?,
    }
    of_options(framing)
}

fn of_length(framing: &Framing, number: &Number, counts: Counts) -> Result<(), FramingError> {
    of_counts(framing, number, counts)?;
    of_forms(framing, number)?;
    of_largest(framing, number)?;
    of_chain(framing, number)?;
    only_of_lines(framing)
}

fn of_counts(framing: &Framing, number: &Number, counts: Counts) -> Result<(), FramingError> {
    let shape = &framing.shape;
    if counts == Counts::All && number.width().is_none() {
        return wrong(
            "+all needs a number of fixed width",
            "a number that counts itself and has several widths says two things at once; \
             write +N for the parts that it counts",
        );
    }
    if counts != Counts::Payload && matches!(number, Number::Mark | Number::WebSocket) {
        return wrong("this length counts the payload and nothing else", "");
    }
    if matches!(number, Number::Header(_)) && !(shape.before.is_empty() && shape.after.is_empty()) {
        return wrong(
            "a header block stands first, right before the payload",
            "leave out the parts around it",
        );
    }
    if let Counts::Plus(more) = counts
        && let Some(width) = number.width()
    {
        let parts = total(&shape.before) + total(&shape.after) + total(&shape.behind);
        let most = (width + parts) as u64;
        if more > most {
            return wrong(
                format!("+{more}: the frame has only {most} octets beside the payload"),
                format!("did you mean +all (+{most}), or -{more} for a number below the payload?"),
            );
        }
    }
    Ok(())
}

fn of_forms(framing: &Framing, number: &Number) -> Result<(), FramingError> {
    let options = &framing.shape.options;
    if options.digits.is_some() && !matches!(number, Number::Decimal(_) | Number::Header(_)) {
        return wrong(
            "digits= is of decimal numbers",
            "leave it out, or write dec':'",
        );
    }
    if let Some(forms) = options.forms
        && forms != Forms::Any
        && !number.has_forms()
        && !matches!(number, Number::HexFixed(_))
    {
        return wrong(
            "forms= is of numbers that have several forms (varint, vlq, quic, compact, dec)",
            "leave it out: this one has a single form",
        );
    }
    if framing.adjustment() > 0 && options.zero == Some(Zero::Frame) {
        return wrong(
            format!(
                "zero=frame: this number counts {} octets beside the payload, and is never 0",
                framing.adjustment()
            ),
            "leave it out, or give zero= another meaning",
        );
    }
    Ok(())
}

fn of_largest(framing: &Framing, number: &Number) -> Result<(), FramingError> {
    let options = &framing.shape.options;
    let Some(largest) = number.largest(options.digits) else {
        return Ok(());
    };
    if framing.adjustment() > largest as i128 {
        return wrong(
            format!(
                "the number counts {} octets beside the payload, and says at most {largest}",
                framing.adjustment()
            ),
            "write a wider one",
        );
    }
    if let Some(max) = options.max
        && framing.limit_counts() != LimitCounts::Frame
    {
        let counted = i128::from(max)
            + match framing.limit_counts() {
                LimitCounts::Payload => framing.adjustment(),
                _ => 0,
            };
        if counted > largest as i128 && !framing.is_chained() {
            return wrong(
                format!("max={max} is more than the number can say, {largest}"),
                "leave max= out, or write a wider number",
            );
        }
    }
    Ok(())
}

fn of_chain(framing: &Framing, number: &Number) -> Result<(), FramingError> {
    let options = &framing.shape.options;
    if options.chain && options.max.is_none() && number.width().is_none() {
        return wrong(
            "chain needs a most: a payload of exactly that is followed by another part",
            "say max=N",
        );
    }
    if options.chain && framing.max_payload() == Some(0) {
        return wrong("chain with a most of 0 octets never ends", "");
    }
    if options.chain && matches!(number, Number::Mark) {
        return wrong(
            "a record in fragments is chained already",
            "leave chain out",
        );
    }
    Ok(())
}

fn only_of_lines(framing: &Framing) -> Result<(), FramingError> {
    let options = &framing.shape.options;
    let said = [
        ("unterminated=", options.unterminated.is_some()),
        ("ends=", options.ends.is_some()),
        ("strip-cr", options.strip_cr),
    ];
    match said.into_iter().find(|(_, said)| *said) {
        Some((name, _)) => wrong(
            format!("{name} is of lines, and this framing has none"),
            "leave it out, or write line'\\r\\n'",
        ),
        None => Ok(()),
    }
}

fn of_lines(framing: &Framing, terminator: &[u8]) -> Result<(), FramingError> {
    let shape = &framing.shape;
    let options = &shape.options;
    if !shape.behind.is_empty() {
        return wrong(
            "octets behind a terminator",
            "the terminator ends the frame: write one terminator that holds them all",
        );
    }
    if options.forms.is_some() || options.digits.is_some() || options.chain {
        return wrong(
            "forms=, digits= and chain are of lengths, and a line has none",
            "",
        );
    }
    let is_line_end = matches!(terminator, b"\r\n" | b"\n" | b"\r");
    if (options.ends.is_some() || options.strip_cr) && !is_line_end {
        return wrong(
            "ends= and strip-cr are of lines that end with CR or LF",
            "leave them out: this terminator has no variants",
        );
    }
    if options.strip_cr && (terminator != b"\n" || options.ends.is_some_and(|e| e != Ends::Lf)) {
        return wrong(
            "strip-cr is of lines that end with LF",
            "write line'\\n' strip-cr, or line'\\r\\n'",
        );
    }
    if options.ends == Some(Ends::Crlf) && terminator != b"\r\n" {
        return wrong(
            "ends=crlf, and the terminator is another",
            "write line'\\r\\n'",
        );
    }
    if options.ends == Some(Ends::Cr) && terminator != b"\r" {
        return wrong("ends=cr, and the terminator is another", "write line'\\r'");
    }
    if options.ends == Some(Ends::Lf) && !terminator.ends_with(b"\n") {
        return wrong("ends=lf, and the terminator has no LF", "write line'\\n'");
    }
    if options.zero == Some(Zero::End) && options.min.is_some_and(|min| min > 0) {
        return wrong("zero=end and min= exclude each other", "");
    }
    Ok(())
}

fn of_stuffing(framing: &Framing) -> Result<(), FramingError> {
    let shape = &framing.shape;
    if !(shape.before.is_empty() && shape.after.is_empty() && shape.behind.is_empty()) {
        return wrong(
            "cobs and slip have no parts beside the payload",
            "leave them out",
        );
    }
    let options = &shape.options;
    if options.forms.is_some() || options.digits.is_some() || options.chain {
        return wrong(
            "forms=, digits= and chain are of lengths, and this framing has none",
            "",
        );
    }
    if options.zero.is_some() {
        return wrong("zero= is of lengths and lines", "leave it out");
    }
    only_of_lines(framing)
}

fn of_options(framing: &Framing) -> Result<(), FramingError> {
    let options = &framing.shape.options;
    if let (Some(min), Some(max)) = (options.min, options.max)
        && min > max
    {
        return wrong(format!("min={min} is above max={max}"), "");
    }
    if let Some(first) = &options.first {
        let inner = &first.shape.options;
        if inner.first.is_some() || inner.preface != super::Preface::None {
            return wrong("first='…' has no first= or preface= of its own", "");
        }
    }
    if options.limit_counts.is_some() && options.max.is_none() {
        return wrong("limit-counts= without max=", "say max=N");
    }
    if options.limit_counts == Some(LimitCounts::Number) && framing.number().is_none() {
        return wrong(
            "limit-counts=number, and there is no number",
            "write limit-counts=frame",
        );
    }
    if let (LimitCounts::Frame, Some(max)) = (framing.limit_counts(), options.max)
        && framing.overhead(0) as u64 > max
    {
        return wrong(
            format!("max={max} leaves no room for a payload"),
            "say a larger one, or limit-counts=payload",
        );
    }
    Ok(())
}
