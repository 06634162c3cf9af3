//! The user's side of the reference client: lines that are typed, and lines that are shown.

use std::io::{self, BufRead, Write};

/// A line that the client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A message, or a command.
    Message,
    /// The name of the file that `file` announced.
    FileName,
}

/// The user of a client: a person at a terminal, or a program.
pub trait Screen {
    /// Asks for a line, and returns it without its end; `None` at the end of the input.
    ///
    /// # Errors
    /// Any error of the input, or of the output that the question goes to.
    fn ask(&mut self, asked: Asked) -> io::Result<Option<String>>;

    /// Shows a reply, or what became of a file.
    ///
    /// # Errors
    /// Any error of the output.
    fn show(&mut self, line: &str) -> io::Result<()>;

    /// Is told, as the body of a file goes out, how many of its octets have.
    fn sending(&mut self, sent: u32, of: u32);
}

/// The user that is a program: no questions, and a line for each reply.
#[derive(Debug)]
pub struct Lines<I, O> {
    /// Lines, each a message, a command or a name. LF ends a line, and CR LF does.
    pub input: I,
    /// Replies and fates of files, a line each.
    pub output: O,
}

impl<I: BufRead, O: Write> Screen for Lines<I, O> {
    fn ask(&mut self, _: Asked) -> io::Result<Option<String>> {
        let mut line = String::new();
        let count = self.input.read_line(&mut line)?;
        line.truncate(line.trim_end_matches('\n').len());
        if line.ends_with('\r') {
            line.pop();
        }
        Ok((count > 0).then_some(line))
    }

    fn show(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.output, "{line}")?;
        self.output.flush()
    }

    fn sending(&mut self, _: u32, _: u32) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_without_their_ends() {
        let mut lines = Lines {
            input: &b"plain\nof another system\r\n\nlast"[..],
            output: Vec::new(),
        };
        let mut ask = || lines.ask(Asked::Message).unwrap();
        assert_eq!(ask().as_deref(), Some("plain"));
        assert_eq!(ask().as_deref(), Some("of another system"));
        assert_eq!(ask().as_deref(), Some(""));
        assert_eq!(ask().as_deref(), Some("last"));
        assert_eq!(ask(), None);
    }
}
