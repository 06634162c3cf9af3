//! Well-known clients through the proxy, against their servers: right ones are green under each cut.
//!
//! Each is skipped, with a word, where it is not installed.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{is_installed, unstick};

/// A server of somebody else's, ended with the test.
struct Server {
    process: Child,
    address: SocketAddr,
    _dir: TempDir,
}

impl Server {
    /// Starts a program that is told its port and a directory. `None` if it is not installed.
    fn start(program: &str, arguments: impl Fn(u16, &Path) -> Vec<String>) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let process = Command::new(program)
            .args(arguments(address.port(), dir.path()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = process else {
            println!("skipped: {program} is not installed");
            return None;
        };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{program} does not listen"
            );
            thread::sleep(Duration::from_millis(5));
        }
        Some(Self {
            process,
            address,
            _dir: dir,
        })
    }

    fn is_green(&self, options: &[&str], command: &[&str]) {
        let to = self.address.to_string();
        let mut arguments = vec!["proxy", "--to", &to];
        arguments.extend(options);
        arguments.push("--");
        arguments.extend(command);
        let ran = unstick(arguments);
        assert_eq!(ran.status, 0, "{command:?}\n{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("drain-gated"), "{}", ran.stdout);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn redis_cli_is_green() {
    let redis = Server::start("redis-server", |port, dir| {
        let dir = dir.to_str().unwrap();
        ["--port", &port.to_string(), "--save", "", "--dir", dir]
            .map(str::to_owned)
            .into()
    });
    let Some(redis) = redis.filter(|_| is_installed("redis-cli")) else {
        return;
    };
    let script = "printf 'set a b\\nget a\\nlrange none 0 -1\\ninfo server\\n' | redis-cli -e -h {host} -p {port}";
    redis.is_green(&[], &["sh", "-c", script]);
    redis.is_green(
        &["--framing", "smtp", "--cut", "edges"],
        &["sh", "-c", script],
    );
}

#[test]
fn mosquitto_pub_and_sub_are_green() {
    let mosquitto = Server::start("mosquitto", |port, _| {
        vec!["-p".to_owned(), port.to_string()]
    });
    let Some(mosquitto) = mosquitto.filter(|_| is_installed("mosquitto_pub")) else {
        return;
    };
    // The subscriber is there when its retained message has come.
    let script = "p='-h {host} -p {port} -t t'; mosquitto_pub $p -r -q 1 -m one && \
                  [ \"$(mosquitto_sub $p -C 1 -W 30)\" = one ] && mosquitto_pub $p -q 2 -m two";
    mosquitto.is_green(&[], &["sh", "-c", script]);
}

#[test]
fn curl_is_green() {
    let nginx = Server::start("nginx", |port, dir| {
        let dir = dir.to_str().unwrap();
        std::fs::write(format!("{dir}/page"), vec![b'x'; 100_000]).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {dir}/{kind};"))
            .concat();
        let settings = format!(
            "daemon off; master_process off; pid {dir}/pid; error_log {dir}/error; events {{}} \
             http {{ access_log off; {temporary} gzip on; default_type text/html; \
             server {{ listen 127.0.0.1:{port}; root {dir}; }} }}"
        );
        std::fs::write(format!("{dir}/conf"), settings).unwrap();
        ["-c", &format!("{dir}/conf"), "-e", &format!("{dir}/error")]
            .map(str::to_owned)
            .into()
    });
    let Some(nginx) = nginx.filter(|_| is_installed("curl")) else {
        return;
    };
    let page = "http://{host}:{port}/page";
    let two = [
        "curl",
        "-sf",
        page,
        page,
        "-o",
        "/dev/null",
        "-o",
        "/dev/null",
    ];
    nginx.is_green(&[], &two);
    nginx.is_green(
        &[],
        &["curl", "-sf", "--compressed", page, "-o", "/dev/null"],
    );
}
