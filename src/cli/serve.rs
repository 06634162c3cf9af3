//! `unstick serve`

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use super::{Failure, say};
use crate::peer::open_files;
use crate::peer::server::{Server, ServerOptions};
use crate::peer::store::Sync;
use crate::wire::frame::MIN_LIMIT;

/// Run the reference server
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  unstick serve --listen 127.0.0.1:50007 --dir received")]
pub(super) struct Serve {
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
    /// End a session whose peer neither sends nor takes an octet for so long; never, unless given
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    idle_timeout: Option<u64>,
    /// What has reached the disk by the time a file appears
    #[arg(long, value_enum, default_value_t = SyncArg::None)]
    sync: SyncArg,
    /// Verify transfers by a digest where the client asks for it (`file+md5`, `file+sha256`)
    #[arg(long)]
    verify: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SyncArg {
    /// Nothing: a power failure may lose files, a killed server does not
    None,
    /// Its content: after a power failure it is whole, or not there
    File,
    /// Its name too: once it has appeared it stays
    Name,
}

impl From<SyncArg> for Sync {
    fn from(sync: SyncArg) -> Self {
        match sync {
            SyncArg::None => Self::None,
            SyncArg::File => Self::File,
            SyncArg::Name => Self::Name,
        }
    }
}

/// Each session has its connection twice, and a file that arrives.
const FILES_PER_SESSION: u64 = 3;

/// Number of files open beside the sessions: the listener, the standard streams, the signals.
const FILES_BESIDE: u64 = 32;

impl Serve {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        fs::create_dir_all(&self.dir).map_err(|error| {
            let dir = self.dir.display();
            Failure::Usage(format!("--dir {dir} could not be made: {error}"))
        })?;
        let listen = self.listen;
        let failed = |error: io::Error| Failure::Failed(format!("serving on {listen}: {error}"));
        let files = (self.max_sessions as u64).saturating_mul(FILES_PER_SESSION);
        if let Err(error) = open_files::allow(files.saturating_add(FILES_BESIDE)) {
            say(&format!(
                "serve: {error} for --max-sessions {}; connections beyond wait until sessions end",
                self.max_sessions
            ));
        }
        let server = Server::bind(ServerOptions {
            listen,
            dir: self.dir,
            max_sessions: self.max_sessions,
            max_payload: self.max_payload,
            idle_timeout: self.idle_timeout.map(Duration::from_secs),
            sync: self.sync.into(),
            verify: self.verify,
        })
        .map_err(failed)?;
        let stopper = server.stopper().map_err(failed)?;
        // A file that grows beyond what the system allows is an error of its session (TRF-11), and
        // not the end of the process, which that signal would be if nobody took it.
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGXFSZ]).map_err(failed)?;
        thread::spawn(move || {
            if signals.forever().any(|signal| signal != SIGXFSZ) {
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
