//! `unstick server`

use std::ffi::OsString;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Failure;
use super::ended::Ended;
use super::judging::{Claims, Judging};
use super::options::{Chosen, Framed, Limits, ServerClass};
use super::placeholders::known_placeholders;
use super::shell::shell;
use crate::disk::Claim;
use crate::framing::Framing;
use crate::report::Testee;
use crate::suite::server::case::Case;
use crate::suite::server::cases;
use crate::suite::server::names_stored::names_stored;
use crate::testee::server::Origin;
use crate::trace::Class;

/// Start a program as a server and judge it, or judge one that runs already
#[derive(Debug, Args)]
#[command(after_help = "\
{port}, {host} and {dir} in COMMAND are filled in: a free port, the address to listen
on, and a fresh directory for received files. A COMMAND without {port} chooses its own
and prints a line READY HOST:PORT.

Examples:
  unstick server -- python3 server.py {port} {dir}
  unstick server --class framing --max-payload 1048576 -- ./echo --port {port}
  unstick server --framing '1? u32be+4' -- ./echo --port {port}
  unstick server --run 'trf/*' --junit report.xml -- ./server {host}:{port} {dir}
  unstick server --class session --connect 192.0.2.1:50007

Exit status: 0 all well; 1 a case failed; 2 bad usage; 3 could not be judged.")]
pub(super) struct Server {
    /// What the server claims to implement [default: transfer; framing with --framing]
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
    #[command(flatten)]
    framed: Framed,
    /// Judge a server that runs already
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "command")]
    connect: Option<String>,
    /// Where the server at --connect stores files, if that is on this machine: an empty directory, or
    /// one that unstick has used before. Files are placed and removed there by name, never others
    #[arg(long, requires = "connect")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    judging: Judging,
    /// The program to start, and its arguments; without it, unstick.toml says what is judged
    #[arg(last = true)]
    command: Vec<OsString>,
}

impl Server {
    /// True if the command line names the subject, so that no file is asked.
    pub(super) const fn names_its_subject(&self) -> bool {
        !self.command.is_empty() || self.connect.is_some()
    }

    pub(super) fn run(self) -> Result<Ended, Failure> {
        self.limits.fit(&self.framed.framing)?;
        let class = self.framed.class(self.class)?;
        let cases = self.chosen.of(cases::of(&self.framed.framing), class)?;
        let cases = self.judging.part_of(cases);
        let (testee, origin) = match &self.connect {
            Some(address) => self.running(address, &cases)?,
            None => {
                known_placeholders(&self.command, &["port", "host", "dir"])?;
                let (testee, template) =
                    self.judging.started("server", &self.command, self.words());
                (testee, Origin::Command(template))
            }
        };
        let claims = Claims {
            class,
            framing: &self.framed.framing,
            limits: &self.limits,
        };
        self.judging.judge(&testee, origin, cases, &claims)
    }

    fn running(&self, at: &str, cases: &[Case]) -> Result<(Testee, Origin), Failure> {
        let address = at
            .to_socket_addrs()
            .map_err(|error| Failure::Usage(format!("--connect {at} is no HOST:PORT: {error}")))?
            .next()
            .ok_or_else(|| Failure::Usage(format!("--connect {at} has no address")))?;
        let mut again = self.words();
        again.extend(["--connect".to_owned(), at.to_owned()]);
        if let Some(dir) = &self.dir {
            again.extend(["--dir".to_owned(), dir.to_string_lossy().into_owned()]);
        }
        let testee = Testee {
            role: "server",
            command: Vec::new(),
            address: Some(at.to_owned()),
            again: shell(again),
            framing: Some(Framing::default()),
        };
        // The last of all that can be refused: it leaves a marker.
        let dir = match &self.dir {
            None => None,
            Some(dir) => {
                let claim = Claim::of(dir, names_stored(cases))
                    .map_err(|error| Failure::Usage(format!("--dir {error}")))?;
                Some(Arc::new(claim))
            }
        };
        Ok((testee, Origin::Address { address, dir }))
    }

    /// The words of the command that runs one case again.
    fn words(&self) -> Vec<String> {
        let class = self.framed.class(self.class).unwrap_or(Class::Framing);
        let mut words: Vec<String> = ["unstick", "server", "--class", class.name()]
            .map(str::to_owned)
            .into();
        words.extend(self.framed.words());
        words.extend(self.limits.words());
        words.extend(["--run".to_owned(), "{case}".to_owned()]);
        words
    }
}
