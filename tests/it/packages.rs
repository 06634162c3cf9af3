//! The packages that carry the program: each is made by its script, installed into a directory of its
//! own, and what was installed judges a server. Nothing is published, nothing installed system-wide.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::project;

/// True if a program that makes packages can be run.
fn there(program: &str, asked: &[&str]) -> bool {
    let ran = Command::new(program).args(asked).output();
    let there = ran.is_ok_and(|ran| ran.status.success());
    if !there {
        println!("skipped: {program} is not installed");
    }
    there
}

/// Output of a command, which must succeed.
fn done(command: &mut Command) -> String {
    let ran = command.output().unwrap();
    assert!(
        ran.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

/// The one package that a script makes. It is made twice: a script may be run again.
fn made(kind: &str) -> PathBuf {
    let script = project(&format!("packaging/{kind}/build"));
    let first = done(&mut Command::new(&script));
    let again = done(&mut Command::new(&script));
    assert_eq!(first, again);
    assert_eq!(first.lines().count(), 1, "{first}");
    Path::new(&project("")).join(first.trim())
}

/// The newest glibc that a program asks for, as its dynamic symbols say; `None` without objdump.
fn newest_glibc(program: &Path) -> Option<(u32, u32)> {
    if !there("objdump", &["--version"]) {
        return None;
    }
    let symbols = done(Command::new("objdump").arg("-T").arg(program));
    let versions = symbols.split("GLIBC_").skip(1).filter_map(|rest| {
        let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    versions.max()
}

/// Asserts that an installed program is this version, small, starts fast, runs on Debian 11, and judges: the
/// reference passes, and a server that ends at once does not.
fn judges(program: &Path) {
    const MOST: u64 = 8 << 20;
    const START: Duration = Duration::from_millis(10);
    const DEBIAN_11: (u32, u32) = (2, 31);
    if there("cargo-zigbuild", &["--version"]) {
        let newest = newest_glibc(program);
        assert!(
            newest.is_none_or(|newest| newest <= DEBIAN_11),
            "{newest:?}"
        );
    }
    // The fastest of several is what the program takes; the others are what else the machine does.
    let fastest = (0..50).map(|_| {
        let start = Instant::now();
        done(Command::new(program).arg("--version"));
        start.elapsed()
    });
    let fastest = fastest.min().unwrap();
    println!("{}: starts in {fastest:?}", program.display());
    assert!(fastest < START, "{fastest:?}");
    let version = done(Command::new(program).arg("--version"));
    assert_eq!(
        version.trim(),
        concat!("unstick ", env!("CARGO_PKG_VERSION"))
    );
    let size = program.metadata().unwrap().len();
    assert!(size < MOST, "{} has {size} octets", program.display());
    let judge = |server: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(["server", "--run", "frm/two", "--"])
            .args(server);
        let ran = command.output().unwrap();
        (
            ran.status.code(),
            String::from_utf8_lossy(&ran.stdout).into_owned(),
        )
    };
    let itself = program.to_str().unwrap();
    let (status, said) = judge(&[
        itself,
        "serve",
        "--listen",
        "{host}:{port}",
        "--dir",
        "{dir}",
    ]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = judge(&["/bin/false", "{port}"]);
    assert_eq!(status, Some(3), "{said}");
}

#[test]
#[ignore = "builds the program as it is released, which takes minutes"]
fn a_python_wheel_carries_the_program() {
    if !there("maturin", &["--version"]) || !there("python3", &["-c", "import ensurepip"]) {
        return;
    }
    let wheel = made("python");
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("venv");
    done(Command::new("python3").args(["-m", "venv"]).arg(&place));
    let mut pip = Command::new(place.join("bin/pip"));
    done(pip.args(["install", "--no-index", "--no-deps"]).arg(&wheel));
    judges(&place.join("bin/unstick"));
    let shown = done(Command::new(place.join("bin/pip")).args(["show", "unstick"]));
    assert!(shown.contains("length-prefixed"), "{shown}");
}

#[test]
#[ignore = "builds the program as it is released, which takes minutes"]
fn an_archive_carries_the_program_its_manual_and_completions() {
    let archive = made("archive");
    let dir = tempfile::tempdir().unwrap();
    let mut tar = Command::new("tar");
    done(tar.arg("xf").arg(&archive).arg("-C").arg(dir.path()));
    let name = archive.file_name().unwrap().to_str().unwrap();
    let place = dir.path().join(name.trim_end_matches(".tar.gz"));
    judges(&place.join("unstick"));
    for file in [
        "man/unstick-server.1",
        "completions/_unstick",
        "LICENSE-MIT",
    ] {
        assert!(place.join(file).exists(), "{file} is not in the archive");
    }
}

#[test]
#[ignore = "builds the program as it is released, which takes minutes"]
fn an_npm_package_carries_the_program() {
    if !there("npm", &["--version"]) {
        return;
    }
    let package = made("npm");
    let dir = tempfile::tempdir().unwrap();
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
        "--prefix",
    ]);
    done(npm.arg(dir.path()).arg(&package));
    judges(&dir.path().join("node_modules/.bin/unstick"));
    let mut npx = Command::new("npx");
    npx.args(["--offline", "--no-install", "unstick", "--version"]);
    let version = done(npx.current_dir(dir.path()));
    assert!(version.starts_with("unstick "), "{version}");
}

#[test]
#[ignore = "builds the program as it is released, which takes minutes"]
fn a_debian_package_carries_the_program_its_manual_and_completions() {
    if !there("cargo", &["deb", "--version"])
        || !there("cargo-zigbuild", &["--version"])
        || !there("dpkg-deb", &["--version"])
    {
        return;
    }
    let package = made("debian");
    let dir = tempfile::tempdir().unwrap();
    done(
        Command::new("dpkg-deb")
            .arg("-x")
            .arg(&package)
            .arg(dir.path()),
    );
    judges(&dir.path().join("usr/bin/unstick"));
    for file in [
        "usr/share/man/man1/unstick.1.gz",
        "usr/share/man/man1/unstick-server.1.gz",
        "usr/share/bash-completion/completions/unstick",
        "usr/share/zsh/vendor-completions/_unstick",
        "usr/share/fish/vendor_completions.d/unstick.fish",
        "usr/share/doc/unstick/copyright",
    ] {
        let octets = std::fs::read(dir.path().join(file)).unwrap_or_default();
        assert!(!octets.is_empty(), "{file} is not in the package");
    }
    let needs = done(
        Command::new("dpkg-deb")
            .arg("-f")
            .arg(&package)
            .arg("Depends"),
    );
    assert_eq!(needs.trim(), "libc6 (>= 2.31)");
}
