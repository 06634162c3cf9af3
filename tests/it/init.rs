//! `unstick init` in projects of five kinds: what it writes works as it stands, and nothing of a project is
//! overwritten.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Ran, UNSTICK, example, is_installed, project, unstick};

/// A project in a directory of its own, with `unstick` on the path.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(UNSTICK, dir.path().join("bin/unstick")).unwrap();
        Self(dir)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Takes a file of ours into the project.
    fn with(self, source: &str, name: &str) -> Self {
        fs::copy(project(source), self.path(name)).unwrap();
        self
    }

    fn run(&self, program: impl AsRef<std::ffi::OsStr>, words: &[&str]) -> Ran {
        let path = std::env::var("PATH").unwrap();
        Command::new(program)
            .args(words)
            .current_dir(self.0.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .output()
            .unwrap()
            .into()
    }

    fn unstick(&self, words: &[&str]) -> Ran {
        self.run(UNSTICK, words)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Names in the directory besides the program.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != "bin").collect();
        names.sort();
        names
    }
}

#[track_caller]
fn well(ran: &Ran) {
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

/// Makes a configuration, and judges a case of the role by it.
#[track_caller]
fn works(project: &Project, init: &[&str], role: &str, cases: &[&str], described: &str) {
    let mut words = vec!["init"];
    words.extend(init);
    let ran = project.unstick(&words);
    well(&ran);
    assert!(
        ran.stdout.contains("written: unstick.toml, unstick-ci.sh"),
        "{}",
        ran.stdout
    );
    let text = project.read("unstick.toml");
    assert!(text.contains(described), "{text}");
    let mut words = vec![role];
    for case in cases {
        words.extend(["--run", case]);
    }
    let ran = project.unstick(&words);
    well(&ran);
    assert!(ran.stdout.contains(" 0 fail"), "{}", ran.stdout);
}

#[test]
fn a_go_server() {
    if !is_installed("go") {
        return;
    }
    let project = Project::new().with("examples/testees/server.go", "server.go");
    let built = Command::new("go")
        .args(["build", "-o", "server", "server.go"])
        .current_dir(project.0.path())
        .env("GO111MODULE", "off")
        .env("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go"))
        .status();
    assert!(built.unwrap().success());
    let init = [
        "--max-payload",
        "1048576",
        "--",
        "./server",
        "{port}",
        "{dir}",
    ];
    let described = "[server]\ncommand = \"./server {port} {dir}\"\nclass = \"transfer\"\nmax-payload = 1048576\n";
    works(
        &project,
        &init,
        "server",
        &["trf/empty", "len/65536"],
        described,
    );
}

#[test]
fn a_node_server() {
    if !is_installed("node") {
        return;
    }
    let project = Project::new().with("examples/testees/server.js", "server.js");
    // It is given no directory, so it can hold no file.
    let init = ["--", "node", "server.js", "{port}"];
    works(
        &project,
        &init,
        "server",
        &["msg/four-octets"],
        "class = \"session\"\n",
    );
}

#[test]
fn an_asyncio_server() {
    if !is_installed("python3") {
        return;
    }
    let project = Project::new().with("examples/frameworks/asyncio/right.py", "echo server.py");
    let init = ["--", "python3", "echo server.py", "{port}"];
    let described = "command = \"python3 'echo server.py' {port}\"\nclass = \"framing\"\n";
    works(&project, &init, "server", &["frm/three"], described);
}

#[test]
fn a_codec_in_rust() {
    let project = Project::new();
    let codec = example("published_codec");
    let init = ["--kind", "codec", "--", &codec, "tokio-util"];
    works(&project, &init, "codec", &["frm/three"], "[codec]\n");
}

#[test]
fn a_server_of_another_protocol_with_a_recording() {
    if !is_installed("redis-server") || !is_installed("redis-cli") {
        return;
    }
    let project = Project::new();
    let server = ["redis-server", "--port", "{port}", "--save", ""];
    let client = "redis-cli -h {host} -p {port} incr visits";
    let mut words = vec!["init", "--framing", "unknown", "--record", client, "--"];
    words.extend(server);
    let ran = project.unstick(&words);
    well(&ran);
    let text = project.read("unstick.toml");
    assert!(
        text.contains("[recut]\ncommand = \"redis-server --port {port} --save ''\"\nrecordings = [\"recording.json\"]\n"),
        "{text}"
    );
    // The CI file does the whole of it as it stands, and what it says is there.
    let ran = project.run("./unstick-ci.sh", &[]);
    well(&ran);
    for file in ["recut.html", "recut.xml", "recut.json", "recut.md"] {
        assert!(
            project.path("unstick-reports").join(file).exists(),
            "{file}"
        );
    }
    // A recording that is there is taken as well. All is judged where what fails is to be listed.
    fs::remove_file(project.path("unstick.toml")).unwrap();
    let mut words: Vec<&str> =
        "init --recording recording.json --known-failures known.txt --ci none --"
            .split(' ')
            .collect();
    words.extend(server);
    well(&project.unstick(&words));
    assert_eq!(
        project.read("unstick.toml"),
        format!("{text}known-failures = \"known.txt\"\n")
    );
    let list = project.read("known.txt");
    assert!(
        list.starts_with("# ") && list.lines().count() == 1,
        "{list}"
    );
    well(&project.unstick(&[]));
}

/// The lines that a workflow runs.
fn steps(recipe: &str) -> Vec<String> {
    let lines = recipe.lines().map(str::trim_start);
    let steps = lines.filter_map(|line| {
        line.strip_prefix("run: ")
            .or_else(|| line.strip_prefix("- unstick "))
    });
    let whole = |step: &str| match step.starts_with("--") {
        true => format!("unstick {step}"),
        false => step.to_owned(),
    };
    steps.map(whole).collect()
}

#[test]
fn the_ci_file_is_that_of_the_project_and_its_lines_run() {
    let codec = example("published_codec");
    for (there, file, said) in [
        (".github/keep", ".github/workflows/unstick.yml", ""),
        (
            ".gitlab-ci.yml",
            "unstick.gitlab-ci.yml",
            "include: unstick.gitlab-ci.yml",
        ),
    ] {
        let project = Project::new();
        let path = project.path(there);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let ran = project.unstick(&["init", "--kind", "codec", "--", &codec, "tokio-util"]);
        well(&ran);
        assert!(
            ran.stdout
                .contains(&format!("written: unstick.toml, {file}")),
            "{}",
            ran.stdout
        );
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert_eq!(fs::read_to_string(path).unwrap(), "mine");
        // Few cases: it is the recipe that is tried.
        let config = project
            .read("unstick.toml")
            .replace("[codec]\n", "[codec]\nrun = \"frm/two\"\n");
        fs::write(project.path("unstick.toml"), config).unwrap();
        let recipe = project.read(file);
        let steps = steps(&recipe);
        assert!(
            steps
                .iter()
                .any(|step| step.starts_with("unstick --reports")),
            "{recipe}"
        );
        let script = steps.join("\n");
        let script = format!("set -e; export GITHUB_STEP_SUMMARY=summary.md\n{script}");
        well(&project.run("sh", &["-c", &script]));
        for (written, named) in [("html", "unstick-reports"), ("xml", "unstick-reports")] {
            assert!(recipe.contains(named), "{recipe}");
            assert!(
                project
                    .path("unstick-reports")
                    .join(format!("codec.{written}"))
                    .exists()
            );
        }
        if file.starts_with(".github") {
            assert_eq!(
                project.read("summary.md"),
                project.read("unstick-reports/codec.md")
            );
        }
    }
}

#[test]
fn nothing_is_written_where_something_is_wrong() {
    let project = Project::new();
    let ran = project.unstick(&["init", "--", "false", "{port}"]);
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("nothing is written"), "{}", ran.stderr);
    let ran = project.unstick(&["init"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("behind `--`"), "{}", ran.stderr);
    let ran = project.unstick(&["init", "--framing", "unknown", "--", "true"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("--record"), "{}", ran.stderr);
    assert!(project.files().is_empty(), "{:?}", project.files());
    fs::write(project.path("unstick.toml"), "mine").unwrap();
    let ran = project.unstick(&["init", "--", "false", "{port}"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(project.read("unstick.toml"), "mine");
    assert_eq!(project.files(), ["unstick.toml"]);
}

/// Runs the program on a terminal, on which these lines are typed.
fn typed(project: &Project, words: &[&str], lines: &str) -> Ran {
    const TERMINAL: &str = "import os, pty, sys\n\
        pid, fd = pty.fork()\n\
        if pid == 0:\n    os.execv(sys.argv[1], sys.argv[1:2] + sys.argv[3:])\n\
        os.write(fd, sys.argv[2].encode())\n\
        while True:\n    \
            try:\n        data = os.read(fd, 4096)\n    \
            except OSError:\n        break\n    \
            if not data:\n        break\n    \
            sys.stdout.buffer.write(data)\n\
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n";
    let mut all = vec!["-c", TERMINAL, UNSTICK, lines];
    all.extend(words);
    project.run("python3", &all)
}

#[test]
fn it_asks_on_a_terminal() {
    if !is_installed("python3") {
        return;
    }
    let project = Project::new().with("examples/frameworks/asyncio/right.py", "echo.py");
    let ran = typed(
        &project,
        &["init"],
        "robot\nserver\npython3 'echo.py\npython3 echo.py {port}\n\n",
    );
    well(&ran);
    for said in [
        "What is judged",
        "expected server, client or codec",
        "quotes are closed",
        "What does it speak",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    let text = project.read("unstick.toml");
    assert!(
        text.contains("command = \"python3 echo.py {port}\"\nclass = \"framing\"\n"),
        "{text}"
    );
    // The end of the terminal's input is no answer.
    let project = Project::new();
    let ran = typed(&project, &["init"], "server\n\u{4}");
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(project.files().is_empty(), "{:?}", project.files());
}

/// A value of TOML as one of JSON, as far as an `unstick.toml` goes.
fn as_json(text: &str) -> serde_json::Value {
    let value: toml::Value = toml::from_str(text).unwrap();
    serde_json::to_value(value).unwrap()
}

#[test]
fn the_schema_is_that_of_the_options() {
    let schema = unstick(["init", "--schema"]);
    well(&schema);
    let path = project("docs/unstick.schema.json");
    if std::env::var_os("UNSTICK_WRITE").is_some() {
        fs::write(&path, &schema.stdout).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == schema.stdout,
        "docs/unstick.schema.json is stale: run UNSTICK_WRITE=1 cargo test --test it init::the_schema"
    );
    let schema: serde_json::Value = serde_json::from_str(&schema.stdout).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let server = "[server]\ncommand = 'x {port}'\n";
    for (more, right) in [
        (
            "class = 'framing'\nmax-payload = 70000\nfail-fast = true\nrun = 'a'\nskip = ['b', 'c']\n",
            true,
        ),
        (
            "framing = 'u16le'\n[[codec]]\ncommand = ['a', '{mode}']\nlines = true\n[[codec]]\ncommand = 'b'\nname = 'b'\n",
            true,
        ),
        (
            "[recut]\nrecordings = 'a.json'\nconnect = '127.0.0.1:1'\n",
            true,
        ),
        ("clas = 'framing'\n", false),
        ("class = 'framed'\n", false),
        ("fail-fast = 'yes'\n", false),
        ("[codec]\nlines = true\n", false),
    ] {
        let text = format!("{server}{more}");
        assert_eq!(schema.is_valid(&as_json(&text)), right, "{text}");
        // The program is of the same mind.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("unstick.toml");
        fs::write(&path, &text).unwrap();
        let ran = unstick(["--config", path.to_str().unwrap(), "--only", "none"]);
        assert_eq!(ran.status, 2);
        assert_eq!(
            ran.stderr.contains("--only: "),
            right,
            "{text}: {}",
            ran.stderr
        );
    }
    assert!(Path::new(&project("docs/unstick-toml.md")).exists());
}
