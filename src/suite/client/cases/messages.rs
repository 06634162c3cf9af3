//! Messages: a line goes out as it was typed, in one frame of UTF-8.

use crate::suite::client::case::Case;
use crate::suite::client::driver::{Judged, NotPassed, Stage};
use crate::trace::Class;

/// Length in octets from which a line may be more than a client takes from its user.
const LONG_LINE: usize = 1_000;

/// Texts, and what a client must do with each.
const TEXTS: [(&str, &str, &str, &str); 35] = [
    ("one-octet", "a", "LEN-1", "A message of one octet"),
    ("digits", "12345", "MSG-1", "A message of digits"),
    (
        "chinese",
        "你好",
        "MSG-1",
        "A length counts octets, not characters",
    ),
    (
        "two-octets-each",
        "äöüß",
        "MSG-1",
        "Characters of two octets",
    ),
    (
        "four-octets-each",
        "😀🚀",
        "MSG-1",
        "Characters of four octets, two units of UTF-16",
    ),
    (
        "mixed",
        "a你😀é",
        "MSG-1",
        "Characters of one to four octets",
    ),
    (
        "combining",
        "e\u{301}",
        "MSG-4",
        "A combining mark is not composed",
    ),
    (
        "composed",
        "\u{e9}",
        "MSG-4",
        "A composed character is not taken apart",
    ),
    (
        "compatibility",
        "ﬁ①Ⅳ",
        "MSG-4",
        "Compatibility characters stay",
    ),
    (
        "hangul",
        "\u{1112}\u{1161}\u{11ab}",
        "MSG-4",
        "Conjoining letters stay apart",
    ),
    (
        "byte-order-mark",
        "\u{FEFF}hello",
        "MSG-4",
        "U+FEFF at the start stays",
    ),
    (
        "byte-order-mark-inside",
        "a\u{FEFF}b",
        "MSG-4",
        "U+FEFF inside stays",
    ),
    (
        "zero-width",
        "a\u{200B}b\u{200D}c",
        "MSG-4",
        "What has no width stays",
    ),
    ("nul", "a\0b", "MSG-4", "U+0000 does not end a text"),
    (
        "control",
        "a\u{1}\u{7}b",
        "MSG-4",
        "Control characters stay",
    ),
    (
        "escape",
        "\u{1b}[31mred",
        "MSG-4",
        "An escape sequence is text",
    ),
    ("delete", "a\u{7f}b", "MSG-4", "U+007F stays"),
    ("tab", "a\tb", "MSG-4", "A tab stays"),
    (
        "space-before",
        " hello",
        "MSG-4",
        "A space before the text stays",
    ),
    (
        "space-behind",
        "hello ",
        "MSG-4",
        "A space behind the text stays",
    ),
    ("spaces-inside", "a  b   c", "MSG-4", "Spaces inside stay"),
    ("only-a-space", " ", "MSG-4", "A space is a text"),
    (
        "no-break-space",
        "\u{a0}hello\u{a0}",
        "MSG-4",
        "U+00A0 stays",
    ),
    ("quotes", "\"it's\"", "MSG-4", "Quotes stay"),
    (
        "backslash",
        "a\\nb\\x00",
        "MSG-4",
        "Backslashes mean nothing",
    ),
    ("percent", "%s%d%n{}", "MSG-4", "Formats mean nothing"),
    ("comma", "a,3", "MSG-4", "A comma makes no header"),
    ("quit-word", "quit", "MSG-4", "`quit` is a text"),
    (
        "file-word",
        "file.txt",
        "MSG-4",
        "What begins with `file` is a text",
    ),
    ("command-with-space", " q", "MSG-4", "` q` is a text"),
    (
        "command-in-another-case",
        "File",
        "MSG-4",
        "`File` is a text",
    ),
    (
        "line-separator",
        "a\u{2028}b\u{85}c",
        "MSG-4",
        "U+2028 and U+0085 end no line",
    ),
    (
        "highest",
        "\u{10FFFF}",
        "MSG-1",
        "The highest character there is",
    ),
    (
        "replacement",
        "\u{FFFD}",
        "MSG-4",
        "U+FFFD is a character like others",
    ),
    (
        "right-to-left",
        "שלום \u{202e}abc",
        "MSG-4",
        "Writing directions change nothing",
    ),
];

/// Lengths of texts of ASCII, in octets.
const LENGTHS: [usize; 18] = [
    2, 3, 4, 16, 127, 128, 255, 256, 257, 1_000, 1_023, 1_024, 1_025, 4_000, 16_384, 65_535,
    65_536, 65_537,
];

/// Waits for a text that was typed, unless it is a line that the client may not take.
fn sends_as_typed(stage: &mut Stage<'_>, text: &str) -> Judged {
    match stage.sends(text.as_bytes()) {
        Err(NotPassed::Failed(wrong)) if text.len() >= LONG_LINE && wrong.nothing_sent => Err(
            NotPassed::Acceptable("the client takes no line of this length from its user".into()),
        ),
        sent => sent,
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (slug, text, requirement, title) in TEXTS {
        cases.push(Case::new(
            &format!("text-{slug}"),
            title,
            &[requirement],
            Class::Session,
            move |stage| {
                stage.types(text);
                stage.sends(text.as_bytes())?;
                // And nothing with it: the next message is the next frame.
                stage.answers(text);
                stage.types("next");
                stage.sends(b"next")
            },
        ));
    }
    for length in LENGTHS {
        cases.push(Case::new(
            &format!("length-{length}"),
            &format!("A message of {length} octets"),
            &["LEN-1", "FRM-9"],
            Class::Session,
            move |stage| {
                let text: String = ('a'..='z').cycle().take(length).collect();
                stage.types(&text);
                sends_as_typed(stage, &text)?;
                stage.answers("ok");
                stage.types("next");
                stage.sends(b"next")
            },
        ));
    }
    // A length in characters shows best where it is far off.
    for (slug, character) in [("two", 'é'), ("three", '语'), ("four", '𝄞')] {
        cases.push(Case::new(
            &format!("three-hundred-of-{slug}"),
            &format!("300 characters of {slug} octets"),
            &["MSG-1"],
            Class::Session,
            move |stage| {
                let text = String::from(character).repeat(300);
                stage.types(&text);
                sends_as_typed(stage, &text)
            },
        ));
    }
    cases.push(Case::new(
        "many-messages",
        "Thirty messages, one after another",
        &["FRM-1"],
        Class::Session,
        |stage| {
            for number in 0..30 {
                let text = format!("message {number}");
                stage.types(&text);
                stage.sends(text.as_bytes())?;
                stage.answers(&text);
            }
            Ok(())
        },
    ));
    cases.push(Case::new(
        "same-text-three-times",
        "The same text three times makes three messages",
        &["FRM-1"],
        Class::Session,
        |stage| {
            for _ in 0..3 {
                stage.types("again");
                stage.sends(b"again")?;
                stage.answers("again");
            }
            Ok(())
        },
    ));
    cases.push(Case::new(
        "slow-reader",
        "A message that a slow peer takes in parts arrives whole",
        &["FRM-9"],
        Class::Session,
        |stage| {
            let text: String = ('a'..='z').cycle().take(12 * 1024 * 1024).collect();
            stage.connected_early("hello")?;
            // Nothing is read meanwhile.
            stage.types(&text);
            stage.settles();
            stage.releases();
            sends_as_typed(stage, &text)
        },
    ));
    cases
}
