//! Verified transfers as they go when the server has the extension: command, header, body, digest.

use std::io::Write;
use std::os::unix::fs::FileExt;

use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::Diagnosis;
use crate::suite::client::driver::{Judged, NotPassed, Stage};
use crate::suite::client::extension::{Algorithm, Form};
use crate::suite::plain::frame;
use crate::trace::Class;

/// Sizes around the blocks of the digests, and around what programs read at once.
const SIZES: [usize; 14] = [
    1, 55, 56, 63, 64, 65, 119, 128, 4_095, 4_096, 4_097, 65_536, 65_537, 1_048_577,
];

/// A file that fills all that lies between two programs, in octets.
const LARGE: usize = 16 * 1024 * 1024;

/// Octets at the start of that file that are changed once they have been sent.
const CHANGED: usize = 1_000;

const NO_FORM: Diagnosis = Diagnosis::of("VTR-1", "it sends no verified transfer");

const BETWEEN: Diagnosis =
    Diagnosis::of("VTR-2", "it sends a message between a body and its digest");

/// Octets that show that growth is sent.
const GROWTH_SEEN: &[u8] = &[b'+'; 32];

const SENDS_GROWTH: Diagnosis = Diagnosis::of("TRF-13", "it sends more octets than it announced");

const READ_AGAIN: Diagnosis = Diagnosis::of("VTR-2", "it reads the file again for the digest");

/// The form by which a client sends verified transfers where it does not matter which.
pub(super) fn any_form(stage: &Stage<'_>) -> Judged<Form> {
    let forms = &stage.habits.verified;
    forms.first().cloned().ok_or_else(|| {
        NotPassed::skipped("the client sends no verified transfers, see client/verified-md5")
    })
}

/// The form for this algorithm; a client may do without one of them, and not without both.
fn form_for(stage: &mut Stage<'_>, algorithm: Algorithm) -> Judged<Form> {
    let forms = &stage.habits.verified;
    if let Some(form) = forms.iter().find(|form| form.algorithm == algorithm) {
        return Ok(form.clone());
    }
    if !forms.is_empty() {
        let why = format!("the client does not verify by {}", algorithm.name());
        return Err(NotPassed::skipped(&why));
    }
    for line in ["file", algorithm.command()] {
        stage.types(line);
        stage.types("a.bin");
    }
    stage.settles();
    stage.connected()?;
    stage.waits_for(4);
    let wrong = stage.wrong(
        "the client sends no verified transfer, neither after `file` and a name nor after `file+md5` or \
         `file+sha256` and a name",
        &format!(
            "a file that is announced by the message {:?}, as it is after one of these lines",
            algorithm.command()
        ),
        false,
    );
    Err(wrong.because(NO_FORM).into())
}

/// Octets that tell places apart.
pub(super) fn pattern(size: usize) -> Vec<u8> {
    (1..=size).map(|place| (place % 251) as u8).collect()
}

/// Sends a verified file, and a message after it.
pub(super) fn verified(stage: &mut Stage<'_>, form: &Form, name: &str, content: &[u8]) -> Judged {
    stage.place(name, content)?;
    stage.asks(form, name)?;
    stage.says(form.algorithm, "ready");
    stage.sends_verified(form.algorithm, name, content)?;
    stage.says(form.algorithm, "ok");
    says_on(stage)
}

/// Types a message and answers it: the session goes on.
pub(super) fn says_on(stage: &mut Stage<'_>) -> Judged {
    stage.types("after");
    stage.sends(b"after")?;
    stage.answers("after");
    Ok(())
}

/// A case about one form.
pub(super) fn case(
    id: &str,
    title: &str,
    requirements: &[&'static str],
    act: impl Fn(&mut Stage<'_>, &Form) -> Judged + Send + Sync + 'static,
) -> Case {
    let id = format!("verified-{id}");
    Case::new(
        &id,
        title,
        requirements,
        Class::VerifiedTransfer,
        move |stage| {
            let form = any_form(stage)?;
            act(stage, &form)
        },
    )
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Algorithm::ALL.into_iter().flat_map(by).collect();
    cases.extend(sequences());
    cases.extend([
        case(
            "growing-file",
            "The digest of a file that grows while it is sent is that of the octets that were announced",
            &["VTR-2", "TRF-13"],
            growing,
        ),
        case(
            "changed-file",
            "The digest of a file that is changed behind what was sent is that of the octets that were sent",
            &["VTR-2"],
            changed_behind,
        ),
    ]);
    cases
}

fn by(algorithm: Algorithm) -> Vec<Case> {
    let name = algorithm.name();
    let case = |id: String, title: String, act: fn(&mut Stage<'_>, &Form) -> Judged| {
        Case::new(
            &id,
            &title,
            &["VTR-2", "VTR-1"],
            Class::VerifiedTransfer,
            move |stage| {
                let form = form_for(stage, algorithm)?;
                act(stage, &form)
            },
        )
    };
    vec![
        case(
            format!("verified-{name}"),
            format!("A file that is verified by {name}, and a message after it"),
            |stage, form| verified(stage, form, "a.bin", b"some content"),
        ),
        case(
            format!("verified-{name}-empty"),
            format!("The {name} of an empty file is sent too"),
            |stage, form| verified(stage, form, "empty.bin", b""),
        ),
        case(
            format!("verified-{name}-sizes"),
            format!("Files of sizes around what is read and digested at once, by {name}"),
            |stage, form| {
                SIZES
                    .iter()
                    .try_for_each(|size| verified(stage, form, "a.bin", &pattern(*size)))
            },
        ),
        case(
            format!("verified-{name}-zeros"),
            format!("Zeros in the {name} are written, at its start and inside"),
            |stage, form| verified(stage, form, "a.bin", &with_zeros(form.algorithm)),
        ),
    ]
}

/// A content whose digest begins with a zero, and has an octet below 16 further on.
fn with_zeros(algorithm: Algorithm) -> Vec<u8> {
    let contents = (0..u32::MAX).map(|number| number.to_string().into_bytes());
    let mut fitting = contents.filter(|content| {
        let octets = algorithm.octets(content);
        octets[0] < 16 && octets[0] > 0 && octets[1..].iter().any(|octet| *octet < 16)
    });
    fitting.next().expect("every sixteenth begins so")
}

fn sequences() -> Vec<Case> {
    vec![
        case(
            "two-files",
            "Each of two files has a digest of its own",
            &["VTR-2", "VTR-3"],
            |stage, form| {
                verified(stage, form, "a.bin", b"the first")?;
                verified(stage, form, "b.bin", &pattern(5_000))
            },
        ),
        case(
            "same-file-twice",
            "The same file twice, changed in between",
            &["VTR-2"],
            |stage, form| {
                verified(stage, form, "a.bin", b"short")?;
                verified(stage, form, "a.bin", b"longer than before")
            },
        ),
        case(
            "name",
            "A name with commas and characters of several octets",
            &["VTR-2", "TRF-1"],
            |stage, form| verified(stage, form, "a,1 文件.bin", b"content"),
        ),
        case(
            "missing-file",
            "A file that is not there: no command goes on the wire",
            &["TRF-12", "VTR-1"],
            missing,
        ),
        case(
            "line-meanwhile",
            "A line that is typed while a verified file is under way goes out after its digest",
            &["VTR-2", "FRM-9"],
            line_meanwhile,
        ),
        case(
            "quit",
            "`q` after a verified file ends the session",
            &["SES-12", "VTR-3"],
            |stage, form| {
                stage.place("a.bin", b"abc")?;
                stage.asks(form, "a.bin")?;
                stage.says(form.algorithm, "ready");
                stage.sends_verified(form.algorithm, "a.bin", b"abc")?;
                stage.says(form.algorithm, "ok");
                stage.types("q");
                stage.sends_one_of(&[b"q", b"Q"])?;
                stage.closes()
            },
        ),
    ]
}

fn missing(stage: &mut Stage<'_>, form: &Form) -> Judged {
    stage.types(form.line);
    stage.types("missing.bin");
    stage.settles();
    stage.types("after");
    let command = frame(form.algorithm.command().as_bytes());
    stage.sends(b"after").map_err(|why| {
        let announced = stage.rest().starts_with(&command);
        why.with_failure(|wrong| wrong.diagnosis = Diagnosis::of_no_file(announced))
    })?;
    stage.answers("after");
    verified(stage, form, "a.bin", b"here")
}

fn line_meanwhile(stage: &mut Stage<'_>, form: &Form) -> Judged {
    let content = pattern(LARGE);
    let digits = form.algorithm.digits(&content);
    begin_large(stage, form, &content)?;
    stage.types("after");
    stage.settles();
    stage.releases();
    stage.sends_octets(&content)?;
    let after = frame(b"after");
    stage.waits_for(after.len());
    if stage.rest().starts_with(&after) {
        let wrong = stage.wrong(
            "the client sends the next message before the digest",
            "the digest, and then the message that was typed meanwhile",
            false,
        );
        return Err(wrong.because(BETWEEN).into());
    }
    stage.sends_digits(form.algorithm, "large.bin", &content, &digits)?;
    let before = stage.said();
    stage.says(form.algorithm, "ok");
    let judged = stage.sends(b"after");
    judged.or_else(|why| gives_up(stage, why, &before))?;
    stage.answers("after");
    says_on(stage)
}

fn growing(stage: &mut Stage<'_>, form: &Form) -> Judged {
    let content = pattern(LARGE);
    let digits = form.algorithm.digits(&content);
    let mut file = begin_large(stage, form, &content)?;
    // The file is at its end, behind what was placed.
    let grown = file.write_all(&[b'+'; 100_000]);
    stage.placed(grown)?;
    stage.releases();
    stage.sends_octets(&content)?;
    stage.waits_for(GROWTH_SEEN.len());
    if stage.rest().starts_with(GROWTH_SEEN) {
        let wrong = stage.wrong(
            "the client sends more octets than it announced",
            "the digest of the octets that were announced",
            false,
        );
        return Err(wrong.because(SENDS_GROWTH).into());
    }
    owes_digest(stage, form, &content, &digits, || {
        [&content[..], &[b'+'; 100_000]].concat()
    })
}

fn changed_behind(stage: &mut Stage<'_>, form: &Form) -> Judged {
    let content = pattern(LARGE);
    let digits = form.algorithm.digits(&content);
    let file = begin_large(stage, form, &content)?;
    let changed = file.write_all_at(&[b'+'; CHANGED], 0);
    stage.placed(changed)?;
    stage.releases();
    stage.waits_for(content.len());
    // Pages of a file that were lent to the socket change with it.
    let lent = stage.rest().get(..CHANGED) != content.get(..CHANGED);
    if lent {
        return Err(NotPassed::Acceptable(
            "what is changed in the file changes what is on its way: the system was lent the file's pages, \
             so no digest can be held against the client"
                .into()));
    }
    stage.sends_octets(&content)?;
    owes_digest(stage, form, &content, &digits, || {
        let mut now = content.clone();
        now[..CHANGED].fill(b'+');
        now
    })
}

/// Waits for the digest of what was sent; that of the file as it is by now tells another mistake.
fn owes_digest(
    stage: &mut Stage<'_>,
    form: &Form,
    sent: &[u8],
    digits: &str,
    now: impl Fn() -> Vec<u8>,
) -> Judged {
    let judged = stage.sends_digits(form.algorithm, "large.bin", sent, digits);
    judged.map_err(|why| {
        why.with_failure(|wrong| {
            let again = frame(form.algorithm.digits(&now()).as_bytes());
            if stage.rest().starts_with(&again) {
                wrong.diagnosis = READ_AGAIN;
            }
        })
    })?;
    let before = stage.said();
    stage.says(form.algorithm, "ok");
    says_on(stage).or_else(|why| gives_up(stage, why, &before))
}

/// On a loaded machine a large file takes longer than some clients wait for what is said of it.
fn gives_up(stage: &mut Stage<'_>, why: NotPassed, before: &(Vec<u8>, u64)) -> Judged {
    if !stage.has_closed() {
        return Err(why);
    }
    stage.reports((&before.0, before.1), "").map_err(|_| why)?;
    Err(NotPassed::Acceptable(
        "the client gives up on an answer that takes its time, and says so".into(),
    ))
}

/// Has a large file announced, and takes nothing of its body yet.
fn begin_large(stage: &mut Stage<'_>, form: &Form, content: &[u8]) -> Judged<std::fs::File> {
    let file = stage.place("large.bin", content)?;
    stage.connected_early("hello")?;
    stage.holds_after(format!("large.bin,{}", content.len()).as_bytes());
    stage.asks(form, "large.bin")?;
    stage.holds_another(0);
    stage.says(form.algorithm, "ready");
    stage.sends_header("large.bin", content.len())?;
    stage.settles();
    Ok(file)
}
