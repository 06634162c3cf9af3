//! The `unstick` program; see [`unstick::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    unstick::cli::main()
}
