//! Keeps a failing input: copies it to `regressions/`, where `cargo test` replays it from then
//! on, with a line on what it showed, and prints it as a trace.
//!
//! Called by `fuzz/keep`, which makes the input as small as it gets first.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::exit;

use unstick_fuzz::{finding, targets};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, input, slug, what] = arguments.as_slice() else {
        eprintln!("keep TARGET INPUT SLUG WHAT-IT-SHOWED");
        exit(2);
    };
    let Some(target) = targets::find(name) else {
        eprintln!("there is no target {name:?}");
        exit(2);
    };
    let data = fs::read(input)?;
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let dir = home.join(name);
    fs::create_dir_all(&dir)?;
    fs::write(dir.join(slug), &data)?;
    let mut list = OpenOptions::new()
        .create(true)
        .append(true)
        .open(home.join("LIST"))?;
    writeln!(list, "{name}/{slug}: {what}")?;
    println!(
        "kept as fuzz/regressions/{name}/{slug}: {}",
        (target.show)(&data)
    );
    if let Some(trace) = finding::trace(name, &data) {
        println!("{trace}");
    }
    if let Err(wrong) = (target.check)(&data) {
        println!("it fails now, and so does `cargo test --test it regressions`: {wrong}");
    }
    Ok(())
}
