//! A failed check, as the text of a panic.

use crate::framing::Framing;
use crate::judge::check::Check;
use crate::judge::evidence::Evidence;
use crate::suite::requirement;

/// A failed check, as people read it.
pub(super) fn described(check: &Check, framing: &Framing) -> String {
    let mut out = String::new();
    let id = check.requirement();
    let text = requirement::text_of(id, Some(framing));
    out += &format!("{id}: {text}\n\n");
    let how = check
        .segmentation
        .map_or_else(String::new, |cut| format!(", fed {}", cut.in_words()));
    out += &format!("{}{how}\n{}\n\n", check.id, check.title);
    if let Some(evidence) = &check.evidence {
        out += &Evidence::to_string(evidence);
    }
    out + &format!("what happened: {}\n", check.message)
}
