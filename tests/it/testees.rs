//! The testees in other languages, as their communities would write them: each right one passes,
//! and one with a mistake in each role fails where it must. What has no toolchain here is skipped,
//! and says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{UNSTICK, broken, example, judge, judge_as, project, unstick, with_verdict};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

/// Whether a program can be started; says so where not.
fn there_is(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no {program}");
    }
    found
}

fn testee(name: &str) -> String {
    project(&format!("examples/testees/{name}"))
}

/// Builds a testee in C or Go; `None` where there is no compiler.
fn built(source: &str, options: &[&str], place: &TempDir) -> Option<String> {
    let (compiler, arguments): (&str, &[&str]) = if source.ends_with(".go") {
        ("go", &["build", "-o"])
    } else {
        ("cc", &["-O1", "-o"])
    };
    let version = if compiler == "go" {
        "version"
    } else {
        "--version"
    };
    if !there_is(compiler, version) {
        return None;
    }
    let binary = place.path().join("testee");
    let status = Command::new(compiler)
        .args(arguments)
        .arg(&binary)
        .args(options)
        .arg(testee(source))
        .env("GOFLAGS", "-mod=mod")
        .env("GO111MODULE", "off")
        .env("GOCACHE", place.path().join("cache"))
        .status()
        .unwrap();
    assert!(status.success(), "{source} does not compile");
    Some(binary.into_os_string().into_string().unwrap())
}

fn all_well(report: &Value, ran: &crate::support::Ran, at_least: u64) {
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let passed = report["summary"]["pass"].as_u64().unwrap();
    assert!(passed >= at_least, "{passed}");
    for bad in ["fail", "flaky", "error"] {
        assert_eq!(report["summary"][bad], 0, "{bad}");
    }
}

/// The cases that an ordinary run tries a testee with, where each stream is a process of its own;
/// with UNSTICK_ALL in the environment it is all of them.
fn some(patterns: &[&'static str]) -> Vec<&'static str> {
    if std::env::var_os("UNSTICK_ALL").is_some() {
        return Vec::new();
    }
    patterns
        .iter()
        .flat_map(|pattern| ["--run", pattern])
        .collect()
}

/// Some of the cases for codecs: truncated streams, empty frames, large lengths, single lengths.
fn some_streams() -> Vec<&'static str> {
    some(&[
        "frm/truncated-at-4",
        "frm/two",
        "frm/empties",
        "len/announced-ffffffff",
        "codec/*",
    ])
}

#[rstest]
#[case("python3", "codec.py")]
#[case("node", "codec.js")]
fn a_scripted_codec_passes(#[case] program: &str, #[case] source: &str) {
    if there_is(program, "--version") {
        let command = [program, &testee(source), "{mode}"];
        let (ran, report) = judge_as("codec", &some_streams(), &command);
        all_well(&report, &ran, 25);
    }
}

#[rstest]
#[case("codec.go", &["{mode}"])]
#[case("codec.c", &[])]
fn a_compiled_codec_passes(#[case] source: &str, #[case] arguments: &[&str]) {
    let place = TempDir::new().unwrap();
    if let Some(binary) = built(source, &[], &place) {
        let command = [&[binary.as_str()], arguments].concat();
        let mut options = some_streams();
        if arguments.is_empty() {
            // It has no mode for single lengths.
            options.retain(|option| *option != "codec/*");
            options.pop();
        }
        let (ran, report) = judge_as("codec", &options, &command);
        all_well(&report, &ran, 25);
    }
}

#[test]
fn a_codec_in_java_passes_line_by_line() {
    if there_is("java", "-version") {
        let (ran, report) = judge_as("codec", &["--lines"], &["java", &testee("Codec.java")]);
        all_well(&report, &ran, 760);
    }
}

#[test]
fn a_codec_that_takes_short_reads_for_whole_ones_is_found() {
    let place = TempDir::new().unwrap();
    if let Some(binary) = built("codec.c", &["-DSHORT_READS"], &place) {
        let mut options = some_streams();
        options.retain(|option| *option != "codec/*");
        options.pop();
        let (ran, report) = judge_as("codec", &options, &[&binary]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(ran.stdout.starts_with("FAIL FRM-2"), "{}", ran.stdout);
        assert!(broken(&report).contains("FRM-2"));
    }
}

#[rstest]
#[case("65535", ["fail", "pass", "pass"])]
#[case("65536", ["pass", "pass", "pass"])]
#[case("65537", ["pass", "fail", "pass"])]
fn the_limit_of_a_codec_is_judged_on_both_sides(#[case] own: &str, #[case] expected: [&str; 3]) {
    let place = TempDir::new().unwrap();
    let limit = format!("-DLIMIT={own}");
    if let Some(binary) = built("codec.c", &[&limit], &place) {
        let options = ["--max-payload", "65536", "--run", "codec/*"];
        let (_, report) = judge_as("codec", &options, &[&binary]);
        let checks = report["cases"].as_array().unwrap();
        let verdicts: Vec<&Value> = checks.iter().map(|check| &check["verdict"]).collect();
        assert_eq!(verdicts, expected);
        // What it says of a refusal that is wrong is shown.
        let said = &checks[0]["trace"]["stderr"];
        assert_eq!(
            said == "a length over the limit\n",
            own == "65535",
            "{said}"
        );
    }
}

#[test]
fn a_codec_that_reads_to_the_end_first_can_be_judged() {
    if there_is("python3", "--version") {
        // What is right for a stream of whole frames.
        let echo = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())";
        let (ran, report) = judge_as("codec", &["--run", "frm/two"], &["python3", "-c", echo]);
        all_well(&report, &ran, 1);
    }
}

#[test]
fn a_codec_that_is_no_program_cannot_be_judged() {
    let ran = unstick(["codec", "--", "/nonexistent/codec"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("/nonexistent/codec"), "{}", ran.stderr);
}

#[test]
fn a_server_in_node_passes() {
    if there_is("node", "--version") {
        let (ran, report) = judge(
            &["--max-payload", "1048576"],
            &["node", &testee("server.js"), "{port}", "{dir}"],
        );
        all_well(&report, &ran, 2_200);
    }
}

#[test]
fn a_server_in_go_passes() {
    let place = TempDir::new().unwrap();
    if let Some(binary) = built("server.go", &[], &place) {
        let (ran, report) = judge(&["--max-payload", "1048576"], &[&binary, "{port}", "{dir}"]);
        all_well(&report, &ran, 2_200);
    }
}

#[test]
fn a_client_in_python_passes() {
    if there_is("python3", "--version") {
        let (ran, report) = judge_as(
            "client",
            &some(&[
                "client/text-*",
                "client/reply-a*",
                "client/truncated-*",
                "client/invalid-*",
                "client/quit*",
                "client/file-of-?",
                "client/missing*",
                "client/shrinking-file",
            ]),
            &["python3", &testee("client.py"), "{host}", "{port}", "{dir}"],
        );
        all_well(&report, &ran, 70);
    }
}

#[test]
fn the_reference_client_passes() {
    let (ran, report) = judge_as(
        "client",
        &[],
        &[UNSTICK, "connect", "{host}:{port}", "--dir", "{dir}"],
    );
    all_well(&report, &ran, 290);
    assert_eq!(report["cases"].as_array().unwrap().len(), 309);
    let skipped: Vec<&str> = with_verdict(&report, "skipped")
        .map(|check| check["id"].as_str().unwrap())
        .collect();
    // It awaits each reply, so two never meet.
    assert_eq!(skipped.len(), 5, "{skipped:?}");
}

#[test]
fn a_client_that_does_not_connect_cannot_be_judged() {
    let ran = unstick(["client", "--", "true", "{port}"]);
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("does not connect"), "{}", ran.stderr);
    // It wrote nothing there.
    assert!(!ran.stderr.contains("standard error"), "{}", ran.stderr);
    let ran = unstick(["client", "--", "true"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("{port}"), "{}", ran.stderr);
}

#[test]
fn what_a_faulty_client_shows_is_reported_with_what_was_typed() {
    let client = example("faulty_client");
    let (ran, report) = judge_as(
        "client",
        &["--run", "client/{text-chinese,three-hundred-of-two}"],
        &[
            &client,
            "{host}",
            "{port}",
            "{dir}",
            "--fault",
            "characters",
            "--habit",
            "octets",
        ],
    );
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("FAIL MSG-1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("typed: 你好"), "{}", ran.stdout);
    let check = with_verdict(&report, "fail").next().unwrap();
    assert_eq!(
        check["cause"],
        "its lengths count characters, and not octets"
    );
    // What it goes on to send, octet by octet, behind the one that is wrong is shown too.
    let mut failures = with_verdict(&report, "fail");
    let long = failures.find(|check| check["id"] == "client/three-hundred-of-two");
    let seen = octets(&long.unwrap()["trace"]["seen"]);
    assert_eq!(
        seen,
        [&b"\0\0\x01\x2c"[..], &"é".repeat(300).into_bytes()].concat()
    );
}

fn exported() -> (TempDir, PathBuf) {
    let place = TempDir::new().unwrap();
    let dir = place.path().join("vectors");
    let ran = unstick(["vectors", dir.to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    (place, dir)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Octets as the files write them, read without any code of the crate.
fn octets(written: &Value) -> Vec<u8> {
    match written {
        Value::String(hex) => (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect(),
        Value::Array(parts) => parts.iter().flat_map(octets).collect(),
        _ => octets(&written["repeat"]).repeat(written["times"].as_u64().unwrap() as usize),
    }
}

#[test]
fn exported_vectors_keep_to_their_schema() {
    let (_place, dir) = exported();
    let schema = read(&dir.join("vectors.schema.json"));
    for name in ["manifest", "decode", "encode", "lengths"] {
        let mut one = schema.clone();
        one["$ref"] = format!("#/$defs/{name}").into();
        let validator = jsonschema::validator_for(&one).unwrap();
        let file = read(&dir.join(format!("{name}.json")));
        let errors: Vec<String> = validator
            .iter_errors(&file)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{name}.json");
        // A schema that lets everything through proves nothing.
        assert!(!validator.is_valid(&serde_json::json!([{"id": 1}])));
    }
    let validator = jsonschema::validator_for(&read(&dir.join("trace.schema.json"))).unwrap();
    let mut traces = 0;
    for chapter in fs::read_dir(dir.join("traces")).unwrap() {
        for file in fs::read_dir(chapter.unwrap().path()).unwrap() {
            assert!(validator.is_valid(&read(&file.unwrap().path())));
            traces += 1;
        }
    }
    assert_eq!(read(&dir.join("manifest.json"))["traces"]["files"], traces);
}

/// What is exported is what the program itself runs: the same cases under the same cuts.
#[test]
fn exported_vectors_are_what_is_run() {
    let (_place, dir) = exported();
    let mut exported: Vec<(String, String)> = Vec::new();
    let decode = read(&dir.join("decode.json"));
    for vector in decode.as_array().unwrap() {
        for cut in vector["cuts"].as_object().unwrap().keys() {
            exported.push((vector["id"].as_str().unwrap().to_owned(), cut.clone()));
        }
    }
    let mut run: Vec<(String, String)> = unstick::suite::codec::reference()
        .checks(&mut unstick::judge::progress::Unwatched)
        .iter()
        .filter_map(|check| Some((check.id.to_string(), check.segmentation?.name().to_owned())))
        .collect();
    exported.sort();
    run.sort();
    assert_eq!(exported, run);
}

/// What can be read at a glance: how much there is, which streams have which flag, how one of them
/// is cut, and the lengths.
#[test]
fn exported_vectors_are_these() {
    let (_place, dir) = exported();
    let [manifest, decode, lengths] =
        ["manifest", "decode", "lengths"].map(|name| read(&dir.join(format!("{name}.json"))));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut shown = String::new();
    for part in ["decode", "encode", "lengths", "traces"] {
        shown += &format!("{part}: {}\n", manifest[part]);
    }
    let vectors = decode.as_array().unwrap();
    for (name, meaning) in manifest["flags"].as_object().unwrap() {
        let flag = Value::from(name.as_str());
        let flagged = vectors
            .iter()
            .filter(|vector| vector["flags"].as_array().unwrap().contains(&flag));
        let ids: Vec<String> = flagged.map(|vector| text(&vector["id"])).collect();
        shown += &format!("\n{name}: {}\n    {}\n", text(meaning), ids.join("\n    "));
    }
    let two = vectors
        .iter()
        .find(|vector| vector["id"] == "frm/two")
        .unwrap();
    shown += &format!("\nfrm/two\n    {}, {}\n", two["stream"], text(&two["end"]));
    for (cut, places) in two["cuts"].as_object().unwrap() {
        shown += &format!("    {cut}: {places}\n");
    }
    shown += "\nlengths\n";
    for packing in lengths["packed"].as_array().unwrap() {
        shown += &format!("    {} {}\n", text(&packing["octets"]), packing["value"]);
    }
    crate::support::snapshots().bind(|| insta::assert_snapshot!("vectors", shown));
}

/// The exported streams, read by arithmetic, give the exported payloads.
#[test]
fn exported_vectors_are_true() {
    let (_place, dir) = exported();
    for vector in read(&dir.join("decode.json")).as_array().unwrap() {
        let stream = octets(&vector["stream"]);
        let mut payloads = Vec::new();
        let mut at = 0;
        while let Some(length) = stream.get(at..at + 4) {
            let length = length
                .iter()
                .fold(0, |value, octet| value * 256 + usize::from(*octet));
            let Some(payload) = stream.get(at + 4..at + 4 + length) else {
                break;
            };
            payloads.push(payload.to_vec());
            at += 4 + length;
        }
        let expected: Vec<Vec<u8>> = vector["payloads"]
            .as_array()
            .unwrap()
            .iter()
            .map(octets)
            .collect();
        assert_eq!(payloads, expected, "{}", vector["id"]);
        let clean = vector["end"] == "clean";
        assert_eq!(at == stream.len(), clean, "{}", vector["id"]);
    }
}

#[test]
fn vectors_do_not_overwrite() {
    let (_place, dir) = exported();
    let ran = unstick(["vectors", dir.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("not empty"), "{}", ran.stderr);
}

/// An ordinary test in another language passes on the vectors, and fails when one is not true.
#[rstest]
#[case("python3", &["test_vectors.py"])]
#[case("node", &["--test", "vectors.test.js"])]
fn a_consumer_passes(#[case] program: &str, #[case] arguments: &[&str]) {
    if !there_is(program, "--version") {
        return;
    }
    let (_place, dir) = exported();
    let consume = || {
        let arguments = arguments.iter().map(|argument| {
            let path = testee(argument);
            if argument.starts_with('-') {
                (*argument).to_owned()
            } else {
                path
            }
        });
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("VECTORS", &dir)
            .output()
            .unwrap()
    };
    let output = consume();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let path = dir.join("decode.json");
    let text = fs::read_to_string(&path).unwrap();
    let tampered = text.replacen("\"end\":\"clean\"", "\"end\":\"error\"", 1);
    assert_ne!(tampered, text);
    fs::write(&path, tampered).unwrap();
    assert!(!consume().status.success());
}
