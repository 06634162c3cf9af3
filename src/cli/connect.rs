//! `unstick connect`

use std::io::{self, IsTerminal};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{FAILED, Failure};
use crate::peer::client::Client;
use crate::trace::visible::Escaped;
use crate::wire::verified::Algorithm;

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
        let interactive = io::stdin().is_terminal() && io::stdout().is_terminal();
        let client = Client::connect(&addresses, &self.dir, interactive)
            .map_err(|error| Failure::Failed(format!("connecting to {server}: {error}")))?;
        let undelivered = client
            .verifying(self.verify.into())
            .run(io::stdin().lock(), output(interactive))
            .map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(match undelivered {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(FAILED),
        })
    }
}

/// Whoever reads replies from a pipe gets them as they came; on a terminal they command nothing.
fn output(interactive: bool) -> Box<dyn io::Write> {
    let stdout = io::stdout().lock();
    if interactive {
        Box::new(Escaped(stdout))
    } else {
        Box::new(stdout)
    }
}
