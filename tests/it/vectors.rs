//! `unstick vectors`: the files and the lines that it writes keep to their schema, are what is run, and
//! are true; ordinary tests in other languages pass on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::framed::decoder::{Decoder, SHAPES};
use crate::support::{UNSTICK, is_installed, project, unstick};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

fn exported() -> (TempDir, PathBuf) {
    exported_of("u32be")
}

fn exported_of(framing: &str) -> (TempDir, PathBuf) {
    let place = TempDir::new().unwrap();
    let dir = place.path().join("vectors");
    let ran = unstick(["vectors", "--framing", framing, dir.to_str().unwrap()]);
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

/// Validator for one of the definitions of the schema.
fn validator(schema: &Value, name: &str) -> jsonschema::Validator {
    let mut one = schema.clone();
    one["$ref"] = format!("#/$defs/{name}").into();
    jsonschema::validator_for(&one).unwrap()
}

#[rstest]
#[case("u32be", true)]
#[case("u16le+2", true)]
#[case("1? u64be", true)]
#[case("netstring", true)]
#[case("line'\\r\\n'", false)]
fn exported_vectors_keep_to_their_schema(#[case] framing: &str, #[case] has_lengths: bool) {
    let (_place, dir) = exported_of(framing);
    let schema = read(&dir.join("vectors.schema.json"));
    let lengths = ["lengths"].into_iter().filter(|_| has_lengths);
    assert_eq!(dir.join("lengths.json").exists(), has_lengths);
    let verified = ["verified"].into_iter().filter(|_| framing == "u32be");
    assert_eq!(dir.join("verified.json").exists(), framing == "u32be");
    let always = ["manifest", "decode", "encode"].into_iter();
    for name in always.chain(lengths).chain(verified) {
        let validator = validator(&schema, name);
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
    let manifest = read(&dir.join("manifest.json"));
    assert_eq!(manifest["traces"]["files"], traces);
    let written: unstick::framing::Framing = manifest["framing"]["template"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(written, framing.parse().unwrap());
}

/// Exported vectors are what the program itself runs: the same cases under the same cuts.
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

/// Facts that can be read at a glance: how much there is, which streams have which flag, how one of them
/// is cut, and the lengths.
#[test]
fn exported_vectors_are_these() {
    let (_place, dir) = exported();
    let [manifest, decode, lengths] =
        ["manifest", "decode", "lengths"].map(|name| read(&dir.join(format!("{name}.json"))));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut shown = String::new();
    for part in ["decode", "encode", "lengths", "verified", "traces"] {
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
    shown += "\nverified\n";
    let verified = read(&dir.join("verified.json"));
    for command in verified["commands"].as_array().unwrap() {
        shown += &format!("    {} {}\n", command["message"], command["answer"]);
    }
    for digest in verified["digests"].as_array().unwrap() {
        let body = octets(&digest["body"]).len();
        let (message, answer) = (&digest["message"], &digest["answer"]);
        shown += &format!("    {body} octets {message} {answer}\n");
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

/// The exported digests are those of their bodies where they are answered so, by arithmetic of its own.
#[test]
fn exported_digests_are_true() {
    use unstick_fuzz::digest::Digest;

    let (_place, dir) = exported();
    let verified = read(&dir.join("verified.json"));
    let commands = [Digest::Md5, Digest::Sha256].map(Digest::command);
    for vector in verified["commands"].as_array().unwrap() {
        let message = vector["message"].as_str().unwrap();
        let ready = commands
            .contains(&message)
            .then(|| format!("{message} ready"));
        assert_eq!(vector["answer"], Value::from(ready), "{vector}");
    }
    for vector in verified["digests"].as_array().unwrap() {
        let by = match vector["command"].as_str().unwrap() {
            "file+md5" => Digest::Md5,
            _ => Digest::Sha256,
        };
        let message = vector["message"].as_str().unwrap();
        let verdict = match by.of(&octets(&vector["body"])) == message {
            _ if !by.is_form_of(message.as_bytes()) => None,
            true => Some(format!("{} ok", by.command())),
            false => Some(format!("{} mismatch", by.command())),
        };
        assert_eq!(vector["answer"], Value::from(verdict), "{vector}");
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
    if !is_installed(program) {
        return;
    }
    let (_place, dir) = exported();
    let consume = || {
        let arguments = arguments.iter().map(|argument| {
            let path = project(&format!("examples/testees/{argument}"));
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
    let tamper = |file: &str, right: &str, wrong: &str| {
        let path = dir.join(file);
        let text = fs::read_to_string(&path).unwrap();
        let tampered = text.replacen(right, wrong, 1);
        assert_ne!(tampered, text);
        fs::write(&path, tampered).unwrap();
        assert!(!consume().status.success(), "{file}");
        fs::write(&path, text).unwrap();
    };
    tamper("decode.json", "\"end\":\"clean\"", "\"end\":\"error\"");
    tamper("verified.json", "file+md5 ok", "file+md5 mismatch");
    assert!(consume().status.success());
}

/// The lines of a framing, each as JSON.
fn lines(framing: &str) -> Vec<Value> {
    let ran = unstick(["vectors", "--framing", framing, "--lines"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// True if a decoder makes of a line what that says.
fn comes_true(decoder: &mut Decoder, line: &Value) -> bool {
    let hex =
        |list: &Value| -> Vec<Vec<u8>> { list.as_array().unwrap().iter().map(octets).collect() };
    let mut delivered = Vec::new();
    let mut deliver = |payload: &[u8], _: &[u8]| delivered.push(payload.to_vec());
    let mut went = Ok(());
    for chunk in hex(&line["chunks"]) {
        went = went.and_then(|()| decoder.feed(&chunk, &mut deliver));
    }
    if line["end"] != "unfinished" {
        went = went.and_then(|()| decoder.finish(&mut deliver));
    }
    delivered == hex(&line["payloads"]) && went.is_err() == (line["end"] == "error")
}

/// Decoders that were written by hand make of every line what it says; with a mistake some do not.
#[rstest]
#[case("u16le+2", "swapped")]
#[case("varint", "prefix-cut")]
#[case("dec':' * x2c forms=shortest", "longer-forms")]
#[case("line'\\r\\n'", "end-cut")]
fn lines_are_true(#[case] framing: &str, #[case] fault: &str) {
    let shape = SHAPES.into_iter().find(|shape| shape.template == framing);
    let shape = shape.unwrap();
    let lines = lines(framing);
    let fails = |fault: &str| {
        let fails = |line: &&Value| !comes_true(&mut Decoder::new(shape, fault, u64::MAX), line);
        let failing = lines.iter().filter(fails);
        failing.map(|line| line["id"].clone()).collect::<Vec<_>>()
    };
    assert!(lines.len() > 300, "{} lines", lines.len());
    assert_eq!(fails(""), [Value::Null; 0]);
    assert!(!fails(fault).is_empty(), "{fault}");
}

#[test]
fn lines_keep_to_their_schema_and_are_what_the_files_hold() {
    let (_place, dir) = exported_of("varint");
    let schema = read(&dir.join("vectors.schema.json"));
    let validator = validator(&schema, "line");
    let decode = read(&dir.join("decode.json"));
    let lines = lines("varint");
    for line in &lines {
        assert!(validator.is_valid(line), "{line}");
        let stream = |vector: &&Value| vector["id"] == line["id"];
        let vector = decode.as_array().unwrap().iter().find(stream).unwrap();
        let chunks = line["chunks"].as_array().unwrap();
        assert_eq!(octets(&line["chunks"]), octets(&vector["stream"]));
        let cuts = vector["cuts"][line["cut"].as_str().unwrap()]
            .as_array()
            .unwrap();
        assert_eq!(chunks.len(), cuts.len() + 1, "{line}");
        assert_eq!(line["end"], vector["end"]);
    }
    // Both sides of two octets of a length and three.
    for id in ["len/16383", "len/16384"] {
        assert!(lines.iter().any(|line| line["id"] == id), "{id}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"id": "frm/two", "chunks": []})));
}

/// Where several frames are right, or some octets may be anything, it is said.
#[test]
fn frames_that_may_differ_say_so() {
    for (framing, exact) in [("varint", false), ("netstring", true)] {
        let (_place, dir) = exported_of(framing);
        assert_eq!(
            read(&dir.join("manifest.json"))["encode"]["exact"],
            exact,
            "{framing}"
        );
    }
    let (_place, dir) = exported_of("1? x0300 u16le+4 2? * 3? x0a");
    let encode = read(&dir.join("encode.json"));
    let frames = encode.as_array().unwrap();
    let hello = frames
        .iter()
        .find(|frame| frame["payload"] == "68656c6c6f")
        .unwrap();
    assert_eq!(
        octets(&hello["frame"]),
        b"\0\x03\0\x09\0\0\0hello\0\0\0\x0a"
    );
    assert_eq!(hello["any"], serde_json::json!([[0, 1], [5, 7], [12, 15]]));
}

#[test]
fn lines_go_nowhere_else() {
    let ran = unstick(["vectors", "--lines", "a-directory"]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    let ran = unstick(["vectors"]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
}

/// Where no room is left, nothing of the vectors stays, and the directory that was there does.
#[test]
fn a_directory_that_cannot_take_them_is_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    // In units of 512 octets: the large files do not fit. The signal that a shell would get is passed over.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" vectors \"$1\"";
    for name in ["there", "new"] {
        let into = dir.path().join(name);
        if name == "there" {
            fs::create_dir(&into).unwrap();
        }
        let ran = Command::new("sh")
            .args(["-c", script, UNSTICK])
            .arg(&into)
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        assert_eq!(into.exists(), name == "there");
        if let Ok(mut entries) = fs::read_dir(&into) {
            assert!(entries.next().is_none(), "something is left in {into:?}");
        }
    }
}
