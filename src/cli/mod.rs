//! The command line.

mod cases;
mod client;
mod codec;
mod completions;
mod config;
mod configured;
mod connect;
mod dissector;
mod ended;
mod explain;
mod failure;
mod framing;
mod fuzz;
mod guard;
mod init;
mod interrupt;
mod judging;
mod man;
mod opening;
mod options;
mod output;
mod placeholders;
mod progress;
mod proxy;
mod record;
mod recut;
mod reference;
mod replay;
mod report;
mod serve;
mod server;
mod shell;
mod vectors;

use std::ffi::OsString;
use std::io::stdout;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::trace::visible::Visible;
use failure::{FAILED, Failure, UNJUDGED, USAGE};

/// Finds the bugs that everyone writes into a length-prefixed protocol over TCP.
///
/// Without a command, judges what unstick.toml describes, or the built-in reference where there is none.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    max_term_width = 100,
    after_help = "Examples:
  unstick server -- python3 server.py {port} {dir}
  unstick client -- python3 client.py {host} {port} {dir}
  unstick codec -- python3 codec.py {mode}
  unstick server --class framing --connect 127.0.0.1:50007
  unstick explain FRM-3

Exit status: 0 all well; 1 a case failed; 2 bad usage; 3 could not be judged."
)]
struct Cli {
    #[command(flatten)]
    configured: configured::Configured,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(Box<init::Init>),
    Server(server::Server),
    Client(client::Client),
    Codec(codec::Codec),
    Record(record::Record),
    Recut(recut::Recut),
    Fuzz(Box<fuzz::Fuzz>),
    Replay(replay::Replay),
    Report(report::Report),
    Cases(cases::Cases),
    Explain(explain::Explain),
    Framing(framing::Guessed),
    Proxy(proxy::Proxy),
    Vectors(vectors::Vectors),
    Dissector(dissector::Dissector),
    Serve(serve::Serve),
    Connect(connect::Connect),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Runs the program and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let ran = match guard::Guard::asked_for() {
        Some(guard) => guard.run(),
        None => {
            completions::answer();
            let (cli, matches) = parsed();
            cli.run(&matches)
        }
    };
    ran.unwrap_or_else(|failure| {
        say(&format!("unstick: {failure}"));
        failure.into()
    })
}

impl Cli {
    fn run(self, matches: &ArgMatches) -> Result<ExitCode, Failure> {
        let Some(command) = self.command else {
            return match self.configured.run()? {
                Some(status) => Ok(status),
                None => reference::run(),
            };
        };
        let role = matches.subcommand_name().and_then(config::Role::of);
        if let (Some(role), false) = (role, command.names_its_subject()) {
            let words: Vec<OsString> = std::env::args_os().collect();
            let typed = configured::Typed {
                role,
                matches: matches.subcommand().map_or(matches, |(_, typed)| typed),
                words: behind(role.name(), &words),
            };
            return self.configured.run_those(&typed);
        }
        if self.configured != configured::Configured::default() {
            let why = "--config, --only and --reports are for plain `unstick`, and for commands whose \
                       subject is in unstick.toml";
            return Err(Failure::Usage(why.to_owned()));
        }
        command.run()
    }

    /// Judges the one subject that a command names.
    fn judge(self) -> Result<ended::Ended, Failure> {
        match self.command {
            Some(Command::Server(server)) => server.run(),
            Some(Command::Client(client)) => client.run(),
            Some(Command::Codec(codec)) => codec.run(),
            Some(Command::Recut(recut)) => recut.run(),
            _ => Err(Failure::Usage("nothing to judge".to_owned())),
        }
    }
}

/// The words behind the name of a command.
fn behind<'w>(name: &str, words: &'w [OsString]) -> &'w [OsString] {
    // A value of an option before it may be the same word: `--only server server`.
    const WITH_VALUES: [&str; 3] = ["--config", "--only", "--reports"];
    let mut place = 1;
    while let Some(word) = words.get(place) {
        if *word == *name {
            return &words[place + 1..];
        }
        let takes_the_next = WITH_VALUES.iter().any(|option| *word == **option);
        place += if takes_the_next { 2 } else { 1 };
    }
    &[]
}

impl Command {
    /// True if the command line names what is judged.
    fn names_its_subject(&self) -> bool {
        match self {
            Self::Server(server) => server.names_its_subject(),
            Self::Client(client) => client.names_its_subject(),
            Self::Codec(codec) => codec.names_its_subject(),
            Self::Recut(recut) => recut.names_its_subject(),
            _ => true,
        }
    }

    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Server(server) => server.run().map(Into::into),
            Self::Client(client) => client.run().map(Into::into),
            Self::Codec(codec) => codec.run().map(Into::into),
            Self::Recut(recut) => recut.run().map(Into::into),
            Self::Init(init) => init.run(),
            Self::Proxy(proxy) => proxy.run(),
            Self::Vectors(vectors) => vectors.run(),
            Self::Dissector(dissector) => dissector.run(),
            Self::Record(record) => record.run(),
            Self::Fuzz(fuzz) => fuzz.run(),
            Self::Replay(replay) => replay.run(),
            Self::Report(report) => report.run(),
            Self::Cases(cases) => cases.run(),
            Self::Explain(explain) => explain.run(),
            Self::Framing(framing) => framing.run(),
            Self::Serve(serve) => serve.run(),
            Self::Connect(connect) => connect.run(),
            Self::Completions(completions) => completions.run(),
            Self::Man(man) => man.run(),
        }
    }
}

/// The command line.
fn parsed() -> (Cli, ArgMatches) {
    let understood = Cli::command()
        .try_get_matches()
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    understood.unwrap_or_else(|error| refuse(&error))
}

/// Says why a command line is refused, with its words, which come from anywhere: a script's variables, a file's name.
/// Ends the process.
fn refuse(error: &clap::Error) -> ! {
    let hostile = |word: OsString| {
        let word = word.to_string_lossy().into_owned();
        Visible::of(&word).as_str() != word
    };
    let words = || std::env::args_os();
    if error.use_stderr() && words().any(hostile) {
        say(&error.render().to_string());
        std::process::exit(USAGE.into());
    }
    if fuzz::asks_to_connect(error, words()) {
        say(fuzz::CONNECTS_NOT);
        std::process::exit(USAGE.into());
    }
    let takes_a_command = [
        "server", "client", "codec", "fuzz", "recut", "replay", "record", "proxy",
    ];
    if error.kind() == ErrorKind::UnknownArgument
        && words()
            .nth(1)
            .is_some_and(|word| takes_a_command.iter().any(|one| word == *one))
        && !words().any(|word| word == "--")
    {
        let _ = error.print();
        say(
            "The command of the program to judge stands behind `--`: `unstick server -- python3 server.py {port}`",
        );
        std::process::exit(USAGE.into());
    }
    error.exit()
}

/// Says something on standard error.
fn say(text: impl Into<Visible>) {
    let text: Visible = text.into();
    anstream::eprintln!("{text}");
}

/// The columns of the terminal that is printed to; nothing where it is none.
fn columns() -> Option<usize> {
    const FEWEST: usize = 40;
    let (width, _) = terminal_size::terminal_size_of(stdout())?;
    Some(usize::from(width.0).max(FEWEST))
}

/// Prints what a pipe's reader may well not want to the end.
fn print(text: impl Into<Visible>) {
    use std::io::Write;
    let text: Visible = text.into();
    let _ = anstream::stdout().write_all(text.as_str().as_bytes());
}
