//! Reading an `unstick.toml`. Whatever is wrong with it is found before anything is run, and said with
//! its line.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::distance::nearest;
use super::keys::{self, COMMAND, Key, Kind, RECORDINGS, SUBJECT_NAME};
use super::place::Place;
use super::subject::{Config, Role, Setting, Subject};
use super::words;
use crate::cli::Failure;

/// The key for the directory that reports go to.
const REPORTS: &str = "reports";

/// Reads a file.
pub(in crate::cli) fn read(path: &Path) -> Result<Config, Failure> {
    let shown = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    parse(&shown, &text)
}

/// The configuration in a text; `path` is what messages call it.
fn parse(path: &str, text: &str) -> Result<Config, Failure> {
    let file = File { path, text };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        file.wrong(at, error.message())
    })?;
    let mut config = Config {
        path: path.to_owned(),
        reports: None,
        subjects: Vec::new(),
    };
    let mut subjects = Vec::new();
    for (key, value) in in_order(table.get_ref()) {
        let (name, at) = (key.get_ref().as_ref(), key.span().start);
        if name == REPORTS {
            config.reports = Some(file.text_of(name, value)?);
            continue;
        }
        let Some(role) = Role::of(name) else {
            let known = Role::ALL.map(Role::name).into_iter().chain([REPORTS]);
            return Err(file.unknown(name, at, "", &known.collect::<Vec<_>>()));
        };
        match value.get_ref() {
            DeValue::Table(table) => subjects.push((role, at, table)),
            DeValue::Array(tables) => {
                for one in tables {
                    let DeValue::Table(table) = one.get_ref() else {
                        return Err(file.not_a_table(name, one.span().start));
                    };
                    subjects.push((role, one.span().start, table));
                }
            }
            _ => return Err(file.not_a_table(name, at)),
        }
    }
    subjects.sort_by_key(|(_, at, table)| first(table).unwrap_or(*at));
    for (role, at, table) in subjects {
        let earlier = config.subjects.iter().filter(|one| one.role == role);
        let subject = file.subject(role, at, table, earlier.count())?;
        config.subjects.push(subject);
    }
    if config.subjects.is_empty() {
        let why = format!(
            "{path}: there is nothing to judge: write a table [server], [client], [codec] or [recut]"
        );
        return Err(Failure::Usage(why));
    }
    file.names_differ(&config.subjects)?;
    for subject in &config.subjects {
        words::check(path, subject)?;
    }
    Ok(config)
}

/// The offset of a table's first key.
fn first(table: &DeTable<'_>) -> Option<usize> {
    table.keys().map(|key| key.span().start).min()
}

type Entry<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

/// The entries of a table in the file's order.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The file that is read.
struct File<'f> {
    path: &'f str,
    text: &'f str,
}

impl File<'_> {
    fn place(&self, at: usize) -> Place {
        Place::of(self.text, at)
    }

    fn wrong(&self, at: usize, why: &str) -> Failure {
        self.place(at).wrong(self.path, why)
    }

    fn not_a_table(&self, name: &str, at: usize) -> Failure {
        let why = format!("{name}: expected a table: [{name}], or [[{name}]] for several");
        self.wrong(at, &why)
    }

    /// A key that there is none of, with what was probably meant; `table` says where.
    fn unknown(&self, key: &str, at: usize, table: &str, known: &[&str]) -> Failure {
        let key = key.escape_debug();
        let why = match nearest(&key.to_string(), known.iter().copied()) {
            Some(meant) => format!("unknown key \"{key}\"{table}; did you mean \"{meant}\"?"),
            None => format!(
                "unknown key \"{key}\"{table}; the keys are {}",
                known.join(", ")
            ),
        };
        self.wrong(at, &why)
    }

    fn subject(
        &self,
        role: Role,
        at: usize,
        table: &DeTable<'_>,
        earlier: usize,
    ) -> Result<Subject, Failure> {
        let known = keys::all(role);
        let mut subject = Subject {
            role,
            name: match earlier {
                0 => role.name().to_owned(),
                earlier => format!("{}-{}", role.name(), earlier + 1),
            },
            place: self.place(at),
            command: Vec::new(),
            recordings: Vec::new(),
            settings: Vec::new(),
        };
        for (key, value) in in_order(table) {
            let (name, at) = (key.get_ref().as_ref(), key.span().start);
            match name {
                SUBJECT_NAME => subject.name = self.name(value)?,
                COMMAND => subject.command = self.command(value)?,
                RECORDINGS if role == Role::Recut => {
                    subject.recordings = self.texts(name, value)?;
                }
                _ => {
                    let Some(key) = known.iter().find(|key| key.name == name) else {
                        let mut names: Vec<&str> = keys::own(role).to_vec();
                        names.extend(known.iter().map(|key| key.name.as_str()));
                        let table = format!(" in [{}]", role.name());
                        return Err(self.unknown(name, at, &table, &names));
                    };
                    subject.settings.push(Setting {
                        key: name.to_owned(),
                        place: self.place(at),
                        words: self.words(key, value)?,
                    });
                }
            }
        }
        Ok(subject)
    }

    /// A key's value as words of the command line.
    fn words(&self, key: &Key, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Failure> {
        let name = &key.name;
        if key.kind == Kind::Flag {
            return match value.get_ref() {
                DeValue::Boolean(true) => Ok(vec![format!("--{name}")]),
                DeValue::Boolean(false) => Ok(Vec::new()),
                other => {
                    let why = format!("{name}: expected true or false, got {}", kind(other));
                    Err(self.wrong(value.span().start, &why))
                }
            };
        }
        let texts = match key.kind {
            Kind::Several => self.texts(name, value)?,
            _ => vec![self.text_of(name, value)?],
        };
        let worded = texts.iter().map(|text| format!("--{name}={text}"));
        Ok(worded.collect())
    }

    /// A text, or a number as text.
    fn text_of(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, Failure> {
        let wrong = |why: &str| Err(self.wrong(value.span().start, &format!("{key}: {why}")));
        match value.get_ref() {
            DeValue::String(text) if text.contains('\0') => wrong("a text cannot hold a NUL"),
            DeValue::String(text) => Ok(text.clone().into_owned()),
            DeValue::Integer(_) => {
                let written = self.text.get(value.span()).unwrap_or_default();
                let number: Result<i64, _> = written.replace('_', "").parse();
                match number {
                    Ok(number) => Ok(number.to_string()),
                    Err(_) => wrong("expected a number in decimal"),
                }
            }
            other => wrong(&format!("expected a text or a number, got {}", kind(other))),
        }
    }

    /// A text, or an array of texts.
    fn texts(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Failure> {
        match value.get_ref() {
            DeValue::Array(values) => values.iter().map(|one| self.text_of(key, one)).collect(),
            _ => Ok(vec![self.text_of(key, value)?]),
        }
    }

    /// A command: an array of words, or a text that is divided as a shell divides it.
    fn command(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Failure> {
        let wrong = |why: &str| self.wrong(value.span().start, &format!("{COMMAND}: {why}"));
        let words = match value.get_ref() {
            DeValue::Array(_) => self.texts(COMMAND, value)?,
            _ => {
                let text = self.text_of(COMMAND, value)?;
                shlex::split(&text).ok_or_else(|| wrong("a quote is not closed"))?
            }
        };
        if words.first().is_none_or(String::is_empty) {
            return Err(wrong("expected the words of a command, got none"));
        }
        Ok(words)
    }

    /// A name, which files are called after.
    fn name(&self, value: &Spanned<DeValue<'_>>) -> Result<String, Failure> {
        let name = self.text_of(SUBJECT_NAME, value)?;
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(plain) {
            let why = "name: expected letters, digits, - and _, because reports are named after it";
            return Err(self.wrong(value.span().start, why));
        }
        Ok(name)
    }

    fn names_differ(&self, subjects: &[Subject]) -> Result<(), Failure> {
        let mut names = BTreeSet::new();
        for subject in subjects {
            if !names.insert(&subject.name) {
                let why = format!("another table has the name \"{}\" too", subject.name);
                return Err(subject.place.wrong(self.path, &why));
            }
        }
        Ok(())
    }
}

/// The kind of a value, for people.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let failure = parse("unstick.toml", text).unwrap_err();
        assert!(matches!(failure, Failure::Usage(_)));
        failure.to_string()
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let server = "[server]\ncommand = 'x {port}'\n";
        for (text, line, said) in [
            (
                format!("{server}clas = 'framing'"),
                3,
                "did you mean \"class\"?",
            ),
            (
                format!("{server}max_payload = 70000"),
                3,
                "did you mean \"max-payload\"?",
            ),
            (
                format!("{server}zebra = 1"),
                3,
                "the keys are name, command",
            ),
            (
                format!("\n[serve]\n{server}"),
                2,
                "did you mean \"server\"?",
            ),
            (format!("{server}class = 'framed'"), 3, "framed"),
            (
                format!("{server}class = true"),
                3,
                "expected a text or a number",
            ),
            (format!("{server}max-payload = 12"), 3, "65536"),
            (
                format!("{server}max-payload = 70000.5"),
                3,
                "with a fraction",
            ),
            (format!("{server}max-payload = 0x20000"), 3, "in decimal"),
            (
                format!("{server}fail-fast = 'yes'"),
                3,
                "expected true or false",
            ),
            (format!("{server}framing = 'u33'"), 3, "u33"),
            (format!("{server}command = 'y'"), 3, "duplicate key"),
            (
                format!("{server}[server]\ncommand = 'y'"),
                3,
                "duplicate key",
            ),
            ("[server]\ncommand = 'a \"b'".to_owned(), 2, "quote"),
            ("[server]\ncommand = []".to_owned(), 2, "got none"),
            ("[server]\nclass = 'framing'".to_owned(), 1, "command"),
            (format!("{server}name = '../x'"), 3, "reports are named"),
            (
                format!("{server}[codec]\ncommand = 'c'\nname = 'server'"),
                3,
                "the name \"server\" too",
            ),
            ("server = 5".to_owned(), 1, "expected a table"),
            ("[recut]\ncommand = 'x {port}'".to_owned(), 1, "recordings"),
            ("reports = 5.5".to_owned(), 1, "reports: expected a text"),
            ("[server".to_owned(), 1, ""),
        ] {
            let why = wrong(&text);
            assert!(
                why.starts_with(&format!("unstick.toml:{line}: ")),
                "{text}: {why}"
            );
            assert!(why.contains(said), "{text}: {why}");
        }
        assert!(wrong("reports = 'x'").contains("nothing to judge"));
    }

    #[test]
    fn subjects_come_in_the_order_of_the_file() {
        let text = "reports = 'r'\n[[server]]\ncommand = 'a {port}'\n[codec]\ncommand = ['b', '{mode}']\n\
            lines = true\n[[server]]\ncommand = 'c {port}'\nrun = ['frm/*', 'len/1']\ntimeout = 1_0\n";
        let config = parse("unstick.toml", text).unwrap();
        assert_eq!(config.reports.as_deref(), Some("r"));
        let names: Vec<&str> = config
            .subjects
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["server", "codec", "server-2"]);
        assert_eq!(config.subjects[1].command, ["b", "{mode}"]);
        let words: Vec<&String> = config.subjects[2]
            .settings
            .iter()
            .flat_map(|setting| &setting.words)
            .collect();
        assert_eq!(words, ["--run=frm/*", "--run=len/1", "--timeout=10"]);
    }
}
