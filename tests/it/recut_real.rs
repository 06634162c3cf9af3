//! Recut over servers of others, which are right: none is accused, whatever its answers are like.
//!
//! Each is skipped, with a word, where it is not installed.

use std::fs;

use serde_json::{Value, json};
use unstick::trace::octets::to_hex;

use crate::support::{is_installed, reported, unstick};

/// Holds turns against a server, each of which is answered, under a part of all cuts.
fn is_green(name: &str, turns: &[&[u8]], greets: bool, command: &[&str]) {
    if !is_installed(command[0]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join(format!("{name}.json"));
    let mut steps: Vec<Value> = greets.then(|| json!({"answer": {}})).into_iter().collect();
    for turn in turns {
        steps.push(json!({"send": to_hex(turn)}));
        steps.push(json!({"answer": {}}));
    }
    let trace = json!({"id": name, "title": "A recording", "steps": steps});
    fs::write(&recording, trace.to_string()).unwrap();
    let recording = recording.to_str().unwrap();
    let (ran, report) = reported(|json| {
        let options = ["--pipelines", "--cuts", "40", "--json", json, "--"];
        let arguments = ["recut", recording].into_iter().chain(options);
        unstick(arguments.chain(command.iter().copied()))
    });
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(report.summary().pass >= 20, "{report:?}");
}

/// The contents of a configuration, written where the server finds it.
fn configured(file: &str, text: &str, command: &str) -> String {
    format!(
        "cat > \"$2/{file}\" <<'END'\n{text}\nEND\nsed -i \"s|PORT|$1|g; s|DIR|$2|g\" \"$2/{file}\"\nexec {command}"
    )
}

#[test]
fn redis_is_green() {
    let turns: &[&[u8]] = &[
        b"*1\r\n$4\r\nPING\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nhello\r\n",
        b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
        b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n",
        b"*1\r\n$4\r\nTIME\r\n",
    ];
    let command = [
        "redis-server",
        "--port",
        "{port}",
        "--save",
        "",
        "--dir",
        "{dir}",
    ];
    is_green("redis", turns, false, &command);
}

/// In its binary protocol an answer waits while the value of the next request is under way.
#[test]
fn memcached_is_green() {
    let set = [
        &b"\x80\x01\0\x01\x08\0\0\0\0\0\0\x0e\0\0\0\x07\0\0\0\0\0\0\0\0"[..],
        b"\0\0\0\0\0\0\0\0khello",
    ]
    .concat();
    let head = |operation: u8, key: u8| {
        let mut head = [0_u8; 24];
        (head[0], head[1], head[3], head[11]) = (0x80, operation, key, key);
        head.to_vec()
    };
    let get = [head(0, 1), b"k".to_vec()].concat();
    let turns: &[&[u8]] = &[&head(0x0b, 0), &set, &get, &head(0x0a, 0)];
    let command = [
        "memcached",
        "-u",
        "root",
        "-l",
        "127.0.0.1",
        "-p",
        "{port}",
        "-U",
        "0",
    ];
    is_green("memcached", turns, false, &command);
}

#[test]
fn beanstalkd_is_green() {
    let turns: &[&[u8]] = &[
        b"use t\r\n",
        b"put 1 0 10 5\r\nhello\r\n",
        b"watch t\r\n",
        b"list-tubes\r\n",
    ];
    let command = ["beanstalkd", "-l", "127.0.0.1", "-p", "{port}"];
    is_green("beanstalkd", turns, false, &command);
}

#[test]
fn mosquitto_is_green() {
    let published = [&b"\x32\xCD\x01\0\x03a/b\0\x05"[..], &[b'x'; 198]].concat();
    let turns: &[&[u8]] = &[
        b"\x10\x0E\0\x04MQTT\x04\x02\0\x3C\0\x02ab",
        b"\x82\x08\0\x01\0\x03a/b\0",
        &published,
        b"\xC0\0",
    ];
    is_green("mosquitto", turns, false, &["mosquitto", "-p", "{port}"]);
}

/// Requests of which the second has a body in chunks.
const HTTP: [&[u8]; 3] = [
    b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
];

#[test]
fn nginx_is_green() {
    if !is_installed("nginx") {
        return;
    }
    let script = configured(
        "conf",
        "daemon off; master_process off; pid DIR/pid; error_log DIR/log;\nevents {}\n\
         http { access_log off; client_body_temp_path DIR/b; proxy_temp_path DIR/p;\n\
         fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;\n\
         server { listen 127.0.0.1:PORT; location / { return 200 \"hello\\n\"; } } }",
        "nginx -c \"$2/conf\" -p \"$2\"",
    );
    is_green(
        "nginx",
        &HTTP,
        false,
        &["sh", "-c", &script, "sh", "{port}", "{dir}"],
    );
}

/// It answers before it has the body, and closes where that is still under way.
#[test]
fn haproxy_is_green() {
    if !is_installed("haproxy") {
        return;
    }
    let script = configured(
        "conf",
        "defaults\n mode http\n timeout client 30s\n timeout server 30s\n timeout connect 5s\n\
         frontend f\n bind 127.0.0.1:PORT\n\
         \x20http-request return status 200 content-type text/plain string hello",
        "haproxy -db -f \"$2/conf\"",
    );
    is_green(
        "haproxy",
        &HTTP,
        false,
        &["sh", "-c", &script, "sh", "{port}", "{dir}"],
    );
}

#[test]
fn unbound_is_green() {
    if !is_installed("unbound") {
        return;
    }
    let script = configured(
        "conf",
        "server:\n interface: 127.0.0.1\n port: PORT\n do-udp: no\n username: \"\"\n chroot: \"\"\n\
         \x20directory: \"DIR\"\n pidfile: \"DIR/pid\"\n use-syslog: no\n\
         \x20local-zone: \"test.\" static\n local-data: \"a.test. 60 IN A 1.2.3.4\"\n\
         remote-control:\n control-enable: no",
        "unbound -d -c \"$2/conf\"",
    );
    let turns: &[&[u8]] = &[
        b"\0\x18\0\x01\0\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01",
        b"\0\x18\0\x02\0\0\0\x01\0\0\0\0\0\0\x01b\x04test\0\0\x01\0\x01",
    ];
    is_green(
        "unbound",
        turns,
        false,
        &["sh", "-c", &script, "sh", "{port}", "{dir}"],
    );
}
