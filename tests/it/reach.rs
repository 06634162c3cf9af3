//! What helps a user to get the program and to type its commands: completions and manual pages.
//! Both are compared with the help that the program gives, so none can be forgotten.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::unstick;

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

#[test]
fn completions_have_every_command_and_every_option() {
    assert!(commands().len() > 10, "{:?}", commands());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = unstick(["completions", shell]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        for command in commands() {
            assert!(ran.stdout.contains(&command), "{shell}: {command}");
            for option in options(&command) {
                // fish names long options without their dashes.
                let option = option.trim_start_matches('-');
                assert!(ran.stdout.contains(option), "{shell}: {command} {option}");
            }
        }
    }
    let ran = unstick(["completions", "tcsh"]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("bash"), "{}", ran.stderr);
}

/// What bash offers for a line, as its own completion machinery is given it.
fn bash_offers(words: &[&str]) -> Option<BTreeSet<String>> {
    let script = unstick(["completions", "bash"]).stdout;
    let line = words.join(" ");
    let place = words.len() - 1;
    let asked = format!(
        "{script}\nCOMP_WORDS=({line}); COMP_CWORD={place}; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}\n\
         _unstick unstick '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words[place],
        words[place - 1]
    );
    let ran = Command::new("bash").args(["--norc", "-c", &asked]).output();
    let Ok(ran) = ran else {
        println!("skipped: bash is not installed");
        return None;
    };
    assert!(ran.status.success(), "{ran:?}");
    let offers = String::from_utf8(ran.stdout).unwrap();
    Some(offers.lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_options_and_values() {
    for (words, offered) in [
        (&["unstick", "serv"][..], &["serve", "server"][..]),
        (&["unstick", "server", "--cl"], &["--class"]),
        (
            &["unstick", "server", "--class", "verified"],
            &["verified-transfer"],
        ),
        (&["unstick", "gua"], &[""]),
    ] {
        let Some(offers) = bash_offers(words) else {
            return;
        };
        let offered: BTreeSet<String> = offered.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(offers, offered, "{words:?}");
    }
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
