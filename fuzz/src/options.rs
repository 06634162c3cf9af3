//! The options of a target, in effect however it is run.
//!
//! They are kept beside the target in the form that ClusterFuzz reads (`options/NAME.options`);
//! libFuzzer itself takes them from the command line only. So a target that is started without
//! one of them starts itself again with it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::seeds;

/// Where this crate lay when it was built. Elsewhere there are neither seeds nor
/// dictionaries, and the engine brings its own.
const HOME: &str = env!("CARGO_MANIFEST_DIR");

/// Set to anything, this keeps the seeds away: to measure from an empty corpus.
const NO_SEEDS: &str = "UNSTICK_FUZZ_NO_SEEDS";

/// The options of a target, by its name.
const OPTIONS: &[(&str, &str)] = &[
    ("capture", include_str!("../options/capture.options")),
    ("decoder", include_str!("../options/decoder.options")),
    (
        "decoder_structured",
        include_str!("../options/decoder_structured.options"),
    ),
    (
        "differential",
        include_str!("../options/differential.options"),
    ),
    ("empty", include_str!("../options/empty.options")),
    (
        "file_header",
        include_str!("../options/file_header.options"),
    ),
    ("framing", include_str!("../options/framing.options")),
    ("roundtrip", include_str!("../options/roundtrip.options")),
    ("session", include_str!("../options/session.options")),
    ("trace", include_str!("../options/trace.options")),
    ("transfer", include_str!("../options/transfer.options")),
    ("verified", include_str!("../options/verified.options")),
];

/// Sees that the options of a target, its dictionary and its seeds are in effect. To be called
/// before anything else; it may start the program anew.
///
/// # Panics
/// When the program cannot be started again.
pub fn in_effect(target: &str) {
    let given: Vec<OsString> = env::args_os().collect();
    let missing = missing(target, &given, env::var_os(NO_SEEDS).is_none());
    if missing.is_empty() {
        return;
    }
    let program = env::current_exe().expect("the program knows itself");
    let error = Command::new(program).args(&given[1..]).args(missing).exec();
    panic!("{target} could not be started again with its options: {error}");
}

fn missing(target: &str, given: &[OsString], with_seeds: bool) -> Vec<OsString> {
    let options = OPTIONS
        .iter()
        .find(|(name, _)| *name == target)
        .map_or("", |(_, options)| options);
    let mut missing: Vec<OsString> = options
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .filter(|(flag, _)| !has_flag(given, flag))
        // A run that minimises sets the greatest length itself, and ends when it is set already.
        .filter(|(flag, _)| *flag != "max_len" || !minimises(given))
        .filter_map(|(flag, value)| match flag {
            "dict" => dictionary(value),
            _ => Some(format!("-{flag}={value}").into()),
        })
        .collect();
    if with_seeds && takes_seeds(given) {
        missing.extend(seeds_of(target).filter(|seeds| !given.contains(seeds)));
    }
    missing
}

fn has_flag(given: &[OsString], flag: &str) -> bool {
    let start = format!("-{flag}=");
    given
        .iter()
        .any(|argument| argument.to_string_lossy().starts_with(&start))
}

fn minimises(given: &[OsString]) -> bool {
    ["minimize_crash", "minimize_crash_internal_step"]
        .into_iter()
        .any(|flag| has_flag(given, flag))
}

fn dictionary(name: &str) -> Option<OsString> {
    let path = Path::new(HOME).join("dictionaries").join(name);
    path.is_file().then(|| {
        let mut flag = OsString::from("-dict=");
        flag.push(path);
        flag
    })
}

/// Seeds are for runs over a corpus: not for single inputs, merges, or the workers that a
/// run in several processes starts.
fn takes_seeds(given: &[OsString]) -> bool {
    let other = ["merge", "cleanse_crash", "seed_inputs", "stop_file"];
    let mut positional = given[1..]
        .iter()
        .filter(|argument| !argument.to_string_lossy().starts_with('-'));
    !minimises(given)
        && !other.into_iter().any(|flag| has_flag(given, flag))
        && positional.any(|argument| Path::new(argument).is_dir())
}

/// The directory with the seeds of a target, which is made when it is not there yet.
fn seeds_of(target: &str) -> Option<OsString> {
    if !Path::new(HOME).is_dir() {
        return None;
    }
    let dir = PathBuf::from(HOME).join("seeds").join(target);
    if !dir.is_dir() {
        seeds::write(target, &dir).ok()?;
    }
    Some(OsStr::new(&dir).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets;

    #[test]
    fn every_target_has_its_options_and_its_dictionary() {
        for target in targets::ALL {
            let flags = missing(target.name, &["target".into()], false);
            assert!(!flags.is_empty(), "{}", target.name);
            let file = format!("{HOME}/options/{}.options", target.name);
            let wanted = std::fs::read_to_string(&file).unwrap();
            let named = wanted.lines().filter(|line| line.contains(" = ")).count();
            assert_eq!(flags.len(), named, "{}", target.name);
        }
    }

    #[test]
    fn what_is_given_stays_and_the_rest_is_added() {
        let given = |arguments: &[&str]| -> Vec<OsString> {
            arguments
                .iter()
                .map(|argument| (*argument).into())
                .collect()
        };
        let added = missing("decoder", &given(&["decoder", "-max_len=9"]), false);
        assert_eq!(added, ["-len_control=0", "-entropic_scale_per_exec_time=1"]);
        let all = given(&[
            "decoder",
            "-max_len=9",
            "-len_control=100",
            "-entropic_scale_per_exec_time=0",
            ".",
        ]);
        assert_eq!(missing("decoder", &all, false), [""; 0]);
        let minimising = given(&["decoder", "-minimize_crash=1", "crash"]);
        assert_eq!(missing("decoder", &minimising, false), added);
        assert!(takes_seeds(&all));
        assert!(!takes_seeds(&given(&["decoder", "-merge=1", "."])));
        assert!(!takes_seeds(&given(&["decoder", "Cargo.toml"])));
    }
}
