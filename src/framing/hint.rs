//! The probable meaning of a word that is not a part of a framing.

use super::presets;
use super::token::{FramingError, fixed, wrong};

/// The error for a word that means nothing, with what was probably meant.
pub(super) fn unknown<T>(name: &str, word: &str) -> Result<T, FramingError> {
    let lower = name.to_ascii_lowercase();
    let plain = lower
        .replace("uint", "u")
        .replace("int", "i")
        .replace(['_', '-'], "");
    let bare = plain
        .strip_suffix("be")
        .or_else(|| plain.strip_suffix("le"))
        .unwrap_or(&plain)
        .to_owned();
    let hint = if fixed(&plain).is_some() {
        format!("did you mean {plain}?")
    } else if fixed(&format!("{bare}be")).is_some() && bare == plain {
        format!("say in which order the octets come: {bare}be or {bare}le")
    } else if matches!(
        lower.as_str(),
        "leb128" | "uvarint" | "varint32" | "unsigned-varint"
    ) {
        "did you mean varint5 or varint?".to_owned()
    } else if matches!(lower.as_str(), "lines" | "newline" | "lf" | "\\n") {
        "did you mean line'\\n'?".to_owned()
    } else if matches!(lower.as_str(), "crlf") {
        "did you mean line'\\r\\n'?".to_owned()
    } else if bare.starts_with(['u', 'i']) && bare[1..].parse::<u32>().is_ok() {
        "numbers have 8, 16, 24, 32 or 64 bits".to_owned()
    } else if let Some(near) = nearest(&lower) {
        format!("did you mean {near}?")
    } else {
        "parts are N? xHEX u16be i32le varint vlq quic compact dec':' hex4 header'NAME' \
         line'TERM' and *, or a preset such as mqtt or netstring"
            .to_owned()
    };
    wrong(format!("{word:?} is not a part of a framing"), hint)
}

/// The preset or the word that is written almost like this.
fn nearest(word: &str) -> Option<&'static str> {
    let further = [
        "varint", "quic", "compact", "header", "line", "chain", "vlq",
    ];
    presets::PRESETS
        .iter()
        .map(|preset| preset.name)
        .chain(further)
        .map(|known| (distance(word, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Number of letters that have to be changed, put in or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
