//! Aids to get the program and to type its commands: completions and manual pages.
//! Both are compared with the help that the program gives, so none can be forgotten.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::{UNSTICK, program, unstick};

/// The commands that the help names.
fn commands() -> BTreeSet<String> {
    let help = unstick(["--help"]).stdout;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let names = list
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The long options that the help of a command names at the beginning of a line.
fn options(command: &str) -> BTreeSet<String> {
    let help = unstick([command, "--help"]).stdout;
    let lines = help.lines().map(str::trim_start);
    let options = lines.filter(|line| line.starts_with('-'));
    let words =
        options.filter_map(|line| line.split([' ', ',']).find(|word| word.starts_with("--")));
    words
        .map(|word| word.trim_end_matches(['.', ',']).to_owned())
        .filter(|word| word.len() > 2)
        .collect()
}

/// The words that the program offers for the last of a line, as bash asks for them.
fn offers(words: &[&str]) -> BTreeSet<String> {
    let ran = program()
        .args(["--", "unstick"])
        .args(words)
        .env("UNSTICK_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let offers = String::from_utf8(ran.stdout).unwrap();
    offers.lines().map(str::to_owned).collect()
}

#[test]
fn completions_have_every_command_and_every_option() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    let offered = offers(&[""]);
    let missing: Vec<_> = commands.difference(&offered).collect();
    assert!(missing.is_empty(), "{missing:?} of {offered:?}");
    for command in commands {
        let options = options(&command);
        let offered = offers(&[&command, "--"]);
        let missing: Vec<_> = options.difference(&offered).collect();
        assert!(missing.is_empty(), "{command}: {missing:?} of {offered:?}");
    }
}

#[test]
fn every_shell_has_a_script_that_asks_the_program() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = unstick(["completions", shell]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("UNSTICK_COMPLETE"), "{}", ran.stdout);
    }
    let ran = unstick(["completions", "tcsh"]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("bash"), "{}", ran.stderr);
}

#[test]
fn cases_requirements_framings_and_values_are_completed() {
    for (words, offered) in [
        (&["serv"][..], &["serve", "server"][..]),
        (&["server", "--cl"], &["--class"]),
        (&["server", "--class", "verified"], &["verified-transfer"]),
        (&["server", "--run", "frm/two"], &["frm/two"]),
        (&["server", "--run", "client/"], &[]),
        (&["server", "--skip", "vt"], &["vtr/*"]),
        (
            &["client", "--run", "client/shrink"],
            &["client/shrinking-file"],
        ),
        (&["codec", "--run", "trf/"], &[]),
        (&["explain", "FRM-12"], &["FRM-12"]),
        (&["server", "--framing", "mq"], &["mqtt"]),
        (&["framing", "--framing", "mq"], &[]),
        (&["gua"], &[]),
    ] {
        let mut seen = offers(words);
        // Words of a chapter are more than are looked at here.
        if offered == ["vtr/*"] {
            seen.retain(|word| word == "vtr/*");
        }
        let offered: BTreeSet<String> = offered.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(seen, offered, "{words:?}");
    }
}

/// The script that is printed, in bash itself: what it puts into the array that bash takes words from.
#[test]
fn bash_asks_by_the_script() {
    let script = unstick(["completions", "bash"]).stdout;
    let path = std::path::Path::new(UNSTICK).parent().unwrap();
    let asked = format!(
        "PATH={}:$PATH\n{script}\nCOMP_WORDS=(unstick server --cla); COMP_CWORD=2\n\
         _clap_complete_unstick unstick --cla server; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        path.display()
    );
    let ran = Command::new("bash").args(["--norc", "-c", &asked]).output();
    let Ok(ran) = ran else {
        println!("skipped: bash is not installed");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "--class\n", "{ran:?}");
}

#[test]
fn every_command_has_a_manual_page_with_every_option() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("share/man1");
    let ran = unstick(["man", pages.to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let made: BTreeSet<String> = std::fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut expected: BTreeSet<String> = commands()
        .iter()
        .map(|command| format!("unstick-{command}.1"))
        .collect();
    expected.insert("unstick.1".to_owned());
    assert_eq!(made, expected);
    for command in commands() {
        let page = std::fs::read_to_string(pages.join(format!("unstick-{command}.1"))).unwrap();
        // Dashes are written as `\-`, which a manual shows as the character that shells take.
        let page = page.replace("\\-", "-");
        for option in options(&command) {
            assert!(page.contains(&option), "{command} {option}: {page}");
        }
    }
    // A reader shows them, where one is installed.
    let shown = Command::new("man")
        .args(["-l", "-P", "cat"])
        .arg(pages.join("unstick-server.1"))
        .env("MANWIDTH", "80")
        .output();
    match shown {
        Ok(shown) if shown.status.success() => {
            let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
            assert!(shown.contains("unstick server"), "{shown}");
        }
        _ => println!("skipped: man is not installed"),
    }
}

#[test]
fn a_manual_page_that_is_there_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let mine = dir.path().join("unstick-replay.1");
    std::fs::write(&mine, "mine").unwrap();
    let ran = unstick(["man", dir.path().to_str().unwrap()]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("unstick-replay.1 is there already"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    // Nothing partial stays where writing fails either.
    let file = dir.path().join("unstick-replay.1/below");
    let ran = unstick(["man", file.to_str().unwrap()]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("could not be written"),
        "{}",
        ran.stderr
    );
}
