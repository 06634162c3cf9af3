//! Files: announced as they are, sent whole, and not at all where they cannot be.

use std::path::Path;

use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::Diagnosis;
use crate::suite::client::driver::{Judged, NotPassed, Stage};
use crate::trace::Class;

/// Sizes of files, in octets: around what programs read and write at once.
const SIZES: [usize; 27] = [
    0, 1, 2, 3, 4, 5, 255, 256, 1_023, 1_024, 1_025, 2_048, 4_095, 4_096, 4_097, 8_191, 8_192,
    8_193, 16_384, 65_535, 65_536, 65_537, 131_072, 1_048_576, 1_048_577, 3_000_000, 16_777_217,
];

/// A file that fills all that lies between two programs, in octets.
pub(super) const LARGE: usize = 16 * 1024 * 1024;

/// Octets that tell places apart, and do not begin as a length does.
pub(super) fn pattern(size: usize) -> Vec<u8> {
    (1..=size).map(|place| (place % 251) as u8).collect()
}

/// Sends a file, and a message after it.
fn transfer(stage: &mut Stage<'_>, name: &str, content: &[u8]) -> Judged {
    stage.place(name, content)?;
    stage.types("file");
    stage.types(name);
    stage.announces(name, content.len())?;
    stage.sends_body(content)?;
    stage.types("after");
    stage.sends(b"after")?;
    stage.answers("after");
    Ok(())
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for size in SIZES {
        cases.push(Case::new(
            &format!("file-of-{size}"),
            &format!("A file of {size} octets, and a message behind it"),
            match size {
                0 => &["TRF-5", "TRF-13"],
                _ => &["TRF-13", "TRF-3"],
            },
            Class::Transfer,
            move |stage| transfer(stage, "a.bin", &pattern(size)),
        ));
    }
    cases.extend(contents());
    cases.extend(names());
    cases.extend(not_sent());
    cases.extend(sequences());
    cases
}

fn contents() -> Vec<Case> {
    let all: Vec<u8> = (0..=255).collect();
    let contents: [(&str, Vec<u8>, &str); 9] = [
        ("all-octets", all, "every octet"),
        (
            "line-ends",
            b"a\nb\r\nc\rd\n\n".to_vec(),
            "line ends of every kind",
        ),
        ("ctrl-z", b"before\x1Aafter".to_vec(), "the octet 1A"),
        ("nuls", vec![0; 100], "octets of value zero"),
        ("frames", b"\0\0\0\x01q\0\0\0\x04file".to_vec(), "frames"),
        ("commands", b"q\nfile\nq".to_vec(), "commands"),
        (
            "not-utf-8",
            b"\xFF\xFE\x80\xC0\xAF".to_vec(),
            "what is not UTF-8",
        ),
        (
            "byte-order-mark",
            b"\xEF\xBB\xBFtext".to_vec(),
            "a byte order mark",
        ),
        (
            "no-last-line-end",
            b"a line without an end".to_vec(),
            "no last line end",
        ),
    ];
    contents
        .into_iter()
        .map(|(slug, content, what)| {
            Case::new(
                &format!("file-with-{slug}"),
                &format!("A file that holds {what}"),
                &["TRF-3", "TRF-13"],
                Class::Transfer,
                move |stage| transfer(stage, "a.bin", &content),
            )
        })
        .collect()
}

fn names() -> Vec<Case> {
    let longest = "n".repeat(255);
    let names = [
        ("comma", "a,b.bin"),
        ("commas-and-digits", "a,1,2,3"),
        ("space", "a b.bin"),
        ("space-before", " a.bin"),
        ("dot", ".hidden"),
        ("dash", "-rf"),
        ("quotes", "\"it's\".bin"),
        ("percent", "100%s.bin"),
        ("dollar", "$HOME"),
        ("star", "a*?.bin"),
        ("chinese", "文件.txt"),
        ("emoji", "😀.bin"),
        ("composed", "\u{e9}.bin"),
        ("decomposed", "e\u{301}.bin"),
        ("no-extension", "file"),
        ("like-quit", "q"),
        ("digits", "12345"),
        ("three-dots", "..."),
    ];
    let mut cases: Vec<Case> = names
        .into_iter()
        .map(|(slug, name)| {
            Case::new(
                &format!("name-{slug}"),
                &format!("A file of the name {name:?}"),
                &["TRF-1", "TRF-2"],
                Class::Transfer,
                move |stage| transfer(stage, name, b"content"),
            )
        })
        .collect();
    cases.push(Case::new(
        "name-of-255",
        "A file whose name has 255 octets",
        &["TRF-1"],
        Class::Transfer,
        move |stage| transfer(stage, &longest, b"content"),
    ));
    for (slug, size) in [
        ("one-digit", 9),
        ("two-digits", 10),
        ("five-digits", 99_999),
    ] {
        cases.push(Case::new(
            &format!("header-{slug}"),
            &format!("The length {size} is written without leading zeros or anything else"),
            &["TRF-2"],
            Class::Transfer,
            move |stage| transfer(stage, "a.bin", &pattern(size)),
        ));
    }
    cases
}

/// Asks for a file that cannot be sent, and sees that nothing at all goes on the wire.
fn nothing_goes_out(stage: &mut Stage<'_>, name: &str) -> Judged {
    stage.types("hello");
    stage.sends(b"hello")?;
    stage.answers("hello");
    stage.types("file");
    stage.types(name);
    stage.settles();
    stage.types("after");
    stage.sends(b"after").map_err(|why| {
        let announced = matches!(stage.rest().get(4..8), Some(b"file" | b"FILE"));
        why.with_failure(|wrong| wrong.diagnosis = Diagnosis::of_no_file(announced))
    })
}

fn not_sent() -> Vec<Case> {
    let mut cases = vec![
        Case::new(
            "missing-file",
            "A file that is not there: nothing goes on the wire",
            &["TRF-12"],
            Class::Transfer,
            |stage| nothing_goes_out(stage, "missing.bin"),
        ),
        Case::new(
            "missing-file-twice",
            "Two files that are not there, then one that is",
            &["TRF-12"],
            Class::Transfer,
            |stage| {
                nothing_goes_out(stage, "missing.bin")?;
                stage.answers("after");
                nothing_goes_out(stage, "missing too")?;
                stage.answers("after");
                transfer(stage, "a.bin", b"here")
            },
        ),
        Case::new(
            "directory",
            "A directory: nothing goes on the wire",
            &["TRF-12"],
            Class::Transfer,
            |stage| {
                let made = stage.dir().make_dir("folder");
                stage.placed(made)?;
                nothing_goes_out(stage, "folder")
            },
        ),
        Case::new(
            "link-to-nothing",
            "A symbolic link that leads nowhere: nothing goes on the wire",
            &["TRF-12"],
            Class::Transfer,
            |stage| {
                let made = stage.dir().link("link", Path::new("nothing"));
                stage.placed(made)?;
                nothing_goes_out(stage, "link")
            },
        ),
    ];
    for size in [4_294_967_296_u64, 4_294_967_301, 8_589_934_592] {
        cases.push(Case::new(
            &format!("too-large-{size}"),
            &format!("A file of {size} octets: nothing goes on the wire"),
            &["TRF-12"],
            Class::Transfer,
            move |stage| {
                let sparse = stage.place("large.bin", b"")?.set_len(size);
                if sparse.is_err() {
                    return Err(NotPassed::skipped(
                        "the file system of temporary files has no files of this size",
                    ));
                }
                nothing_goes_out(stage, "large.bin")
            },
        ));
    }
    for (slug, name) in [
        ("parent", ".."),
        ("here", "."),
        ("outside", "../outside/secret"),
        ("below", "sub/a.bin"),
    ] {
        cases.push(Case::new(
            &format!("name-{slug}"),
            &format!("The name {name:?} is no plain one, and never goes into a header"),
            &["TRF-7", "TRF-12"],
            Class::Transfer,
            move |stage| unplain_name(stage, name),
        ));
    }
    cases
}

/// A client may refuse a path, or send the file that it leads to under its plain name.
fn unplain_name(stage: &mut Stage<'_>, name: &str) -> Judged {
    let made = stage.dir().make_dir("sub");
    stage.placed(made)?;
    let below = stage.dir().inside("sub");
    let below = below.and_then(|sub| sub.write_new("a.bin", b"below"));
    stage.placed(below)?;
    let secret = stage.outside().write_new("secret", b"secret");
    stage.placed(secret)?;
    let plain = name.rsplit('/').next().unwrap_or_default();
    let content: &[u8] = if plain == "secret" {
        b"secret"
    } else {
        b"below"
    };
    let mut judged = || {
        stage.types("file");
        stage.types(name);
        stage.settles();
        stage.types("after");
        stage.connected()?;
        stage.waits_for(9);
        if stage.rest().get(4..8) == Some(b"file") && name.contains('/') {
            stage.announces(plain, content.len())?;
            stage.sends_body(content)?;
        }
        stage.sends(b"after")
    };
    // The name is what is wrong, whatever the failure looks like.
    judged().map_err(|why| why.with_failure(|wrong| wrong.diagnosis = Diagnosis::default()))
}

fn sequences() -> Vec<Case> {
    vec![
        Case::new(
            "two-files",
            "Two files, one after the other",
            &["TRF-3", "TRF-4"],
            Class::Transfer,
            |stage| {
                transfer(stage, "a.bin", b"the first")?;
                transfer(stage, "b.bin", &pattern(5_000))
            },
        ),
        Case::new(
            "two-files-without-a-word",
            "Two files with no message between them",
            &["TRF-6", "TRF-3"],
            Class::Transfer,
            |stage| {
                for (name, content) in [("a.bin", b"first"), ("b.bin", b"other")] {
                    stage.place(name, content)?;
                    stage.types("file");
                    stage.types(name);
                    stage.announces(name, content.len())?;
                    stage.sends_body(content)?;
                }
                stage.types("after");
                stage.sends(b"after")
            },
        ),
        Case::new(
            "the-same-file-twice",
            "The same file twice, changed in between",
            &["TRF-13"],
            Class::Transfer,
            |stage| {
                transfer(stage, "a.bin", b"short")?;
                transfer(stage, "a.bin", b"longer than before")
            },
        ),
        Case::new(
            "the-article",
            "What the article's own program breaks on: hello, a file of 100,000 octets, after, q",
            &["TRF-4", "SES-12"],
            Class::Transfer,
            |stage| {
                stage.types("hello");
                stage.sends(b"hello")?;
                stage.answers("hello");
                transfer(stage, "a.bin", &pattern(100_000))?;
                stage.types("q");
                stage.sends_one_of(&[b"q", b"Q"])?;
                stage.closes()
            },
        ),
        Case::new(
            "no-acknowledgement",
            "Nothing comes back about a file, and the client does not wait for it",
            &["TRF-6"],
            Class::Transfer,
            |stage| transfer(stage, "a.bin", b"abc"),
        ),
    ]
}
