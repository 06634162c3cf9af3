//! Much at once: thousands of lines, lines while a file is under way, and a file as the last thing
//! before the end.

use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::{Diagnosis, INTERLEAVED};
use crate::suite::client::driver::{Judged, NotPassed, Stage};
use crate::suite::plain::{frame, split_frame};
use crate::trace::Class;

/// Number of lines that are typed at once.
const LINES: usize = 3_000;

/// Number of times that a client is given that many lines, if it sends them in another order than they
/// were typed.
const MOST_ROUNDS: usize = 8;

/// Number of lines that are typed while a file is under way.
const LINES_MEANWHILE: usize = 20;

/// Size of a file that fills all that lies between two programs, in octets.
const LARGE: usize = 16 * 1024 * 1024;

const INSIDE_A_BODY: Diagnosis =
    Diagnosis::of("FRM-9", "it sends messages inside the body of a file");

const LEFT_EARLY: Diagnosis = Diagnosis::of("TRF-13", "it ends before its last octets are written");

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
    let mut judged = many_lines_once(stage, 0);
    for round in 1..MOST_ROUNDS {
        if !matches!(judged, Err(NotPassed::Acceptable(_))) {
            break;
        }
        // Another order shows several senders, which may only have been lucky so far.
        judged = many_lines_once(stage, round).and(judged);
    }
    judged
}

/// Types as many lines at once as a round has, and sees that each goes out.
fn many_lines_once(stage: &mut Stage<'_>, round: usize) -> Judged {
    let lines: Vec<String> = (0..LINES)
        .map(|number| format!("{:06}", round * LINES + number))
        .collect();
    stage.types_all(&lines);
    for (place, line) in lines.iter().enumerate() {
        stage
            .sends(line.as_bytes())
            .map_err(|why| not_in_turn(stage, why, &lines[place..]))?;
        stage.answers(line);
    }
    Ok(())
}

/// Tells frames that are mixed up from frames in another order: in both cases nothing of them is
/// missing. Those in another order are answered.
fn not_in_turn(stage: &mut Stage<'_>, why: NotPassed, owed: &[String]) -> NotPassed {
    let NotPassed::Failed(wrong) = why else {
        return why;
    };
    let octets = owed.iter().map(|line| frame(line.as_bytes()).len()).sum();
    stage.waits_for(octets);
    if stage.rest().len() != octets {
        return wrong.into();
    }
    let Some(came) = the_same_lines(stage.rest(), owed) else {
        return wrong.because(INTERLEAVED).into();
    };
    stage.takes(octets);
    for line in came {
        stage.answers(&line);
    }
    NotPassed::Acceptable("the client sends lines in another order than they were typed".into())
}

/// The lines in the order in which their frames came, if each of them came once and whole.
fn the_same_lines(mut octets: &[u8], owed: &[String]) -> Option<Vec<String>> {
    let mut came = Vec::new();
    while let Some((payload, behind)) = split_frame(octets) {
        came.push(String::from_utf8(payload.to_vec()).ok()?);
        octets = behind;
    }
    let mut sorted = came.clone();
    sorted.sort_unstable();
    (octets.is_empty() && sorted == owed).then_some(came)
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
    stage.sends_body(&content).map_err(|why| {
        why.with_failure(|wrong| {
            let first = frame(lines[0].as_bytes());
            let body = &stage.rest()[..stage.rest().len().min(content.len())];
            if body.windows(first.len()).any(|window| window == first) {
                wrong.diagnosis = INSIDE_A_BODY;
            }
        })
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
    let early = |why: NotPassed| why.with_failure(|wrong| wrong.diagnosis = LEFT_EARLY);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_another_order_are_told_from_lines_that_are_mixed_up() {
        let owed = ["a1".to_owned(), "b2".to_owned()];
        let came = |octets: &[u8]| the_same_lines(octets, &owed);
        assert_eq!(came(b"\0\0\0\x02a1\0\0\0\x02b2"), Some(owed.to_vec()));
        let other = Some(vec!["b2".to_owned(), "a1".to_owned()]);
        assert_eq!(came(b"\0\0\0\x02b2\0\0\0\x02a1"), other);
        assert_eq!(came(b"\0\0\0\x02\0\0\0\x02a1b2"), None);
        assert_eq!(came(b"\0\0\0\x02a1\0\0\0\x02a1"), None);
        assert_eq!(came(b"\0\0\0\x02a1\0\0\0\x02b"), None);
    }
}
