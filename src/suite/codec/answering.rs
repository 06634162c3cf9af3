//! A program that answers questions, a line each, for as long as it lives.

use std::time::Duration;

use crate::testee::launch::Template;
use crate::testee::piped::Piped;
use crate::testee::wait::Patience;
use crate::trace::octets::from_hex;

/// Time limits of waits for a program: asleep, and busy.
pub(super) const PATIENCE: Patience = Patience {
    idle: Duration::from_millis(1_000),
    busy: Duration::from_secs(10),
};

/// The same for a program that has not come back as often as [`SHORT_AFTER`].
const SHORT_PATIENCE: Patience = Patience {
    idle: Duration::from_millis(400),
    busy: Duration::from_secs(2),
};

/// The same for a program that has not come back as often as [`SHORTEST_AFTER`]: a right one never does so.
const SHORTEST_PATIENCE: Patience = Patience {
    idle: Duration::from_millis(200),
    busy: Duration::from_millis(700),
};

/// Number of streams over which a program did not come back, after which waits for it get shorter.
const SHORT_AFTER: u32 = 2;

/// Number of those streams after which waits are as short as can be.
const SHORTEST_AFTER: u32 = 8;

/// Processor time that a program may take for each octet that it is given, beside [`PATIENCE`]: some twenty seconds for
/// a mebioctet. An interpreter that makes a list of the octets takes half of that.
const FOR_EACH_OCTET: Duration = Duration::from_micros(20);

/// The wait for a program that did not come back `hung` times, over this number of octets.
pub(super) fn patience(hung: u32, octets: usize) -> Patience {
    let patience = match hung {
        0..SHORT_AFTER => PATIENCE,
        SHORT_AFTER..SHORTEST_AFTER => SHORT_PATIENCE,
        SHORTEST_AFTER.. => SHORTEST_PATIENCE,
    };
    let for_all = FOR_EACH_OCTET.saturating_mul(u32::try_from(octets).unwrap_or(u32::MAX));
    Patience {
        busy: patience.busy.saturating_add(for_all),
        ..patience
    }
}

/// Time limit for a program to take more of its input.
pub(super) const BOUND: Duration = Duration::from_secs(5);

/// Octets that a process may have written before another takes its place: the output that is kept of a
/// program is bounded, and an answer must fit in after it.
const MAX_WRITTEN: usize = 8 * 1024 * 1024;

/// A program that answers line by line, for as long as it lives.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    template: &'t Template,
    program: Option<Piped>,
    /// The reason why the program could not be started for the last question.
    not_started: Option<String>,
    /// Its memory was asked for: the next stream has a process of its own, which has held nothing yet.
    is_measured: bool,
    /// Length of its output that has been read, in octets.
    read: usize,
    /// The program did not answer the last question.
    broke: bool,
    /// The last wait timed out: the program did not answer the last question, and lives.
    hangs: bool,
    /// Number of questions over which the wait timed out.
    hung: u32,
}

impl<'t> Lines<'t> {
    pub(super) const fn new(template: &'t Template) -> Self {
        Self {
            template,
            program: None,
            not_started: None,
            is_measured: false,
            read: 0,
            broke: false,
            hangs: false,
            hung: 0,
        }
    }

    pub(super) const fn broke(&self) -> bool {
        self.broke
    }

    pub(super) const fn hangs(&self) -> bool {
        self.hangs
    }

    /// The reason why the program could not be started for the last question, if it could not.
    pub(super) fn not_started(&self) -> Option<String> {
        self.not_started.clone()
    }

    /// The most memory that its process has held, in octets, if there is one and that can be seen.
    pub(super) fn peak_memory(&mut self) -> Option<u64> {
        self.is_measured = true;
        self.program.as_mut()?.peak_memory()
    }

    /// Called where a new stream begins: a process that has written much, or was measured, makes way for another.
    pub(super) fn begin(&mut self) {
        if std::mem::take(&mut self.is_measured) || self.read > MAX_WRITTEN {
            self.program = None;
        }
    }

    /// Asks something, and hands over the lines of the answer; the last is `ok`, `error …`, or
    /// what was asked for.
    pub(super) fn ask(
        &mut self,
        question: &str,
        is_last: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, String> {
        let mut program = match self.program.take() {
            Some(program) => program,
            None => {
                self.read = 0;
                let started = Piped::start(self.template, 0).map_err(|error| error.to_string());
                self.not_started = started.as_ref().err().cloned();
                started?
            }
        };
        program.feed(format!("{question}\n").as_bytes(), BOUND);
        let from = self.read;
        let mut answer = Vec::new();
        let mut scanned = 0;
        let whole = program.wait(patience(self.hung, question.len() / 2), |seen| {
            let fresh = &seen[from..];
            while let Some(end) = fresh[scanned..].iter().position(|octet| *octet == b'\n') {
                let line = String::from_utf8_lossy(&fresh[scanned..scanned + end]);
                let line = line.trim_end_matches('\r').to_owned();
                scanned += end + 1;
                let last = is_last(&line);
                answer.push(line);
                if last {
                    return true;
                }
            }
            false
        });
        self.read += scanned;
        self.broke = !whole;
        self.hangs = false;
        if !whole {
            let short: String = question.chars().take(40).collect();
            let death = program.death();
            self.hangs = death.is_none();
            self.hung += u32::from(self.hangs);
            let death = death.map_or_else(
                || "and goes on".to_owned(),
                |death| format!("and has ended {death}"),
            );
            return Err(format!(
                "it does not answer {short:?}, {death}; the end of its standard error: {}",
                program.stderr().trim_end()
            ));
        }
        self.program = Some(program);
        Ok(answer)
    }

    pub(super) fn payloads(
        &mut self,
        question: &str,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<(), String> {
        let answer = self.ask(question, |line| line == "ok" || line.starts_with("error"))?;
        for line in &answer {
            if let Some(hex) = line.strip_prefix("payload") {
                deliver(
                    &from_hex(&hex.trim().to_ascii_lowercase())
                        .map_err(|error| format!("{line:?}: {error}"))?,
                );
            }
        }
        match answer.last().map(String::as_str) {
            Some("ok") => Ok(()),
            last => Err(last.unwrap_or_default().to_owned()),
        }
    }

    /// Asks for one value, which follows `word`.
    pub(super) fn value(&mut self, question: &str, word: &str) -> Result<String, String> {
        let answer = self.ask(question, |line| {
            line.starts_with(word) || line.starts_with("error")
        })?;
        let line = answer.last().map_or("", String::as_str);
        match line.strip_prefix(word) {
            Some(value) => Ok(value.trim().to_owned()),
            None => Err(line.to_owned()),
        }
    }

    pub(super) fn octets(&mut self, question: &str) -> Result<Vec<u8>, String> {
        let hex = self.value(question, "octets")?;
        from_hex(&hex.to_ascii_lowercase()).map_err(|error| format!("{hex:?}: {error}"))
    }

    pub(super) fn number(&mut self, question: &str) -> Result<i128, String> {
        let number = self.value(question, "length")?;
        number
            .parse()
            .map_err(|_| format!("{number:?} is no number"))
    }
}
