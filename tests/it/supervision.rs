//! Nothing that a program under test does to processes, signals or its directory makes a run hang,
//! or leaves a process or a directory behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use unstick::testee::launch::Template;
use unstick::testee::server::{Origin, Server};

use crate::support::matrix::is_whole;
use crate::support::{UNSTICK, program, project};

/// Number of tries of each kind of fork: what goes wrong is a race.
fn tries() -> usize {
    if is_whole() { 20 } else { 4 }
}

/// Time that a run may take on a loaded machine. It takes less than a second on an idle one, and
/// 20 s where every bound is exhausted.
const BOUND: Duration = Duration::from_secs(120);

/// The planted program; `None`, with a word, where there is no C compiler.
fn forks() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("forks");
        let compiled = Command::new("cc")
            .args(["-O1", "-pthread", "-o"])
            .arg(&program)
            .arg(project("testees/forks.c"))
            .status();
        match compiled {
            Ok(status) => {
                assert!(status.success(), "testees/forks.c does not compile");
                Some((dir, program))
            }
            Err(error) => {
                println!("skipped: no C compiler: {error}");
                None
            }
        }
    });
    built.as_ref().map(|(_, program)| program.as_path())
}

/// A run against the planted program in this mode, with a directory for temporary files of its own.
fn begin(forks: &Path, mode: &str, temp: &Path) -> Child {
    program()
        .args(["server", "--class", "framing", "--timeout", "1"])
        .args(["--run", "frm/two", "--"])
        .arg(forks)
        .args([mode, "{port}", "{dir}"])
        .env("TMPDIR", temp)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the end of a run, and says how it ended and what it wrote.
fn end(mut run: Child, mode: &str) -> (i32, String) {
    let started = Instant::now();
    loop {
        if run.try_wait().unwrap().is_some() {
            let output = run.wait_with_output().unwrap();
            let mut wrote = String::from_utf8_lossy(&output.stdout).into_owned();
            wrote += &String::from_utf8_lossy(&output.stderr);
            return (output.status.code().unwrap_or(-1), wrote);
        }
        if started.elapsed() > BOUND {
            run.kill().unwrap();
            panic!("{mode}: the run hangs");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The processes that have this in their command line or in their environment.
fn processes_with(mark: &str) -> Vec<String> {
    let mark = mark.as_bytes();
    let own = std::process::id().to_string();
    let names = fs::read_dir("/proc").unwrap().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|pid| pid.starts_with(|first: char| first.is_ascii_digit()) && *pid != own)
        .filter(|pid| {
            ["cmdline", "environ"].iter().any(|file| {
                fs::read(format!("/proc/{pid}/{file}"))
                    .is_ok_and(|text| text.windows(mark.len()).any(|part| part == mark))
            })
        })
        .collect()
}

fn wait_until_nothing_is_left(temp: &Path, mode: &str) {
    wait_and_meanwhile(temp, mode, |_| {});
}

/// Waits until nothing is left, and does something to the processes that are, again and again.
fn wait_and_meanwhile(temp: &Path, mode: &str, meanwhile: impl Fn(&[String])) {
    let started = Instant::now();
    loop {
        let processes = processes_with(temp.to_str().unwrap());
        let files: Vec<_> = fs::read_dir(temp).unwrap().flatten().collect();
        if processes.is_empty() && files.is_empty() {
            return;
        }
        assert!(
            started.elapsed() < BOUND,
            "{mode}: left are {processes:?} and {files:?}"
        );
        meanwhile(&processes);
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs each mode so often, two runs at a time, and hands over how they ended.
fn rounds(modes: &[&str], rounds: usize, ended: impl Fn(&str, i32, &str) + Sync) {
    let Some(program) = forks() else { return };
    for mode in modes {
        let ended = &ended;
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(move || {
                    for _ in 0..rounds.div_ceil(2) {
                        let temp = tempfile::tempdir().unwrap();
                        let (status, wrote) = end(begin(program, mode, temp.path()), mode);
                        // When the run has ended, and not some time after.
                        let left = processes_with(temp.path().to_str().unwrap());
                        assert!(left.is_empty(), "{mode}: left are {left:?}");
                        ended(mode, status, &wrote);
                        wait_until_nothing_is_left(temp.path(), mode);
                    }
                });
            }
        });
    }
}

/// All of its processes end with the run.
#[test]
fn a_daemon_is_judged_as_any_server_and_not_left_behind() {
    let modes = ["daemon", "daemon-closed", "daemon-deaf"];
    rounds(&modes, tries(), |mode, status, wrote| {
        assert_eq!(status, 0, "{mode}: {wrote}");
    });
}

#[test]
fn whatever_is_forked_beside_a_server_ends_with_it() {
    let modes = [
        "plain",
        "beside",
        "beside-closed",
        "beside-deaf",
        "chain",
        "chaser",
    ];
    rounds(&modes, tries(), |mode, status, wrote| {
        assert_eq!(status, 0, "{mode}: {wrote}");
    });
}

#[test]
fn a_guard_withstands_the_signals_that_people_send_to_parents() {
    rounds(&["signals", "realtime"], 6, |mode, status, wrote| {
        assert_eq!(status, 0, "{mode}: {wrote}");
    });
}

#[test]
fn a_guard_that_is_stopped_is_woken_to_end() {
    rounds(&["stops-guard"], 2, |mode, status, wrote| {
        assert_eq!(status, 0, "{mode}: {wrote}");
    });
}

/// The end of each process takes some seconds where its guard, which is stopped, cannot tell of it: more than
/// [`BOUND`] for all.
#[test]
fn a_guard_that_a_codec_stops_is_woken_to_tell_of_its_end() {
    let temp = tempfile::tempdir().unwrap();
    let stops = ["sh", "-c", "kill -STOP $PPID; exec cat"];
    let run = program()
        .args(["codec", "--run", "frm/two", "--run", "len/2*", "--"])
        .args(stops)
        .env("TMPDIR", temp.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (status, wrote) = end(run, "stops-guard");
    assert_eq!(status, 0, "{wrote}");
    wait_until_nothing_is_left(temp.path(), "stops-guard");
}

/// As of a program in C whose first thread calls `pthread_exit`.
#[test]
fn a_server_whose_first_thread_has_ended_is_seen() {
    let Some(forks) = forks() else { return };
    let mut command = vec![forks.into()];
    command.extend(["first-thread-ends", "{port}", "{dir}"].map(Into::into));
    let mut server = Server::new(Origin::Command(Template {
        command,
        timeout: BOUND,
        guard: Some(UNSTICK.into()),
        env: Vec::new,
    }))
    .unwrap();
    assert!(server.resident() > Some(0));
}

/// A server that ends its guard is judged as any other, and ends with the run all the same.
#[test]
fn the_harness_ends_what_a_killed_guard_leaves() {
    let modes = ["kills-guard", "kills-guard-closed", "daemon-kills"];
    rounds(&modes, tries(), |mode, status, wrote| {
        assert_eq!(status, 0, "{mode}: {wrote}");
    });
}

/// However the server leaves its directory. (Root may read everything; an ordinary user sees more here.)
#[test]
fn directories_are_removed_whatever_was_made_of_them() {
    rounds(&["unreadable", "deep"], 2, |mode, status, wrote| {
        assert_eq!(status, 0, "{mode}: {wrote}");
    });
}

/// In the middle of anything, such as the start of a daemon.
#[test]
fn signals_end_a_run_at_any_moment() {
    let Some(program) = forks() else { return };
    for mode in ["daemon", "chaser", "stops-guard"] {
        for (round, signal) in ["-TERM", "-INT", "-TERM", "-INT", "-KILL"]
            .iter()
            .enumerate()
        {
            let temp = tempfile::tempdir().unwrap();
            let run = begin(program, mode, temp.path());
            let started = Instant::now();
            while processes_with(temp.path().to_str().unwrap()).len() < 1 + round
                && started.elapsed() < Duration::from_millis(50)
            {}
            let pid = run.id().to_string();
            let sent = Command::new("kill").args([*signal, pid.as_str()]).status();
            assert!(sent.unwrap().success());
            end(run, mode);
            let unstick_is_gone = *signal == "-KILL";
            wait_and_meanwhile(temp.path(), mode, |left| {
                // Nobody else is left to wake the guard, which the server may stop only now.
                if (mode, unstick_is_gone) == ("stops-guard", true) {
                    for pid in left {
                        Command::new("kill").args(["-CONT", pid]).status().unwrap();
                    }
                }
            });
        }
    }
}

/// As an upgrade does.
#[test]
fn the_file_of_the_program_may_be_replaced_during_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("unstick");
    let temp = dir.path().join("temp");
    fs::create_dir(&temp).unwrap();
    fs::copy(UNSTICK, &copy).unwrap();
    // Codecs are started again and again; the first start waits here.
    let go = dir.path().join("go");
    let waits = format!("until test -e {}; do :; done; exec cat", go.display());
    let run = Command::new(&copy)
        .args(["codec", "--run", "frm/two*", "--", "sh", "-c", &waits])
        .env("TMPDIR", &temp)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while processes_with(temp.to_str().unwrap()).len() < 2 {
        assert!(started.elapsed() < BOUND);
    }
    fs::remove_file(&copy).unwrap();
    fs::write(&copy, "not a program").unwrap();
    fs::write(&go, "").unwrap();
    let (status, wrote) = end(run, "replaced");
    assert_eq!(status, 0, "{wrote}");
}
