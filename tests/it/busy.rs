//! Time that a busy server is waited for is counted in its own processor time: load beside it changes
//! no verdict.

use std::process::{Child, Command};

use rstest::rstest;
use unstick::judge::check::Verdict;

use crate::support::{Ran, ids, judge, project, with_verdict};

/// Memory that the server may come to use, in KiB: two lengths of 4 GiB at once, and room.
const NEEDED: u64 = 12 << 20;

/// Loops that take the processors away.
struct Load(Vec<Child>);

impl Load {
    fn begin(loops: usize) -> Self {
        let busy = || {
            Command::new("sh")
                .args(["-c", "while :; do :; done"])
                .spawn()
        };
        Self((0..loops).map(|_| busy().unwrap()).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for busy in &mut self.0 {
            busy.kill().unwrap();
            busy.wait().unwrap();
        }
    }
}

fn available_memory() -> u64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap();
    let line = info.lines().find(|line| line.starts_with("MemAvailable"));
    let size = line.and_then(|line| line.split_whitespace().nth(1));
    size.and_then(|size| size.parse().ok()).unwrap_or(0)
}

/// Go clears memory that it uses again, for seconds if it is 4 GiB, and meanwhile does not see that its
/// client has gone. It breaks FRM-8 then, and nothing else.
#[test]
fn a_server_that_clears_what_is_announced_is_accused_of_that_alone() {
    if available_memory() < NEEDED {
        println!("skipped: too little memory");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let server = dir.path().join("server");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&server)
        .arg(project("testees/allocates_announced.go"))
        .env("GO111MODULE", "off")
        .status();
    let Ok(status) = built else {
        println!("skipped: no Go");
        return;
    };
    assert!(status.success());
    let _load = Load::begin(4);
    let (ran, report) = judge(
        &[
            "--class",
            "framing",
            "--run",
            "len/announced-80000000",
            "--run",
            "frm/memory-follows-arrival",
            "--max-memory",
            "0",
        ],
        &[server.to_str().unwrap(), "{port}"],
    );
    let failed = ids(&report, Verdict::Fail);
    assert!(
        failed.contains(&"frm/memory-follows-arrival"),
        "{}",
        ran.stdout
    );
    for check in with_verdict(&report, Verdict::Fail) {
        assert_eq!(check.broken.as_deref(), Some("FRM-8"), "{}", ran.stdout);
    }
    assert_eq!(report.summary().flaky, 0, "{}", ran.stdout);
}

/// A server that takes memory for an announced length, and keeps it or `frees` it when it closes: `PORT PLACE WHEN`. In
/// the directory PLACE it adds a line to `taken` then, and to `together` where another like it still holds its own; the
/// limit of its guard is in `limit`.
const TAKES_AND_KEEPS: &str = r"
import fcntl, os, socket, sys
port, place, frees = int(sys.argv[1]), sys.argv[2], sys.argv[3] == 'frees'
held = open(os.path.join(place, 'held'), 'w')
listener = socket.create_server(('127.0.0.1', port))
taken = None

def note(name, mode='a', line='x'):
    with open(os.path.join(place, name), mode) as file:
        file.write(line + '\n')

with open(f'/proc/{os.getppid()}/cmdline') as guard:
    limits = [word for word in guard.read().split('\0') if word.startswith('--max-memory=')]
note('limit', 'w', limits[0].split('=')[1])

while True:
    client = listener.accept()[0]
    try:
        while len(head := client.recv(4, socket.MSG_WAITALL)) == 4:
            length = int.from_bytes(head, 'big')
            if length > 1 << 24:
                if taken is None:
                    try:
                        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        note('together')
                    taken = bytearray(b'x') * (300 << 20)
                    note('taken')
                if frees:
                    taken = None
                    fcntl.flock(held, fcntl.LOCK_UN)
                break
            client.sendall(head + client.recv(length, socket.MSG_WAITALL))
    except OSError:
        pass
    client.close()
";

/// The memory of the machine is enough for one server that takes a quarter of it, and not for all that are judged side
/// by side.
#[rstest]
#[case::it_is_kept("keeps")]
#[case::it_is_freed("frees")]
fn servers_take_memory_for_what_is_announced_one_at_a_time(#[case] when: &str) {
    let place = tempfile::tempdir().unwrap();
    let server = place.path().join("server.py");
    std::fs::write(&server, TAKES_AND_KEEPS).unwrap();
    let options = ["--class", "framing", "--run", "len/announced-f*"];
    let place_of = place.path().to_str().unwrap();
    let server = [
        "python3",
        server.to_str().unwrap(),
        "{port}",
        place_of,
        when,
    ];
    let (ran, report) = judge(&[&options[..], &["--jobs", "4"]].concat(), &server);
    let noted = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap_or_default();
    let taken = noted("taken").lines().count();
    assert!(taken > 4, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(noted("together"), "", "{}{}", ran.stdout, ran.stderr);
    assert_eq!(report.summary().flaky, 0, "{}", ran.stdout);
}

/// To wait for more memory than shows the mistake takes long, and shows nothing new.
#[test]
fn a_server_that_is_known_to_take_memory_is_ended_sooner() {
    let (ran, limit) = limit_at_the_end(&["--run", "frm/memory-follows-arrival"]);
    assert!(limit <= 1 << 30, "{limit}: {}{}", ran.stdout, ran.stderr);
}

/// A limit that the user has set is kept to.
#[test]
fn a_limit_that_is_set_stays() {
    let run = ["--run", "frm/memory-follows-arrival"];
    let (ran, limit) = limit_at_the_end(&[&run[..], &["--max-memory", "2G"]].concat());
    assert_eq!(limit, 2 << 30, "{}{}", ran.stdout, ran.stderr);
}

/// The limit of a server that takes memory by the announced length, on its last start in a run.
fn limit_at_the_end(options: &[&str]) -> (Ran, u64) {
    let place = tempfile::tempdir().unwrap();
    let server = place.path().join("server.py");
    std::fs::write(&server, TAKES_AND_KEEPS).unwrap();
    let place_of = place.path().to_str().unwrap();
    let server = [
        "python3",
        server.to_str().unwrap(),
        "{port}",
        place_of,
        "keeps",
    ];
    let alone = ["--class", "framing", "--jobs", "1"];
    let (ran, report) = judge(&[&alone[..], options].concat(), &server);
    let failed = ids(&report, Verdict::Fail);
    assert_eq!(failed, ["frm/memory-follows-arrival"], "{}", ran.stdout);
    let limit = std::fs::read_to_string(place.path().join("limit")).unwrap();
    (ran, limit.trim().parse().unwrap())
}

/// A right server that forks for each connection: `PORT CACHE BUFFER`, the octets that all of its processes share, and
/// those that each connection takes from its begin.
const FORKS: &str = r"
import os, signal, socket, sys
port, cache, buffer = (int(word) for word in sys.argv[1:4])
cache = bytearray(b'x') * cache
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.create_server(('127.0.0.1', port))

def serve(client):
    held = bytearray(b'x') * buffer
    while len(head := client.recv(4, socket.MSG_WAITALL)) == 4:
        length = int.from_bytes(head, 'big')
        if length > 64 << 20:
            break
        client.sendall(head + client.recv(length, socket.MSG_WAITALL))

while True:
    client = listener.accept()[0]
    if os.fork() == 0:
        listener.close()
        try:
            serve(client)
        except OSError:
            pass
        os._exit(0)
    client.close()
";

/// Memory that several processes share counts once, and what a connection takes from its begin is not put down to a
/// length.
#[rstest]
#[case::they_share_a_cache("frm/pauses", "200000000", "0")]
#[case::each_has_a_buffer("frm/memory-follows-arrival", "0", "67108864")]
#[case::and_both("frm/memory-follows-arrival", "200000000", "67108864")]
fn memory_that_is_not_taken_by_a_length_is_not_accused(
    #[case] run: &str,
    #[case] cache: &str,
    #[case] buffer: &str,
) {
    let place = tempfile::tempdir().unwrap();
    let server = place.path().join("server.py");
    std::fs::write(&server, FORKS).unwrap();
    let limits = ["--max-payload", "67108864", "--max-memory", "512M"];
    let options = ["--class", "framing", "--run", run];
    let server = ["python3", server.to_str().unwrap(), "{port}", cache, buffer];
    let (ran, _) = judge(&[options, limits].concat(), &server);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

/// A server that takes memory for an announced length, at once or when it serves the next client, on its first start
/// only: `PORT MARK WHEN`, where it leaves the file MARK.
const TAKES_ONCE: &str = r"
import os, socket, sys
port, mark, when = int(sys.argv[1]), sys.argv[2], sys.argv[3]
first = not os.path.exists(mark)
open(mark, 'w').close()
listener = socket.create_server(('127.0.0.1', port))

def take():
    held = []
    while when == 'behind' or len(held) < 32:
        held.append(bytearray(b'x') * (16 << 20))
    while True:
        pass

refused = False
while True:
    client = listener.accept()[0]
    try:
        while len(head := client.recv(4, socket.MSG_WAITALL)) == 4:
            if refused and first and when == 'behind':
                take()
            length = int.from_bytes(head, 'big')
            refused = length > 1 << 30
            if refused and first and when == 'at-once':
                take()
            if refused:
                break
            client.sendall(head + client.recv(length, socket.MSG_WAITALL))
    except OSError:
        pass
    client.close()
";

/// Memory that a server takes is measured once, and a restart gives it back: the measurement proves FRM-8 all the same,
/// and proves nothing else.
#[rstest]
#[case::it_goes_on_for_ever("at-once", "0")]
#[case::it_is_ended_in_the_next_conversation("behind", "256M")]
fn memory_taken_for_what_is_announced_is_neither_flaky_nor_a_sign(
    #[case] when: &str,
    #[case] most: &str,
) {
    let place = tempfile::tempdir().unwrap();
    let server = place.path().join("server.py");
    std::fs::write(&server, TAKES_ONCE).unwrap();
    let mark = place.path().join("mark");
    let options = ["--class", "framing", "--run", "len/announced-80000000"];
    let limits = ["--timeout", "1", "--max-memory", most];
    let server = [
        "python3",
        server.to_str().unwrap(),
        "{port}",
        mark.to_str().unwrap(),
        when,
    ];
    let (ran, report) = judge(&[options, limits].concat(), &server);
    let failed: Vec<_> = with_verdict(&report, Verdict::Fail).collect();
    assert_eq!(failed.len(), 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(failed[0].broken.as_deref(), Some("FRM-8"), "{}", ran.stdout);
    assert_eq!(report.summary().flaky, 0, "{}", ran.stdout);
}

/// It is ended before the machine is out of memory, and said to be, in each run the same.
#[test]
fn a_program_that_holds_too_much_memory_is_ended_for_that() {
    let place = tempfile::tempdir().unwrap();
    let server = place.path().join("server.py");
    std::fs::write(
        &server,
        "import socket, sys\n\
         listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n\
         held = []\n\
         while True:\n\
         \x20   client = listener.accept()[0]\n\
         \x20   try:\n\
         \x20       while octets := client.recv(65536):\n\
         \x20           if b'world' in octets:\n\
         \x20               while True: held.append(bytearray(b'x') * (16 << 20))\n\
         \x20           client.sendall(octets)\n\
         \x20   except OSError: pass\n",
    )
    .unwrap();
    let limited = ["--class", "framing", "--run", "frm/two", "--max-memory"];
    let server = ["python3", server.to_str().unwrap(), "{port}"];
    let (ran, report) = judge(&[&limited[..], &["256M"]].concat(), &server);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let failed: Vec<_> = with_verdict(&report, Verdict::Fail).collect();
    assert!(!failed.is_empty(), "{}", ran.stdout);
    for check in failed {
        assert_eq!(check.broken.as_deref(), Some("FRM-8"), "{}", ran.stdout);
        let said = check.message.to_string();
        assert!(said.contains("--max-memory allows 256 MiB"), "{said}");
    }
    assert_eq!(report.summary().flaky, 0, "{}", ran.stdout);
}
