//! Exit statuses in words.

/// A status in words.
#[must_use]
pub fn status_in_words(status: i32) -> String {
    match status {
        129..=192 => {
            let signal = match status - 128 {
                4 => " (illegal instruction)",
                6 => " (abort)",
                8 => " (arithmetic)",
                9 => " (kill)",
                11 => " (segmentation fault)",
                13 => " (broken pipe)",
                15 => " (terminate)",
                _ => "",
            };
            format!("killed by signal {}{signal}", status - 128)
        }
        _ => format!("with exit status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_in_words() {
        assert_eq!(status_in_words(1), "with exit status 1");
        assert_eq!(
            status_in_words(139),
            "killed by signal 11 (segmentation fault)"
        );
    }
}
