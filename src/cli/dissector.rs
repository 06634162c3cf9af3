//! `unstick dissector`

use std::process::ExitCode;

use clap::Args;

use super::{Failure, print};
use crate::framing::Framing;

/// Print a Wireshark dissector in Lua for a framing
#[derive(Debug, Args)]
#[command(after_help = "\
Frames that lie in several segments are put together, and what is not a frame is marked. Fields:
unstick.before, unstick.length, unstick.after, unstick.payload, unstick.behind,
unstick.payload_length, unstick.wrong.

Examples:
  unstick dissector --framing '1? u32be+4' --port 4000 > frames.lua
  tshark -X lua_script:frames.lua -r capture.pcap -Y unstick -T fields -e unstick.payload")]
pub(super) struct Dissector {
    /// The framing: a preset, or a template in stream order; `unstick explain --framing F` draws it
    #[arg(long, value_name = "F")]
    framing: Framing,
    /// The TCP port of the server
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

impl Dissector {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let text = self.framing.dissector(self.port).map_err(|why| {
            let framing = &self.framing;
            Failure::Usage(format!("--framing {framing} has no dissector: {why}"))
        })?;
        print(text.as_str());
        Ok(ExitCode::SUCCESS)
    }
}
