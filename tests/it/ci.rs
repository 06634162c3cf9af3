//! The recipes for CI: the shell parts of `action.yml` and of `docs/ci.md` are run as they stand.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Ran, UNSTICK, project};

/// A project with a server `server.py`, which is ours under a name that the recipes use; with a list of
/// known failures; and with `unstick` on the path. What the recipes do with it is tested here, and not the
/// suite, so that `unstick server` runs the few cases that its own words leave of these.
struct Project {
    dir: TempDir,
}

impl Project {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        let program = dir.path().join("bin/unstick");
        let few = format!(
            "#!/bin/sh\n\
             case $1 in server) shift; exec '{UNSTICK}' server --run 'ses/quit-lower' --run 'frm/two' \"$@\" ;; esac\n\
             exec '{UNSTICK}' \"$@\"\n"
        );
        fs::write(&program, few).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join("known-failures.txt"), "").unwrap();
        let server = "import os, sys\n\
            os.execvp('unstick', ['unstick', 'serve', '--listen', '127.0.0.1:' + sys.argv[1], '--dir', sys.argv[2]])\n";
        fs::write(dir.path().join("server.py"), server).unwrap();
        Self { dir }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut path = self.dir.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let mut command = Command::new(program);
        command.current_dir(self.dir.path()).env("PATH", path);
        command
    }

    /// The action's step, with these inputs.
    fn judged(&self, inputs: &[(&str, &str)]) -> Ran {
        let mut command = self.command(project("packaging/ci/judge"));
        command.env("GITHUB_STEP_SUMMARY", self.dir.path().join("summary.md"));
        command
            .envs(inputs.iter().copied())
            .output()
            .unwrap()
            .into()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.dir.path().join(file)).unwrap_or_default()
    }

    fn has(&self, file: &str) -> bool {
        Path::new(&self.dir.path().join(file)).exists()
    }
}

const SERVER: (&str, &str) = ("UNSTICK_COMMAND", "python3 'server.py' {port} {dir}");

#[test]
fn the_action_gives_the_step_every_input_and_keeps_its_reports() {
    let action = fs::read_to_string(project("action.yml")).unwrap();
    let judge = fs::read_to_string(project("packaging/ci/judge")).unwrap();
    for input in [
        "command",
        "class",
        "framing",
        "known-failures",
        "recordings",
    ] {
        assert!(action.contains(&format!("\n  {input}:\n")), "{input}");
        let name = format!("UNSTICK_{}", input.to_uppercase().replace('-', "_"));
        let given = format!("{name}: ${{{{ inputs.{input} }}}}");
        assert!(action.contains(&given), "{given}");
        assert!(judge.contains(&format!("${{{name}:-}}")), "{name}");
    }
    assert!(action.contains("path: unstick-reports"), "{action}");
}

#[test]
fn the_action_judges_a_server_and_adds_the_summary() {
    let project = Project::new();
    let class = ("UNSTICK_CLASS", "session");
    let ran = project.judged(&[SERVER, class]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("class session"), "{}", ran.stdout);
    for kind in ["html", "xml", "json", "md"] {
        assert!(
            project.has(&format!("unstick-reports/server.{kind}")),
            "{kind}"
        );
    }
    assert!(!project.has("unstick-reports/recut.json"));
    let summary = project.read("summary.md");
    assert!(summary.contains("server.py"), "{summary}");
    assert_eq!(summary, project.read("unstick-reports/server.md"));
}

#[test]
fn the_action_holds_recordings_again_and_judges_nothing_else() {
    let project = Project::new();
    let recording = r#"{"id": "mine", "title": "Two messages", "steps": [
        {"send": "0000000568656c6c6f"}, {"answer": {}}, {"send": "00000002686f"}, {"answer": {}}]}"#;
    fs::write(project.dir.path().join("mine.json"), recording).unwrap();
    let recordings = ("UNSTICK_RECORDINGS", " mine.json\n");
    let ran = project.judged(&[SERVER, recordings]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(project.has("unstick-reports/recut.json"));
    assert!(!project.has("unstick-reports/server.json"));
    assert!(!project.read("summary.md").is_empty());
}

#[test]
fn the_action_judges_what_unstick_toml_describes() {
    let project = Project::new();
    let config = "[server]\ncommand = \"python3 server.py {port} {dir}\"\nrun = \"frm/two\"\n";
    fs::write(project.dir.path().join("unstick.toml"), config).unwrap();
    let ran = project.judged(&[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(project.has("unstick-reports/server.xml"));
    let summary = project.read("summary.md");
    assert!(!summary.is_empty());
    assert_eq!(summary, project.read("unstick-reports/server.md"));
}

#[test]
fn the_action_says_what_is_missing_and_expands_nothing() {
    let project = Project::new();
    let ran = project.judged(&[("UNSTICK_COMMAND", "  ")]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("no command"), "{}", ran.stderr);
    let ran = project.judged(&[("UNSTICK_COMMAND", "/none/$(touch seen) `touch seen` {port}")]);
    assert_ne!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!project.has("seen"));
    let list = ("UNSTICK_KNOWN_FAILURES", "none.txt");
    let ran = project.judged(&[SERVER, list]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("none.txt"), "{}", ran.stderr);
}

/// The first fenced block of this language below a heading of the page.
fn block(heading: &str, language: &str) -> String {
    let page = fs::read_to_string(project("docs/ci.md")).unwrap();
    let (_, below) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, below) = below.split_once(&format!("```{language}\n")).unwrap();
    below.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_recipes_run_as_they_stand() {
    let project = Project::new();
    let gitlab = block("GitLab", "yaml");
    let (_, script) = gitlab.split_once("    - >\n").unwrap();
    let lines = script.lines().take_while(|line| line.starts_with("      "));
    let folded: Vec<&str> = lines.map(str::trim).collect();
    assert!(folded.len() > 1, "{gitlab}");
    // A folded text is one line.
    let shell = project
        .command("bash")
        .args(["-euc", &folded.join(" ")])
        .output();
    let ran = Ran::from(shell.unwrap());
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    for file in ["unstick.xml", "unstick.html"] {
        assert!(gitlab.contains(file) && project.has(file), "{file}");
    }
    let plain = block("Any other", "sh");
    let shell = project.command("sh").args(["-c", &plain]).output();
    let ran = Ran::from(shell.unwrap());
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains(&project.read("unstick.md")),
        "{}",
        ran.stdout
    );
    // The status of a run that is not well is the recipe's.
    fs::write(project.dir.path().join("server.py"), "raise SystemExit(1)").unwrap();
    let shell = project.command("sh").args(["-c", &plain]).output();
    assert_eq!(Ran::from(shell.unwrap()).status, 3);
}
