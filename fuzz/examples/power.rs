//! Measures the power of the targets: how many executions libFuzzer takes until each planted
//! fault is exposed, from an empty corpus or from the seeds, and how fast each target is.
//!
//!     cargo +nightly fuzz build -s none
//!     cargo run --manifest-path fuzz/Cargo.toml --no-default-features --example power -- DIR
//!
//! DIR holds the built targets. `--seeds` starts from the seed corpora, `--held-out` measures
//! the held-out faults only, `--speed` the executions per second only, `--target NAME` one target only.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use unstick_fuzz::planted::Fault;
use unstick_fuzz::seeds;
use unstick_fuzz::targets::{self, Target};

/// The engine's random seeds.
const SEEDS: u32 = 5;

/// After so many executions a fault counts as missed.
const MOST: u64 = 250_000;

/// The same for held-out faults.
const MOST_HELD_OUT: u64 = 1_000_000;

/// Time for which each target is run to see its speed, in seconds.
const SPEED_SECONDS: u32 = 10;

fn main() {
    let mut binaries = None;
    let mut only = None;
    let (mut from_seeds, mut held_out, mut speed) = (false, false, false);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--target" => only = arguments.next(),
            "--seeds" => from_seeds = true,
            "--held-out" => held_out = true,
            "--speed" => speed = true,
            _ => binaries = Some(PathBuf::from(argument)),
        }
    }
    let Some(binaries) = binaries else {
        eprintln!("power DIR [--seeds] [--held-out] [--speed] [--target NAME]");
        std::process::exit(2);
    };
    let wanted = |target: &&&Target| only.as_deref().is_none_or(|only| only == target.name);
    let targets: Vec<&'static Target> = targets::ALL.iter().filter(wanted).copied().collect();
    if speed {
        measure_speed(&binaries, &targets);
    } else {
        measure_power(&binaries, &targets, from_seeds, held_out);
    }
}

/// A row of the table, and what it is measured by.
struct Row {
    target: &'static str,
    fault: &'static Fault,
    /// The executions until it was exposed, one for each seed of the engine.
    counts: Vec<Option<u64>>,
}

impl Row {
    fn median(&self) -> Option<u64> {
        let mut counts: Vec<u64> = self.counts.iter().map(|c| c.unwrap_or(u64::MAX)).collect();
        counts.sort_unstable();
        Some(counts[counts.len() / 2]).filter(|count| *count < u64::MAX)
    }

    fn worst(&self) -> Option<u64> {
        self.counts
            .iter()
            .copied()
            .max_by_key(|c| c.unwrap_or(u64::MAX))?
    }
}

fn measure_power(binaries: &Path, targets: &[&'static Target], from_seeds: bool, held_out: bool) {
    let most = if held_out { MOST_HELD_OUT } else { MOST };
    let mut rows: Vec<Row> = Vec::new();
    for target in targets {
        let Some(planted) = target.planted else {
            continue;
        };
        rows.extend(
            planted
                .faults
                .iter()
                .filter(|fault| fault.held_out == held_out)
                .map(|fault| Row {
                    target: target.name,
                    fault,
                    counts: Vec::new(),
                }),
        );
    }
    let next = AtomicUsize::new(0);
    let jobs = rows.len() * SEEDS as usize;
    let counts: Vec<(usize, Option<u64>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from))
            .map(|_| {
                scope.spawn(|| {
                    let mut counts = Vec::new();
                    loop {
                        let job = next.fetch_add(1, Ordering::Relaxed);
                        if job >= jobs {
                            return counts;
                        }
                        let row = &rows[job / SEEDS as usize];
                        let seed = 1 + job as u32 % SEEDS;
                        counts.push((job, expose(binaries, row, seed, most, from_seeds)));
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("no worker panics"))
            .collect()
    });
    let mut sorted = counts;
    sorted.sort_by_key(|(job, _)| *job);
    for (job, count) in sorted {
        rows[job / SEEDS as usize].counts.push(count);
    }
    print(&rows, most);
}

/// Runs the engine over a target with a planted fault until it is exposed.
fn expose(binaries: &Path, row: &Row, seed: u32, most: u64, from_seeds: bool) -> Option<u64> {
    let place = tempfile::tempdir().expect("a temporary directory");
    let corpus = place.path().join("corpus");
    if from_seeds {
        seeds::write(row.target, &corpus).expect("the seeds can be written");
    } else {
        std::fs::create_dir(&corpus).expect("a corpus can be made");
    }
    let output = Command::new(binaries.join("planted"))
        .env("UNSTICK_FUZZ_TARGET", row.target)
        .env("UNSTICK_FUZZ_FAULT", row.fault.name)
        .env("UNSTICK_FUZZ_NO_SEEDS", "1")
        .arg(format!("-seed={seed}"))
        .arg(format!("-runs={most}"))
        .arg(format!("-artifact_prefix={}/", place.path().display()))
        .arg("-print_final_stats=1")
        .arg(&corpus)
        .output()
        .expect("the planted target runs");
    let executed = executed(&output);
    (!output.status.success()).then_some(executed)
}

/// Number of executions that the engine says it made.
fn executed(output: &Output) -> u64 {
    let log = String::from_utf8_lossy(&output.stderr);
    log.lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or_else(|| panic!("the engine says nothing of its executions:\n{log}"))
}

fn shown(count: Option<u64>) -> String {
    count.map_or_else(|| "missed".to_owned(), |count| count.to_string())
}

fn print(rows: &[Row], most: u64) {
    println!("| target | fault | what is wrong | found | median | worst |");
    println!("|---|---|---|---|---|---|");
    for row in rows {
        let found = row.counts.iter().flatten().count();
        println!(
            "| `{}` | {} | {} | {found} of {SEEDS} | {} | {} |",
            row.target,
            row.fault.name,
            row.fault.what,
            shown(row.median()),
            shown(row.worst()),
        );
    }
    println!();
    summary(
        "every target by itself",
        rows.iter().map(|row| row.counts.clone()),
        most,
    );
    if !rows.iter().any(|row| row.target == "decoder") {
        return;
    }
    // Two targets look for faults of decoders: run in turns, the earlier one counts, and the
    // executions of both.
    let both = rows
        .iter()
        .filter(|row| row.target != "decoder_structured")
        .map(|row| {
            let other = rows.iter().find(|other| {
                other.target == "decoder_structured"
                    && row.target == "decoder"
                    && other.fault.name == row.fault.name
            });
            match other {
                None => row.counts.clone(),
                Some(other) => row
                    .counts
                    .iter()
                    .zip(&other.counts)
                    .map(|(one, two)| {
                        let earlier = one.unwrap_or(u64::MAX).min(two.unwrap_or(u64::MAX));
                        (earlier < u64::MAX).then(|| earlier * 2)
                    })
                    .collect(),
            }
        });
    summary("the two decoder targets in turns", both, most);
}

fn summary(what: &str, rows: impl Iterator<Item = Vec<Option<u64>>>, most: u64) {
    let rows: Vec<Vec<Option<u64>>> = rows.collect();
    let within = |count: &&Option<u64>| count.is_some_and(|count| count <= most);
    let mut all: Vec<u64> = rows
        .iter()
        .flatten()
        .map(|count| count.unwrap_or(u64::MAX))
        .collect();
    all.sort_unstable();
    let found = rows.iter().flatten().filter(within).count();
    let missed = rows
        .iter()
        .filter(|row| row.iter().filter(within).count() == 0)
        .count();
    println!(
        "{what}: {} faults, {found} of {} (fault, seed) pairs within {most} executions ({:.1} %), \
         median {}, {missed} faults missed by all seeds",
        rows.len(),
        all.len(),
        100.0 * found as f64 / all.len() as f64,
        all[all.len() / 2],
    );
}

/// Executions per second of each target, as a ratio to those of the empty one.
fn measure_speed(binaries: &Path, targets: &[&'static Target]) {
    let speed = |name: &str| -> f64 {
        let corpus = tempfile::tempdir().expect("a temporary directory");
        let output = Command::new(binaries.join(name))
            .env("UNSTICK_FUZZ_NO_SEEDS", "1")
            .arg("-seed=1")
            .arg(format!("-max_total_time={SPEED_SECONDS}"))
            .arg("-print_final_stats=1")
            .arg(format!("-artifact_prefix={}/", corpus.path().display()))
            .arg(corpus.path())
            .output()
            .expect("the target runs");
        assert!(output.status.success(), "{name} found something");
        executed(&output) as f64
    };
    let empty = speed("empty");
    println!("| target | ratio to the empty target |\n|---|---|\n| `empty` | 1 |");
    for target in targets {
        println!("| `{}` | {:.3} |", target.name, speed(target.name) / empty);
    }
}
