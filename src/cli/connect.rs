//! `unstick connect`

use std::io::{self, BufRead, IsTerminal, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{FAILED, Failure};
use crate::peer::client::Client;
use crate::peer::screen::{Asked, Lines, Screen};
use crate::trace::visible::Escaped;
use crate::wire::verified::Algorithm;

/// Length in octets from which on a transfer may take long enough for a progress bar.
const BAR_FROM_OCTETS: u32 = 64 * 1024 * 1024;

/// Run the reference client: a line is a message, `file` asks for a name, `q` leaves
#[derive(Debug, Args)]
#[command(after_help = "Example:
  printf 'hello\\nq\\n' | unstick connect 127.0.0.1:50007

Exit status: 0 all well; 1 a file was not sent or stored, or the session failed; 2 bad usage.")]
pub(super) struct Connect {
    /// The server
    #[arg(value_name = "HOST:PORT")]
    server: String,
    /// The directory that files are sent from
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Have files verified by a digest where the server is able to; where it is not, they are sent
    /// unverified, and that is said
    #[arg(long, value_enum, default_value_t = Verify::None)]
    verify: Verify,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Verify {
    /// Files are sent as the base protocol has it: nobody says whether they arrived
    None,
    /// By MD5, which finds accidents, not attackers
    Md5,
    /// By SHA-256
    Sha256,
}

impl From<Verify> for Option<Algorithm> {
    fn from(verify: Verify) -> Self {
        match verify {
            Verify::None => None,
            Verify::Md5 => Some(Algorithm::Md5),
            Verify::Sha256 => Some(Algorithm::Sha256),
        }
    }
}

impl Connect {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let server = &self.server;
        let addresses: Vec<SocketAddr> = server
            .to_socket_addrs()
            .map_err(|error| Failure::Usage(format!("{server} is no HOST:PORT: {error}")))?
            .collect();
        let client = Client::connect(&addresses, &self.dir)
            .map_err(|error| Failure::Failed(format!("connecting to {server}: {error}")))?
            .verifying(self.verify.into());
        let (input, output) = (io::stdin().lock(), io::stdout().lock());
        let undelivered = if input.is_terminal() && output.is_terminal() {
            client.run(&mut Terminal::new(input, output))
        } else {
            client.run(&mut Lines { input, output })
        };
        let undelivered = undelivered.map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(match undelivered {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(FAILED),
        })
    }
}

/// A person at a terminal, who is asked, and sees a bar while a large file is sent.
struct Terminal<I, O> {
    /// Replies command the terminal nothing.
    lines: Lines<I, Escaped<O>>,
    bar: Option<ProgressBar>,
}

impl<I, O> Terminal<I, O> {
    const fn new(input: I, output: O) -> Self {
        let output = Escaped(output);
        let lines = Lines { input, output };
        Self { lines, bar: None }
    }
}

impl<I: BufRead, O: Write> Screen for Terminal<I, O> {
    fn ask(&mut self, asked: Asked) -> io::Result<Option<String>> {
        let question = match asked {
            Asked::Message => "message (`file` sends a file, `q` leaves): ",
            Asked::FileName => "name of the file: ",
        };
        write!(self.lines.output, "{question}")?;
        self.lines.output.flush()?;
        self.lines.ask(asked)
    }

    fn show(&mut self, line: &str) -> io::Result<()> {
        self.lines.show(line)
    }

    fn sending(&mut self, sent: u32, of: u32) {
        if of < BAR_FROM_OCTETS {
            return;
        }
        let begin = || {
            let template = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            let style = ProgressStyle::with_template(template).expect("a well-formed template");
            ProgressBar::new(of.into()).with_style(style)
        };
        self.bar.get_or_insert_with(begin).set_position(sent.into());
        if sent == of
            && let Some(bar) = self.bar.take()
        {
            bar.finish_and_clear();
        }
    }
}
