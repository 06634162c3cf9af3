//! The command line.

use std::io::{self, IsTerminal, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::{Args, Parser, Subcommand};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::peer::client::Client;
use crate::peer::server::{Server, ServerOptions};
use crate::wire::frame::MIN_LIMIT;

/// Bad usage: an option, a file, an address.
const USAGE: u8 = 2;

/// The conversation failed.
const FAILED: u8 = 1;

/// Finds the bugs that everyone writes into a length-prefixed protocol over TCP.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the reference server.
    #[command(after_help = "Example:\n  unstick serve --listen 127.0.0.1:50007 --dir received")]
    Serve(Serve),
    /// Run the reference client: a line is a message, `file` asks for a name, `q` leaves.
    #[command(after_help = "Example:\n  printf 'hello\\nq\\n' | unstick connect 127.0.0.1:50007")]
    Connect(Connect),
}

#[derive(Debug, Args)]
struct Serve {
    /// The address to listen on; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:50007")]
    listen: SocketAddr,
    /// The directory that files are stored into
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// The most sessions at a time; a connection over it is closed at once
    #[arg(long, value_name = "N", default_value_t = 5)]
    max_sessions: usize,
    /// The largest payload accepted, in octets
    #[arg(long, value_name = "N", default_value_t = MIN_LIMIT, value_parser = clap::value_parser!(u32).range(i64::from(MIN_LIMIT)..))]
    max_payload: u32,
}

#[derive(Debug, Args)]
struct Connect {
    /// The server
    #[arg(value_name = "HOST:PORT")]
    server: String,
    /// The directory that files are sent from
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

/// Runs the program and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Connect(connect) => connect.run(),
    };
    outcome.unwrap_or_else(|(status, message)| {
        eprintln!("unstick: {message}");
        ExitCode::from(status)
    })
}

/// An exit status and what to say about it.
type Failure = (u8, String);

impl Serve {
    fn run(self) -> Result<ExitCode, Failure> {
        if !self.dir.is_dir() {
            let dir = self.dir.display();
            return Err((
                USAGE,
                format!("--dir {dir} is no directory: create it first"),
            ));
        }
        let listen = self.listen;
        let failed = |error: io::Error| (FAILED, format!("serving on {listen}: {error}"));
        let server = Server::bind(ServerOptions {
            listen,
            dir: self.dir,
            max_sessions: self.max_sessions,
            max_payload: self.max_payload,
        })
        .map_err(failed)?;
        let stopper = server.stopper().map_err(failed)?;
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                stopper.stop();
            }
        });
        let address = server.local_addr().map_err(failed)?;
        let mut stdout = io::stdout();
        // The line that a harness waits for; nobody may be reading, which is no error.
        let _ = writeln!(stdout, "READY {address}").and_then(|()| stdout.flush());
        server.run().map_err(failed)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Connect {
    fn run(self) -> Result<ExitCode, Failure> {
        let server = &self.server;
        let addresses: Vec<SocketAddr> = server
            .to_socket_addrs()
            .map_err(|error| (USAGE, format!("{server} is no HOST:PORT: {error}")))?
            .collect();
        let interactive = io::stdin().is_terminal() && io::stdout().is_terminal();
        let client = Client::connect(&addresses, &self.dir, interactive)
            .map_err(|error| (FAILED, format!("connecting to {server}: {error}")))?;
        client
            .run(io::stdin().lock(), io::stdout().lock())
            .map_err(|error| (FAILED, error.to_string()))?;
        Ok(ExitCode::SUCCESS)
    }
}
