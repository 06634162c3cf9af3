//! Commands as a shell takes them.

/// A command that can be pasted into a shell. Placeholders such as `{port}` stay as they are written.
pub(super) fn shell(words: impl IntoIterator<Item = String>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| quoted(&word)).collect();
    quoted.join(" ")
}

fn quoted(word: &str) -> String {
    // A lone `{` or `{a,b}` means something to a shell, `{port}` does not.
    let bare = word.replace(['{', '}'], "");
    let placeholders_only = !word.is_empty() && !word.contains(',') && bare == plainly(&bare);
    if placeholders_only && word.contains('{') {
        return word.to_owned();
    }
    plainly(word)
}

fn plainly(word: &str) -> String {
    // An option with a value assigns nothing, whatever a shell makes of `NAME=VALUE`.
    if word.starts_with('-') && word.contains('=') {
        let rest = word.replace('=', "");
        if shlex::try_quote(&rest).is_ok_and(|quoted| quoted == rest) {
            return word.to_owned();
        }
    }
    match shlex::try_quote(word) {
        Ok(quoted) => quoted.into_owned(),
        // A NUL, which no command line can have.
        Err(_) => word.replace('\0', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_pasted() {
        let words = [
            "a b",
            "",
            "it's",
            "{port}",
            "--dir={dir}",
            "{host}:{port}",
            "{a,b}",
            "$HOME",
        ];
        let line = shell(words.map(str::to_owned));
        assert_eq!(
            line,
            r#"'a b' '' "it's" {port} --dir={dir} {host}:{port} '{a,b}' '$HOME'"#
        );
        let parsed = shlex::split(&line).unwrap();
        assert_eq!(parsed, words);
    }
}
