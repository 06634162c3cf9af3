//! Mistakes on somebody's first day: each is told what to type instead.

use crate::support::{UNSTICK, example, project, unstick};

#[test]
fn wrong_usage_is_told_what_to_type_instead() {
    for (arguments, status, why) in [
        (
            &["server", "python3", "server.py"][..],
            2,
            "stands behind `--`",
        ),
        (&["server"], 2, "--connect HOST:PORT"),
        (
            &["server", "--", "x", "{prot}"],
            2,
            "{prot} in the command is not filled in; those are {port} {host} {dir}",
        ),
        (
            &["server", "--", "x", "--dir={dri}", "{port}"],
            2,
            "{dri} in the command",
        ),
        (
            &["client", "--", "x", "{hots}", "{port}"],
            2,
            "{hots} in the command",
        ),
        (
            &["fuzz", "server", "--connect", "127.0.0.1:7"],
            2,
            "unstick fuzz server -- python3 server.py {port} {dir}",
        ),
        (
            &["fuzz", "redis.json", "--connect=127.0.0.1:7", "--", "x"],
            2,
            "fuzz has no --connect",
        ),
        (
            &["fuzz", "redis.json", "redis-server", "--port", "7"],
            2,
            "stands behind `--`",
        ),
        (
            &["server", "--max-payload", "10", "--", "x"],
            2,
            "FRM-7 asks for a limit of at least 65536",
        ),
        (&["explain", "frm3"], 2, "did you mean FRM-3?"),
        (&["explain", "frm/Two"], 2, "did you mean frm/two?"),
    ] {
        let ran = unstick(arguments.iter().copied());
        assert_eq!(ran.status, status, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{arguments:?}: {}", ran.stderr);
    }
    // Braces that are no placeholders are the program's own.
    let ran = unstick([
        "server",
        "--",
        "/none/x",
        "${prot}",
        "{\"json\": 1}",
        "{port}",
    ]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
}

#[test]
fn serve_makes_its_directory() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("new/received");
    let command = [
        "serve",
        "--listen",
        "{host}:{port}",
        "--dir",
        dir.to_str().unwrap(),
    ];
    let options = [
        "server", "--class", "session", "--run", "frm/two", "--", UNSTICK,
    ];
    let ran = unstick(options.into_iter().chain(command));
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(dir.is_dir());
    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    let ran = unstick(["serve", "--dir", file.to_str().unwrap()]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

/// Traces of frames alone, one of them not text: a transfer server answers, and owes only the other.
#[test]
fn replay_takes_the_class_from_what_the_server_shows() {
    let [two, octets, body] = ["frm/two", "frm/all-octets", "trf/body-1"]
        .map(|id| project(&format!("fixtures/{id}.json")));
    let faulty = example("faulty_server");
    let transfer = ["--", &faulty, "--port", "{port}", "--dir", "{dir}"];
    let ran = unstick(["replay", &two, &octets].into_iter().chain(transfer));
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("assumed: class session"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("1 of 2 traces are left out"),
        "{}",
        ran.stderr
    );
    let ran = unstick(["replay", &two, &octets, &body].into_iter().chain(transfer));
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("assumed: class transfer"),
        "{}",
        ran.stderr
    );
    let echo = [
        "--", &faulty, "--port", "{port}", "--dir", "{dir}", "--echo",
    ];
    let ran = unstick(["replay", &two, &octets].into_iter().chain(echo));
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("assumed: class framing"),
        "{}",
        ran.stderr
    );
    // A failure is run again by its own trace.
    let fault = ["--fault", "body-off-by-one"];
    let ran = unstick(
        ["replay", &two, &body]
            .into_iter()
            .chain(transfer)
            .chain(fault),
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let again = format!("again: unstick replay {body} -- ");
    assert!(ran.stdout.contains(&again), "{}", ran.stdout);
}

#[test]
fn what_strangers_name_in_traces_is_refused_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(project("fixtures/trf/body-1.json")).unwrap();
    let path = dir.path().join("trace.json");
    let path = path.to_str().unwrap();
    for (from, to, why) in [
        ("\"a.bin\"", "\"../../a.bin\"", "stays in the directory"),
        ("\"trf/body-1\"", "\"../../x\"", "`id` is"),
        ("\"TRF-4\"", "\"TRF-99\"", "there is no requirement TRF-99"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        std::fs::write(path, changed).unwrap();
        let ran = unstick(["replay", path, "--", "/none/x", "{port}"]);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
    let fixture = project("fixtures/trf/body-1.json");
    let ran = unstick(["replay", &fixture, &fixture, "--", "/none/x", "{port}"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("has the id trf/body-1 too"),
        "{}",
        ran.stderr
    );
}
