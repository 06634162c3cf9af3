//! `unstick proxy`

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::judging::{INTERRUPTED, Judged, Judging};
use super::shell::shell;
use super::{Failure, say};
use crate::framing::Framing;
use crate::judge::check::Check;
use crate::peer::open_files;
use crate::recut::proxy::checks::check;
use crate::recut::proxy::command::{Command, RunError};
use crate::recut::proxy::context::Plan;
use crate::recut::proxy::cut::{Cut, Direction};
use crate::recut::proxy::judge::{Judge, MAX_RUNS, Unjudgeable};
use crate::recut::proxy::relay::Relay;
use crate::recut::proxy::tape::Tape;
use crate::recut::record;
use crate::report::Testee;
use crate::trace::json;

/// Files that the proxy may need open: two sockets and two views of queues for each of a thousand
/// connections.
const FILES: u64 = 4200;

/// The cuts under which a command is run, unless one is given.
const CUTS: [Cut; 6] = [
    Cut::Octets,
    Cut::Edges,
    Cut::Join,
    Cut::Random(1),
    Cut::Random(2),
    Cut::Random(3),
];

/// Cut what passes between a client and a server, and run somebody's own test through it
#[derive(Debug, Args)]
#[command(after_help = "\
TCP keeps octets and their order, not the pieces in which they were sent. The proxy passes on what it
gets in other pieces: each goes out when the receiver has taken the one before.

With COMMAND, which is any test or client that ends with status 0 when all is well: it is run without
cuts first, then under each cut. A failure is shrunk to one cut over further runs, 40 in all at most.
`{host}` and `{port}` in COMMAND are filled in with the address of the proxy.

Without COMMAND the proxy stands, prints `READY HOST:PORT`, and ends on SIGINT or SIGTERM.

Cuts:
  octets               one octet at a time: the first 4,096 of each direction, later the edges of bursts
  edges                at the edges of bursts and in the middle; with --framing, of frames
  random:SEED          at places that follow from the seed
  join                 octets that were sent apart arrive together
  at:2:to-client:1449  connection 2, server to client, after octet 1,449, and nowhere else

Examples:
  unstick proxy --to 127.0.0.1:6379 -- redis-cli -h {host} -p {port} keys '*'
  unstick proxy --to 127.0.0.1:5432 -- sh -c 'DATABASE_URL=postgres://me@{host}:{port}/db npm test'
  unstick proxy --to 127.0.0.1:1883 --listen 127.0.0.1:1884 --cut octets --to-client

Exit status: 0 all well; 1 a cut fails; 2 bad usage; 3 could not be judged.")]
pub(super) struct Proxy {
    /// The server
    #[arg(long, value_name = "HOST:PORT")]
    to: String,
    /// Where the proxy listens; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How the streams are cut; with COMMAND, all cuts unless given
    #[arg(long, value_name = "CUT")]
    cut: Option<Cut>,
    /// Cut only what goes to the client
    #[arg(long, conflicts_with_all = ["to_server", "both"])]
    to_client: bool,
    /// Cut only what goes to the server
    #[arg(long, conflicts_with = "both")]
    to_server: bool,
    /// Cut both directions, as without an option
    #[arg(long)]
    both: bool,
    /// How messages are framed, for the cut `edges`
    #[arg(long, value_name = "FRAMING")]
    framing: Option<Framing>,
    /// Write down the first connection, for `unstick recut`; with COMMAND, that of the run without cuts
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    judging: Judging,
    /// The command to run, and its arguments
    #[arg(last = true)]
    command: Vec<OsString>,
}

impl Proxy {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let wrong = |why: String| {
            Failure::Usage(format!("--to: expected HOST:PORT, got {:?}{why}", self.to))
        };
        let to: Vec<SocketAddr> = self
            .to
            .to_socket_addrs()
            .map_err(|error| wrong(format!(": {error}")))?
            .collect();
        if to.is_empty() {
            return Err(wrong(": no such host".to_owned()));
        }
        if let Some(path) = &self.record {
            record::prepare(path, false)
                .map_err(|error| Failure::Usage(format!("--record: {error}")))?;
        }
        // Connections beyond what the system allows wait.
        let _ = open_files::allow(FILES);
        let listen = self.listen;
        let relay = Relay::listen(listen, to)
            .map_err(|error| Failure::Unjudged(format!("--listen {listen}: {error}")))?;
        if self.command.is_empty() {
            self.stand(&relay)
        } else {
            self.judge(&relay)
        }
    }

    fn directions(&self) -> Vec<Direction> {
        let mut directions = Direction::BOTH.to_vec();
        if self.to_client {
            directions.retain(|direction| *direction == Direction::ToClient);
        }
        if self.to_server {
            directions.retain(|direction| *direction == Direction::ToServer);
        }
        directions
    }

    fn stand(self, relay: &Relay) -> Result<ExitCode, Failure> {
        let failed =
            |error: io::Error| Failure::Unjudged(format!("signals cannot be watched: {error}"));
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(failed)?;
        let plan = Plan {
            framing: self.framing.clone().map(Arc::new),
            ..Plan::of(self.cut.clone().unwrap_or(Cut::None))
        };
        let tape = self.record.is_some().then(Arc::<Tape>::default);
        let running = relay.begin(plan, &self.directions(), tape.clone());
        let mut stdout = io::stdout();
        // The line that a script waits for; nobody may be reading, which is not an error.
        let _ = writeln!(stdout, "READY {}", relay.address()).and_then(|()| stdout.flush());
        signals.forever().next();
        running.stop();
        if let Some(why) = running.log().unreachable() {
            say(&format!(
                "unstick: the server at {} could not be reached: {why}",
                self.to
            ));
        }
        self.write(tape.as_deref())?;
        Ok(ExitCode::SUCCESS)
    }

    /// Writes the recording, if one is wanted.
    fn write(&self, tape: Option<&Tape>) -> Result<(), Failure> {
        let (Some(path), Some(tape)) = (&self.record, tape) else {
            return Ok(());
        };
        let exchange = tape.exchange();
        if exchange.is_empty() {
            return Err(Failure::Unjudged(
                "--record: no octet passed, so there is nothing to record".to_owned(),
            ));
        }
        let title = format!("Recorded from {}", self.to);
        let trace = exchange.trace(&record::id_of(path), &title);
        record::write(path, &json::write(&trace), false)
            .map_err(|error| Failure::Unjudged(format!("--record: {error}")))?;
        say(&format!(
            "unstick: {} holds every octet that passed, secrets too",
            path.display()
        ));
        Ok(())
    }

    fn judge(self, relay: &Relay) -> Result<ExitCode, Failure> {
        let known = self.judging.prepare()?;
        let tape = self.record.is_some().then(Arc::<Tape>::default);
        let (outcome, segmentation) = self.under_cuts(relay, tape.clone())?;
        let is_judged = outcome.is_ok();
        let testee = Testee {
            role: "proxy",
            command: words(&self.command),
            address: Some(self.to.clone()),
            again: String::new(),
            framing: None,
        };
        let judged = Judged {
            testee: &testee,
            class: None,
            known: &known,
        };
        let ended = self
            .judging
            .report(&judged, segmentation, outcome, Vec::new())?;
        if is_judged {
            self.write(tape.as_deref())?;
        }
        Ok(ended.into())
    }

    /// Runs the command under each cut. Says what came of it, or why nothing can be said; and how pieces
    /// were kept apart.
    fn under_cuts(
        &self,
        relay: &Relay,
        tape: Option<Arc<Tape>>,
    ) -> Result<(Result<Vec<Check>, String>, &'static str), Failure> {
        let cuts = self.cut.clone().map_or(CUTS.to_vec(), |cut| vec![cut]);
        let cuts = self.judging.part_of(cuts);
        let directions = self.directions();
        let timeout = self.judging.timeout();
        let command = Command::new(&self.command, relay, &directions, timeout, None).recorded(tape);
        let signalled = signalled()?;
        let bar = ProgressBar::new(MAX_RUNS as u64).with_style(
            ProgressStyle::with_template("run {pos} of at most {len}: {msg}")
                .expect("the template is well-formed"),
        );
        let mut watch = |purpose: &str, number: usize| {
            bar.set_position(number as u64);
            bar.set_message(purpose.to_owned());
            !signalled.load(Ordering::Relaxed)
        };
        let is_over = || signalled.load(Ordering::Relaxed);
        let mut judge = Judge::new(relay, command, self.framing.clone(), &mut watch, &is_over);
        let findings = judge.judge(&cuts, &self.to);
        let segmentation = if judge.timed() {
            "timed"
        } else {
            "drain-gated"
        };
        bar.finish_and_clear();
        let rerun = |cut: &Cut| self.again(cut);
        let outcome = match findings {
            Ok(findings) => Ok(findings.iter().map(|one| check(one, &rerun)).collect()),
            Err(Unjudgeable::Run(RunError::Interrupted)) => Err(INTERRUPTED.to_owned()),
            Err(other) => Err(other.to_string()),
        };
        Ok((outcome, segmentation))
    }

    /// The command line that runs the command under one cut.
    fn again(&self, cut: &Cut) -> String {
        let mut again: Vec<String> = ["unstick", "proxy", "--to", &self.to]
            .map(str::to_owned)
            .into();
        if self.to_client {
            again.push("--to-client".to_owned());
        }
        if self.to_server {
            again.push("--to-server".to_owned());
        }
        if let Some(framing) = self.framing.as_ref().filter(|_| *cut == Cut::Edges) {
            again.extend(["--framing".to_owned(), framing.to_string()]);
        }
        again.extend(["--cut".to_owned(), cut.to_string(), "--".to_owned()]);
        again.extend(words(&self.command));
        shell(again)
    }
}

/// The flag that a signal sets which ends a program.
fn signalled() -> Result<Arc<AtomicBool>, Failure> {
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&signalled))
            .map_err(|error| Failure::Unjudged(format!("signals cannot be watched: {error}")))?;
    }
    Ok(signalled)
}

fn words(command: &[OsString]) -> Vec<String> {
    command
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}
