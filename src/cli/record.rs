//! `unstick record`

use std::ffi::OsString;
use std::fs::File;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{ArgGroup, Args};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::{Failure, print, say};
use crate::recut::capture::{self, CaptureError, Wanted};
use crate::recut::exchange::{Exchange, Party};
use crate::recut::record::{self, WriteError};
use crate::recut::recorder::{Recorder, Seen};
use crate::trace::json;

/// Interval between two looks for a signal or the end of the command.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Write down one conversation, live or from a capture, for `unstick recut`
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("source").required(true).args(["to", "from"])),
    after_help = "\
Examples:
  unstick record --to 127.0.0.1:6379 -o redis.json -- redis-cli -h {host} -p {port} ping
  unstick record --to 127.0.0.1:6379 --listen 127.0.0.1:7000 -o redis.json
  unstick record --from redis.pcap --port 6379 -o redis.json

A recording holds every octet, passwords and tokens too: read it before you give it away, and use
--redact. A conversation inside TLS cannot be recut: record it without."
)]
pub(super) struct Record {
    /// Where the server listens; the client connects to the address that is printed
    #[arg(long, value_name = "HOST:PORT")]
    to: Option<String>,
    /// Where to listen for the client
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:0",
        conflicts_with = "from"
    )]
    listen: SocketAddr,
    /// A pcap or pcapng file that holds the conversation
    #[arg(long, value_name = "CAPTURE")]
    from: Option<PathBuf>,
    /// Of a capture, the stream to this port
    #[arg(long, value_name = "P", requires = "from", conflicts_with = "stream")]
    port: Option<u16>,
    /// Of a capture, the stream of this number, counted from 0 as Wireshark's tcp.stream
    #[arg(long, value_name = "N", requires = "from")]
    stream: Option<usize>,
    /// The recording to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace this text by other characters, as many, wherever it was sent; may be given more than once
    #[arg(long, value_name = "TEXT")]
    redact: Vec<String>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    /// The client to run, which ends the recording when it ends; {host} and {port} are filled in
    #[arg(last = true, conflicts_with = "from", value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Record {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        record::prepare(&self.output, self.force).map_err(|error| unwritable(&error))?;
        let (exchange, server) = match (&self.from, &self.to) {
            (Some(from), _) => self.captured(from)?,
            (None, Some(to)) => self.live(to)?,
            (None, None) => return Err(Failure::Usage("--to or --from is needed".to_owned())),
        };
        self.write(exchange, server)
    }

    fn captured(&self, from: &Path) -> Result<(Exchange, SocketAddr), Failure> {
        let shown = from.display();
        let failed = |error: CaptureError| {
            let why = format!("{shown}: {error}");
            match error {
                CaptureError::SeveralStreams(_) | CaptureError::Read(_) => Failure::Usage(why),
                _ => Failure::Unjudged(why),
            }
        };
        let file = File::open(from).map_err(|error| failed(error.into()))?;
        let wanted = match (self.port, self.stream) {
            (Some(port), _) => Wanted::Port(port),
            (None, Some(number)) => Wanted::Number(number),
            (None, None) => Wanted::Only,
        };
        let captured = capture::read(std::io::BufReader::new(file), wanted).map_err(failed)?;
        for warning in &captured.warnings {
            say(&format!("warning: {shown}: {warning}"));
        }
        Ok((captured.exchange, captured.server))
    }

    fn live(&self, to: &str) -> Result<(Exchange, SocketAddr), Failure> {
        let server = to.to_socket_addrs().ok().and_then(|mut found| found.next());
        let Some(server) = server else {
            return Err(Failure::Usage(format!(
                "--to: expected HOST:PORT, got {to:?}"
            )));
        };
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted)).map_err(|error| {
                Failure::Unjudged(format!("signals cannot be watched: {error}"))
            })?;
        }
        let recorder = Recorder::start(self.listen, server)
            .map_err(|error| Failure::Usage(format!("--listen {}: {error}", self.listen)))?;
        if self.command.is_empty() {
            print(&format!(
                "listening on {}; Ctrl-C ends the recording\n",
                recorder.address()
            ));
            while !interrupted.load(Ordering::Relaxed) && !recorder.wait(LOOK_EVERY) {}
        } else {
            self.attend(&recorder, &interrupted)?;
        }
        let seen = recorder.seen();
        warn(&seen);
        Ok((seen.exchange, server))
    }

    /// Runs the client to its end.
    fn attend(&self, recorder: &Recorder, interrupted: &AtomicBool) -> Result<(), Failure> {
        let address = recorder.address();
        let filled = |word: &OsString| match word.to_str() {
            Some(word) => word
                .replace("{host}", &address.ip().to_string())
                .replace("{port}", &address.port().to_string())
                .into(),
            None => word.clone(),
        };
        let words = self.command.iter().map(filled).collect();
        let mut task = crate::testee::task::Task::start(words, None)
            .map_err(|error| Failure::Unjudged(error.to_string()))?;
        loop {
            let ended = task
                .ended()
                .map_err(|error| Failure::Usage(error.to_string()))?;
            if let Some(status) = ended {
                if status != 0 {
                    say(&format!(
                        "warning: the command ended with {status}:\n{}",
                        task.output().trim_end()
                    ));
                }
                // Octets that it sent last may still be on their way.
                let _ = recorder.wait(Duration::from_secs(1));
                return Ok(());
            }
            if interrupted.load(Ordering::Relaxed) {
                return Ok(());
            }
            let _ = recorder.wait(LOOK_EVERY);
        }
    }

    fn write(&self, mut exchange: Exchange, server: SocketAddr) -> Result<ExitCode, Failure> {
        if exchange.is_empty() {
            return Err(Failure::Unjudged(
                "no octet passed: there is nothing to record".to_owned(),
            ));
        }
        for (place, secret) in self.redact.iter().enumerate() {
            if exchange.redact(secret.as_bytes()) == 0 {
                say(&format!(
                    "warning: --redact: text {} was not found; it may have been sent encoded \
                     (base64, percent signs, a digest)",
                    place + 1
                ));
            }
        }
        let trace = exchange.trace(
            &record::id_of(&self.output),
            &format!("Recorded from {server}"),
        );
        record::write(&self.output, &json::write(&trace), self.force)
            .map_err(|error| unwritable(&error))?;
        let [there, back] = [Party::Client, Party::Server].map(|party| exchange.sent_by(party));
        print(&format!(
            "{}: {} steps, {there} octets sent and {back} answered. A recording can hold secrets: \
             passwords, tokens, names; read it before you give it away, or use --redact\n",
            self.output.display(),
            trace.steps.len()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

fn warn(seen: &Seen) {
    if let Some(error) = &seen.unreachable {
        say(&format!(
            "warning: the server could not be reached at {error}"
        ));
    }
    if seen.connections > 1 {
        say(&format!(
            "warning: {} connections were made; the first that carried octets is recorded",
            seen.connections
        ));
    }
}

fn unwritable(error: &WriteError) -> Failure {
    Failure::Usage(error.to_string())
}
