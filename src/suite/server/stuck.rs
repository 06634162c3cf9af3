//! A peer that reads none of its replies, until the server is stuck with them.

use super::bench::Bench;
use super::exchange::Talk;

/// Number of frames that are sent to see partial writes; their replies fill every buffer between.
pub(super) const FRAMES: usize = 160;

/// Repetitions of its seven letters in each payload: just below the least limit (FRM-7), so
/// that no frame fits whole into what a full buffer has left.
const REPEATS: usize = 9_000;

/// The payloads, by what is sent at once: one, or as many as make up one where the framing has no payloads of
/// that length.
fn many(bench: &Bench<'_>) -> Vec<Vec<Vec<u8>>> {
    let most = bench.framing().max_payload().unwrap_or(u64::MAX);
    let most = bench
        .max_payload()
        .map_or(most, |limit| most.min(limit.into()));
    let whole = REPEATS * 7;
    // Beside the letters a payload has its number and a blank.
    let most = usize::try_from(most).unwrap_or(whole).saturating_sub(8);
    let repeats = (most / 7).clamp(1, REPEATS);
    let at_once = REPEATS / repeats;
    let payload = |number: usize| {
        let payload = format!("{number} {}", "abcdefg".repeat(repeats));
        bench.word(payload.as_bytes())
    };
    (0..FRAMES)
        .map(|group| {
            (0..at_once)
                .map(|one| payload(group * at_once + one))
                .collect()
        })
        .collect()
}

/// Sends frames and reads none of their replies until the testee is stuck with its own. Hands over
/// the payloads that went out, and what is left to send of the last.
///
/// Frames are sent one at a time, so that cuts do not depend on timing.
pub(super) fn until_stuck(
    bench: &mut Bench<'_>,
    talk: &mut Talk<'_, '_>,
) -> (Vec<Vec<u8>>, Vec<u8>) {
    talk.connection().hold_little();
    let mut payloads = Vec::new();
    for group in many(bench) {
        let mut frame = Vec::new();
        for payload in group {
            frame.extend(match payloads.is_empty() {
                true => bench.opening(&payload),
                false => bench.frame(&payload),
            });
            payloads.push(payload);
        }
        talk.note_sent(&frame);
        let (sent, taken) = talk.connection().send_without_reading(bench.testee, &frame);
        if !taken {
            return (payloads, frame[sent..].to_vec());
        }
    }
    (payloads, Vec::new())
}
