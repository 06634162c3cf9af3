//! Writes the seed corpora that the golden fixtures make, a directory for each target.
//!
//!     cargo run --manifest-path fuzz/Cargo.toml --no-default-features --example seeds -- DIR

use std::path::PathBuf;

use unstick_fuzz::{seeds, targets};

fn main() -> std::io::Result<()> {
    let Some(dir) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("seeds DIR");
        std::process::exit(2);
    };
    for target in targets::ALL {
        seeds::write(target.name, &dir.join(target.name))?;
        println!("{}: {} seeds", target.name, seeds::of(target.name).len());
    }
    Ok(())
}
