//! SIGKILL to `record` and `recut`, at any moment: no process and no directory is left of a run, and no file.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use crate::support::{example, is_installed, program};

/// No machine is so loaded that a run takes longer to start or to end.
const BOUND: Duration = Duration::from_secs(120);

/// The moment of the signal: so many processes belong to the run, or the command was started so often.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Processes(usize),
    Starts(usize),
}

/// The processes of the run whose temporary directory this is.
fn processes_of(temp: &Path) -> Vec<String> {
    let mark = format!("TMPDIR={}", temp.display());
    let names = fs::read_dir("/proc").unwrap().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|pid| pid.starts_with(|first: char| first.is_ascii_digit()))
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environ| {
                let mut words = environ.split(|octet| *octet == 0);
                words.any(|word| word == mark.as_bytes())
            })
        })
        .collect()
}

fn files_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Waits until the moment has come, and fails if the run has ended before.
fn wait_for(moment: Moment, run: &mut Child, temp: &Path, starts: &Path) {
    let started = Instant::now();
    let has_come = || match moment {
        Moment::Processes(count) => processes_of(temp).len() >= count,
        Moment::Starts(count) => fs::read(starts).is_ok_and(|starts| starts.len() >= count),
    };
    while !has_come() {
        let ended = run.try_wait().unwrap();
        assert!(ended.is_none(), "the run ended by itself: {ended:?}");
        assert!(
            started.elapsed() < BOUND,
            "{moment:?}: the moment does not come"
        );
        thread::sleep(Duration::from_millis(2));
    }
}

/// The words after `unstick` and the command of a run over `kind`; the command notes each of its starts.
fn words(kind: &str, files: &Path, server: &TcpListener) -> Vec<String> {
    let path = |name: &str| files.join(name).to_str().unwrap().to_owned();
    let (recording, made) = (path("in.json"), path("made"));
    let steps = match kind {
        "client" => json!([{"answer": "68690a"}, {"send": "68690a"}, {"answer": "7965730a"}]),
        _ => json!([{"send": "0568656c6c6f"}, {"answer": {}}, {"send": "026869"}, {"answer": {}}]),
    };
    let trace = json!({"id": "x", "title": "x", "steps": steps});
    fs::write(&recording, trace.to_string()).unwrap();
    fs::write(path("in.txt"), "one\ntwo\n").unwrap();
    fs::create_dir(&made).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let client = "exec 3<>/dev/tcp/{host}/{port}; read a <&3; printf 'hi\\n' >&3; read b <&3";
    let (words, command) = match kind {
        "server" => (
            vec!["recut".to_owned(), "--fresh".to_owned(), recording],
            format!("exec {} varint right {{port}}", example("cut_server")),
        ),
        "filter" => (
            vec!["recut".to_owned(), "--filter".to_owned(), path("in.txt")],
            "exec cat".to_owned(),
        ),
        "client" => (
            vec!["recut".to_owned(), "--client".to_owned(), recording],
            client.to_owned(),
        ),
        _ => {
            let mut words: Vec<String> =
                ["record", "--to", &address, "-o"].map(str::to_owned).into();
            words.push(format!("{made}/out.json"));
            // A process in the background is part of it too.
            (words, format!("sleep 1000 & {client}; wait"))
        }
    };
    let noted = format!("printf . >> {}; {command}", path("starts"));
    let command = ["--", "bash", "-c", &noted].map(str::to_owned);
    words.into_iter().chain(command).collect()
}

#[rstest]
#[case::server("server", &[Moment::Processes(2), Moment::Processes(3), Moment::Starts(1), Moment::Starts(6)])]
#[case::filter("filter", &[Moment::Processes(2), Moment::Processes(3), Moment::Starts(1), Moment::Starts(6)])]
#[case::client("client", &[Moment::Processes(2), Moment::Processes(3), Moment::Starts(1), Moment::Starts(6)])]
#[case::record("record", &[Moment::Processes(1), Moment::Processes(2), Moment::Processes(3), Moment::Starts(1)])]
fn nothing_is_left(#[case] kind: &str, #[case] moments: &[Moment]) {
    if !is_installed("bash") {
        return;
    }
    // Nobody answers: the recorded client waits until it is ended.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    for moment in moments {
        let (files, temp) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut run = program()
            .args(words(kind, files.path(), &server))
            .env("TMPDIR", temp.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(*moment, &mut run, temp.path(), &files.path().join("starts"));
        // SIGKILL: nothing of the program itself can tidy up after it.
        run.kill().unwrap();
        run.wait().unwrap();
        let started = Instant::now();
        loop {
            let left = (processes_of(temp.path()), files_in(temp.path()));
            if left == (Vec::new(), Vec::new()) {
                break;
            }
            assert!(started.elapsed() < BOUND, "{kind}, {moment:?}: {left:?}");
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(files_in(&files.path().join("made")), [""; 0], "{moment:?}");
    }
}
