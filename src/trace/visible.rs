//! Text on its way to a person. Whatever a program under test, a file or a command line says is
//! written out where it would command a terminal: colours, cursors, titles, lines that overwrite
//! others, and text that reads in another order than it stands.
//!
//! Everything that is printed is a [`Visible`], and there are two ways to get one: [`Visible::of`]
//! escapes all of a text, and a [`Page`] puts styles of our own around texts that it escapes. So no
//! writer can forget it, and none has to know which texts are foreign.

use std::fmt::{self, Display, Write};
use std::io;

/// Text that commands no terminal but by the styles that the program itself chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visible(String);

impl Visible {
    /// A text with all that could command a terminal written out. Line feeds and tabs stay.
    #[must_use]
    pub fn of(text: impl Display) -> Self {
        let mut page = Page::default();
        page.add(text);
        page.finish()
    }

    /// A text as [`Visible::of`] has it, of which no more than the first `most` characters are kept, and
    /// how many there are beyond them: a line of a mebibyte tells nobody anything.
    #[must_use]
    pub fn shortened(text: impl Display, most: usize) -> Self {
        let mut whole = Self::of(text);
        if let Some((end, _)) = whole.0.char_indices().nth(most) {
            let more = whole.0[end..].chars().count();
            whole.0.truncate(end);
            let _ = write!(whole.0, "… {more} characters more");
        }
        whole
    }

    /// The text with no line wider than `columns`: broken between words where it can be, and indented
    /// deeper than it began. Wide characters count as two, styles as nothing. Lines that end with one of
    /// `whole`, command lines to be copied, stay as they are.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn within(mut self, columns: usize, whole: &[String]) -> Self {
        let is_whole = |line: &str| {
            whole
                .iter()
                .any(|end| !end.is_empty() && line.ends_with(end))
        };
        let mut out = String::with_capacity(self.0.len());
        for line in self.0.split_inclusive('\n') {
            let text = line.strip_suffix('\n').unwrap_or(line);
            if textwrap::core::display_width(text) <= columns || is_whole(text) {
                out.push_str(line);
                continue;
            }
            let depth = text.len() - text.trim_start_matches(' ').len();
            let indent = " ".repeat((depth + 2).min(columns / 2));
            let options = textwrap::Options::new(columns)
                .subsequent_indent(&indent)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            out.push_str(&textwrap::wrap(text, options).join("\n"));
            if text.len() < line.len() {
                out.push('\n');
            }
        }
        self.0 = out;
        self
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Visible {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

impl From<&String> for Visible {
    fn from(text: &String) -> Self {
        Self::of(text)
    }
}

impl From<&Visible> for Visible {
    fn from(text: &Visible) -> Self {
        text.clone()
    }
}

impl Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text in the making, whose parts are escaped as they are added.
#[derive(Debug, Default)]
pub struct Page {
    out: String,
}

impl Page {
    /// Adds a text.
    pub fn add(&mut self, text: impl Display) -> &mut Self {
        // Escaping as it is written, so that no part is ever held as it came.
        let written = write!(Escaping(&mut self.out), "{text}");
        written.expect("a string takes everything");
        self
    }

    /// Adds a text between what begins a style and what ends it, such as an `anstyle::Style` and its
    /// alternate form. Only these two are written as they are.
    pub fn styled(
        &mut self,
        begin: impl Display,
        text: impl Display,
        end: impl Display,
    ) -> &mut Self {
        let _ = write!(self.out, "{begin}");
        self.add(text);
        let _ = write!(self.out, "{end}");
        self
    }

    /// Ends a line.
    pub fn end(&mut self) -> &mut Self {
        self.out.push('\n');
        self
    }

    /// The finished text.
    #[must_use]
    pub fn finish(self) -> Visible {
        Visible(self.out)
    }
}

/// An output whose text is escaped on its way, for what is written without an end in view.
#[derive(Debug)]
pub struct Escaped<W>(pub W);

impl<W: io::Write> io::Write for Escaped<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(octets);
        self.0.write_all(Visible::of(text).as_str().as_bytes())?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

struct Escaping<'o>(&'o mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if commands(character) {
                self.0.extend(character.escape_default());
            } else {
                self.0.push(character);
            }
        }
        Ok(())
    }
}

/// True if a character does something to a terminal or to the order of a line: C0 and C1 control characters
/// (escape, carriage return, backspace, U+009B), line and paragraph separators, and the controls of writing
/// direction.
fn commands(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Noncharacters, which XML has no place for.
        '\u{fffe}' | '\u{ffff}' => true,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => {
            true
        }
        _ => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_stays() {
        for (text, shown) in [
            ("plain, ü, 你好, 😀\ta\nb", "plain, ü, 你好, 😀\ta\nb"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("a\u{9b}2Jb", "a\\u{9b}2Jb"),
            ("secret\rpublic", "secret\\rpublic"),
            ("ab\x08c\x7f\0", "ab\\u{8}c\\u{7f}\\u{0}"),
            ("\u{202e}txt.exe\u{2066}", "\\u{202e}txt.exe\\u{2066}"),
            ("a\u{fffe}\u{ffff}", "a\\u{fffe}\\u{ffff}"),
            ("a\u{2028}b\u{85}", "a\\u{2028}b\\u{85}"),
        ] {
            assert_eq!(Visible::of(text).as_str(), shown);
        }
        // An escaped text stays as it is when it is escaped again.
        let once = Visible::of("\x1b[31m");
        assert_eq!(Visible::of(&once), once);
    }

    #[test]
    fn a_long_text_is_shortened_and_says_by_how_much() {
        assert_eq!(Visible::shortened("你好", 2).as_str(), "你好");
        assert_eq!(
            Visible::shortened("你好, \x1b!", 3).as_str(),
            "你好,… 8 characters more"
        );
    }

    #[cfg(feature = "cli")]
    #[test]
    fn lines_fit_a_width_with_wide_characters_and_styles() {
        let fit = |text: &str| Visible::of(text).within(10, &["run a b c d".to_owned()]);
        assert_eq!(fit("short\n").as_str(), "short\n");
        assert_eq!(fit("  one two three").as_str(), "  one two\n    three");
        assert_eq!(fit("你好你好 你好").as_str(), "你好你好\n  你好");
        assert_eq!(fit("  again: run a b c d").as_str(), "  again: run a b c d");
        let long = fit(&"你".repeat(30));
        let widths = long.as_str().lines().map(textwrap::core::display_width);
        assert!(widths.max() <= Some(10), "{long}");
        let mut page = Page::default();
        page.styled("\x1b[1m", "one two", "\x1b[0m")
            .add(" three")
            .end();
        assert_eq!(
            page.finish().within(9, &[]).as_str(),
            "\x1b[1mone two\x1b[0m\n  three\n"
        );
    }

    #[test]
    fn what_is_written_on_and_on_is_escaped_too() {
        use io::Write as _;
        let mut out = Escaped(Vec::new());
        writeln!(out, "a\x1b[2J\u{9b}b").unwrap();
        assert_eq!(out.0, b"a\\u{1b}[2J\\u{9b}b\n");
    }

    #[test]
    fn styles_are_kept_and_what_they_surround_is_not() {
        let mut page = Page::default();
        page.styled("\x1b[1m", "a\x1b[2Jb", "\x1b[0m")
            .add(" \x1b")
            .end();
        assert_eq!(
            page.finish().as_str(),
            "\x1b[1ma\\u{1b}[2Jb\x1b[0m \\u{1b}\n"
        );
    }
}
