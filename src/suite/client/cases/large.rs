//! A file of more than 2 GiB, for runs that ask for it: it takes seconds, and room for nothing.

use std::os::unix::fs::FileExt;

use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::Diagnosis;
use crate::suite::client::driver::{Judged, NotPassed, Sparse, Stage};
use crate::trace::Class;

/// Size of the file in octets: more than one call of any system sends, and than 31 bits hold.
const SIZE: u64 = (1 << 31) + 1_048_577;

/// Most that one call of Linux sends, in octets; others send a little more, or 2^31 - 1.
const ONE_CALL: u64 = 0x7FFF_F000;

const ONE_CALL_ONLY: Diagnosis = Diagnosis::of(
    "TRF-13",
    "it takes one call of the system to send a whole file, which ends at 2 GiB",
);

/// Cases that are made only where they are asked for.
pub(super) fn cases() -> Vec<Case> {
    vec![Case::new(
        "file-above-2-gib",
        "A file of 2,148,532,225 octets, and a message behind it",
        &["TRF-13", "TRF-3"],
        Class::Transfer,
        above_two_gibibytes,
    )]
}

fn above_two_gibibytes(stage: &mut Stage<'_>) -> Judged {
    let content = Sparse {
        size: SIZE,
        marks: vec![
            (0, b"the first octets".to_vec()),
            (ONE_CALL - 8, b"across what one call sends".to_vec()),
            ((1 << 31) - 8, b"across 31 bits".to_vec()),
            (SIZE - 4, b"last".to_vec()),
        ],
    };
    let file = stage.place("large.bin", b"")?;
    let written = content.marks.iter().try_for_each(|(place, octets)| {
        // A hole is made by writing behind it.
        file.write_all_at(octets, *place)
    });
    if written.is_err() {
        return Err(NotPassed::skipped(
            "the file system of temporary files has no files of this size",
        ));
    }
    stage.types("file");
    stage.types("large.bin");
    stage.announces("large.bin", SIZE as usize)?;
    if stage.owed_digest.is_some() {
        return Err(NotPassed::skipped(
            "the file is announced with a digest: judged in class transfer",
        ));
    }
    stage.sends_sparse(&content).map_err(|(why, place)| {
        why.with_failure(|wrong| {
            if (ONE_CALL..=1 << 31).contains(&place) {
                wrong.diagnosis = ONE_CALL_ONLY;
            }
        })
    })?;
    stage.types("after");
    stage.sends(b"after")?;
    stage.answers("after");
    Ok(())
}
