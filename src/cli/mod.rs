//! The command line.

mod cases;
mod client;
mod codec;
mod completions;
mod connect;
mod explain;
mod framing;
mod fuzz;
mod guard;
mod interrupt;
mod judging;
mod man;
mod output;
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

use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::trace::visible::Visible;

/// A case failed, is flaky, or the list of known failures is stale.
const FAILED: u8 = 1;

/// Bad usage: an option, a file, a pattern that matches nothing.
const USAGE: u8 = 2;

/// Nothing can be said: the testee did not start, or does not answer.
const UNJUDGED: u8 = 3;

/// Finds the bugs that everyone writes into a length-prefixed protocol over TCP.
///
/// Without a command, runs the whole suite against the built-in reference.
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
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
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
    Serve(serve::Serve),
    Connect(connect::Connect),
    Completions(completions::Completions),
    Man(man::Man),
    #[command(hide = true)]
    Guard(guard::Guard),
}

/// An exit status, and what to say about it.
type Failure = (u8, String);

/// Runs the program and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match parsed().command {
        None => reference::run(),
        Some(Command::Server(server)) => server.run(),
        Some(Command::Client(client)) => client.run(),
        Some(Command::Codec(codec)) => codec.run(),
        Some(Command::Proxy(proxy)) => proxy.run(),
        Some(Command::Vectors(vectors)) => vectors.run(),
        Some(Command::Record(record)) => record.run(),
        Some(Command::Recut(recut)) => recut.run(),
        Some(Command::Fuzz(fuzz)) => fuzz.run(),
        Some(Command::Replay(replay)) => replay.run(),
        Some(Command::Report(report)) => report.run(),
        Some(Command::Cases(cases)) => cases.run(),
        Some(Command::Explain(explain)) => explain.run(),
        Some(Command::Framing(framing)) => framing.run(),
        Some(Command::Serve(serve)) => serve.run(),
        Some(Command::Connect(connect)) => connect.run(),
        Some(Command::Completions(completions)) => completions.run(),
        Some(Command::Man(man)) => man.run(),
        Some(Command::Guard(guard)) => guard.run(),
    };
    outcome.unwrap_or_else(|(status, message)| {
        say(&format!("unstick: {message}"));
        ExitCode::from(status)
    })
}

/// The command line. What is wrong with it is said with its words, which come from anywhere: a
/// script's variables, a file's name.
fn parsed() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        let hostile = |word: OsString| {
            let word = word.to_string_lossy().into_owned();
            Visible::of(&word).as_str() != word
        };
        let words = || std::env::args_os();
        if error.use_stderr() && words().any(hostile) {
            say(&error.render().to_string());
            std::process::exit(USAGE.into());
        }
        let takes_a_command = ["server", "client", "codec", "replay", "record", "proxy"];
        if error.kind() == ErrorKind::UnknownArgument
            && words().nth(1).is_some_and(|word| takes_a_command.iter().any(|one| word == *one))
            && !words().any(|word| word == "--")
        {
            let _ = error.print();
            say("The command of the program to judge stands behind `--`: `unstick server -- python3 server.py {port}`");
            std::process::exit(USAGE.into());
        }
        error.exit()
    })
}

/// The command line as users know it: without the commands that are the program's own.
fn shown() -> clap::Command {
    let all = Cli::command();
    let text = |text: Option<&StyledStr>| text.cloned().unwrap_or_default();
    clap::Command::new("unstick")
        .version(env!("CARGO_PKG_VERSION"))
        .about(text(all.get_about()))
        .long_about(text(all.get_long_about()))
        .after_help(text(all.get_after_help()))
        .args(all.get_arguments().cloned())
        .subcommands(
            all.get_subcommands()
                .filter(|command| !command.is_hide_set())
                .cloned(),
        )
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
