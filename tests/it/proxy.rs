//! `unstick proxy`: somebody's own test under every cut, and its failure shrunk to one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use rstest::rstest;
use tempfile::TempDir;
use unstick::judge::check::Verdict;
use unstick::report::saved::Saved;

use crate::support::{Ran, UNSTICK, ids, program, project, reported, unstick, with_verdict};

/// A server that sends the same answer to each line, in one write, until the client ends.
fn answering(answer: &[u8]) -> SocketAddr {
    let answer = answer.to_vec();
    serving(move |stream| {
        let mut asked = BufReader::new(stream);
        let mut line = Vec::new();
        while asked
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            line.clear();
            if asked.get_ref().write_all(&answer).is_err() {
                return;
            }
        }
    })
}

/// A server that treats each connection so, until the tests end.
fn serving(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Runs a command through the proxy.
fn run(to: SocketAddr, options: &[&str], command: &[&str]) -> Ran {
    let to = to.to_string();
    unstick([&["proxy", "--to", &to][..], options, &["--"], command].concat())
}

/// Runs a command through the proxy, with a JSON report.
fn judge(to: SocketAddr, options: &[&str], command: &[&str]) -> (Ran, Saved) {
    reported(|json| run(to, &[options, &["--json", json]].concat(), command))
}

/// Number of runs of the command: once without cuts, and for each case.
fn runs(report: &Saved) -> u64 {
    let cases = report.cases.iter();
    let runs = cases.map(|case| case.details["runs"].as_u64().unwrap());
    1 + runs.sum::<u64>()
}

fn client(language: &str) -> Option<Vec<String>> {
    let source = project(&format!("tests/it/proxy_clients/client.{language}"));
    match language {
        "py" => Some(vec!["python3".to_owned(), source]),
        "js" => is_there("node").then(|| vec!["node".to_owned(), source]),
        _ => compiled(&source).map(|path| vec![path]),
    }
}

fn is_there(program: &str) -> bool {
    let ran = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ran.is_ok_and(|status| status.success())
}

/// The clients in C, compiled once.
fn compiled(source: &str) -> Option<String> {
    static DIR: OnceLock<Option<TempDir>> = OnceLock::new();
    let dir = DIR.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let compiled = Command::new("cc")
            .args(["-O1", "-o"])
            .arg(dir.path().join("client"))
            .arg(source)
            .status();
        compiled.is_ok_and(|status| status.success()).then_some(dir)
    });
    let path = dir.as_ref()?.path().join("client");
    Some(path.to_str()?.to_owned())
}

const FRAME: &[u8] = b"\0\0\0\x0chello, world";
const LINE: &[u8] = b"+OK done\r\n";
const TEXT: &str = "größer als 日本\n";
const DOCUMENT: &[u8] = b"{\"name\": \"unstick\", \"kind\": \"proxy\"}\n";
const BULK: &[u8] = b"$12\r\nhello, world\r\n";

fn number() -> Vec<u8> {
    [&[0xac, 0x02][..], &[b'x'; 300]].concat()
}

/// Each planted mistake is found and shrunk to one cut, at a place where it fails, in at most 40 runs.
#[rstest]
#[case::python("py", "short-header", FRAME, &[1, 2, 3])]
#[case::python("py", "short-payload", FRAME, &[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])]
#[case::python("py", "torn-character", TEXT.as_bytes(), &[3, 6, 14, 15, 17, 18])]
#[case::python("py", "one-read-one-line", LINE, &[1, 2, 3, 4, 5, 6, 7, 8, 9])]
#[case::node("js", "chunk-is-document", DOCUMENT, &[])]
#[case::node("js", "lost-remainder", b"a line of text\n", &[])]
#[case::node("js", "torn-number", &number(), &[1])]
#[case::c("c", "torn-line-end", LINE, &[9])]
#[case::c("c", "torn-bulk", BULK, &[17, 18])]
#[case::c("c", "torn-header", FRAME, &[1, 2, 3])]
fn a_planted_mistake_is_shrunk_to_its_cut(
    #[case] language: &str,
    #[case] mistake: &str,
    #[case] answer: &[u8],
    #[case] places: &[u64],
) {
    let Some(mut command) = client(language) else {
        println!("skipped: no compiler or interpreter for {language}");
        return;
    };
    command.extend([mistake, "{host}", "{port}"].map(str::to_owned));
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let (ran, report) = judge(answering(answer), &[], &command);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(runs(&report) <= 40, "{}", runs(&report));
    assert!(ids(&report, Verdict::Fail).contains(&"octets"));
    for case in with_verdict(&report, Verdict::Fail) {
        let cut = &case.details["cut"];
        assert_eq!(cut["connection"], 1, "{case:?}");
        assert_eq!(cut["direction"], "to-client", "{case:?}");
        let after = cut["after"].as_u64().unwrap() % answer.len() as u64;
        assert!(places.is_empty() || places.contains(&after), "{case:?}");
        assert_eq!(case.requirements[0], "CUT-1");
        let rerun = format!("--cut at:1:to-client:{} --", cut["after"]);
        assert!(case.rerun.as_ref().unwrap().contains(&rerun), "{case:?}");
    }
}

/// The same clients without the mistake are green under each cut.
#[rstest]
#[case("py", "right-frame", FRAME)]
#[case("py", "right-text", TEXT.as_bytes())]
#[case("py", "right-line", LINE)]
#[case("js", "right-document", DOCUMENT)]
#[case("js", "right-number", &number())]
#[case("c", "right-line", LINE)]
#[case("c", "right-bulk", BULK)]
#[case("c", "right-header", FRAME)]
fn a_right_client_is_green(#[case] language: &str, #[case] kind: &str, #[case] answer: &[u8]) {
    let Some(mut command) = client(language) else {
        println!("skipped: no compiler or interpreter for {language}");
        return;
    };
    command.extend([kind, "{host}", "{port}"].map(str::to_owned));
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let (ran, report) = judge(answering(answer), &[], &command);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let summary = report.summary();
    assert_eq!(summary.fail, 0);
    assert!(summary.pass >= 4, "{report:?}");
    assert_eq!(report.segmentation, "drain-gated");
}

/// A client that reads only whole answers leaves a piece of one unread: the cut cannot be made, and the
/// time for which the proxy waits at it is not taken for a hang.
///
/// The client waits before it reads: a `recv` that has begun to take octets waits for 16 *more* with this
/// option, and hangs in truth.
#[test]
fn a_client_that_reads_whole_answers_only_is_not_accused() {
    let script = "import select,socket,sys\nc=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n\
                  c.setsockopt(socket.SOL_SOCKET,socket.SO_RCVLOWAT,16)\n\
                  c.sendall(b'go\\n')\nselect.select([c],[],[])\nassert len(c.recv(16))==16";
    let command = ["python3", "-c", script, "{host}", "{port}"];
    let (ran, report) = judge(answering(FRAME), &["--cut", "at:1:to-client:5"], &command);
    let verdict = report.cases[0].verdict;
    assert_eq!(verdict, Verdict::Skipped, "{}", ran.stdout);
    assert_eq!(ran.status, 3, "{}", ran.stdout);
}

/// The line that a report gives runs the command under that cut alone, and it fails again.
#[test]
fn the_line_that_runs_it_again_does() {
    let script = "import socket,sys\nc=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n\
                  c.sendall(b'go\\n')\nassert len(c.recv(100))==10";
    let to = answering(LINE);
    let command = ["python3", "-c", script, "{host}", "{port}"];
    let (_, report) = judge(to, &["--cut", "octets"], &command);
    let case = &report.cases[0];
    assert_eq!(case.verdict, Verdict::Fail, "{case:?}");
    let rerun = case.rerun.as_ref().unwrap();
    let rerun = rerun.replacen("unstick", UNSTICK, 1);
    let again = Command::new("sh").args(["-c", &rerun]).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    let shown = String::from_utf8(again.stdout).unwrap();
    assert!(shown.contains("FAIL"), "{shown}");
}

/// A client that fails only when two places are cut: both are needed, and both are named.
#[test]
fn a_failure_that_needs_two_cuts_is_shrunk_to_two() {
    let script = "import socket,sys\nc=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n\
                  c.sendall(b'go\\n')\nr=[]\n\
                  while sum(map(len,r))<10: r.append(c.recv(100))\n\
                  sys.exit(len(r)>2)";
    let command = ["python3", "-c", script, "{host}", "{port}"];
    let (ran, report) = judge(answering(LINE), &["--cut", "octets"], &command);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let cut = &report.cases[0].details["cut"];
    assert_eq!(cut["after"].as_array().unwrap().len(), 2, "{cut}");
    assert!(runs(&report) <= 40);
}

/// A client whose time limit is shorter than the cuts take fails as well when all comes whole, but as
/// late: that is no mistake in how it reads.
#[test]
fn a_client_that_is_only_late_does_not_fail() {
    let script = "import socket,sys,time\nc=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n\
                  b=time.time()\nc.sendall(b'go\\n')\nr=b''\n\
                  while len(r)<4000: r+=c.recv(4000)\n\
                  sys.exit(time.time()-b>0.25)";
    let command = ["python3", "-c", script, "{host}", "{port}"];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let options = ["--cut", "octets", "--json", path.to_str().unwrap()];
    let ran = run(answering(&[b'x'; 4000]), &options, &command);
    assert_ne!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    // No report is written where the client is as late without cuts.
    if let Ok(text) = std::fs::read_to_string(path) {
        let summary = Saved::read(&text).unwrap().summary();
        assert_eq!(summary.fail, 0, "{text}");
    }
}

#[rstest]
#[case("true", "needs no network")]
#[case("exit 3", "ends with exit status 3 when nothing is cut")]
#[case(
    "python3 -c 'import socket,sys; socket.create_connection((sys.argv[1],int(sys.argv[2])))' {host} {port}",
    "not one octet passes"
)]
fn what_cannot_be_judged_is_said(#[case] command: &str, #[case] said: &str) {
    let ran = run(answering(LINE), &[], &["sh", "-c", command]);
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = gone.local_addr().unwrap();
    drop(gone);
    let script =
        "import socket,sys\nc=socket.create_connection((sys.argv[1],int(sys.argv[2])))\nc.recv(1)";
    let ran = run(to, &[], &["python3", "-c", script, "{host}", "{port}"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("could not be reached"),
        "{}",
        ran.stderr
    );
}

#[rstest]
#[case(&["--cut", "octet"], "expected octets, edges, random:SEED")]
#[case(&["--framing", "u33be"], "--framing")]
fn a_wrong_usage_is_said(#[case] options: &[&str], #[case] said: &str) {
    let ran = run(answering(LINE), options, &["true"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

/// A client that hangs under a cut is ended, and that is a failure like any other.
#[test]
fn a_client_that_hangs_is_ended() {
    let script = "import socket,sys,time\nc=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n\
                  c.sendall(b'go\\n')\nif len(c.recv(100))<10: time.sleep(1000)";
    let command = ["python3", "-c", script, "{host}", "{port}"];
    let (ran, report) = judge(
        answering(LINE),
        &["--cut", "edges", "--timeout", "1"],
        &command,
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let message = report.cases[0].message.to_string();
    assert!(message.contains("hangs"), "{message}");
}

/// A list of known failures keeps a run green, and is kept true.
#[test]
fn known_failures_are_expected() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("known.txt");
    std::fs::write(&list, "octets fail # bug 12\n").unwrap();
    let list = list.to_str().unwrap();
    let mut command = client("py").unwrap();
    command.extend(["one-read-one-line", "{host}", "{port}"].map(str::to_owned));
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let options = ["--cut", "octets", "--known-failures", list];
    let ran = run(answering(LINE), &options, &command);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let mut right = command.clone();
    right[2] = "right-line";
    let ran = run(answering(LINE), &options, &right);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("remove the line"), "{}", ran.stdout);
}

/// Without a command it stands, says where, and ends in good order.
#[rstest]
fn a_standing_proxy_ends_on_a_signal(#[values("TERM", "INT")] signal: &str) {
    let to = answering(LINE).to_string();
    let mut standing = program()
        .args(["proxy", "--to", &to, "--cut", "octets"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = BufReader::new(standing.stdout.take().unwrap());
    let mut line = String::new();
    shown.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("READY ").unwrap().to_owned();
    let mut client = TcpStream::connect(&address).unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    client.write_all(b"go\n").unwrap();
    let mut answer = [0; LINE.len()];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answer, LINE);
    // With a connection open too.
    let pid = standing.id().to_string();
    let killed = Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(killed.unwrap().success());
    assert_eq!(standing.wait().unwrap().code(), Some(0));
}

/// Traffic is written down as a recording that others can read.
#[test]
fn a_connection_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("talk.json");
    let mut command = client("py").unwrap();
    command.extend(["right-line", "{host}", "{port}"].map(str::to_owned));
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let options = ["--cut", "edges", "--record", path.to_str().unwrap()];
    let ran = run(answering(LINE), &options, &command);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let text = std::fs::read_to_string(&path).unwrap();
    let trace = unstick::trace::json::read(&text).unwrap();
    assert_eq!(trace.steps.len(), 6, "{text}");
    // In this order, whichever way the octets were cut.
    let turn = [
        "\"send\": \"676f0a\"",
        "\"answer\": \"2b4f4b20646f6e650d0a\"",
    ];
    let shown: Vec<usize> = turn
        .iter()
        .cycle()
        .take(4)
        .scan(0, |from, step| {
            let at = *from + text[*from..].find(step)? + 1;
            *from = at;
            Some(at)
        })
        .collect();
    assert_eq!(shown.len(), 4, "{text}");
}
