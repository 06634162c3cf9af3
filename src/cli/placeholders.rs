//! Placeholders in a command: a name that nothing fills in is taken for a typing mistake.

use std::ffi::OsString;

use super::Failure;

/// Refuses placeholders that nothing fills in: a typing mistake would reach the program as it is.
pub(super) fn known_placeholders(command: &[OsString], known: &[&str]) -> Result<(), Failure> {
    for word in command {
        // `${PORT}` is the shell's own.
        let word = word.to_string_lossy().replace("${", "");
        for part in word.split('{').skip(1) {
            let Some((name, _)) = part.split_once('}') else {
                continue;
            };
            let is_near = known.iter().any(|known| {
                known.len().abs_diff(name.len()) <= 1 && is_one_edit_away(name, known)
            });
            if is_near && !known.contains(&name) {
                let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
                let why = format!(
                    "{{{name}}} in the command is not filled in; those are {}",
                    known.join(" ")
                );
                return Err(Failure::Usage(why));
            }
        }
    }
    Ok(())
}

/// True if one letter changed, added, left out or swapped with the next makes one of the other.
fn is_one_edit_away(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let rest = |octets: &'_ [u8], from: usize| octets.get(from..).unwrap_or_default().to_vec();
    rest(a, 1) == rest(b, 1)
        || rest(a, 1) == b
        || a == rest(b, 1)
        || matches!((a, b), ([x, y, a @ ..], [v, w, b @ ..]) if (x, y, a) == (w, v, b))
}
