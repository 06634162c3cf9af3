//! The name that was probably meant.

/// The name that is nearest to a word that is none, where one is near; `-` and `_` are the same.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // The one by which the command line suggests options.
    const NEAR: f64 = 0.7;
    let word = word.replace('_', "-").to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::jaro(&word, name), name))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_slip_is_known() {
        let names = ["class", "command", "max-payload", "max-sessions"];
        for (word, meant) in [
            ("clas", Some("class")),
            ("comand", Some("command")),
            ("max_payload", Some("max-payload")),
            ("Max-Session", Some("max-sessions")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), meant, "{word}");
        }
    }
}
