//! Nothing of the user's is deleted, whatever is named by `--dir` and whatever a server makes of
//! its directory. All of it in throw-away directories.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;
use unstick::judge::check::Verdict;

use crate::support::served::{Served, names};
use crate::support::{Ran, judge, program, unstick, with_verdict};

/// Judges what runs at an address, with files in `dir`, from a working directory and with a home
/// directory of our choice.
fn judged(address: &str, dir: &str, work: &Path, home: &Path, options: &[&str]) -> Ran {
    program()
        .args(["server", "--connect", address, "--dir", dir])
        .args(options)
        .current_dir(work)
        .env("HOME", home)
        .output()
        .unwrap()
        .into()
}

#[test]
fn a_directory_that_may_be_the_users_is_refused_before_anything_happens() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    for dir in ["users/home", "projects/deep/work", "fresh", "full"] {
        fs::create_dir_all(at(dir)).unwrap();
    }
    symlink(at("fresh"), at("link")).unwrap();
    fs::write(at("full/thesis.txt"), "years of work").unwrap();
    fs::write(at("file"), "kept").unwrap();
    // Never a real directory, not even one that is sure to be refused: `/` and mount points are
    // for the unit tests, which only look. Whoever connected would be seen here.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let absolute = |name: &str| at(name).to_str().unwrap().to_owned();
    for (dir, why) in [
        (absolute("users/home"), "is the home directory"),
        (absolute("users"), "is a directory above the home directory"),
        (absolute("projects/deep/work"), "is the working directory"),
        (".".to_owned(), "is the working directory"),
        (
            "..".to_owned(),
            "is a directory above the working directory",
        ),
        (
            absolute("projects"),
            "is a directory above the working directory",
        ),
        (absolute("link"), "is a symbolic link"),
        (absolute("link/"), "is a symbolic link"),
        (absolute("full"), "is not empty (it holds \"thesis.txt\")"),
        (absolute("file"), "Not a directory"),
        (absolute("none"), "No such file or directory"),
    ] {
        let work = at("projects/deep/work");
        let ran = judged(&address, &dir, &work, &at("users/home"), &[]);
        assert_eq!(ran.status, 2, "{dir}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{dir}: {}", ran.stderr);
        assert!(listener.accept().is_err(), "{dir}: there was a connection");
    }
    assert_eq!(fs::read(at("full/thesis.txt")).unwrap(), b"years of work");
    assert_eq!(fs::read(at("file")).unwrap(), b"kept");
    let left = ["file", "fresh", "full", "link", "projects", "users"];
    assert_eq!(names(root.path()), left);
    for dir in ["users/home", "projects/deep/work", "fresh"] {
        assert_eq!(names(&at(dir)), [""; 0], "{dir}");
    }
}

/// All cases, so that none stores files under a name that is not on the list of what is removed.
#[test]
fn a_run_leaves_its_marker_alone_and_the_files_of_others() {
    let work = tempfile::tempdir().unwrap();
    let served = Served::start(&["--max-sessions", "64"]);
    let dir = served.dir.path();
    let run = |options: &[&str]| {
        judged(
            &served.address,
            dir.to_str().unwrap(),
            work.path(),
            work.path(),
            options,
        )
    };
    let ran = run(&[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(served.names(), [".unstick-directory"]);
    fs::write(dir.join("thesis.txt"), "years of work").unwrap();
    fs::create_dir(dir.join("folder")).unwrap();
    fs::write(dir.join("folder/a.bin"), "kept").unwrap();
    let ran = run(&["--run", "trf/body-1*", "--run", "trf/refused-*"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(
        served.names(),
        [".unstick-directory", "folder", "thesis.txt"]
    );
    assert_eq!(fs::read(dir.join("thesis.txt")).unwrap(), b"years of work");
    assert_eq!(fs::read(dir.join("folder/a.bin")).unwrap(), b"kept");
    // A name that the run itself has files stored under.
    fs::write(dir.join("a.bin"), "not to be overwritten").unwrap();
    let ran = run(&["--run", "trf/body-1*"]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("holds \"a.bin\""), "{}", ran.stderr);
    assert_eq!(
        fs::read(dir.join("a.bin")).unwrap(),
        b"not to be overwritten"
    );
}

/// A server in Python, right but for the one line that it runs at the first message of a session.
fn hostile(oddity: &str, precious: &TempDir) -> [String; 6] {
    let script = format!(
        r#"
import os, shutil, socket, struct, sys, time
port, root, target = int(sys.argv[1]), sys.argv[2], sys.argv[3]
did = []
def odd(where):
    if did: return
    {oddity}
def full(c, n):
    b = b""
    while len(b) < n:
        d = c.recv(n - len(b))
        if not d: raise EOFError
        b += d
    return b
def session(c):
    while True:
        t = full(c, struct.unpack(">I", full(c, 4))[0]).decode()
        odd(t)
        if t == "file":
            h = full(c, struct.unpack(">I", full(c, 4))[0]).decode()
            name, _, size = h.rpartition(",")
            body = full(c, int(size))
            odd(name)
            p = os.path.join(root, name)
            if not os.path.lexists(p):
                with open(p, "wb") as f: f.write(body)
            continue
        r = (t + " " + time.strftime("%Y-%m-%d %H:%M:%S")).encode()
        c.sendall(struct.pack(">I", len(r)) + r)
l = socket.create_server(("127.0.0.1", port))
while True:
    c, _ = l.accept()
    with c:
        try: session(c)
        except EOFError: pass
"#
    );
    let target = precious.path().to_str().unwrap().to_owned();
    ["python3", "-c", &script, "{port}", "{dir}", &target].map(str::to_owned)
}

fn precious() -> TempDir {
    let precious = tempfile::tempdir().unwrap();
    fs::write(precious.path().join("a.bin"), "years of work").unwrap();
    fs::create_dir(precious.path().join("folder")).unwrap();
    fs::write(precious.path().join("folder/kept"), "kept").unwrap();
    precious
}

fn untouched(precious: &TempDir) {
    assert_eq!(names(precious.path()), ["a.bin", "folder"]);
    assert_eq!(
        fs::read(precious.path().join("a.bin")).unwrap(),
        b"years of work"
    );
    assert_eq!(
        fs::read(precious.path().join("folder/kept")).unwrap(),
        b"kept"
    );
}

/// At the first message, so before the run has placed anything; and in the middle of a transfer.
#[test]
fn a_link_in_the_place_of_a_servers_directory_is_a_finding_and_not_followed() {
    for oddity in [
        "did.append(1); shutil.rmtree(root); os.symlink(target, root)",
        "where == 'a.bin' and (did.append(1), shutil.rmtree(root), os.symlink(target, root))",
        "beside = os.path.join(os.path.dirname(root), 'outside'); did.append(1); \
         shutil.rmtree(beside); os.symlink(target, beside)",
        "place = os.path.dirname(root); did.append(1); shutil.rmtree(place); os.symlink(target, place)",
    ] {
        let precious = precious();
        let command = hostile(oddity, &precious);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let (ran, report) = judge(&["--run", "trf/body-1"], &command);
        assert!([1, 3].contains(&ran.status), "{oddity}: {}", ran.stdout);
        let pass = with_verdict(&report, Verdict::Pass);
        let transfers = pass.filter(|check| check.id.starts_with("trf/"));
        assert_eq!(transfers.count(), 0, "{oddity}");
        untouched(&precious);
    }
}

/// Files that would be read for ever, or into all memory, are not read.
#[test]
fn what_takes_the_place_of_a_file_is_not_opened() {
    let precious_still = precious();
    let right = hostile("pass", &precious_still);
    let right: Vec<&str> = right.iter().map(String::as_str).collect();
    let (ran, _) = judge(&["--run", "trf/body-1"], &right);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    for oddity in [
        "where == 'a.bin' and os.mkfifo(os.path.join(root, where))",
        "where == 'a.bin' and os.symlink('/dev/zero', os.path.join(root, where))",
        "where == 'a.bin' and os.truncate(os.open(os.path.join(root, where), os.O_CREAT | os.O_RDWR), 1 << 40)",
        "where == 'a.bin' and os.makedirs(os.path.join(root, where, 'sub'))",
    ] {
        let precious = precious();
        let command = hostile(oddity, &precious);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let (ran, report) = judge(&["--run", "trf/body-1"], &command);
        assert_eq!(ran.status, 1, "{oddity}: {}{}", ran.stdout, ran.stderr);
        assert!(report.summary().fail > 0, "{oddity}");
        untouched(&precious);
    }
}

/// The directory of a server that has ended is gone with it. That is the server's doing, and the next
/// check has a fresh one.
#[test]
fn a_server_that_ends_between_two_checks_is_started_again() {
    let precious = precious();
    let oddity = "where == 'a.bin' and (did.append(1), \
                  __import__('threading').Timer(0.02, os._exit, [1]).start())";
    let command = hostile(oddity, &precious);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    // All fifty checks go to a single server, and take longer than it lives.
    let (ran, report) = judge(&["--run", "trf/body-1*", "--jobs", "1"], &command);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(
        with_verdict(&report, Verdict::Error).next(),
        None,
        "{}",
        ran.stdout
    );
    untouched(&precious);
}

#[test]
fn a_foreign_file_that_appears_during_a_run_stays() {
    let work = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let dir = served.dir.path().to_str().unwrap().to_owned();
    let foreign = served.dir.path().join("foreign.txt");
    let run = std::thread::spawn({
        let (address, foreign) = (served.address.clone(), foreign.clone());
        let marker = served.dir.path().join(".unstick-directory");
        move || {
            let place = std::thread::spawn(move || {
                while !marker.exists() {
                    std::thread::yield_now();
                }
                fs::write(foreign, "foreign").unwrap();
            });
            let only = ["--run", "trf/body-*"];
            let ran = judged(&address, &dir, work.path(), work.path(), &only);
            place.join().unwrap();
            ran
        }
    });
    let ran = run.join().unwrap();
    assert!(ran.status <= 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(served.names(), [".unstick-directory", "foreign.txt"]);
    assert_eq!(fs::read(foreign).unwrap(), b"foreign");
}

/// A client may put links to the user's files where the suite places, cuts and extends files.
#[test]
fn a_link_that_a_client_places_is_not_written_through() {
    let precious = precious();
    let script = r#"
import os, shutil, sys
root, target = sys.argv[1], sys.argv[2]
shutil.rmtree(root); os.symlink(target, root)
import time
time.sleep(60)
"#;
    let target = precious.path().to_str().unwrap();
    let ran = unstick([
        "client",
        "--run",
        "client/two-files",
        "--timeout",
        "1",
        "--",
        "python3",
        "-c",
        script,
        "{dir}",
        target,
        "{host}",
        "{port}",
    ]);
    assert_ne!(ran.status, 0, "{}", ran.stdout);
    untouched(&precious);
}
