//! Files of 1 GiB over the loopback, from and to a file system in memory: how fast `unstick
//! connect` sends and `unstick serve` receives, beside socat, a plain loop in Python, and iperf3
//! as the limit of the loopback.
//!
//!     cargo bench --bench transfer
//!
//! Each sender sends to the same thread, which reads and forgets; each receiver receives from the
//! same thread, which reads 128 KiB of a file at a time and writes them. Programs that are not installed
//! are left out, and said so.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use unstick::peer::aligned::Aligned;

const UNSTICK: &str = env!("CARGO_BIN_EXE_unstick");

/// The size of the file, in octets.
const SIZE: u64 = 1 << 30;

/// The octets that the thread on the other side reads at a time, as iperf3 does; they begin on a page, as iperf3's do,
/// since it is the other side that is measured.
const BESIDE: usize = 128 * 1024;

/// Octets that a read or write of socat takes: its own default, and the most that is usual.
const SOCAT_BUFFERS: [(&str, &str); 2] = [("socat", "8192"), ("socat -b 65536", "65536")];

const PYTHON_SENDS: &str = "
import socket, sys
with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as peer, open(sys.argv[2], 'rb') as file:
    while chunk := file.read(65536):
        peer.sendall(chunk)
";

const PYTHON_RECEIVES: &str = "
import socket, sys
with socket.create_server(('127.0.0.1', 0)) as listener:
    print('READY', '%s:%d' % listener.getsockname(), flush=True)
    peer, _ = listener.accept()
    with peer, open(sys.argv[1], 'wb') as file:
        while chunk := peer.recv(65536):
            file.write(chunk)
";

/// A folder in memory, where there is one.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// A file without holes.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("file.bin");
    let mut file = File::create(&path).unwrap();
    let chunk: Vec<u8> = (0..1 << 20).map(|n: u32| (n % 251) as u8).collect();
    for _ in 0..SIZE / chunk.len() as u64 {
        file.write_all(&chunk).unwrap();
    }
    path
}

fn installed(program: &str) -> bool {
    let found = Command::new(program)
        .arg("-h")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        eprintln!("{program} is not installed, and left out");
    }
    found
}

/// From the connection to the end of the stream.
fn sending(start: impl Fn(u16) -> Child) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = start(listener.local_addr().unwrap().port());
    let (mut peer, _) = listener.accept().unwrap();
    let began = Instant::now();
    let mut buffer = Aligned::new(BESIDE);
    let mut came = 0;
    loop {
        match peer.read(&mut buffer).unwrap() {
            0 => break,
            count => came += count as u64,
        }
    }
    let took = began.elapsed();
    assert!(came >= SIZE, "{came} octets came");
    child.wait().unwrap();
    took
}

/// From the connection to the end that the receiver gives it, once it has the file.
fn receiving(before: &[u8], behind: &[u8], file: &Path, address: &str) -> Duration {
    // The time to free an old file is not measured.
    let _ = fs::remove_file(file.with_file_name("received").join("stored.bin"));
    let mut peer = TcpStream::connect(address).unwrap();
    let mut file = File::open(file).unwrap();
    let began = Instant::now();
    peer.write_all(before).unwrap();
    let mut buffer = Aligned::new(BESIDE);
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => break,
            count => peer.write_all(&buffer[..count]).unwrap(),
        }
    }
    peer.write_all(behind).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    began.elapsed()
}

/// Where a program that says so listens.
fn ready(child: &mut Child) -> String {
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    line.trim().strip_prefix("READY ").unwrap().to_owned()
}

fn unstick_sends(file: &Path, port: u16) -> Child {
    let mut child = Command::new(UNSTICK)
        .args(["connect", &format!("127.0.0.1:{port}"), "--dir"])
        .arg(file.parent().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let typed = child.stdin.take();
    typed.unwrap().write_all(b"file\nfile.bin\nq\n").unwrap();
    child
}

fn python_sends(file: &Path, port: u16) -> Child {
    Command::new("python3")
        .args(["-c", PYTHON_SENDS, &port.to_string()])
        .arg(file)
        .spawn()
        .unwrap()
}

fn socat_sends(buffer: &str, file: &Path, port: u16) -> Child {
    let file = format!("OPEN:{},rdonly", file.display());
    Command::new("socat")
        .args(["-u", "-b", buffer, &file, &format!("TCP:127.0.0.1:{port}")])
        .spawn()
        .unwrap()
}

fn unstick_receives(file: &Path, into: &Path) -> Duration {
    let mut child = Command::new(UNSTICK)
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(into)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = ready(&mut child);
    let header = format!("stored.bin,{SIZE}");
    let mut before = b"\0\0\0\x04file".to_vec();
    before.extend((header.len() as u32).to_be_bytes());
    before.extend(header.as_bytes());
    let took = receiving(&before, b"\0\0\0\x01q", file, &address);
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

fn python_receives(file: &Path, into: &Path) -> Duration {
    let mut child = Command::new("python3")
        .args(["-c", PYTHON_RECEIVES])
        .arg(into.join("stored.bin"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = ready(&mut child);
    let took = receiving(b"", b"", file, &address);
    child.wait().unwrap();
    took
}

fn socat_receives(buffer: &str, file: &Path, into: &Path) -> Duration {
    let stored = format!("OPEN:{}/stored.bin,creat,trunc,wronly", into.display());
    // It says on standard error where it listens.
    let mut child = Command::new("socat")
        .args(["-d", "-d", "-u", "-b", buffer])
        .args(["TCP-LISTEN:0,bind=127.0.0.1", &stored])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let address = loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "socat ended");
        if let Some((_, address)) = line.split_once("127.0.0.1:") {
            break format!("127.0.0.1:{}", address.trim());
        }
    };
    let took = receiving(b"", b"", file, &address);
    child.wait().unwrap();
    took
}

/// As iperf3 gives it: so many octets, by so many bits a second.
fn iperf3() -> Duration {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let mut server = Command::new("iperf3")
        .args(["-s", "-1", "-p", &port, "--forceflush"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "iperf3 ended");
    }
    let output = Command::new("iperf3")
        .args([
            "-c",
            "127.0.0.1",
            "-p",
            &port,
            "-n",
            &SIZE.to_string(),
            "-J",
        ])
        .output()
        .unwrap();
    server.wait().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rate = report["end"]["sum_received"]["bits_per_second"].as_f64();
    Duration::from_secs_f64(SIZE as f64 * 8.0 / rate.unwrap())
}

fn transfers(criterion: &mut Criterion) {
    let folder = folder();
    let file = filled(folder.path());
    let into = folder.path().join("received");
    fs::create_dir(&into).unwrap();
    let (python, socat, iperf) = (
        installed("python3"),
        installed("socat"),
        installed("iperf3"),
    );

    type Transfer<'t> = (&'static str, Box<dyn Fn() -> Duration + 't>);
    let mut send: Vec<Transfer<'_>> = vec![(
        "unstick connect",
        Box::new(|| sending(|port| unstick_sends(&file, port))),
    )];
    let mut receive: Vec<Transfer<'_>> =
        vec![("unstick serve", Box::new(|| unstick_receives(&file, &into)))];
    if socat {
        let (file, into) = (&file, &into);
        for (name, buffer) in SOCAT_BUFFERS {
            send.push((
                name,
                Box::new(move || sending(|port| socat_sends(buffer, file, port))),
            ));
            receive.push((name, Box::new(move || socat_receives(buffer, file, into))));
        }
    }
    if python {
        send.push((
            "Python",
            Box::new(|| sending(|port| python_sends(&file, port))),
        ));
        receive.push(("Python", Box::new(|| python_receives(&file, &into))));
    }
    if iperf {
        send.push(("iperf3", Box::new(iperf3)));
    }
    for (direction, transfers) in [("sending", send), ("receiving", receive)] {
        let mut group = criterion.benchmark_group(direction);
        group
            .sample_size(10)
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_millis(1))
            .measurement_time(Duration::from_secs(5))
            .throughput(Throughput::Bytes(SIZE));
        for (who, transfer) in transfers {
            group.bench_function(who, |bencher| {
                bencher.iter_custom(|times| (0..times).map(|_| transfer()).sum());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, transfers);
criterion_main!(benches);
