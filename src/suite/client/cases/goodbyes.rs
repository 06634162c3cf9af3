//! The end of a session: by `q`, and then the close.

use crate::suite::client::case::Case;
use crate::trace::Class;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "quit",
            "After a message, `q` ends the session, then the client closes",
            &["SES-12"],
            Class::Session,
            |stage| {
                stage.types("hello");
                stage.sends(b"hello")?;
                stage.answers("hello");
                stage.types("q");
                stage.sends_one_of(&[b"q", b"Q"])?;
                stage.closes()
            },
        ),
        Case::new(
            "quit-at-once",
            "`q` ends a session in which nothing was said",
            &["SES-12"],
            Class::Session,
            |stage| {
                stage.types("q");
                stage.sends_one_of(&[b"q", b"Q"])?;
                stage.closes()
            },
        ),
        Case::new(
            "quit-behind-a-file",
            "`q` behind a file ends the session",
            &["SES-12", "TRF-6"],
            Class::Transfer,
            |stage| {
                stage.place("a.bin", b"abc")?;
                stage.types("file");
                stage.types("a.bin");
                stage.announces("a.bin", 3)?;
                stage.sends_body(b"abc")?;
                stage.types("q");
                stage.sends_one_of(&[b"q", b"Q"])?;
                stage.closes()
            },
        ),
        Case::new(
            "quit-behind-a-missing-file",
            "`q` behind a file that is not there ends the session",
            &["SES-12", "TRF-12"],
            Class::Transfer,
            |stage| {
                stage.types("file");
                stage.types("missing.bin");
                stage.types("q");
                stage.sends_one_of(&[b"q", b"Q"])?;
                stage.closes()
            },
        ),
        Case::new(
            "quit-behind-many",
            "`q` behind ten messages ends the session",
            &["SES-12"],
            Class::Session,
            |stage| {
                for number in 0..10 {
                    let text = format!("message {number}");
                    stage.types(&text);
                    stage.sends(text.as_bytes())?;
                    stage.answers(&text);
                }
                stage.types("q");
                stage.sends_one_of(&[b"q", b"Q"])?;
                stage.closes()
            },
        ),
    ]
}
