//! Writes the smallest inputs that expose the planted faults to `regressions/`: an input for
//! each fault, so that replaying them is seen to fail.
//!
//!     cargo run --manifest-path fuzz/Cargo.toml --no-default-features --example witness -- DIR [TARGET]
//!
//! DIR holds the built targets, whose engine finds the inputs; they are made small here. With a TARGET the
//! inputs of others stay as they are. Those of `framing` are made of its seeds, which hold each mistake already.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use unstick_fuzz::seeds;
use unstick_fuzz::targets::{self, Planted, Target};

/// The targets whose inputs say most in few octets.
const TARGETS: [&str; 5] = [
    "decoder_structured",
    "framing",
    "session",
    "verified",
    "file_header",
];

/// The target whose seeds are enough.
const FROM_SEEDS: &str = "framing";

/// The first words of a line of the list that this program writes.
const MARK: &str = "the planted fault ";

fn main() -> io::Result<()> {
    let Some(binaries) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("witness DIR [TARGET]");
        std::process::exit(2);
    };
    let only = std::env::args().nth(2);
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    fs::create_dir_all(&home)?;
    let list = fs::read_to_string(home.join("LIST")).unwrap_or_default();
    let mut lines: Vec<String> = list
        .lines()
        .filter(|line| {
            let target = line.split('/').next().unwrap_or_default();
            !(line.contains(MARK) && wanted(target))
        })
        .map(str::to_owned)
        .collect();
    for name in TARGETS.into_iter().filter(|name| wanted(name)) {
        let target = targets::find(name).expect("it is a target");
        let planted = target.planted.expect("it has planted faults");
        for fault in planted.faults {
            let Some(found) = find(&binaries, target, fault.name)? else {
                println!("{name}: {} was not exposed", fault.name);
                continue;
            };
            let small = smallest(planted, fault.name, found);
            fs::create_dir_all(home.join(name))?;
            fs::write(home.join(name).join(fault.name), &small)?;
            lines.push(format!("{name}/{}: {MARK}{}", fault.name, fault.name));
        }
    }
    lines.sort();
    fs::write(home.join("LIST"), lines.join("\n") + "\n")
}

/// An input that exposes the fault to its check, without the allocator that counts.
fn find(binaries: &Path, target: &Target, fault: &'static str) -> io::Result<Option<Vec<u8>>> {
    let planted = target.planted.expect("it has planted faults");
    if target.name == FROM_SEEDS {
        let mut seeds = seeds::of(target.name).into_iter().map(|(_, data)| data);
        return Ok(seeds.find(|data| (planted.check)(fault, data).is_err()));
    }
    for seed in 1..=5 {
        let place = tempfile::tempdir()?;
        Command::new(binaries.join("planted"))
            .env("UNSTICK_FUZZ_TARGET", target.name)
            .env("UNSTICK_FUZZ_FAULT", fault)
            .env("UNSTICK_FUZZ_NO_SEEDS", "1")
            .args([format!("-seed={seed}"), "-runs=250000".to_owned()])
            .arg(format!("-artifact_prefix={}/", place.path().display()))
            .output()?;
        for entry in fs::read_dir(place.path())?.flatten() {
            let data = fs::read(entry.path())?;
            if (planted.check)(fault, &data).is_err() {
                return Ok(Some(data));
            }
        }
    }
    Ok(None)
}

/// Takes away what is not needed to expose the fault, and makes the rest plain.
fn smallest(planted: Planted, fault: &'static str, mut data: Vec<u8>) -> Vec<u8> {
    let exposes = |data: &[u8]| (planted.check)(fault, data).is_err();
    loop {
        let before = data.clone();
        let mut size = data.len().max(1);
        while size > 0 {
            let mut from = 0;
            while from < data.len() {
                let mut shorter = data.clone();
                shorter.drain(from..(from + size).min(data.len()));
                if exposes(&shorter) {
                    data = shorter;
                } else {
                    from += size;
                }
            }
            size /= 2;
        }
        for place in 0..data.len() {
            for plain in [0, b'a'] {
                let mut plainer = data.clone();
                plainer[place] = plain;
                if data[place] != 0 && data[place] != plain && exposes(&plainer) {
                    data = plainer;
                    break;
                }
            }
        }
        if data == before {
            return data;
        }
    }
}
