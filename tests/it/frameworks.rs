//! The servers of docs/frameworks.md, in the languages that are installed: the usual mistake of each is found
//! for what it is, and the mend is well.

use std::path::Path;
use std::process::Command;

use crate::support::matrix::is_whole;
use crate::support::{example, is_installed, judge, project, with_verdict};
use rstest::rstest;
use unstick::judge::check::Verdict;

/// The command of a server below `examples/frameworks`, built into `place` where it has to be; `None` where
/// the language is not installed.
fn command(source: &str, place: &Path) -> Option<Vec<String>> {
    let path = project(&format!("examples/frameworks/{source}"));
    let binary = place.join("server").to_str().unwrap().to_owned();
    let (_, end) = source.rsplit_once('.').unwrap();
    let (program, words): (&str, Vec<&str>) = match end {
        "py" => ("python3", vec!["python3", &path]),
        "js" => ("node", vec!["node", &path]),
        // A server that is killed leaves no dump behind.
        "escript" => (
            "escript",
            vec!["env", "ERL_CRASH_DUMP_SECONDS=0", "escript", &path],
        ),
        "java" if source.starts_with("netty/") => return netty(&path, place),
        // Compiled in memory by the launcher.
        "java" => ("java", vec!["java", "-Xshare:auto", &path]),
        "c" => {
            let built = ["cc", "-O1", "-w", "-o", &binary, &path];
            return is_installed("cc").then(|| made(&built, &binary));
        }
        "go" => {
            let built = ["go", "build", "-o", &binary, &path];
            return is_installed("go").then(|| made(&built, &binary));
        }
        _ => {
            let which = source.split(['/', '.']).nth(1).unwrap();
            let words = [example("frameworks"), which.to_owned()];
            return Some(words.into());
        }
    };
    is_installed(program).then(|| words.into_iter().map(str::to_owned).collect())
}

/// A program over Netty, compiled once, because it is started several times: with the jars of Debian's `libnetty-java`.
fn netty(path: &str, place: &Path) -> Option<Vec<String>> {
    let parts = ["common", "buffer", "transport", "codec", "resolver"];
    let jars = parts.map(|part| format!("/usr/share/java/netty-{part}.jar"));
    if !is_installed("javac") || !jars.iter().all(|jar| Path::new(jar).exists()) {
        eprintln!("skipped: javac or libnetty-java is not installed");
        return None;
    }
    let place = place.to_str().unwrap();
    let classes = format!("{}:{place}", jars.join(":"));
    let class = Path::new(path).file_stem().unwrap().to_str().unwrap();
    let built = ["javac", "-d", place, "-cp", &classes, path];
    made(&built, class);
    // Options that make a start quick: the programs do not run for long.
    let quick = "java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp";
    let words = quick.split(' ').chain([classes.as_str(), class]);
    Some(words.map(str::to_owned).collect())
}

fn made(words: &[&str], binary: &str) -> Vec<String> {
    let status = Command::new(words[0])
        .args(&words[1..])
        .env("GO111MODULE", "off")
        .env("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go"))
        .status();
    assert!(status.unwrap().success(), "{words:?}");
    vec![binary.to_owned()]
}

#[rstest]
#[case::go("go/wrong.go", "go/right.go", "FRM-2")]
#[case::node("node/wrong.js", "node/right.js", "FRM-2")]
#[case::asyncio("asyncio/wrong.py", "asyncio/right.py", "FRM-2")]
#[case::sockets("sockets/wrong.py", "sockets/right.py", "FRM-2")]
#[case::java("java/Wrong.java", "java/Right.java", "FRM-2")]
#[case::netty("netty/Wrong.java", "netty/Right.java", "FRM-3")]
#[case::c("c/wrong.c", "c/right.c", "FRM-2")]
#[case::tokio("tokio/wrong.rs", "tokio/right.rs", "FRM-2")]
#[case::erlang("erlang/wrong.escript", "erlang/right.escript", "FRM-2")]
fn the_usual_mistake_is_found_and_the_mend_is_well(
    #[case] wrong: &str,
    #[case] right: &str,
    #[case] requirement: &str,
) {
    // Their virtual machines start slowly: a slow proof.
    if wrong.ends_with(".java") && !is_whole() {
        return;
    }
    let page = std::fs::read_to_string(project("docs/frameworks.md")).unwrap();
    let place = tempfile::tempdir().unwrap();
    for (source, status) in [(wrong, 1), (right, 0)] {
        assert!(
            page.contains(&format!("(../examples/frameworks/{source})")),
            "{source}"
        );
        let Some(mut words) = command(source, place.path()) else {
            return;
        };
        words.push("{port}".to_owned());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // A failure costs time to confirm: one case shows it.
        let right = ["--run", "frm/empty", "--run", "len/1024"];
        let mut options = vec!["--class", "framing", "--run", "frm/two"];
        options.extend(right.iter().filter(|_| status == 0));
        // Java takes long to start: one server, which is started again for one failure.
        let few = ["--jobs", "1", "--fail-fast"];
        options.extend(few.iter().filter(|_| source.ends_with(".java")));
        let (ran, report) = judge(&options, &words);
        assert_eq!(ran.status, status, "{source}: {}{}", ran.stdout, ran.stderr);
        if status == 1 {
            let broken: Vec<&str> = with_verdict(&report, Verdict::Fail)
                .map(|case| case.broken.as_deref().unwrap())
                .collect();
            assert!(broken.contains(&requirement), "{source}: {broken:?}");
        }
    }
}
