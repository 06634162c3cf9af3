//! The command line: usage, exit status, and that nothing is left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Ran, example, program, project, unstick};

/// Directories and processes of the harness that are left, by the name that it gives them.
fn left_in(temp: &Path) -> Vec<String> {
    fs::read_dir(temp)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// The processes whose command line holds `mark`.
fn processes_with(mark: &str) -> Vec<u32> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid: &u32| {
            fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(mark))
        })
        .collect()
}

/// Waits for a fact, and for a minute at the most.
fn wait_for(what: &str, mut fact: impl FnMut() -> bool) {
    let started = Instant::now();
    while !fact() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn bad_usage_says_what_and_why() {
    let cases: [(&[&str], &str); 9] = [
        (&["server"], "nothing to judge"),
        (
            &["server", "--class", "codec", "--", "x"],
            "possible values: framing, session, transfer",
        ),
        (
            &["server", "--run", "frm/nothing", "--", "x"],
            "matches no case",
        ),
        (
            &["server", "--class", "framing", "--run", "msg/*", "--", "x"],
            "class framing",
        ),
        (&["server", "--run", "frm/[", "--", "x"], "is no pattern"),
        (
            &["server", "--connect", "nowhere", "--run", "frm/two"],
            "is no HOST:PORT",
        ),
        (
            &["server", "--json", "/nonexistent/report", "--", "x"],
            "/nonexistent/report cannot be written",
        ),
        (
            &["explain", "FRM-99"],
            "is neither a case nor a requirement",
        ),
        (&["cases", "nothing/*"], "matches no case"),
    ];
    for (arguments, message) in cases {
        let ran = unstick(arguments.iter().copied());
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(message),
            "{arguments:?}: {}",
            ran.stderr
        );
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_malformed_trace_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.json");
    let text = fs::read_to_string(project("fixtures/frm/two.json")).unwrap();
    fs::write(&path, text.replace("\"deliver\"", "\"delivers\"")).unwrap();
    let path = path.to_str().unwrap();
    let ran = unstick(["replay", path, "--", "x"]);
    assert_eq!(ran.status, 2);
    for part in [
        path,
        "unknown field `delivers`",
        "line 8 column",
        "trace.schema.json",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

#[test]
fn a_trace_is_replayed() {
    let program = example("faulty_server");
    let trace = project("fixtures/frm/two.json");
    let run = |fault: &str| {
        unstick([
            "replay", "--class", "session", &trace, "--", &program, "--port", "{port}", "--dir",
            "{dir}", "--fault", fault,
        ])
    };
    let right = run("trim");
    assert_eq!(right.status, 0, "{}", right.stdout);
    let wrong = run("one-frame-a-read");
    assert_eq!(wrong.status, 1);
    assert!(wrong.stdout.contains("FRM-3"), "{}", wrong.stdout);
}

#[test]
fn testees_that_do_not_start_are_told_apart() {
    let ill = example("misbehaving_server");
    let started = Instant::now();
    let run = |mode: &str| {
        unstick([
            "server",
            "--timeout",
            "1",
            "--",
            &ill,
            "--port",
            "{port}",
            mode,
        ])
    };
    let exits = run("exits");
    assert_eq!(exits.status, 3);
    assert!(
        exits.stderr.contains("with exit status 7"),
        "{}",
        exits.stderr
    );
    assert!(
        exits.stderr.contains("no configuration file"),
        "{}",
        exits.stderr
    );
    let deaf = run("never-listens");
    assert_eq!(deaf.status, 3);
    assert!(
        deaf.stderr.contains("nothing listens on 127.0.0.1:"),
        "{}",
        deaf.stderr
    );
    let missing = unstick(["server", "--", "/nonexistent/server"]);
    assert_eq!(missing.status, 3);
    assert!(
        missing.stderr.contains("cannot start /nonexistent/server"),
        "{}",
        missing.stderr
    );
    let unready = unstick(["server", "--timeout", "1", "--", "sleep", "600"]);
    assert_eq!(unready.status, 3);
    assert!(
        unready.stderr.contains("READY HOST:PORT"),
        "{}",
        unready.stderr
    );
    // Bounded, however bad the testee.
    assert!(started.elapsed() < Duration::from_secs(120));
}

/// Where the port is taken, no testee is started to find it so; another port is chosen then.
#[test]
fn the_guard_starts_nothing_where_the_port_is_taken() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("--port={}", listener.local_addr().unwrap().port());
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("place");
    let root = root.to_str().unwrap();
    let ran = unstick([
        "guard",
        &port,
        root,
        "--",
        "touch",
        &format!("{root}-started"),
    ]);
    assert_eq!(ran.status, 125);
    let port = port.trim_start_matches("--port=");
    assert_eq!(ran.stderr, format!("unstick-guard: port-taken {port}\n"));
    assert_eq!(left_in(temp.path()), [""; 0]);
}

#[test]
fn a_testee_that_ignores_signals_is_ended_all_the_same() {
    let ill = example("misbehaving_server");
    let temp = tempfile::tempdir().unwrap();
    let output = program()
        .args(["server", "--class", "framing", "--run", "frm/two", "--"])
        .args([&ill, "--port", "{port}", "deaf"])
        .env("TMPDIR", temp.path())
        .output()
        .unwrap();
    let ran = Ran::from(output);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(left_in(temp.path()), [""; 0]);
}

/// However the harness ends, by SIGKILL too: no child and no directory outlives it.
#[test]
fn nothing_outlives_the_harness() {
    let server = example("faulty_server");
    for signal in ["-INT", "-TERM", "-KILL"] {
        let temp = tempfile::tempdir().unwrap();
        let mark = temp.path().to_str().unwrap().to_owned();
        let mut harness = program()
            .args([
                "server", "--", &server, "--port", "{port}", "--dir", "{dir}",
            ])
            .args(["--habit", "slow-replies"])
            .env("TMPDIR", temp.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The guard and the testee both have the directory in their command lines.
        wait_for("the testee did not start", || {
            processes_with(&mark).len() >= 2
        });
        let pid = harness.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        let status = harness.wait().unwrap();
        if signal != "-KILL" {
            assert_eq!(status.code(), Some(3), "{signal}");
        }
        wait_for("a process is left", || processes_with(&mark).is_empty());
        wait_for("a directory is left", || left_in(temp.path()).is_empty());
    }
}

#[test]
fn the_reference_server_stops_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let dir = tempfile::tempdir().unwrap();
        let mut served = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(served.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        // A session that is underway does not hold it up, and a body cut short leaves nothing.
        let address = line.trim().strip_prefix("READY ").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(&mut stream, b"\0\0\0\x04file\0\0\0\x07a.bin,9half").unwrap();
        wait_for("the body did not arrive", || {
            !left_in(dir.path()).is_empty()
        });
        let pid = served.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(served.wait().unwrap().code(), Some(0), "{signal}");
        assert_eq!(left_in(dir.path()), [""; 0]);
    }
}

#[test]
fn a_server_that_runs_already_is_judged_without_its_memory() {
    let server = example("faulty_server");
    let dir = tempfile::tempdir().unwrap();
    // It chooses its port itself: one that we choose may be somebody else's by then.
    let mut running = Command::new(server)
        .args(["--port", "0", "--dir"])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(running.stdout.take().unwrap())
        .read_line(&mut ready)
        .unwrap();
    let address = ready.trim().strip_prefix("READY ").unwrap();
    let dir = dir.path().to_str().unwrap();
    let ran = unstick([
        "server",
        "--connect",
        address,
        "--dir",
        dir,
        "--skip",
        "len/*mib",
    ]);
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("the memory of this server cannot be seen from here")
    );
    assert!(ran.stdout.contains("links out of the directory"));
}

/// Colour is for terminals; a pipe gets none.
#[test]
fn a_pipe_gets_no_colour() {
    let server = example("faulty_server");
    let ran = unstick([
        "server",
        "--run",
        "msg/kept-*",
        "--",
        &server,
        "--port",
        "{port}",
        "--dir",
        "{dir}",
        "--fault",
        "trim",
    ]);
    assert_eq!(ran.status, 1);
    assert!(!ran.stdout.contains('\u{1b}'));
}
