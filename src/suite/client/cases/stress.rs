//! Much at once: thousands of lines, lines while a file is under way, and a file as the last thing
//! before the end.

use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::{Diagnosis, INTERLEAVED};
use crate::suite::client::driver::{Judged, NotPassed, Stage};
use crate::suite::plain::{frame, split_frame};
use crate::trace::Class;

/// Number of lines that are typed at once.
const LINES: usize = 3_000;

/// Number of lines that are typed while a file is under way.
const LINES_MEANWHILE: usize = 20;

/// Size of a file that fills all that lies between two programs, in octets.
const LARGE: usize = 16 * 1024 * 1024;

const INSIDE_A_BODY: Diagnosis = Diagnosis {
    requirement: Some("FRM-9"),
    cause: Some("it sends messages inside the body of a file"),
};

const LEFT_EARLY: Diagnosis = Diagnosis {
    requirement: Some("TRF-13"),
    cause: Some("it ends before its last octets are written"),
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "three-thousand-lines",
            "Of 3,000 lines that are typed at once each goes out whole",
            &["FRM-9"],
            Class::Session,
            many_lines,
        ),
        Case::new(
            "lines-while-a-file-is-sent",
            "Lines that are typed while a file is under way go out after it",
            &["FRM-9", "TRF-3"],
            Class::Transfer,
            lines_meanwhile,
        ),
        Case::new(
            "quit-behind-a-large-file",
            "A large file that is the last thing before `q` arrives whole at a slow peer, and so does `q`",
            &["TRF-13", "SES-12"],
            Class::Transfer,
            file_last,
        ),
    ]
}

fn many_lines(stage: &mut Stage<'_>) -> Judged {
    let lines: Vec<String> = (0..LINES).map(|number| format!("{number:06}")).collect();
    stage.types_all(&lines);
    for line in &lines {
        stage
            .sends(line.as_bytes())
            .map_err(|why| not_in_turn(stage, why, line, &lines))?;
        stage.answers(line);
    }
    Ok(())
}

/// Whether frames are mixed up, or in another order: in both cases nothing of them is missing.
fn not_in_turn(stage: &mut Stage<'_>, why: NotPassed, line: &str, lines: &[String]) -> NotPassed {
    let NotPassed::Failed(mut wrong) = why else {
        return why;
    };
    let from = lines.iter().position(|other| other == line).unwrap_or(0);
    let owed: usize = lines[from..].iter().map(|line| 4 + line.len()).sum();
    stage.waits_for(owed);
    let mut rest = stage.rest();
    if rest.len() != owed {
        return NotPassed::Failed(wrong);
    }
    let mut came = Vec::new();
    while let Some((payload, behind)) = split_frame(rest) {
        came.push(payload);
        rest = behind;
    }
    came.sort_unstable();
    if rest.is_empty()
        && came.iter().eq(lines[from..]
            .iter()
            .map(String::as_bytes)
            .collect::<Vec<_>>()
            .iter())
    {
        return NotPassed::Acceptable(
            "the client sends lines in another order than they were typed".to_owned(),
        );
    }
    wrong.diagnosis = INTERLEAVED;
    wrong.proves_itself = true;
    NotPassed::Failed(wrong)
}

fn lines_meanwhile(stage: &mut Stage<'_>) -> Judged {
    let content = pattern();
    begin(stage, &content)?;
    stage.announces("large.bin", content.len())?;
    stage.settles();
    let lines: Vec<String> = (0..LINES_MEANWHILE)
        .map(|number| format!("typed meanwhile {number:02}"))
        .collect();
    stage.types_all(&lines);
    stage.settles();
    stage.releases();
    stage.sends_body(&content).map_err(|why| match why {
        NotPassed::Failed(mut wrong) => {
            let first = frame(lines[0].as_bytes());
            let body = &stage.rest()[..stage.rest().len().min(content.len())];
            if body.windows(first.len()).any(|window| window == first) {
                wrong.diagnosis = INSIDE_A_BODY;
            }
            NotPassed::Failed(wrong)
        }
        other => other,
    })?;
    for line in &lines {
        stage.sends(line.as_bytes())?;
        stage.answers(line);
    }
    Ok(())
}

fn file_last(stage: &mut Stage<'_>) -> Judged {
    let content = pattern();
    begin(stage, &content)?;
    stage.types_at_once("q");
    stage.announces("large.bin", content.len())?;
    stage.settles();
    stage.releases();
    let early = |why| match why {
        NotPassed::Failed(mut wrong) => {
            wrong.diagnosis = LEFT_EARLY;
            NotPassed::Failed(wrong)
        }
        other => other,
    };
    stage.waits_for(content.len());
    let whole = stage.rest().len() >= content.len();
    let cut_short = !whole && stage.ending().is_some() && content.starts_with(stage.rest());
    stage
        .sends_body(&content)
        .map_err(|why| if cut_short { early(why) } else { why })?;
    let nothing_more = stage.ending().is_some() && stage.rest().is_empty();
    stage
        .sends_one_of(&[b"q", b"Q"])
        .map_err(|why| if nothing_more { early(why) } else { why })?;
    stage.closes()
}

/// Has a large file asked for, of which nothing is read after it has been announced.
fn begin(stage: &mut Stage<'_>, content: &[u8]) -> Judged {
    stage.place("large.bin", content)?;
    stage.connected_early("hello")?;
    stage.types("file");
    stage.holds_after(format!("large.bin,{}", content.len()).as_bytes());
    stage.types("large.bin");
    Ok(())
}

/// Octets that tell places apart, and in which no frame begins.
fn pattern() -> Vec<u8> {
    (1..=LARGE).map(|place| (place % 249 + 5) as u8).collect()
}
