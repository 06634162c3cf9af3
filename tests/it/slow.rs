//! A right server that takes its time with each reply is judged in reasonable time, and not accused.

use unstick::judge::check::Verdict;

use crate::support::{ids, judge};

/// Echoes frames, each so many milliseconds late.
const ECHO: &str = "\
import socket, sys, threading, time

def serve(client):
    try:
        file = client.makefile('rb')
        while True:
            length = file.read(4)
            if len(length) < 4: return
            payload = file.read(int.from_bytes(length, 'big'))
            time.sleep(float(sys.argv[2]) / 1000)
            client.sendall(length + payload)
    except OSError: pass
    finally: client.close()

listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=64)
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
";

/// Cases for which one reply after the other takes too long are left out, and said to be; all others pass.
#[test]
fn what_takes_a_slow_server_minutes_is_left_out() {
    let place = tempfile::tempdir().unwrap();
    let server = place.path().join("echo.py");
    std::fs::write(&server, ECHO).unwrap();
    let chosen = "{frm/thousand,frm/frames-*,frm/two,len/5}";
    let (ran, report) = judge(
        &["--class", "framing", "--run", chosen],
        &["python3", server.to_str().unwrap(), "{port}", "150"],
    );
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let mut skipped = ids(&report, Verdict::Skipped);
    skipped.sort_unstable();
    let too_long = [
        "frm/frames-1001",
        "frm/frames-1025",
        "frm/frames-4097",
        "frm/frames-65537",
    ];
    assert_eq!(skipped[..4], too_long);
    assert!(
        skipped[4..].iter().all(|id| *id == "frm/thousand"),
        "{skipped:?}"
    );
    assert!(
        ran.stdout.contains("s for 1000 replies: --timeout "),
        "{}",
        ran.stdout
    );
}
