//! Replies, however they are cut; and octets that are not a reply.

use super::pauses::LATE;
use crate::suite::client::case::Case;
use crate::suite::client::driver::{Judged, NotPassed, Stage, reply};
use crate::suite::plain::frame;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

const NOT_SHOWN: &str = "the client does not show replies, so how it reads them cannot be seen";

/// Beginning of the ids of the cases in which a reply is cut at one place; the place follows.
pub(in crate::suite::client) const CUT_AFTER: &str = "client/reply-cut-after-";

/// The text of the reply that is cut at each place.
const SHORT: &str = "é😀";

/// Payload of that reply.
pub(in crate::suite::client) fn frame_cut_everywhere() -> String {
    reply(SHORT)
}

/// Places where a frame is cut under a segmentation, in octets from its start.
fn places(segmentation: Segmentation, frame: &[u8]) -> Vec<usize> {
    match segmentation {
        Segmentation::Octets if frame.len() <= 1_024 => (1..frame.len()).collect(),
        Segmentation::Octets => (1..64).chain(frame.len() - 64..frame.len()).collect(),
        Segmentation::Length(1) => vec![1],
        Segmentation::Length(2) => vec![2],
        Segmentation::Length(3) => vec![3],
        Segmentation::Payload => vec![4],
        Segmentation::Middle => vec![4 + (frame.len() - 4) / 2],
        Segmentation::Last => vec![frame.len() - 1],
        Segmentation::Segments => (1_460..frame.len()).step_by(1_460).collect(),
        _ => Vec::new(),
    }
}

/// Sends one message, and answers it with a reply that is cut there; then once more, whole, which
/// shows whether the client is still in step.
fn answered_in_pieces(stage: &mut Stage<'_>, text: &str, cuts: &[usize]) -> Judged {
    if stage.habits.shows.is_none() {
        return Err(NotPassed::skipped(NOT_SHOWN));
    }
    stage.types("hello");
    stage.sends(b"hello")?;
    let wire = frame(reply(text).as_bytes());
    let mut chunks = Vec::new();
    let mut from = 0;
    for end in cuts.iter().copied().chain([wire.len()]) {
        chunks.push(&wire[from..end]);
        from = end;
    }
    stage.answers_in(&chunks);
    stage.shows(text)?;
    stage.types("and again");
    stage.sends(b"and again")?;
    stage.answers("and again");
    stage.shows("and again")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let long: String = ('a'..='z').cycle().take(5_000).collect();
    let longer: String = ('a'..='z').cycle().take(60_000).collect();
    let texts = [
        ("ascii", "the text of this reply".to_owned()),
        ("chinese", "你好，世界".to_owned()),
        ("emoji", "😀🚀🎉".to_owned()),
        ("of-5000-octets", long),
        ("of-60000-octets", longer),
    ];
    for (slug, text) in texts {
        let wire = frame(reply(&text).as_bytes());
        let mut checks: Vec<(Option<Segmentation>, crate::suite::client::case::Act)> = Vec::new();
        for segmentation in Segmentation::ALL {
            let cuts = places(segmentation, &wire);
            if cuts.is_empty() && segmentation != Segmentation::Whole {
                continue;
            }
            let text = text.clone();
            checks.push((
                Some(segmentation),
                Box::new(move |stage| answered_in_pieces(stage, &text, &cuts)),
            ));
        }
        cases.push(Case::cut(
            &format!("reply-{slug}"),
            "A reply is put together however it is cut",
            &["FRM-2", "SES-11"],
            Class::Session,
            checks,
        ));
    }
    let short = SHORT;
    for place in 1..frame(reply(short).as_bytes()).len() {
        cases.push(Case::new(
            &format!("reply-cut-after-{place}"),
            &format!("A reply that is cut after {place} octets is put together"),
            &["FRM-2", "SES-11"],
            Class::Session,
            move |stage| answered_in_pieces(stage, short, &[place]),
        ));
    }
    cases.extend(coalesced());
    cases.extend(truncated());
    cases.extend(invalid());
    cases.extend(closed());
    cases
}

/// Two messages before any reply, if the client sends them so; then both replies, cut there.
fn both_at_once(stage: &mut Stage<'_>, cut: impl Fn(usize, usize) -> Vec<usize>) -> Judged {
    if stage.habits.shows.is_none() {
        return Err(NotPassed::skipped(NOT_SHOWN));
    }
    stage.types("one");
    stage.types_at_once("two");
    stage.sends(b"one")?;
    // A client that pipelines sends it at once; a client that goes on when a timer runs out does not.
    stage.waits_briefly_for(7);
    if stage.rest().is_empty() {
        return Err(NotPassed::skipped(
            "the client awaits each reply before its next message, so two never meet",
        ));
    }
    stage.sends(b"two")?;
    let first = frame(reply("one").as_bytes());
    let both = [first.clone(), frame(reply("two").as_bytes())].concat();
    let mut chunks = Vec::new();
    let mut from = 0;
    for end in cut(first.len(), both.len()).into_iter().chain([both.len()]) {
        chunks.push(&both[from..end]);
        from = end;
    }
    stage.answers_in(&chunks);
    stage
        .shows("one")
        .map_err(|why| a_reply_behind(stage, why, "one"))?;
    stage
        .shows("two")
        .map_err(|why| a_reply_behind(stage, why, "two"))
}

/// A client that shows what it owes when the next message is typed is a reply behind, and has lost none.
fn a_reply_behind(stage: &mut Stage<'_>, why: NotPassed, text: &str) -> NotPassed {
    why.with_failure(|wrong| {
        stage.types("three");
        stage.settles();
        if stage.has_shown_already(text) {
            wrong.diagnosis = LATE;
        }
    })
}

fn coalesced() -> Vec<Case> {
    type Cut = fn(usize, usize) -> Vec<usize>;
    let cuts: [(&str, &str, Cut); 5] = [
        ("two-replies", "Two replies in one write", |_, _| vec![]),
        (
            "reply-and-half",
            "A reply and half of the next",
            |first, both| vec![(first + both) / 2],
        ),
        (
            "reply-and-length",
            "A reply and the next one's length",
            |first, _| vec![first + 4],
        ),
        (
            "reply-and-part-of-length",
            "A reply and half a length",
            |first, _| vec![first + 2],
        ),
        (
            "reply-ends-late",
            "The end of a reply together with the next",
            |first, _| vec![first - 1],
        ),
    ];
    cuts.into_iter()
        .map(|(slug, title, cut)| {
            Case::new(
                slug,
                title,
                &["FRM-3", "SES-11"],
                Class::Session,
                move |stage| both_at_once(stage, cut),
            )
        })
        .collect()
}

/// Answers a message with octets that are not a reply, ends the stream if that belongs to it, and
/// sees that the client says so.
fn no_reply(stage: &mut Stage<'_>, wire: &[u8], ends: bool, partial: &str) -> Judged {
    stage.types("hello");
    stage.sends(b"hello")?;
    let (shown, on_stderr) = stage.said();
    stage.answers_in(&[wire]);
    if ends {
        stage.ends_stream();
    }
    // A client that goes on finds nobody to talk to.
    stage.settles();
    stage.reports((&shown, on_stderr), partial)
}

fn truncated() -> Vec<Case> {
    let wire = frame(reply("hello").as_bytes());
    let whole = wire.len();
    [0, 1, 2, 3, 4, 5, 7, 30, whole / 2, whole - 4, whole - 1]
        .into_iter()
        .map(|kept| {
            let cut = wire[..kept].to_vec();
            let title = match kept {
                0 => "A reply that never comes is an error".to_owned(),
                _ => format!("A reply that ends after {kept} octets is an error"),
            };
            let requirements: &[&'static str] = if kept == 0 {
                &["SES-11"]
            } else {
                &["FRM-6", "SES-11"]
            };
            Case::new(
                &format!("truncated-after-{kept}"),
                &title,
                requirements,
                Class::Session,
                move |stage| {
                    let partial = String::from_utf8_lossy(cut.get(4..).unwrap_or_default());
                    no_reply(stage, &cut, true, &partial)
                },
            )
        })
        .collect()
}

fn invalid() -> Vec<Case> {
    let payloads: [(&str, &[u8], &str); 9] = [
        ("lone-continuation", b"a\x80b", "a lone continuation octet"),
        ("overlong-slash", b"a\xC0\xAFb", "an overlong form"),
        ("overlong-nul", b"a\xC0\x80b", "an overlong U+0000"),
        ("surrogate", b"a\xED\xA0\x80b", "a surrogate"),
        (
            "above-the-highest",
            b"a\xF4\x90\x80\x80b",
            "more than U+10FFFF",
        ),
        ("ff", b"a\xFFb", "an octet that UTF-8 never holds"),
        (
            "cut-short",
            b"ab\xE4\xBD",
            "a character that the frame cuts short",
        ),
        ("latin-1", b"gr\xFC\xDFe", "Latin-1"),
        ("utf-16", b"\xFF\xFEh\0i\0", "UTF-16"),
    ];
    let mut cases: Vec<Case> = payloads
        .into_iter()
        .map(|(slug, payload, what)| {
            Case::new(
                &format!("invalid-{slug}"),
                &format!("A reply with {what} is an error"),
                &["MSG-3", "SES-11"],
                Class::Session,
                move |stage| {
                    let lossy = String::from_utf8_lossy(payload);
                    no_reply(stage, &frame(payload), true, &lossy)
                },
            )
        })
        .collect();
    for (slug, length) in [
        ("4294967295", u32::MAX),
        ("2147483648", 0x8000_0000),
        ("2147483647", 0x7FFF_FFFF),
    ] {
        cases.push(Case::new(
            &format!("announced-{slug}"),
            &format!("A reply of {slug} octets, of which ten come, is an error"),
            &["FRM-6", "LEN-4", "SES-11"],
            Class::Session,
            move |stage| {
                let wire = [&length.to_be_bytes()[..], b"ten octets"].concat();
                no_reply(stage, &wire, true, "ten octets")
            },
        ));
    }
    cases
}

fn closed() -> Vec<Case> {
    vec![
        Case::new(
            "closed-at-once",
            "A server that closes at once is reported",
            &["SES-11"],
            Class::Session,
            |stage| {
                let (shown, on_stderr) = stage.said();
                stage.types("hello");
                stage.connected()?;
                stage.ends_stream();
                stage.settles();
                stage.reports((&shown, on_stderr), "")
            },
        ),
        Case::new(
            "reset-instead-of-a-reply",
            "A reset in the place of a reply is reported",
            &["SES-11"],
            Class::Session,
            |stage| {
                stage.types("hello");
                stage.sends(b"hello")?;
                let (shown, on_stderr) = stage.said();
                stage.resets();
                stage.settles();
                stage.reports((&shown, on_stderr), "")
            },
        ),
        Case::new(
            "closed-behind-a-reply",
            "A server that is gone when the next message is sent is reported",
            &["SES-11"],
            Class::Session,
            |stage| {
                stage.types("hello");
                stage.sends(b"hello")?;
                stage.answers("hello");
                stage.settles();
                let (shown, on_stderr) = stage.said();
                stage.resets();
                stage.types("again");
                stage.settles();
                stage.types("and again");
                stage.settles();
                stage.reports((&shown, on_stderr), "")
            },
        ),
        Case::new(
            "reset-inside-a-body",
            "A server that goes away inside a body is reported",
            &["SES-11"],
            Class::Transfer,
            |stage| {
                let content = vec![b'x'; 16 * 1024 * 1024];
                stage.place("a.bin", &content)?;
                stage.connected_early("hello")?;
                stage.types("file");
                stage.types("a.bin");
                stage.announces("a.bin", content.len())?;
                let (shown, on_stderr) = stage.said();
                stage.resets();
                stage.settles();
                stage.types("after");
                stage.settles();
                stage.types("and after");
                stage.settles();
                stage.reports((&shown, on_stderr), "")
            },
        ),
    ]
}
